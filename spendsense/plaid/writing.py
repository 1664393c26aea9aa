"""The writing half of an ingest: checked payloads of many people, by COPY and one statement a table."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import chain
from uuid import UUID

import psycopg2.extensions

from spendsense.plaid import rows
from spendsense.plaid.completing import complete_partial, has_partial_rows
from spendsense.plaid.corrections import NONE, Corrections, carry_to_posted, stored_corrections
from spendsense.plaid.known_accounts import Known, retyped, with_another_currency
from spendsense.plaid.naming import Aliases, learn_names, reread_stale
from spendsense.plaid.reclassifying import assume_currency, reclassify
from spendsense.plaid.records import Batch, TransactionRecord
from spendsense.store import sql
from spendsense.store.copying import copy_lines


@dataclass(frozen=True, slots=True)
class CheckedPayload:
    """A payload without the records of unknown accounts; the accounts stored before it, and those known with it."""

    batch: Batch
    stored: Known
    known: Known
    unknown: frozenset[str] = frozenset()  # the accounts of the records that it is without


Payloads = Mapping[UUID, CheckedPayload]
Counts = Counter[UUID]


def write(cursor: psycopg2.extensions.cursor, payloads: Payloads) -> tuple[Counts, Counts]:
    """Writes everything, under the people's locks. Gives the changed rows and the skipped records of each person."""
    cursor.execute(sql.load("spendsense.plaid", "stage.sql"))
    changed = _write_all_but_transactions(cursor, payloads)
    reread_stale(cursor, list(payloads))
    aliases, corrected = learn_names(cursor, {user_id: one.batch.transactions for user_id, one in payloads.items()})
    changed += Counter(corrected)
    said = _corrections(cursor, payloads)
    fresh = _people_without_transactions(cursor, payloads)
    known = {user_id: payload for user_id, payload in payloads.items() if user_id not in fresh}
    inserted, skipped = _insert(cursor, {user_id: payloads[user_id] for user_id in fresh}, aliases, said)
    upserted, skipped_too = _upsert(cursor, known, aliases, said)
    return changed + inserted + upserted + _reclassify(cursor, known), skipped + skipped_too


def _write_all_but_transactions(cursor: psycopg2.extensions.cursor, payloads: Payloads) -> Counts:
    batches = [(str(user_id), payload.batch) for user_id, payload in payloads.items()]
    changed: Counts = Counter()
    if any(batch.item for _, batch in batches):
        lines = chain.from_iterable(rows.item_lines(user_id, batch.item) for user_id, batch in batches)
        copy_lines(cursor, "staged_items", rows.ITEM_COLUMNS, lines)
        changed += _run(cursor, "upsert_items.sql")
    if any(batch.accounts for _, batch in batches):
        lines = chain.from_iterable(rows.account_lines(user_id, batch.accounts) for user_id, batch in batches)
        copy_lines(cursor, "staged_accounts", rows.ACCOUNT_COLUMNS, lines)
        changed += _run(cursor, "upsert_accounts.sql") + _run(cursor, "upsert_balances.sql")
    if any(batch.liabilities for _, batch in batches):
        lines = chain.from_iterable(rows.liability_lines(user_id, batch.liabilities) for user_id, batch in batches)
        copy_lines(cursor, "staged_liabilities", rows.LIABILITY_COLUMNS, lines)
        changed += _run(cursor, "upsert_liabilities.sql")
    if any(batch.removed or batch.superseded for _, batch in batches):
        lines = chain.from_iterable(
            rows.removal_lines(user_id, batch.removed, batch.superseded) for user_id, batch in batches
        )
        copy_lines(cursor, "staged_removals", rows.REMOVAL_COLUMNS, lines)
        cursor.execute("ANALYZE staged_removals")  # or the planner may read all transactions for a handful of ids
        changed += _run(cursor, "remove_transactions.sql")
    return changed


def _corrections(cursor: psycopg2.extensions.cursor, payloads: Payloads) -> Mapping[UUID, Corrections]:
    """What people say of their rows, those of these payloads included that posted meanwhile."""
    said = stored_corrections(cursor, payloads)
    for user_id, corrections in said.items():
        carry_to_posted(cursor, user_id, payloads[user_id].batch.transactions, corrections)
    return said


def _people_without_transactions(cursor: psycopg2.extensions.cursor, payloads: Payloads) -> set[UUID]:
    """Who has no stored transaction: with the person's row locked, nobody else can add one meanwhile."""
    cursor.execute(
        "SELECT wanted.user_id::text FROM unnest(%s::uuid[]) AS wanted (user_id)"
        " WHERE NOT EXISTS (SELECT 1 FROM transactions WHERE transactions.user_id = wanted.user_id)",
        ([str(user_id) for user_id in payloads],),
    )
    return {UUID(user_id) for (user_id,) in cursor}


def _insert(
    cursor: psycopg2.extensions.cursor,
    payloads: Payloads,
    aliases: Mapping[UUID, Aliases],
    said: Mapping[UUID, Corrections],
) -> tuple[Counts, Counts]:
    """The first transactions of people: nothing can be in the way of them."""
    changed: Counts = Counter()
    skipped: Counts = Counter()
    kept: dict[UUID, list[TransactionRecord]] = {}
    gone = _removed_ids(cursor, payloads)
    for user_id, payload in payloads.items():
        kept[user_id] = _kept(payload.batch.transactions, gone.get(user_id, {}))
        changed[user_id] = len(kept[user_id])
        skipped[user_id] = len(payload.batch.transactions) - changed[user_id]
    lines = (
        rows.transaction_lines(str(user_id), kept[user_id], payload.known, aliases[user_id], said.get(user_id, NONE))
        for user_id, payload in payloads.items()
    )
    if any(kept.values()):
        copy_lines(cursor, "staged_transactions", rows.TRANSACTION_COLUMNS, chain.from_iterable(lines))
        cursor.execute(sql.load("spendsense.plaid", "insert_transactions.sql"))
        cursor.execute("TRUNCATE staged_transactions")
    return changed, skipped


def _kept(transactions: Iterable[TransactionRecord], gone: Mapping[str, bool]) -> list[TransactionRecord]:
    """The rows but for those that drop_removed.sql would leave out. `gone` says of ids whether they are superseded."""
    return [
        row
        for row in transactions
        if (is_superseded := gone.get(row.transaction_id)) is None or (is_superseded and row.pending is False)
    ]


def _removed_ids(cursor: psycopg2.extensions.cursor, payloads: Payloads) -> dict[UUID, dict[str, bool]]:
    """The ids that are gone, each with whether it was only superseded."""
    cursor.execute(
        "SELECT user_id::text, transaction_id, is_superseded FROM removed_transactions WHERE user_id = ANY(%s::uuid[])",
        ([str(user_id) for user_id in payloads],),
    )
    gone: dict[UUID, dict[str, bool]] = {}
    for user_id, transaction_id, is_superseded in cursor:
        gone.setdefault(UUID(user_id), {})[transaction_id] = is_superseded
    return gone


def _upsert(
    cursor: psycopg2.extensions.cursor,
    payloads: Payloads,
    aliases: Mapping[UUID, Aliases],
    said: Mapping[UUID, Corrections],
) -> tuple[Counts, Counts]:
    """Transactions of people who have some: staged, completed where partial, trimmed of what is removed, upserted."""
    if not any(payload.batch.transactions for payload in payloads.values()):
        return Counter(), Counter()
    lines = (
        rows.transaction_lines(
            str(user_id),
            payload.batch.transactions,
            payload.known,
            aliases[user_id],
            said.get(user_id, NONE),
        )
        for user_id, payload in payloads.items()
    )
    copy_lines(cursor, "staged_transactions", rows.TRANSACTION_COLUMNS, chain.from_iterable(lines))
    cursor.execute("ANALYZE staged_transactions")
    is_partial = any(row.is_partial for payload in payloads.values() for row in payload.batch.transactions)
    if is_partial or has_partial_rows(cursor, list(payloads)):
        complete_partial(cursor, {user_id: one.known for user_id, one in payloads.items()}, aliases, said)
    skipped = _run(cursor, "drop_removed.sql")
    return _run(cursor, "upsert_transactions.sql"), skipped


def _run(cursor: psycopg2.extensions.cursor, name: str) -> Counts:
    """Runs a statement that answers user_id | count."""
    cursor.execute(sql.load("spendsense.plaid", name))
    return Counter({UUID(str(user_id)): int(count) for user_id, count in cursor})


def _reclassify(cursor: psycopg2.extensions.cursor, payloads: Payloads) -> Counts:
    """Gives the stored rows of accounts that changed their type or currency those that they have there.

    Counts changed rows.
    """
    changed: Counts = Counter()
    for user_id, payload in payloads.items():
        for account_id, currency in with_another_currency(payload.stored, payload.known).items():
            changed[user_id] += assume_currency(cursor, user_id, account_id, currency)
        for account_id in retyped(payload.stored, payload.known):
            changed[user_id] += reclassify(cursor, user_id, account_id)
    return changed
