"""What waits for an operator, and one recommendation with all that led to it."""

from typing import Any
from uuid import UUID

from marshmallow import Schema, fields, validate

from spendsense import clock
from spendsense.api.database import request_transaction
from spendsense.api.etags import tag
from spendsense.api.operators_tags import tag_of_recommendation
from spendsense.api.pagination import LONGEST_MARK, bad_mark, decode_mark, moment_and_id, page
from spendsense.api.resource import STAFF, Resource
from spendsense.api.traces import TraceSeen, WhySeen
from spendsense.consent import ledger
from spendsense.operators.acting import owner_of
from spendsense.operators.review import RISKS, Place, Waiting, queue
from spendsense.recommendations.told import Told, tell_one
from spendsense.rulebook.load import load_rulebook
from spendsense.store.statuses import WAITING

reviews = Resource("review", "What waits for an operator, with the figures behind it.")

LARGEST_PAGE = 50  # each entry has its trace read
HIGHEST_RISK = 7


class ReviewQuery(Schema):
    """Which page, in which order. Flagged people always come first."""

    limit = fields.Integer(
        load_default=20, validate=validate.Range(1, LARGEST_PAGE), metadata={"description": "How many at most"}
    )
    after = fields.String(
        load_default=None,
        validate=validate.Length(1, LONGEST_MARK),
        metadata={"description": "The `next` of the page before"},
    )
    sort = fields.String(
        load_default="risk",
        validate=validate.OneOf(["risk", "age"]),
        metadata={"description": "risk: highest first, then oldest first; age: oldest first"},
    )


class WaitingSeen(Schema):
    """One recommendation that waits."""

    recommendation_id = fields.UUID(required=True, attribute="recommendation.recommendation_id")
    user_id = fields.UUID(required=True, attribute="recommendation.user_id")
    kind = fields.String(required=True, attribute="recommendation.kind")
    item_id = fields.String(required=True, attribute="recommendation.item_id")
    status = fields.String(
        required=True, attribute="recommendation.status", validate=validate.OneOf([str(status) for status in WAITING])
    )
    faults = fields.String(
        required=True,
        allow_none=True,
        attribute="recommendation.status_reason",
        metadata={"description": "What its text failed"},
    )
    title = fields.String(required=True, attribute="recommendation.title")
    rationale = fields.String(required=True, attribute="recommendation.rationale")
    content = fields.String(required=True, attribute="recommendation.content")
    disclosure = fields.String(required=True, attribute="recommendation.disclosure")
    rulebook_version = fields.String(required=True, attribute="recommendation.rulebook_version")
    expires_on = fields.Date(required=True, attribute="recommendation.expires_on")
    waiting_since = fields.AwareDateTime(required=True, attribute="recommendation.created_at")
    is_flagged = fields.Boolean(required=True, metadata={"description": "The person is"})
    risk = fields.Integer(
        required=True,
        validate=validate.Range(0, HIGHEST_RISK),
        metadata={
            "description": "4 for an offer, 2 when the person is overdue or a card is at 50 % or more, 1 for a text "
            "that failed"
        },
    )
    risks = fields.List(fields.String(validate=validate.OneOf(RISKS)), required=True)
    why = fields.Nested(WhySeen, required=True, allow_none=True)


class ReviewPage(Schema):
    """A page of the queue."""

    data = fields.List(fields.Nested(WaitingSeen), required=True)
    next = fields.String(required=True, allow_none=True)


class TraceAnswer(Schema):
    """One recommendation."""

    data = fields.Nested(TraceSeen, required=True)


@reviews.operation("GET", "/operator/review", to=STAFF, query=ReviewQuery, answers=ReviewPage)
def list_review(query: dict[str, Any]) -> dict[str, Any]:
    """What is held or waits for approval: of flagged people first, then by risk and age, each with its figures."""
    after = _decode(query["after"]) if query["after"] else None
    by_age = query["sort"] == "age"
    with request_transaction() as session:
        rulebook, at = load_rulebook(), clock.now()
        found = queue(session, rulebook, at, by_age=by_age, after=after, limit=query["limit"] + 1)
    return page(found, query["limit"], _key)


@reviews.operation(
    "GET", "/operator/recommendations/<uuid:recommendation_id>", to=STAFF, answers=TraceAnswer, is_tagged=True
)
def read_recommendation(recommendation_id: UUID) -> dict[str, Told]:
    """One recommendation with its figures, thresholds and rows, its life, and each failed check of the others."""
    with request_transaction() as session:
        user_id, at = owner_of(session, recommendation_id), clock.now()
        ledger.require(session, user_id, "analysis", at)
        tag(tag_of_recommendation(session, user_id, recommendation_id, at))
        return {"data": tell_one(session, user_id, recommendation_id, at)}


def _key(one: Waiting) -> list[str]:
    place = one.place
    flagged = "flagged" if place.is_flagged else "unflagged"
    return [flagged, str(place.place), place.created_at.isoformat(), str(place.recommendation_id)]


def _decode(mark: str) -> Place:
    flagged, place, created_at, identifier = decode_mark(mark, 4)
    moment, recommendation_id = moment_and_id(created_at, identifier)
    if flagged not in ("flagged", "unflagged") or place not in (str(-risk) for risk in range(HIGHEST_RISK + 1)):
        raise bad_mark()
    return Place(flagged == "flagged", int(place), moment, recommendation_id)
