"""The people as operators and auditors see them: lists, one in full, and what was done about them."""

from datetime import datetime
from typing import Any, get_args
from uuid import UUID

from marshmallow import Schema, ValidationError, fields, validate

from spendsense import clock
from spendsense.api.consents import ConsentState
from spendsense.api.database import request_transaction
from spendsense.api.etags import tag
from spendsense.api.operators_actions import EXAMPLE, ActionSeen
from spendsense.api.operators_tags import tag_of_person
from spendsense.api.pagination import PageQuery, bad_mark, decode_mark, decode_moment_mark, page
from spendsense.api.persona import Decision
from spendsense.api.resource import STAFF, Resource, printable
from spendsense.api.signals import SignalWindow, StreamSeen, stream_seen, window_seen
from spendsense.operators.people import NO_PERSONA, Search, Sort, find_people
from spendsense.operators.person import Derived, read_actions, read_person
from spendsense.rulebook.load import load_rulebook

operators = Resource("operators", "The people, for a bank's operators and auditors.")


def known_persona(name: str) -> None:
    """Raises ValidationError for what the rulebook does not name."""
    known = [*(rule.persona_id for rule in load_rulebook().personas), NO_PERSONA]
    if name not in known:
        raise ValidationError(f"Must be one of: {', '.join(known)}.")


class PeopleQuery(PageQuery):
    """Who is looked for, and in which order."""

    q = fields.String(
        load_default=None,
        validate=[validate.Length(1, 254), printable],
        metadata={"description": "The beginning of an email, or an id"},
    )
    persona = fields.String(
        load_default=None, validate=known_persona, metadata={"description": "A persona, or none for those without one"}
    )
    flagged = fields.Boolean(load_default=None, metadata={"description": "Only flagged people, or only others"})
    sort = fields.String(
        load_default="email",
        validate=validate.OneOf(get_args(Sort)),
        metadata={"description": "changed: by the last change of persona, newest first"},
    )


class PersonListed(Schema):
    """One person. Without live consent to the analysis the last three are null."""

    user_id = fields.UUID(required=True)
    email = fields.String(required=True)
    consent = fields.Nested(ConsentState, required=True)
    persona = fields.String(required=True, allow_none=True)
    persona_changed_at = fields.AwareDateTime(required=True, allow_none=True)
    is_flagged = fields.Boolean(required=True, allow_none=True)


class PeoplePage(Schema):
    """A page of them."""

    data = fields.List(fields.Nested(PersonListed), required=True)
    next = fields.String(required=True, allow_none=True)


class RecommendationListed(Schema):
    """A recommendation, whatever became of it."""

    recommendation_id = fields.UUID(required=True)
    kind = fields.String(required=True)
    item_id = fields.String(required=True)
    title = fields.String(required=True)
    rationale = fields.String(required=True)
    status = fields.String(required=True)
    status_reason = fields.String(required=True, allow_none=True)
    chosen_on = fields.Date(required=True)
    expires_on = fields.Date(required=True)
    created_at = fields.AwareDateTime(required=True)
    ended_at = fields.AwareDateTime(required=True, allow_none=True)


class FlagSeen(Schema):
    """That a person is flagged, why and since when."""

    action_id = fields.UUID(required=True)
    reason_code = fields.String(required=True)
    flagged_at = fields.AwareDateTime(required=True)


class PersonDerived(Schema):
    """What was measured, named and offered, and what operators made of it."""

    measured_on = fields.Date(required=True, allow_none=True)
    signals = fields.Nested(SignalWindow, required=True, allow_none=True, metadata={"description": "Primary window"})
    persona = fields.Nested(Decision, required=True, allow_none=True)
    streams = fields.List(fields.Nested(StreamSeen), required=True)
    recommendations = fields.List(
        fields.Nested(RecommendationListed), required=True, metadata={"description": "Live ones, then 100 that ended"}
    )
    flag = fields.Nested(FlagSeen, required=True, allow_none=True)
    notes = fields.List(fields.Nested(ActionSeen), required=True, metadata={"description": "Newest first, up to 100"})


class PersonFull(Schema):
    """One person; `derived` is null without live consent to the analysis."""

    user_id = fields.UUID(required=True)
    email = fields.String(required=True)
    created_at = fields.AwareDateTime(required=True)
    state = fields.String(required=True, allow_none=True)
    consent = fields.Nested(ConsentState, required=True)
    derived = fields.Nested(PersonDerived, required=True, allow_none=True)


class ActionPage(Schema):
    """A page of actions, newest first."""

    data = fields.List(fields.Nested(ActionSeen), required=True)
    next = fields.String(required=True, allow_none=True)


CONSENT = {
    "analysis": True,
    "offers": False,
    "analysis_until": "2027-11-22T12:00:00+00:00",
    "offers_until": None,
}
LISTED = {
    "user_id": EXAMPLE["user_id"],
    "email": "ann@example.com",
    "consent": CONSENT,
    "persona": "high_utilization",
    "persona_changed_at": "2026-11-22T01:05:00+00:00",
    "is_flagged": False,
}
FULL = {
    "user_id": EXAMPLE["user_id"],
    "email": "ann@example.com",
    "created_at": "2026-05-01T08:00:00+00:00",
    "state": None,
    "consent": {**CONSENT, "analysis": False, "analysis_until": None},
    "derived": None,
}


@operators.operation(
    "GET", "/operator/users", to=STAFF, query=PeopleQuery, answers=PeoplePage, example={"data": [LISTED], "next": None}
)
def list_people(query: dict[str, Any]) -> dict[str, Any]:
    """Look people up by email or id, persona or flag. Filters by persona and flag find those alone who agree."""
    sort: Sort = query["sort"]
    after = _decode(sort, query["after"]) if query["after"] else None
    search = Search(query["q"], query["persona"], query["flagged"], sort, after)
    with request_transaction() as session:
        found = find_people(session, search, load_rulebook().primary_window_days, clock.now(), query["limit"] + 1)
    return page(found, query["limit"], lambda row: [row.place(sort), str(row.user_id)])


@operators.operation(
    "GET", "/operator/users/<uuid:user_id>", to=STAFF, answers=PersonFull, is_tagged=True, example=FULL
)
def read_one(user_id: UUID) -> dict[str, Any]:
    """One person in full: consent, signals, persona, streams, recommendations, flag and notes."""
    with request_transaction() as session:
        at = clock.now()
        tag(tag_of_person(session, user_id, at))
        found = read_person(session, user_id, load_rulebook().primary_window_days, at)
    user = found.user
    return {
        "user_id": user.user_id,
        "email": user.email,
        "created_at": user.created_at,
        "state": user.state if found.derived else None,
        "consent": found.consent,
        "derived": _derived(found.derived) if found.derived else None,
    }


@operators.operation(
    "GET",
    "/operator/users/<uuid:user_id>/actions",
    to=STAFF,
    query=PageQuery,
    answers=ActionPage,
    example={"data": [EXAMPLE], "next": None},
)
def list_actions(query: dict[str, Any], user_id: UUID) -> dict[str, Any]:
    """What operators did about a person, newest first, with their notes."""
    after = decode_moment_mark(query["after"]) if query["after"] else None
    with request_transaction() as session:
        found = read_actions(session, user_id, clock.now(), after, query["limit"] + 1)
    return page(found, query["limit"], lambda row: [row.at.isoformat(), str(row.action_id)])


def _derived(found: Derived) -> dict[str, Any]:
    signals = found.signals
    return {
        **{name: getattr(found, name) for name in ("measured_on", "persona", "recommendations", "flag", "notes")},
        "signals": {**window_seen(signals), "as_of": found.measured_on} if signals else None,
        "streams": [stream_seen(one, found.measured_on) for one in found.streams],
    }


def _decode(sort: Sort, mark: str) -> tuple[str | datetime, UUID]:
    if sort == "changed":
        return decode_moment_mark(mark)
    place, user_id = decode_mark(mark, 2)
    try:
        return place, UUID(user_id)
    except ValueError as error:
        raise bad_mark() from error
