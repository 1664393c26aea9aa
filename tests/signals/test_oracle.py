"""What the engine stores against the slow oracle, on random people: streams, flags, signals, cards, row by row."""

from collections.abc import Sequence
from datetime import date, timedelta
from random import Random
from uuid import UUID

import pytest
from sqlalchemy.orm import Session

from spendsense.signals.compute import measure
from spendsense.store.session import raw_cursor
from tests.oracle.comparison import Difference, compare, read_stored
from tests.oracle.signals import measure_person
from tests.oracle.strangers import stranger
from tests.oracle.tables import write

pytestmark = pytest.mark.no_cover  # many cases of what others cover, and tracing doubles its time

AS_OF = date(2026, 3, 31)  # the months before it have 28, 30 and 31 days
LEAP_DAY = date(2024, 2, 29)
FIRST_DAY = date(2023, 1, 1)


@pytest.mark.parametrize("as_of", [AS_OF, LEAP_DAY])
def test_the_engine_agrees_with_the_oracle(session: Session, as_of: date) -> None:
    assert differences(session, range(100), [as_of])[:20] == []


@pytest.mark.parametrize("start", range(100, 400, 50))
def test_the_engine_agrees_with_the_oracle_on_any_day(session: Session, start: int) -> None:
    assert differences(session, range(start, start + 50), [any_day(start)])[:20] == []


def test_the_engine_agrees_when_days_pass(session: Session) -> None:
    days = [AS_OF, date(2026, 4, 1), date(2026, 4, 8), date(2026, 3, 30)]
    assert differences(session, range(500, 600), days)[:20] == []


@pytest.mark.long
@pytest.mark.parametrize("start", range(1_000, 21_000, 500))
def test_the_engine_agrees_with_the_oracle_on_many(session: Session, start: int) -> None:
    as_of = any_day(start)
    assert differences(session, range(start, start + 500), [as_of, as_of + timedelta(days=3)])[:20] == []


def any_day(seed: int) -> date:
    """A day of four years."""
    return FIRST_DAY + timedelta(days=Random(seed).randrange(1461))


def differences(session: Session, seeds: range, days: Sequence[date]) -> list[Difference]:
    """Where the two do not agree after a run for each of the days in turn. A person's id is their seed + 1."""
    people = {UUID(int=seed + 1): stranger(seed, days[0]) for seed in seeds}
    with raw_cursor(session) as cursor:
        write(cursor, people)
    found: list[Difference] = []
    for as_of in days:
        measure(session, list(people), as_of)
        with raw_cursor(session) as cursor:
            stored = read_stored(cursor, list(people), as_of)
        found += compare(stored, {user_id: measure_person(person, as_of) for user_id, person in people.items()})
    return found
