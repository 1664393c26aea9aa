"""How it stands with the whole service: for a bank's operators and auditors. `/health` says only that it answers."""

from marshmallow import Schema, fields

from spendsense import clock
from spendsense.api.database import request_transaction
from spendsense.api.resource import STAFF, Resource
from spendsense.pipeline.status import Status, read_status

status = Resource("status", "How it stands with the service: for a bank's operators and auditors.")


class LastRunSeen(Schema):
    """A run of a job."""

    run_id = fields.UUID(required=True)
    as_of = fields.Date(required=True)
    started_at = fields.AwareDateTime(required=True)
    finished_at = fields.AwareDateTime(
        required=True, allow_none=True, metadata={"description": "Null: it is running, or its process has died"}
    )
    outcome = fields.String(
        required=True, allow_none=True, metadata={"description": "`complete`, `deadline` or `failed`"}
    )


class JobSeen(Schema):
    """A job, and whom the next run has before it."""

    job = fields.String(required=True)
    last_run = fields.Nested(LastRunSeen, required=True, allow_none=True)
    waiting_people = fields.Integer(required=True)
    set_aside_people = fields.Integer(
        required=True, metadata={"description": "Left out for some hours, as their data broke the job"}
    )


class DataSeen(Schema):
    """How old the data is, over all who agree to its analysis."""

    agreeing_people = fields.Integer(required=True)
    last_upload_at = fields.AwareDateTime(required=True, allow_none=True)
    first_measured_on = fields.Date(
        required=True, allow_none=True, metadata={"description": "The day for which the oldest signals were made"}
    )
    last_measured_on = fields.Date(required=True, allow_none=True)


class StatusSeen(Schema):
    """All of it. It holds nothing about any one person."""

    at = fields.AwareDateTime(required=True)
    applied_migration = fields.String(required=True, allow_none=True, metadata={"description": "Of the database"})
    newest_migration = fields.String(required=True, allow_none=True, metadata={"description": "Of this code"})
    rulebook_version = fields.String(required=True)
    jobs = fields.List(
        fields.Nested(JobSeen), required=True, metadata={"description": "In the order in which they run"}
    )
    data = fields.Nested(DataSeen, required=True)


@status.operation("GET", "/operator/status", to=STAFF, answers=StatusSeen)
def show_status() -> Status:
    """The migration, the last run of each job, the rulebook's version, the age of the data, and who is left out."""
    with request_transaction() as session:
        return read_status(session, clock.now())
