"""Bank data in Plaid's words. Money is in hundredths; a transaction's sign is Plaid's: positive is money out."""

import datetime as dt
import uuid
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    DateTime,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Numeric,
    SmallInteger,
    String,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from spendsense.store.kinds import EVENT_KINDS
from spendsense.store.session import Base

PlaidId = String(collation="C")  # compared byte by byte: faster, and the same order on every machine


class Item(Base):
    """One connection to a bank, as Plaid counts them. The cursor of a sync is the puller's, not kept here."""

    __tablename__ = "items"

    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.user_id", ondelete="CASCADE"), primary_key=True)
    item_id: Mapped[str] = mapped_column(PlaidId, primary_key=True)
    institution_id: Mapped[str | None]


class Account(Base):
    """One account. Its balances are dated observations, kept apart."""

    __tablename__ = "accounts"

    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.user_id", ondelete="CASCADE"), primary_key=True)
    account_id: Mapped[str] = mapped_column(PlaidId, primary_key=True)
    item_id: Mapped[str | None] = mapped_column(PlaidId)
    name: Mapped[str]
    official_name: Mapped[str | None]
    mask: Mapped[str | None]
    type: Mapped[str]  # depository, credit, loan, investment, other
    subtype: Mapped[str | None]
    currency: Mapped[str | None]


class Balance(Base):
    """What an account held on a day, as last seen that day. The value on a day is the last one on or before it."""

    __tablename__ = "balances"
    __table_args__ = (
        ForeignKeyConstraint(
            ["user_id", "account_id"], ["accounts.user_id", "accounts.account_id"], ondelete="CASCADE"
        ),
    )

    user_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    account_id: Mapped[str] = mapped_column(PlaidId, primary_key=True)
    observed_on: Mapped[date] = mapped_column(primary_key=True)
    observed_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))  # None: the bank gave no time
    current_cents: Mapped[int | None] = mapped_column(BigInteger)
    available_cents: Mapped[int | None] = mapped_column(BigInteger)
    limit_cents: Mapped[int | None] = mapped_column(BigInteger)


class Liability(Base):
    """What is owed on a card, mortgage or student loan, as last reported."""

    __tablename__ = "liabilities"
    __table_args__ = (
        ForeignKeyConstraint(
            ["user_id", "account_id"], ["accounts.user_id", "accounts.account_id"], ondelete="CASCADE"
        ),
        CheckConstraint("kind IN ('credit', 'mortgage', 'student')", name="kind"),
    )

    user_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    account_id: Mapped[str] = mapped_column(PlaidId, primary_key=True)
    kind: Mapped[str]
    apr_percent: Mapped[Decimal | None] = mapped_column(Numeric(9, 4))  # a card's purchase APR, a loan's rate
    is_overdue: Mapped[bool | None]
    last_payment_cents: Mapped[int | None] = mapped_column(BigInteger)
    last_payment_on: Mapped[date | None]
    last_statement_balance_cents: Mapped[int | None] = mapped_column(BigInteger)
    last_statement_on: Mapped[date | None]
    minimum_payment_cents: Mapped[int | None] = mapped_column(BigInteger)
    next_payment_due_on: Mapped[date | None]
    past_due_cents: Mapped[int | None] = mapped_column(BigInteger)


class Transaction(Base):
    """One movement. `kind` and `counterparty_key` are set at ingest, so that windows are summed from an index alone."""

    __tablename__ = "transactions"
    __table_args__ = (
        ForeignKeyConstraint(
            ["user_id", "account_id"], ["accounts.user_id", "accounts.account_id"], ondelete="CASCADE"
        ),
    )

    user_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    transaction_id: Mapped[str] = mapped_column(PlaidId, primary_key=True)
    account_id: Mapped[str] = mapped_column(PlaidId)
    date: Mapped[dt.date]
    authorized_date: Mapped[dt.date | None]
    amount_cents: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str]
    name: Mapped[str]
    merchant_name: Mapped[str | None]
    merchant_entity_id: Mapped[str | None]
    payment_channel: Mapped[str | None]
    category_primary: Mapped[str | None]  # Plaid's personal_finance_category
    category_detailed: Mapped[str | None]
    pending: Mapped[bool]
    pending_transaction_id: Mapped[str | None] = mapped_column(PlaidId)
    # Came as `modified` or in a snapshot: an `added` page that arrives late does not replace it.
    is_revised: Mapped[bool]
    # Known from CSVs alone, which have no column for some fields: a full row that comes late fills it.
    is_partial: Mapped[bool] = mapped_column(server_default=text("false"))
    is_pending_assumed: Mapped[bool] = mapped_column(server_default=text("false"))  # nothing said it
    is_currency_assumed: Mapped[bool] = mapped_column(server_default=text("false"))  # none came: the account's
    # None: the row names nobody. Odd: the name says nothing (TRANSFER), so that it may be several counterparties.
    counterparty_key: Mapped[int | None] = mapped_column(BigInteger)
    is_transfer_like: Mapped[bool]  # a transfer or payment by category or name: one side of an own transfer may be that
    purpose: Mapped[int] = mapped_column(SmallInteger, server_default="0")  # store.kinds.Purpose
    on_savings: Mapped[bool]  # on a savings, money market, CD, HSA or cash management account
    base_kind: Mapped[int] = mapped_column(SmallInteger)  # store.kinds.Kind
    kind: Mapped[int] = mapped_column(SmallInteger)


Index(
    "ix_transactions_flow",
    Transaction.user_id,
    Transaction.kind,
    Transaction.date,
    postgresql_include=["amount_cents"],
)
# In the order in which streams are looked for: each direction of a counterparty, amount by amount. It holds all that is
# read then, the ids too: they make it a third larger, and a rebuild reads no row of the table.
Index(
    "ix_transactions_stream",
    Transaction.user_id,
    Transaction.counterparty_key,
    text("(amount_cents < 0)"),
    Transaction.amount_cents,
    Transaction.date,
    postgresql_include=["kind", "pending", "purpose", "transaction_id"],
    postgresql_where=Transaction.counterparty_key.is_not(None),
)
# In the order in which they are shown, backwards: a page reads its own rows alone, however many years there are.
Index("ix_transactions_day", Transaction.user_id, Transaction.date, Transaction.transaction_id)
Index("ix_transactions_amount", Transaction.user_id, Transaction.amount_cents, Transaction.date)
Index("ix_transactions_currency", Transaction.user_id, Transaction.currency)
Index("ix_transactions_account", Transaction.user_id, Transaction.account_id)  # for an account that is deleted
Index(
    "ix_transactions_events",
    Transaction.user_id,
    Transaction.date,
    postgresql_include=["kind", "amount_cents", "account_id", "transaction_id"],
    postgresql_where=Transaction.kind.in_([int(kind) for kind in EVENT_KINDS]),
)
Index(
    "ix_transactions_savings",
    Transaction.user_id,
    Transaction.date,
    postgresql_include=["amount_cents", "account_id"],
    postgresql_where=text("on_savings"),
)
Index(
    "ix_transactions_pending_transaction_id",
    Transaction.user_id,
    Transaction.pending_transaction_id,
    postgresql_where=Transaction.pending_transaction_id.is_not(None),
)
Index(
    "ix_transactions_partial",
    Transaction.user_id,
    Transaction.transaction_id,
    postgresql_where=text("is_partial"),
)


class Correction(Base):
    """The category that a person gives a transaction, beside the bank's own, which stays in `transactions`.

    It is no part of the row and hangs on its id alone, so that whatever the bank sends later leaves it standing.
    """

    __tablename__ = "corrections"

    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.user_id", ondelete="CASCADE"), primary_key=True)
    transaction_id: Mapped[str] = mapped_column(PlaidId, primary_key=True)
    correction_id: Mapped[uuid.UUID] = mapped_column(server_default=text("gen_random_uuid()"))  # what the audit names
    category_primary: Mapped[str]
    category_detailed: Mapped[str | None]
    corrected_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))


class CounterpartyName(Base):
    """A name that came with a merchant's id: rows that bear the name alone are that merchant's too.

    A name that came with two ids says nothing, and is left alone.
    """

    __tablename__ = "counterparty_names"

    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.user_id", ondelete="CASCADE"), primary_key=True)
    name_key: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    counterparty_key: Mapped[int] = mapped_column(BigInteger, primary_key=True)


class RemovedTransaction(Base):
    """An id that Plaid removed, or that a posted transaction superseded. Ids are not reused: a late page is skipped."""

    __tablename__ = "removed_transactions"

    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.user_id", ondelete="CASCADE"), primary_key=True)
    transaction_id: Mapped[str] = mapped_column(PlaidId, primary_key=True)
    is_superseded: Mapped[bool] = mapped_column(server_default=text("false"))  # named as pending: a posted row is kept


class Upload(Base):
    """One payload that came in: what was taken, and each record that was refused with its place and reason."""

    __tablename__ = "uploads"

    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.user_id", ondelete="CASCADE"), primary_key=True)
    upload_id: Mapped[uuid.UUID] = mapped_column(primary_key=True, server_default=text("gen_random_uuid()"))
    received_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    source: Mapped[str]  # "cli" or "api"
    counts: Mapped[dict[str, Any]] = mapped_column(JSONB)
    rejects: Mapped[list[Any]] = mapped_column(JSONB)  # the first 100: [{"pointer": …, "detail": …}]


Index("ix_uploads_received", Upload.user_id, Upload.received_at)  # when who sent data last, without reading what it was
