"""An old payload that comes again brings neither old debts nor old balances back."""

from collections.abc import Sequence
from itertools import permutations
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from spendsense.store.models import Balance, Liability
from tests.plaid.payloads import account, load, stored


def owed(statement: str | None, payment: str | None = None, **more: Any) -> dict[str, Any]:
    """What is owed on a card, as of a statement and a payment."""
    dates = {"last_statement_issue_date": statement, "last_payment_date": payment}
    return {
        "accounts": [account("card", type="credit", subtype="credit card")],
        "liabilities": {"credit": [{"account_id": "card", **dates, **more}]},
    }


def held(current: float | None, updated_at: str | None, **more: Any) -> dict[str, Any]:
    """A balance as of a moment."""
    return {"accounts": [account(balances={"current": current, "last_updated_datetime": updated_at, **more})]}


def balance(session: Session) -> tuple[int | None, int | None]:
    """Current balance and limit."""
    row = session.scalars(select(Balance)).one()
    session.refresh(row)
    return row.current_cents, row.limit_cents


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (("2026-10-11", "2026-11-01"), ("2026-11-10", "2026-10-01")),
        (("2026-10-11", None), ("2026-11-10", None)),
        (("2026-10-11", "2026-10-12"), ("2026-10-11", "2026-10-13")),
        ((None, "2026-10-12"), (None, "2026-10-13")),
        ((None, "2026-10-12"), ("2026-10-01", "2026-10-13")),
    ],
)
def test_what_was_owed_before_does_not_come_back(
    session: Session, user_id: UUID, before: Sequence[str | None], after: Sequence[str | None]
) -> None:
    old, new = owed(*before, is_overdue=True), owed(*after, is_overdue=False)
    load(session, user_id, old)
    load(session, user_id, new)
    as_of_new = stored(session)["liabilities"]
    assert load(session, user_id, old).changed_rows == 0
    assert stored(session)["liabilities"] == as_of_new
    assert session.scalars(select(Liability.is_overdue)).one() is False


@pytest.mark.parametrize("dates", [("2026-11-10", "2026-11-01"), ("2026-11-10", None), (None, None)])
def test_of_the_same_days_the_last_payload_counts(session: Session, user_id: UUID, dates: Sequence[str | None]) -> None:
    for is_overdue in (True, False, True):
        load(session, user_id, owed(*dates, is_overdue=is_overdue))
        row = session.scalars(select(Liability)).one()
        session.refresh(row)
        assert row.is_overdue is is_overdue


def test_a_balance_of_an_earlier_time_does_not_come_back(session: Session, user_id: UUID) -> None:
    morning, evening = held(900, "2026-11-19T08:00:00Z"), held(100, "2026-11-19T20:00:00Z")
    for payload, cents in ((morning, 90_000), (evening, 10_000), (morning, 10_000), (evening, 10_000)):
        load(session, user_id, payload)
        assert balance(session) == (cents, None)
    assert load(session, user_id, morning).changed_rows == 0
    load(session, user_id, held(200, "2026-11-19T20:00:00Z"))  # the same time: the last to come
    assert balance(session) == (20_000, None)


def test_a_later_time_of_the_same_balance_is_kept_and_is_no_change(session: Session, user_id: UUID) -> None:
    load(session, user_id, held(100, "2026-11-19T08:00:00Z"))
    assert load(session, user_id, held(100, "2026-11-19T20:00:00Z")).changed_rows == 0
    assert load(session, user_id, held(900, "2026-11-19T12:00:00Z")).changed_rows == 0
    assert balance(session) == (10_000, None)


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_balances_of_a_day_in_any_order_give_the_last(session: Session, user_id: UUID, order: tuple[int, ...]) -> None:
    payloads = [
        held(900, "2026-11-19T08:00:00-05:00", limit=1000),
        held(500, "2026-11-19T15:00:00"),  # UTC, two hours later
        held(100, "2026-11-19T20:00:00.5+01:00"),  # and four more
    ]
    for position in order:
        load(session, user_id, payloads[position])
    assert balance(session) == (10_000, 100_000)


@pytest.mark.parametrize("updated_at", [None, "2026-11-20", "2026-11-20 half past nine"])
def test_a_balance_without_a_time_replaces_what_came_before_it(
    session: Session, user_id: UUID, updated_at: str | None
) -> None:
    for payload in (held(900, "2026-11-20T08:00:00Z"), held(100, updated_at)):
        load(session, user_id, payload)
    assert balance(session) == (10_000, None)
    load(session, user_id, held(300, "2026-11-20T07:00:00Z"))
    assert balance(session) == (10_000, None)
    load(session, user_id, held(200, updated_at))
    assert balance(session) == (20_000, None)
