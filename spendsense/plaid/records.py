"""What a payload holds once it is typed and checked: money in cents, dates as dates, texts that can be stored.

Structs rather than dataclasses: a payload holds up to millions of them, and msgspec makes them five times as fast.
"""

import datetime as dt
from datetime import date
from decimal import Decimal

from msgspec import Struct

from spendsense.errors import FieldError

LISTED = 100  # rejects, and notes, that are kept of one payload; the others are counted


class AccountRecord(Struct, frozen=True, gc=False):
    """One account with its balance as observed on `observed_on`, all in Plaid's words."""

    place: str  # where it stands in the payload: a JSON pointer, or "line 3" of a CSV
    account_id: str
    item_id: str | None
    name: str | None
    official_name: str | None
    mask: str | None
    type: str  # depository, credit, loan, investment or other
    subtype: str | None
    currency: str | None
    observed_on: date
    current_cents: int | None
    available_cents: int | None
    limit_cents: int | None
    observed_at: dt.datetime | None = None  # where the bank gave the time too
    is_dated: bool = True  # the bank gave the day; else it is the day on which the payload came

    @property
    def has_balance(self) -> bool:
        """At least one figure is known: an account without any is no observation."""
        return not (self.current_cents is None and self.available_cents is None and self.limit_cents is None)


class LiabilityRecord(Struct, frozen=True, gc=False):
    """What is owed on one card, mortgage or student loan."""

    place: str
    account_id: str
    kind: str  # credit, mortgage or student
    apr_percent: Decimal | None = None
    is_overdue: bool | None = None
    last_payment_cents: int | None = None
    last_payment_on: date | None = None
    last_statement_balance_cents: int | None = None
    last_statement_on: date | None = None
    minimum_payment_cents: int | None = None
    next_payment_due_on: date | None = None
    past_due_cents: int | None = None


class TransactionRecord(Struct, frozen=True, gc=False):
    """One movement by Plaid's sign: a positive amount is money out."""

    place: str
    transaction_id: str
    account_id: str
    date: dt.date
    authorized_date: dt.date | None
    amount_cents: int
    currency: str | None  # None: the account's, or USD
    name: str
    merchant_name: str | None
    merchant_entity_id: str | None
    payment_channel: str | None
    category_primary: str | None
    category_detailed: str | None
    pending: bool | None  # None: a CSV that has no column for it
    pending_transaction_id: str | None
    is_revised: bool  # came as `modified` or in a snapshot, and so replaces what an `added` page said
    is_partial: bool  # of a CSV, which has no column for some fields: what it leaves out says nothing
    counterparty_key: int | None


class Item(Struct, frozen=True):
    """The bank connection that a payload names."""

    item_id: str
    institution_id: str | None


class Batch(Struct, frozen=True):
    """One payload, parsed: the good records, and the bad ones with their places and the reasons.

    No two records of a list carry the same id. `superseded` are the pending ids that posted records name, those of
    records included that a later part of the payload replaced.
    """

    accounts: tuple[AccountRecord, ...] = ()
    liabilities: tuple[LiabilityRecord, ...] = ()
    transactions: tuple[TransactionRecord, ...] = ()
    removed: tuple[str, ...] = ()
    superseded: tuple[str, ...] = ()
    item: Item | None = None
    rejected: tuple[FieldError, ...] = ()  # the first 100
    further_rejects: int = 0  # how many more there are
    notes: tuple[str, ...] = ()
