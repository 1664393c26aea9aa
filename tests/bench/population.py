"""A seeded population in the shape of the tables: 540 transactions a person over 180 days, with streams as people have.

The first 2,000 people are made here and go in by COPY; larger populations repeat them under new ids, in SQL.
"""

import hashlib
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from random import Random
from uuid import UUID

from psycopg2.extensions import cursor as Cursor

from spendsense.store.kinds import Kind
from tests.oracle.person import Account, Balance, Liability, Person, Row
from tests.oracle.tables import write

FIRST_AS_OF = date(2026, 6, 30)
DAYS = 180
ROWS = 540
TEMPLATES = 2_000
CHUNK = 200
COPIED_TABLES = ("users", "progress", "accounts", "balances", "liabilities", "transactions")


def user_id_of(number: int) -> UUID:
    """The id of the person of that number: spread over all UUIDs, as ids are."""
    return UUID(bytes=hashlib.blake2b(number.to_bytes(8, "big"), digest_size=16).digest())


def load_templates(cursor: Cursor) -> None:
    """The first 2,000 people, by COPY."""
    with _bulk(cursor):
        for start in range(0, TEMPLATES, CHUNK):
            write(cursor, {user_id_of(number): make_person(number) for number in range(start, start + CHUNK)})


def grow(cursor: Cursor, people: int) -> None:
    """Repeats the templates under new ids until there are that many people."""
    with _bulk(cursor):
        cursor.execute("SELECT COUNT(*) FROM users")
        copies = (cursor.fetchone() or (0,))[0] // TEMPLATES
        for table in COPIED_TABLES:
            cursor.execute(
                "SELECT string_agg(quote_ident(column_name), ', ' ORDER BY ordinal_position) "
                "FROM information_schema.columns WHERE table_schema = 'public' AND table_name = %s "
                "AND column_name NOT IN ('user_id', 'email') AND column_name NOT LIKE 'measured%%'",
                (table,),
            )
            columns = (cursor.fetchone() or ("",))[0]
            email = (", email", ", copy || '-' || email") if table == "users" else ("", "")
            # Kinds start again from what rows say alone: the first run has its work to do for the new people too.
            values = re.sub(r"(?<!_)\bkind\b", "base_kind", columns) if table == "transactions" else columns
            cursor.execute(
                f"INSERT INTO {table} (user_id{email[0]}{', ' + columns if columns else ''}) "
                f"SELECT md5(user_id::text || copy)::uuid{email[1]}{', ' + values if columns else ''} "
                f"FROM {table} CROSS JOIN generate_series(%s, %s) AS copy WHERE user_id = ANY(%s::uuid[])",
                (copies, people // TEMPLATES - 1, [str(user_id_of(number)) for number in range(TEMPLATES)]),
            )


@contextmanager
def _bulk(cursor: Cursor) -> Iterator[None]:
    """Without the checks of foreign keys and the secondary indexes of transactions, which are built again after."""
    cursor.execute("SET LOCAL session_replication_role = replica")
    cursor.execute(
        "SELECT indexname, indexdef FROM pg_indexes WHERE tablename = 'transactions' AND indexname LIKE 'ix_%'"
    )
    indexes = cursor.fetchall()
    for name, _ in indexes:
        cursor.execute(f"DROP INDEX {name}")
    yield
    for _, definition in indexes:
        cursor.execute(definition)


def make_person(number: int) -> Person:
    """One person: payroll, subscriptions, weekly charges, savings, a card with interest and payments, and shopping."""
    random = Random(number)
    rows = _Rows(number, random)
    pay, step = random.randrange(90_000, 420_000), random.choices((7, 14, 30), (10, 75, 15))[0]
    for age in range(random.randrange(step), DAYS, step):
        rows.add("checking", age, -pay - random.choice((0, 0, random.randrange(3_000))), Kind.INCOME, 5_000)
    for slot in range(6):
        if random.random() < 0.55:
            cents, jitter = random.randrange(499, 6_999), random.choice((0, 1, 1, 6))
            for age in range(random.randrange(30), DAYS, 30):
                rows.add("card", age + random.randint(-jitter, jitter), cents, Kind.SPENDING, 6_000 + slot, "SUB")
    for slot in range(2):
        if random.random() < 0.35:
            cents = random.randrange(999, 4_999)
            for age in range(random.randrange(7), DAYS, 7):
                rows.add("card", age, cents, Kind.SPENDING, 6_100 + slot)
    _move_money(rows, random)
    while len(rows.found) < ROWS:
        shop = int(random.paretovariate(0.9) * 3) % 1_500
        account = "card" if random.random() < 0.6 else "checking"
        rows.add(account, random.randrange(DAYS), random.randrange(150, 18_000), Kind.SPENDING, shop)
    return Person(*_holdings(random), rows=tuple(rows.found))


def _move_money(rows: "_Rows", random: Random) -> None:
    saved, paid = random.randrange(2_000, 60_000), random.randrange(2_500, 150_000)
    has_savings, has_interest = random.random() < 0.7, random.random() < 0.4
    for age in range(random.randrange(30), DAYS, 30):
        rows.add("checking", age, paid, Kind.TRANSFER, 7_003)
        rows.add("card", age - 1, -paid, Kind.TRANSFER, 7_003)
        if has_savings:
            rows.add("checking", age, saved, Kind.TRANSFER, 7_001)
            rows.add("savings", age, -saved, Kind.TRANSFER, 7_001)
        if has_interest:
            rows.add("card", age, random.randrange(500, 9_000), Kind.INTEREST, 7_002)
        if random.random() < 0.1:
            rows.add("checking", age, 3_500, Kind.FEE_OVERDRAFT, 7_004)
        if random.random() < 0.2:
            shop, cents = random.randrange(1_500), random.randrange(2_000, 9_000)
            rows.add("card", age, cents, Kind.SPENDING, shop)
            rows.add("card", age - 5, -cents, Kind.INFLOW, shop)


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

    def __init__(self, number: int, random: Random) -> None:
        self.number = number
        self.random = random
        self.found: list[Row] = []

    def add(self, account: str, age: int, cents: int, kind: Kind, counterparty: int, sort: str = "") -> None:
        """A row of that age in days; those outside the 180 days are passed over."""
        if not 0 <= age < DAYS:
            return
        primary, detailed = CATEGORIES.get(sort or kind, ("FOOD_AND_DRINK", "FOOD_AND_DRINK_GROCERIES"))
        self.found.append(
            Row(
                transaction_id=f"tx_{self.random.getrandbits(64):016x}{len(self.found):05d}",
                account_id=account,
                date=FIRST_AS_OF - timedelta(days=age),
                amount_cents=cents,
                currency="USD",
                name=f"Merchant {counterparty:05d}",
                merchant_name=f"Merchant {counterparty:05d}",
                category_primary=primary,
                category_detailed=detailed,
                pending=age < 2 and kind == Kind.SPENDING and self.random.random() < 0.3,
                counterparty_key=counterparty * 2_654_435_761,
                is_transfer_like=kind == Kind.TRANSFER,
                is_opaque=False,
                on_savings=account == "savings",
                base_kind=kind,
            )
        )


CATEGORIES: dict[Kind | str, tuple[str, str]] = {
    "SUB": ("ENTERTAINMENT", "ENTERTAINMENT_TV_AND_MOVIES"),
    Kind.INCOME: ("INCOME", "INCOME_WAGES"),
    Kind.TRANSFER: ("TRANSFER_OUT", "TRANSFER_OUT_ACCOUNT_TRANSFER"),
    Kind.INTEREST: ("BANK_FEES", "BANK_FEES_INTEREST_CHARGE"),
    Kind.FEE_OVERDRAFT: ("BANK_FEES", "BANK_FEES_OVERDRAFT_FEES"),
    Kind.INFLOW: ("GENERAL_MERCHANDISE", "GENERAL_MERCHANDISE_OTHER"),
}
