"""Subscriptions: how many, what they cost a month, and their share of spending."""

from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy.orm import Session

from spendsense.store.models import Stream
from tests.signals.rows import AS_OF, Day, ago, by_gaps, charge, measured, pay, person, receive, spend, streams

SEMI_MONTHLY: list[Day] = ["2026-05-01", "2026-05-15", "2026-06-01", "2026-06-15"]


@pytest.mark.parametrize(
    ("days", "cents", "monthly_cents"),
    [
        (by_gaps("2026-06-10", 7, 7), 1_000, 4_333),  # x 52/12 = 4,333.3
        (by_gaps("2026-06-10", 7, 7), 1_002, 4_342),  # exactly 4,342
        (by_gaps("2026-05-20", 14, 14), 1_000, 2_166),  # x 26/12 = 2,166.7
        (by_gaps("2026-05-20", 14, 14), 1_002, 2_171),  # exactly 2,171
        (SEMI_MONTHLY, 1_001, 2_002),
        (["2026-04-10", "2026-05-10", "2026-06-10"], 1_001, 1_001),
    ],
)
def test_what_a_stream_costs_a_month(session: Session, days: list[Day], cents: int, monthly_cents: int) -> None:
    ana = person(session)
    charge(session, ana, days, cents)
    for signals in measured(session, ana).values():
        assert (signals.subscriptions.count, signals.subscriptions.monthly_cents) == (1, monthly_cents)


def test_they_are_summed_in_twelfths_and_floored_once(session: Session) -> None:
    ana = person(session)
    charge(session, ana, by_gaps("2026-06-10", 7, 7), 1_000, merchant="Netflix")  # 4,333 1/3
    charge(session, ana, by_gaps("2026-05-20", 14, 14), 1_000, merchant="Hulu")  # 2,166 2/3
    subscriptions = measured(session, ana)[30].subscriptions
    assert (subscriptions.count, subscriptions.monthly_cents) == (2, 6_500)


@pytest.mark.parametrize(("cadence", "monthly_cents"), [("QUARTERLY", 333), ("ANNUALLY", 83)])
def test_rarer_streams_cost_a_third_and_a_twelfth(session: Session, cadence: str, monthly_cents: int) -> None:
    ana = person(session)
    measured(session, ana)
    stored_stream(session, ana, cadence=cadence, last_amount_cents=1_000)
    assert measured(session, ana)[30].subscriptions.monthly_cents == monthly_cents  # 333.3 and 83.3


@pytest.mark.parametrize(
    "change", [{"is_early": True}, {"kind": "bill"}, {"kind": "transfer"}, {"direction": "inflow"}, {"lapse_on": AS_OF}]
)
def test_other_streams_do_not_count(session: Session, change: dict[str, Any]) -> None:
    ana = person(session)
    measured(session, ana)
    stored_stream(session, ana)
    assert measured(session, ana)[30].subscriptions.count == 1
    stored_stream(session, ana, counterparty_key=2, **change)
    assert measured(session, ana)[30].subscriptions.count == 1


def test_two_plans_of_one_counterparty_are_one_subscription(session: Session) -> None:
    ana = person(session)
    measured(session, ana)
    stored_stream(session, ana, last_amount_cents=1_000)
    stored_stream(session, ana, last_amount_cents=500, plan=1)
    subscriptions = measured(session, ana)[30].subscriptions
    assert (subscriptions.count, subscriptions.monthly_cents, len(subscriptions.stream_ids)) == (1, 1_500, 2)


def test_bills_and_income_are_no_subscriptions(session: Session) -> None:
    ana = person(session)
    days: list[Day] = ["2026-04-10", "2026-05-10", "2026-06-10"]
    charge(session, ana, days, 1_599)
    charge(session, ana, days, 90_000, merchant="Landlord", category="RENT_AND_UTILITIES_RENT")
    charge(session, ana, days, 20_000, merchant="Car Bank", category="LOAN_PAYMENTS_CAR_PAYMENT")
    pay(session, ana, days, 300_000)
    subscriptions = measured(session, ana)[90].subscriptions
    assert (subscriptions.count, subscriptions.monthly_cents) == (1, 1_599)
    netflix = next(stream for stream in streams(session, ana) if stream.name == "Netflix")
    assert subscriptions.stream_ids == (str(netflix.stream_id),)
    assert len(streams(session, ana)) == 4


@pytest.mark.parametrize(
    ("elsewhere", "share"),
    [
        (8_999, "0.1000"),  # 1,000 / 9,999 = 0.10001
        (9_000, "0.1000"),  # 1,000 / 10,000: exactly a tenth
        (9_001, "0.0999"),  # 1,000 / 10,001 = 0.09999
    ],
)
def test_share_of_spending(session: Session, elsewhere: int, share: str) -> None:
    ana = person(session)
    charge(session, ana, [ago(60), ago(30), ago(0)], 1_000)  # the last alone lies in the window of 30 days
    spend(session, ana, ago(1), elsewhere)
    assert measured(session, ana)[30].subscriptions.share_ratio == Decimal(share)


def test_share_is_of_the_days_that_were_seen(session: Session) -> None:
    ana = person(session)
    charge(session, ana, [ago(60), ago(30), ago(0)], 1_000)
    spend(session, ana, ago(1), 27_000)
    signals = measured(session, ana)
    # 61 days seen, 30,000 spent: 30,000 x 30 / 61 = 14,754.1 a month; 1,000 / 14,754.1 = 0.06777…
    assert [signals[window].subscriptions.share_ratio for window in (90, 180)] == [Decimal("0.0677")] * 2


@pytest.mark.parametrize(
    ("first", "share"),
    [
        (28, None),  # 29 days seen
        (29, Decimal("0.7222")),  # 30 days: 5,000 + 1,000 spent; 1,000 x 52/12 = 4,333.33; / 6,000 = 0.72222
    ],
)
def test_share_is_unknown_before_a_month_was_seen(session: Session, first: int, share: Decimal | None) -> None:
    ana = person(session)
    charge(session, ana, [ago(28), ago(21), ago(14), ago(7), ago(0)], 1_000)
    spend(session, ana, ago(first), 1_000)
    subscriptions = measured(session, ana)[30].subscriptions
    assert subscriptions.share_ratio == share
    assert subscriptions.monthly_cents == 4_333


@pytest.mark.parametrize(("back", "share"), [(999, Decimal("1000.0000")), (1_000, None), (1_500, None)])
def test_share_of_nothing_is_unknown(session: Session, back: int, share: Decimal | None) -> None:
    ana = person(session)
    spend(session, ana, ago(80), 2_000, "Shoe House")
    charge(session, ana, [ago(60), ago(30), ago(0)], 1_000)
    receive(session, ana, ago(5), back, "Shoe House")  # spending of the month: 1,000 less this
    assert measured(session, ana)[30].subscriptions.share_ratio == share


def test_nobody_has_none(session: Session) -> None:
    ana = person(session)
    spend(session, ana, ago(29), 1_000)
    subscriptions = measured(session, ana)[30].subscriptions
    assert (subscriptions.count, subscriptions.monthly_cents, subscriptions.stream_ids) == (0, 0, ())
    assert subscriptions.share_ratio == 0


def stored_stream(session: Session, user_id: UUID, **changes: Any) -> None:
    """A monthly subscription of 10.00 as if it had been found, that lapses the day after AS_OF."""
    values: dict[str, Any] = {
        "counterparty_key": 1,
        "direction": "outflow",
        "plan": 0,
        "account_id": "checking",
        "name": "Netflix",
        "kind": "subscription",
        "is_income_by_rhythm": False,
        "cadence": "MONTHLY",
        "is_early": False,
        "currency": "USD",
        "typical_amount_cents": 1_000,
        "last_amount_cents": 1_000,
        "first_on": date(2026, 1, 1),
        "last_on": date(2026, 6, 1),
        "next_on": date(2026, 7, 1),
        "lapse_on": ago(-1),
        "transaction_ids": [],
    }
    session.add(Stream(user_id=user_id, **(values | changes)))
    session.flush()
