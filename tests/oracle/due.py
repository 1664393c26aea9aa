"""When the next charge of a plan is due and when it has ended, from the page `spendsense.signals.streams`."""

import calendar
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from functools import partial
from itertools import pairwise

from tests.oracle.beats import BIWEEKLY, MONTHLY, SEMI_MONTHLY, WEEKLY, add_months, days_to_month_end, steps
from tests.oracle.plans import Plan
from tests.oracle.rhythm import Rhythm

RECENT = 6
DayOfMonth = Callable[[date], date]  # from the first day of a month to the day that is meant in it


def next_and_lapse(plan: Plan) -> tuple[date, date]:
    """The next expected day, and the first day on which the stream has ended."""
    cadence = plan.rhythm.cadence
    days = plan.rhythm.days[plan.rhythm.since :]
    last = plan.charges[-1].on
    step = _fixed_step(plan, days)
    if step:
        due = _by_days(days[-RECENT:], last, step)
    elif cadence is SEMI_MONTHLY:
        due = _twice_a_month(days, last)
    else:
        due = _by_month(plan.rhythm, last)
    return due[0], due[cadence.chances - 1] + timedelta(days=cadence.tolerance + 1)


def _fixed_step(plan: Plan, days: Sequence[date]) -> int | None:
    """Days from charge to charge where their number counts: weeks, fortnights, and months of 28 or of 30 days."""
    if plan.rhythm.cadence in (WEEKLY, BIWEEKLY):
        return int(plan.rhythm.cadence.days)
    gaps = [(after - before).days for before, after in pairwise(days)]
    if plan.rhythm.cadence is MONTHLY and gaps == [28, 28]:
        is_one_weekday = any(len(set(map(place, days))) == 1 for place in (_place_from_start, _place_from_end))
        return None if is_one_weekday else 28
    if plan.rhythm.cadence is MONTHLY and len(gaps) >= 3:
        return next((step for step in (28, 30) if all(gap % step == 0 for gap in gaps)), None)
    return None


def _by_days(days: Sequence[date], last: date, step: int) -> list[date]:
    """From the last of the days on the most usual place on, the first more than half a period after the last."""
    places = Counter(day.toordinal() % step for day in days)
    day = max(day for day in days if places[day.toordinal() % step] == max(places.values()))
    while 2 * (day - last).days <= step:
        day += timedelta(days=step)
    return [day, day + timedelta(days=step)]


def _twice_a_month(days: Sequence[date], last: date) -> list[date]:
    like_last = [day for day in days if steps(days[-1], day, SEMI_MONTHLY)[1] <= SEMI_MONTHLY.tolerance]
    others = [day for day in days if day not in like_last]
    due = set()
    for half in (like_last, others):
        if half:
            day_in = _day_of_month(half[-RECENT:])
            due |= {day_in(add_months(last, months, 1)) for months in range(4)}
    return sorted(day for day in due if (day - last).days > 5)


def _by_month(rhythm: Rhythm, last: date) -> list[date]:
    days, months = rhythm.days[rhythm.since :][-RECENT:], rhythm.cadence.months
    day_in = _weekday_of_month(days) if months == 1 else None
    day_in = day_in or _day_of_month(days)
    off = sum(abs((day_in(_month_paid(day_in, day)) - day).days) for day in days)
    leaves_calendar = steps(days[0], days[-1], rhythm.cadence)[1] > rhythm.cadence.tolerance
    if months == 1 and len(days) >= 4 and leaves_calendar and 2 * _off_grid(days, 28) < off:
        return _by_days(days, last, 28)
    paid = _month_paid(day_in, days[-1])
    due = [day_in(add_months(paid, months * number, 1)) for number in range(1, 9)]
    return [day for day in due if (day - last).days > 10 * months]


def _month_paid(day_in: DayOfMonth, day: date) -> date:
    return min((add_months(day, one, 1) for one in (-1, 0, 1)), key=lambda one: abs((day_in(one) - day).days))


def _off_grid(days: Sequence[date], step: int) -> int:
    places = Counter(day.toordinal() % step for day in days)
    usual = max(days, key=lambda day: (places[day.toordinal() % step], day))
    return sum(min((day - usual).days % step, (usual - day).days % step) for day in days)


def _weekday_of_month(days: Sequence[date]) -> DayOfMonth | None:
    """A weekday of the month, counted from its start or its end, if all of the days are that."""
    is_one_day = len({day.day for day in days}) == 1
    for rule in (_first_business_day, _last_business_day):
        if all(rule(day.replace(day=1)) == day for day in days):
            return None
    for place in (_place_from_start, _place_from_end):
        if len(days) >= 3 and not is_one_day and len(set(map(place, days))) == 1:
            return partial(_day_at, place, place(days[0]))
    return None


def _place_from_start(day: date) -> tuple[int, int]:
    return day.weekday(), (day.day - 1) // 7


def _place_from_end(day: date) -> tuple[int, int]:
    return day.weekday(), days_to_month_end(day) // 7


def _day_at(place: Callable[[date], tuple[int, int]], wanted: tuple[int, int], first: date) -> date:
    """The day of that month which has that place; the fourth where it has no fifth."""
    days = [first + timedelta(days=number) for number in range(calendar.monthrange(first.year, first.month)[1])]
    return next(day for week in (0, 1) for day in days if place(day) == (wanted[0], wanted[1] - week))


def _day_of_month(days: Sequence[date]) -> DayOfMonth:
    """The first or the last business day, or one day of the month."""
    is_one_day = len({day.day for day in days}) == 1
    for rule in (_first_business_day, _last_business_day):
        if len(days) >= 3 and not is_one_day and all(rule(day.replace(day=1)) == day for day in days):
            return rule
    anchor = max({day.day for day in days}, key=lambda one: (*_fit(one, days), one))
    return lambda first: add_months(first, 0, anchor)


def _fit(anchor: int, days: Sequence[date]) -> tuple[int, int]:
    """How many of the days it meets, if at least half; then how near it is to all."""
    offs = [abs(day.day - add_months(day, 0, anchor).day) for day in days]
    met = offs.count(0)
    return (met if 2 * met >= len(days) else 0), -sum(min(off, 31 - off) for off in offs)


def _first_business_day(first: date) -> date:
    return next(day for day in (first + timedelta(days=n) for n in range(3)) if day.weekday() < 5)


def _last_business_day(first: date) -> date:
    last = first.replace(day=calendar.monthrange(first.year, first.month)[1])
    return next(day for day in (last - timedelta(days=n) for n in range(3)) if day.weekday() < 5)
