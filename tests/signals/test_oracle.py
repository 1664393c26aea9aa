"""The signals that the engine stores against those of the slow oracle, on random people."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from psycopg2.extensions import cursor as Cursor
from sqlalchemy.orm import Session

from spendsense.signals.compute import measure
from spendsense.store.session import raw_cursor
from tests.oracle.person import Person
from tests.oracle.signals import measure_person
from tests.oracle.strangers import stranger
from tests.oracle.tables import write

AS_OF = date(2026, 3, 31)  # the months before it have 28, 30 and 31 days
CARD_COLUMNS = (
    "balance_cents",
    "limit_cents",
    "utilization_ratio",
    "utilization_flag_percent",
    "is_minimum_payment_only",
    "is_overdue",
    "apr_percent",
    "last_payment_cents",
    "minimum_payment_cents",
    "next_payment_due_on",
    "interest_30_cents",
    "interest_90_cents",
    "interest_180_cents",
)


@pytest.mark.parametrize("as_of", [AS_OF, date(2024, 2, 29)])
def test_the_engine_agrees_with_the_oracle(session: Session, as_of: date) -> None:
    assert list(differences(session, range(250), as_of))[:20] == []


@pytest.mark.long
@pytest.mark.parametrize("start", range(1_000, 21_000, 1_000))
def test_the_engine_agrees_with_the_oracle_on_many(session: Session, start: int) -> None:
    assert list(differences(session, range(start, start + 1_000), AS_OF))[:20] == []


def differences(session: Session, seeds: range, as_of: date) -> Iterator[tuple[int, Any, str, Any, Any]]:
    """(seed, window or card, column, stored, expected) wherever the two do not agree."""
    people = {UUID(int=seed + 1): stranger(seed, as_of) for seed in seeds}
    with raw_cursor(session) as cursor:
        write(cursor, people)
    measure(session, list(people), as_of)
    with raw_cursor(session) as cursor:
        stored = _stored(cursor)
    for user_id, person in people.items():
        for where, column, found, expected in _compare(stored, user_id, person, as_of):
            if not _agree(column, found, expected):
                yield user_id.int - 1, where, column, found, expected


def _compare(stored: dict[Any, Any], user_id: UUID, person: Person, as_of: date) -> Iterator[tuple[Any, ...]]:
    expected = measure_person(person, as_of)
    cards = {where: found for (user, where), found in stored.items() if user == user_id and isinstance(where, str)}
    yield "cards", "account_id", sorted(cards), sorted(expected.cards)
    for where, columns in (*expected.windows.items(), *expected.cards.items()):
        found = stored.get((user_id, where))
        if found is None:
            yield where, "row", None, "a row"
        else:
            yield from ((where, column, found[column], value) for column, value in columns.items())


def _agree(column: str, found: Any, expected: Any) -> bool:
    if column == "income_variability_ratio" and found is not None and expected is not None:
        return bool(abs(found - expected) <= Decimal("0.0001"))  # a square root: the last digit may be rounded apart
    return bool(found == expected and (found is None) == (expected is None))


def _stored(cursor: Cursor) -> dict[Any, dict[str, Any]]:
    """(user, window or card) → column → value; streams as counterparties."""
    cursor.execute("SELECT stream_id::text, counterparty_key FROM streams")
    counterparties = dict(cursor.fetchall())
    stored = {}
    for table, key in (("signals", "window_days"), ("card_signals", "account_id")):
        streams = ", subscription_stream_ids::text[] AS streams" if table == "signals" else ""
        cursor.execute(f"SELECT *{streams} FROM {table}")
        names = [column.name for column in cursor.description or ()]
        for values in cursor.fetchall():
            row = dict(zip(names, values, strict=True))
            if table == "signals":
                row["subscription_stream_ids"] = sorted(counterparties[one] for one in row.pop("streams"))
            stored[UUID(str(row["user_id"])), row[key]] = row
    return stored
