"""What a plan costs and how that has changed, from the page `spendsense.signals.streams`."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from itertools import pairwise

from tests.oracle.amounts import Charge, is_steady, keep_price

RECENT = 12


@dataclass(frozen=True, slots=True)
class Prices:
    """Positive cents. `changes`: the day, the old price and the new one."""

    typical_cents: int
    last_cents: int
    changes: tuple[tuple[date, int, int], ...]
    varies: bool


def prices_of(charges: Sequence[Charge], is_inflow: bool) -> Prices:
    """The prices of a plan's charges."""
    occasions = _occasions(charges)
    begins = _price_begins([cents for _, cents in occasions], is_inflow)
    since = [cents for _, cents in occasions[begins[-1] :]][-RECENT:]
    return Prices(
        typical_cents=sorted(since)[(len(since) - 1) // 2],
        last_cents=occasions[-1][1],
        changes=tuple(
            (occasions[new][0], occasions[old][1], occasions[new][1])
            for old, new in pairwise(begins)
            if not is_steady(occasions[old][1], occasions[new][1])
        ),
        varies=len(occasions) > 2 and not keep_price([cents for _, cents in occasions]),
    )


def _occasions(charges: Sequence[Charge]) -> list[tuple[date, int]]:
    """Each day and its sum; where there are more charges than on most days, the largest, as many times as on most."""
    days: dict[date, list[int]] = {}
    for charge in charges:
        days.setdefault(charge.on, []).append(charge.cents)
    counts = Counter(len(cents) for cents in days.values())
    usual = next(len(cents) for cents in days.values() if counts[len(cents)] == max(counts.values()))
    return [(day, sum(cents) if len(cents) <= usual else max(cents) * usual) for day, cents in days.items()]


def _price_begins(amounts: Sequence[int], is_inflow: bool) -> list[int]:
    steady = sum(is_steady(before, after) for before, after in pairwise(amounts))
    begins = [0]
    if 2 * steady < len(amounts) - 1 > 1:
        return begins
    for place, cents in enumerate(amounts):
        price = amounts[begins[-1]]
        following = amounts[place + 1] if place + 1 < len(amounts) else None
        if is_steady(price, cents):
            is_new = cents != price and cents == following
        elif following is not None:
            is_new = is_steady(cents, following)
        else:
            is_new = not is_inflow or max(price, cents) <= Fraction(3, 2) * min(price, cents)
        if is_new:
            begins.append(place)
    return begins
