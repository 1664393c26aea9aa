"""Money from somebody who is also paid: what comes firmly is income, what does not takes back what was paid."""

from uuid import UUID

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from spendsense.store.kinds import Kind
from spendsense.store.models import Transaction
from tests.signals.rows import by_gaps, measured, person, receive, spend, streams

SIX_MONTHS = ["2026-01-03", "2026-02-03", "2026-03-03", "2026-04-03", "2026-05-03", "2026-06-03"]
LODGER = "Joan Field"


@pytest.fixture
def ana(session: Session) -> UUID:
    """A person with nothing yet."""
    return person(session)


def kinds(session: Session, user_id: UUID) -> list[Kind]:
    """What the inflows count as, by day."""
    session.expire_all()
    query = select(Transaction.kind).where(Transaction.user_id == user_id, Transaction.amount_cents < 0)
    return [Kind(kind) for kind in session.scalars(query.order_by(Transaction.date))]


def test_a_lodger_who_was_once_paid(session: Session, ana: UUID) -> None:
    spend(session, ana, "2026-01-02", 90_000, LODGER)  # more than any of the payments that follow
    for on in SIX_MONTHS:
        receive(session, ana, on, 80_000, LODGER)
    signals = measured(session, ana)[90]
    assert kinds(session, ana) == [Kind.INFLOW] * 6
    assert (signals.income.cents, signals.spending.refund_cents) == (240_000, 0)  # April to June
    (stream,) = streams(session, ana)
    assert (stream.kind, stream.cadence, len(stream.transaction_ids)) == ("income", "MONTHLY", 6)


def test_the_same_again_changes_nothing(session: Session, ana: UUID) -> None:
    spend(session, ana, "2026-01-02", 90_000, LODGER)
    for on in SIX_MONTHS:
        receive(session, ana, on, 80_000, LODGER)
    before = measured(session, ana)
    versions = session.scalars(select(Transaction.transaction_id).order_by(Transaction.transaction_id)).all()
    spend(session, ana, "2026-06-29", 500, "Corner Shop")
    again = measured(session, ana)
    assert kinds(session, ana) == [Kind.INFLOW] * 6
    assert again[90].income == before[90].income
    assert len(versions) == 7


def test_five_payments_may_be_refunds(session: Session, ana: UUID) -> None:
    for on in SIX_MONTHS[:5]:
        spend(session, ana, on, 90_000, LODGER)
        receive(session, ana, on, 80_000, LODGER)
    signals = measured(session, ana)[90]
    assert kinds(session, ana) == [Kind.REFUND] * 5
    assert (signals.income.cents, signals.spending.refund_cents) == (0, 160_000)  # April and May
    assert [stream.direction for stream in streams(session, ana)] == ["outflow"]


def test_what_comes_back_now_and_then_is_refunds(session: Session, ana: UUID) -> None:
    for on in by_gaps("2026-01-02", 9, 17, 4, 30, 11, 22, 8, 19):
        spend(session, ana, on, 9_000, "Corner Shop")
        receive(session, ana, on, 3_000 + 100 * on.day, "Corner Shop")  # type: ignore[union-attr]
    measured(session, ana)
    assert set(kinds(session, ana)) == {Kind.REFUND}


def test_a_refund_beside_pay_is_one(session: Session, ana: UUID) -> None:
    spend(session, ana, "2026-05-20", 4_500, LODGER)
    for on in SIX_MONTHS:
        receive(session, ana, on, 80_000, LODGER)
    receive(session, ana, "2026-05-28", 4_500, LODGER)
    measured(session, ana)
    assert kinds(session, ana) == [*[Kind.INFLOW] * 5, Kind.REFUND, Kind.INFLOW]


def test_a_stream_that_is_no_longer_firm_is_refunds_again(session: Session, ana: UUID) -> None:
    spend(session, ana, "2026-01-02", 90_000, LODGER)
    spend(session, ana, "2026-03-30", 90_000, LODGER)
    ids = [receive(session, ana, on, 80_000, LODGER) for on in SIX_MONTHS]
    measured(session, ana)
    assert kinds(session, ana) == [Kind.INFLOW] * 6
    session.delete(session.get_one(Transaction, (ana, ids[2])))
    receive(session, ana, "2026-06-29", 100, "Somebody")  # the person is stale
    measured(session, ana)
    assert kinds(session, ana)[:5] == [Kind.REFUND] * 5
