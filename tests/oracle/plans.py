"""Which charges of one group belong together, from the page `spendsense.signals.plans`: every step, every charge."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from itertools import pairwise

from spendsense.store.kinds import Purpose
from tests.oracle.amounts import SHORT, UNSAID, Charge, Group, is_renewed, is_steady, keep_a_price, may_vary
from tests.oracle.beats import ANNUALLY, MONTHLY, SEMI_MONTHLY
from tests.oracle.rhythm import Rhythm, find_rhythm, off_middle, off_middle_in_days, pair_rhythm, sift_months


@dataclass(frozen=True, slots=True)
class Plan:
    """Charges that recur, by date."""

    charges: tuple[Charge, ...]
    rhythm: Rhythm
    is_early: bool = False


def find_plans(group: Group) -> list[Plan]:
    """The plans of the group, by first charge."""
    whole = _whole_plan(group)
    if whole and (two := _two_by_the_month(group, whole)):
        return two
    plans = [whole] if whole else []
    plans += _exact_plans(group, _left(group, plans))
    if not whole:
        while near := _near_plan(group, _left(group, plans)):
            plans.append(near)
        plans = _follow_each_other(group, plans)
        ranks = _ranks(group, group.charges) if plans else []
        if ranks and len(_left(group, ranks)) < len(_left(group, plans)):
            plans = ranks
        rest = _varying_rest(group, _left(group, plans)) if plans else None
        plans += [rest] if rest else _ranks(group, _left(group, plans))
    plans += _pair_plans(group, _left(group, plans))
    return _by_first_charge(plans)


def _by_first_charge(plans: Iterable[Plan]) -> list[Plan]:
    return sorted(plans, key=lambda plan: (plan.charges[0].on, plan.charges[0].cents))


def _left(group: Group, plans: Iterable[Plan]) -> list[Charge]:
    taken = {charge for plan in plans for charge in plan.charges}
    return [charge for charge in group.charges if charge not in taken]


def _days(charges: Iterable[Charge]) -> list[date]:
    return sorted({charge.on for charge in charges})


def _rhythm(group: Group, days: Sequence[date]) -> Rhythm | None:
    """Half months, where nobody has said what is paid, are to the day or beyond doubt."""
    rhythm = find_rhythm(days, group.is_habit)
    is_named = group.is_inflow or group.purpose not in UNSAID
    if is_named or rhythm is None or rhythm.cadence is not SEMI_MONTHLY or rhythm.unevenness == 0:
        return rhythm
    return rhythm if rhythm.odds >= 2**6 else find_rhythm(days, is_habit=True)


def _with_late_ones(charges: Sequence[Charge], rhythm: Rhythm) -> tuple[Charge, ...]:
    """All charges of the days on the beat, and of other days about a period after the day before, none of them near the
    next on the beat, of sums that are not far off."""
    period = rhythm.cadence.days
    late = set()
    for before, day in pairwise(_days(charges)):
        is_in_place = any(0 < (other - day).days < period / 2 for other in rhythm.days)
        if Fraction(7, 10) <= (day - before).days / period <= Fraction(14, 10) and not is_in_place:
            late.add(day)
    usual = [charge.cents for charge in charges if charge.on in rhythm.days]
    return tuple(
        charge
        for charge in charges
        if charge.on in rhythm.days
        or (charge.on in late and min(usual) <= 3 * charge.cents and charge.cents <= 3 * max(usual))
    )


def _stands_out(group: Group, rhythm: Rhythm, others: int, rivals: int) -> bool:
    if others and len(rhythm.days) == 3 and rhythm.doubles:
        return False
    need = 2**4 if others else 1
    if group.is_habit:
        if rhythm.unevenness > Fraction(rhythm.cadence.tolerance, 3):
            return False
        need = 2**8 if rhythm.cadence in SHORT else 2**6
    return rhythm.odds >= need * (1 + rivals)


# 1. The whole plan


def _whole_plan(group: Group) -> Plan | None:
    plan = _plan_of_all(group, group.charges)
    if plan is None or _is_two_side_by_side(group, plan):
        return None
    last_day = plan.charges[-1].on
    before = [charge for charge in plan.charges if charge.on < last_day]
    last = max(charge.cents for charge in plan.charges if charge.on == last_day)
    if not group.is_inflow and len(before) >= 3 and last > 3 * max(charge.cents for charge in before):
        return _plan_of_all(group, before)
    return plan


def _plan_of_all(group: Group, charges: Sequence[Charge]) -> Plan | None:
    days = _days(charges)
    if len(days) < Fraction(4, 5) * len(charges):
        return None
    middle = sorted(charge.cents for charge in charges)[len(charges) // 2]
    if group.is_habit and not all(is_steady(middle, charge.cents) for charge in charges):
        return None
    rhythm = _rhythm(group, days)
    if rhythm is None or not _stands_out(group, rhythm, 0, 0):
        return None
    amounts = [max(charge.cents for charge in charges if charge.on == day) for day in rhythm.days]
    if not any(rule(group, rhythm, amounts) for rule in (keep_a_price, is_renewed, may_vary)):
        return None
    if _wanders(group, rhythm, amounts):
        return None
    return Plan(_with_late_ones(charges, rhythm), rhythm)


def _wanders(group: Group, rhythm: Rhythm, amounts: Sequence[int]) -> bool:
    if group.is_inflow or group.purpose not in (Purpose.UNKNOWN, Purpose.TRANSFER) or rhythm.cadence in SHORT:
        return False
    if all(is_steady(before, after) for before, after in pairwise(amounts)):
        return False
    most = rhythm.cadence.tolerance * (len(amounts) - 1)
    in_days = [off_middle_in_days(rhythm.days, step) for step in (28, 30)] if rhythm.cadence is MONTHLY else []
    is_off_days = all(off > Fraction(1, 3) * most for off in in_days)
    return is_off_days and off_middle(rhythm.days, rhythm.cadence) > Fraction(2, 3) * most


def _two_by_the_month(group: Group, whole: Plan) -> list[Plan]:
    days = whole.rhythm.days
    is_all = len(group.charges) == len(whole.charges) == len(days) == len(_days(whole.charges))
    if group.is_inflow or whole.rhythm.cadence is not SEMI_MONTHLY or len(days) < 6 or not is_all:
        return []
    halves = [whole.charges[::2], whole.charges[1::2]]
    lower, higher = sorted(([charge.cents for charge in half] for half in halves), key=min)
    if max(lower) >= min(higher) or is_steady(max(lower), min(higher)):
        return []
    found = [_plan_of_all(group, half) for half in halves]
    if any(plan is None or plan.rhythm.cadence is not MONTHLY for plan in found):
        return []
    return [plan for plan in found if plan]


def _is_two_side_by_side(group: Group, whole: Plan) -> bool:
    for cents, count in Counter(charge.cents for charge in group.charges).items():
        if count < 3 or count == len(group.charges):
            continue
        amounts = [charge.cents for charge in group.charges]
        if group.is_inflow and max(amounts) <= Fraction(3, 2) * min(amounts):
            continue
        at_level = [charge for charge in group.charges if charge.cents == cents]
        level = _rhythm(group, _days(at_level))
        at_others = [charge for charge in group.charges if charge.cents != cents]
        rest = _rhythm(group, _days(at_others))
        if level is None or level.cadence is whole.rhythm.cadence:
            continue
        if level.odds >= whole.rhythm.odds or (rest and rest.cadence is not whole.rhythm.cadence):
            return True
    return False


# 2. and 3. Exact amounts, near amounts


def _levels(charges: Sequence[Charge]) -> list[list[Charge]]:
    """The charges of each amount that recurs, the most frequent first, then the smallest."""
    counts = Counter(charge.cents for charge in charges)
    amounts = sorted(counts, key=lambda cents: (-counts[cents], cents))
    return [[charge for charge in charges if charge.cents == cents] for cents in amounts if counts[cents] >= 2]


def _exact_plans(group: Group, left: Sequence[Charge]) -> list[Plan]:
    found: list[Plan] = []
    levels = _levels(left)
    for level in levels:
        taken = sum(len(plan.charges) for plan in found)
        others = len(left) - taken - len(level)
        rivals = len(levels) - 1 - len(found)
        plan = _exact_plan(group, level, others, rivals) if len(level) >= 3 else None
        found += [plan] if plan else []
    return found


def _exact_plan(group: Group, level: list[Charge], others: int, rivals: int) -> Plan | None:
    days = _days(level)
    rhythm = _rhythm(group, days)
    if rhythm:
        charges = _with_late_ones(level, rhythm)
    elif not group.is_habit and not group.is_inflow and (rhythm := sift_months(days)):
        charges = tuple(next(charge for charge in level if charge.on == day) for day in rhythm.days)
        others += len(level) - len(charges)
    if rhythm is None or not _stands_out(group, rhythm, others, rivals):
        return None
    is_long = (group.charges[-1].on - group.charges[0].on).days >= 120
    if group.purpose in UNSAID and not group.is_opaque and is_long and others >= 2 * len(days):
        # Nothing is known of it, and most of the charges are of other amounts: so it is at shops.
        return (
            Plan(charges, rhythm) if rhythm.odds >= (2**8 if rhythm.cadence in SHORT else 2**6) * (1 + rivals) else None
        )
    return Plan(charges, rhythm)


def _near_plan(group: Group, left: Sequence[Charge]) -> Plan | None:
    if group.is_habit:
        return None
    runs: list[list[Charge]] = []
    for charge in sorted(left, key=lambda one: one.cents):
        if runs and charge.cents <= Fraction(103, 100) * runs[-1][-1].cents:
            runs[-1].append(charge)
        else:
            runs.append([charge])
    run = next((one for one in runs if len(one) >= 4 and len(one) >= Fraction(1, 2) * len(left)), None)
    if run is None:
        return None
    run = sorted(run, key=lambda one: one.number)
    rhythm, others = _rhythm(group, _days(run)), len(left) - len(run)
    if rhythm is None or not _stands_out(group, rhythm, others, others):
        return None
    return Plan(_with_late_ones(run, rhythm), rhythm)


# 4. and 5. Successive plans, the varying rest


def _follow_each_other(group: Group, plans: list[Plan]) -> list[Plan]:
    if not plans:
        return []
    joined: list[Plan] = []
    for plan in _by_first_charge(plans + _pairs(_left(group, plans))):
        for place, earlier in enumerate(joined):
            both = _as_one(group, earlier, plan)
            if both:
                joined[place] = both
                break
        else:
            joined.append(plan)
    return [plan for plan in joined if not plan.is_early]


def _as_one(group: Group, earlier: Plan, later: Plan) -> Plan | None:
    cadence = earlier.rhythm.cadence
    last, first = earlier.charges[-1], later.charges[0]
    if later.rhythm.cadence is not cadence or (earlier.is_early and later.is_early):
        return None
    if not Fraction(6, 10) <= (first.on - last.on).days / cadence.days <= Fraction(24, 10):
        return None
    least, most = (Fraction(8, 10), Fraction(125, 100)) if group.is_opaque else (Fraction(4, 10), Fraction(25, 10))
    if not least <= Fraction(first.cents, last.cents) <= most:
        return None
    charges = earlier.charges + later.charges
    rhythm = _rhythm(group, _days(charges))
    return Plan(charges, rhythm) if rhythm and rhythm.cadence is cadence else None


def _varying_rest(group: Group, left: Sequence[Charge]) -> Plan | None:
    if len(left) < 5 or group.is_opaque:
        return None
    plan = _plan_of_all(group, left)
    if plan and plan.rhythm.cadence in SHORT and not (group.is_inflow and group.purpose is Purpose.INCOME):
        return None
    return plan


def _ranks(group: Group, left: Sequence[Charge]) -> list[Plan]:
    if len(left) < 6 or group.is_opaque or group.is_habit:
        return []
    of_days = [[charge for charge in left if charge.on == day] for day in _days(left)]
    sizes = Counter(len(of_day) for of_day in of_days)
    usual = next(len(of_day) for of_day in of_days if sizes[len(of_day)] == max(sizes.values()))
    full = [of_day for of_day in of_days if len(of_day) == usual]
    if not 2 <= usual <= 4 or len(full) < Fraction(3, 4) * len(of_days):
        return []
    found = []
    for rank in range(usual):
        by_rank = [sorted(of_day, key=lambda charge: (-charge.cents, charge.number))[rank] for of_day in full]
        plan = _plan_of_all(group, by_rank)
        if plan is None:
            return []
        found.append(plan)
    return found


# 6. Pairs


def _pairs(left: Sequence[Charge]) -> list[Plan]:
    found = [_pair(level) for level in _levels(left) if len(level) == 2]
    return [plan for plan in found if plan]


def _pair(two: Sequence[Charge]) -> Plan | None:
    rhythm = pair_rhythm(two[0].on, two[1].on)
    return Plan(tuple(two), rhythm, is_early=True) if rhythm else None


def _pair_plans(group: Group, left: Sequence[Charge]) -> list[Plan]:
    if group.is_opaque:
        return []
    are_people_or_shops = group.is_habit or group.purpose is Purpose.TRANSFER
    pairs = _pairs(left)
    if len(left) == 2 and not are_people_or_shops and is_steady(left[0].cents, left[1].cents):
        pairs = [plan for plan in [_pair(left)] if plan]
    found, others = [], len(left) - 2
    for pair in pairs:
        is_yearly = pair.rhythm.cadence is ANNUALLY and _stands_out(group, pair.rhythm, others, others)
        if is_yearly and not (others and are_people_or_shops):
            found.append(Plan(pair.charges, pair.rhythm))
        elif not others:
            found.append(pair)
    return found
