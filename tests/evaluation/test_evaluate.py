"""The whole evaluation on people in the tables: sound as they are, and every tampering is found and named."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import delete, select, text, update
from sqlalchemy.orm import Session

from spendsense.evaluation.evaluate import evaluate
from spendsense.evaluation.report import as_values, format_evaluation
from spendsense.evaluation.result import Evaluation, Fault
from spendsense.evaluation.shares import Share
from spendsense.plaid.categories import Category
from spendsense.plaid.corrections import recategorise
from spendsense.recommendations.recheck import ALTERED
from spendsense.store.kinds import Kind
from spendsense.store.models import Account, Balance, Recommendation, Trace, Transaction, Upload, User
from tests.evaluation.demo import ON, decide_demo
from tests.evaluation.tables import physical
from tests.pipeline.people import mark_changed


@pytest.fixture
def demo(session: Session) -> Session:
    """The demo people, measured, named and advised."""
    decide_demo(session)
    return session


@pytest.fixture
def eve(session: Session) -> UUID:
    """Eve alone, who pays overdraft fees."""
    decide_demo(session, "eve")
    return session.scalars(select(User.user_id)).one()


@pytest.fixture
def ada(session: Session) -> UUID:
    """Ada alone, whose card is at 68 %: 3,400 of 5,000."""
    decide_demo(session, "ada")
    return session.scalars(select(User.user_id)).one()


def evaluated(**options: Any) -> Evaluation:
    return evaluate(datetime.now(UTC), sample=1, **options)


def item_of(session: Session, item_id: str) -> Recommendation:
    """The active item of the only person who has it."""
    query = select(Recommendation).where(Recommendation.item_id == item_id, Recommendation.status == "active")
    return session.scalars(query).one()


def first_item(session: Session) -> Recommendation:
    """An active item."""
    query = select(Recommendation).where(Recommendation.status == "active").order_by(Recommendation.position)
    found = session.scalars(query).first()
    assert found is not None
    return found


def fault(item: Recommendation, what: str) -> Fault:
    return Fault(str(item.user_id), str(item.recommendation_id), item.item_id, what)


def test_the_demo_people_pass(demo: Session) -> None:
    found = evaluated()
    assert found.as_of == ON
    assert found.is_sound
    assert (found.people, found.coverage) == (8, Share(7, 8))  # Hal has not agreed; of Gia twelve days are known
    assert found.items == demo.query(Recommendation).filter_by(status="active").count()
    assert found.relevance.share == found.tone.share == Share(found.items, found.items)
    assert found.explainability.share.whole > 2 * found.items
    assert found.by_evidence == 0
    assert found.flips == Share(0, 7)
    assert found.latency is not None
    assert (found.latency.people, found.fairness) == (1, None)


def test_nothing_is_stored(session: Session, ada: UUID) -> None:
    before = physical(session)
    evaluated(as_of=ON - timedelta(days=3), groups={"ada@demo.example": "a"})
    assert physical(session) == before


def test_whose_data_breaks_the_measuring_is_named_and_the_others_are_evaluated(demo: Session) -> None:
    whole = evaluated()
    broken = demo.scalars(select(User.user_id).where(User.email == "eve@demo.example")).one()
    demo.execute(
        update(Transaction)
        .where(Transaction.user_id == broken, Transaction.date > ON - timedelta(days=30))
        .values(amount_cents=9 * 10**18)
    )
    mark_changed(demo, broken)
    found = evaluate(datetime.now(UTC), sample=10)
    assert (found.people, found.left_out) == (whole.people - 1, [str(broken)])
    assert found.is_sound
    assert found.latency is not None
    assert found.latency.people == found.people
    assert f"left out, for their data breaks the measuring: {broken}" in format_evaluation(found)
    assert as_values(found)["left_out"] == [str(broken)]


def test_a_tampered_sentence_is_found(session: Session, ada: UUID) -> None:
    item = item_of(session, "utilization-explained")
    assert "68 %" in item.rationale  # 3,400 of 5,000
    item.rationale = item.rationale.replace("68 %", "58 %")
    session.commit()
    found = evaluated()
    what = "card.utilization_ratio: the sentence does not say the value that the trace holds"
    assert found.explainability.faults == [fault(item, what)]
    assert found.explainability.share.whole - found.explainability.share.part == 1
    assert not found.is_sound


def test_a_sentence_tampered_with_its_trace_is_found_too(session: Session, ada: UUID) -> None:
    item = item_of(session, "utilization-explained")
    trace = session.get_one(Trace, (item.user_id, item.recommendation_id))
    (card,) = trace.trace["decision"]["signals"]["cards"]
    session.execute(
        update(Trace)
        .where(Trace.recommendation_id == item.recommendation_id)
        .values(trace=text("jsonb_set(trace, '{decision,signals,cards,0,utilization_ratio}', '0.58')"))
    )
    item.rationale = item.rationale.replace("68 %", "58 %")
    session.commit()
    assert card["utilization_ratio"] == 0.68
    assert evaluated().explainability.faults == [fault(item, ALTERED)]
    session.execute(update(Trace).values(digest=None))  # as of a trace that was made before digests were kept
    session.commit()
    what = "card.utilization_ratio: the rows do not give the value that the trace holds"
    assert evaluated().explainability.faults == [fault(item, what)]


def test_data_that_came_since_excuses_no_altered_trace(session: Session, eve: UUID) -> None:
    """New rows leave the evidence to speak, and it can't tell what was spent: the digest can."""
    item = item_of(session, "spending-plan")
    item.rationale = re.sub(r"spending to .* a month", "spending to 1 USD a month", item.rationale)
    for path in ("{item,values,spending.monthly_cents}", "{decision,signals,spending,monthly_cents}"):
        altered = text(f"jsonb_set(trace, '{path}', '100')")
        session.execute(update(Trace).where(Trace.recommendation_id == item.recommendation_id).values(trace=altered))
    session.add(Upload(user_id=eve, received_at=datetime.now(UTC), source="cli", counts={}, rejects=[]))
    mark_changed(session, eve)
    found = evaluated()
    assert found.explainability.faults == [fault(item, ALTERED)]
    assert not found.is_sound


def test_a_trace_that_is_gone_is_found(session: Session, eve: UUID) -> None:
    item = first_item(session)
    session.execute(delete(Trace).where(Trace.recommendation_id == item.recommendation_id))
    session.commit()
    assert evaluated().explainability.faults == [fault(item, "there is no trace that can be read")]


def test_rows_that_are_taken_away_are_missed(session: Session, eve: UUID) -> None:
    """Two overdraft fees of Eve's are deleted behind the program's back: no upload says that data changed."""
    fees = _fees_of(session, eve)
    session.execute(delete(Transaction).where(Transaction.user_id == eve, Transaction.transaction_id.in_(fees[:2])))
    mark_changed(session, eve)
    found = evaluated()
    faults = {(one.user_id, one.what.split(":")[0]) for one in found.explainability.faults}
    assert (str(eve), "fees.count") in faults
    assert {user_id for user_id, _ in faults} == {str(eve)}
    assert not found.explainability.share.is_whole


def test_data_that_came_since_leaves_the_evidence_to_speak(session: Session, eve: UUID) -> None:
    """A fee is sent late and dated within the window: the sentence says what was known, and its rows still stand.

    Once two of the fees that it counted are gone, they do not.
    """
    fees = _fees_of(session, eve)
    late = session.get_one(Transaction, (eve, fees[-1]))
    values = {column.name: getattr(late, column.name) for column in Transaction.__table__.columns}
    session.add(Transaction(**(values | {"transaction_id": "late-fee", "date": ON - timedelta(days=1)})))
    session.add(Upload(user_id=eve, received_at=datetime.now(UTC), source="cli", counts={}, rejects=[]))
    mark_changed(session, eve)
    found = evaluated()
    assert found.by_evidence > 0
    assert found.explainability.share.is_whole
    session.execute(delete(Transaction).where(Transaction.user_id == eve, Transaction.transaction_id.in_(fees[-2:])))
    mark_changed(session, eve)
    assert "fees.count" in {one.what.split(":")[0] for one in evaluated().explainability.faults}


def _fees_of(session: Session, user_id: Any) -> list[str]:
    query = select(Transaction.transaction_id).where(
        Transaction.user_id == user_id, Transaction.kind == Kind.FEE_OVERDRAFT, Transaction.date > ON - timedelta(90)
    )
    return list(session.scalars(query.order_by(Transaction.date)))


def test_a_pending_row_that_was_posted_since_is_still_evidence(session: Session, eve: UUID) -> None:
    fee = session.get_one(Transaction, (eve, _fees_of(session, eve)[-1]))
    values = {column.name: getattr(fee, column.name) for column in Transaction.__table__.columns}
    posted = {"transaction_id": "posted", "pending_transaction_id": fee.transaction_id, "amount_cents": 3_600}
    session.delete(fee)
    session.add(Transaction(**(values | posted)))
    session.add(Upload(user_id=eve, received_at=datetime.now(UTC), source="cli", counts={}, rejects=[]))
    mark_changed(session, eve)
    found = evaluated()
    assert found.by_evidence > 0
    assert found.explainability.share.is_whole


def test_what_a_person_corrected_since_is_known(session: Session, eve: UUID) -> None:
    """Eve says that a fee was a purchase, and then that it was a fee after all: data changed both times."""
    (latest,) = _fees_of(session, eve)[-1:]
    recategorise(session, eve, latest, Category("FOOD_AND_DRINK", "FOOD_AND_DRINK_RESTAURANT"), datetime.now(UTC))
    session.commit()
    found = evaluated()
    assert found.explainability.share.is_whole
    assert found.by_evidence > 0
    recategorise(session, eve, latest, None, datetime.now(UTC))
    session.commit()
    assert evaluated().by_evidence == 0


def test_a_stale_trigger_is_found(session: Session, ada: UUID) -> None:
    """Ada pays her card down to 10 %, and no job has run since."""
    item = item_of(session, "utilization-explained")
    card = session.scalars(select(Account.account_id).where(Account.user_id == ada, Account.type == "credit")).one()
    session.execute(
        update(Balance).where(Balance.user_id == ada, Balance.account_id == card).values(current_cents=50_000)
    )
    mark_changed(session, ada)
    found = evaluated()
    assert fault(item, "its trigger does not hold: credit.max_utilization_ratio") in found.relevance.faults
    assert found.relevance.share.whole - found.relevance.share.part == len(found.relevance.faults)
    assert not found.is_sound


def test_a_text_that_fails_the_tone_is_found(session: Session, eve: UUID) -> None:
    item = first_item(session)
    item.content += "\nYou should stop overspending."
    session.commit()
    found = evaluated()
    (only,) = found.tone.faults
    assert (only.user_id, only.recommendation_id) == (str(item.user_id), str(item.recommendation_id))
    assert 'advice: "you should"' in only.what and 'shaming: "overspending"' in only.what
    assert found.tone.share == Share(found.items - 1, found.items)
    assert not found.is_sound


def test_who_has_not_agreed_or_has_no_data_is_left_out(demo: Session) -> None:
    demo.execute(update(User).where(User.email == "ada@demo.example").values(analysis_until=datetime.now(UTC)))
    demo.execute(
        delete(Account).where(
            Account.user_id.in_(select(User.user_id).where(User.email == "gia@demo.example").scalar_subquery())
        )
    )
    demo.commit()
    assert (evaluated().people, evaluated().coverage) == (6, Share(6, 6))


def test_a_day_ahead_is_judged_from_the_rows_that_are_there(session: Session, ada: UUID) -> None:
    """Half a year on, without data, the windows of 90 days are empty: hardly a trigger still holds."""
    found = evaluated(as_of=ON + timedelta(days=180))
    assert found.explainability.share.is_whole  # what was said then is still what the rows say of that day
    assert not found.relevance.share.is_whole


def test_nobody_at_all(session: Session) -> None:
    found = evaluated()
    assert (found.people, found.items, found.latency, found.is_sound) == (0, 0, None, True)
