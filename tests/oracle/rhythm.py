"""Which cadence a list of dates keeps, from the page `spendsense.signals.rhythm`, tried in full and in exact numbers.

Where the page counts bits this module has odds: what it adds is multiplied here, so that nothing is rounded.
"""

import math
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from fractions import Fraction
from itertools import pairwise

from tests.oracle.beats import (
    ANNUALLY,
    BIWEEKLY,
    CADENCES,
    MONTHLY,
    QUARTERLY,
    SEMI_MONTHLY,
    WEEKLY,
    Cadence,
    days_to_month_end,
    steps,
)

FOUR_WEEKS = replace(MONTHLY, days=Fraction(28), months=0)
MEDIAN_GAPS = (
    (WEEKLY, 6, 8),
    (BIWEEKLY, 12, 16),
    (SEMI_MONTHLY, 9, 21),
    (MONTHLY, 23, 37),
    (QUARTERLY, 75, 106),
    (ANNUALLY, 337, 394),
)


@dataclass(slots=True)
class Rhythm:
    """The dates on the beat; `gaps[i]` is the number of periods, and `offs[i]` the days off, of `days[i]`.

    The first has no gap, the first after a move a gap of None. `since` is the first date of the beat as it is now.
    """

    cadence: Cadence
    days: list[date] = field(default_factory=list)
    gaps: list[int | None] = field(default_factory=list)
    offs: list[int | None] = field(default_factory=list)
    since: int = 0
    paid_late: int = 0  # gaps of two periods with one stray in them
    odds: Fraction = Fraction(1)
    unevenness: Fraction = Fraction(0)

    def add(self, day: date, gap: int | None, off: int | None) -> None:
        """One more day on the beat."""
        self.days.append(day)
        self.gaps.append(gap)
        self.offs.append(off)

    @property
    def doubles(self) -> int:
        """Gaps of two periods, but for those of which the charge was paid late."""
        return self.gaps[1:].count(2) - self.paid_late

    def count_late(self, days: Sequence[date]) -> None:
        """Of all days, those on the beat or not: which gaps of two periods hold one stray."""
        for before, after, gap in zip(self.days, self.days[1:], self.gaps[1:], strict=False):
            self.paid_late += gap == 2 and sum(before < day < after for day in days) == 1

    def misfits(self, count: int) -> int:
        """Of so many days: strays, gaps of two periods but for one, longer gaps."""
        longer = sum(gap is None or gap > 2 for gap in self.gaps[1:])
        return count - len(self.days) + max(self.doubles - 1, 0) + longer

    def holds(self, count: int) -> bool:
        """Charges enough, and three quarters of the gaps fit."""
        if self.cadence is SEMI_MONTHLY and len(self.days) == 3 and self.doubles:
            return False
        return len(self.days) >= self.cadence.least_charges and 4 * self.misfits(count) <= count - 1


def find_rhythm(days: Sequence[date], is_habit: bool = False) -> Rhythm | None:
    """The cadence for which these ascending, distinct dates speak most; None where none holds.

    Of habits, half months are not looked for.
    """
    gaps = sorted((after - before).days for before, after in pairwise(days))
    if not gaps:
        return None
    middle = {gaps[(len(gaps) - 1) // 2], gaps[len(gaps) // 2]}
    best: Rhythm | None = None
    for cadence, least, most in MEDIAN_GAPS:
        if not any(least <= gap <= most for gap in middle) or (is_habit and cadence is SEMI_MONTHLY):
            continue
        rhythm = _half_months(days) if cadence is SEMI_MONTHLY else _follow(days, cadence)
        if rhythm and rhythm.holds(len(days)) and (best is None or _is_better(rhythm, best)):
            best = rhythm
    return best or _weekday_of_month(days, gaps)


def _weekday_of_month(days: Sequence[date], gaps: Sequence[int]) -> Rhythm | None:
    from_start = {(day.day - 1) // 7 for day in days}
    from_end = {days_to_month_end(day) // 7 for day in days}
    if len(days) < 3 or not set(gaps) <= {28, 35} or (len(from_start) > 1 and len(from_end) > 1):
        return None
    rhythm = Rhythm(MONTHLY, list(days), [None] + [1] * len(gaps), [None] + [3] * len(gaps))
    rhythm.odds, rhythm.unevenness = (MONTHLY.days / 7) ** len(gaps), Fraction(3)
    return rhythm


def _is_better(rhythm: Rhythm, other: Rhythm) -> bool:
    if {rhythm.cadence, other.cadence} == {SEMI_MONTHLY, BIWEEKLY}:
        return rhythm.unevenness < other.unevenness
    return rhythm.odds > other.odds


def _follow(days: Sequence[date], cadence: Cadence) -> Rhythm:
    rivals = [_chain(days, cadence)]
    if len(rivals[0].days) < len(days) and len(days) >= 3:
        rivals.append(_chain(days[1:], cadence))
        if cadence.months:
            rivals.append(_around(days, cadence, [_middle_day(days, cadence)]))
    best = max(rivals, key=lambda rival: len(rival.days))
    if cadence is not MONTHLY or len(days) < 5 or (len(best.days) == len(days) and best.since == 0):
        return best
    usual = _most_usual(days, lambda day: day.toordinal() % 28)
    if sum((day - usual).days % 28 == 0 for day in days) <= Fraction(1, 2) * len(days):
        return best
    in_weeks = _around(days, cadence, [usual], FOUR_WEEKS)
    return in_weeks if len(in_weeks.days) >= len(best.days) else best


def _chain(days: Sequence[date], cadence: Cadence) -> Rhythm:
    rhythm = Rhythm(cadence)
    rhythm.add(days[0], None, None)
    stray: date | None = None  # the day before, if it is one
    for day in days[1:]:
        gap, off = steps(rhythm.days[-1], day, cadence)
        if gap >= 1 and off <= cadence.tolerance:
            rhythm.add(day, gap, off)
            stray = None
        elif stray is not None and _are_neighbours(stray, day, cadence):
            if len(rhythm.days) < 3:
                rhythm = Rhythm(cadence)
            rhythm.since = len(rhythm.days)
            rhythm.add(stray, None, None)
            rhythm.add(day, *steps(stray, day, cadence))
            stray = None
        else:
            stray = day
    rhythm.count_late(days)
    _weigh_chain(rhythm)
    return rhythm


def _are_neighbours(one: date, other: date, cadence: Cadence) -> bool:
    gap, off = steps(one, other, cadence)
    return gap == 1 and off <= cadence.tolerance


def _weigh_chain(rhythm: Rhythm) -> None:
    cadence = rhythm.cadence
    middle = _middle_day(rhythm.days, cadence)
    from_middle = [steps(middle, day, cadence)[1] for day in rhythm.days]
    offs = [off for off in rhythm.offs if off is not None]
    if any(offs):
        rhythm.unevenness = Fraction(sum(from_middle), len(from_middle) - 1)
    if cadence is BIWEEKLY and any(offs):
        near = [off for off in from_middle if off <= cadence.tolerance]
        rhythm.odds = _odds(cadence, near) / cadence.days * _pauses(rhythm)
    else:
        rhythm.odds = _odds(cadence, offs) * _pauses(rhythm)
        if any(offs):
            rhythm.unevenness = min(rhythm.unevenness, Fraction(sum(offs), len(offs)))


def off_middle(days: Sequence[date], cadence: Cadence) -> int:
    """How far, in all, the days are from the middle one by their place in the period."""
    middle = _middle_day(days, cadence)
    return sum(steps(middle, day, cadence)[1] for day in days)


def off_middle_in_days(days: Sequence[date], step: int) -> int:
    """The same by their place in so many days, the first day's in the middle."""
    places = [((day - days[0]).days + step // 2) % step for day in days]
    middle = sorted(places)[len(places) // 2]
    return sum(min((place - middle) % step, (middle - place) % step) for place in places)


def _odds(cadence: Cadence, offs: Sequence[int]) -> Fraction:
    return math.prod((cadence.days / (2 * off + 1) for off in offs), start=Fraction(1))


def _pauses(rhythm: Rhythm) -> Fraction:
    """One half for each gap of several periods and each move."""
    return Fraction(1, 2 ** sum(gap is None or gap > 1 for gap in rhythm.gaps[1:]))


def _middle_day(days: Sequence[date], cadence: Cadence) -> date:
    """By its place in the period, that of the first day in the middle of the scale; the later of two in the middle."""

    def place(day: date) -> int:
        if cadence.months:
            return (day.day - days[0].day + 15) % 31
        period = int(cadence.days)
        return ((day - days[0]).days + period // 2) % period

    return sorted(days, key=lambda day: (place(day), day))[len(days) // 2]


def _half_months(days: Sequence[date]) -> Rhythm | None:
    rhythms = [
        _around(days, SEMI_MONTHLY, [one, other]) for one, other in pairwise(days[:4]) if 9 <= (other - one).days <= 21
    ]
    return max(rhythms, key=lambda rhythm: (len(rhythm.days), rhythm.odds), default=None)


def _around(
    days: Sequence[date], cadence: Cadence, anchors: Sequence[date], counted_in: Cadence | None = None
) -> Rhythm:
    """The days near one of the anchors' places; each anchor has a turn in each period, for one day."""
    rhythm, last = Rhythm(cadence), 0
    for day in days:
        near = []
        for turn, anchor in enumerate(anchors):
            count, off = steps(anchor, day, counted_in or cadence)
            near.append((off, count * len(anchors) + turn))
        off, slot = min(near)
        if off <= cadence.tolerance and (not rhythm.days or slot > last):
            rhythm.add(day, slot - last if rhythm.days else None, off)
            last = slot
    rhythm.count_late(days)
    offs = [off for off in rhythm.offs if off is not None]
    rhythm.odds = _odds(cadence, offs) * _pauses(rhythm) / cadence.days ** len(anchors)
    if cadence is SEMI_MONTHLY:
        rhythm.unevenness = Fraction(sum(offs), max(len(offs) - 2, 1))
    elif len(offs) > 1:
        middle = _middle_day(rhythm.days, cadence)
        from_middle = [steps(middle, day, cadence)[1] for day in rhythm.days]
        rhythm.unevenness = min(Fraction(sum(from_middle), len(offs) - 1), Fraction(sum(offs), len(offs)))
    return rhythm


def sift_months(days: Sequence[date]) -> Rhythm | None:
    """The days that come once a month among others that don't, as `sifting.sift_months` tells it."""
    kept: dict[int, tuple[int, date]] = {}
    for anchor in (_most_usual(days, lambda day: day.day), _most_usual(days, days_to_month_end)):
        nearest: dict[int, tuple[int, date]] = {}
        for day in days:
            month, off = steps(anchor, day, MONTHLY)
            if off <= MONTHLY.tolerance:
                nearest[month] = min(nearest.get(month, (off, day)), (off, day))
        if len(nearest) > len(kept):
            kept = nearest
    rhythm = Rhythm(MONTHLY)
    previous: int | None = None
    for number, (off, day) in sorted(kept.items()):
        rhythm.add(day, None if previous is None else number - previous, off)
        previous = number
    if not rhythm.holds(len(rhythm.days)):
        return None
    offs = [off for off in rhythm.offs if off is not None]
    choices = MONTHLY.days**2 * math.comb(len(days), len(offs))
    rhythm.odds = _odds(MONTHLY, offs) * _pauses(rhythm) / choices
    rhythm.unevenness = Fraction(sum(offs), len(offs) - 1)
    return rhythm


def _most_usual(days: Sequence[date], place: Callable[[date], int]) -> date:
    """The first of the days that share the most frequent place."""
    places = Counter(place(day) for day in days)
    return next(day for day in days if places[place(day)] == max(places.values()))


def pair_rhythm(one: date, other: date) -> Rhythm | None:
    """The cadence at which two dates are neighbours, or None; two say nothing of half months."""
    for cadence in CADENCES:
        if cadence is not SEMI_MONTHLY and _are_neighbours(one, other, cadence):
            rhythm = Rhythm(cadence)
            rhythm.add(one, None, None)
            rhythm.add(other, *steps(one, other, cadence))
            off = rhythm.offs[1] or 0
            rhythm.odds = _odds(cadence, [off])
            rhythm.unevenness = Fraction(off)
            return rhythm
    return None
