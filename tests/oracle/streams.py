"""Recurring streams by the simple flag, told as plainly as they can be."""

import calendar
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from itertools import pairwise

from spendsense.store.kinds import Kind
from tests.oracle.numbers import median
from tests.oracle.person import Row
from tests.oracle.wording import stream_kind

WEEK, TWO_WEEKS, MONTH = range(6, 9), range(12, 17), range(27, 34)


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


def find_streams(rows: list[Row], kinds: dict[str, Kind]) -> list[Stream]:
    """The streams in rows that are posted, in the analysis currency and not after `as_of`."""
    found = [_stream(key, direction, group) for (key, direction), group in _groups(rows, kinds).items()]
    return [stream for stream in found if stream]


def simple_flag_count(rows: list[Row], kinds: dict[str, Kind], as_of: date) -> int:
    """Counterparties with at least three charge days in 90 days, weekly or monthly throughout."""
    return sum(
        direction == "outflow" and _has_simple_flag({row.date for row in group}, as_of)
        for (_, direction), group in _groups(rows, kinds).items()
    )


def _has_simple_flag(days: set[date], as_of: date) -> bool:
    recent = sorted(day for day in days if as_of - timedelta(days=90) < day <= as_of)
    gaps = _gaps(recent)
    return len(recent) >= 3 and (all(gap in WEEK for gap in gaps) or all(gap in MONTH for gap in gaps))


def _groups(rows: list[Row], kinds: dict[str, Kind]) -> dict[tuple[int, str], list[Row]]:
    """Counterparty and direction → its posted rows, by date."""
    groups: dict[tuple[int, str], list[Row]] = defaultdict(list)
    for row in sorted(rows, key=lambda row: (row.date, row.transaction_id.encode())):
        kind = kinds[row.transaction_id]
        if row.pending or row.counterparty_key is None:
            continue
        if kind == Kind.SPENDING and row.amount_cents > 0:
            groups[row.counterparty_key, "outflow"].append(row)
        elif kind in (Kind.INCOME, Kind.INFLOW) and row.amount_cents < 0:
            groups[row.counterparty_key, "inflow"].append(row)
    return groups


def _stream(key: int, direction: str, group: list[Row]) -> Stream | None:
    days = sorted({row.date for row in group})
    kind = stream_kind(group[-1], direction)
    may_vary = kind in ("bill", "income")
    for cadence in ("WEEKLY", "BIWEEKLY", "SEMI_MONTHLY", "MONTHLY"):
        dates = _suffix(cadence, days)
        if len(dates) < (4 if cadence == "SEMI_MONTHLY" else 3):
            continue
        members = tuple(row for row in group if row.date >= dates[0])
        totals = [sum(abs(row.amount_cents) for row in members if row.date == day) for day in dates]
        if may_vary or _is_stable(totals):
            return Stream(key, direction, kind, cadence, members, totals[-1], dates[-1], _lapse_on(cadence, dates))
    return None


def _is_stable(totals: list[int]) -> bool:
    """Every total within 5 % or 0.50, whichever is more, of their median."""
    middle = median(totals)
    return all(abs(total - middle) <= max(middle * Fraction(5, 100), Fraction(50)) for total in totals)


def _suffix(cadence: str, days: list[date]) -> list[date]:
    """The longest run of days up to the last one that keeps the cadence."""
    if cadence == "WEEKLY":
        return _longest(days, lambda dates: all(gap in WEEK for gap in _gaps(dates)))
    if cadence == "MONTHLY":
        return _longest(days, lambda dates: all(gap in MONTH for gap in _gaps(dates)))
    twice_a_month = _longest(days, _is_semi_monthly)
    every_two_weeks = _longest(days, _is_biweekly)
    if cadence == "BIWEEKLY":
        return every_two_weeks if len(every_two_weeks) >= len(twice_a_month) else []
    return twice_a_month


def _longest(days: list[date], keeps: Callable[[list[date]], bool]) -> list[date]:
    for start in range(len(days)):
        if keeps(days[start:]):
            return days[start:]
    return []


def _is_biweekly(dates: list[date]) -> bool:
    """Gaps of 12 to 16 days, and each date at most two days off the 14-day grid that the last one lies on."""
    offsets = [(dates[-1] - day).days % 14 for day in dates]
    return all(gap in TWO_WEEKS for gap in _gaps(dates)) and all(min(o, 14 - o) <= 2 for o in offsets)


def _is_semi_monthly(dates: list[date]) -> bool:
    """Gaps of 12 to 19 days, and a month between each date and the next but one."""
    pairs = [(later - earlier).days for earlier, later in zip(dates, dates[2:], strict=False)]
    return all(12 <= gap <= 19 for gap in _gaps(dates)) and all(gap in MONTH for gap in pairs)


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
    """The day of the month that is meant: the largest one seen, where shorter months explain all others."""
    largest = max(day.day for day in dates)
    clamped = all(day.day == min(largest, calendar.monthrange(day.year, day.month)[1]) for day in dates)
    return largest if clamped else dates[-1].day


def add_months(day: date, months: int, anchor: int) -> date:
    """`months` later on day `anchor` of the month, or on the month's last day."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(anchor, calendar.monthrange(year, month + 1)[1]))
