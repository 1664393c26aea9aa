"""The plans of one group: which of its charges belong together, and at which cadence. Pure.

A group is one person, one counterparty and one direction. Mostly it is one plan or none at all; else it is taken
apart by amounts. In this order, each charge in one plan at most:

1. **The whole plan**: all charges, when at least four in five are on days of their own, the days have a rhythm
   (`rhythm.find_rhythm`), stand out (below), and the amounts of the days on the beat (the largest of a day) agree
   (`amounts`); of habits all charges, on the beat or not, must be near the middle one. What is unknown, or goes to
   people, by the month or longer, must not *wander* where one of the amounts is not steady from the one before: the
   days on the beat are from the middle one, by its place in the period, more than two thirds of the tolerance, and of
   months, by its places in 28 and in 30 days (the first day's in the middle), more than a third, as sums ÷ (days less
   one). It is *no* whole plan when
   one of its exact amounts (three charges or more) has a rhythm of another cadence, and so have all the rest, or it has
   as many bits as the whole: those are two plans side by side, or a plan and a stray; unless it is money in whose
   amounts are all within 1 : 1.5. A last charge going out, of more
   than three times the highest of three or more before, is left out: a yearly price after the monthly ones; then the
   members before it must be a whole plan by themselves. Half months going out that are all of the group, six charges or
   more, each on a day of its own and on the beat, are *two by the month*, if every other charge is such a plan, and so
   are the rest, and the amounts of one are all higher than those of the other, the nearest two not steady.
2. **Exact amounts**: what is left by amounts to the cent, the most frequent first (then the smallest), from three
   charges on, each that has a rhythm and stands out. One without a rhythm, going out and no habit, is sifted
   (`sifting.sift_months`): then its other charges are others.
3. If there was no whole plan, and this is no habit: **near amounts**: what is left in order of amounts, cut where the
   next one is more than 3 % higher; the first run that has at least half of what is left, and four charges, if it has a
   rhythm and stands out, every other charge that is left counted as a rival; and again until there is none.
4. If there was no whole plan: **successive plans** are one whose price has changed: in order of first charges, a plan
   joins the first earlier one of its cadence whose last charge lies 0.6 to 2.4 periods before its first, whose last
   amount is within 0.4 to 2.5 times (opaque: 0.8 to 1.25), and with which it has a rhythm of that cadence. Two charges
   of one amount that are neighbours (`rhythm.pair_rhythm`) may join a plan too, before or after it.
   Where they leave some charges, all are tried by ranks (step 5), which take the place of these plans if they leave
   fewer.
5. If there was no whole plan and there is any plan by now, **the varying rest**: what is left, five charges or more, is
   a plan as in 1, of a month or longer unless it is income; not in an opaque group. If it is none, or there is no plan,
   **ranks**: where on three quarters of the days of what is left, six charges or more, there are equally many charges,
   two to four (the most usual number, of equals the first), the largest of each such day, the next and so on are plans
   as in 1, if all are; not of habits nor in an opaque group.
6. **Pairs**, not in an opaque group: what is left in twos of one amount that are neighbours. Yearly ones are plans if
   they stand out, every charge that is left counted as a rival; where people and shops are paid only if nothing else is
   left. Any other one is an early sign, if nothing else is left. If two charges are left, they need only keep a price,
   but for people and shops.

**A plan stands out** when its bits are at least: 0 alone, 4 beside other charges that no plan has taken; of habits
(shops, cash) 6, or 8 by week or fortnight; and log2(1 + rivals) more, the other amounts that recur among what was left
before step 2 and have not become plans. Of habits half months are not looked for, and they are at most a third of the
tolerance uneven: people wander, machines do not. Three charges with a gap of two
periods never stand out beside others. A counterparty of which nothing is known may be a shop as well: where
an exact amount has twice as many others beside it, and all charges span four months, its bits are those of a habit. So
are those of half months, unless no charge is off (else the other cadences are asked): little is charged so, and what is
topped up when it is used up looks like it.
**Members** are the charges of all days on the beat, and of each other day that lies 0.7 to 1.4 periods after the
distinct day before it, and half a period before the next one on the beat: paid late, if they are no more than three
times the highest, and no less than a third of the lowest, on the beat. Of sifted months, one charge of each day on it.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Collection, Iterable, Sequence

from msgspec import Struct

from spendsense.signals.amounts import (
    BONUS,
    HABITS,
    PEOPLE_AND_SHOPS,
    SHORT_CADENCES,
    Group,
    all_near,
    amounts_agree,
    is_steady,
)
from spendsense.signals.cadence import BEATS, Cadence
from spendsense.signals.places import by_day, distinct_days, levels
from spendsense.signals.rhythm import Rhythm, find_firm_rhythm, pair_rhythm
from spendsense.signals.sifting import sift_months
from spendsense.signals.standing import habit_bits, is_like_a_shop, rhythm_of, stands_out, wanders
from spendsense.store.kinds import Purpose

NEAR_PERCENT = 103  # tax and exchange rates: amounts within 3 % of each other are looked at together
LEAST_OF_TWO = 6  # charges of two plans side by side
RANKS = range(2, 5)  # charges on one day
MUCH_LARGER = 3  # times the highest charge before: another plan
LATE_PERIODS = (0.7, 1.4)  # from the day before, of what was paid late
NEXT_PERIODS = (0.6, 2.4)  # from the last charge of a plan to the first of the one that follows it
NEXT_PRICE, NEXT_PRICE_WITHOUT_NAME = (0.4, 2.5), (0.8, 1.25)  # times the last amount of the plan before


class Plan(Struct, frozen=True, gc=False):
    """Charges that recur: positions in the group, and the rhythm of their `days` (distinct, ascending)."""

    members: list[int]
    days: Sequence[int]
    rhythm: Rhythm
    is_early: bool = False


def find_plans(group: Group) -> list[Plan]:
    """The plans of the group, each charge in one of them at most, by first charge."""
    whole = _whole_plan(group)
    if whole and len(whole.members) == len(group.days):
        return _two_by_the_month(group, whole) or [whole]
    plans = [whole] if whole else []
    plans += _exact_plans(group, _left(group, plans))
    if not whole:
        plans = _ranks_that_hold_more(group, _follow_each_other(group, _with_near_plans(group, plans)))
        varying = _varying_rest(group, _left(group, plans)) if plans else None
        plans += [varying] if varying else _plans_by_rank(group, _left(group, plans))
    plans += _pair_plans(group, _left(group, plans))
    return _by_first_charge(group, plans)


def _by_first_charge(group: Group, plans: Iterable[Plan]) -> list[Plan]:
    return sorted(plans, key=lambda plan: (group.days[plan.members[0]], group.cents[plan.members[0]]))


def _whole_plan(group: Group) -> Plan | None:
    """All charges as one plan: a varying bill, a price that changed, or simply one amount."""
    plan = _plan_of_all(group, range(len(group.days)))
    if plan is None or len(set(group.cents)) == 1:
        return plan
    if _holds_slower_plans(group, plan):
        return None
    before = _before_a_larger_one(group, plan)
    return _plan_of_all(group, before) if before else plan


def _before_a_larger_one(group: Group, plan: Plan) -> list[int]:
    """The members before the last charge, if that is far larger: another plan, monthly, now yearly. Else none."""
    amounts = [group.cents[place] for place in plan.members]
    if group.is_inflow or max(amounts) <= MUCH_LARGER * min(amounts):
        return []
    last_day = group.days[plan.members[-1]]
    before = [place for place in plan.members if group.days[place] < last_day]
    count = len(before)
    return before if count > 2 and max(amounts[count:]) > MUCH_LARGER * max(amounts[:count]) else []


def _plan_of_all(group: Group, places: Sequence[int]) -> Plan | None:
    """The charges at these places as one plan, if their days and amounts allow it."""
    if group.purpose in HABITS and not all_near([group.cents[place] for place in places]):
        return None
    days = distinct_days(group.days, places)
    if 5 * len(days) < 4 * len(places):
        return None
    rhythm = rhythm_of(group, days)
    if rhythm is None or not stands_out(group, days, rhythm, 0, 0):
        return None
    if len(rhythm.on_beat) == len(group.days):
        amounts = group.cents
    elif len(days) == len(places):
        amounts = [group.cents[places[place]] for place in rhythm.on_beat]
    else:
        places_of = by_day(group.days, places)
        amounts = [max([group.cents[one] for one in places_of[place]]) for place in rhythm.on_beat]
    if not amounts_agree(group, rhythm, amounts) or wanders(group, days, rhythm, amounts):
        return None
    return Plan(_with_late_ones(group, places, days, rhythm), days, rhythm)


def _with_late_ones(group: Group, places: Sequence[int], days: Sequence[int], rhythm: Rhythm) -> list[int]:
    """Which of the places, whose distinct `days` these are, have charges on the beat, or such as were paid late."""
    if len(rhythm.on_beat) == len(days):
        return list(places)
    on_beat, places_of = set(rhythm.on_beat), by_day(group.days, places)
    usual = [group.cents[place] for index in rhythm.on_beat for place in places_of[index]]
    least, most = min(usual), MUCH_LARGER * max(usual)
    return [
        place
        for index, of_day in enumerate(places_of)
        for place in of_day
        if index in on_beat
        or (least <= MUCH_LARGER * group.cents[place] and group.cents[place] <= most and _is_late(days, index, rhythm))
    ]


def _is_late(days: Sequence[int], index: int, rhythm: Rhythm) -> bool:
    """About a period after the day before, and far enough from the next day on the beat to be in no one's place."""
    period = BEATS[rhythm.cadence].days
    least, most = LATE_PERIODS
    if index == 0 or not least * period <= days[index] - days[index - 1] <= most * period:
        return False
    following = bisect_left(rhythm.on_beat, index)
    return following == len(rhythm.on_beat) or 2 * (days[rhythm.on_beat[following]] - days[index]) >= period


def _holds_slower_plans(group: Group, whole: Plan) -> bool:
    """One of its amounts keeps another beat that says as much, or the rest do too: together they only look faster.

    Pay may alternate between two amounts that are near each other: deductions.
    """
    for level in levels(group, range(len(group.days)), least=3):
        if len(level) == len(group.days):
            break
        of_level = set(level)
        rest = [place for place in range(len(group.days)) if place not in of_level]
        amounts = [group.cents[place] for place in rest]
        price = group.cents[level[0]]
        if group.is_inflow and max(*amounts, price) <= BONUS * min(*amounts, price):
            continue
        rhythm = _other_beat(group, level, whole)
        if rhythm and (rhythm.bits >= whole.rhythm.bits or _other_beat(group, rest, whole)):
            return True
    return False


def _other_beat(group: Group, places: Sequence[int], whole: Plan) -> Rhythm | None:
    rhythm = rhythm_of(group, distinct_days(group.days, places))
    return rhythm if rhythm and rhythm.cadence is not whole.rhythm.cadence else None


def _left(group: Group, plans: Collection[Plan]) -> list[int]:
    """The places that no plan has taken."""
    if not plans:
        return list(range(len(group.days)))
    taken = {place for plan in plans for place in plan.members}
    return [place for place in range(len(group.days)) if place not in taken]


def _exact_plans(group: Group, places: Sequence[int]) -> list[Plan]:
    found = []
    of_amount = levels(group, places)
    others, rivals = len(places), len(of_amount) - 1
    for level in of_amount:
        if len(level) < 3:
            break
        plan = _level_plan(group, level, others - len(level), rivals)
        if plan:
            found.append(plan)
            others -= len(plan.members)
            rivals -= 1
    return found


def _level_plan(group: Group, places: list[int], others: int, rivals: int) -> Plan | None:
    """The charges of one amount as a plan, if they stand out among the others. Where most of them keep a beat, all may
    be in it; else those that come once a month."""
    days = distinct_days(group.days, places)
    is_habit = group.purpose in HABITS
    rhythm = find_firm_rhythm(days, habit_bits(rivals)) if is_habit else rhythm_of(group, days)
    if rhythm:
        members = _with_late_ones(group, places, days, rhythm)
    elif not is_habit and not group.is_inflow and (rhythm := sift_months(days)):
        places_of = by_day(group.days, places)
        members = [places_of[place][0] for place in rhythm.on_beat]
        others += len(places) - len(members)
    if rhythm is None or not stands_out(group, days, rhythm, others, rivals):
        return None
    if is_like_a_shop(group, len(days), others) and rhythm.bits < habit_bits(rivals)[rhythm.cadence]:
        return None
    return Plan(members, days, rhythm)


def _two_by_the_month(group: Group, whole: Plan) -> list[Plan]:
    """Half months that are two bills of one counterparty: the amounts of one are apart from those of the other. Pay is
    one."""
    count = len(whole.days)
    if group.is_inflow or whole.rhythm.cadence is not Cadence.SEMI_MONTHLY:
        return []
    if count < LEAST_OF_TWO or not len(whole.members) == len(whole.rhythm.on_beat) == count:
        return []
    halves = whole.members[::2], whole.members[1::2]
    lower, higher = sorted([[group.cents[place] for place in half] for half in halves], key=min)
    if max(lower) >= min(higher) or is_steady(max(lower), min(higher)):
        return []
    plans = [plan for half in halves if (plan := _plan_of_all(group, half))]
    return plans if [plan.rhythm.cadence for plan in plans] == [Cadence.MONTHLY] * 2 else []


def _with_near_plans(group: Group, plans: Sequence[Plan]) -> list[Plan]:
    """These plans and those of amounts near each other, one after the other."""
    found = list(plans)
    if group.purpose in HABITS:
        return found
    while near := _near_plan(group, _left(group, found)):
        found.append(near)
    return found


def _near_plan(group: Group, places: Sequence[int]) -> Plan | None:
    """At least four amounts, each within 3 % of the next one, that are half of what is left: tax and exchange rates."""
    run: list[int] = []
    for place in sorted(places, key=lambda place: group.cents[place]):
        if run and group.cents[place] * 100 > group.cents[run[-1]] * NEAR_PERCENT:
            if 2 * len(run) >= len(places):
                break
            run = []
        run.append(place)
    if len(run) < 4 or 2 * len(run) < len(places):
        return None
    run.sort()
    days = distinct_days(group.days, run)
    rhythm = rhythm_of(group, days)
    others = len(places) - len(run)
    if rhythm is None or not stands_out(group, days, rhythm, others, others):
        return None
    return Plan(_with_late_ones(group, run, days, rhythm), days, rhythm)


def _follow_each_other(group: Group, plans: Sequence[Plan]) -> list[Plan]:
    """Joins plans of which one begins when the other has ended: the price has changed. Two charges of one price are
    enough for that, before or after."""
    if not plans:
        return []
    joined: list[Plan] = []
    for plan in _by_first_charge(group, [*plans, *_pairs(group, _left(group, plans))]):
        for number, earlier in enumerate(joined):
            if both := _joined(group, earlier, plan):
                joined[number] = both
                break
        else:
            joined.append(plan)
    return [plan for plan in joined if not plan.is_early]


def _pairs(group: Group, left: Sequence[int]) -> list[Plan]:
    """Two charges of one amount a period apart."""
    return [plan for level in levels(group, left) if len(level) == 2 and (plan := _pair(group, level))]


def _pair(group: Group, places: list[int]) -> Plan | None:
    days = [group.days[place] for place in places]
    rhythm = pair_rhythm(days[0], days[1])
    return Plan(places, days, rhythm, is_early=True) if rhythm else None


def _joined(group: Group, earlier: Plan, later: Plan) -> Plan | None:
    """The two as one plan, when they keep one beat, one or two periods lie between them, and the price is alike."""
    cadence = earlier.rhythm.cadence
    gap = group.days[later.members[0]] - group.days[earlier.members[-1]]
    nearest, farthest = NEXT_PERIODS
    if cadence is not later.rhythm.cadence or not nearest <= gap / BEATS[cadence].days <= farthest:
        return None
    least, most = NEXT_PRICE_WITHOUT_NAME if group.is_opaque else NEXT_PRICE
    ratio = group.cents[later.members[0]] / group.cents[earlier.members[-1]]
    if not least <= ratio <= most or (earlier.is_early and later.is_early):
        return None
    members = earlier.members + later.members
    days = distinct_days(group.days, members)
    rhythm = rhythm_of(group, days)
    return Plan(members, days, rhythm) if rhythm and rhythm.cadence is cadence else None


def _varying_rest(group: Group, places: Sequence[int]) -> Plan | None:
    """A bill that varies, beside a fixed plan of the same counterparty; or pay, whose fixed part is paid apart."""
    if len(places) < 5 or group.is_opaque:
        return None
    plan = _plan_of_all(group, places)
    is_pay = group.is_inflow and group.purpose is Purpose.INCOME
    return plan if plan and (is_pay or plan.rhythm.cadence not in SHORT_CADENCES) else None


def _ranks_that_hold_more(group: Group, plans: list[Plan]) -> list[Plan]:
    """All charges by rank instead, where they leave out fewer than these plans: two telephones whose bills vary, but
    mostly are the basic price."""
    left = _left(group, plans)
    ranks = _plans_by_rank(group, range(len(group.days))) if plans and left else []
    return ranks if ranks and len(_left(group, ranks)) < len(left) else plans


def _plans_by_rank(group: Group, left: Sequence[int]) -> list[Plan]:
    """Several bills on each day, or the pay of two: the largest of each day, the next, and so on, if all are plans."""
    if group.is_opaque or group.purpose in HABITS or len(left) < LEAST_OF_TWO:
        return []
    days = by_day(group.days, left)
    usual = Counter(map(len, days)).most_common(1)[0][0]
    full = [sorted(of_day, key=lambda place: -group.cents[place]) for of_day in days if len(of_day) == usual]
    if usual not in RANKS or 4 * len(full) < 3 * len(days):
        return []
    plans = [_plan_of_all(group, [of_day[rank] for of_day in full]) for rank in range(usual)]
    return [plan for plan in plans if plan] if all(plans) else []


def _pair_plans(group: Group, left: Sequence[int]) -> list[Plan]:
    """Two charges of one price that no other plan explains: a yearly plan, or perhaps the beginning of another.

    A shop with purchases of every size has such pairs by chance: for a beginning, nothing else may be left.
    """
    if group.is_opaque:
        return []
    are_people_or_shops = group.purpose in PEOPLE_AND_SHOPS
    if len(left) < 2 or (len(left) > 2 and are_people_or_shops):
        return []
    if len(left) == 2 and not are_people_or_shops and is_steady(*(group.cents[place] for place in left)):
        pairs = [plan for plan in [_pair(group, list(left))] if plan]
    else:
        pairs = _pairs(group, left)
    others = len(left) - 2
    found = []
    for pair in pairs:
        is_yearly = pair.rhythm.cadence is Cadence.ANNUALLY and stands_out(
            group, pair.days, pair.rhythm, others, others
        )
        if is_yearly:
            found.append(Plan(pair.members, pair.days, pair.rhythm))
        elif not others:
            found.append(pair)
    return found
