"""Takes an operator's action back, within ten minutes, by a further action that is recorded like any other."""

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID, uuid4

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from spendsense.errors import Conflict, NotFound
from spendsense.operators.acting import (
    FLAGGED,
    UNFLAGGED,
    Act,
    Asked,
    Effect,
    clear_flag,
    hold,
    record,
    require_reason,
    set_flag,
)
from spendsense.recommendations import undoing
from spendsense.recommendations.life import Done
from spendsense.store.models import Flag, OperatorAction
from spendsense.store.statuses import ON_RECOMMENDATIONS, Action, Status

UNDO_WITHIN: Final = timedelta(minutes=10)  # inclusive
_OF_FLAGS: Final = (Action.FLAG, Action.UNFLAG)


def undo(
    session: Session, action_id: UUID, *, reason_code: str, note: str | None, operator: str, at: datetime
) -> OperatorAction:
    """Puts things back to where they stood before the action. A note loses its text.

    Raises NotFound, ConsentMissing, InvalidInput for a reason that is not on the list, and Conflict when it is too
    late, when it was undone already, or when something has happened to it since.
    """
    require_reason(Action.UNDO, reason_code)
    user_id, _ = target_of_action(session, action_id)
    hold(session, user_id, at)
    undone = session.get_one(OperatorAction, (user_id, action_id), populate_existing=True)
    _require_open(session, undone, at)
    asked = Asked(Action.UNDO, reason_code, user_id, undone.recommendation_id, None, note)
    one = Act(uuid4(), user_id, asked, operator, at)
    return record(session, one, _take_back(session, undone, one), undoes=action_id)


def target_of_action(session: Session, action_id: UUID) -> tuple[UUID, UUID | None]:
    """Whom the action was about, and which of their recommendations if any. Raises NotFound."""
    query = select(OperatorAction.user_id, OperatorAction.recommendation_id)
    found = session.execute(query.where(OperatorAction.action_id == action_id)).one_or_none()
    if found is None:
        raise NotFound("There is no such action.")
    return found[0], found[1]


def _require_open(session: Session, undone: OperatorAction, at: datetime) -> None:
    if undone.action == Action.UNDO:
        raise Conflict("What takes an action back can't be taken back itself: act anew.")
    if at - undone.at > UNDO_WITHIN:
        raise Conflict(f"An action can be undone within {UNDO_WITHIN.seconds // 60} minutes.")
    again = select(OperatorAction.action_id).where(
        OperatorAction.user_id == undone.user_id, OperatorAction.undoes == undone.action_id
    )
    if session.scalar(again) is not None:
        raise Conflict("This action has been undone already.")


def _take_back(session: Session, undone: OperatorAction, one: Act) -> Effect:
    if undone.action in ON_RECOMMENDATIONS:
        return _take_back_step(session, undone, one)
    if undone.action in _OF_FLAGS:
        return _take_back_flag(session, undone, one)
    undone.note = None
    session.flush()
    return Effect()


def _take_back_step(session: Session, undone: OperatorAction, one: Act) -> Effect:
    assert undone.recommendation_id is not None and undone.from_status and undone.to_status  # as it was recorded
    done = Done(Status(undone.from_status), Status(undone.to_status), undone.replacement_id)
    back = undoing.take_back(session, one.user_id, undone.recommendation_id, done, actor=one.actor, at=one.at)
    return Effect(back.before, back.after)


def _take_back_flag(session: Session, undone: OperatorAction, one: Act) -> Effect:
    """A flag that is put back stands for the reason and since the time at which it stood first."""
    flag = session.get(Flag, one.user_id, populate_existing=True)
    if undone.action == Action.FLAG:
        if flag is None or flag.action_id != undone.action_id:
            raise Conflict("The person is not flagged by this action any more.")
        clear_flag(session, one.user_id)
        return Effect(FLAGGED, UNFLAGGED)
    before = _flag_before(session, one.user_id)
    if flag is None and before.at > undone.at:
        raise Conflict("The person was flagged since, and that has ended too.")
    set_flag(session, one.user_id, before.action_id, before.reason_code, before.at)
    return Effect(UNFLAGGED, FLAGGED)


def _flag_before(session: Session, user_id: UUID) -> OperatorAction:
    """The action by which the person was flagged when the flag was taken away: the last one that still holds."""
    undoing_it = aliased(OperatorAction)
    was_undone = (
        select(undoing_it.action_id)
        .where(undoing_it.user_id == user_id, undoing_it.undoes == OperatorAction.action_id)
        .exists()
    )
    flags = (
        select(OperatorAction)
        .where(OperatorAction.user_id == user_id, OperatorAction.action == Action.FLAG, ~was_undone)
        .order_by(OperatorAction.at.desc(), OperatorAction.action_id)
        .limit(1)
    )
    return session.scalars(flags).one()
