"""What the tables hold beside what the oracle says."""

from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

from psycopg2.extensions import cursor as Cursor

from tests.oracle.signals import Measured

TABLES = ("signals", "card_signals", "streams", "merchant_flags")
KEYS = {"signals": "window_days", "card_signals": "account_id", "merchant_flags": "counterparty_key"}
Rows = dict[Any, dict[str, Any]]  # by window in days, account id, `Stream.name`, or merchant
Stored = dict[UUID, dict[str, Rows]]


class Difference(NamedTuple):
    """One column in which the two do not agree. `where` is the row: see `Rows`."""

    user_id: UUID
    table: str
    where: Any
    column: str
    stored: Any
    expected: Any


def compare(stored: Stored, expected: Mapping[UUID, Measured]) -> Iterator[Difference]:
    """Every difference, also rows that are missing or too many."""
    for user_id, measured in expected.items():
        told: tuple[Rows, ...] = (measured.windows, measured.cards, measured.streams, measured.flags)
        for table, wanted in zip(TABLES, told, strict=True):
            found = stored[user_id][table]
            for where in {**found, **wanted}:
                if where not in found or where not in wanted:
                    yield Difference(user_id, table, where, "all", found.get(where), wanted.get(where))
                    continue
                for column, value in wanted[where].items():
                    if not _agree(column, found[where][column], value):
                        yield Difference(user_id, table, where, column, found[where][column], value)


def read_stored(cursor: Cursor, user_ids: list[UUID], as_of: date) -> Stored:
    """Person → table → row → column → value; the streams of a window as `Stream.name`.

    Without the flags that have ended by `as_of`: whether these still stand there makes no difference to anybody.
    """
    stored: Stored = {user_id: {table: {} for table in TABLES} for user_id in user_ids}
    names: dict[str, str] = {}
    for row in _select(cursor, "streams", user_ids):
        name = f"{row['counterparty_key']} {row['transaction_ids'][0]}"
        names[str(row["stream_id"])] = name
        stored[UUID(str(row["user_id"]))]["streams"][name] = row
    for table, key in KEYS.items():
        for row in _select(cursor, table, user_ids):
            if table == "signals":
                row["subscription_stream_ids"] = sorted(names[one] for one in row["subscription_stream_ids"])
            if table != "merchant_flags" or row["flag_until"] > as_of:
                stored[UUID(str(row["user_id"]))][table][row[key]] = row
    return stored


def _select(cursor: Cursor, table: str, user_ids: list[UUID]) -> Iterator[dict[str, Any]]:
    streams = ", subscription_stream_ids::text[] AS subscription_stream_ids" if table == "signals" else ""
    cursor.execute(
        f"SELECT *{streams} FROM {table} WHERE user_id = ANY(%s::uuid[])", ([str(user_id) for user_id in user_ids],)
    )
    columns = [column.name for column in cursor.description or ()]
    for values in cursor.fetchall():
        yield dict(zip(columns, values, strict=True))


def _agree(column: str, found: Any, expected: Any) -> bool:
    if column == "income_variability_ratio" and isinstance(found, Decimal) and isinstance(expected, Decimal):
        return abs(found - expected) <= Decimal("0.0001")  # a square root: the last digit may be rounded apart
    return bool(found == expected and (found is None) == (expected is None))
