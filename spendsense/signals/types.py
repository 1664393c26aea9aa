"""The signals of one person over one window, as values. None means unknown: never zero, and no criterion holds on it.

Units stand in the names: `_cents` in hundredths of the person's currency, `_ratio` a fraction floored to four decimals,
`_months` and `_days` counts that may be fractions, `_percent` a percentage, `_on` a calendar day. Fields that end in
`_id` or `_ids` are evidence, not signals.
"""

from dataclasses import dataclass, fields
from datetime import date
from decimal import Decimal
from operator import attrgetter
from typing import Final

SignalValue = int | Decimal | bool | str | date | None


@dataclass(frozen=True, slots=True)
class Coverage:
    """What was seen in the window and what was left out."""

    currency: str | None
    first_row_on: date | None
    days_seen: int
    rows_seen: int
    rows_other_currency: int
    rows_own_transfer: int
    rows_off_scope: int
    rows_neutral: int
    rows_future: int


@dataclass(frozen=True, slots=True)
class SpendingSignals:
    """Outflows net of refunds."""

    cents: int
    refund_cents: int
    monthly_cents: int | None


@dataclass(frozen=True, slots=True)
class SubscriptionSignals:
    """Active subscription streams."""

    count: int
    monthly_cents: int
    share_ratio: Decimal | None
    simple_count: int
    stream_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CreditSignals:
    """All cards together; utilization over those with a known limit alone."""

    card_count: int
    known_limit_count: int
    max_utilization_ratio: Decimal | None
    max_utilization_account_id: str | None
    total_utilization_ratio: Decimal | None
    has_minimum_payment_only: bool | None
    interest_cents: int
    is_overdue: bool | None
    next_payment_due_on: date | None
    max_apr_percent: Decimal | None
    account_ids: tuple[str, ...]
    interest_transaction_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SavingsSignals:
    """Savings, money market, CD, HSA and cash management accounts."""

    account_count: int
    net_inflow_cents: int | None
    net_inflow_monthly_cents: int | None
    balance_cents: int | None
    start_balance_cents: int | None
    growth_ratio: Decimal | None
    emergency_fund_months: Decimal | None
    emergency_fund_level: str | None
    account_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class IncomeSignals:
    """Income and the checking balance that bridges the time between pay dates."""

    cents: int
    monthly_cents: int | None
    pay_count: int
    frequency: str | None
    median_gap_days: Decimal | None
    variability_ratio: Decimal | None
    bonus_count: int
    bonus_cents: int
    last_pay_cents: int | None
    last_pay_on: date | None
    checking_balance_cents: int | None
    buffer_months: Decimal | None
    checking_account_ids: tuple[str, ...]
    transaction_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FeeSignals:
    """Bank fees in the window."""

    count: int
    cents: int
    overdraft_count: int
    nsf_count: int
    late_count: int
    atm_count: int
    foreign_count: int
    transaction_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Card:
    """One credit card as it stands, with the interest charged on it in the window."""

    account_id: str
    name: str
    mask: str | None
    balance_cents: int | None
    limit_cents: int | None
    utilization_ratio: Decimal | None
    utilization_flag_percent: int | None
    is_minimum_payment_only: bool | None
    is_overdue: bool | None
    apr_percent: Decimal | None
    last_payment_cents: int | None
    minimum_payment_cents: int | None
    next_payment_due_on: date | None
    interest_cents: int

    @property
    def label(self) -> str:
        """How a text names the card: `Visa ending 4523`, or its name alone when the mask is unknown."""
        return f"{self.name} ending {self.mask}" if self.mask else self.name


Group = Coverage | SpendingSignals | SubscriptionSignals | CreditSignals | SavingsSignals | IncomeSignals | FeeSignals

# Group name in the rulebook → its class, and how its columns in the table `signals` begin.
GROUPS: Final[dict[str, tuple[type[Group], str]]] = {
    "coverage": (Coverage, ""),
    "spending": (SpendingSignals, "spending_"),
    "subscriptions": (SubscriptionSignals, "subscription_"),
    "credit": (CreditSignals, "credit_"),
    "savings": (SavingsSignals, "savings_"),
    "income": (IncomeSignals, "income_"),
    "fees": (FeeSignals, "fee_"),
}


@dataclass(frozen=True, slots=True)
class UserSignals:
    """Everything that was measured for one person over one window."""

    window_days: int
    coverage: Coverage
    spending: SpendingSignals
    subscriptions: SubscriptionSignals
    credit: CreditSignals
    savings: SavingsSignals
    income: IncomeSignals
    fees: FeeSignals
    cards: tuple[Card, ...]  # by account id

    def value(self, name: str) -> SignalValue:
        """The signal of that dotted name, such as `credit.interest_cents`. KeyError when there is none."""
        value: SignalValue = _GETTERS[name](self)
        return value


_UNIT_OF_SUFFIX: Final = {
    "cents": "cents",
    "ratio": "ratio",
    "days": "days",
    "months": "months",
    "percent": "percent",
    "count": "count",
}


def unit_of(field: str) -> str:
    """The unit that a field's name carries: cents, ratio, days, months, percent, count, date, flag or text."""
    if field.startswith(("is_", "has_")):
        return "flag"
    if field.endswith("_on"):  # before the rows: first_row_on
        return "date"
    if field.startswith("rows_"):
        return "count"
    if field == "days_seen":
        return "days"
    return _UNIT_OF_SUFFIX.get(field.rsplit("_", 1)[-1], "text")


def _is_evidence(field: str) -> bool:
    return field.endswith(("_id", "_ids"))


SIGNAL_UNITS: Final[dict[str, str]] = {
    f"{group}.{field.name}": unit_of(field.name)
    for group, (cls, _) in GROUPS.items()
    for field in fields(cls)
    if not _is_evidence(field.name)
}
CARD_UNITS: Final[dict[str, str]] = {
    f"card.{field.name}": unit_of(field.name) for field in fields(Card) if not _is_evidence(field.name)
} | {"card.label": "text"}

_GETTERS: Final = {name: attrgetter(name) for name in SIGNAL_UNITS}
