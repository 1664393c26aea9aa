"""Offers as they are stored: to whom, why not, and when they end."""

import dataclasses
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from spendsense.rulebook.types import WINDOW_DAYS
from spendsense.store.models import Progress, Trace, User
from tests.recommendations.advised import AS_OF, AT, BOOK, CARD, HIGH, active, rows, run
from tests.samples import make_signals, store_checking, store_person, store_signals


def test_offers_need_their_own_consent(session: Session) -> None:
    signals = make_signals(HIGH, cards=(CARD,))
    user_id = store_person(session, "a@example.com", signals, AT)
    run(session, user_id)
    assert active(session, user_id, "offer") == []
    store_checking(session, user_id, AS_OF)
    until = AT + timedelta(days=365)
    session.execute(update(User).values(offers_until=until, consent_version=User.consent_version + 1))
    run(session, user_id)
    assert active(session, user_id, "offer") == ["offer-fernhill-balance-transfer"]
    assert rows(session, user_id, "active")[-1].disclosure == BOOK.disclosures.offer
    session.execute(update(User).values(offers_until=None, consent_version=User.consent_version + 1))
    run(session, user_id)
    assert active(session, user_id, "offer") == []
    assert [row.status_reason for row in rows(session, user_id, "superseded")] == ["no live consent to offers"]


@pytest.mark.parametrize(
    ("changes", "check"),
    [
        ({"income.monthly_cents": 199_999}, "minimum income"),
        ({"income.monthly_cents": None}, "minimum income"),
        ({"credit.max_utilization_ratio": Decimal("0.9000")}, "utilization, upper end"),
        ({"credit.is_overdue": True}, "no payment overdue"),
        ({"credit.is_overdue": None}, "no payment overdue"),
    ],
)
def test_why_not_is_kept_with_value_and_threshold(session: Session, changes: dict[str, Any], check: str) -> None:
    user_id = store_person(session, "a@example.com", make_signals(HIGH | changes, cards=(CARD,)), AT, offers=True)
    run(session, user_id)
    assert active(session, user_id, "offer") == []
    trace = session.scalars(select(Trace.trace)).first()
    assert trace is not None
    checks = trace["decision"]["offers"]["offer-fernhill-balance-transfer"]
    failed = [line for line in checks if line["holds"] is not True]
    assert [line["check"] for line in failed] == [check]
    assert {"value", "threshold", "signal", "operator"} <= failed[0].keys()


@pytest.mark.parametrize(
    ("changes"), [{"income.monthly_cents": 200_000}, {"credit.max_utilization_ratio": Decimal("0.8999")}]
)
def test_an_offer_at_its_bounds_is_shown(session: Session, changes: dict[str, Any]) -> None:
    user_id = store_person(session, "a@example.com", make_signals(HIGH | changes, cards=(CARD,)), AT, offers=True)
    run(session, user_id)
    assert active(session, user_id, "offer") == ["offer-fernhill-balance-transfer"]


def test_a_product_that_is_held_is_not_offered(session: Session) -> None:
    card = dataclasses.replace(CARD, name="Fernhill Rewards")
    user_id = store_person(session, "a@example.com", make_signals(HIGH, cards=(card,)), AT, offers=True)
    run(session, user_id)
    assert active(session, user_id, "offer") == []


def test_offers_that_fail_their_checks_are_held_until_they_no_longer_fit(session: Session) -> None:
    card = dataclasses.replace(CARD, name="Act Now Card")
    user_id = store_person(session, "a@example.com", make_signals(HIGH, cards=(card,)), AT, offers=True)
    assert run(session, user_id).held == 2
    assert run(session, user_id, days=1).held == 0
    store_signals(session, user_id, make_signals(HIGH | {"income.monthly_cents": 1}, cards=(card,)), WINDOW_DAYS)
    run(session, user_id, days=2)
    assert [row.item_id for row in rows(session, user_id, "held")] == ["utilization-explained"]
    ended = {row.item_id: row.status_reason for row in rows(session, user_id, "expired")}
    assert ended == {
        "offer-fernhill-balance-transfer": "not eligible: minimum income (income.monthly_cents) 1, needed >= 200000"
    }


def test_offers_end_on_the_day_after_their_consent_ran_out(session: Session) -> None:
    signals = make_signals(HIGH, cards=(CARD,))
    user_id = store_person(session, "a@example.com", signals, AT, offers=True)
    session.execute(update(User).values(offers_until=AT + timedelta(days=3)))
    run(session, user_id)
    assert session.get_one(Progress, user_id).revisit_on == AS_OF + timedelta(days=4)
    run(session, user_id, days=3)  # at the very moment it is no longer live
    assert active(session, user_id, "offer") == []
