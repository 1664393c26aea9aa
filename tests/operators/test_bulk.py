"""Many actions at once: all of them or none; and two operators who act at the same time."""

import threading
import uuid
from collections.abc import Iterator

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from spendsense.errors import EntriesRefused, SpendSenseError
from spendsense.operators.acting import Asked, act
from spendsense.operators.bulk import act_on_all, lock_all
from spendsense.operators.undo import undo
from spendsense.store.identity import DatabaseRole, Identity, acting_as
from spendsense.store.models import AuditEvent, Flag, OperatorAction, Recommendation, RulebookVersion, User
from spendsense.store.session import db, transaction
from spendsense.store.statuses import Action
from tests.databases import really_committed
from tests.operators.acted import OLGA, audited
from tests.recommendations.advised import CARD, HIGH, LATER, high_person, run, states
from tests.samples import make_signals, store_person


def rows(session: Session) -> list[Recommendation]:
    return list(session.scalars(select(Recommendation).order_by(Recommendation.position)))


def approvals(session: Session) -> list[Asked]:
    return [Asked(Action.APPROVE, "text_checked", recommendation_id=row.recommendation_id) for row in rows(session)]


def test_all_are_done_and_each_is_recorded(session: Session) -> None:
    user_id = high_person(session, delivery="approval")
    asked = [*approvals(session), Asked(Action.FLAG, "compliance", user_id=user_id)]
    done = act_on_all(session, asked, operator=OLGA, at=LATER)
    session.expire_all()
    assert {row.status for row in rows(session)} == {"active"}
    assert [row.action for row in done] == [one.action for one in asked]
    assert len(audited(session)) == len(asked) >= 4


def test_when_one_cannot_be_done_none_is_and_each_fault_is_named(session: Session) -> None:
    user_id = high_person(session, delivery="approval")
    good = approvals(session)
    asked = [
        good[0],
        Asked(Action.UNFLAG, "resolved", user_id=user_id),  # is not flagged
        good[1],
        good[0],  # is active by then
        Asked(Action.FLAG, "compliance", user_id=uuid.uuid4()),  # is nobody
    ]
    session.commit()
    before = states(session)
    with pytest.raises(EntriesRefused, match="3 of 5") as refused, transaction() as same:
        act_on_all(same, asked, operator=OLGA, at=LATER)
    assert [fault.pointer for fault in refused.value.errors] == ["/entries/1", "/entries/3", "/entries/4"]
    assert refused.value.errors[0].detail == "The person is not flagged."
    assert states(session) == before
    assert audited(session) == []
    assert session.scalars(select(OperatorAction)).all() == []


@pytest.fixture
def people(app: Flask) -> Iterator[list[uuid.UUID]]:
    """Two people whose rows are really committed, so that other connections see them; deleted after the test."""
    with really_committed(app, User, RulebookVersion) as session:
        made = []
        for name in ("a", "b"):
            made.append(store_person(session, f"{name}@example.com", make_signals(HIGH, cards=(CARD,)), LATER))
            run(session, made[-1], delivery="approval")
        session.commit()
        yield sorted(made)


def at_once(app: Flask, *works: object) -> list[str]:
    """What becomes of each of these, begun together in threads and connections of their own: ok, or the error."""
    outcomes: list[str] = []
    start = threading.Barrier(len(works))

    def run_one(work: object) -> None:
        with app.app_context(), acting_as(Identity(DatabaseRole.OPERATOR)):
            start.wait(timeout=30)
            try:
                with transaction() as session:
                    work(session)  # type: ignore[operator]
                outcomes.append("ok")
            except SpendSenseError as error:
                outcomes.append(type(error).__name__)
            finally:
                db.session.remove()

    threads = [threading.Thread(target=run_one, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    return sorted(outcomes)


def test_of_two_operators_at_once_one_decides(app: Flask, people: list[uuid.UUID]) -> None:
    row = db.session.scalars(select(Recommendation).where(Recommendation.user_id == people[0]).limit(1)).one()
    target = row.recommendation_id
    db.session.rollback()

    def by(action: Action, operator: str) -> object:
        asked = Asked(action, "other", recommendation_id=target)
        return lambda session: act(session, asked, operator=operator, at=LATER)

    works = [by(Action.APPROVE, "olga"), by(Action.REJECT, "otto"), by(Action.APPROVE, "ole"), by(Action.REJECT, "oda")]
    assert at_once(app, *works) == ["Conflict", "Conflict", "Conflict", "ok"]
    (action,) = db.session.scalars(select(OperatorAction)).all()
    status = db.session.scalar(select(Recommendation.status).where(Recommendation.recommendation_id == target))
    assert status == action.to_status
    assert db.session.scalar(select(func.count()).select_from(AuditEvent)) == 1


def test_of_two_who_take_an_action_back_one_does(app: Flask, people: list[uuid.UUID]) -> None:
    done = act(db.session(), Asked(Action.FLAG, "other", user_id=people[0]), operator=OLGA, at=LATER)
    action_id = done.action_id
    db.session.commit()

    def work(session: Session) -> None:
        undo(session, action_id, reason_code="mistake", note=None, operator=OLGA, at=LATER)

    assert at_once(app, work, work, work) == ["Conflict", "Conflict", "ok"]
    assert db.session.scalars(select(Flag)).all() == []


def test_two_lists_in_opposite_orders_do_not_wait_for_each_other(app: Flask, people: list[uuid.UUID]) -> None:
    def noting(order: list[uuid.UUID]) -> object:
        asked = [Asked(Action.NOTE, "other", user_id=user_id, note="a text") for user_id in order for _ in range(20)]

        def work(session: Session) -> None:
            act_on_all(session, lock_all(session, asked), operator=OLGA, at=LATER)

        return work

    assert at_once(app, noting(people), noting(people[::-1])) == ["ok", "ok"]  # a deadlock would raise
    assert db.session.scalar(select(func.count()).select_from(OperatorAction)) == 80
