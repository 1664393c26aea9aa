"""What an operator does to a recommendation or a person: done, recorded and audited in one transaction.

An operator is known here by the token's `sub`. The free text is kept on the action's row alone, which goes with the
person; the audit has the codes, and a salted hash of the text, so that a text which was altered is known.
"""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID, uuid4

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from spendsense.consent import ledger
from spendsense.consent.people import lock_user
from spendsense.errors import Conflict, FieldError, InvalidInput, NotFound
from spendsense.recommendations import life
from spendsense.store import audit
from spendsense.store.models import Flag, OperatorAction, Recommendation
from spendsense.store.statuses import REASONS_FOR, Action, Reason

FLAGGED: Final = "flagged"
UNFLAGGED: Final = "unflagged"


@dataclass(frozen=True, slots=True)
class Asked:
    """What an operator asks for. To a recommendation it names that; to a person, the person."""

    action: Action
    reason_code: str
    user_id: UUID | None = None
    recommendation_id: UUID | None = None
    replacement: str | None = None  # an item of the rulebook, for an override
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Effect:
    """What an action changed, in the words of its record."""

    from_status: str | None = None
    to_status: str | None = None
    replacement_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Act:
    """One action about to happen: who does what to whom, and under which id it is recorded."""

    action_id: UUID
    user_id: UUID
    asked: Asked
    operator: str
    at: datetime

    @property
    def actor(self) -> str:
        """The operator as events and audit name them."""
        return f"operator:{self.operator}"


def act(session: Session, asked: Asked, *, operator: str, at: datetime) -> OperatorAction:
    """Does what is asked for and records it.

    Raises NotFound, ConsentMissing (nobody acts on a person who does not agree to the analysis), InvalidInput for a
    reason that is not on the list or a note without text, and Conflict for what does not fit the present state.
    """
    require_reason(asked.action, asked.reason_code)
    if asked.action is Action.NOTE and not asked.note:
        raise InvalidInput("A note needs a text.", [FieldError("/note", "Missing data for required field.")])
    user_id = subject_of(session, asked)
    hold(session, user_id, at)
    one = Act(uuid4(), user_id, asked, operator, at)
    return record(session, one, _DO[asked.action](session, one))


def subject_of(session: Session, asked: Asked) -> UUID:
    """Whom the action is about. Raises NotFound for a recommendation that is not there."""
    if asked.user_id is not None:
        return asked.user_id
    assert asked.recommendation_id is not None  # one of the two is named
    return owner_of(session, asked.recommendation_id)


def owner_of(session: Session, recommendation_id: UUID) -> UUID:
    """Whose recommendation it is. Raises NotFound."""
    owner = session.scalar(select(Recommendation.user_id).where(Recommendation.recommendation_id == recommendation_id))
    if owner is None:
        raise NotFound("There is no such recommendation.")
    return owner


def hold(session: Session, user_id: UUID, at: datetime) -> None:
    """Locks the person until the transaction ends. Raises NotFound, and ConsentMissing: nobody acts without consent."""
    lock_user(session, user_id)
    ledger.require(session, user_id, "analysis", at)


def require_reason(action: Action, code: str) -> None:
    """Raises InvalidInput for a reason code that is not of the action's list."""
    if code not in REASONS_FOR[action]:
        said = f"To {action}, a reason is one of {', '.join(REASONS_FOR[action])}."
        raise InvalidInput(said, [FieldError("/reason_code", said)])


def record(session: Session, one: Act, effect: Effect, undoes: UUID | None = None) -> OperatorAction:
    """Writes the action's row and its audit record, in codes alone."""
    asked, salt = one.asked, uuid4()
    row = OperatorAction(
        user_id=one.user_id,
        action_id=one.action_id,
        actor=one.operator,
        action=asked.action,
        reason_code=asked.reason_code,
        note=asked.note,
        note_salt=salt,
        recommendation_id=asked.recommendation_id,
        replacement_id=effect.replacement_id,
        from_status=effect.from_status,
        to_status=effect.to_status,
        undoes=undoes,
        at=one.at,
    )
    session.add(row)
    session.flush()
    detail = {
        "reason_code": asked.reason_code,
        "from_status": effect.from_status,
        "to_status": effect.to_status,
        "note_hash": hash_of(asked.note, salt) if asked.note else None,
        **_item_of(session, one),
    }
    known = {name: value for name, value in detail.items() if value is not None}
    audit.record(session, one.user_id, f"operator.{asked.action}", actor=one.actor, at=one.at, detail=known)
    return row


def hash_of(note: str, salt: UUID) -> str:
    """SHA-256 of the text with its salt, in hex."""
    return hashlib.sha256(salt.bytes + note.encode()).hexdigest()


def set_flag(session: Session, user_id: UUID, action_id: UUID, reason_code: str, at: datetime) -> None:
    """Flags the person. Raises Conflict when they are flagged already."""
    if session.get(Flag, user_id, populate_existing=True) is not None:
        raise Conflict("The person is flagged already.")
    session.add(Flag(user_id=user_id, action_id=action_id, reason_code=reason_code, flagged_at=at))
    session.flush()


def clear_flag(session: Session, user_id: UUID) -> None:
    """Takes the flag away. Raises Conflict when there is none."""
    gone = session.execute(delete(Flag).where(Flag.user_id == user_id).returning(Flag.user_id)).one_or_none()
    if gone is None:
        raise Conflict("The person is not flagged.")


def _item_of(session: Session, one: Act) -> dict[str, Any]:
    """The catalog's names of what was decided upon: no id of the person's rows."""
    if one.asked.recommendation_id is None:
        return {}
    key = Recommendation.user_id == one.user_id, Recommendation.recommendation_id == one.asked.recommendation_id
    kind, item_id = session.execute(select(Recommendation.kind, Recommendation.item_id).where(*key)).one()
    return {"kind": kind, "item": item_id, "replacement": one.asked.replacement}


def _approve(session: Session, one: Act) -> Effect:
    return _of_life(life.approve(session, *_target(one), actor=one.actor, reason=_reason(one), at=one.at))


def _reject(session: Session, one: Act) -> Effect:
    return _of_life(life.reject(session, *_target(one), actor=one.actor, reason=_reason(one), at=one.at))


def _override(session: Session, one: Act) -> Effect:
    put = one.asked.replacement
    done = life.override(session, *_target(one), replacement=put, actor=one.actor, reason=_reason(one), at=one.at)
    return _of_life(done)


def _flag(session: Session, one: Act) -> Effect:
    set_flag(session, one.user_id, one.action_id, one.asked.reason_code, one.at)
    return Effect(UNFLAGGED, FLAGGED)


def _unflag(session: Session, one: Act) -> Effect:
    clear_flag(session, one.user_id)
    return Effect(FLAGGED, UNFLAGGED)


def _note(_session: Session, _one: Act) -> Effect:
    return Effect()


_DO: Final[Mapping[Action, Callable[[Session, Act], Effect]]] = {
    Action.APPROVE: _approve,
    Action.REJECT: _reject,
    Action.OVERRIDE: _override,
    Action.FLAG: _flag,
    Action.UNFLAG: _unflag,
    Action.NOTE: _note,
}


def _target(one: Act) -> tuple[UUID, UUID]:
    assert one.asked.recommendation_id is not None  # these actions are asked for by the recommendation
    return one.user_id, one.asked.recommendation_id


def _reason(one: Act) -> Reason:
    return Reason(one.asked.reason_code)


def _of_life(done: life.Done) -> Effect:
    return Effect(done.before, done.after, done.replacement_id)
