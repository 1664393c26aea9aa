"""Recurring streams by the simple cadence rule: pure functions over the charge days of one counterparty group.

A group is one person, one counterparty, one direction. Its stream is the longest run of charges, up to the last, whose
gaps all fit one cadence, from three charges on. Several charges on one day are one occasion, and are summed.
"""

import calendar
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from itertools import pairwise


class Cadence(StrEnum):
    """How often a stream recurs, in Plaid's words."""

    WEEKLY = "WEEKLY"
    BIWEEKLY = "BIWEEKLY"
    SEMI_MONTHLY = "SEMI_MONTHLY"
    MONTHLY = "MONTHLY"


@dataclass(frozen=True, slots=True)
class Gaps:
    """Days from one charge to the next, both bounds included."""

    least: int
    most: int


GAPS = {
    Cadence.WEEKLY: Gaps(6, 8),
    Cadence.BIWEEKLY: Gaps(12, 16),
    Cadence.SEMI_MONTHLY: Gaps(12, 19),
    Cadence.MONTHLY: Gaps(27, 33),
}
TOLERANCE_DAYS = {Cadence.WEEKLY: 1, Cadence.BIWEEKLY: 2, Cadence.SEMI_MONTHLY: 3, Cadence.MONTHLY: 3}
LEAST_CHARGES = 3
LEAST_SEMI_MONTHLY_CHARGES = 4
FLAG_WINDOW_DAYS = 90
STABLE_CENTS = 50  # max(5 %, 0.50) from one charge to the next
STABLE_SHARE = 20  # 1 / 5 %


@dataclass(frozen=True, slots=True)
class Charges:
    """The charges of a group, one a day: days since EPOCH, ascending, and positive cents."""

    days: list[int]
    cents: list[int]


@dataclass(frozen=True, slots=True)
class Rhythm:
    """A run of charges up to the last that keep one cadence; `start` is its first position."""

    cadence: Cadence
    start: int


@dataclass(frozen=True, slots=True)
class Flag:
    """The days on which the simple flag holds: from the first, until the day before the second."""

    cadence: Cadence
    flag_from: int
    flag_until: int


EPOCH = date(2000, 1, 1)


def to_date(day: int) -> date:
    """The date of a day number."""
    return EPOCH + timedelta(days=day)


def one_a_day(days: Sequence[int], cents: Sequence[int]) -> Charges:
    """The charges with those of one day summed. `days` ascends."""
    if len(set(days)) == len(days):
        return Charges(list(days), list(cents))
    totals: dict[int, int] = {}
    for day, amount in zip(days, cents, strict=True):
        totals[day] = totals.get(day, 0) + amount
    return Charges(list(totals), list(totals.values()))


def find_rhythm(days: Sequence[int]) -> Rhythm | None:
    """The cadence that the last charges keep, or None. Weekly is tried first, then biweekly, semi-monthly, monthly."""
    if len(days) < LEAST_CHARGES:
        return None
    last_gap = days[-1] - days[-2]
    for cadence, gaps in GAPS.items():
        if gaps.least <= last_gap <= gaps.most:
            start = _start_of_run(days, gaps)
            if _holds(cadence, days[start:]) and not (cadence is Cadence.BIWEEKLY and _is_half_monthly(days, start)):
                return Rhythm(cadence, start)
    return None


def find_flag(days: Sequence[int]) -> Flag | None:
    """When the simple flag holds: at least 3 charge days within 90 days, all a week ± 1 or all a month ± 3 apart.

    It begins once the charge before the run has left the 90 days, and ends when only two charges are left in them.
    """
    for cadence in (Cadence.WEEKLY, Cadence.MONTHLY):
        start = _start_of_run(days, GAPS[cadence])
        if len(days) - start < LEAST_CHARGES:
            continue
        flag_from = days[-1] if start == 0 else max(days[start - 1] + FLAG_WINDOW_DAYS, days[-1])
        flag_until = days[-LEAST_CHARGES] + FLAG_WINDOW_DAYS
        if flag_from < flag_until:
            return Flag(cadence, flag_from, flag_until)
    return None


def is_stable(cents: Sequence[int]) -> bool:
    """True when at least three quarters of the steps from one amount to the next stay within max(5 %, 0.50)."""
    steps = [abs(after - before) <= max(before // STABLE_SHARE, STABLE_CENTS) for before, after in pairwise(cents)]
    return 4 * sum(steps) >= 3 * len(steps)


def next_day(cadence: Cadence, days: Sequence[int]) -> int:
    """When the next charge is expected after the last of `days` (the run of the stream)."""
    match cadence:
        case Cadence.WEEKLY:
            return days[-1] + 7
        case Cadence.BIWEEKLY:
            return days[-1] + 14
        case Cadence.SEMI_MONTHLY:
            return _months_after(days[-2], 1, to_date(days[-2]).day)
        case Cadence.MONTHLY:
            return _months_after(days[-1], 1, _anchor(days))


def lapse_day(cadence: Cadence, days: Sequence[int]) -> int:
    """The first day on which two expected charges and their tolerance have passed."""
    match cadence:
        case Cadence.WEEKLY:
            second = days[-1] + 14
        case Cadence.BIWEEKLY:
            second = days[-1] + 28
        case Cadence.SEMI_MONTHLY:
            second = _months_after(days[-1], 1, to_date(days[-1]).day)
        case Cadence.MONTHLY:
            second = _months_after(days[-1], 2, _anchor(days))
    return second + TOLERANCE_DAYS[cadence] + 1


def _start_of_run(days: Sequence[int], gaps: Gaps) -> int:
    start = len(days) - 1
    while start > 0 and gaps.least <= days[start] - days[start - 1] <= gaps.most:
        start -= 1
    return start


def _holds(cadence: Cadence, run: Sequence[int]) -> bool:
    if len(run) < LEAST_CHARGES:
        return False
    if cadence is Cadence.BIWEEKLY:  # each day on the grid of 14 days through the last, ± 2: half months drift off it
        return all((run[-1] - day + 2) % 14 <= 4 for day in run)
    if cadence is Cadence.SEMI_MONTHLY:  # two fixed days of the month: every other charge is a month apart
        monthly = GAPS[Cadence.MONTHLY]
        pairs = zip(run, run[2:], strict=False)
        return len(run) >= LEAST_SEMI_MONTHLY_CHARGES and all(monthly.least <= b - a <= monthly.most for a, b in pairs)
    return True


def _is_half_monthly(days: Sequence[int], start: int) -> bool:
    """The fortnights from `start` are the end of a longer run on two days of the month, as up to mid-March."""
    longer = _start_of_run(days, GAPS[Cadence.SEMI_MONTHLY])
    return longer < start and _holds(Cadence.SEMI_MONTHLY, days[longer:])


def _anchor(days: Sequence[int]) -> int:
    """The day of the month on which the charge falls: the last one's, or a later one that short months cut off."""
    dates = [to_date(day) for day in days]
    last = dates[-1]
    if last.day == calendar.monthrange(last.year, last.month)[1]:
        return max(day.day for day in dates)
    return last.day


def _months_after(day: int, months: int, anchor: int) -> int:
    start = to_date(day)
    year, month = divmod(start.year * 12 + start.month - 1 + months, 12)
    last_of_month = calendar.monthrange(year, month + 1)[1]
    return (date(year, month + 1, min(anchor, last_of_month)) - EPOCH).days
