"""Random people whose rows stand on every edge that the signals have. A seed makes the same person each time."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from random import Random

from spendsense.store.kinds import FEE_KINDS, SAVINGS_SUBTYPES, Kind
from tests.oracle.person import Account, Balance, Liability, Person, Row
from tests.oracle.streams import add_months

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
                is_opaque=key is not None and key % 11 == 0,
                on_savings=account.type == "depository" and account.subtype in SAVINGS_SUBTYPES,
                base_kind=kind,
            )
        )

    def home(self) -> Account | None:
        """Now and then one account for a whole story, so that its rows stay in scope and in one currency."""
        usual = [account for account in self.accounts if account.type in ("depository", "credit")]
        return self.random.choice(usual) if usual and self.random.random() < 0.8 else None

    def key(self, number: int) -> int:
        """The key of this person's counterparty of that number; negative ones too."""
        return self.key_base + number if number % 2 else -self.key_base - number


def stranger(seed: int, as_of: date) -> Person:
    """The person of that seed."""
    random = Random(seed)
    draft = Draft(random, as_of, _accounts(random), key_base=random.randrange(1, 2**40))
    if draft.accounts and random.random() < 0.97:
        for story in random.sample(STORIES, k=random.randint(2, len(STORIES))):
            for _ in range(random.choice((1, 1, 2, 3))):
                story(draft)
    rows = draft.rows
    if random.random() < 0.25:  # a short history
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


def gaps_out(draft: Draft) -> None:
    """Charges at gaps that keep a cadence, but for one that may be a day off."""
    number = draft.random.randrange(len(OUTFLOWS))
    name, primary, detailed = OUTFLOWS[number]
    home, key = draft.home(), draft.key(number)
    for day, cents in _charges(draft):
        pending = False if draft.random.random() < 0.95 else None
        draft.add(
            day, cents, Kind.SPENDING, name, key, primary=primary, detailed=detailed, account=home, pending=pending
        )


def gaps_in(draft: Draft) -> None:
    """Pay at gaps that keep a cadence, but for one that may be a day off; sometimes a bonus."""
    number = draft.random.randrange(len(INFLOWS))
    name, primary, detailed, kind = INFLOWS[number]
    home = draft.home()
    for day, cents in _charges(draft):
        bonus = (
            draft.random.choice((cents * 3 // 2, cents * 3 // 2 + 1, cents * 4)) if draft.random.random() < 0.05 else 0
        )
        pay = bonus or cents
        draft.add(day, -pay, kind, name, draft.key(50 + number), primary=primary, detailed=detailed, account=home)


def _charges(draft: Draft) -> list[tuple[date, int]]:
    """Days and amounts, the last one up to a few periods back."""
    random = draft.random
    days = random.choice((_by_gaps, _by_gaps, _by_month_day, _twice_a_month))(draft)
    base = random.choice((333, 1_000, 1_599, 120_000))
    spread = random.choice((0, 0, 0, 50, 51, base // 20, base // 20 + 1, base // 2))
    charges = [(day, base + random.choice((0, 0, spread, -spread))) for day in days]
    if charges and random.random() < 0.1:
        charges.append(random.choice(charges))
    return charges


def _by_gaps(draft: Draft) -> list[date]:
    random = draft.random
    low, middle, high = random.choice(((6, 7, 8), (12, 14, 16), (27, 30, 33)))
    age = random.choice((0, 1, 15, 16, 17, 30, 31, 32, random.randint(0, 90)))
    days = [draft.day(age)]
    for _ in range(random.randint(1, 9)):
        gap = random.choice((low, middle, middle, middle, high, random.choice((low - 1, high + 1, middle))))
        days.append(days[-1] - timedelta(days=gap))
    return sorted(days)


def _by_month_day(draft: Draft) -> list[date]:
    anchor, back = draft.random.choice((1, 15, 28, 29, 30, 31)), draft.random.randint(0, 3)
    first = draft.as_of.replace(day=1)
    jitter = draft.random.choice((0, 0, 1, 3))
    days = [add_months(first, -back - number, anchor) for number in range(draft.random.randint(2, 9))]
    return sorted(day + timedelta(days=draft.random.randint(-jitter, jitter)) for day in days)


def _twice_a_month(draft: Draft) -> list[date]:
    early, late = draft.random.choice(((1, 15), (5, 20), (10, 25), (15, 31)))
    first, back = draft.as_of.replace(day=1), draft.random.randint(0, 2)
    jitter = draft.random.choice((0, 0, 1, 2))
    days = [add_months(first, -back - n, anchor) for n in range(draft.random.randint(2, 7)) for anchor in (early, late)]
    days = sorted(day + timedelta(days=draft.random.randint(-jitter, jitter)) for day in days)
    return days[draft.random.randint(0, 2) : len(days) - draft.random.randint(0, 1)]


def transfers(draft: Draft) -> None:
    """Rows of few amounts, close together, so that several could be each other's other side."""
    random = draft.random
    start, amount = random.randint(-5, 190), random.choice((10_000, 20_000))
    for _ in range(random.randint(2, 6)):
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
    gaps_out,
    gaps_out,
    gaps_out,
    gaps_in,
    gaps_in,
    transfers,
    refunds,
    refunds,
    fees,
    oddments,
)
