"""The six cadences, and how days are counted from one charge to the next.

Weeks are counted in days. Months are counted by the calendar: from the 12th to the 12th, and the 31st falls on the last
day of a shorter month. A day in the last week of its month is counted from the month's end as well, since rent of the
last business day and a bill of the 31st, first seen on the 28th of February, keep to that; what comes nearer counts.
"""

import calendar
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from math import log2

EPOCH = date(1970, 1, 1)
LAST_YEAR = 2101
LONGEST_MONTH = 31  # days
LAST_DAYS = 7  # of a month, are counted from its end too
FIRST_OF_LAST_DAYS = 21  # no day of a month up to this one is among its last


Steps = Callable[[int, int], tuple[int, int]]
"""Two days → how many periods lie between them, to the nearest, and how many days the second is off."""


class Cadence(StrEnum):
    """How often a stream recurs, in Plaid's words."""

    WEEKLY = "WEEKLY"
    BIWEEKLY = "BIWEEKLY"
    SEMI_MONTHLY = "SEMI_MONTHLY"
    MONTHLY = "MONTHLY"
    QUARTERLY = "QUARTERLY"
    ANNUALLY = "ANNUALLY"


@dataclass(frozen=True, slots=True)
class Beat:
    """What a cadence asks of the days of its charges.

    `days` from one charge to the next, on average; the period is as many, or `months` where that is not 0. `tolerance`
    in days, both ways. It has ended when `chances` expected days and their tolerance have passed without a charge.
    """

    days: float
    months: int
    tolerance: int
    least_charges: int
    chances: int

    @property
    def bits(self) -> tuple[float, ...]:
        """By how many bits a charge that is 0, 1, 2 … days off the beat speaks against chance.

        A random day would lie that near, or nearer, on 2 × off + 1 of all days.
        """
        return tuple(log2(self.days / (2 * off + 1)) for off in range(self.tolerance + 1))


BEATS = {  # the spec's cadences, tolerances, least charges, and expected days until the end
    Cadence.WEEKLY: Beat(7, 0, 1, 3, 2),
    Cadence.BIWEEKLY: Beat(14, 0, 2, 3, 2),
    Cadence.SEMI_MONTHLY: Beat(15.2, 1, 3, 3, 2),  # each of its two days comes once a month
    Cadence.MONTHLY: Beat(30.4, 1, 3, 3, 2),
    Cadence.QUARTERLY: Beat(91.3, 3, 7, 3, 1),
    Cadence.ANNUALLY: Beat(365.2, 12, 14, 2, 1),
}
BITS = {cadence: beat.bits for cadence, beat in BEATS.items()}


def _calendar() -> tuple[list[int], list[int], list[int], list[int]]:
    months: list[int] = []
    days_of_month: list[int] = []
    lengths: list[int] = []
    days_at: list[int] = []
    first = 0
    for number in range((LAST_YEAR + 1 - EPOCH.year) * 12):
        length = calendar.monthrange(EPOCH.year + number // 12, number % 12 + 1)[1]
        months.extend([number] * length)
        days_of_month.extend(range(1, length + 1))
        lengths.append(length)
        days_at += [*range(first, first + length), *[first + length - 1] * (LONGEST_MONTH - length)]
        first += length
    return months, days_of_month, lengths, days_at


MONTHS, DAYS_OF_MONTH, MONTH_LENGTHS, DAYS_AT = _calendar()
"""By day since EPOCH: its month since EPOCH, and its day of the month. By month: its length. By place: its day, for a
day that a month lacks its last."""
PLACES = [month * LONGEST_MONTH + day - 1 for month, day in zip(MONTHS, DAYS_OF_MONTH, strict=True)]
"""By day since EPOCH: its place on a scale on which each month has 31 days."""


def to_date(day: int) -> date:
    """The date of a day number."""
    return EPOCH + timedelta(days=day)


def to_day(on: date) -> int:
    """The day number of a date."""
    return (on - EPOCH).days


def day_in_month(month: int, day_of_month: int) -> int:
    """The day number of that day of a month since EPOCH, or of the month's last where it has no such day."""
    return DAYS_AT[month * LONGEST_MONTH + day_of_month - 1]


def days_to_month_end(day: int) -> int:
    """0 for the last day of a month."""
    return MONTH_LENGTHS[MONTHS[day]] - DAYS_OF_MONTH[day]


def week_of_month(day: int) -> int:
    """0 for the first of its weekday in the month."""
    return (DAYS_OF_MONTH[day] - 1) // 7


def week_to_month_end(day: int) -> int:
    """0 for the last of its weekday in the month."""
    return days_to_month_end(day) // 7


def steps_by_days(period: int) -> Steps:
    """Counts in periods of that many days."""
    half = period // 2

    def steps(one: int, other: int) -> tuple[int, int]:
        count = (other - one + half) // period
        return count, abs(other - one - count * period)

    return steps


def steps_by_months(months: int) -> Steps:
    """Counts in periods of that many months of the calendar."""
    period = LONGEST_MONTH * months
    half = period // 2

    def steps(one: int, other: int) -> tuple[int, int]:
        place = PLACES[one]
        count = (PLACES[other] - place + half) // period
        place += count * period
        off = abs(other - DAYS_AT[place])
        if off and DAYS_OF_MONTH[one] > FIRST_OF_LAST_DAYS:
            to_end = day_in_month(MONTHS[one], LONGEST_MONTH) - one
            if to_end < LAST_DAYS:
                last = day_in_month(place // LONGEST_MONTH, LONGEST_MONTH)
                off = min(off, abs(other - last + to_end))
        return count, off

    return steps


STEPS = {
    cadence: steps_by_months(beat.months) if beat.months else steps_by_days(int(beat.days))
    for cadence, beat in BEATS.items()
}
"""How days are counted at each cadence: how many periods lie between two of them, to the nearest, and how many days
the second is off."""


def place_in_period(day: int, first: int, beat: Beat) -> int:
    """Where in its period a day lies, with that of the first one in the middle."""
    period = 31 if beat.months else int(beat.days)
    ahead = DAYS_OF_MONTH[day] - DAYS_OF_MONTH[first] if beat.months else day - first
    return (ahead + period // 2) % period
