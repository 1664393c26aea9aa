"""Why each item was chosen for a person, and why others were not: in full, for operators and auditors."""

from typing import Any
from uuid import UUID

from marshmallow import Schema, fields, validate

from spendsense import clock
from spendsense.api.database import request_transaction
from spendsense.api.pagination import LONGEST_MARK, decode_moment_mark, page
from spendsense.api.resource import STAFF, Resource
from spendsense.recommendations.told import NotShownInFull, tell_operator, tell_operator_not_shown

traces = Resource("traces", "How decisions came about: for a bank's operators and auditors.")

LARGEST_PAGE = 50  # a trace tells of every item of the catalog


class TraceQuery(Schema):
    """Which page."""

    limit = fields.Integer(
        load_default=20,
        validate=validate.Range(1, LARGEST_PAGE),
        metadata={"description": "How many rows at most"},
    )
    after = fields.String(
        load_default=None,
        validate=validate.Length(1, LONGEST_MARK),
        metadata={"description": "The `next` of the page before"},
    )


class ComparisonSeen(Schema):
    """One condition beside the person's value. `holds` is null where the value was not known."""

    check = fields.String(required=True)
    signal = fields.String(required=True, allow_none=True)
    operator = fields.String(required=True)
    threshold = fields.Raw(required=True, allow_none=True)
    unit = fields.String(required=True, allow_none=True)
    value = fields.Raw(required=True, allow_none=True)
    holds = fields.Boolean(required=True, allow_none=True)


class EvidenceSeen(Schema):
    """The rows behind the figures."""

    transaction_ids = fields.List(fields.String(), required=True)
    account_ids = fields.List(fields.String(), required=True)
    stream_ids = fields.List(fields.String(), required=True)


class WhySeen(Schema):
    """Why it was chosen."""

    persona = fields.String(required=True, allow_none=True)
    is_for_persona = fields.Boolean(required=True)
    comparisons = fields.List(fields.Nested(ComparisonSeen), required=True)
    figures = fields.Dict(keys=fields.String(), values=fields.Raw(allow_none=True), required=True)
    evidence = fields.Nested(EvidenceSeen, required=True)


class WhyNotSeen(Schema):
    """Why another item was not chosen."""

    item_id = fields.String(required=True)
    kind = fields.String(required=True)
    title = fields.String(required=True)
    reason = fields.String(required=True)
    failed = fields.List(fields.Nested(ComparisonSeen), required=True)


class EventSeen(Schema):
    """One change in a recommendation's life."""

    at = fields.AwareDateTime(required=True)
    actor = fields.String(required=True)
    from_status = fields.String(required=True, allow_none=True)
    to_status = fields.String(required=True)
    reason_code = fields.String(required=True)
    detail = fields.String(required=True, allow_none=True)


class TraceSeen(Schema):
    """One recommendation, whatever became of it, and how it came about."""

    recommendation_id = fields.UUID(required=True, attribute="recommendation.recommendation_id")
    kind = fields.String(required=True, attribute="recommendation.kind")
    item_id = fields.String(required=True, attribute="recommendation.item_id")
    title = fields.String(required=True, attribute="recommendation.title")
    rationale = fields.String(required=True, attribute="recommendation.rationale")
    status = fields.String(required=True, attribute="recommendation.status")
    chosen_on = fields.Date(required=True, attribute="recommendation.chosen_on")
    expires_on = fields.Date(required=True, attribute="recommendation.expires_on")
    rulebook_version = fields.String(required=True, attribute="recommendation.rulebook_version")
    events = fields.List(fields.Nested(EventSeen), required=True)
    why = fields.Nested(
        WhySeen,
        required=True,
        allow_none=True,
        metadata={"description": "null: its trace was altered"},
    )
    why_not = fields.List(
        fields.Nested(WhyNotSeen),
        required=True,
        metadata={"description": "What spoke against the others when it was chosen; `not-shown` tells of the present"},
    )


class NotShownInFullSeen(Schema):
    """The items of the rulebook in force that are not shown on a day, each with every check that fails."""

    as_of = fields.Date(required=True, allow_none=True, metadata={"description": "Null: not measured and named yet"})
    rulebook_version = fields.String(required=True)
    items = fields.List(fields.Nested(WhyNotSeen), required=True)


class NotShownInFullAnswer(Schema):
    """What is not shown, and why."""

    data = fields.Nested(NotShownInFullSeen, required=True)


class TracePage(Schema):
    """A page of them, newest first."""

    data = fields.List(fields.Nested(TraceSeen), required=True)
    next = fields.String(required=True, allow_none=True)


@traces.operation("GET", "/operator/users/<uuid:user_id>/traces", to=STAFF, query=TraceQuery, answers=TracePage)
def list_traces(query: dict[str, Any], user_id: UUID) -> dict[str, Any]:
    """Each recommendation of a person with its figures, thresholds and rows, and each failed check of the others."""
    after = decode_moment_mark(query["after"]) if query["after"] else None
    with request_transaction() as session:
        told = tell_operator(session, user_id, clock.now(), after, query["limit"] + 1)

    def key(one: Any) -> list[str]:
        return [one.recommendation.created_at.isoformat(), str(one.recommendation.recommendation_id)]

    return page(told, query["limit"], key)


@traces.operation("GET", "/operator/users/<uuid:user_id>/not-shown", to=STAFF, answers=NotShownInFullAnswer)
def list_not_shown_in_full(user_id: UUID) -> dict[str, NotShownInFull]:
    """What a person is not shown now, with each failed check: decided anew, and stored nowhere."""
    with request_transaction() as session:
        return {"data": tell_operator_not_shown(session, user_id, clock.now())}
