"""The people as operators and auditors see them: lists, one in full, what was done about them, and the numbers."""

from datetime import datetime
from typing import Any
from uuid import UUID

from marshmallow import Schema, ValidationError, fields, validate

from spendsense import clock
from spendsense.api.consents import ConsentState
from spendsense.api.database import request_transaction
from spendsense.api.operators_actions import ActionSeen
from spendsense.api.pagination import PageQuery, bad_mark, decode_mark, decode_moment_mark, page
from spendsense.api.persona import Decision
from spendsense.api.resource import STAFF, Resource, printable
from spendsense.api.signals import SignalWindow, StreamSeen, stream_seen, window_seen
from spendsense.operators.counting import Metrics, Summary, measure, summarise
from spendsense.operators.people import NO_PERSONA, Search, Sort, find_people
from spendsense.operators.person import Derived, read_actions, read_person
from spendsense.rulebook.load import load_rulebook

operators = Resource("operators", "The people and the numbers, for a bank's operators and auditors.")

SORTS = ("email", "persona", "changed")


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
    flagged = fields.Boolean(load_default=None)
    sort = fields.String(
        load_default="email",
        validate=validate.OneOf(SORTS),
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


def counts() -> fields.Dict:
    """Name → how many."""
    return fields.Dict(keys=fields.String(), values=fields.Integer(), required=True)


class PeopleSummary(Schema):
    """How many there are. People without live consent to the analysis are in `people.all` alone."""

    people = counts()
    personas = counts()
    review = counts()


class SummaryAnswer(Schema):
    """The summary."""

    data = fields.Nested(PeopleSummary, required=True)


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


class DataAge(Schema):
    """How old what is known is."""

    people = counts()
    last_upload_at = fields.AwareDateTime(required=True, allow_none=True)
    measured_first = fields.Date(required=True, allow_none=True)
    measured_last = fields.Date(required=True, allow_none=True)


class JobRunSeen(Schema):
    """The last run of a job. `finished_at` is null while it runs, or when its process died."""

    job = fields.String(required=True)
    run_id = fields.UUID(required=True)
    as_of = fields.Date(required=True)
    started_at = fields.AwareDateTime(required=True)
    finished_at = fields.AwareDateTime(required=True, allow_none=True)
    outcome = fields.String(required=True, allow_none=True)
    counts = fields.Dict(keys=fields.String(), values=fields.Raw(), required=True, allow_none=True)


class MetricsSeen(Schema):
    """All that is counted, at this moment."""

    summary = fields.Nested(PeopleSummary, required=True)
    coverage = counts()
    recommendations = fields.Dict(
        keys=fields.String(),
        values=fields.Dict(keys=fields.String(), values=fields.Integer()),
        required=True,
        metadata={"description": "By kind, then by status"},
    )
    feedback = counts()
    data = fields.Nested(DataAge, required=True)
    jobs = fields.List(fields.Nested(JobRunSeen), required=True)


class MetricsAnswer(Schema):
    """The metrics."""

    data = fields.Nested(MetricsSeen, required=True)


@operators.operation("GET", "/operator/users", to=STAFF, query=PeopleQuery, answers=PeoplePage)
def list_people(query: dict[str, Any]) -> dict[str, Any]:
    """Look people up by email or id, persona or flag. Filters by persona and flag find those alone who agree."""
    sort: Sort = query["sort"]
    after = _decode(sort, query["after"]) if query["after"] else None
    search = Search(query["q"], query["persona"], query["flagged"], sort, after)
    with request_transaction() as session:
        found = find_people(session, search, load_rulebook().primary_window_days, clock.now(), query["limit"] + 1)
    return page(found, query["limit"], lambda row: [row.place(sort), str(row.user_id)])


@operators.operation("GET", "/operator/users/summary", to=STAFF, answers=SummaryAnswer)
def read_summary() -> dict[str, Summary]:
    """How many people there are, by consent, flag and persona, and how much waits for an operator."""
    with request_transaction() as session:
        return {"data": summarise(session, load_rulebook(), clock.now())}


@operators.operation("GET", "/operator/users/<uuid:user_id>", to=STAFF, answers=PersonFull)
def read_one(user_id: UUID) -> dict[str, Any]:
    """One person in full: consent, signals, persona, streams, recommendations, flag and notes."""
    with request_transaction() as session:
        found = read_person(session, user_id, load_rulebook().primary_window_days, clock.now())
    user = found.user
    return {
        "user_id": user.user_id,
        "email": user.email,
        "created_at": user.created_at,
        "state": user.state if found.derived else None,
        "consent": found.consent,
        "derived": _derived(found.derived) if found.derived else None,
    }


@operators.operation("GET", "/operator/users/<uuid:user_id>/actions", to=STAFF, query=PageQuery, answers=ActionPage)
def list_actions(query: dict[str, Any], user_id: UUID) -> dict[str, Any]:
    """What operators did about a person, newest first, with their notes."""
    after = decode_moment_mark(query["after"]) if query["after"] else None
    with request_transaction() as session:
        found = read_actions(session, user_id, clock.now(), after, query["limit"] + 1)
    return page(found, query["limit"], lambda row: [row.at.isoformat(), str(row.action_id)])


@operators.operation("GET", "/operator/metrics", to=STAFF, answers=MetricsAnswer)
def read_metrics() -> dict[str, Metrics]:
    """People, coverage, personas, recommendations, feedback, the age of the data, and the last runs of the jobs."""
    with request_transaction() as session:
        return {"data": measure(session, load_rulebook(), clock.now())}


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
