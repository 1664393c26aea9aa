"""Exact arithmetic: nothing here is a float, and everything is rounded down once."""

import math
from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction

MOST_RATIO = Fraction(99_999_999_999_999, 10_000)  # fourteen digits, four of them behind the point


def floor4(value: Fraction) -> Decimal:
    """Down to 1/10,000, towards minus infinity; ten digits before the point at most, either way."""
    return Decimal(math.floor(max(min(value, MOST_RATIO), -MOST_RATIO) * 10_000)).scaleb(-4)


def median(values: Sequence[int]) -> Fraction:
    """The middle value, or halfway between the two in the middle."""
    ordered = sorted(values)
    middle = len(ordered) // 2
    if len(ordered) % 2:
        return Fraction(ordered[middle])
    return Fraction(ordered[middle - 1] + ordered[middle], 2)


def monthly(total_cents: int | None, days_seen: int) -> int | None:
    """What the sum comes to in 30 days; unknown with fewer than 30 days seen."""
    if total_cents is None or days_seen < 30:
        return None
    return math.floor(Fraction(total_cents * 30, days_seen))


def months_covered(balance_cents: int | None, spending_cents: int, days_seen: int) -> Fraction | None:
    """For how many months of 30 days the balance pays for spending as it was; None where that is unknown."""
    if balance_cents is None or days_seen < 30 or spending_cents <= 0:
        return None
    return Fraction(balance_cents * days_seen, spending_cents * 30)
