"""Recurring streams by the simple flag, told as plainly as they can be."""

import calendar
from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from itertools import pairwise

from spendsense.store.kinds import Kind
from tests.oracle.person import Row
from tests.oracle.wording import stream_kind

WEEK, TWO_WEEKS, HALF_MONTH, MONTH = range(6, 9), range(12, 17), range(12, 20), range(27, 34)
Groups = dict[tuple[int, str], list[Row]]  # counterparty and direction → its rows by date
GAPS = {"WEEKLY": WEEK, "BIWEEKLY": TWO_WEEKS, "SEMI_MONTHLY": HALF_MONTH, "MONTHLY": MONTH}


@dataclass(frozen=True, slots=True)
class Stream:
    """A stream as it stands on `as_of`; amounts are positive in both directions."""

    counterparty_key: int
    direction: str
    kind: str
    cadence: str
    rows: tuple[Row, ...]
    last_amount_cents: int
    last_on: date
    lapse_on: date

    def is_active(self, as_of: date) -> bool:
        """Not yet two expected charges behind."""
        return as_of < self.lapse_on


def group_rows(rows: list[Row], kinds: dict[str, Kind]) -> Groups:
    """Rows in the analysis currency and not after `as_of` → those that are posted, by counterparty and direction."""
    groups: Groups = defaultdict(list)
    for row in sorted(rows, key=lambda row: (row.date, row.transaction_id.encode())):
        kind = kinds[row.transaction_id]
        if row.pending or row.counterparty_key is None:
            continue
        if kind == Kind.SPENDING and row.amount_cents > 0:
            groups[row.counterparty_key, "outflow"].append(row)
        elif kind in (Kind.INCOME, Kind.INFLOW) and row.amount_cents < 0:
            groups[row.counterparty_key, "inflow"].append(row)
    return groups


def find_streams(groups: Groups) -> list[Stream]:
    """The stream of each group that has one."""
    found = [_stream(key, direction, group) for (key, direction), group in groups.items()]
    return [stream for stream in found if stream]


def simple_flag_count(groups: Groups, as_of: date) -> int:
    """Counterparties with at least three charge days in 90 days, weekly or monthly throughout."""
    return sum(
        direction == "outflow" and _has_simple_flag({row.date for row in group}, as_of)
        for (_, direction), group in groups.items()
    )


def _has_simple_flag(days: set[date], as_of: date) -> bool:
    recent = sorted(day for day in days if as_of - timedelta(days=90) < day <= as_of)
    gaps = _gaps(recent)
    return len(recent) >= 3 and (all(gap in WEEK for gap in gaps) or all(gap in MONTH for gap in gaps))


def _stream(key: int, direction: str, group: list[Row]) -> Stream | None:
    days = sorted({row.date for row in group})
    kind = stream_kind(group[-1], direction)
    may_vary = kind in ("bill", "income")
    for cadence in GAPS:
        dates = _run(cadence, days)
        if not dates:
            continue
        members = tuple(row for row in group if row.date >= dates[0])
        totals = [sum(abs(row.amount_cents) for row in members if row.date == day) for day in dates]
        if not may_vary and not _is_stable(totals):
            return None
        return Stream(key, direction, kind, cadence, members, totals[-1], dates[-1], _lapse_on(cadence, dates))
    return None


def _is_stable(totals: list[int]) -> bool:
    """Three quarters of the steps from one total to the next within 5 % or 0.50 of the one before: a price may rise."""
    steps = [abs(after - before) <= max(Fraction(before, 20), 50) for before, after in pairwise(totals)]
    return Fraction(sum(steps), len(steps)) >= Fraction(3, 4)


def _run(cadence: str, days: list[date]) -> list[date]:
    """The longest run of days up to the last one at the cadence's gaps, if it keeps the cadence as a whole; else []."""
    start = len(days) - 1
    while start > 0 and (days[start] - days[start - 1]).days in GAPS[cadence]:
        start -= 1
    run = days[start:]
    if len(run) < (4 if cadence == "SEMI_MONTHLY" else 3):
        return []
    if cadence == "BIWEEKLY" and (not _is_on_grid(run) or len(_run("SEMI_MONTHLY", days)) > len(run)):
        return []
    if cadence == "SEMI_MONTHLY" and not _alternates(run):
        return []
    return run


def _is_on_grid(dates: list[date]) -> bool:
    """Each date is at most two days off the 14-day grid that the last one lies on: half months drift off it."""
    return all(min((dates[-1] - day).days % 14, 14 - (dates[-1] - day).days % 14) <= 2 for day in dates)


def _alternates(dates: list[date]) -> bool:
    """Two days of the month: a month lies between each date and the next but one."""
    return all((later - earlier).days in MONTH for earlier, later in zip(dates, dates[2:], strict=False))


def _gaps(days: list[date]) -> list[int]:
    return [(later - earlier).days for earlier, later in pairwise(days)]


def _lapse_on(cadence: str, dates: list[date]) -> date:
    """The day after the second expected date and its tolerance."""
    last = dates[-1]
    if cadence == "WEEKLY":
        return last + timedelta(days=14 + 1 + 1)
    if cadence == "BIWEEKLY":
        return last + timedelta(days=28 + 2 + 1)
    if cadence == "SEMI_MONTHLY":
        return add_months(last, 1, last.day) + timedelta(days=3 + 1)
    return add_months(last, 2, _anchor_day(dates)) + timedelta(days=3 + 1)


def _anchor_day(dates: list[date]) -> int:
    """The day of the month that is meant: the last one's, or the largest one when that may have been cut off."""
    last = dates[-1]
    is_month_end = last.day == calendar.monthrange(last.year, last.month)[1]
    return max(day.day for day in dates) if is_month_end else last.day


def add_months(day: date, months: int, anchor: int) -> date:
    """`months` later on day `anchor` of the month, or on the month's last day."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(anchor, calendar.monthrange(year, month + 1)[1]))
