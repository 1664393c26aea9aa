"""Data in: one payload in Plaid's shape. Good records are kept; each bad one is named with its place and the reason."""

from typing import Any

from flask import Response, request
from marshmallow import Schema, fields, validate
from sqlalchemy import Select, select, tuple_

from spendsense import clock
from spendsense.api import problem
from spendsense.api.auth import current_user
from spendsense.api.chain import Followed, refresh_person
from spendsense.api.database import preliminary_transaction, request_transaction
from spendsense.api.pagination import PageQuery, decode_moment_mark, page
from spendsense.api.request import UPLOAD_BYTES
from spendsense.api.resource import CONSUMER, Resource, printable
from spendsense.errors import UnsupportedMediaType
from spendsense.plaid.files import BODY_LIMITS, read_body
from spendsense.plaid.ingest import IngestReport, ingest
from spendsense.plaid.records import Batch
from spendsense.plaid.schema import Media, parse
from spendsense.store.models import Upload

uploads = Resource("uploads", "Data in, in Plaid's shape.")

# None: the first bytes tell JSON from CSV.
MEDIA: dict[str, Media | None] = {
    "application/json": "json",
    "text/csv": "csv",
    "application/gzip": None,
    "application/x-gzip": None,
}
BODY = {
    "required": True,
    "description": "Up to 4 MB as sent, gzipped or not: an answer of Plaid's /transactions/sync, /transactions/get, "
    "/accounts/get or /liabilities/get, a sandbox custom user, a list of accounts or transactions, or a CSV of them. "
    "Unpacked, up to 64 MB and a hundred times what was sent, with up to 100,000 records and 4,000,000 values. "
    "A person has up to 5,000 accounts.",
    "content": {
        "application/json": {
            "schema": {"type": ["object", "array"]},
            "example": {
                "accounts": [
                    {
                        "account_id": "acc-checking",
                        "name": "Everyday Checking",
                        "mask": "0001",
                        "type": "depository",
                        "subtype": "checking",
                        "balances": {"current": 1200.5, "available": 1150.5, "iso_currency_code": "USD"},
                    }
                ],
                "added": [
                    {
                        "transaction_id": "tx-1",
                        "account_id": "acc-checking",
                        "date": "2026-11-01",
                        "amount": 12.5,
                        "iso_currency_code": "USD",
                        "name": "Corner Bakery",
                        "pending": False,
                    }
                ],
                "modified": [],
                "removed": [],
                "next_cursor": "",
            },
        },
        "text/csv": {
            "schema": {"type": "string"},
            "example": "transaction_id,account_id,date,amount,iso_currency_code,name,pending\n"
            "tx-2,acc-checking,2026-11-02,8.75,USD,Corner Bakery,false\n",
        },
        "application/gzip": {"schema": {"type": "string", "format": "binary"}},
    },
}


class UploadQuery(Schema):
    """How the payload is called."""

    label = fields.String(
        load_default="api",
        validate=[validate.Length(1, 100), printable],
        metadata={"description": "Tells one sandbox custom user of yours from another, whose accounts carry no ids"},
    )


class Accepted(Followed):
    """What was taken of a payload, by sort of record, whether or not it changed anything."""

    upload_id = fields.UUID(required=True)
    accepted = fields.Dict(keys=fields.String(), values=fields.Integer(), required=True)
    changed_rows = fields.Integer(required=True, metadata={"description": "0 when the payload was known already"})
    skipped = fields.Integer(required=True, metadata={"description": "Removed before, or superseded when posted"})
    notes = fields.List(fields.String(), required=True, metadata={"description": "The first 100, and how many more"})


class PartlyTaken(problem.Problem):
    """A payload of which records were refused: each with its place and reason, and what was taken all the same."""

    upload_id = fields.UUID(metadata={"description": "Missing when nothing could be read"})
    accepted = fields.Dict(keys=fields.String(), values=fields.Integer())
    changed_rows = fields.Integer()
    skipped = fields.Integer()
    rejected = fields.Integer(metadata={"description": "How many; `errors` lists the first 100"})
    notes = fields.List(fields.String())
    is_up_to_date = fields.Boolean()


class UploadSeen(Schema):
    """One payload that came in."""

    upload_id = fields.UUID(required=True)
    received_at = fields.AwareDateTime(required=True)
    source = fields.String(required=True, validate=validate.OneOf(["api", "cli"]))
    counts = fields.Dict(keys=fields.String(), values=fields.Integer(), required=True)
    rejects = fields.List(fields.Nested(problem.ProblemError), required=True)


class UploadPage(Schema):
    """A page of payloads, newest first."""

    data = fields.List(fields.Nested(UploadSeen), required=True)
    next = fields.String(required=True, allow_none=True)


@uploads.operation(
    "POST",
    "/users/me/uploads",
    to=CONSUMER,
    query=UploadQuery,
    answers=Accepted,
    status=201,
    refuses={413: problem.Problem, 422: PartlyTaken},
    once=True,
    most_bytes=UPLOAD_BYTES,
    requestBody=BODY,
)
def upload(query: dict[str, Any]) -> dict[str, Any] | Response:
    """Send bank data; signals and recommendations follow at once.

    201 when every record was taken. 422 when some were not: the good ones are kept all the same, the others are listed.
    """
    if request.mimetype not in MEDIA:
        raise UnsupportedMediaType(f"Send the payload as {', '.join(MEDIA)}.")
    with preliminary_transaction() as session:
        current_user(session, needs="analysis")
    batch = _parsed(query["label"])  # may take seconds, in which no connection is held and nobody's row
    with request_transaction() as session:
        user_id = current_user(session).user_id
        report = ingest(session, user_id, batch, source="api", at=clock.now())  # asks for the consent under its lock
    return _answer(report, is_up_to_date=refresh_person(user_id))


@uploads.operation("GET", "/users/me/uploads", to=CONSUMER, query=PageQuery, answers=UploadPage)
def list_uploads(query: dict[str, Any]) -> dict[str, Any]:
    """What came in, newest first, with what was refused of it."""
    with request_transaction() as session:
        user_id = current_user(session, needs="analysis").user_id
        rows = session.scalars(_uploads(query).where(Upload.user_id == user_id)).all()
    return page(rows, query["limit"], lambda row: [row.received_at.isoformat(), str(row.upload_id)])


def _parsed(label: str) -> Batch:
    """The records of the body. Raises InvalidInput, TooLarge and UnsupportedMediaType."""
    return parse(
        read_body(request.get_data(), request.headers.get("Content-Encoding")),
        filename=None,
        media=MEDIA[request.mimetype],
        received_on=clock.now().date(),
        source_label=label,
        limits=BODY_LIMITS,
    )


def _answer(report: IngestReport, is_up_to_date: bool) -> dict[str, Any] | Response:
    taken = {
        "upload_id": report.upload_id,
        "accepted": report.accepted,
        "changed_rows": report.changed_rows,
        "skipped": report.skipped,
        "notes": list(report.notes),
        "is_up_to_date": is_up_to_date,
    }
    if not report.rejected:
        return taken
    refused = "1 record was" if report.rejected_count == 1 else f"{report.rejected_count} records were"
    detail = f"{refused} refused; all others were kept."
    kind = problem.Kind(422, "records-refused", "Not every record could be taken")
    return problem.answer(kind, detail, report.rejected, rejected=report.rejected_count, **taken)


def _uploads(query: dict[str, Any]) -> Select[Upload]:
    rows = select(Upload).order_by(Upload.received_at.desc(), Upload.upload_id.desc())
    if query["after"]:
        rows = rows.where(tuple_(Upload.received_at, Upload.upload_id) < decode_moment_mark(query["after"]))
    return rows.limit(query["limit"] + 1)
