"""What the person is offered: education, and partner offers when they agreed to them; and what they say of it."""

from typing import Any
from uuid import UUID

from marshmallow import Schema, fields, validate

from spendsense import clock
from spendsense.api.auth import current_user
from spendsense.api.chain import Followed, refresh_person
from spendsense.api.database import request_transaction
from spendsense.api.resource import CONSUMER, Resource
from spendsense.recommendations.feedback import record_feedback
from spendsense.recommendations.serving import served
from spendsense.recommendations.told import tell_not_shown, tell_why
from spendsense.store.statuses import VERDICTS

recommendations = Resource("recommendations", "Education, and offers that you agreed to, each with its reason.")


class RecommendationSeen(Schema):
    """One item, with the person's own figures as its reason."""

    id = fields.UUID(required=True, attribute="recommendation_id")
    title = fields.String(required=True)
    rationale = fields.String(required=True)
    content = fields.String(required=True)
    disclosure = fields.String(required=True)


class RecommendationsByKind(Schema):
    """The items that are active, in the order in which they are shown."""

    education = fields.List(fields.Nested(RecommendationSeen), required=True)
    offers = fields.List(fields.Nested(RecommendationSeen), required=True)


class Recommendations(Schema):
    """Education and offers."""

    data = fields.Nested(RecommendationsByKind, required=True)


class NewFeedback(Schema):
    """What a person says of an item; `dismissed` takes it away."""

    verdict = fields.String(required=True, validate=validate.OneOf(VERDICTS))


class FeedbackTaken(Followed):
    """The feedback as it was stored."""

    feedback_id = fields.UUID(required=True)
    recommendation_id = fields.UUID(required=True)
    verdict = fields.String(required=True)
    at = fields.AwareDateTime(required=True)


FEEDBACK_FIELDS = tuple(set(FeedbackTaken().fields) - set(Followed().fields))


class PlainWhySeen(Schema):
    """Why an item is shown, in plain sentences, and the transactions behind its figures."""

    title = fields.String(required=True)
    rationale = fields.String(required=True)
    sentences = fields.List(fields.String(), required=True)
    transaction_ids = fields.List(fields.String(), required=True)
    disclosure = fields.String(required=True)


class PlainWhyAnswer(Schema):
    """Why."""

    data = fields.Nested(PlainWhySeen, required=True)


class PlainWhyNotSeen(Schema):
    """An item that is not shown, and why, in plain sentences."""

    kind = fields.String(required=True, metadata={"description": "education or offer"})
    title = fields.String(required=True)
    reasons = fields.List(fields.String(), required=True)


class NotShownSeen(Schema):
    """What is not shown on a day."""

    as_of = fields.Date(required=True, allow_none=True, metadata={"description": "Today; null: not measured yet"})
    items = fields.List(fields.Nested(PlainWhyNotSeen), required=True)


class NotShownAnswer(Schema):
    """What is not shown, and why."""

    data = fields.Nested(NotShownSeen, required=True)


@recommendations.operation("GET", "/users/me/recommendations", to=CONSUMER, answers=Recommendations)
def list_recommendations() -> dict[str, Any]:
    """Your recommendations, each with the figures behind it."""
    with request_transaction() as session:
        user_id = current_user(session, needs="analysis").user_id
        rows = served(session, user_id, clock.now())
    by_kind = {kind: [row for row in rows if row.kind == kind] for kind in ("education", "offer")}
    return {"data": {"education": by_kind["education"], "offers": by_kind["offer"]}}


@recommendations.operation(
    "GET", "/users/me/recommendations/<uuid:recommendation_id>/why", to=CONSUMER, answers=PlainWhyAnswer
)
def read_why(recommendation_id: UUID) -> dict[str, Any]:
    """Why you are shown this, with your own figures and what each is held against."""
    with request_transaction() as session:
        user_id = current_user(session, needs="analysis").user_id
        return {"data": tell_why(session, user_id, recommendation_id, clock.now())}


@recommendations.operation("GET", "/users/me/recommendations/not-shown", to=CONSUMER, answers=NotShownAnswer)
def list_not_shown() -> dict[str, Any]:
    """What you are not shown now, and why. Offers are told of only when you agreed to them."""
    with request_transaction() as session:
        user_id = current_user(session, needs="analysis").user_id
        return {"data": tell_not_shown(session, user_id, clock.now())}


@recommendations.operation(
    "POST",
    "/users/me/recommendations/<uuid:recommendation_id>/feedback",
    to=CONSUMER,
    body=NewFeedback,
    answers=FeedbackTaken,
    status=201,
    once=True,
)
def give_feedback(body: dict[str, Any], recommendation_id: UUID) -> dict[str, Any]:
    """Say what you think of a recommendation; `dismissed` takes it away and lets another take its place."""
    with request_transaction() as session:
        user_id = current_user(session, needs="analysis").user_id
        feedback = record_feedback(session, user_id, recommendation_id, body["verdict"], clock.now())
    taken = {name: getattr(feedback, name) for name in FEEDBACK_FIELDS}
    # Only what is dismissed makes room for another.
    return {**taken, "is_up_to_date": body["verdict"] != "dismissed" or refresh_person(user_id)}
