"""What is known of a recurring stream besides its charges: when the next one is due, when it has ended, what it costs.

Pure. Days are numbers since `cadence.EPOCH`, amounts positive cents. How streams are found is told in `rhythm` and
`plans`.

**Occasions**: a day and its sum; a day with more charges than most (the most usual number) counts as its largest, as
many times; of equally usual numbers the first. **Prices**: the first amount, and each later one that begins a price
(`_prices`). Those that are no longer steady are the price changes. The typical amount is the middle one of the
occasions since the last price (of the last twelve; the lower of two).
**The next days** come from the days on the beat since it was last moved, the last six of them (half months: of each of
the two days, that of the last one and all others). Weeks and fortnights, and months (no longer cadence) whose gaps
since the move (three at least) are all multiples of 28 or of 30 days, go on by so many days from the last one on the
most usual place, and the first after the last charge by more than half a period is due. So do months of two gaps of 28
days, if the three days are not all on one weekday of the month. Months and longer fall on the
first or last business day, if all (three at least, and not one day of the month) did; else, of months, on the same
weekday of the month (the second Wednesday; or from the end, the last Friday), if all did; else on that one of their
days of the month on which most, at least half, were (where a month lacks it, on its last), else on that nearest to all;
of those on which as many were the nearest to all, then the later. Months of four such days or more, the last of which
is off the first by more than the tolerance, go on by 28 days as well if they are less than half as far from a grid of
four weeks as they are from that day (in sum; from the grid's most usual place, the latest of equals): what was paid a
day early before a holiday comes every four weeks all the same. The month nearest to the last day on the beat is the one
that it paid. Due are the days after that month which lie more than 10 days a month of the period (half months: 5)
behind the last charge: one that came early, or very late, is for that day.
**The end**: the day after the second expected day and its tolerance; after the first, of quarters and years.
"""

import itertools
from collections import Counter
from collections.abc import Callable, Sequence
from functools import lru_cache, partial

from msgspec import Struct

from spendsense.signals.amounts import BONUS, UNSAID, Group, is_steady, keep_price
from spendsense.signals.cadence import (
    BEATS,
    DAYS_OF_MONTH,
    LONGEST_MONTH,
    MONTH_LENGTHS,
    MONTHS,
    STEPS,
    Cadence,
    day_in_month,
    week_of_month,
    week_to_month_end,
)
from spendsense.signals.plans import Plan, find_plans
from spendsense.signals.rhythm import FOUR_WEEKS, KEPT_ANSWERS, MONTH_STEPS, Rhythm
from spendsense.store.kinds import STREAM_KINDS, Purpose

DayRule = Callable[[int], int]
"""Month since EPOCH → day number."""

LATEST_FIRST, EARLIEST_LAST = 3, 26  # days of the month on which the first and last business day can fall
RECENT = 6  # charges that tell on which day the next one falls
NEAREST_FOR_SURE = 13  # days: those of the months before and after are farther away
RECENT_AMOUNTS = 12  # that tell what a varying charge usually is
USED_UP = 10  # days, a month of the period: so near after a charge nothing is due, it came early for that day
HALF_USED_UP = 5  # of half months


class PriceChange(Struct, frozen=True, gc=False):
    """From the first charge on `day` on the price was another."""

    day: int
    old_cents: int
    new_cents: int


class Found(Struct, frozen=True, gc=False):
    """A stream of one group. `members` are positions in the group; `lapse_day` is the first on which it has ended.

    `varies`: its occasions, three or more, keep no price.
    """

    cadence: Cadence
    members: list[int]
    is_early: bool
    typical_cents: int
    last_cents: int
    next_day: int
    lapse_day: int
    price_changes: tuple[PriceChange, ...]
    varies: bool = False


def find_streams(group: Group) -> list[Found]:
    """The streams of the group, by first charge."""
    cents, count = group.cents[0], len(group.cents)
    if group.cents.count(cents) < count or len(set(group.days)) < count:
        return [_describe(group, plan) for plan in find_plans(group)]
    return [
        Found(one.cadence, one.members, one.is_early, cents, cents, one.next_day, one.lapse_day, ())
        for one in _find_at_one_price(tuple(group.days), group.purpose, group.is_inflow, group.is_opaque)
    ]


@lru_cache(maxsize=KEPT_ANSWERS)
def _find_at_one_price(days: tuple[int, ...], purpose: Purpose, is_inflow: bool, is_opaque: bool) -> list[Found]:
    """The streams of a group with one charge on each of these days, all of the same amount, whatever that is."""
    group = Group(days, [1] * len(days), purpose, is_inflow, is_opaque)
    return [_describe(group, plan) for plan in find_plans(group)]


def stream_kind(purpose: Purpose, found: Found, *, is_inflow: bool) -> str:
    """What the purpose says; of an unknown one what goes out and varies is a bill, since no subscription does."""
    is_bill = purpose in UNSAID and found.varies and not is_inflow
    return STREAM_KINDS[Purpose.BILL if is_bill else purpose]


def stream_at(group: Group, cadence: Cadence) -> Found:
    """All charges of the group as one stream at that cadence, whether or not they keep it: somebody says so."""
    days = sorted(set(group.days))
    return _describe(group, Plan(list(range(len(group.days))), days, Rhythm(cadence, list(range(len(days))))))


def _describe(group: Group, plan: Plan) -> Found:
    days, amounts = _occasions(group, plan.members)
    prices = _prices(amounts, group.is_inflow)
    due = expected_days(group, plan, 2)
    beat = BEATS[plan.rhythm.cadence]
    return Found(
        cadence=plan.rhythm.cadence,
        members=plan.members,
        is_early=plan.is_early,
        typical_cents=_middle(amounts[prices[-1] :][-RECENT_AMOUNTS:]),
        last_cents=amounts[-1],
        next_day=due[0],
        lapse_day=due[beat.chances - 1] + beat.tolerance + 1,
        price_changes=_changes(days, amounts, prices) if len(prices) > 1 else (),
        varies=len(amounts) > 2 and amounts.count(amounts[0]) < len(amounts) and not keep_price(amounts),
    )


def _changes(days: Sequence[int], amounts: Sequence[int], prices: Sequence[int]) -> tuple[PriceChange, ...]:
    """The prices after the first that are no longer the one before."""
    return tuple(
        PriceChange(days[place], amounts[before], amounts[place])
        for before, place in itertools.pairwise(prices)
        if not is_steady(amounts[before], amounts[place])
    )


def _occasions(group: Group, members: Sequence[int]) -> tuple[list[int], list[int]]:
    """The days with a charge, and the amount of each. A day on which more was charged than on most counts as
    often as they do: paid twice by mistake, the price is not double."""
    days = [group.days[place] for place in members]
    if len(set(days)) == len(days):
        return days, [group.cents[place] for place in members]
    by_day: dict[int, list[int]] = {}
    for place in members:
        by_day.setdefault(group.days[place], []).append(group.cents[place])
    usual = Counter(map(len, by_day.values())).most_common(1)[0][0]
    amounts = [sum(cents) if len(cents) <= usual else max(cents) * usual for cents in by_day.values()]
    return list(by_day), amounts


def _prices(amounts: Sequence[int], is_inflow: bool) -> list[int]:
    """The places of the occasions at which a price began to hold. Three or more that vary have none but the first.

    A price that is another one (not `is_steady`) begins when the next charge keeps it or there is none yet. One that
    is nearly the old one begins when the next charge is the same to the cent: taxes and exchange rates are no price. A
    last pay of more than 1.5 times the usual, or less, is a bonus or a short month until the next one keeps it.
    """
    prices = [0]
    if amounts.count(amounts[0]) == len(amounts):
        return prices
    steady = sum([is_steady(before, after) for before, after in itertools.pairwise(amounts)])
    if 2 * steady < len(amounts) - 1 and len(amounts) > 2:
        return prices
    for place in range(1, len(amounts)):
        price, cents = amounts[prices[-1]], amounts[place]
        if price == cents:
            continue
        if place == len(amounts) - 1:
            begins = not is_steady(price, cents) and not (is_inflow and max(price, cents) > BONUS * min(price, cents))
        elif is_steady(price, cents):
            begins = cents == amounts[place + 1]
        else:
            begins = is_steady(cents, amounts[place + 1])
        if begins:
            prices.append(place)
    return prices


def _middle(amounts: Sequence[int]) -> int:
    return sorted(amounts)[(len(amounts) - 1) // 2]


def expected_days(group: Group, plan: Plan, count: int) -> list[int]:
    """The next days on which a charge is due after the last one: on the beat, also when the last one came late."""
    rhythm = plan.rhythm
    on_beat = tuple([plan.days[place] for place in rhythm.on_beat[rhythm.since :]])
    return _expected_days(rhythm.cadence, on_beat, group.days[plan.members[-1]], count)


@lru_cache(maxsize=KEPT_ANSWERS)
def _expected_days(cadence: Cadence, on_beat: tuple[int, ...], last: int, count: int) -> list[int]:
    recent = on_beat[-RECENT:]
    step = _fixed_step(cadence, on_beat)
    if step:
        return _by_step(recent, step, last, count)
    if cadence is Cadence.SEMI_MONTHLY:
        return _half_months_after(on_beat, last, count)
    months = BEATS[cadence].months
    day_of = _day_rule(recent, is_monthly=months == 1)
    if months == 1 and _are_in_four_weeks(recent, day_of):
        return _by_step(recent, FOUR_WEEKS, last, count)
    month = _month_paid(day_of, on_beat[-1])
    return _due(day_of, month + months, months, last + USED_UP * months, count)


def _by_step(days: Sequence[int], step: int, last: int, count: int) -> list[int]:
    anchor = _usual_day(days, step)
    first = anchor + ((last - anchor + step // 2) // step + 1) * step
    return [first + number * step for number in range(count)]


def _month_paid(day_of: DayRule, day: int) -> int:
    """The month whose day is nearest to that one, the earlier of equals."""
    month = MONTHS[day]
    ahead = day_of(month) - day
    if -NEAREST_FOR_SURE <= ahead <= NEAREST_FOR_SURE:
        return month
    return min((month - 1, month, month + 1), key=lambda one: abs(day_of(one) - day))


def _fixed_step(cadence: Cadence, on_beat: Sequence[int]) -> int:
    """Days from charge to charge where their number counts and not the calendar; else 0."""
    if cadence is Cadence.WEEKLY:
        return 7
    if cadence is Cadence.BIWEEKLY:
        return 14
    if cadence is not Cadence.MONTHLY or len(on_beat) < 3:
        return 0
    first = on_beat[0]
    if len(on_beat) == 3:
        is_in_weeks = on_beat[1] - first == on_beat[2] - on_beat[1] == FOUR_WEEKS
        return FOUR_WEEKS if is_in_weeks and not _weekday_rule(on_beat) else 0
    for step in MONTH_STEPS:
        if not (on_beat[1] - first) % step and all((day - first) % step == 0 for day in on_beat):
            return step
    return 0


def _are_in_four_weeks(days: Sequence[int], day_of: DayRule) -> bool:
    """Four days or more that leave the calendar, and are far nearer to a grid of four weeks than to that day."""
    if len(days) < 4 or STEPS[Cadence.MONTHLY](days[0], days[-1])[1] <= BEATS[Cadence.MONTHLY].tolerance:
        return False
    usual = _usual_day(days, FOUR_WEEKS)
    gaps = [(day - usual) % FOUR_WEEKS for day in days]
    off_grid = sum([min(gap, FOUR_WEEKS - gap) for gap in gaps])
    return 2 * off_grid < sum([abs(day_of(_month_paid(day_of, day)) - day) for day in days])


def _usual_day(days: Sequence[int], step: int) -> int:
    """The last of the days that are on the most usual place in the period: the weekday, unless it has moved."""
    places = Counter([day % step for day in days])
    if len(places) == 1:
        return days[-1]
    return max(days, key=lambda day: (places[day % step], day))


def _half_months_after(on_beat: Sequence[int], last: int, count: int) -> list[int]:
    steps, tolerance = STEPS[Cadence.SEMI_MONTHLY], BEATS[Cadence.SEMI_MONTHLY].tolerance
    like_last = [day for day in on_beat if steps(on_beat[-1], day)[1] <= tolerance]
    others = [day for day in on_beat if day not in like_last]
    rules = [_day_rule(days[-RECENT:]) for days in (like_last, others) if days]
    due = {day for rule in rules for day in _due(rule, MONTHS[last], 1, last + HALF_USED_UP, count)}
    return sorted(due)[:count]


def _due(day_of: DayRule, month: int, step: int, after: int, count: int) -> list[int]:
    """The first expected days after that one, from a month on."""
    found: list[int] = []
    while len(found) < count:
        day = day_of(month)
        if day > after:
            found.append(day)
        month += step
    return found


def _day_rule(days: Sequence[int], *, is_monthly: bool = False) -> DayRule:
    """On which day of a month the charge falls: the first or the last business day, one weekday, or a fixed one."""
    places = [DAYS_OF_MONTH[day] for day in days]
    first, last = min(places), max(places)
    if first < last and len(days) >= 3:
        if last <= LATEST_FIRST and all(first_business_day(MONTHS[day]) == day for day in days):
            return first_business_day
        if first >= EARLIEST_LAST and all(last_business_day(MONTHS[day]) == day for day in days):
            return last_business_day
        if is_monthly and (weekday_rule := _weekday_rule(days)):
            return weekday_rule
    anchor = last if first == last else _usual_day_of_month(days, places)
    return lambda month: day_in_month(month, anchor)


def _weekday_rule(days: Sequence[int]) -> DayRule | None:
    """The second Wednesday of the month or the last Friday, if that is what all the days are."""
    if len(set(map(_weekday, days))) > 1:
        return None
    for week_of in (week_of_month, week_to_month_end):
        if len(set(map(week_of, days))) == 1:
            return partial(_day_of_week, _weekday(days[0]), week_of(days[0]), is_from_end=week_of is week_to_month_end)
    return None


def _day_of_week(weekday: int, week: int, month: int, *, is_from_end: bool) -> int:
    """That weekday of the month, 0 being its first, or from the end its last; where there is no fifth, the fourth."""
    if is_from_end:
        last = day_in_month(month, LONGEST_MONTH)
        return last - (_weekday(last) - weekday) % 7 - 7 * week
    first = day_in_month(month, 1)
    day = first + (weekday - _weekday(first)) % 7 + 7 * week
    return day if MONTHS[day] == month else day - 7


def _usual_day_of_month(days: Sequence[int], places: Sequence[int]) -> int:
    lengths = [MONTH_LENGTHS[MONTHS[day]] for day in days]
    return max([(*_fit(one, places, lengths), one) for one in set(places)])[-1]


def _fit(anchor: int, places: Sequence[int], lengths: Sequence[int]) -> tuple[int, int]:
    """How many of the days, if at least half, are that day of their month; then how near all of them are."""
    exact = off = 0
    for place, length in zip(places, lengths, strict=True):
        gap = abs(place - (anchor if anchor < length else length))
        if gap:
            off += gap if gap < 16 else 31 - gap
        else:
            exact += 1
    return exact if 2 * exact >= len(places) else 0, -off


def first_business_day(month: int) -> int:
    """The first day of the month that is neither Saturday nor Sunday."""
    first = day_in_month(month, 1)
    return first + (0, 0, 0, 0, 0, 2, 1)[_weekday(first)]


def last_business_day(month: int) -> int:
    """The last day of the month that is neither Saturday nor Sunday."""
    last = day_in_month(month, 31)
    return last - (0, 0, 0, 0, 0, 1, 2)[_weekday(last)]


def _weekday(day: int) -> int:
    """Monday is 0. The first day of all, in 1970, was a Thursday."""
    return (day + 3) % 7
