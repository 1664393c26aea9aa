"""Charges of one amount that come once a month, among others of the same amount that do not. Pure."""

from collections import Counter
from collections.abc import Callable, Sequence
from itertools import pairwise
from math import comb, log2

from spendsense.signals.cadence import BEATS, BITS, DAYS_OF_MONTH, STEPS, Cadence, days_to_month_end
from spendsense.signals.rhythm import Rhythm, holds


def sift_months(days: Sequence[int]) -> Rhythm | None:
    """The days that come once a month among others that don't: a standing order, and now and then the same sum.

    The day of the month on which most of the days are is taken, counted from the month's start or its end, and of each
    month the day nearest to it. What was chosen costs as many bits as there were choices: the day of the month, from
    either end, and these days from all.
    """
    beat = BEATS[Cadence.MONTHLY]
    best: dict[int, tuple[int, int]] = {}
    for anchor in (_most(days, DAYS_OF_MONTH.__getitem__), _most(days, days_to_month_end)):
        nearest: dict[int, tuple[int, int]] = {}
        for place, day in enumerate(days):
            month, off = STEPS[Cadence.MONTHLY](anchor, day)
            if off <= beat.tolerance:
                nearest[month] = min(nearest.get(month, (off, place)), (off, place))
        if len(nearest) > len(best):
            best = nearest
    rhythm = Rhythm(Cadence.MONTHLY, [])
    for before, month in pairwise([min(best) - 1, *sorted(best)]):
        off, place = best[month]
        rhythm.add(place, month - before, off)
    rhythm.filled = 0  # the days between are others, and no payment that came late
    if not holds(rhythm, len(rhythm.on_beat)):
        return None
    rhythm.bits -= 2 * BITS[Cadence.MONTHLY][0] + log2(comb(len(days), len(best)))
    return rhythm


def _most(days: Sequence[int], place_of: Callable[[int], int]) -> int:
    """The first of the days that share the most frequent place."""
    places = Counter(map(place_of, days))
    return max(days, key=lambda day: (places[place_of(day)], -day))
