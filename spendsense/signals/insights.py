"""A person's money over one window as charts: each one statement, and each in step with the stored signals.

The charts are of the day for which the person was last measured, in the currency in which they are analysed.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import groupby
from operator import itemgetter
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from spendsense.errors import NotFound
from spendsense.signals.read import load as load_signals
from spendsense.signals.types import UserSignals
from spendsense.store.models import Progress, User
from spendsense.store.session import raw_cursor
from spendsense.store.sql import load

Chart = TypeVar("Chart")


@dataclass(frozen=True, slots=True)
class CategorySpending:
    """What went to one of Plaid's primary categories, refunds taken off; None: what has no category."""

    category: str | None
    cents: int
    refund_cents: int
    row_count: int


@dataclass(frozen=True, slots=True)
class UtilizationPoint:
    """How much of a card's limit was used on a day on which it was seen, until the next such day."""

    on: date
    balance_cents: int | None
    limit_cents: int | None
    utilization_ratio: Decimal | None


@dataclass(frozen=True, slots=True)
class CardUtilization:
    """A card's use over the window, by day."""

    account_id: str
    name: str
    mask: str | None
    points: tuple[UtilizationPoint, ...]


@dataclass(frozen=True, slots=True)
class PriceStep:
    """A subscription's price from one charge to the next."""

    on: date
    old_cents: int
    new_cents: int


@dataclass(frozen=True, slots=True)
class Subscription:
    """An active subscription, with the price changes of the window and the day on which the next charge is expected."""

    stream_id: UUID
    name: str
    cadence: str
    last_amount_cents: int
    monthly_cents: int
    last_on: date
    next_on: date
    price_changes: tuple[PriceStep, ...]


@dataclass(frozen=True, slots=True)
class IncomeDay:
    """What came in on one day: pay, or else interest and dividends."""

    on: date
    is_pay: bool
    cents: int
    row_count: int


@dataclass(frozen=True, slots=True)
class Summary:
    """The window in a few figures. A month is 30 days; None where fewer have been seen."""

    days_seen: int
    income_cents: int
    spending_cents: int
    net_cents: int
    refund_cents: int
    income_monthly_cents: int | None
    spending_monthly_cents: int | None
    subscription_count: int
    subscription_monthly_cents: int
    savings_net_inflow_cents: int | None
    utilization_ratio: Decimal | None
    fee_cents: int
    interest_cents: int


@dataclass(frozen=True, slots=True)
class Insights:
    """All charts of one window. `summary` is None, and the charts are empty, before the person was measured."""

    window_days: int
    as_of: date | None
    currency: str | None
    is_up_to_date: bool
    summary: Summary | None
    spending: tuple[CategorySpending, ...]
    utilization: tuple[CardUtilization, ...]
    subscriptions: tuple[Subscription, ...]
    income: tuple[IncomeDay, ...]


def insights(session: Session, user_id: UUID, window_days: int) -> Insights:
    """The charts of a window of 30, 90 or 180 days. `is_up_to_date` is False while newer rows wait to be measured.

    Raises NotFound for a person who is not there any more.
    """
    progress = select(Progress.measured_as_of, Progress.measured_data_version, User.data_version).join(User)
    found = session.execute(progress.where(User.user_id == user_id)).one_or_none()
    if found is None:
        raise NotFound("There is no such person any more.")
    as_of, measured, current = found
    signals = load_signals(session, [user_id], [window_days]).get((user_id, window_days))
    if as_of is None or signals is None:
        return Insights(window_days, None, None, False, None, (), (), (), ())

    def chart(name: str, draw: Callable[[Iterable[tuple[Any, ...]]], tuple[Chart, ...]]) -> tuple[Chart, ...]:
        with raw_cursor(session) as cursor:
            parameters = {
                "user_id": str(user_id),
                "as_of": as_of,
                "window_days": window_days,
                "account_ids": list(signals.credit.account_ids),
                "stream_ids": list(signals.subscriptions.stream_ids),
                "transaction_ids": list(signals.income.transaction_ids),
            }
            cursor.execute(load("spendsense.signals", f"insight_{name}.sql"), parameters)
            return draw(cursor)

    return Insights(
        window_days=window_days,
        as_of=as_of,
        currency=signals.coverage.currency,
        is_up_to_date=measured == current,
        summary=_summary(signals),
        spending=chart("spending", lambda rows: tuple(CategorySpending(*row) for row in rows)),
        utilization=chart("utilization", _cards),
        subscriptions=chart("subscriptions", lambda rows: tuple(map(_subscription, rows))),
        income=chart("income", lambda rows: tuple(IncomeDay(*row) for row in rows)),
    )


def _summary(signals: UserSignals) -> Summary:
    return Summary(
        days_seen=signals.coverage.days_seen,
        income_cents=signals.income.cents,
        spending_cents=signals.spending.cents,
        net_cents=signals.income.cents - signals.spending.cents,
        refund_cents=signals.spending.refund_cents,
        income_monthly_cents=signals.income.monthly_cents,
        spending_monthly_cents=signals.spending.monthly_cents,
        subscription_count=signals.subscriptions.count,
        subscription_monthly_cents=signals.subscriptions.monthly_cents,
        savings_net_inflow_cents=signals.savings.net_inflow_cents,
        utilization_ratio=signals.credit.total_utilization_ratio,
        fee_cents=signals.fees.cents,
        interest_cents=signals.credit.interest_cents,
    )


def _cards(rows: Iterable[tuple[Any, ...]]) -> tuple[CardUtilization, ...]:
    """`rows` by card and day, as insight_utilization.sql gives them."""
    return tuple(
        CardUtilization(account_id, name, mask, tuple(UtilizationPoint(*row[3:]) for row in seen if row[3] is not None))
        for (account_id, name, mask), seen in groupby(rows, key=itemgetter(0, 1, 2))
    )


def _subscription(row: tuple[Any, ...]) -> Subscription:
    """`row` as insight_subscriptions.sql gives it."""
    stream_id, *plain, changes = row
    steps = (PriceStep(date.fromisoformat(one["on"]), one["old_cents"], one["new_cents"]) for one in changes)
    values: list[Any] = [UUID(stream_id), *plain, tuple(steps)]
    return Subscription(*values)
