"""The simple flag: three or more charges within 90 days, a week ± 1 or a month ± 3 apart, whatever they cost."""

from datetime import date

import pytest
from sqlalchemy.orm import Session

from tests.signals.rows import ago, by_gaps, charge, flags, measured, pay, person


@pytest.mark.parametrize(
    ("gaps", "expected"),
    [
        ((5, 7), False),
        ((6, 6), True),
        ((8, 8), True),
        ((7, 9), False),
        ((14, 14), False),
        ((26, 30), False),
        ((27, 27), True),
        ((33, 33), True),
        ((30, 34), False),
        ((7,), False),
        ((30,), False),
        ((7, 30), False),
    ],
)
def test_the_gaps(session: Session, gaps: tuple[int, ...], expected: bool) -> None:
    ana = person(session)
    days = by_gaps("2026-04-06", *gaps)
    charge(session, ana, days, 500, 4_000, 90_000, merchant="Grocer")  # no stream: the amounts are random
    signals = measured(session, ana, days[-1])[90]
    assert (signals.subscriptions.simple_count, signals.subscriptions.count) == (int(expected), 0)


@pytest.mark.parametrize(
    ("as_of", "count"),
    [
        ("2026-03-01", 0),  # two charges so far
        ("2026-03-02", 1),  # flag_from: the third charge
        ("2026-03-31", 1),  # the first charge is 89 days back
        ("2026-04-01", 0),  # flag_until: 90 days back, two are left
    ],
)
def test_from_the_third_charge_until_two_are_left(session: Session, as_of: str, count: int) -> None:
    ana = person(session)
    charge(session, ana, ["2026-01-01", "2026-01-31", "2026-03-02"], 1_599)
    assert measured(session, ana, as_of)[90].subscriptions.simple_count == count


@pytest.mark.parametrize(
    ("as_of", "count"),
    [
        ("2026-01-25", 0),
        ("2026-03-31", 0),  # the charge off the beat is 89 days back
        ("2026-04-01", 1),  # 90 days back: the three that are left keep a week
        ("2026-04-10", 1),
        ("2026-04-11", 0),  # two are left
    ],
)
def test_a_charge_off_the_beat_hinders_for_ninety_days(session: Session, as_of: str, count: int) -> None:
    ana = person(session)
    charge(session, ana, by_gaps("2026-01-01", 10, 7, 7), 1_599)  # 1, 11, 18, 25 January
    assert measured(session, ana, as_of)[90].subscriptions.simple_count == count


def test_what_is_stored_holds_without_another_look(session: Session) -> None:
    ana = person(session)
    charge(session, ana, ["2026-01-01", "2026-01-31", "2026-03-02"], 1_599)
    measured(session, ana, "2026-03-02")
    (netflix,) = flags(session, ana)
    assert (netflix.name, netflix.cadence) == ("Netflix", "MONTHLY")
    assert (netflix.flag_from, netflix.flag_until) == (date(2026, 3, 2), date(2026, 4, 1))
    assert measured(session, ana, "2026-03-31")[30].subscriptions.simple_count == 1
    assert measured(session, ana, "2026-04-01")[30].subscriptions.simple_count == 0


def test_money_in_is_never_flagged(session: Session) -> None:
    ana = person(session)
    pay(session, ana, [ago(60), ago(30), ago(0)], 90_000)
    assert measured(session, ana)[90].subscriptions.simple_count == 0
    assert flags(session, ana) == []


def test_a_flag_goes_when_its_rows_do(session: Session) -> None:
    ana = person(session)
    charge(session, ana, [ago(60), ago(30), ago(0)], 1_599)
    assert measured(session, ana)[90].subscriptions.simple_count == 1
    charge(session, ana, [ago(15)], 1_599)
    assert measured(session, ana)[90].subscriptions.simple_count == 0
    assert flags(session, ana) == []
