"""The streams that are found in one group of charges against those of the slow oracle, on random groups."""

from datetime import date, timedelta
from random import Random

import pytest

from spendsense.signals.amounts import Group
from spendsense.signals.cadence import to_date, to_day
from spendsense.signals.streams import find_streams
from spendsense.store.kinds import Purpose
from tests.oracle import stories
from tests.oracle.streams import Found, streams_of_group

pytestmark = pytest.mark.no_cover  # many cases of what others cover, and tracing doubles its time

Case = tuple[stories.Charges, Purpose, bool, bool]
LAST_DAYS = (date(2026, 3, 31), date(2024, 2, 29), date(2025, 3, 1), date(2023, 12, 31))
OUTFLOWS = tuple(Purpose)
INFLOWS = (Purpose.INCOME, Purpose.INCOME, Purpose.TRANSFER)


@pytest.mark.parametrize("start", range(0, 4_000, 1_000))
def test_the_same_streams_are_found(start: int) -> None:
    assert differences(range(start, start + 1_000)) == []


def test_months_counted_from_both_ends_may_lie_farther_apart() -> None:
    """From 27 December, near the 28th, to 3 February, near the end of January: 38 days, and yet a month."""
    assert differences(range(131_151, 131_152)) == []


@pytest.mark.parametrize("step", [28, 35, 30, 0])
def test_the_same_weekdays_of_the_month_and_steps(step: int) -> None:
    """Weekdays of months (0: nearly four weeks, now and then five) and grids of so many days, with holidays."""
    for seed in range(400):
        random = Random(seed)
        days = [random.choice(LAST_DAYS) - timedelta(days=random.randrange(28))]
        for _ in range(random.randint(2, 9)):
            gap = step or random.choice((28, 28, 35))
            days.append(days[-1] - timedelta(days=gap))
        early = random.choice((0, 0, 1, 3))
        days = [day - timedelta(days=early) * (random.random() < 0.2) for day in reversed(days)]
        case = [(day, 5_000) for day in days], random.choice(OUTFLOWS), False, False
        assert by_engine(*case) == streams_of_group(*case), (seed, case)


@pytest.mark.long
@pytest.mark.parametrize("start", range(10_000, 210_000, 10_000))
def test_the_same_streams_are_found_in_many_groups(start: int) -> None:
    assert differences(range(start, start + 10_000)) == []


def differences(seeds: range) -> list[tuple[int, Case, list[Found], list[Found]]]:
    """The seeds of the groups in which the two do not agree, with the group and what each says; the first ten."""
    found = []
    for seed in seeds:
        case = group_of(seed)
        engine, oracle = by_engine(*case), streams_of_group(*case)
        if engine != oracle:
            found.append((seed, case, engine, oracle))
    return found[:10]


def group_of(seed: int) -> Case:
    """Charges, purpose, is inflow, is opaque."""
    random = Random(seed)
    last_day = random.choice(LAST_DAYS) + timedelta(days=random.choice((0, 0, random.randrange(28))))
    charges: stories.Charges = []
    while not charges:
        charges = stories.charges(random, last_day)
    is_inflow = random.random() < 0.3
    return charges, random.choice(INFLOWS if is_inflow else OUTFLOWS), is_inflow, random.random() < 0.15


def by_engine(charges: stories.Charges, purpose: Purpose, is_inflow: bool, is_opaque: bool) -> list[Found]:
    """The streams that the engine finds, in the oracle's words."""
    group = Group([to_day(on) for on, _ in charges], [cents for _, cents in charges], purpose, is_inflow, is_opaque)
    return [
        Found(
            tuple(one.members),
            str(one.cadence),
            one.is_early,
            one.typical_cents,
            one.last_cents,
            to_date(one.next_day),
            to_date(one.lapse_day),
            tuple((to_date(change.day), change.old_cents, change.new_cents) for change in one.price_changes),
            one.varies,
        )
        for one in find_streams(group)
    ]
