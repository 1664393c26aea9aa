"""What was measured and named: streams, signals and personas."""

import uuid
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    CheckConstraint,
    DateTime,
    ForeignKey,
    Index,
    Numeric,
    SmallInteger,
    String,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from spendsense.store.session import Base

Cents = BigInteger
# Floored to 1/10,000: a ratio shown as having reached a threshold has reached it. An accepted amount may be 10^14 times
# another; the queries end a ratio at what fits here, 9,999,999,999.9999 (99999999999999 / 10000) either way.
Ratio = Numeric(14, 4)
Ids = ARRAY(String(collation="C"))


class Stream(Base):
    """A recurring stream: one person, one counterparty, one direction, one plan, with the rows it is made of.

    Whether it is live on a day follows from its dates alone: it is TOMBSTONED from `lapse_on` on.
    """

    __tablename__ = "streams"
    __table_args__ = (
        CheckConstraint("direction IN ('inflow', 'outflow')", name="direction"),
        CheckConstraint(
            "cadence IN ('WEEKLY', 'BIWEEKLY', 'SEMI_MONTHLY', 'MONTHLY', 'QUARTERLY', 'ANNUALLY')", name="cadence"
        ),
        CheckConstraint("kind IN ('subscription', 'bill', 'income', 'transfer')", name="kind"),
        CheckConstraint("verdict IN ('recurring', 'not_recurring')", name="verdict"),
        {"postgresql_with": {"fillfactor": "80"}},
    )

    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.user_id", ondelete="CASCADE"), primary_key=True)
    stream_id: Mapped[uuid.UUID] = mapped_column(primary_key=True, server_default=text("gen_random_uuid()"))
    counterparty_key: Mapped[int] = mapped_column(BigInteger)
    direction: Mapped[str]
    plan: Mapped[int] = mapped_column(SmallInteger)  # 0, or the number of a further plan at the same counterparty
    account_id: Mapped[str] = mapped_column(String(collation="C"))  # of the last charge
    name: Mapped[str]  # as the person calls it, or as the last charge shows it
    verdict: Mapped[str | None]  # the person's: "recurring" counts from the second charge, "not_recurring" never
    kind: Mapped[str]
    is_income_by_rhythm: Mapped[bool]  # income that only its rhythm shows: its rows are not of Kind.INCOME
    cadence: Mapped[str]
    is_early: Mapped[bool]  # two fitting charges so far: EARLY_DETECTION, outside all totals
    currency: Mapped[str]
    typical_amount_cents: Mapped[int] = mapped_column(Cents)  # Plaid's sign
    last_amount_cents: Mapped[int] = mapped_column(Cents)
    first_on: Mapped[date]
    last_on: Mapped[date]
    next_on: Mapped[date]
    lapse_on: Mapped[date]
    # By day: [{"on": "2026-05-01", "old_cents": 999, "new_cents": 1599}], amounts by Plaid's sign.
    price_changes: Mapped[list[Any]] = mapped_column(JSONB, server_default="[]")
    transaction_ids: Mapped[list[str]] = mapped_column(Ids)  # by date

    def status(self, on: date) -> str:
        """What Plaid calls it on that day: EARLY_DETECTION, MATURE or TOMBSTONED."""
        if self.lapse_on <= on:
            return "TOMBSTONED"
        return "EARLY_DETECTION" if self.is_early else "MATURE"


Index("uq_streams_plan", Stream.user_id, Stream.counterparty_key, Stream.direction, Stream.plan, unique=True)


class StreamChoice(Base):
    """What a person says of a stream. It outlives the stream: the same plan found again is the same stream again.

    `cadence` and `transaction_ids` are the stream's as it stood: with them it is known again, or kept when the person
    says that it recurs and the rows no longer show it.
    """

    __tablename__ = "stream_choices"
    __table_args__ = (
        CheckConstraint("verdict IN ('recurring', 'not_recurring')", name="verdict"),
        CheckConstraint("same_as <> stream_id", name="same_as"),
    )

    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.user_id", ondelete="CASCADE"), primary_key=True)
    stream_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    counterparty_key: Mapped[int] = mapped_column(BigInteger)
    direction: Mapped[str]
    plan: Mapped[int] = mapped_column(SmallInteger)
    cadence: Mapped[str]
    transaction_ids: Mapped[list[str]] = mapped_column(Ids)
    verdict: Mapped[str | None]
    same_as: Mapped[uuid.UUID | None]  # the stream of which this one is a part
    name: Mapped[str | None]
    chosen_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))


Index(
    "uq_stream_choices_plan",
    StreamChoice.user_id,
    StreamChoice.counterparty_key,
    StreamChoice.direction,
    StreamChoice.plan,
    unique=True,
)


class MerchantFlag(Base):
    """The simple flag of one merchant: three or more charges within 90 days, a week or a month apart.

    It holds on every day from `flag_from` until the day before `flag_until`, as long as no row changes.
    """

    __tablename__ = "merchant_flags"

    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.user_id", ondelete="CASCADE"), primary_key=True)
    counterparty_key: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    name: Mapped[str]
    cadence: Mapped[str]
    flag_from: Mapped[date]
    flag_until: Mapped[date]


class WindowSignals(Base):
    """The signals of one person over one window, in the columns of their group. NULL means unknown, never zero."""

    __tablename__ = "signals"
    __table_args__ = (
        CheckConstraint("window_days IN (30, 90, 180)", name="window_days"),
        {"postgresql_with": {"fillfactor": "50"}},
    )

    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.user_id", ondelete="CASCADE"), primary_key=True)
    window_days: Mapped[int] = mapped_column(SmallInteger, primary_key=True)

    # coverage
    currency: Mapped[str | None]
    first_row_on: Mapped[date | None]
    days_seen: Mapped[int] = mapped_column(SmallInteger)
    rows_seen: Mapped[int]  # in the window and in the currency, whatever they count as
    rows_other_currency: Mapped[int]
    rows_own_transfer: Mapped[int]
    rows_off_scope: Mapped[int]
    rows_neutral: Mapped[int]  # inflows that are neither income nor a refund
    rows_future: Mapped[int]

    # spending
    spending_cents: Mapped[int] = mapped_column(Cents)  # net of refunds
    spending_refund_cents: Mapped[int] = mapped_column(Cents)  # positive
    spending_monthly_cents: Mapped[int | None] = mapped_column(Cents)

    # subscriptions
    subscription_count: Mapped[int]  # counterparties with an active subscription stream
    subscription_monthly_cents: Mapped[int] = mapped_column(Cents)
    subscription_share_ratio: Mapped[Decimal | None] = mapped_column(Ratio)
    subscription_simple_count: Mapped[int]  # merchants that the simple flag marks
    subscription_stream_ids: Mapped[list[uuid.UUID]] = mapped_column(ARRAY(Uuid()))

    # credit, over the cards; each card by itself stands in card_signals
    credit_card_count: Mapped[int]
    credit_known_limit_count: Mapped[int]
    credit_max_utilization_ratio: Mapped[Decimal | None] = mapped_column(Ratio)
    credit_max_utilization_account_id: Mapped[str | None]
    credit_total_utilization_ratio: Mapped[Decimal | None] = mapped_column(Ratio)
    credit_has_minimum_payment_only: Mapped[bool | None]
    credit_interest_cents: Mapped[int] = mapped_column(Cents)  # charged in the window, net of reversals
    credit_is_overdue: Mapped[bool | None]
    credit_next_payment_due_on: Mapped[date | None]
    credit_max_apr_percent: Mapped[Decimal | None] = mapped_column(Numeric(9, 4))
    credit_account_ids: Mapped[list[str]] = mapped_column(Ids)
    credit_interest_transaction_ids: Mapped[list[str]] = mapped_column(Ids)

    # savings
    savings_account_count: Mapped[int]
    savings_net_inflow_cents: Mapped[int | None] = mapped_column(Cents)
    savings_net_inflow_monthly_cents: Mapped[int | None] = mapped_column(Cents)
    savings_balance_cents: Mapped[int | None] = mapped_column(Cents)
    savings_start_balance_cents: Mapped[int | None] = mapped_column(Cents)
    savings_growth_ratio: Mapped[Decimal | None] = mapped_column(Ratio)
    savings_emergency_fund_months: Mapped[Decimal | None] = mapped_column(Ratio)
    savings_emergency_fund_level: Mapped[str | None]  # low, building, good, excellent
    savings_account_ids: Mapped[list[str]] = mapped_column(Ids)

    # income
    income_cents: Mapped[int] = mapped_column(Cents)
    income_monthly_cents: Mapped[int | None] = mapped_column(Cents)
    income_pay_count: Mapped[int]
    income_frequency: Mapped[str | None]  # weekly, biweekly, semi-monthly, monthly, irregular
    income_median_gap_days: Mapped[Decimal | None] = mapped_column(Numeric(6, 1))  # over 180 days, in every window
    income_variability_ratio: Mapped[Decimal | None] = mapped_column(Ratio)
    income_bonus_count: Mapped[int]
    income_bonus_cents: Mapped[int] = mapped_column(Cents)
    income_last_pay_cents: Mapped[int | None] = mapped_column(Cents)
    income_last_pay_on: Mapped[date | None]
    income_checking_balance_cents: Mapped[int | None] = mapped_column(Cents)
    income_buffer_months: Mapped[Decimal | None] = mapped_column(Ratio)
    income_checking_account_ids: Mapped[list[str]] = mapped_column(Ids)
    income_transaction_ids: Mapped[list[str]] = mapped_column(Ids)

    # fees
    fee_count: Mapped[int]
    fee_cents: Mapped[int] = mapped_column(Cents)
    fee_overdraft_count: Mapped[int]
    fee_nsf_count: Mapped[int]
    fee_late_count: Mapped[int]
    fee_atm_count: Mapped[int]
    fee_foreign_count: Mapped[int]
    fee_transaction_ids: Mapped[list[str]] = mapped_column(Ids)


class CardSignals(Base):
    """One credit card as it stands: the same in every window but for the interest."""

    __tablename__ = "card_signals"
    __table_args__ = ({"postgresql_with": {"fillfactor": "80"}},)

    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.user_id", ondelete="CASCADE"), primary_key=True)
    account_id: Mapped[str] = mapped_column(String(collation="C"), primary_key=True)
    balance_cents: Mapped[int | None] = mapped_column(Cents)
    limit_cents: Mapped[int | None] = mapped_column(Cents)
    utilization_ratio: Mapped[Decimal | None] = mapped_column(Ratio)
    utilization_flag_percent: Mapped[int | None] = mapped_column(SmallInteger)  # 0, 30, 50 or 80
    is_minimum_payment_only: Mapped[bool | None]
    is_overdue: Mapped[bool | None]
    apr_percent: Mapped[Decimal | None] = mapped_column(Numeric(9, 4))
    last_payment_cents: Mapped[int | None] = mapped_column(Cents)
    minimum_payment_cents: Mapped[int | None] = mapped_column(Cents)
    next_payment_due_on: Mapped[date | None]
    interest_30_cents: Mapped[int] = mapped_column(Cents)
    interest_90_cents: Mapped[int] = mapped_column(Cents)
    interest_180_cents: Mapped[int] = mapped_column(Cents)


class Persona(Base):
    """The persona of one person and window as it stands, with every criterion, its value and threshold."""

    __tablename__ = "personas"

    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.user_id", ondelete="CASCADE"), primary_key=True)
    window_days: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    persona: Mapped[str | None]  # None: too little is known yet
    reason: Mapped[str]  # "criteria", "none_of_the_criteria", "insufficient_history"
    criteria: Mapped[list[Any]] = mapped_column(JSONB)
    rulebook_version: Mapped[str]
    as_of: Mapped[date]  # the day on which this was decided or last changed


class PersonaChange(Base):
    """The history of a person's personas: a row for each change."""

    __tablename__ = "persona_history"

    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.user_id", ondelete="CASCADE"), primary_key=True)
    change_id: Mapped[uuid.UUID] = mapped_column(primary_key=True, server_default=text("gen_random_uuid()"))
    window_days: Mapped[int] = mapped_column(SmallInteger)
    previous_persona: Mapped[str | None]
    persona: Mapped[str | None]
    reason: Mapped[str]
    criteria: Mapped[list[Any]] = mapped_column(JSONB)
    rulebook_version: Mapped[str]
    as_of: Mapped[date]
    changed_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))


# For the list of people by persona, and how many have which: the rows themselves are wide by their criteria.
Index("ix_personas_persona", Persona.window_days, Persona.persona, Persona.user_id)
Index(
    "ix_persona_history_changed",  # for the list of people by their last change
    PersonaChange.window_days,
    PersonaChange.changed_at,
    PersonaChange.user_id,
    PersonaChange.change_id,
)
