"""What the tables hold beside what the oracle says."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

from psycopg2.extensions import cursor as Cursor

from tests.oracle.signals import Measured

Stored = dict[tuple[UUID, int | str], dict[str, Any]]


class Difference(NamedTuple):
    """One column in which the two do not agree. `where` is a window in days or a card's account id."""

    user_id: UUID
    where: int | str
    column: str
    stored: Any
    expected: Any


def compare(stored: Stored, expected: Mapping[UUID, Measured]) -> Iterator[Difference]:
    """Every difference, also rows that are missing or too many."""
    for user_id, measured in expected.items():
        cards = sorted(where for user, where in stored if user == user_id and isinstance(where, str))
        if cards != sorted(measured.cards):
            yield Difference(user_id, "cards", "account_id", cards, sorted(measured.cards))
        for where, columns in (*measured.windows.items(), *measured.cards.items()):
            found = stored.get((user_id, where), {})
            for column, value in columns.items():
                if not _agree(column, found.get(column, "missing"), value):
                    yield Difference(user_id, where, column, found.get(column, "missing"), value)


def read_stored(cursor: Cursor, user_ids: list[UUID]) -> Stored:
    """(user, window or card) → column → value; streams as their counterparties."""
    ids = [str(user_id) for user_id in user_ids]
    cursor.execute("SELECT stream_id::text, counterparty_key FROM streams WHERE user_id = ANY(%s::uuid[])", (ids,))
    counterparties = dict(cursor.fetchall())
    stored: Stored = {}
    for table, key in (("signals", "window_days"), ("card_signals", "account_id")):
        streams = ", subscription_stream_ids::text[] AS streams" if table == "signals" else ""
        cursor.execute(f"SELECT *{streams} FROM {table} WHERE user_id = ANY(%s::uuid[])", (ids,))
        names = [column.name for column in cursor.description or ()]
        for values in cursor.fetchall():
            row = dict(zip(names, values, strict=True))
            if table == "signals":
                row["subscription_stream_ids"] = sorted(counterparties[one] for one in row.pop("streams"))
            stored[UUID(str(row["user_id"])), row[key]] = row
    return stored


def _agree(column: str, found: Any, expected: Any) -> bool:
    if column == "income_variability_ratio" and isinstance(found, Decimal) and isinstance(expected, Decimal):
        return abs(found - expected) <= Decimal("0.0001")  # a square root: the last digit may be rounded apart
    return bool(found == expected and (found is None) == (expected is None))
