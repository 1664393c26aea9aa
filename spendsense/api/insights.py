"""What a person's app draws: where money went, how cards were used, what recurs, what came in."""

from typing import Any

from marshmallow import Schema, fields, validate

from spendsense.api import etags
from spendsense.api.auth import current_user
from spendsense.api.database import request_transaction
from spendsense.api.resource import CONSUMER, Resource
from spendsense.api.shapes import schema_of
from spendsense.rulebook.types import WINDOW_DAYS
from spendsense.signals.insights import (
    CardUtilization,
    CategorySpending,
    IncomeDay,
    Insights,
    Subscription,
    Summary,
    insights,
)

charts = Resource("insights", "Your money over a window, as charts. The figures add up to the signals.")


class InsightQuery(Schema):
    """Which window."""

    window = fields.Integer(
        load_default=30,
        validate=validate.OneOf(WINDOW_DAYS),
        metadata={"description": "Days of the window, which ends on the day of the last measuring", "example": 90},
    )


class InsightsSeen(Schema):
    """The charts of one window; empty, with a null summary, before the first measuring."""

    window_days = fields.Integer(required=True)
    as_of = fields.Date(required=True, allow_none=True, metadata={"description": "The window's last day"})
    currency = fields.String(required=True, allow_none=True)
    is_up_to_date = fields.Boolean(
        required=True, metadata={"description": "false while newer rows of yours wait to be measured"}
    )
    summary = fields.Nested(schema_of(Summary, name="InsightSummary"), required=True, allow_none=True)
    spending = fields.List(
        fields.Nested(schema_of(CategorySpending)),
        required=True,
        metadata={"description": "Largest first; refunds are taken off, transfers between your accounts left out"},
    )
    utilization = fields.List(
        fields.Nested(schema_of(CardUtilization)),
        required=True,
        metadata={"description": "By card; each point holds until the next one"},
    )
    subscriptions = fields.List(
        fields.Nested(schema_of(Subscription)), required=True, metadata={"description": "Dearest by the month first"}
    )
    income = fields.List(fields.Nested(schema_of(IncomeDay)), required=True, metadata={"description": "By day"})


class InsightsAnswer(Schema):
    """The charts."""

    data = fields.Nested(InsightsSeen, required=True)


@charts.operation("GET", "/users/me/insights", to=CONSUMER, query=InsightQuery, answers=InsightsAnswer, is_tagged=True)
def read_insights(query: dict[str, Any]) -> dict[str, Insights]:
    """Your spending by category, cards, subscriptions and income over 30, 90 or 180 days."""
    with request_transaction() as session:
        user_id = current_user(session, needs="analysis").user_id
        etags.tag_by_person(session, user_id)
        return {"data": insights(session, user_id, query["window"])}
