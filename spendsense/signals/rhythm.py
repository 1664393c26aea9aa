"""Which cadence a list of days keeps: pure functions over ascending, distinct day numbers.

**On the beat.** `cadence.STEPS` says how many periods lie between two days, to the nearest, and how many days are
over. A *chain* starts with the first day; each further one is compared with the last one on the beat, not with its
neighbour, and is on the beat when at least one period has passed and it is off by no more than the tolerance. So a
payment six days late costs one misfit and no more. Any other day is a *stray*. Two days in a row that are strays, but
one period apart from each other, start the beat anew: the day of the charge has moved. With fewer than three on the
beat before, those were the strays and are given up; else all are on the beat, and the step between them, of which no
off is known, is one long gap.
*Around* a day of the month: on the beat are all days within the tolerance of its period's like, one a period, the
first. A rhythm of weeks or fortnights is the chain; of months, quarters and years too. If one of three days or more is
a stray, the chain from the second day on, and for months and longer the one around the middle day (by day of the month,
the first day's in the middle of a scale of 31; of two in the middle the later), are tried, and the one with most days
on the beat is taken, the earlier named of equals. If of five days or more of months one is a stray, or the beat starts
anew, the one around the place in 28 days on which more than half of the days are, if any, is taken, counted in four
weeks as if they were months, if it has as many on the beat: four weeks, one early before a holiday, keep no date.
Half months are around two neighbours of the first four days that are 9 to 21 days apart, in turn: those with most
days on the beat, then with most bits; a period is half a month.

**It holds** when there are charges enough (three; yearly two), and of the gaps (days less one) at most a quarter are
misfits: strays; gaps of two periods, but for one, which counts as fitting; longer gaps (spec). Of a gap of two periods
with one stray in it, paid late, the stray is the misfit. Half months of three charges have no gap of two.

**Bits** say how much the days speak against chance: the sum over the days on the beat, but for the first, of
log2(period ÷ (2 × off + 1)); one bit less for each gap of several periods and each move. Around anchors, all days
count, less log2(period) for each anchor. Of fortnights, unless none is off, off is taken from the middle day by its
place in 14 days, all days count (beyond the tolerance as 0), less one log2(14).
**Unevenness**, in days: how far the days are from the middle one by their place in the period, as a sum ÷ (days less
one), or the mean of their offs, whichever is less; of fortnights the first, since half months too are within two days
of 14 from one to the next, but drift; of half months the sum of the offs ÷ (days less two).

**The cadence** is one that may have the median gap (of an even number, either of the middle ones; `MEDIAN_GAPS`): the
one with most bits that holds; between half months and fortnights the evener one. If none does, days that are all one
weekday of their months, 28 or 35 days apart (the second Wednesday, the last Friday), are monthly, each three days off:
such a day lies up to three days from the middle of its week.
"""

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from functools import lru_cache
from operator import sub

from msgspec import Struct, field

from spendsense.signals.cadence import (
    BEATS,
    BITS,
    DAYS_OF_MONTH,
    STEPS,
    Cadence,
    Steps,
    place_in_period,
    steps_by_days,
    week_of_month,
    week_to_month_end,
)

KEPT_ANSWERS = 1_000  # of one question: many people are paid, and pay, on the same days
GAPS_PER_MISFIT = 4  # at least three quarters of the gaps fit (spec)
PAUSE_BITS = 1.0  # a gap of several periods might have been one of others: it says one bit less
FOUR_WEEKS = 28  # days
MONTH_STEPS = (FOUR_WEEKS, 30)  # days from charge to charge of what is paid by their number about once a month
IN_FOUR_WEEKS = steps_by_days(FOUR_WEEKS)
LEAST_OF_FOUR_WEEKS = 5  # charges: the days of fewer months lie as near to such a grid
WEEKDAY_GAPS = frozenset((28, 35))  # days from the second Wednesday of a month to that of the next
HALF_MONTH_GAPS = range(9, 22)  # days from one of the two days of the month to the other
MEDIAN_GAPS = (  # gap in days, and the cadences that it may be; two charges may be off as much each, in opposite ways
    (range(6, 9), (Cadence.WEEKLY,)),
    (range(12, 17), (Cadence.BIWEEKLY,)),
    (HALF_MONTH_GAPS, (Cadence.SEMI_MONTHLY,)),
    (range(23, 38), (Cadence.MONTHLY,)),
    (range(75, 107), (Cadence.QUARTERLY,)),
    (range(337, 395), (Cadence.ANNUALLY,)),
)
SINGLE_GAPS = {  # in days: all that may lie between neighbours on a beat, counted from both ends of months
    Cadence.WEEKLY: range(6, 9),
    Cadence.BIWEEKLY: range(12, 17),
    Cadence.SEMI_MONTHLY: range(1, 31),
    Cadence.MONTHLY: range(22, 41),
    Cadence.QUARTERLY: range(75, 110),
    Cadence.ANNUALLY: range(336, 395),
}
DOUBLE_GAPS = {  # the same, where one was missed
    Cadence.WEEKLY: range(12, 17),
    Cadence.BIWEEKLY: range(24, 33),
    Cadence.SEMI_MONTHLY: range(22, 41),
    Cadence.MONTHLY: range(50, 71),
    Cadence.QUARTERLY: range(165, 201),
    Cadence.ANNUALLY: range(701, 761),
}


class Rhythm(Struct, gc=False):
    """A cadence and how well the days keep it.

    `on_beat` are positions in the list of days; `since` is the place in `on_beat` from which the present beat holds.
    `doubles` counts the gaps of two periods, `filled` those of them that hold one stray, `longer` those that are longer
    or in which the day moved. `offs` are the distances of the charges from the beat in days, but for the first of a
    chain. `bits`: see above. A struct: every amount that recurs makes some.
    """

    cadence: Cadence
    on_beat: list[int]
    since: int = 0
    doubles: int = 0
    longer: int = 0
    offs: list[int] = field(default_factory=list)
    bits: float = 0.0
    filled: int = 0

    def add(self, place: int, periods: int, off: int) -> None:
        """One more charge on the beat."""
        if periods > 1:
            self.bits -= PAUSE_BITS
            if periods > 2:
                self.longer += 1
            else:
                self.doubles += 1
                self.filled += place - self.on_beat[-1] == 2
        self.on_beat.append(place)
        self.offs.append(off)
        self.bits += BITS[self.cadence][off]


@lru_cache(maxsize=KEPT_ANSWERS)
def find_rhythm(days: tuple[int, ...], *, with_half_months: bool = True) -> Rhythm | None:
    """The cadence for which the days speak most, or None: three quarters of the gaps fit, and there are charges enough.

    One gap of two periods, a missed payment, counts as fitting (spec). All who ask for the same days share the rhythm:
    it is not to be changed.
    """
    return find_firm_rhythm(days, None, with_half_months=with_half_months)


def find_firm_rhythm(
    days: Sequence[int], least_bits: Mapping[Cadence, float] | None, *, with_half_months: bool = False
) -> Rhythm | None:
    """The same, or, only for speed, None where no cadence can have as many bits as that."""
    count = len(days)
    if count < 2:
        return None
    gaps = sorted(map(sub, days[1:], days))
    plain = _plain(days, gaps)
    if plain and count >= BEATS[plain].least_charges:
        return Rhythm(plain, list(range(count)), offs=[0] * (count - 1), bits=(count - 1) * BITS[plain][0])
    cadences = _cadences_of(gaps[(count - 2) // 2], gaps[(count - 1) // 2])
    if least_bits and all((count - 1) * BITS[cadence][0] < least_bits[cadence] for cadence in cadences):
        return None
    best: Rhythm | None = None
    for cadence in cadences:
        if _is_hopeless(gaps, cadence) or (cadence is Cadence.SEMI_MONTHLY and not with_half_months):
            continue
        rhythm = _half_months(days) if cadence is Cadence.SEMI_MONTHLY else _follow(days, cadence)
        if rhythm and holds(rhythm, count) and (best is None or _is_better(days, rhythm, best)):
            best = rhythm
    return best or _weekday_of_month(days, gaps)


def _weekday_of_month(days: Sequence[int], gaps: Sequence[int]) -> Rhythm | None:
    """Days, with their sorted gaps, that all are the second Wednesday of their months, for example, or the last."""
    if len(days) < 3 or gaps[0] < 28 or not WEEKDAY_GAPS.issuperset(gaps):
        return None
    if len(set(map(week_of_month, days))) > 1 and len(set(map(week_to_month_end, days))) > 1:
        return None
    off = BEATS[Cadence.MONTHLY].tolerance
    bits = (len(days) - 1) * BITS[Cadence.MONTHLY][off]
    return Rhythm(Cadence.MONTHLY, list(range(len(days))), offs=[off] * (len(days) - 1), bits=bits)


def _is_better(days: Sequence[int], rhythm: Rhythm, other: Rhythm) -> bool:
    """It says more against chance; half months and fortnights say as much: then the evener one is better."""
    if rhythm.cadence is Cadence.SEMI_MONTHLY and other.cadence is Cadence.BIWEEKLY:
        return unevenness(days, rhythm) < unevenness(days, other)
    return rhythm.bits > other.bits


def _plain(days: Sequence[int], gaps: Sequence[int]) -> Cadence | None:
    """The cadence of days that keep it without a fault, by their sorted gaps: most real ones. Only for speed."""
    least, most = gaps[0], gaps[-1]
    if least == most == 7:
        return Cadence.WEEKLY
    if least == most == 14:
        return Cadence.BIWEEKLY
    if least >= 28 and most <= 31 and len({DAYS_OF_MONTH[day] for day in days}) == 1:
        return Cadence.MONTHLY
    return None


def _is_hopeless(gaps: Sequence[int], cadence: Cadence) -> bool:
    """More of the sorted gaps are no period than misfits could make: a stray makes two of them, and one may be of two
    periods. Only for speed."""
    window = SINGLE_GAPS[cadence]
    shorter = bisect_left(gaps, window.start)
    longer = len(gaps) - bisect_left(gaps, window.stop)
    others, allowed = shorter + longer, 2 * _most_misfits(len(gaps) + 1)
    if others <= allowed:
        return False
    doubles = DOUBLE_GAPS[cadence]
    return others > allowed + any(map(doubles.__contains__, gaps[len(gaps) - longer :]))


@lru_cache(maxsize=10_000)
def _cadences_of(median: int, upper_median: int) -> Sequence[Cadence]:
    """The cadences whose charges may lie that many days apart."""
    return [cadence for gaps, cadences in MEDIAN_GAPS if median in gaps or upper_median in gaps for cadence in cadences]


def holds(rhythm: Rhythm, count: int) -> bool:
    """Of so many days enough are on the beat, and few gaps are misfits."""
    charges = len(rhythm.on_beat)
    if rhythm.cadence is Cadence.SEMI_MONTHLY and charges == 3 and rhythm.doubles:
        return False  # three of four halves: nothing shows that the second day is a fixed one
    misfits = count - charges + max(rhythm.doubles - rhythm.filled - 1, 0) + rhythm.longer
    return charges >= BEATS[rhythm.cadence].least_charges and misfits <= _most_misfits(count)


def _most_misfits(count: int) -> int:
    """Of the gaps between so many days, a quarter may be misfits."""
    return (count - 1) // GAPS_PER_MISFIT


def _follow(days: Sequence[int], cadence: Cadence) -> Rhythm:
    """The beat that holds most of the days: from one to the next, from the second on where the first is a stray, or
    around one day of the month, from which each may be off by as much either way."""
    rhythm = _chain(days, cadence, 0)
    if len(rhythm.on_beat) < len(days) > 2:
        rivals = [rhythm]
        if _most_misfits(len(days)) and not _are_neighbours(days[0], days[1], cadence):
            rivals.append(_chain(days, cadence, 1))  # from a second day that is on the first one's beat it is no longer
        if BEATS[cadence].months:
            rivals.append(_around(days, cadence, [_middle_day(days, cadence)]))
        rhythm = max(rivals, key=lambda rival: len(rival.on_beat))
    if cadence is Cadence.MONTHLY and len(days) >= LEAST_OF_FOUR_WEEKS:
        rhythm = _in_four_weeks(days, rhythm) or rhythm
    if cadence is Cadence.BIWEEKLY and any(rhythm.offs):
        # Half months too keep within two days of 14 from one to the next; but they drift off a grid of 14 days.
        bits = BITS[cadence]
        offs = offs_from_middle(days, rhythm)
        rhythm.bits = sum([bits[off] for off in offs if off <= BEATS[cadence].tolerance]) - bits[0]
        rhythm.bits -= PAUSE_BITS * (rhythm.doubles + rhythm.longer)
    return rhythm


def _are_neighbours(one: int, other: int, cadence: Cadence) -> bool:
    """The second day is on the beat that the first begins."""
    periods, off = STEPS[cadence](one, other)
    return periods > 0 and off <= BEATS[cadence].tolerance


def unevenness(days: Sequence[int], rhythm: Rhythm) -> float:
    """How many days the charges are off, on average; see above."""
    if not any(rhythm.offs):
        return 0.0
    if rhythm.cadence is Cadence.SEMI_MONTHLY:
        return sum(rhythm.offs) / max(len(rhythm.offs) - 2, 1)
    offs = offs_from_middle(days, rhythm)
    from_middle = sum(offs) / (len(offs) - 1)
    if rhythm.cadence is Cadence.BIWEEKLY:
        return from_middle
    return min(from_middle, sum(rhythm.offs) / len(rhythm.offs))


def offs_from_middle(days: Sequence[int], rhythm: Rhythm) -> list[int]:
    """How far the days on the beat are from the middle one by their place in the period."""
    on_beat = [days[place] for place in rhythm.on_beat]
    middle, steps = _middle_day(on_beat, rhythm.cadence), STEPS[rhythm.cadence]
    return [steps(middle, day)[1] for day in on_beat]


def _chain(days: Sequence[int], cadence: Cadence, first: int) -> Rhythm:
    # In plain variables rather than in a Rhythm: most of a rebuild's time goes by here.
    steps, tolerance, bits_of = STEPS[cadence], BEATS[cadence].tolerance, BITS[cadence]
    on_beat = [first]
    offs: list[int] = []
    bits = 0.0
    since = doubles = longer = filled = 0
    last, stray = days[first], -1
    for place in range(first + 1, len(days)):
        day = days[place]
        periods, off = steps(last, day)
        if periods <= 0 or off > tolerance:
            if stray != place - 1:
                stray = place
                continue
            periods, off = steps(days[stray], day)
            if periods != 1 or off > tolerance:
                stray = place
                continue
            if len(on_beat) < 3:  # the first one or two were strays themselves
                on_beat, offs, bits, doubles, longer, filled = [stray], [], 0.0, 0, 0, 0
            else:
                on_beat.append(stray)
                longer += 1
                bits -= PAUSE_BITS
            since = len(on_beat) - 1
        if periods > 1:
            bits -= PAUSE_BITS
            if periods > 2:
                longer += 1
            else:
                doubles += 1
                filled += place - on_beat[-1] == 2
        on_beat.append(place)
        offs.append(off)
        bits += bits_of[off]
        last, stray = day, -1
    return Rhythm(cadence, on_beat, since, doubles, longer, offs, bits, filled)


def _middle_day(days: Sequence[int], cadence: Cadence) -> int:
    """The day that lies in the middle of all by its place in the period."""
    beat = BEATS[cadence]
    return sorted(days, key=lambda day: (place_in_period(day, days[0], beat), day))[len(days) // 2]


def _in_four_weeks(days: Sequence[int], by_calendar: Rhythm) -> Rhythm | None:
    """The days around a grid of four weeks on which most are, if by the calendar some are strays or the day moved."""
    if len(by_calendar.on_beat) == len(days) and not by_calendar.since:
        return None
    places = [day % FOUR_WEEKS for day in days]
    usual = sorted(places)[len(days) // 2]  # if any place is that of more than half
    if 2 * places.count(usual) <= len(days):
        return None
    rhythm = _around(days, Cadence.MONTHLY, [days[places.index(usual)]], IN_FOUR_WEEKS)
    return rhythm if len(rhythm.on_beat) >= len(by_calendar.on_beat) else None


def _half_months(days: Sequence[int]) -> Rhythm | None:
    """Two days of the month, the 15th and the last for example: each charge lies near one of them, in turn."""
    rhythms = [
        _around(days, Cadence.SEMI_MONTHLY, [days[place], days[place + 1]])
        for place in range(min(3, len(days) - 1))
        if days[place + 1] - days[place] in HALF_MONTH_GAPS
    ]
    # Rounded, so that the first of equals is taken: the same sum in another order differs in its last digit.
    return max(rhythms, key=lambda rhythm: (len(rhythm.on_beat), round(rhythm.bits, 6)), default=None)


def _around(days: Sequence[int], cadence: Cadence, anchors: Sequence[int], in_steps: Steps | None = None) -> Rhythm:
    """The days near the place in the month of one of the anchors. A slot, the time of one anchor, holds one charge.

    That the anchors lie on the beat themselves says nothing, and takes its bits away.
    """
    tolerance, steps = BEATS[cadence].tolerance, in_steps or STEPS[cadence]
    turns = list(enumerate(anchors))
    rhythm = Rhythm(cadence, [], bits=-len(anchors) * BITS[cadence][0])
    last_slot = 0
    for place, day in enumerate(days):
        if len(turns) == 1:
            slot, off = steps(anchors[0], day)
        else:
            off, slot = min([_slot(anchor, day, turn, len(turns), cadence) for turn, anchor in turns])
        if off <= tolerance and (not rhythm.on_beat or slot > last_slot):
            rhythm.add(place, slot - last_slot if rhythm.on_beat else 1, off)
            last_slot = slot
    return rhythm


def _slot(anchor: int, day: int, turn: int, turns: int, cadence: Cadence) -> tuple[int, int]:
    """How far the day lies from the anchor's place in its period, and which slot that is."""
    count, off = STEPS[cadence](anchor, day)
    return off, count * turns + turn


def pair_rhythm(one: int, other: int) -> Rhythm | None:
    """The cadence at which two days are neighbours, or None. Two say nothing of half months."""
    for cadence, beat in BEATS.items():
        periods, off = STEPS[cadence](one, other)
        if periods == 1 and off <= beat.tolerance and cadence is not Cadence.SEMI_MONTHLY:
            rhythm = Rhythm(cadence, [0])
            rhythm.add(1, 1, off)
            return rhythm
    return None
