"""Signals built by hand, as values and as rows: everything known and quiet, but for what a test sets."""

import dataclasses
import uuid
from dataclasses import fields
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy.orm import Session

from spendsense.signals.types import (
    GROUPS,
    Card,
    Coverage,
    CreditSignals,
    FeeSignals,
    IncomeSignals,
    SavingsSignals,
    SpendingSignals,
    SubscriptionSignals,
    UserSignals,
)
from spendsense.store.models import Account, Balance, CardSignals, Progress, User, WindowSignals


def make_card(account_id: str = "acc-card", **changes: Any) -> Card:
    """A card at 10 % of a limit of 5,000.00, with no interest, nothing overdue."""
    values: dict[str, Any] = dict.fromkeys(field.name for field in fields(Card))
    values |= {"account_id": account_id, "name": "Visa", "mask": "4523", "balance_cents": 50_000}
    values |= {"limit_cents": 500_000, "utilization_ratio": Decimal("0.1000"), "interest_cents": 0}
    return Card(**(values | changes))


def make_signals(changes: dict[str, Any] | None = None, **more: Any) -> UserSignals:
    """A person on whom no persona's criteria hold, over 90 days; `changes` by dotted name; `cards`."""
    signals = UserSignals(
        window_days=90,
        coverage=Coverage("USD", None, 90, 120, 0, 0, 0, 0, 0),
        spending=SpendingSignals(cents=600_000, refund_cents=0, monthly_cents=200_000),
        subscriptions=SubscriptionSignals(0, 0, Decimal("0.0000"), 0, ()),
        credit=CreditSignals(0, 0, None, None, None, None, 0, None, None, None, (), ()),
        savings=SavingsSignals(0, None, None, None, None, None, None, None, ()),
        income=IncomeSignals(
            900_000, 300_000, 6, "biweekly", Decimal("14.0"), Decimal("0.0100"), 0, 0, 150_000, None,
            400_000, Decimal("2.0000"), ("acc-checking",), (),
        ),
        fees=FeeSignals(0, 0, 0, 0, 0, 0, 0, ()),
        cards=(),
    )  # fmt: skip
    groups: dict[str, dict[str, Any]] = {group: {} for group in GROUPS}
    for name, value in (changes or {}).items():
        group, field = name.split(".")
        groups[group][field] = value
    replaced = {group: dataclasses.replace(getattr(signals, group), **values) for group, values in groups.items()}
    return dataclasses.replace(signals, **replaced, **more)


def store_person(
    session: Session,
    email: str,
    signals: UserSignals,
    at: datetime,
    *,
    offers: bool = False,
    windows: tuple[int, ...] = (30, 90, 180),
) -> uuid.UUID:
    """A person who agreed to the analysis at `at`, with these signals stored for each of the windows.

    Whoever agreed to offers has a checking account too, with a balance of that day: offers ask how old the data is.
    """
    until = at + timedelta(days=365)
    user = User(email=email, analysis_until=until, offers_until=until if offers else None, consent_version=1)
    session.add(user)
    session.flush()
    session.add(Progress(user_id=user.user_id, signals_version=1))
    session.flush()
    if offers:
        store_checking(session, user.user_id, at.date())
    store_signals(session, user.user_id, signals, windows)
    return user.user_id


def store_checking(session: Session, user_id: uuid.UUID, on: date) -> None:
    """A checking account with a balance as of that day."""
    session.add(
        Account(user_id=user_id, account_id="acc-checking", type="depository", subtype="checking", name="Checking")
    )
    session.flush()
    session.add(Balance(user_id=user_id, account_id="acc-checking", observed_on=on, current_cents=400_000))
    session.flush()


def store_signals(session: Session, user_id: uuid.UUID, signals: UserSignals, windows: tuple[int, ...]) -> None:
    """Puts the signals in place of what is stored, as the signals job would: the version goes up by one."""
    columns = {
        prefix + field.name: getattr(getattr(signals, group), field.name)
        for group, (cls, prefix) in GROUPS.items()
        for field in fields(cls)
    }
    columns = {name: list(value) if isinstance(value, tuple) else value for name, value in columns.items()}
    for window_days in windows:
        session.merge(WindowSignals(user_id=user_id, window_days=window_days, **columns))
    for card in signals.cards:
        values = dataclasses.asdict(card)
        session.merge(
            Account(
                user_id=user_id,
                account_id=card.account_id,
                type="credit",
                name=values.pop("name"),
                mask=values.pop("mask"),
            )
        )
        interest = values.pop("interest_cents")
        values |= {f"interest_{days}_cents": interest for days in (30, 90, 180)}
        session.flush()
        session.merge(CardSignals(user_id=user_id, **values))
    progress = session.get_one(Progress, user_id)
    session.refresh(progress)
    progress.signals_version += 1
    session.flush()
    session.expire_all()
