"""One person of the benches: 540 transactions over 180 days, with streams, habits and noise as people have them.

The same number gives the same person, whatever came before.
"""

import calendar
from collections.abc import Iterator
from datetime import date, timedelta
from random import Random

from spendsense.store.kinds import Kind, Purpose
from tests.bench.names import SHOPS, Named, name_of
from tests.oracle.person import Account, Balance, Liability, Person, Row

FIRST_AS_OF = date(2026, 6, 30)
DAYS = 180
ROWS = 540
MONTHS = [(2026, month) for month in range(1, 7)]  # the 180 days begin on 2 January
LAST_DAY = 31

# Counterparties by number: shops are below names.SHOPS.
PAYROLL, MONTHLY, WEEKLY, TWO_PLANS, BILLS, RARE = 5_000, 6_000, 6_100, 6_200, 6_300, 6_400
SAVED, INTEREST, CARD_PAYMENT, OVERDRAFT, OPAQUE = 7_001, 7_002, 7_003, 7_004, 7_005
KEY_STEP = 2_654_435_762  # even, as the keys of names that say something are
ROUND_CENTS = (500, 800, 1_000, 1_250, 1_500, 2_000, 2_500, 4_000, 5_000)

CATEGORIES: dict[Kind | Purpose, tuple[str, str]] = {
    Purpose.SUBSCRIPTION: ("ENTERTAINMENT", "ENTERTAINMENT_TV_AND_MOVIES"),
    Purpose.BILL: ("RENT_AND_UTILITIES", "RENT_AND_UTILITIES_GAS_AND_ELECTRICITY"),
    Purpose.SHOP: ("FOOD_AND_DRINK", "FOOD_AND_DRINK_GROCERIES"),
    Kind.INCOME: ("INCOME", "INCOME_WAGES"),
    Kind.TRANSFER: ("TRANSFER_OUT", "TRANSFER_OUT_ACCOUNT_TRANSFER"),
    Kind.INTEREST: ("BANK_FEES", "BANK_FEES_INTEREST_CHARGE"),
    Kind.FEE_OVERDRAFT: ("BANK_FEES", "BANK_FEES_OVERDRAFT_FEES"),
    Kind.INFLOW: ("GENERAL_MERCHANDISE", "GENERAL_MERCHANDISE_OTHER"),
}
PURPOSES: dict[Kind, Purpose] = {
    Kind.SPENDING: Purpose.SHOP,
    Kind.INCOME: Purpose.INCOME,
    Kind.INFLOW: Purpose.INCOME,
    Kind.TRANSFER: Purpose.TRANSFER,
    Kind.INTEREST: Purpose.BILL,
    Kind.FEE_OVERDRAFT: Purpose.BILL,
}


def make_person(number: int) -> Person:
    """The person of that number: what recurs comes first, and shopping fills up."""
    random = Random(number)
    rows = _Rows(random)
    _earn(rows, random)
    _subscribe(rows, random)
    _pay_bills(rows, random)
    _come_back_each_week(rows, random)
    _move_money(rows, random)
    if random.random() < 0.5:
        _transfer_to_nobody(rows, random)
    _shop(rows, random)
    return Person(*_holdings(random), rows=tuple(rows.found))


def _earn(rows: "_Rows", random: Random) -> None:
    """Pay each week, each other week, twice a month or once a month, mostly of one amount."""
    pay = random.randrange(90_000, 420_000)
    step = random.choices((7, 14, 15, 30), (10, 62, 13, 15))[0]
    if step == 15:
        ages = [*_monthly(15), *_monthly(LAST_DAY)]
    elif step == 30:
        ages = [*_monthly(random.randint(1, LAST_DAY))]
    else:
        ages = [*range(random.randrange(step), DAYS, step)]
    for age in ages:
        cents = pay + random.choice((0, 0, random.randrange(3_000)))
        rows.add("checking", _on_working_day(age), -cents, PAYROLL, Kind.INCOME)


def _subscribe(rows: "_Rows", random: Random) -> None:
    """Up to six monthly plans, some of which become dearer, perhaps two at one merchant, and what comes more rarely."""
    for slot in range(6):
        if random.random() < 0.55:
            cents, jitter = random.randrange(499, 6_999), random.choice((0, 1, 1, 3))
            dear_from = random.randrange(30, 150) if random.random() < 0.15 else -1  # age
            for age in _monthly(random.randint(1, LAST_DAY)):
                price = cents + cents // 6 if age < dear_from else cents
                rows.subscribe(age + random.randint(-jitter, jitter), price, MONTHLY + slot)
    if random.random() < 0.2:
        for plan, cents in enumerate((random.randrange(499, 1_500), random.randrange(2_000, 4_000))):
            for age in _monthly(random.randint(1, 14) + 14 * plan):
                rows.subscribe(age, cents, TWO_PLANS)
    if random.random() < 0.25:  # each quarter
        first, cents = random.randrange(DAYS // 2), random.randrange(2_000, 12_000)
        rows.subscribe(first, cents, RARE)
        rows.subscribe(first + 91, cents, RARE)
    if random.random() < 0.2:  # each year: once in this history
        rows.subscribe(random.randrange(DAYS), random.randrange(3_000, 15_000), RARE + 1)


def _pay_bills(rows: "_Rows", random: Random) -> None:
    """Rent of one amount, and up to three bills whose amounts follow the season."""
    if random.random() < 0.6:
        rent = random.randrange(60_000, 280_000, 500)
        for age in _monthly(1):
            rows.add("checking", age, rent, BILLS, purpose=Purpose.BILL)
    for slot in range(1, 4):
        if random.random() < 0.6:
            usual = random.randrange(2_500, 22_000)
            for age in _monthly(random.randint(1, LAST_DAY)):
                cents = usual + random.randint(-usual // 4, usual // 4)
                rows.add("checking", age + random.randint(-2, 2), cents, BILLS + slot, purpose=Purpose.BILL)


def _come_back_each_week(rows: "_Rows", random: Random) -> None:
    for slot in range(2):
        if random.random() < 0.35:
            cents = random.randrange(999, 4_999)
            for age in range(random.randrange(7), DAYS, 7):
                rows.add("card", age, cents, WEEKLY + slot)


def _move_money(rows: "_Rows", random: Random) -> None:
    """Card payments and savings with both their sides, interest, overdrafts, and purchases that are taken back."""
    saved, paid = random.randrange(2_000, 60_000), random.randrange(2_500, 150_000)
    has_savings, has_interest = random.random() < 0.7, random.random() < 0.4
    for age in range(random.randrange(30), DAYS, 30):
        rows.add("checking", age, paid, CARD_PAYMENT, Kind.TRANSFER)
        rows.add("card", age - 1, -paid, CARD_PAYMENT, Kind.TRANSFER)
        if has_savings:
            rows.add("checking", age, saved, SAVED, Kind.TRANSFER)
            rows.add("savings", age, -saved, SAVED, Kind.TRANSFER)
        if has_interest:
            rows.add("card", age, random.randrange(500, 9_000), INTEREST, Kind.INTEREST)
        if random.random() < 0.1:
            rows.add("checking", age, 3_500, OVERDRAFT, Kind.FEE_OVERDRAFT)
        if random.random() < 0.2:
            shop, cents = random.randrange(SHOPS), random.randrange(2_000, 9_000)
            rows.add("card", age, cents, shop)
            rows.add("card", age - 5, -cents, shop, Kind.INFLOW)


def _transfer_to_nobody(rows: "_Rows", random: Random) -> None:
    """Payments that the bank calls TRANSFER and no more: standing orders to several, and what came up besides."""
    for _ in range(random.randint(2, 4)):
        cents = random.randrange(1_000, 40_000, 500)
        for age in _monthly(random.randint(1, LAST_DAY)):
            rows.add("checking", age, cents, OPAQUE, Kind.TRANSFER)
    for _ in range(random.randint(5, 25)):
        rows.add("checking", random.randrange(DAYS), random.randrange(500, 60_000), OPAQUE, Kind.TRANSFER)


def _shop(rows: "_Rows", random: Random) -> None:
    """Shops, some of them often. Two of five sell at round amounts, so that some recur by chance."""
    while len(rows.found) < ROWS:
        shop = int(random.paretovariate(0.9) * 3) % SHOPS
        account = "card" if random.random() < 0.6 else "checking"
        cents = random.choice(ROUND_CENTS) if shop % 5 < 2 else random.randrange(150, 18_000)
        rows.add(account, random.randrange(DAYS), cents, shop)


def _monthly(day_of_month: int) -> Iterator[int]:
    """The ages of that day of each month, of the last one where a month is shorter."""
    for year, month in MONTHS:
        last = calendar.monthrange(year, month)[1]
        yield (FIRST_AS_OF - date(year, month, min(day_of_month, last))).days


def _on_working_day(age: int) -> int:
    """That age, or that of the Friday before a weekend."""
    return age + max(0, (FIRST_AS_OF - timedelta(days=age)).weekday() - 4)


def _holdings(random: Random) -> tuple[tuple[Account, ...], tuple[Balance, ...], tuple[Liability, ...]]:
    limit = random.choice((100_000, 300_000, 500_000, 1_000_000, 2_000_000))
    owed = int(limit * random.betavariate(1.2, 2))
    minimum = max(2_500, owed // 50)
    accounts = (
        Account("checking", "depository", "checking", "USD"),
        Account("savings", "depository", random.choice(("savings", "money market", "hsa")), "USD"),
        Account("card", "credit", "credit card", "USD"),
    )
    day = FIRST_AS_OF - timedelta(days=1)
    balances = (
        Balance("checking", day, random.randrange(10_000, 900_000), None),
        Balance("savings", day, random.randrange(3_000_000), None),
        Balance("card", day, owed, limit),
    )
    paid = minimum * random.choice((1, 2, 5, 12))
    due = FIRST_AS_OF + timedelta(days=12)
    return accounts, balances, (Liability("card", None, random.random() < 0.05, paid, owed, minimum, due),)


class _Rows:
    """The rows of one person as they are made."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.found: list[Row] = []

    def subscribe(self, age: int, cents: int, counterparty: int) -> None:
        """A charge of a plan."""
        self.add("card", age, cents, counterparty, purpose=Purpose.SUBSCRIPTION)

    def add(
        self,
        account: str,
        age: int,
        cents: int,
        counterparty: int,
        kind: Kind = Kind.SPENDING,
        purpose: Purpose | None = None,
    ) -> None:
        """A row of that age in days; those outside the 180 days are passed over."""
        if not 0 <= age < DAYS:
            return
        is_opaque = counterparty == OPAQUE
        name, merchant_name = Named("TRANSFER", None) if is_opaque else name_of(counterparty, self.random)
        primary, detailed = CATEGORIES[purpose or (Purpose.SHOP if kind == Kind.SPENDING else kind)]
        self.found.append(
            Row(
                transaction_id=f"tx_{self.random.getrandbits(64):016x}{len(self.found):05d}",
                account_id=account,
                date=FIRST_AS_OF - timedelta(days=age),
                amount_cents=cents,
                currency="USD",
                name=name,
                merchant_name=merchant_name,
                category_primary=primary,
                category_detailed=detailed,
                pending=age < 2 and kind == Kind.SPENDING and self.random.random() < 0.3,
                counterparty_key=counterparty * KEY_STEP + is_opaque,
                is_transfer_like=kind == Kind.TRANSFER,
                on_savings=account == "savings",
                base_kind=kind,
                purpose=purpose or PURPOSES[kind],
            )
        )
