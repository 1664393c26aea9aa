"""Signals built by hand: everything known and quiet, but for what a test sets."""

import dataclasses
from dataclasses import fields
from decimal import Decimal
from typing import Any

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


def make_card(account_id: str = "acc-card", **changes: Any) -> Card:
    """A card at 10 % of a limit of 5,000.00, with no interest, nothing overdue."""
    values: dict[str, Any] = dict.fromkeys(field.name for field in fields(Card))
    values |= {"account_id": account_id, "name": "Visa", "mask": "4523", "balance_cents": 50_000}
    values |= {"limit_cents": 500_000, "utilization_ratio": Decimal("0.1000"), "interest_cents": 0}
    return Card(**(values | changes))


def make_signals(changes: dict[str, Any] | None = None, **more: Any) -> UserSignals:
    """A person on whom no persona's criteria hold, over 90 days; `changes` by dotted name, `cards` and `window_days`."""
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
