"""Which amounts are those of one plan: steady but for price changes, or free to vary. Pure.

Amounts agree when they *keep a price*, *are renewed* or *may vary*. A price is kept from one amount to the next within
max(5 % of the first, 0.50); at least half of the steps keep it (a price that changes, changes once in a while), or four
in five amounts are that near to the middle one. Three charges with a gap of two periods must be equal; of three yearly
ones each must keep the price of the one before, or, if all come to within three days, be 0.8 to 1.25 times that. In an
opaque group also half of the steps must be equal to the cent, or at most three in five amounts be different.
Two charges a year apart, to within three days, are one renewed when the second is dearer by up to a quarter; not of
people, shops and opaque groups.
Amounts may vary when the rhythm has the bits of `VARYING_BITS` and, without the highest and the lowest tenth, spreads
by no more than 1 : 4, or 1 : 10 with twice the bits: heating in January and July, gig work; of unnamed purposes by the
month or longer only; of an opaque group only income, with the bits of the unnamed.
"""

from collections.abc import Sequence
from itertools import pairwise

from msgspec import Struct

from spendsense.signals.cadence import Cadence
from spendsense.signals.rhythm import Rhythm
from spendsense.store.kinds import Purpose

STEADY_SHARE = 20  # max(5 %, 0.50) from one amount to the next is the same price (spec)
STEADY_CENTS = 50
BONUS = 1.5  # times the usual pay (spec)
HABITS = (Purpose.SHOP, Purpose.CASH)
PEOPLE_AND_SHOPS = (Purpose.TRANSFER, *HABITS)  # where two like sums a year apart are chance
UNSAID = (Purpose.UNKNOWN, Purpose.COLLECTED)  # neither category nor name says what is paid
VARYING_BITS = {
    Purpose.BILL: 4.0,
    Purpose.INCOME: 5.0,
    Purpose.COLLECTED: 6.0,
    Purpose.UNKNOWN: 16.0,
    Purpose.TRANSFER: 16.0,
}
"""A cadence is firm, so that amounts may vary (spec: of bills, utilities, income and loans), when it says so much.
What nobody has named, and card payments, must be much firmer, unless it is drawn by direct debit; subscriptions and
shops never vary."""
UNNAMED = (*UNSAID, Purpose.TRANSFER)
MOST_SPREAD = 4.0  # times the least amount: what varies more is no one plan
RENEWAL_DAYS = 3
RENEWAL_RISE = 1.25
FIRM_SPREAD = 10.0  # with twice the bits that they need
SHORT_CADENCES = (Cadence.WEEKLY, Cadence.BIWEEKLY, Cadence.SEMI_MONTHLY)


class Group(Struct, frozen=True, gc=False):
    """The charges of one person, counterparty and direction, by day: day numbers and positive cents.

    `is_opaque`: the name says nothing (TRANSFER), so that several counterparties may be in it.
    """

    days: Sequence[int]
    cents: Sequence[int]
    purpose: Purpose = Purpose.UNKNOWN
    is_inflow: bool = False
    is_opaque: bool = False


def is_steady(before: int, after: int) -> bool:
    """The second amount is the first one's price: within max(5 %, 0.50)."""
    return abs(after - before) <= max(before // STEADY_SHARE, STEADY_CENTS)


def amounts_agree(group: Group, rhythm: Rhythm, amounts: Sequence[int]) -> bool:
    """The amounts are those of one plan: steady but for price changes, or free to vary."""
    if len(set(amounts)) == 1:
        return True
    is_one_price = _keeps_price(rhythm, amounts) and (not group.is_opaque or _mostly_equal(amounts))
    return is_one_price or _is_renewed(group, rhythm, amounts) or _may_vary(group, rhythm, amounts)


def _keeps_price(rhythm: Rhythm, amounts: Sequence[int]) -> bool:
    """The amounts keep a price. Three with a gap of two periods say too little for a change of it, and what costs now
    this, now that in three years is a holiday."""
    if len(amounts) == 3 and rhythm.doubles:
        return False
    if len(amounts) == 3 and rhythm.cadence is Cadence.ANNUALLY:
        is_to_the_day = max(rhythm.offs) <= RENEWAL_DAYS
        return all(
            is_steady(*pair) or (is_to_the_day and max(pair) <= RENEWAL_RISE * min(pair)) for pair in pairwise(amounts)
        )
    return keep_price(amounts)


def keep_price(amounts: Sequence[int]) -> bool:
    """At least half of the steps from one charge to the next keep the price; or four in five amounts lie near the
    middle one: exchange rates."""
    count = len(amounts)
    if 2 * sum([is_steady(before, after) for before, after in pairwise(amounts)]) >= count - 1:
        return True
    middle = sorted(amounts)[count // 2]
    return 5 * sum([is_steady(middle, amount) for amount in amounts]) >= 4 * count


def _is_renewed(group: Group, rhythm: Rhythm, amounts: Sequence[int]) -> bool:
    """The second of two yearly charges comes on the day and costs somewhat more."""
    if len(amounts) != 2 or group.is_opaque or group.purpose in PEOPLE_AND_SHOPS:
        return False
    return rhythm.offs[0] <= RENEWAL_DAYS and amounts[0] < amounts[1] <= RENEWAL_RISE * amounts[0]


def _mostly_equal(amounts: Sequence[int]) -> bool:
    """Half of the steps keep the amount to the cent, or few amounts are different: one counterparty's."""
    equal = sum([before == after for before, after in pairwise(amounts)])
    return 2 * equal >= len(amounts) - 1 or 5 * len(set(amounts)) <= 3 * len(amounts)


def all_near(amounts: Sequence[int]) -> bool:
    """Every amount keeps the price of the middle one."""
    ordered = sorted(amounts)
    middle = ordered[len(amounts) // 2]
    return is_steady(middle, ordered[0]) and is_steady(middle, ordered[-1])


def _may_vary(group: Group, rhythm: Rhythm, amounts: Sequence[int]) -> bool:
    """A firm cadence lets the amounts of a bill and of income vary; of what nobody has named, only by the month."""
    need = VARYING_BITS.get(group.purpose)
    if group.is_opaque:
        need = VARYING_BITS[Purpose.UNKNOWN] if group.purpose is Purpose.INCOME else None
    is_unnamed = group.purpose in UNNAMED
    if need is None or rhythm.bits < need or (is_unnamed and rhythm.cadence in SHORT_CADENCES):
        return False
    ordered, tenth = sorted(amounts), len(amounts) // 10
    most = MOST_SPREAD if rhythm.bits < 2 * need else FIRM_SPREAD
    return ordered[-1 - tenth] <= most * ordered[tenth]
