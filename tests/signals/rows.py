"""Small builders that write a person's rows as ingest would, and read back what was measured.

Days are given as dates or as `2026-01-05`; money as hundredths. A builder returns the id of what it wrote.
"""

from collections import defaultdict
from collections.abc import Iterator
from datetime import date, timedelta
from itertools import count
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from spendsense.plaid.kinds import base_kind, is_transfer_like
from spendsense.plaid.merchants import counterparty
from spendsense.plaid.purposes import purpose_of
from spendsense.signals.compute import measure
from spendsense.signals.read import load
from spendsense.signals.types import UserSignals
from spendsense.store.kinds import SAVINGS_SUBTYPES, Kind
from spendsense.store.models import Account, Balance, Liability, MerchantFlag, Progress, Stream, Transaction, User

AS_OF = date(2026, 6, 30)
PRIMARIES = (
    "BANK_FEES",
    "ENTERTAINMENT",
    "FOOD_AND_DRINK",
    "GENERAL_MERCHANDISE",
    "INCOME",
    "LOAN_DISBURSEMENTS",
    "LOAN_PAYMENTS",
    "RENT_AND_UTILITIES",
    "TRANSFER_IN",
    "TRANSFER_OUT",
)
TV = "ENTERTAINMENT_TV_AND_MOVIES"
WAGES = "INCOME_WAGES"

Day = date | str

_numbers: dict[UUID, Iterator[int]] = defaultdict(lambda: count(1))  # of each person: ids that two people share


def day(value: Day) -> date:
    """The day itself, or the one written as `2026-01-05`."""
    return date.fromisoformat(value) if isinstance(value, str) else value


def ago(days: int) -> date:
    """The day that many days before AS_OF."""
    return AS_OF - timedelta(days=days)


def person(session: Session, email: str = "ana@example.com") -> UUID:
    """A person with one account, `checking`, in dollars, and nothing on it."""
    user = User(email=email, data_version=1)
    session.add(user)
    session.flush()
    session.add(Progress(user_id=user.user_id))
    session.flush()
    account(session, user.user_id, "checking")
    return user.user_id


def account(
    session: Session,
    user_id: UUID,
    account_id: str,
    kind: str = "depository",
    subtype: str | None = "checking",
    currency: str | None = "USD",
) -> str:
    """One account without a balance."""
    session.add(
        Account(user_id=user_id, account_id=account_id, name=account_id, type=kind, subtype=subtype, currency=currency)
    )
    _revise(session, user_id)
    return account_id


def savings(session: Session, user_id: UUID, cents: int | None, account_id: str = "savings", **more: Any) -> str:
    """A savings account that held this on AS_OF."""
    account(session, user_id, account_id, subtype=more.pop("subtype", "savings"), **more)
    balance(session, user_id, account_id, AS_OF, cents)
    return account_id


def card(
    session: Session, user_id: UUID, cents: int | None, limit: int | None, account_id: str = "visa", **more: Any
) -> str:
    """A credit card that on AS_OF owed this, of this limit."""
    account(session, user_id, account_id, "credit", "credit card", **more)
    balance(session, user_id, account_id, AS_OF, cents, limit)
    return account_id


def balance(
    session: Session, user_id: UUID, account_id: str, observed_on: Day, cents: int | None, limit: int | None = None
) -> None:
    """What the account held on that day."""
    session.add(
        Balance(
            user_id=user_id,
            account_id=account_id,
            observed_on=day(observed_on),
            current_cents=cents,
            limit_cents=limit,
        )
    )
    _revise(session, user_id)


def liability(session: Session, user_id: UUID, account_id: str = "visa", **columns: Any) -> None:
    """What the bank reported of a card's debt."""
    session.add(Liability(user_id=user_id, account_id=account_id, kind="credit", **columns))
    _revise(session, user_id)


def row(
    session: Session,
    user_id: UUID,
    on: Day,
    cents: int,
    name: str,
    *,
    category: str | None = None,
    account: str = "checking",
    currency: str | None = None,
    pending: bool = False,
    transaction_id: str | None = None,
    merchant_entity_id: str | None = None,
) -> str:
    """One transaction; positive is money out. `category` is Plaid's detailed one."""
    transaction_id = transaction_id or f"tx-{next(_numbers[user_id]):06d}"
    where = session.get_one(Account, (user_id, account))
    primary = next((one for one in PRIMARIES if (category or "").startswith(one)), None)
    kind = base_kind(where.type, primary, category, name, cents < 0)
    session.add(
        Transaction(
            user_id=user_id,
            transaction_id=transaction_id,
            account_id=account,
            date=day(on),
            amount_cents=cents,
            currency=currency or where.currency or "USD",
            name=name,
            category_primary=primary,
            category_detailed=category,
            pending=pending,
            is_revised=False,
            counterparty_key=counterparty(merchant_entity_id, None, name).key,
            merchant_entity_id=merchant_entity_id,
            is_transfer_like=is_transfer_like(primary, category, name),
            on_savings=where.type == "depository" and where.subtype in SAVINGS_SUBTYPES,
            base_kind=kind,
            purpose=purpose_of(primary, category, None, name, cents < 0),
            kind=kind,
        )
    )
    _revise(session, user_id)
    return transaction_id


def spend(session: Session, user_id: UUID, on: Day, cents: int, merchant: str = "Corner Shop", **more: Any) -> str:
    """Money out to a merchant."""
    return row(session, user_id, on, cents, merchant, **more)


def receive(session: Session, user_id: UUID, on: Day, cents: int, name: str = "Anna", **more: Any) -> str:
    """Money in; `cents` is positive."""
    return row(session, user_id, on, -cents, name, **more)


def charge(
    session: Session, user_id: UUID, days: list[Day], *cents: int, merchant: str = "Netflix", **more: Any
) -> None:
    """One charge a day at one merchant; the last amount holds for all days that follow."""
    for place, on in enumerate(days):
        spend(session, user_id, on, cents[min(place, len(cents) - 1)], merchant, **{"category": TV} | more)


def pay(session: Session, user_id: UUID, days: list[Day], *cents: int, name: str = "Acme Payroll", **more: Any) -> None:
    """One payment of wages a day; the last amount holds for all days that follow."""
    for place, on in enumerate(days):
        receive(session, user_id, on, cents[min(place, len(cents) - 1)], name, **{"category": WAGES} | more)


def by_gaps(first: Day, *gaps: int) -> list[Day]:
    """The first day and those that follow at these gaps, in days."""
    days: list[Day] = [day(first)]
    for gap in gaps:
        days.append(day(days[-1]) + timedelta(days=gap))
    return days


def measured(session: Session, user_id: UUID, as_of: Day = AS_OF) -> dict[int, UserSignals]:
    """The signals on that day, by window in days."""
    measure(session, [user_id], day(as_of))
    return {window: signals for (_, window), signals in load(session, [user_id]).items()}


def kind_of(session: Session, user_id: UUID, transaction_id: str) -> Kind:
    """What the row counts as, as last measured."""
    return Kind(session.get_one(Transaction, (user_id, transaction_id)).kind)


def streams(session: Session, user_id: UUID) -> list[Stream]:
    """The stored streams, by name."""
    return list(session.scalars(select(Stream).where(Stream.user_id == user_id).order_by(Stream.name)))


def cadences(session: Session, user_id: UUID) -> list[str]:
    """The cadences of the stored streams, by the streams' names."""
    return [stream.cadence for stream in streams(session, user_id)]


def flags(session: Session, user_id: UUID) -> list[MerchantFlag]:
    """The stored simple flags, by name."""
    return list(
        session.scalars(select(MerchantFlag).where(MerchantFlag.user_id == user_id).order_by(MerchantFlag.name))
    )


def _revise(session: Session, user_id: UUID) -> None:
    """Counts one more change of the person's data, as each ingest does."""
    session.flush()
    session.get_one(User, user_id).data_version += 1
