"""What operators do: to a recommendation, to a person, to many at once; and how they take it back.

Each POST takes an Idempotency-Key. If-Match holds it against the tag of what it acts on: of the recommendation where
there is one, else of the person, as their own routes answer it.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from marshmallow import Schema, ValidationError, fields, post_load, validate, validates_schema
from sqlalchemy.orm import Session

from spendsense import clock
from spendsense.api.auth import current_caller
from spendsense.api.database import request_transaction
from spendsense.api.etags import require_match, tag
from spendsense.api.operators_tags import tag_of_person, tag_of_recommendation
from spendsense.api.resource import OPERATOR, Resource
from spendsense.operators.acting import Asked, act, hold, subject_of
from spendsense.operators.bulk import MOST_ENTRIES, act_on_all, lock_all
from spendsense.operators.undo import UNDO_WITHIN, target_of_action, undo
from spendsense.store.models import OperatorAction
from spendsense.store.statuses import (
    ON_PEOPLE,
    ON_RECOMMENDATIONS,
    OPERATOR_REASONS,
    PERSON_REASONS,
    REASONS_FOR,
    UNDO_REASONS,
    Action,
)

operator_actions = Resource("operator actions", "What operators decide, each with its reason. Auditors change nothing.")

LONGEST_NOTE = 2_000
LONGEST_ITEM_ID = 100


def readable(text: str) -> None:
    """Raises ValidationError for a text without a word, and for control characters other than a new line."""
    if not text.strip() or not all(character.isprintable() or character == "\n" for character in text):
        raise ValidationError("Only printable characters and new lines, and at least one that is no space.")


def reason(codes: tuple[str, ...]) -> fields.String:
    """A reason code out of the list."""
    return fields.String(required=True, validate=validate.OneOf(codes))


def text(**how: Any) -> fields.String:
    """A free text. It stands apart from the audit, and goes with the person."""
    return fields.String(
        validate=[validate.Length(1, LONGEST_NOTE), readable],
        metadata={"description": "Free text; the audit has only its hash"},
        **how,
    )


class Reasoned(Schema):
    """Why something is done to a recommendation."""

    reason_code = reason(OPERATOR_REASONS)
    note = text(load_default=None, allow_none=True)


class Overriding(Reasoned):
    """Why a recommendation ends, and what takes its place."""

    replacement = fields.String(
        load_default=None,
        allow_none=True,
        validate=validate.Length(1, LONGEST_ITEM_ID),
        metadata={"description": "An item of the rulebook of the same kind, for which the person is fit; null: none"},
    )


class ReasonedOfPerson(Schema):
    """Why something is done about a person."""

    reason_code = reason(PERSON_REASONS)
    note = text(load_default=None, allow_none=True)


class NoteWritten(Schema):
    """A note on a person."""

    reason_code = reason(PERSON_REASONS)
    note = text(required=True)


class Undoing(Schema):
    """Why an action is taken back."""

    reason_code = reason(UNDO_REASONS)
    note = text(load_default=None, allow_none=True)


class Entry(Schema):
    """One of many actions. The first three name a recommendation, the others a person."""

    action = fields.String(required=True, validate=validate.OneOf([*ON_RECOMMENDATIONS, *ON_PEOPLE]))
    reason_code = fields.String(
        required=True, metadata={"description": "One of the list of the action, as when it is done alone"}
    )
    recommendation_id = fields.UUID(load_default=None, allow_none=True)
    user_id = fields.UUID(load_default=None, allow_none=True)
    replacement = fields.String(load_default=None, allow_none=True, validate=validate.Length(1, LONGEST_ITEM_ID))
    note = text(load_default=None, allow_none=True)

    @validates_schema
    def check(self, entry: dict[str, Any], **_: Any) -> None:
        """Raises ValidationError for an entry whose parts do not go together."""
        action = Action(entry["action"])
        if entry["reason_code"] not in REASONS_FOR[action]:
            raise ValidationError(f"Must be one of: {', '.join(REASONS_FOR[action])}.", "reason_code")
        named, other = (
            ("recommendation_id", "user_id") if action in ON_RECOMMENDATIONS else ("user_id", "recommendation_id")
        )
        if entry[named] is None:
            raise ValidationError(f"To {action} names one.", named)
        if entry[other] is not None:
            raise ValidationError(f"To {action} names none.", other)
        if entry["replacement"] is not None and action is not Action.OVERRIDE:
            raise ValidationError("Only an override puts something else in the place.", "replacement")
        if entry["note"] is None and action is Action.NOTE:
            raise ValidationError("A note needs a text.", "note")

    @post_load
    def make(self, entry: dict[str, Any], **_: Any) -> Asked:
        """The entry as what is asked for."""
        return Asked(**{**entry, "action": Action(entry["action"])})


class Entries(Schema):
    """Many actions, of which all are done or none."""

    entries = fields.List(fields.Nested(Entry), required=True, validate=validate.Length(1, MOST_ENTRIES))


class ActionSeen(Schema):
    """One action as it is recorded."""

    action_id = fields.UUID(required=True)
    user_id = fields.UUID(required=True)
    actor = fields.String(required=True, metadata={"description": "Who acted: the `sub` of their login"})
    action = fields.String(required=True, validate=validate.OneOf(list(Action)))
    reason_code = fields.String(required=True)
    note = fields.String(required=True, allow_none=True)
    recommendation_id = fields.UUID(required=True, allow_none=True)
    replacement_id = fields.UUID(
        required=True, allow_none=True, metadata={"description": "The recommendation that took the place"}
    )
    from_status = fields.String(required=True, allow_none=True)
    to_status = fields.String(required=True, allow_none=True)
    undoes = fields.UUID(required=True, allow_none=True, metadata={"description": "The action that was taken back"})
    at = fields.AwareDateTime(required=True)
    undo_until = fields.Function(
        lambda row: None if row.action == Action.UNDO else (row.at + UNDO_WITHIN).isoformat(),
        required=True,
        metadata={"type": ["string", "null"], "format": "date-time", "description": "null: it can't be undone"},
    )


class ActionsSeen(Schema):
    """Actions as they are recorded, in the order asked for."""

    data = fields.List(fields.Nested(ActionSeen), required=True)


EXAMPLE = {
    "action_id": "0d3f7a52-6c1e-4f0b-9a64-5f0c9a3e2b7d",
    "user_id": "7b0c6c0e-43f5-4d0b-8a7c-2f1f0b6f3f11",
    "actor": "9c1185a5-c5e9-44cd-8b0f-6b1f5a1f2d55",
    "action": "override",
    "reason_code": "unsuitable",
    "note": "She has closed this card.",
    "recommendation_id": "c0a8e1f4-12ab-4c7e-9d55-3d1f6f3f7c52",
    "replacement_id": "5e0e0d57-8f5d-4b41-a0a3-0f6f3f7c5211",
    "from_status": "pending_approval",
    "to_status": "overridden",
    "undoes": None,
    "at": "2026-11-22T09:30:00+00:00",
    "undo_until": "2026-11-22T09:40:00+00:00",
}


def acts(rule: str, body: type[Schema]) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Declares an operation that does one thing: for operators, once for each key, and held against If-Match."""
    return operator_actions.operation(
        "POST",
        rule,
        to=OPERATOR,
        body=body,
        answers=ActionSeen,
        status=201,
        once=True,
        takes_match=True,
        example=EXAMPLE,
    )


@acts("/operator/recommendations/<uuid:recommendation_id>/approve", body=Reasoned)
def approve(body: dict[str, Any], recommendation_id: UUID) -> OperatorAction:
    """Have a recommendation shown that is held or waits. A text that does not pass its checks stays held."""
    return _act(Asked(Action.APPROVE, recommendation_id=recommendation_id, **body))


@acts("/operator/recommendations/<uuid:recommendation_id>/reject", body=Reasoned)
def reject(body: dict[str, Any], recommendation_id: UUID) -> OperatorAction:
    """End a recommendation that is held or waits; it is never shown."""
    return _act(Asked(Action.REJECT, recommendation_id=recommendation_id, **body))


@acts("/operator/recommendations/<uuid:recommendation_id>/override", body=Overriding)
def override(body: dict[str, Any], recommendation_id: UUID) -> OperatorAction:
    """End a live recommendation, and have another item shown in its place or none."""
    return _act(Asked(Action.OVERRIDE, recommendation_id=recommendation_id, **body))


@acts("/operator/users/<uuid:user_id>/flag", body=ReasonedOfPerson)
def flag(body: dict[str, Any], user_id: UUID) -> OperatorAction:
    """Flag a person: what waits for them comes first in the review queue."""
    return _act(Asked(Action.FLAG, user_id=user_id, **body))


@acts("/operator/users/<uuid:user_id>/unflag", body=ReasonedOfPerson)
def unflag(body: dict[str, Any], user_id: UUID) -> OperatorAction:
    """Take a person's flag away."""
    return _act(Asked(Action.UNFLAG, user_id=user_id, **body))


@acts("/operator/users/<uuid:user_id>/note", body=NoteWritten)
def note(body: dict[str, Any], user_id: UUID) -> OperatorAction:
    """Write a note on a person. It goes with the person, and is part of their export."""
    return _act(Asked(Action.NOTE, user_id=user_id, **body))


@operator_actions.operation(
    "POST",
    "/operator/actions",
    to=OPERATOR,
    body=Entries,
    answers=ActionsSeen,
    status=201,
    once=True,
    example={"data": [EXAMPLE]},
)
def act_on_many(body: dict[str, Any]) -> dict[str, Any]:
    """Do up to 500 actions, all or none. When one can't be done, the 409 names each that can't and why."""
    with request_transaction() as session:
        entries = lock_all(session, body["entries"])
        done = act_on_all(session, entries, operator=current_caller().sub, at=clock.now())
    return {"data": done}


@acts("/operator/actions/<uuid:action_id>/undo", body=Undoing)
def undo_action(body: dict[str, Any], action_id: UUID) -> OperatorAction:
    """Take an action back within ten minutes, as long as nothing has happened to it since. It is an action too."""
    with request_transaction() as session:
        user_id, recommendation_id = target_of_action(session, action_id)
        hold(session, user_id, clock.now())
        at = clock.now()
        require_match(_tag(session, user_id, recommendation_id, at))
        done = undo(session, action_id, operator=current_caller().sub, at=at, **body)
        tag(_tag(session, user_id, recommendation_id, at))
        return done


def _act(asked: Asked) -> OperatorAction:
    """Does it. The moment is read once the person is held, so that of two who act at once the later has the later."""
    with request_transaction() as session:
        user_id = subject_of(session, asked)
        hold(session, user_id, clock.now())
        at = clock.now()
        require_match(_tag(session, user_id, asked.recommendation_id, at))
        done = act(session, asked, operator=current_caller().sub, at=at)
        tag(_tag(session, user_id, asked.recommendation_id, at))
        return done


def _tag(session: Session, user_id: UUID, recommendation_id: UUID | None, at: datetime) -> str:
    """Of the recommendation that is acted on, or of the person: what their own routes answer."""
    if recommendation_id is None:
        return tag_of_person(session, user_id, at)
    return tag_of_recommendation(session, user_id, recommendation_id, at)
