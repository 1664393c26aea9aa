"""Random people whose rows stand on every edge that the signals have. A seed makes the same person each time."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from random import Random

from spendsense.plaid.purposes import purpose
from spendsense.store.kinds import FEE_KINDS, SAVINGS_SUBTYPES, Kind
from tests.oracle import stories
from tests.oracle.person import Account, Balance, Liability, Person, Row

EDGE_AGES = (-1, 0, 1, 28, 29, 30, 31, 88, 89, 90, 91, 178, 179, 180, 181)
# name, primary category, detailed category
OUTFLOWS = (
    ("Streamly", "ENTERTAINMENT", "ENTERTAINMENT_TV_AND_MOVIES"),
    ("Tunebox", "ENTERTAINMENT", "ENTERTAINMENT_MUSIC_AND_AUDIO"),
    ("City Gym", "PERSONAL_CARE", "PERSONAL_CARE_GYMS_AND_FITNESS_CENTERS"),
    ("Maple Court", "RENT_AND_UTILITIES", "RENT_AND_UTILITIES_RENT"),
    ("Northern Power", "RENT_AND_UTILITIES", "RENT_AND_UTILITIES_GAS_AND_ELECTRICITY"),
    ("Corner Grocer", "FOOD_AND_DRINK", "FOOD_AND_DRINK_GROCERIES"),
    ("Books and More", "GENERAL_MERCHANDISE", "GENERAL_MERCHANDISE_BOOKSTORES_AND_NEWSSTANDS"),
    ("Membership Club", None, None),
    ("Corner Kiosk", None, None),
    ("Bank Machine", "TRANSFER_OUT", "TRANSFER_OUT_WITHDRAWAL"),
    ("Bargeldauszahlung ATM", "TRANSFER_OUT", "TRANSFER_OUT_WITHDRAWAL"),
    ("Uncle Bob", "TRANSFER_OUT", "TRANSFER_OUT_ACCOUNT_TRANSFER"),
    ("Green Insurance", "GENERAL_SERVICES", "GENERAL_SERVICES_INSURANCE"),
)
INFLOWS = (
    ("Acme Payroll", "INCOME", "INCOME_WAGES", Kind.INCOME),
    ("Gig Works", None, None, Kind.INFLOW),
    ("Aunt May", "TRANSFER_IN", "TRANSFER_IN_OTHER_TRANSFER_IN", Kind.INFLOW),
    ("Books and More", "GENERAL_MERCHANDISE", None, Kind.INFLOW),
)
ACCOUNT_TYPES = (
    ("depository", "checking"),
    ("depository", None),
    *(("depository", subtype) for subtype in SAVINGS_SUBTYPES),
    ("depository", "prepaid"),
    ("depository", "checking"),
    *(("credit", "credit card") for _ in range(5)),
    ("loan", "mortgage"),
    ("investment", "brokerage"),
    ("other", None),
)


@dataclass(slots=True)
class Draft:
    """A person in the making."""

    random: Random
    as_of: date
    accounts: list[Account]
    key_base: int
    rows: list[Row] = field(default_factory=list)

    def day(self, age: int) -> date:
        """The day that many days before `as_of`."""
        return self.as_of - timedelta(days=age)

    def any_day(self) -> date:
        """A day of the last months, often on a window's edge, now and then after `as_of`."""
        age = self.random.choice(EDGE_AGES) if self.random.random() < 0.3 else self.random.randint(-8, 230)
        return self.day(age)

    def add(
        self,
        day: date,
        cents: int,
        kind: Kind,
        name: str,
        key: int | None,
        *,
        primary: str | None = None,
        detailed: str | None = None,
        account: Account | None = None,
        transfer_like: bool = False,
        pending: bool | None = None,
    ) -> None:
        """One more row; its id is random, so that ties between ids fall either way."""
        random = self.random
        account = account or random.choice(self.accounts)
        if account.type in ("loan", "investment", "other"):
            kind = Kind.OFF_SCOPE
        currency = account.currency or "USD"
        if random.random() < 0.01 and account.subtype not in SAVINGS_SUBTYPES:
            currency = random.choice(("USD", "EUR", "CZK"))
        self.rows.append(
            Row(
                transaction_id=f"{random.choice('aBzé')}{random.randrange(10**9):09d}-{len(self.rows)}",
                account_id=account.account_id,
                date=day,
                amount_cents=cents,
                currency=currency,
                name=name,
                merchant_name=name if random.random() < 0.5 else None,
                category_primary=primary,
                category_detailed=detailed,
                pending=random.random() < 0.06 if pending is None else pending,
                counterparty_key=key,
                is_transfer_like=transfer_like,
                on_savings=account.type == "depository" and account.subtype in SAVINGS_SUBTYPES,
                base_kind=kind,
                purpose=purpose(primary, detailed, name, cents < 0),
            )
        )

    def home(self) -> Account | None:
        """Now and then one account for a whole story, so that its rows stay in scope and in one currency."""
        usual = [account for account in self.accounts if account.type in ("depository", "credit")]
        return self.random.choice(usual) if usual and self.random.random() < 0.8 else None

    def key(self, number: int) -> int:
        """The key of this person's counterparty of that number; negative ones too. A few are odd: of no clear name."""
        key = 2 * (self.key_base + number)
        return (key if number % 2 else -key) + (number % 11 == 0)

    def some_key(self) -> int:
        """Mostly a counterparty of its own; else one that other stories have too, or one of no clear name."""
        share = self.random.random()
        if share < 0.12:
            return self.key(11 * self.random.randint(9, 40))
        return self.key(self.random.randrange(20) if share < 0.2 else self.random.randint(100, 10_000))


def stranger(seed: int, as_of: date) -> Person:
    """The person of that seed."""
    random = Random(seed)
    draft = Draft(random, as_of, _accounts(random), key_base=random.randrange(1, 2**40))
    if draft.accounts and random.random() < 0.97:
        for story in random.sample(STORIES, k=random.randint(2, len(STORIES))):
            for _ in range(random.choice((1, 1, 2, 3))):
                story(draft)
    rows = draft.rows
    if random.random() < 0.12:  # a short history
        oldest = draft.day(random.choice((0, 5, 28, 29, 30, 60, 89, 90)))
        rows = [row for row in rows if row.date >= oldest]
    return Person(tuple(draft.accounts), _balances(draft), _liabilities(draft), tuple(rows))


def _accounts(random: Random) -> list[Account]:
    currencies = random.choice((["USD"], ["USD"], ["USD", None], ["USD", "EUR"], [None], ["CZK", "EUR", "USD", None]))
    return [
        Account(f"{random.choice('aBz')}-{number}", *random.choice(ACCOUNT_TYPES), random.choice(currencies))
        for number in range(0 if random.random() < 0.03 else random.randint(2, 8))
    ]


def _balances(draft: Draft) -> tuple[Balance, ...]:
    random = draft.random
    found = []
    for account in draft.accounts:
        for age in random.sample((-3, 0, 1, 40, 200), k=random.choice((0, 1, 1, 2, 3))):
            limit = random.choice((None, 0, -5, 3, 10_000, 10_000, 99_999))
            current = random.choice((None, 0, -1, 2_999, 3_000, 4_999, 5_000, 7_999, 8_000, 123_457, -50_000, 600_000))
            if account.type == "depository" and current is None and random.random() < 0.6:
                current = random.randint(-10_000, 900_000)
            found.append(Balance(account.account_id, draft.day(age), current, limit))
    return tuple(found)


def _liabilities(draft: Draft) -> tuple[Liability, ...]:
    random = draft.random
    return tuple(
        Liability(
            account_id=account.account_id,
            apr_percent=random.choice((None, Decimal("19.9900"), Decimal("24.2400"), Decimal("0.0000"))),
            is_overdue=random.choice((None, False, False, True)),
            last_payment_cents=random.choice((None, 0, 2_500, 3_000, 3_001, 9_000)),
            last_statement_balance_cents=random.choice((None, 2_999, 3_000, 3_001, 90_000)),
            minimum_payment_cents=random.choice((None, 0, 2_500, 2_500)),
            next_payment_due_on=random.choice((None, draft.day(1), draft.day(0), draft.day(-20))),
        )
        for account in draft.accounts
        if account.type == "credit" and random.random() < 0.7
    )


def shopping(draft: Draft) -> None:
    """Purchases of any size on any day."""
    for _ in range(draft.random.randint(1, 15)):
        number = draft.random.randrange(len(OUTFLOWS))
        name, primary, detailed = OUTFLOWS[number]
        key = draft.key(number) if draft.random.random() < 0.9 else None
        cents = draft.random.choice((0, 1, 999, 5_000, draft.random.randint(1, 40_000)))
        draft.add(draft.any_day(), cents, Kind.SPENDING, name, key, primary=primary, detailed=detailed)


def recurring_out(draft: Draft) -> None:
    """A counterparty's charges as in `stories`: of one purpose or of two; some pending, some refunded."""
    random = draft.random
    (name, primary, detailed), key, home = random.choice(OUTFLOWS), draft.some_key(), draft.home()
    other = random.choice(OUTFLOWS) if random.random() < 0.08 else None
    refunded = random.random() < 0.1
    for day, cents in stories.charges(random, draft.day(random.choice((-3, 0, 0, 0, 40)))):
        row_name, row_primary, row_detailed = other if other and random.random() < 0.4 else (name, primary, detailed)
        pending = None if random.random() < 0.05 else False
        draft.add(
            day,
            cents,
            Kind.SPENDING,
            row_name,
            key,
            primary=row_primary,
            detailed=row_detailed,
            account=home,
            pending=pending,
        )
        if refunded and random.random() < 0.3:
            back = day + timedelta(days=random.randint(0, 3))
            draft.add(back, -cents, Kind.INFLOW, row_name, key, primary=primary, detailed=detailed, account=home)


def recurring_in(draft: Draft) -> None:
    """Pay and other money that comes in as in `stories`; some of it called income, or none."""
    random = draft.random
    (name, primary, detailed, kind), key, home = random.choice(INFLOWS), draft.some_key(), draft.home()
    mixed = random.random() < 0.1
    for day, cents in stories.charges(random, draft.day(random.choice((-3, 0, 0, 0, 40)))):
        row_kind = random.choice((Kind.INCOME, Kind.INFLOW)) if mixed else kind
        pending = None if random.random() < 0.05 else False
        draft.add(day, -cents, row_kind, name, key, primary=primary, detailed=detailed, account=home, pending=pending)


def standing_transfers(draft: Draft) -> None:
    """The same sum again and again to another account of one's own: rows whose other side is there, late or missing."""
    random = draft.random
    here, there = draft.home(), draft.home()
    key, back_key = draft.some_key(), random.choice((None, draft.some_key()))
    says = random.random() < 0.7
    kind = random.choice((Kind.TRANSFER, Kind.SPENDING)) if says else Kind.SPENDING
    for day, cents in stories.charges(random, draft.day(0)):
        draft.add(day, cents, kind, "Transfer", key, account=here, transfer_like=says, pending=False)
        if random.random() < 0.8:
            late = day + timedelta(days=random.choice((0, 0, 1, 4, 5)))
            draft.add(late, -cents, Kind.INFLOW, "From me", back_key, account=there, transfer_like=says, pending=False)


def transfers(draft: Draft) -> None:
    """Rows of few amounts, close together, so that several could be each other's other side."""
    random = draft.random
    start, amount = random.randint(-5, 190), random.choice((10_000, 20_000))
    for _ in range(random.randint(2, random.choice((6, 6, 6, 24)))):
        sign = random.choice((1, -1))
        says = random.random() < 0.6
        plain = Kind.SPENDING if sign > 0 else random.choice((Kind.INFLOW, Kind.INFLOW, Kind.INCOME))
        kind = Kind.TRANSFER if says and random.random() < 0.7 else plain
        key = random.choice((None, draft.key(70), draft.key(71)))
        draft.add(draft.day(start - random.randint(0, 5)), sign * amount, kind, "Transfer", key, transfer_like=says)


def refunds(draft: Draft) -> None:
    """A purchase and what may be its refund: a day or a cent too late, too early, too much."""
    random = draft.random
    age, cents, number = random.randint(0, 200), random.choice((1_000, 25_000)), random.randint(80, 89)
    bought, home = draft.day(age), draft.home()
    kind = random.choice((Kind.SPENDING, Kind.SPENDING, Kind.FEE_LATE))
    draft.add(bought, cents, kind, "Shoe House", draft.key(number), account=home)
    for _ in range(random.randint(1, 2)):
        day = bought + timedelta(days=random.choice((-1, 0, 1, 30, 89, 90, 91)))
        back = Kind.INFLOW if random.random() < 0.9 else Kind.INCOME
        draft.add(day, -cents + random.choice((-1, 0, 1, 500)), back, "Shoe House", draft.key(number), account=home)


def fees(draft: Draft) -> None:
    """Fees and interest, some taken back."""
    for _ in range(draft.random.randint(1, 5)):
        kind = draft.random.choice((*FEE_KINDS, Kind.INTEREST, Kind.INTEREST, Kind.INTEREST))
        cents = draft.random.choice((3_500, 3_500, 1, -3_500))
        draft.add(draft.any_day(), cents, kind, "Bank", draft.random.choice((None, draft.key(90))))


def oddments(draft: Draft) -> None:
    """Single inflows, single pay, a reversed purchase, unmatched transfers."""
    random = draft.random
    for _ in range(random.randint(1, 5)):
        kind = random.choice((Kind.INFLOW, Kind.INCOME, Kind.INTEREST_EARNED, Kind.SPENDING, Kind.TRANSFER))
        cents = -random.randint(1, 300_000)
        draft.add(draft.any_day(), cents, kind, "Somebody", random.choice((None, draft.key(95), draft.key(50))))


STORIES: tuple[Callable[[Draft], None], ...] = (
    shopping,
    shopping,
    recurring_out,
    recurring_out,
    recurring_out,
    recurring_out,
    recurring_in,
    recurring_in,
    standing_transfers,
    transfers,
    refunds,
    refunds,
    fees,
    oddments,
)
