"""The numbers, for operators and auditors: people, personas, what waits, what is shown, and how old the data is."""

from marshmallow import Schema, fields

from spendsense import clock
from spendsense.api.database import request_transaction
from spendsense.api.resource import STAFF, Resource
from spendsense.operators.counting import Metrics, Summary, measure, summarise
from spendsense.rulebook.load import load_rulebook

numbers = Resource("numbers", "How many there are of what, for a bank's operators and auditors.")


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


SUMMARY = {
    "people": {"all": 20_000, "analysis": 18_500, "offers": 9_100, "flagged": 12},
    "personas": {"high_utilization": 4_120, "general_wellness": 9_870, "none": 310},
    "review": {"held": 3, "pending_approval": 41},
}
METRICS = {
    "summary": SUMMARY,
    "coverage": {"measured": 18_400, "named": 18_400, "with_persona": 18_090, "shown_something": 18_090},
    "recommendations": {"education": {"active": 61_230}, "offer": {"active": 14_002}},
    "feedback": {"helpful": 530, "not_helpful": 41, "dismissed": 88, "clicked": 1_204},
    "data": {
        "people": {"within_a_day": 17_000, "within_7_days": 1_200, "within_30_days": 200, "older": 90, "none": 10},
        "last_upload_at": "2026-11-22T00:58:12+00:00",
        "measured_first": "2026-11-21",
        "measured_last": "2026-11-22",
    },
    "jobs": [],
}


@numbers.operation("GET", "/operator/users/summary", to=STAFF, answers=SummaryAnswer, example={"data": SUMMARY})
def read_summary() -> dict[str, Summary]:
    """How many people there are, by consent, flag and persona, and how much waits for an operator."""
    with request_transaction() as session:
        return {"data": summarise(session, load_rulebook(), clock.now())}


@numbers.operation("GET", "/operator/metrics", to=STAFF, answers=MetricsAnswer, example={"data": METRICS})
def read_metrics() -> dict[str, Metrics]:
    """People, coverage, personas, recommendations, feedback, the age of the data, and the last runs of the jobs."""
    with request_transaction() as session:
        return {"data": measure(session, load_rulebook(), clock.now())}
