"""One person's rows as they stand in the tables: what the oracle looks at."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Account:
    """An account; `type` is depository, credit, loan, investment or other."""

    account_id: str
    type: str
    subtype: str | None
    currency: str | None


@dataclass(frozen=True, slots=True)
class Balance:
    """What an account held on a day."""

    account_id: str
    observed_on: date
    current_cents: int | None
    limit_cents: int | None


@dataclass(frozen=True, slots=True)
class Liability:
    """What a card's bank last reported."""

    account_id: str
    apr_percent: Decimal | None
    is_overdue: bool | None
    last_payment_cents: int | None
    last_statement_balance_cents: int | None
    minimum_payment_cents: int | None
    next_payment_due_on: date | None


@dataclass(frozen=True, slots=True)
class Row:
    """One transaction with Plaid's sign: positive is money out. `base_kind` is what ingest made of it."""

    transaction_id: str
    account_id: str
    date: date
    amount_cents: int
    currency: str
    name: str
    merchant_name: str | None
    category_primary: str | None
    category_detailed: str | None
    pending: bool
    counterparty_key: int | None
    is_transfer_like: bool
    on_savings: bool
    base_kind: int
    purpose: int


@dataclass(frozen=True, slots=True)
class Person:
    """Everything of one person that the signals are made from."""

    accounts: tuple[Account, ...]
    balances: tuple[Balance, ...]
    liabilities: tuple[Liability, ...]
    rows: tuple[Row, ...]
