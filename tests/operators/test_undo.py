"""What an operator did can be taken back for ten minutes, unless something has happened to it since."""

import itertools
import uuid
from contextlib import nullcontext
from datetime import timedelta

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from spendsense.errors import Conflict, ConsentMissing, InvalidInput, NotFound
from spendsense.operators.undo import undo
from spendsense.recommendations.feedback import record_feedback
from spendsense.recommendations.moves import UNDO_MOVES, may_move
from spendsense.recommendations.serving import served
from spendsense.rulebook.types import Delivery
from spendsense.store.audit import pseudonym
from spendsense.store.models import Flag, OperatorAction, Progress, Recommendation, User
from spendsense.store.statuses import Action, Reason, Status
from tests.operators.acted import OLGA, audited, do, take_back
from tests.recommendations.advised import AT, LATER, find, high_person, life_of, run

AGAIN = LATER + timedelta(minutes=1)
FIRM = "operator:" + OLGA


@pytest.mark.parametrize(
    ("delivery", "card_name", "action", "was", "became"),
    [
        ("approval", "Visa", Action.APPROVE, "pending_approval", "active"),
        ("approval", "Visa", Action.REJECT, "pending_approval", "rejected"),
        ("approval", "Visa", Action.OVERRIDE, "pending_approval", "overridden"),
        ("auto", "Visa", Action.OVERRIDE, "active", "overridden"),
        ("auto", "Act Now Card", Action.REJECT, "held", "rejected"),
        ("auto", "Act Now Card", Action.OVERRIDE, "held", "overridden"),
    ],
)
def test_what_was_done_is_taken_back(
    session: Session, delivery: Delivery, card_name: str, action: Action, was: str, became: str
) -> None:
    row = find(session, high_person(session, delivery=delivery, card_name=card_name))
    done = do(session, action, row)
    assert row.status == became
    undone = take_back(session, done)
    assert (row.status, row.ended_at) == (was, None)
    assert life_of(session, row)[-1] == (FIRM, became, was, "undone")
    assert (undone.action, undone.undoes, undone.reason_code) == ("undo", done.action_id, "mistake")
    assert (undone.from_status, undone.to_status, undone.recommendation_id) == (became, was, row.recommendation_id)
    assert [event.event for event in audited(session)] == [f"operator.{action}", "operator.undo"]
    assert audited(session)[-1].detail["item"] == "utilization-explained"
    assert session.get_one(Progress, row.user_id).revisit_on == LATER.date()  # the next run looks at the person again


def test_what_was_approved_and_taken_back_is_not_shown(session: Session) -> None:
    user_id = high_person(session, delivery="approval")
    done = do(session, Action.APPROVE, find(session, user_id))
    assert [row.item_id for row in served(session, user_id, LATER)] == ["utilization-explained"]
    take_back(session, done)
    assert served(session, user_id, AGAIN) == []


def test_a_replacement_goes_when_the_override_is_taken_back(session: Session) -> None:
    row = find(session, high_person(session, delivery="approval"))
    done = do(session, Action.OVERRIDE, row, replacement="scam-signs")
    take_back(session, done)
    replacement = find(session, row.user_id, "scam-signs")
    assert (row.status, replacement.status) == ("pending_approval", "overridden")
    assert life_of(session, replacement)[-1] == (FIRM, "active", "overridden", "undone")


def test_a_night_later_all_is_as_it_would_have_been(session: Session) -> None:
    user_id = high_person(session)
    shown = [row.item_id for row in served(session, user_id, AT)]
    take_back(session, do(session, Action.OVERRIDE, find(session, user_id)))
    run(session, user_id, 2)
    assert [row.item_id for row in served(session, user_id, AT + timedelta(days=2))] == shown


@pytest.mark.parametrize(
    ("after", "is_open"), [(timedelta(minutes=10), True), (timedelta(minutes=10, microseconds=1), False)]
)
def test_it_is_open_for_ten_minutes(session: Session, after: timedelta, is_open: bool) -> None:
    row = find(session, high_person(session, delivery="approval"))
    done = do(session, Action.REJECT, row)
    with nullcontext() if is_open else pytest.raises(Conflict, match="within 10 minutes"):
        take_back(session, done, at=LATER + after)
    session.expire_all()
    assert row.status == ("pending_approval" if is_open else "rejected")


def test_it_is_taken_back_once_and_that_stands(session: Session) -> None:
    row = find(session, high_person(session, delivery="approval"))
    done = do(session, Action.REJECT, row)
    undone = take_back(session, done)
    with pytest.raises(Conflict, match="undone already"):
        take_back(session, done)
    with pytest.raises(Conflict, match="can't be taken back itself"):
        take_back(session, undone)


def test_the_store_holds_one_undo_of_an_action(session: Session) -> None:
    user_id = high_person(session)
    done = do(session, Action.NOTE, user_id, note="a text")
    take_back(session, done)
    values = {"user_id": user_id, "actor": OLGA, "action": "undo", "reason_code": "other", "at": LATER}
    session.add(OperatorAction(undoes=done.action_id, **values))
    with pytest.raises(IntegrityError, match="uq_operator_actions_undoes"):
        session.flush()


def test_another_may_take_it_back_and_the_record_says_who(session: Session) -> None:
    done = do(session, Action.REJECT, find(session, high_person(session, delivery="approval")))
    assert take_back(session, done, operator="otto-sub").actor == "otto-sub"
    assert audited(session)[-1].actor == pseudonym("operator:otto-sub")


def test_what_the_person_has_dismissed_since_stays_so(session: Session) -> None:
    user_id = high_person(session, delivery="approval")
    row = find(session, user_id)
    done = do(session, Action.APPROVE, row)
    record_feedback(session, user_id, row.recommendation_id, "dismissed", AGAIN)
    with pytest.raises(Conflict, match="has become dismissed since"):
        take_back(session, done)


def test_a_replacement_that_the_person_dismissed_keeps_the_override(session: Session) -> None:
    row = find(session, high_person(session))
    done = do(session, Action.OVERRIDE, row, replacement="scam-signs")
    new = find(session, row.user_id, "scam-signs")
    record_feedback(session, row.user_id, new.recommendation_id, "dismissed", AGAIN)
    with pytest.raises(Conflict, match="took its place has become dismissed"):
        take_back(session, done)
    assert row.status == "overridden"


def test_a_place_that_a_job_has_filled_stays_filled(session: Session) -> None:
    user_id = high_person(session)
    row = find(session, user_id)
    done = do(session, Action.OVERRIDE, row, at=AT)
    run(session, user_id)  # at AT too: the order of the events tells, and no clock
    assert len(session.scalars(select(Recommendation).where(Recommendation.status == "active")).all()) >= 3
    with pytest.raises(Conflict, match="taken its place"):
        take_back(session, done)
    assert find(session, user_id).status == "overridden"


def test_what_has_run_out_does_not_return(session: Session) -> None:
    row = find(session, high_person(session, delivery="approval"))
    done = do(session, Action.REJECT, row)
    session.execute(update(Recommendation).values(expires_on=LATER.date()))
    with pytest.raises(Conflict, match="run out"):
        take_back(session, done)


def test_what_no_longer_passes_is_not_shown_again(session: Session) -> None:
    row = find(session, high_person(session))
    done = do(session, Action.OVERRIDE, row)
    session.execute(update(Recommendation).values(content="Act now, you should."))
    with pytest.raises(Conflict, match="does not pass"):
        take_back(session, done)


def test_without_consent_nothing_is_taken_back(session: Session) -> None:
    done = do(session, Action.REJECT, find(session, high_person(session, delivery="approval")))
    session.execute(update(User).values(analysis_until=AT))
    with pytest.raises(ConsentMissing):
        take_back(session, done)


def test_an_undo_needs_an_action_and_a_reason(session: Session) -> None:
    with pytest.raises(NotFound):
        undo(session, uuid.uuid4(), reason_code="mistake", note=None, operator=OLGA, at=LATER)
    done = do(session, Action.FLAG, high_person(session))
    with pytest.raises(InvalidInput, match="a reason is one of"):
        take_back(session, done, reason_code="unsuitable")


def test_a_flag_is_taken_back_and_so_is_its_end(session: Session) -> None:
    user_id = high_person(session)
    take_back(session, do(session, Action.FLAG, user_id, reason_code="complaint"))
    assert session.get(Flag, user_id) is None
    first = do(session, Action.FLAG, user_id, reason_code="vulnerable")
    end = do(session, Action.UNFLAG, user_id, at=AGAIN)
    with pytest.raises(Conflict, match="not flagged by this action"):
        take_back(session, first)
    back = take_back(session, end)
    assert (back.from_status, back.to_status) == ("unflagged", "flagged")
    flag = session.get_one(Flag, user_id)
    assert (flag.action_id, flag.reason_code, flag.flagged_at) == (first.action_id, "vulnerable", LATER)


def test_a_flag_of_somebody_else_stays(session: Session) -> None:
    user_id = high_person(session)
    first = do(session, Action.FLAG, user_id)
    end = do(session, Action.UNFLAG, user_id, at=AGAIN)
    do(session, Action.FLAG, user_id, at=AGAIN, operator="otto-sub")
    with pytest.raises(Conflict, match="not flagged by this action"):
        take_back(session, first)
    with pytest.raises(Conflict, match="flagged already"):
        take_back(session, end)


def test_a_flag_that_ended_before_another_came_and_went_stays_ended(session: Session) -> None:
    user_id = high_person(session)
    do(session, Action.FLAG, user_id, at=LATER, reason_code="vulnerable")
    ends = [do(session, Action.UNFLAG, user_id, at=LATER + timedelta(seconds=1))]
    second = do(session, Action.FLAG, user_id, at=LATER + timedelta(seconds=2), operator="otto-sub")
    ends.append(do(session, Action.UNFLAG, user_id, at=LATER + timedelta(seconds=3), operator="otto-sub"))
    with pytest.raises(Conflict, match="flagged since"):
        take_back(session, ends[0])
    take_back(session, ends[1])
    assert session.get_one(Flag, user_id).action_id == second.action_id


def test_a_note_that_is_taken_back_loses_its_text(session: Session) -> None:
    user_id = high_person(session)
    done = do(session, Action.NOTE, user_id, note="zqx")
    take_back(session, done)
    assert session.get_one(OperatorAction, (user_id, done.action_id)).note is None
    assert "note_hash" in audited(session)[0].detail


def test_the_database_allows_the_moves_back_for_an_undo_alone(session: Session) -> None:
    row = find(session, high_person(session))
    statement = text(
        "INSERT INTO recommendation_events"
        " (user_id, recommendation_id, at, actor, from_status, to_status, reason_code)"
        " VALUES (:user, :id, now(), 'test', :before, :after, 'undone')"
    )
    for before, after in itertools.product([None, *Status], Status):
        parameters = {"user": row.user_id, "id": row.recommendation_id, "before": before, "after": after}
        is_allowed = after in UNDO_MOVES.get(before, ())
        assert may_move(before, after, Reason.UNDONE) is is_allowed
        with (
            nullcontext() if is_allowed else pytest.raises(IntegrityError, match="events_move"),
            session.begin_nested(),
        ):
            session.execute(statement, parameters)
    assert not may_move(Status.REJECTED, Status.HELD)
    assert not may_move(Status.REJECTED, Status.HELD, Reason.OTHER)
