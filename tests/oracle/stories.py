"""Charges of one counterparty, by day and positive cents, that stand on every edge which the rules of streams have."""

import calendar
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from random import Random

from tests.oracle.beats import (
    ANNUALLY,
    BIWEEKLY,
    CADENCES,
    MONTHLY,
    QUARTERLY,
    SEMI_MONTHLY,
    WEEKLY,
    Cadence,
    add_months,
)

Charges = list[tuple[date, int]]
BASES = (99, 333, 999, 1_000, 1_001, 1_599, 5_000, 120_000)
MONTH_DAYS = (1, 2, 12, 15, 25, 27, 28, 29, 30, 31)


def charges(random: Random, last_day: date) -> Charges:
    """A counterparty's charges, ascending by day, none after `last_day`."""
    found = random.choices(STORIES, weights=[weight for _, weight in WEIGHTED])[0](random, last_day)
    if found and random.random() < 0.04:
        found.append(random.choice(found))  # charged twice
    return sorted(one for one in found if one[0] <= last_day)


def one_plan(random: Random, last_day: date) -> Charges:
    """One plan and nothing else."""
    days = plan_days(random, last_day)
    return priced(random, days)


def two_plans(random: Random, last_day: date) -> Charges:
    """Two plans at once: the same days or others, the same cadence or another, like amounts or unlike."""
    days = plan_days(random, last_day)
    base = random.choice(BASES)
    other = random.choice((base + 1, base + 51, base * 2, base * 3 + 1, base * 5 // 4))
    more = random.choice((days, [day + timedelta(days=random.choice((0, 1, 5, 14))) for day in days], None))
    more = plan_days(random, last_day) if more is None else more[random.choice((0, 0, 1, 3)) :]
    return [(day, base) for day in days] + [(day, other) for day in more]


def successive_plans(random: Random, last_day: date) -> Charges:
    """Prices that follow each other, perhaps among other charges; a pair at the end or the beginning."""
    days = plan_days(random, last_day)
    cut = random.choice((1, 2, 2, 3, len(days) - 2, len(days) // 2))
    base = random.choice(BASES)
    factor = random.choice((40, 39, 80, 79, 125, 126, 250, 251, 150))
    gap = timedelta(days=random.choice((0, 0, 0, 7, 14, 30, 45)))
    found = [(day - gap, base) for day in days[:cut]] + [(day, base * factor // 100) for day in days[cut:]]
    return found + random.choice(([], noise(random, last_day, random.randint(1, 6))))


def among_noise(random: Random, last_day: date) -> Charges:
    """A plan among purchases, which often have round or equal amounts."""
    days = plan_days(random, last_day)
    return priced(random, days) + noise(random, last_day, random.choice((1, 1, 2, 3, 5, 10, 30)))


def noise(random: Random, last_day: date, count: int) -> Charges:
    """Purchases on any day of up to two years."""
    menu = random.choice(((500, 1_000, 2_000), (999, 1_000, 1_001), (350, 420, 1_599), BASES))
    length = random.choice((60, 200, 400, 760))
    is_any = random.random() < 0.4
    return [
        (
            last_day - timedelta(days=random.randrange(length)),
            random.randint(100, 9_999) if is_any else random.choice(menu),
        )
        for _ in range(count)
    ]


def only_noise(random: Random, last_day: date) -> Charges:
    """No plan at all."""
    return noise(random, last_day, random.randint(1, 25))


def pairs(random: Random, last_day: date) -> Charges:
    """Twos of one amount at the bounds of each cadence, alone or beside others."""
    found: Charges = []
    for _ in range(random.choice((1, 1, 1, 2, 3))):
        gap = random.choice(
            (5, 6, 8, 9, 11, 12, 16, 17, 26, 27, 28, 30, 33, 34, 83, 84, 99, 100, 350, 351, 365, 380, 381)
        )
        first, cents = last_day - timedelta(days=gap + random.choice((0, 0, 10, 100))), random.choice(BASES)
        found += [(first, cents), (first + timedelta(days=gap), random.choice((cents, cents, rise(random, cents))))]
    return found + random.choice(([], [], noise(random, last_day, random.randint(1, 3))))


def half_months(random: Random, last_day: date) -> Charges:
    """Fortnights and half months, which look alike: both ways of telling them must agree."""
    count, jitter = random.randint(3, 26), random.choice((0, 0, 1, 2, 3))
    if random.random() < 0.3:
        days = [last_day - timedelta(days=14 * number) for number in range(count)]
    else:
        anchors = random.choice(((1, 15), (5, 20), (10, 25), (15, 31), (2, 16), (14, 28), (7, 16), (1, 22), (13, 27)))
        days = [add_months(last_day, -number, anchor) for number in range(count // 2 + 1) for anchor in anchors]
    return priced(random, disturbed(random, shaken(random, sorted(days), jitter), SEMI_MONTHLY))


def crowd(random: Random, last_day: date) -> Charges:
    """A huge group: a hundred rows and more, with or without plans in it."""
    found = noise(random, last_day, random.randint(60, 140))
    for _ in range(random.randint(0, 3)):
        found += priced(random, plan_days(random, last_day))
    return found


def standing_order(random: Random, last_day: date) -> Charges:
    """Once a month the same sum on one day, and that sum on other days too."""
    cents, anchor = random.choice(BASES), random.choice(MONTH_DAYS)
    days = [add_months(last_day, -number, anchor) for number in range(random.randint(3, 15))]
    days = shaken(random, sorted(days), random.choice((0, 0, 1, 3)))
    others = [last_day - timedelta(days=random.randrange(400)) for _ in range(random.randint(1, 14))]
    return [(day, cents) for day in days + others] + random.choice(([], noise(random, last_day, 4)))


def near_amounts(random: Random, last_day: date) -> Charges:
    """Taxes and exchange rates: amounts at 3 % from each other and one cent over, half of all or one less."""
    days = plan_days(random, last_day)
    base = random.choice((1_000, 10_000))
    found = [(day, base + random.choice((0, base * 3 // 100, base * 3 // 100 + 1, base // 50, 7))) for day in days]
    others = noise(random, last_day, max(0, len(days) + random.choice((-2, -1, 0, 1))))
    return found + random.choice(([], others))


def two_beats(random: Random, last_day: date) -> Charges:
    """Two slow plans side by side look like one that is faster."""
    cadence = random.choice((MONTHLY, QUARTERLY, BIWEEKLY))
    one = beat_days(random, last_day, cadence, random.randint(3, 9))
    apart = timedelta(days=int(cadence.days) // 2 + random.randint(-2, 2))
    low = random.choice(BASES)
    high = random.choice((low * 3 // 2, low * 3 // 2 + 1, low * 2, low + 10))
    return [(day, low) for day in one] + [(day - apart, high) for day in one]


def plan_days(random: Random, last_day: date) -> list[date]:
    """Days at some cadence, the last one up to a few periods back; ascending, three or more as a rule."""
    cadence = random.choices(CADENCES, weights=(3, 3, 2, 6, 2, 2))[0]
    most = {WEEKLY: 30, BIWEEKLY: 20, SEMI_MONTHLY: 20, MONTHLY: 15, QUARTERLY: 9, ANNUALLY: 4}[cadence]
    count = random.randint(2, 5) if random.random() < 0.5 else random.randint(2, most)
    if cadence is WEEKLY and random.random() < 0.02:
        count = random.randint(100, 120)
    days = beat_days(random, last_day, cadence, min(count, most if count < 100 else count))
    return disturbed(random, days, cadence)


def beat_days(random: Random, last_day: date, cadence: Cadence, count: int) -> list[date]:
    """So many days on the beat, or a day beside it."""
    period = int(cadence.days)
    tolerance = cadence.tolerance
    back = random.choice(
        (0, 0, 1, tolerance, tolerance + 1, period, 2 * period + tolerance + random.choice((0, 1)), 20)
    )
    end = last_day - timedelta(days=back)
    jitter = random.choice((0, 0, 0, 0, 1, tolerance, tolerance + 1))
    if not cadence.months or random.random() < 0.15:
        step = random.choice((period, period, {MONTHLY: 28, QUARTERLY: 84, ANNUALLY: 364}.get(cadence, period)))
        if cadence.months and random.random() < 0.5:
            step = {MONTHLY: 30, QUARTERLY: 90, ANNUALLY: 360}.get(cadence, 15)
        if random.random() < 0.3:  # each from the one before it
            days = [end]
            for _ in range(count - 1):
                days.append(days[-1] - timedelta(days=step + random.randint(-jitter, jitter)))
            return sorted(days)
        return shaken(random, [end - timedelta(days=step * number) for number in reversed(range(count))], jitter)
    if cadence is SEMI_MONTHLY:
        anchors = random.choice(((1, 15), (15, 31), (5, 20), (10, 25)))
        days = sorted(add_months(end, -number, anchor) for number in range(count // 2 + 1) for anchor in anchors)
        days = days[random.randint(0, 1) : count + 1]
    else:
        anchor = random.choice(MONTH_DAYS)
        days = [add_months(end, -number * cadence.months, anchor) for number in reversed(range(count))]
    return random.choice((shaken, shaken, shaken, _on_business_days, _at_month_ends))(random, days, jitter)


def shaken(random: Random, days: Sequence[date], jitter: int) -> list[date]:
    """Each day off by up to so many."""
    return sorted(day + timedelta(days=random.randint(-jitter, jitter)) for day in days)


def _on_business_days(random: Random, days: Sequence[date], _: int) -> list[date]:
    forward = random.choice((1, -1))
    found = []
    for day in days:
        moved = day
        while moved.weekday() >= 5:
            moved += timedelta(days=forward)
        found.append(moved)
    return sorted(found)


def _at_month_ends(random: Random, days: Sequence[date], _: int) -> list[date]:
    """The first or the last business day of the month, or some days before its end."""
    rule = random.choice(("first", "last", random.randint(0, 8)))
    found = []
    for day in days:
        last = calendar.monthrange(day.year, day.month)[1]
        moved = day.replace(day=1 if rule == "first" else last - (rule if isinstance(rule, int) else 0))
        while isinstance(rule, str) and moved.weekday() >= 5:
            moved += timedelta(days=1 if rule == "first" else -1)
        found.append(moved)
    return sorted(found)


def disturbed(random: Random, days: list[date], cadence: Cadence) -> list[date]:
    """Charges missed, late, too many, doubled; a beat that moves; a pause."""
    days = list(days)
    for _ in range(random.choice((0, 0, 0, 1, 1, 2))):
        if len(days) < 3:
            break
        place = random.randrange(len(days))
        match random.randrange(7):
            case 0:
                del days[place]
            case 1:
                del days[place : place + random.randint(1, 3)]
            case 2:
                days[place] += timedelta(
                    days=random.choice((cadence.tolerance + 1, 4, 5, 6, 9, int(cadence.days) // 3))
                )
            case 3:
                days.append(days[place] + timedelta(days=random.randint(1, max(int(cadence.days) - 1, 2))))
            case 4:
                moved = timedelta(days=random.choice((2, 4, 5, 10, -4, -7)))
                days = days[:place] + [day + moved for day in days[place:]]
            case 5:
                pause = timedelta(days=round(random.choice((1, 2, 3)) * float(cadence.days)))
                days = [day - pause for day in days[:place]] + days[place:]
            case _:
                days.append(days[place])
        days.sort()
    return days


def priced(random: Random, days: Sequence[date]) -> Charges:
    """The days with amounts: fixed, rising, varying, alternating."""
    base = random.choice(BASES)
    count = len(days)
    match random.randrange(14):
        case 0 | 1 | 2 | 3:
            amounts = [base] * count
        case 4 | 5:
            amounts, cents = [], base
            for _ in range(count):
                cents = rise(random, cents) if random.random() < 0.2 else cents
                amounts.append(cents)
        case 6:  # an intro price
            cut = random.randint(1, 3)
            amounts = [random.choice((base // 3, base // 2, 1))] * cut + [base] * max(count - cut, 0)
        case 7:  # spread at 1 : 4 or 1 : 10 and a cent over
            most = base * random.choice((4, 10))
            amounts = [random.choice((base, most, most + 1, base * 2)) for _ in range(count)]
            amounts = amounts if random.random() < 0.5 else [random.randint(base, most) for _ in range(count)]
        case 8:  # a last one of more than three times
            amounts = [base] * max(count - 1, 0) + [base * 3 + random.choice((0, 1))]
        case 9:
            amounts = [random.choice((base, rise(random, base))) for _ in range(count)]
        case 10:
            other = rise(random, base)
            amounts = [base if number % 2 else other for number in range(count)]
        case 11:
            amounts = [base + random.randint(-base // 40, base // 40) for _ in range(count)]
        case 12:  # a bonus or a short month at the end
            amounts = [base] * max(count - 1, 0) + [random.choice((base * 3 // 2, base * 3 // 2 + 1, base // 2))]
        case _:
            amounts = [random.randint(base, base * 3) for _ in range(count)]
    return [(day, max(cents, 1)) for day, cents in zip(days, amounts, strict=False)]


def rise(random: Random, cents: int) -> int:
    """Another price: at the bounds of what is still the same, or far off."""
    return cents + random.choice(
        (
            cents // 20,
            cents // 20 + 1,
            50,
            51,
            -50,
            -51,
            -(cents // 20),
            -(cents // 20) - 1,
            1,
            cents // 2,
            cents,
            cents // 30,
        )
    )


WEIGHTED: tuple[tuple[Callable[[Random, date], Charges], int], ...] = (
    (one_plan, 30),
    (two_plans, 10),
    (successive_plans, 10),
    (among_noise, 10),
    (only_noise, 5),
    (pairs, 12),
    (half_months, 8),
    (crowd, 1),
    (standing_order, 5),
    (near_amounts, 4),
    (two_beats, 6),
)
STORIES = tuple(story for story, _ in WEIGHTED)
