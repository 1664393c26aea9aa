"""Whether charges that keep a rhythm say more than chance and habit would: the rules of `plans`. Pure."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from itertools import pairwise
from math import log2

from spendsense.signals.amounts import HABITS, SHORT_CADENCES, UNSAID, Group, is_steady
from spendsense.signals.cadence import BEATS, Cadence
from spendsense.signals.rhythm import MONTH_STEPS, Rhythm, find_rhythm, offs_from_middle, unevenness
from spendsense.store.kinds import Purpose

AMONG_OTHERS_BITS = 4.0  # a plan among other charges says so much, and more the more others there are
HABIT_BITS = 6.0  # where people buy now and then, charges that recur are habit or chance until they say so much
SHORT_HABIT_BITS = 8.0  # and by the week or fortnight: people's own weeks are as regular
OTHERS_AT_A_SHOP = 2  # times the days of one amount, at least
LONG_HISTORY = 120  # days: a plan by the month has had time for a fourth charge


def rhythm_of(group: Group, days: tuple[int, ...]) -> Rhythm | None:
    """The rhythm of these days; of habits without half months, and of what nobody has named without loose ones."""
    if group.purpose in HABITS:
        return find_rhythm(days, with_half_months=False)
    rhythm = find_rhythm(days)
    return find_rhythm(days, with_half_months=False) if rhythm and _are_loose_half_months(group, rhythm) else rhythm


def _are_loose_half_months(group: Group, rhythm: Rhythm) -> bool:
    """Nothing is known of what is paid, and it is not to the day: a card for tolls or the laundry, topped up."""
    if group.is_inflow or group.purpose not in UNSAID or rhythm.cadence is not Cadence.SEMI_MONTHLY:
        return False
    return any(rhythm.offs) and rhythm.bits < HABIT_BITS


def stands_out(group: Group, days: Sequence[int], rhythm: Rhythm, others: int, rivals: int) -> bool:
    """The days say more than chance and habit would. `others` are the charges beside these that no plan has taken,
    `rivals` the amounts among those that recur too: where there is a menu, or round sums, equal amounts say little."""
    if others and len(rhythm.on_beat) == 3 and rhythm.doubles:
        return False
    if group.purpose in HABITS:
        is_even = 3 * unevenness(days, rhythm) <= BEATS[rhythm.cadence].tolerance
        return is_even and rhythm.bits >= habit_bits(rivals)[rhythm.cadence]
    return rhythm.bits >= (AMONG_OTHERS_BITS if others else 0.0) + log2(1 + rivals)


@lru_cache(maxsize=1_000)
def habit_bits(rivals: int) -> Mapping[Cadence, float]:
    """How much the days of each cadence must say where people come of themselves."""
    return {
        cadence: (SHORT_HABIT_BITS if cadence in SHORT_CADENCES else HABIT_BITS) + log2(1 + rivals)
        for cadence in Cadence
    }


def is_like_a_shop(group: Group, count: int, others: int) -> bool:
    """Nothing is known of it, and few of its charges, on so many days, are of that amount: people buy there now and
    then. While its history is short, three charges are all that a plan can have, and prove nothing against it."""
    if group.purpose not in UNSAID or group.is_opaque or others < OTHERS_AT_A_SHOP * count:
        return False
    return group.days[-1] - group.days[0] >= LONG_HISTORY


def wanders(group: Group, days: Sequence[int], rhythm: Rhythm, amounts: Sequence[int]) -> bool:
    """Nobody has named what is paid, or it is a person, the sums change, and the days keep to no day of the month nor
    to any number of days: somebody comes about once a month. Each visit is near to the last one and a month, so that a
    chain of them says more and more against chance; but they drift, and a bill does not."""
    cadence = rhythm.cadence
    if group.is_inflow or group.purpose not in (Purpose.UNKNOWN, Purpose.TRANSFER) or cadence in SHORT_CADENCES:
        return False
    if all(is_steady(before, after) for before, after in pairwise(amounts)):
        return False
    most = BEATS[cadence].tolerance * (len(rhythm.on_beat) - 1)
    if 3 * sum(offs_from_middle(days, rhythm)) <= 2 * most:
        return False
    on_beat = [days[place] for place in rhythm.on_beat]
    return cadence is not Cadence.MONTHLY or all(3 * sum(_offs_in_days(on_beat, step)) > most for step in MONTH_STEPS)


def _offs_in_days(days: Sequence[int], step: int) -> list[int]:
    """How far the days are from the middle one by their place in so many days."""
    places = [(day - days[0] + step // 2) % step for day in days]
    middle = sorted(places)[len(places) // 2]
    return [min((place - middle) % step, (middle - place) % step) for place in places]
