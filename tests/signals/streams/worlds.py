"""People who do not exist, with all that is known of their streams: what is found can be scored.

Each has pays, bills and subscriptions whose charges wander as real ones do (weekends, holidays, late and missed ones, a
moved charge day, a new price, a pause, the end), and between them the noise of a life: shops with round prices, coffee,
lunch at one price, cash, friends, and a bank that writes TRANSFER on whatever it likes.
"""

import calendar
import random
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal

from tests.signals.streams.finding import Row, Stream, streams_on

AS_OF = date(2026, 11, 27)
LEAST_CHARGES = {"ANNUALLY": 2}  # that make a stream MATURE (spec); 3 at every other cadence
DAY = timedelta(1)


@dataclass(slots=True)
class World:
    """The rows of one person, and the cadence of each true stream that goes on (`None`: it has ended)."""

    rows: list[Row] = field(default_factory=list)
    truths: dict[str, str | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Score:
    """Of the active MATURE streams: `right` of the `found` ones are true, of the `true` ones `hit` were found."""

    found: int = 0
    right: int = 0
    true: int = 0
    hit: int = 0
    cadence_right: int = 0

    def __add__(self, other: "Score") -> "Score":
        return Score(
            self.found + other.found,
            self.right + other.right,
            self.true + other.true,
            self.hit + other.hit,
            self.cadence_right + other.cadence_right,
        )

    @property
    def precision(self) -> float:
        """Share of what was found that is true."""
        return self.right / self.found

    @property
    def recall(self) -> float:
        """Share of what is true that was found."""
        return self.hit / self.true

    @property
    def cadence(self) -> float:
        """Share of what was found and true whose cadence is right."""
        return self.cadence_right / max(self.hit, 1)


def score(seeds: Iterable[int], history_days: int) -> Score:
    """The sum over one person a seed."""
    total = Score()
    for seed in seeds:
        world = make_world(seed, history_days)
        total += judge(world, streams_on(AS_OF, world.rows))
    return total


def judge(world: World, streams: Sequence[Stream]) -> Score:
    """A stream is true when at least half of its charges are of one true stream that goes on, found only once.

    One that is found before three charges of it are there (two of a yearly one), or as one of two halves, is wrong.
    """
    due = {name for name, cadence in world.truths.items() if cadence and _charges(world, name) >= _least(cadence)}
    hit: dict[str, Stream] = {}
    right = found = 0
    for stream in streams:
        if not stream.is_mature:
            continue
        found += 1
        name = truth_of(stream)
        if name in due and name not in hit:
            hit[name] = stream
            right += 1
    cadence_right = sum(stream.cadence == world.truths[name] for name, stream in hit.items())
    return Score(found, right, len(due), len(hit), cadence_right)


def truth_of(stream: Stream) -> str | None:
    """The true stream of which at least half of the charges are."""
    counts: dict[str | None, int] = defaultdict(int)
    for row in stream.rows:
        counts[row.truth] += 1
    name = max(counts, key=lambda one: (counts[one], one or ""))
    return name if name and 2 * counts[name] >= len(stream.rows) else None


def _charges(world: World, name: str) -> int:
    return len({row.on for row in world.rows if row.truth == name})


def _least(cadence: str) -> int:
    return LEAST_CHARGES.get(cadence, 3)


# --- The days on which charges fall due ---

Days = Callable[[date, date], Iterator[date]]
"""First and last day → the nominal days between, both included."""


def every(step: int, phase: int) -> Days:
    """Every so many days."""

    def days(first: date, last: date) -> Iterator[date]:
        day = first + DAY * (phase % step)
        while day <= last:
            yield day
            day += DAY * step

    return days


def monthly(day_of_month: int, step: int = 1, phase: int = 0) -> Days:
    """A day of each month, or of each third or twelfth; its last where the month has no such day."""

    def days(first: date, last: date) -> Iterator[date]:
        for number in range(first.year * 12 + first.month - 1, last.year * 12 + last.month):
            if (number - phase) % step == 0:
                year, month = divmod(number, 12)
                day = date(year, month + 1, min(day_of_month, calendar.monthrange(year, month + 1)[1]))
                if first <= day <= last:
                    yield day

    return days


def twice_a_month(one: int, other: int) -> Days:
    """Two days of each month."""

    def days(first: date, last: date) -> Iterator[date]:
        yield from sorted([*monthly(one)(first, last), *monthly(other)(first, last)])

    return days


# --- How the real day differs from the nominal one ---

Shift = Callable[[date, random.Random], date]


def on_the_day(day: date, _: random.Random) -> date:
    """Charged on weekends too."""
    return day


def before_weekends(day: date, _: random.Random) -> date:
    """Pay."""
    return day - DAY * max(day.weekday() - 4, 0)


def after_weekends(day: date, _: random.Random) -> date:
    """Direct debits."""
    return day + DAY * ((7 - day.weekday()) if day.weekday() > 4 else 0)


def posts_later(day: date, chance: random.Random) -> date:
    """A card charge that posts up to two days later."""
    return day + DAY * chance.choice((0, 0, 0, 1, 1, 2))


def wanders(day: date, chance: random.Random) -> date:
    """Paid by hand or by cheque, within two days of the day."""
    return day + DAY * chance.choice((-2, -1, 0, 0, 0, 1, 2))


def holidays(day: date, chance: random.Random) -> date:
    """A day early where a holiday is."""
    return day - DAY * (chance.random() < 0.06)


# --- Streams ---


@dataclass(frozen=True, slots=True)
class Shape:
    """What a true stream looks like."""

    name: str
    cadence: str
    days: Days
    shift: Shift
    cents: int
    category: str | None
    spread: float = 0.0  # the amount varies by as much, up and down
    misses: float = 0.02  # chance of each charge not to be there
    lates: float = 0.02  # chance of each charge to be 4 to 8 days late
    rises: float = 0.15  # chance a year of a new price
    moves: float = 0.05  # chance a year of another charge day
    pauses: float = 0.05  # chance a year of two or three periods without a charge
    ends: float = 0.12  # chance to have ended within the history
    bonus: float = 0.0  # chance of each charge to be 1.5 to 3 times as high


PERIOD_DAYS = {"WEEKLY": 7, "BIWEEKLY": 14, "SEMI_MONTHLY": 15, "MONTHLY": 30, "QUARTERLY": 91, "ANNUALLY": 365}


def _add_stream(world: World, shape: Shape, chance: random.Random, first: date) -> None:
    """Its charges from a random beginning (mostly before the history) to now or its end."""
    span = (AS_OF - first).days
    period = PERIOD_DAYS[shape.cadence]
    begins = first if chance.random() < 0.75 else first + DAY * chance.randrange(span)
    has_ended = chance.random() < shape.ends
    # What has just ended can't be told from what goes on: it has ended for long enough that its status must say so.
    ends = AS_OF - DAY * (chance.randrange(span) + 3 * period) if has_ended else AS_OF
    truth = f"{shape.name} {shape.cadence} {len(world.truths)}"
    world.truths[truth] = None if has_ended else shape.cadence
    years = span / 365
    moved_on, moved_by = _once(chance, shape.moves * years, first, span), chance.choice((-9, -6, 6, 9, 12))
    paused_on = _once(chance, shape.pauses * years, first, span)
    price, sign = shape.cents, -1 if (shape.category or "").startswith("INCOME") or shape.cents < 0 else 1
    price = abs(price)
    for nominal in shape.days(begins - DAY * 40, ends):
        if chance.random() < shape.rises * period / 365:
            price = round(price * chance.choice((1.06, 1.1, 1.15, 1.25, 1.4)))
        if paused_on and paused_on <= nominal <= paused_on + DAY * period * 2.5 and nominal < AS_OF - DAY * period * 3:
            continue
        day = shape.shift(nominal, chance)
        if moved_on and nominal >= moved_on and shape.cadence in ("MONTHLY", "QUARTERLY"):
            day += DAY * moved_by
        if chance.random() < shape.misses:
            continue
        if chance.random() < shape.lates:
            day += DAY * chance.randint(4, 8)
        cents = round(price * chance.uniform(1 - shape.spread, 1 + shape.spread)) if shape.spread else price
        if chance.random() < shape.bonus:
            cents = round(cents * chance.uniform(1.5, 3))
        if begins <= day <= ends:
            world.rows.append(Row(day, _money(sign * cents), shape.name, shape.category, truth=truth))


def _once(chance: random.Random, probability: float, first: date, span: int) -> date | None:
    return first + DAY * chance.randrange(span) if chance.random() < probability else None


def _money(cents: int) -> Decimal:
    return Decimal(cents).scaleb(-2)


def _weekday(chance: random.Random, first: date, weekday: int | None = None) -> int:
    wanted = chance.randrange(7) if weekday is None else weekday
    return (wanted - first.weekday()) % 7


SUBSCRIPTION_PRICES = (299, 499, 699, 799, 999, 1099, 1299, 1499, 1549, 1799, 1999, 2499, 2999, 3999)
SUBSCRIPTION_CATEGORIES = (
    "ENTERTAINMENT_TV_AND_MOVIES",
    "ENTERTAINMENT_MUSIC_AND_AUDIO",
    "PERSONAL_CARE_GYMS_AND_FITNESS_CENTERS",
    "GENERAL_SERVICES_OTHER_GENERAL_SERVICES",
    "GENERAL_MERCHANDISE_ONLINE_MARKETPLACES",
)


def _subscriptions(chance: random.Random, first: date) -> Iterator[Shape]:
    for number in range(chance.randint(2, 5)):
        day = chance.randint(1, 31)
        days = every(30, chance.randrange(30)) if chance.random() < 0.1 else monthly(day)
        shift = chance.choice((on_the_day, on_the_day, on_the_day, posts_later, after_weekends))
        spread = chance.choice((0, 0, 0, 0, 0, 0, 0, 0.02))
        yield Shape(
            f"Flixara {'abcde'[number]}",
            "MONTHLY",
            days,
            shift,
            chance.choice(SUBSCRIPTION_PRICES),
            chance.choice(SUBSCRIPTION_CATEGORIES),
            spread,
        )
    if chance.random() < 0.2:
        yield Shape(
            "Veg Crate", "WEEKLY", every(7, _weekday(chance, first)), on_the_day, 1850, "FOOD_AND_DRINK_GROCERIES"
        )
    if chance.random() < 0.1:
        yield Shape(
            "Windowglow", "BIWEEKLY", every(14, chance.randrange(14)), on_the_day, 4500, "HOME_IMPROVEMENT_OTHER"
        )
    if chance.random() < 0.15:
        days = monthly(chance.randint(1, 28), 3, chance.randrange(3))
        yield Shape("Razorpost", "QUARTERLY", days, posts_later, 3600, "PERSONAL_CARE_OTHER_PERSONAL_CARE")
    for number in range(chance.randint(0, 2)):
        days = monthly(chance.randint(1, 31), 12, chance.randrange(12))
        category = "GENERAL_SERVICES_OTHER_GENERAL_SERVICES"
        yield Shape(f"Domainia {'abc'[number]}", "ANNUALLY", days, posts_later, 1299 + 2000 * number, category, lates=0)


def _bills(chance: random.Random) -> Iterator[Shape]:
    rent_day = chance.choice((1, 1, 1, 3, 31))
    yield Shape("Elm Street Rent", "MONTHLY", monthly(rent_day), wanders, 145000, "RENT_AND_UTILITIES_RENT", rises=0.3)
    for name, category, spread in (
        ("Northern Electric", "RENT_AND_UTILITIES_GAS_AND_ELECTRICITY", 0.4),
        ("City Water", "RENT_AND_UTILITIES_WATER", 0.2),
        ("Talkmobile", "RENT_AND_UTILITIES_TELEPHONE", 0.05),
        ("Fibrenet", "RENT_AND_UTILITIES_INTERNET_AND_CABLE", 0.0),
    ):
        if chance.random() < 0.7:
            shift = chance.choice((after_weekends, posts_later, wanders))
            step = 3 if name == "City Water" else 1
            days = monthly(chance.randint(1, 31), step, chance.randrange(step))
            cadence = "QUARTERLY" if step == 3 else "MONTHLY"
            yield Shape(name, cadence, days, shift, chance.randint(3000, 14000), category, spread)
    if chance.random() < 0.5:
        category = "LOAN_PAYMENTS_CAR_PAYMENT"
        yield Shape("Autocredit", "MONTHLY", monthly(chance.randint(1, 28)), after_weekends, 31245, category, rises=0)
    if chance.random() < 0.5:
        category = "GENERAL_SERVICES_INSURANCE"
        yield Shape("Surely Insurance", "MONTHLY", monthly(chance.randint(1, 31)), after_weekends, 8810, category)
    if chance.random() < 0.3:
        category = "TRANSFER_OUT_SAVINGS"
        yield Shape("Nest Savings", "MONTHLY", monthly(chance.randint(1, 31)), on_the_day, 20000, category)


def _pays(chance: random.Random, first: date) -> Iterator[Shape]:
    wages = "INCOME_WAGES"
    for name in ("Acme Payroll", "Borealis Salary")[: chance.choice((1, 1, 1, 2))]:
        cents = chance.randint(60000, 320000)
        spread = chance.choice((0.0, 0.0, 0.01, 0.1))
        style = chance.randrange(6)
        if style == 0:
            yield Shape(
                name, "WEEKLY", every(7, _weekday(chance, first, 4)), holidays, cents // 4, wages, max(spread, 0.15)
            )
        elif style in (1, 2):
            phase = _weekday(chance, first, 4) + 7 * chance.randrange(2)
            yield Shape(name, "BIWEEKLY", every(14, phase), holidays, cents // 2, wages, spread, bonus=0.02)
        elif style == 3:
            days = twice_a_month(*chance.choice(((1, 15), (15, 31), (10, 25), (5, 20))))
            yield Shape(name, "SEMI_MONTHLY", days, before_weekends, cents // 2, wages, spread, moves=0)
        else:
            days = monthly(chance.choice((25, 28, 31, 1, 15)))
            yield Shape(name, "MONTHLY", days, before_weekends, cents, wages, spread, bonus=0.03, misses=0.005)
    if chance.random() < 0.2:
        yield Shape("Quickride Payout", "WEEKLY", every(7, _weekday(chance, first, 1)), on_the_day, 22000, wages, 0.45)
    if chance.random() < 0.15:
        category = "INCOME_RETIREMENT_PENSION"
        yield Shape("State Pension", "MONTHLY", monthly(3), before_weekends, 112000, category, rises=0.5, lates=0)


def _two_plans(chance: random.Random) -> Iterator[Shape]:
    """Two subscriptions at one merchant, on two days or on one; or a monthly and a yearly one."""
    category = "ENTERTAINMENT_TV_AND_MOVIES"
    day = chance.randint(1, 28)
    other_day = chance.choice((day, (day + 9) % 28 + 1, (day + 14) % 28 + 1))
    yield Shape("Bitten Apps", "MONTHLY", monthly(day), on_the_day, 999, category, rises=0)
    if chance.random() < 0.7:
        yield Shape("Bitten Apps", "MONTHLY", monthly(other_day), on_the_day, 299, category, rises=0)
    else:
        days = monthly(other_day, 12, chance.randrange(12))
        yield Shape("Bitten Apps", "ANNUALLY", days, on_the_day, 9900, category, lates=0, rises=0)


def _standing_orders(chance: random.Random) -> Iterator[Shape]:
    """All named TRANSFER."""
    for cents in chance.sample((10000, 25000, 5000, 12050, 43000, 7777, 30000), chance.randint(1, 4)):
        yield Shape(
            "TRANSFER",
            "MONTHLY",
            monthly(chance.randint(1, 31)),
            chance.choice((on_the_day, after_weekends)),
            cents,
            None,
            rises=0.05,
            lates=0,
        )


# --- Noise: what people buy now and then ---


def _add_noise(world: World, chance: random.Random, first: date) -> None:
    span = (AS_OF - first).days
    for name, category, cents_of, a_month in _noises(chance):
        for _ in range(round(a_month * span / 30 * chance.uniform(0.5, 1.5))):
            day = first + DAY * chance.randint(0, span)
            world.rows.append(Row(day, _money(cents_of()), name, category))
    for name, category, cents_of, gap in _habits(chance):
        day = first + DAY * chance.randrange(7)
        while day <= AS_OF:
            world.rows.append(Row(day, _money(cents_of()), name, category))
            day += DAY * max(1, gap + chance.choice((-3, -2, -1, 0, 0, 1, 2, 3)))


def _noises(chance: random.Random) -> Iterator[tuple[str, str | None, Callable[[], int], float]]:
    """Name, category, amounts, purchases a month: on random days."""
    round_ = (500, 1000, 1500, 2000, 2500, 3000, 4000, 5000, 10000)
    menu = chance.sample((325, 375, 425, 475, 510, 620), 3)
    lunch = chance.choice((950, 1100, 1250))
    any_ = lambda low, high: lambda: chance.randint(low, high)  # noqa: E731
    of = lambda *values: lambda: chance.choice(values)  # noqa: E731
    yield "Grocer Green", "FOOD_AND_DRINK_GROCERIES", any_(800, 16000), chance.choice((2, 4, 8))
    yield "Corner Market", "FOOD_AND_DRINK_GROCERIES", of(*round_), chance.choice((1, 3, 6))
    yield "Bean There", "FOOD_AND_DRINK_COFFEE", of(*menu), chance.choice((1, 4, 12))
    yield "Noodle House", "FOOD_AND_DRINK_RESTAURANT", of(lunch), chance.choice((1, 2, 4, 8))
    yield "Old Bistro", "FOOD_AND_DRINK_RESTAURANT", any_(1500, 9000), 1.5
    yield "Petrolia", "TRANSPORTATION_GAS", of(3000, 4000, 5000), chance.choice((1, 2, 4))
    yield "Pillbox Drugs", "MEDICAL_PHARMACIES_AND_SUPPLEMENTS", of(499, 999, 1299, *round_), 1.5
    yield "Jungle Marketplace", "GENERAL_MERCHANDISE_ONLINE_MARKETPLACES", any_(500, 12000), chance.choice((1, 4, 9))
    yield "Barber Bo", "PERSONAL_CARE_HAIR_AND_BEAUTY", of(2500), chance.choice((0.5, 1))
    yield "Tap Transit", "TRANSPORTATION_PUBLIC_TRANSIT", of(275), chance.choice((1, 6, 20))
    yield "ATM WITHDRAWAL", "TRANSFER_OUT_WITHDRAWAL", of(2000, 4000, 6000, 10000), chance.choice((0.5, 2, 4))
    yield "Game Cavern", "ENTERTAINMENT_VIDEO_GAMES", of(499, 999, 1999), chance.choice((0.5, 1, 2))
    yield "Anna Friend", "TRANSFER_OUT_TRANSFER_OUT_FROM_APPS", of(*round_), 1
    yield "Ben Friend", "TRANSFER_IN_TRANSFER_IN_FROM_APPS", lambda: -chance.choice(round_), 1
    if chance.random() < 0.4:
        yield "TRANSFER", None, of(*round_, 20000, 30000), chance.choice((1, 3, 5))
    if chance.random() < 0.3:
        yield "Bitten Apps", "ENTERTAINMENT_TV_AND_MOVIES", of(99, 199, 299, 499), 1
    if chance.random() < 0.3:
        yield "Jungle Marketplace", "GENERAL_MERCHANDISE_ONLINE_MARKETPLACES", lambda: -chance.randint(500, 9000), 0.5


def _habits(chance: random.Random) -> Iterator[tuple[str, str | None, Callable[[], int], int]]:
    """Name, category, amounts, days from one to the next, give or take three: the weekly shop is no subscription."""
    if chance.random() < 0.5:
        yield "Big Weekly Shop", "FOOD_AND_DRINK_GROCERIES", lambda: chance.randint(4000, 19000), 7
    if chance.random() < 0.3:
        yield "Commuter Fuel", "TRANSPORTATION_GAS", lambda: chance.choice((4000, 5000)), chance.choice((10, 14))
    if chance.random() < 0.3:
        yield "Scissor Sister", "PERSONAL_CARE_HAIR_AND_BEAUTY", lambda: 3500, chance.choice((28, 42))


def make_world(seed: int, history_days: int) -> World:
    """One person, the same for the same seed. One in five has a bank that knows no categories."""
    chance = random.Random(seed)
    world = World()
    first = AS_OF - DAY * (history_days - 1)
    shapes = [*_subscriptions(chance, first), *_bills(chance), *_pays(chance, first)]
    if chance.random() < 0.35:
        shapes += _two_plans(chance)
    if chance.random() < 0.35:
        shapes += _standing_orders(chance)
    if chance.random() < 0.35:  # a subscription at a shop
        category = "GENERAL_MERCHANDISE_ONLINE_MARKETPLACES"
        shapes.append(
            Shape("Jungle Marketplace", "MONTHLY", monthly(chance.randint(1, 31)), posts_later, 1499, category)
        )
    for shape in shapes:
        _add_stream(world, shape, chance, first)
    _add_noise(world, chance, first)
    if chance.random() < 0.2:
        world.rows = [Row(row.on, row.amount, row.name, None, row.account, row.truth) for row in world.rows]
    chance.shuffle(world.rows)
    return world
