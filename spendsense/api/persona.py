"""Which pattern the person's money follows: now, by window, with every criterion; and how it changed."""

from typing import Any

from marshmallow import Schema, fields
from sqlalchemy import Select, select, tuple_

from spendsense.api.auth import current_user
from spendsense.api.database import request_transaction
from spendsense.api.pagination import PageQuery, decode_moment_mark, page
from spendsense.api.resource import CONSUMER, Resource
from spendsense.api.shapes import one_of_types
from spendsense.rulebook.load import load_rulebook
from spendsense.rulebook.types import Threshold
from spendsense.signals.types import SignalValue
from spendsense.store.models import Persona, PersonaChange

personas = Resource("persona", "The pattern that was named, and why.")


class Criterion(Schema):
    """One comparison of the rulebook. `holds` is null where the value is unknown."""

    persona = fields.String(required=True)
    signal = fields.String(required=True)
    operator = fields.String(required=True)
    threshold = one_of_types(Threshold, required=True)
    unit = fields.String(required=True)
    value = one_of_types(SignalValue, required=True, allow_none=True)
    holds = fields.Boolean(required=True, allow_none=True)
    note = fields.String(required=True, allow_none=True)


class Decision(Schema):
    """What was decided for one window. `persona` is null while too little is known."""

    window_days = fields.Integer(required=True)
    persona = fields.String(required=True, allow_none=True)
    reason = fields.String(required=True)
    criteria = fields.List(fields.Nested(Criterion), required=True)
    rulebook_version = fields.String(required=True)
    as_of = fields.Date(required=True)


class Change(Decision):
    """A decision that differed from the one before."""

    previous_persona = fields.String(required=True, allow_none=True)
    changed_at = fields.AwareDateTime(required=True)


class PersonaState(Schema):
    """The present decisions, by window, and a page of the changes, newest first."""

    primary_window_days = fields.Integer(required=True, metadata={"description": "The one that decides what is shown"})
    current = fields.List(fields.Nested(Decision), required=True)
    history = fields.List(fields.Nested(Change), required=True)


class PersonaAnswer(Schema):
    """The present and the past."""

    data = fields.Nested(PersonaState, required=True)
    next = fields.String(required=True, allow_none=True, metadata={"description": "Of the history"})


@personas.operation("GET", "/users/me/persona", to=CONSUMER, query=PageQuery, answers=PersonaAnswer)
def read_persona(query: dict[str, Any]) -> dict[str, Any]:
    """Your persona in each window, with the criteria that held and those that did not."""
    with request_transaction() as session:
        user_id = current_user(session, needs="analysis").user_id
        current = select(Persona).where(Persona.user_id == user_id).order_by(Persona.window_days)
        decisions = session.scalars(current).all()
        changes = session.scalars(_changes(query).where(PersonaChange.user_id == user_id)).all()
    history = page(changes, query["limit"], lambda row: [row.changed_at.isoformat(), str(row.change_id)])
    state = {
        "primary_window_days": load_rulebook().primary_window_days,
        "current": decisions,
        "history": history["data"],
    }
    return {"data": state, "next": history["next"]}


def _changes(query: dict[str, Any]) -> Select[PersonaChange]:
    rows = select(PersonaChange).order_by(PersonaChange.changed_at.desc(), PersonaChange.change_id.desc())
    if query["after"]:
        mark = decode_moment_mark(query["after"])
        rows = rows.where(tuple_(PersonaChange.changed_at, PersonaChange.change_id) < mark)
    return rows.limit(query["limit"] + 1)
