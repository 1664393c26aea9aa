"""Who is on the other side, beyond one row: names that came with a merchant's id, and names read by an older version.

Banks send a merchant's id, or name, with some rows and leave it out of others. A name that once came with an id, and
with one only, stands for that merchant wherever it comes alone, in whatever order the pages arrive; a bank's text that
came with one merchant's name stands for that.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

import psycopg2.extensions
from psycopg2.extras import execute_values

from spendsense.plaid.merchants import counterparty
from spendsense.plaid.purposes import purpose_of
from spendsense.plaid.reclassifying import CATEGORY, WITH_CORRECTIONS, reclassify
from spendsense.plaid.records import TransactionRecord

NAMING_VERSION = 6  # the default of progress.naming_version: a new one comes with a migration that moves the default on

Aliases = dict[int, int]  # key of a name → key of the merchant that it stands for
_NAMED = (
    f"transaction_id, merchant_entity_id, merchant_name, name, {CATEGORY}, amount_cents < 0, counterparty_key, purpose"
)
_Pairs = set[tuple[int, int]]  # key of a name, key of the merchant, or of the merchant's name, with which it came


def learn_names(
    cursor: psycopg2.extensions.cursor, payloads: Mapping[UUID, Sequence[TransactionRecord]]
) -> tuple[dict[UUID, Aliases], dict[UUID, int]]:
    """Takes down which names came with which ids, and corrects the stored rows that this concerns.

    Returns what each person's names stand for now, and how many stored rows of each person changed.
    """
    stored = _stored_pairs(cursor, payloads)
    aliases: dict[UUID, Aliases] = {}
    changed: dict[UUID, int] = {}
    learned: list[tuple[UUID, int, int]] = []
    for user_id, transactions in payloads.items():
        before = stored.get(user_id, set())
        named = (row for row in transactions if row.merchant_entity_id or row.merchant_name)
        pairs = before | {pair for row in named for pair in _pairs(row.merchant_entity_id, row.merchant_name, row.name)}
        aliases[user_id] = _unambiguous(pairs)
        if pairs != before:
            learned += [(user_id, *pair) for pair in sorted(pairs - before)]
            changed[user_id] = _correct(cursor, user_id, _unambiguous(before), aliases[user_id])
    _insert_names(cursor, learned)
    return aliases, changed


def reread_stale(cursor: psycopg2.extensions.cursor, user_ids: Sequence[UUID]) -> None:
    """Reads these people's rows anew, names and kinds, where an older version did. Who has a row that changes is stale.

    The caller holds their rows of `users`.
    """
    cursor.execute(
        "SELECT user_id FROM progress WHERE user_id = ANY(%s::uuid[]) AND naming_version < %s ORDER BY user_id",
        ([str(user_id) for user_id in user_ids], NAMING_VERSION),
    )
    stale = [str(user_id) for (user_id,) in cursor.fetchall()]
    if not stale:
        return
    changed = [one for one in stale if _rename(cursor, UUID(one)) + reclassify(cursor, UUID(one))]
    cursor.execute("UPDATE users SET data_version = data_version + 1 WHERE user_id = ANY(%s::uuid[])", (changed,))
    cursor.execute("UPDATE progress SET naming_version = %s WHERE user_id = ANY(%s::uuid[])", (NAMING_VERSION, stale))


def _stored_pairs(cursor: psycopg2.extensions.cursor, user_ids: Iterable[UUID]) -> dict[UUID, _Pairs]:
    cursor.execute(
        "SELECT user_id, name_key, counterparty_key FROM counterparty_names WHERE user_id = ANY(%s::uuid[])",
        ([str(user_id) for user_id in user_ids],),
    )
    found: dict[UUID, _Pairs] = defaultdict(set)
    for user_id, name_key, key in cursor.fetchall():
        found[UUID(str(user_id))].add((name_key, key))
    return found


def _pairs(merchant_entity_id: str | None, merchant_name: str | None, name: str) -> _Pairs:
    """The names of a row with a merchant's id, each with that id's key; else its text with the merchant's name."""
    names = (merchant_name, name) if merchant_entity_id else (name,)
    key = counterparty(merchant_entity_id, merchant_name, name).key
    name_keys = {counterparty(None, one, one).name_key for one in names if one}
    return {
        (name_key, key) for name_key in name_keys if name_key not in (None, key) and key is not None and not key % 2
    }


def _unambiguous(pairs: _Pairs) -> Aliases:
    """What each name stands for, if for one merchant only; a merchant's name may itself stand for an id."""
    merchants: dict[int, set[int]] = defaultdict(set)
    for name_key, key in pairs:
        merchants[name_key].add(key)
    alone = {name_key: next(iter(keys)) for name_key, keys in merchants.items() if len(keys) == 1}
    ends = {name_key: {alone.get(key, key) for key in keys} for name_key, keys in merchants.items()}
    return {name_key: next(iter(keys)) for name_key, keys in ends.items() if len(keys) == 1}


def _correct(cursor: psycopg2.extensions.cursor, user_id: UUID, before: Aliases, after: Aliases) -> int:
    """Moves stored rows without an id to the merchant that their name stands for now. Gives the number of rows."""
    affected = {
        key
        for name_key in before.keys() | after.keys()
        if before.get(name_key) != after.get(name_key)
        for key in (name_key, before.get(name_key))
        if key is not None
    }
    if not affected:
        return 0
    cursor.execute(
        f"SELECT {_NAMED} FROM {WITH_CORRECTIONS}"  # noqa: S608  our own columns
        " WHERE transactions.user_id = %s AND counterparty_key = ANY(%s) AND merchant_entity_id IS NULL",
        (str(user_id), list(affected)),
    )
    return _rewrite(cursor, user_id, cursor.fetchall(), after)


def _rename(cursor: psycopg2.extensions.cursor, user_id: UUID) -> int:
    cursor.execute(
        f"SELECT {_NAMED} FROM {WITH_CORRECTIONS} WHERE transactions.user_id = %s",  # noqa: S608  our own columns
        (str(user_id),),
    )
    rows = cursor.fetchall()
    pairs = {pair for row in rows for pair in _pairs(row[1], row[2], row[3])}
    cursor.execute("DELETE FROM counterparty_names WHERE user_id = %s", (str(user_id),))
    _insert_names(cursor, [(user_id, *pair) for pair in sorted(pairs)])
    return _rewrite(cursor, user_id, rows, _unambiguous(pairs))


def _insert_names(cursor: psycopg2.extensions.cursor, names: Sequence[tuple[UUID, int, int]]) -> None:
    """Stores (user_id, name_key, counterparty_key), none of which is stored yet."""
    cursor.execute(
        "INSERT INTO counterparty_names (user_id, name_key, counterparty_key)"
        " SELECT * FROM UNNEST(%s::uuid[], %s::bigint[], %s::bigint[])",
        ([str(user_id) for user_id, *_ in names], [name_key for _, name_key, _ in names], [key for *_, key in names]),
    )


def _rewrite(
    cursor: psycopg2.extensions.cursor, user_id: UUID, rows: Iterable[tuple[Any, ...]], aliases: Aliases
) -> int:
    """Writes key and purpose of the rows (as _NAMED has them) where they differ. Gives the number of rows."""
    differing = []
    for transaction_id, entity, merchant_name, name, primary, detailed, is_inflow, old_key, old_purpose in rows:
        key = counterparty(entity, merchant_name, name).key
        if key is not None:
            key = aliases.get(key, key)
        new_purpose = purpose_of(primary, detailed, merchant_name, name, is_inflow)
        if (key, new_purpose) != (old_key, old_purpose):
            differing.append((str(user_id), transaction_id, key, new_purpose))
    if differing:
        execute_values(
            cursor,
            "UPDATE transactions SET counterparty_key = new.key::bigint, purpose = new.purpose"
            " FROM (VALUES %s) AS new (user_id, transaction_id, key, purpose)"
            " WHERE transactions.user_id = new.user_id::uuid AND transactions.transaction_id = new.transaction_id",
            differing,
            page_size=10_000,
        )
    return len(differing)
