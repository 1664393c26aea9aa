"""A group of charges, and which amounts may be those of one plan, from the page `spendsense.signals.amounts`."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from itertools import pairwise

from spendsense.store.kinds import Purpose
from tests.oracle.beats import ANNUALLY, BIWEEKLY, SEMI_MONTHLY, WEEKLY
from tests.oracle.rhythm import Rhythm

HABITS = (Purpose.SHOP, Purpose.CASH)
SHORT = (WEEKLY, BIWEEKLY, SEMI_MONTHLY)
UNSAID = (Purpose.UNKNOWN, Purpose.COLLECTED)
VARYING_ODDS = {
    Purpose.BILL: 2**4,
    Purpose.INCOME: 2**5,
    Purpose.COLLECTED: 2**6,
    Purpose.UNKNOWN: 2**16,
    Purpose.TRANSFER: 2**16,
}


@dataclass(frozen=True, slots=True)
class Charge:
    """One charge of a group; `cents` are positive both ways."""

    number: int
    on: date
    cents: int


@dataclass(frozen=True, slots=True)
class Group:
    """The charges of one person, counterparty and direction, by date and id."""

    charges: tuple[Charge, ...]
    purpose: Purpose
    is_inflow: bool
    is_opaque: bool

    @property
    def is_habit(self) -> bool:
        """Shops and cash."""
        return self.purpose in HABITS


def is_steady(before: int, after: int) -> bool:
    """Within max(5 %, 0.50) of the first."""
    return abs(after - before) * 20 <= before or abs(after - before) <= 50


def keep_a_price(group: Group, rhythm: Rhythm, amounts: Sequence[int]) -> bool:
    """They are those of a plan at a price, that may have changed."""
    if len(set(amounts)) == 1:
        return True
    if len(amounts) == 3 and rhythm.doubles:
        return False
    if len(amounts) == 3 and rhythm.cadence is ANNUALLY:
        is_to_the_day = all(off <= 3 for off in rhythm.offs if off is not None)
        is_near = all(
            is_steady(*pair) or (is_to_the_day and max(pair) * 4 <= min(pair) * 5) for pair in pairwise(amounts)
        )
        return is_near and (not group.is_opaque or _are_mostly_equal(amounts))
    return keep_price(amounts) and (not group.is_opaque or _are_mostly_equal(amounts))


def keep_price(amounts: Sequence[int]) -> bool:
    """Half of the steps are steady, or four in five amounts are near the middle one."""
    steps = list(pairwise(amounts))
    middle = sorted(amounts)[len(amounts) // 2]
    near_middle = sum(is_steady(middle, cents) for cents in amounts)
    kept = sum(is_steady(before, after) for before, after in steps)
    return kept >= Fraction(1, 2) * len(steps) or near_middle >= Fraction(4, 5) * len(amounts)


def _are_mostly_equal(amounts: Sequence[int]) -> bool:
    equal = sum(before == after for before, after in pairwise(amounts))
    return equal >= Fraction(1, 2) * (len(amounts) - 1) or len(set(amounts)) <= Fraction(3, 5) * len(amounts)


def is_renewed(group: Group, rhythm: Rhythm, amounts: Sequence[int]) -> bool:
    """A yearly plan at up to a quarter more, to the day."""
    if len(amounts) > 2 or group.is_opaque or group.is_habit or group.purpose is Purpose.TRANSFER:
        return False
    first, second = amounts
    return first < second <= Fraction(5, 4) * first and rhythm.offs[1] <= 3


def may_vary(group: Group, rhythm: Rhythm, amounts: Sequence[int]) -> bool:
    """The days say enough for amounts that vary so far."""
    need = VARYING_ODDS.get(group.purpose)
    if group.is_opaque:
        need = VARYING_ODDS[Purpose.UNKNOWN] if group.purpose is Purpose.INCOME else None
    if need is None or rhythm.odds < need:
        return False
    if group.purpose in (*UNSAID, Purpose.TRANSFER) and rhythm.cadence in SHORT:
        return False
    tenth = len(amounts) // 10
    middle = sorted(amounts)[tenth : len(amounts) - tenth]
    return middle[-1] <= (10 if rhythm.odds >= need**2 else 4) * middle[0]
