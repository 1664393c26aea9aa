"""Which numbers of days may lie between two charges on one beat, tried out on the days of two years, one of 366."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date

import pytest

from spendsense.signals.cadence import BEATS, STEPS, Cadence, to_day
from spendsense.signals.rhythm import DOUBLE_GAPS, HALF_MONTH_GAPS, SINGLE_GAPS

pytestmark = pytest.mark.no_cover  # many cases of what others cover, and tracing doubles its time

FIRST, LAST = to_day(date(2023, 2, 1)), to_day(date(2025, 1, 31))


@pytest.mark.parametrize("cadence", [Cadence.MONTHLY, Cadence.QUARTERLY, Cadence.ANNUALLY])
def test_around_any_day_of_the_month(cadence: Cadence) -> None:
    reach = 200 + round(3 * BEATS[cadence].days)  # days, so that long and short months lie within it
    assert gaps_around([(anchor,) for anchor in range(FIRST, LAST)], cadence, reach) == (
        (SINGLE_GAPS[cadence].start, SINGLE_GAPS[cadence].stop - 1),
        (DOUBLE_GAPS[cadence].start, DOUBLE_GAPS[cadence].stop - 1),
    )


def test_around_any_two_days_of_the_month() -> None:
    cadence = Cadence.SEMI_MONTHLY
    pairs = [(anchor, anchor + apart) for anchor in range(FIRST, LAST, 2) for apart in HALF_MONTH_GAPS]
    assert gaps_around(pairs, cadence, 95) == (
        (SINGLE_GAPS[cadence].start, SINGLE_GAPS[cadence].stop - 1),
        (DOUBLE_GAPS[cadence].start, DOUBLE_GAPS[cadence].stop - 1),
    )


@pytest.mark.parametrize("cadence", [Cadence.WEEKLY, Cadence.BIWEEKLY])
def test_from_one_charge_to_the_next(cadence: Cadence) -> None:
    """Weeks are counted from the last charge alone, never around a day."""
    for gap in range(1, 60):
        periods, off = STEPS[cadence](FIRST, FIRST + gap)
        if off <= BEATS[cadence].tolerance and periods in (1, 2):
            assert gap in (SINGLE_GAPS if periods == 1 else DOUBLE_GAPS)[cadence]


Extremes = tuple[int, int]


def gaps_around(anchors: Sequence[tuple[int, ...]], cadence: Cadence, reach: int) -> tuple[Extremes, Extremes]:
    """The fewest and the most days from a slot of the anchors to the next, and to the one after it."""
    singles, doubles = set(), set()
    for days in anchors:
        slots = defaultdict(list)
        for slot, day in _on_beat(days, cadence, reach):
            slots[slot].append(day)
        for slot, early in slots.items():
            for steps, gaps in ((1, singles), (2, doubles)):
                if late := slots.get(slot + steps):
                    gaps |= {late[0] - early[-1], late[-1] - early[0]}
    return (min(singles), max(singles)), (min(doubles), max(doubles))


def _on_beat(anchors: tuple[int, ...], cadence: Cadence, reach: int) -> Iterator[tuple[int, int]]:
    """Each day near enough to the place of an anchor: its slot, and the day."""
    for day in range(anchors[0] - reach, anchors[0] + reach):
        places = [(*STEPS[cadence](anchor, day), turn) for turn, anchor in enumerate(anchors)]
        off, slot = min((off, periods * len(anchors) + turn) for periods, off, turn in places)
        if off <= BEATS[cadence].tolerance:
            yield slot, day
