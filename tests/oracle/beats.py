"""The six cadences, and how many periods lie between two dates. From the page `spendsense.signals.cadence`."""

import calendar
from dataclasses import dataclass
from datetime import date
from fractions import Fraction


@dataclass(frozen=True, slots=True)
class Cadence:
    """A period is `months` months, or else `days` days. Both ways a charge may be `tolerance` days off."""

    name: str
    days: Fraction
    months: int
    tolerance: int
    least_charges: int
    chances: int


WEEKLY = Cadence("WEEKLY", Fraction(7), 0, 1, 3, 2)
BIWEEKLY = Cadence("BIWEEKLY", Fraction(14), 0, 2, 3, 2)
SEMI_MONTHLY = Cadence("SEMI_MONTHLY", Fraction("15.2"), 1, 3, 3, 2)
MONTHLY = Cadence("MONTHLY", Fraction("30.4"), 1, 3, 3, 2)
QUARTERLY = Cadence("QUARTERLY", Fraction("91.3"), 3, 7, 3, 1)
ANNUALLY = Cadence("ANNUALLY", Fraction("365.2"), 12, 14, 2, 1)
CADENCES = (WEEKLY, BIWEEKLY, SEMI_MONTHLY, MONTHLY, QUARTERLY, ANNUALLY)
LAST_DAYS = 7


def steps(one: date, other: date, cadence: Cadence) -> tuple[int, int]:
    """How many periods the other is after the one, to the nearest, and how many days it is off."""
    if not cadence.months:
        period = int(cadence.days)
        count = ((other - one).days + period // 2) // period
        return count, abs((other - one).days - count * period)
    about = round((other - one).days / float(cadence.days))
    if cadence is SEMI_MONTHLY:
        about = round(about / 2)
    offs = {
        count: min(abs((other - like).days) for like in likes(one, count * cadence.months))
        for count in range(about - 1, about + 2)
    }
    count = min(offs, key=lambda one: offs[one])
    return count, offs[count]


def likes(day: date, months: int) -> list[date]:
    """The day so many months later: by its day of the month, and in the last week of its month from the end too."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    length = calendar.monthrange(year, month + 1)[1]
    found = [date(year, month + 1, min(day.day, length))]
    if days_to_month_end(day) < LAST_DAYS:
        found.append(date(year, month + 1, length - days_to_month_end(day)))
    return found


def days_to_month_end(day: date) -> int:
    """0 on the last day of a month."""
    return calendar.monthrange(day.year, day.month)[1] - day.day


def add_months(day: date, months: int, anchor: int) -> date:
    """`months` later on day `anchor` of the month, or on the month's last day."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(anchor, calendar.monthrange(year, month + 1)[1]))
