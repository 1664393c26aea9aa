"""What was done to people's data, for a bank's operators and auditors: to read, to take along, and to verify."""

import time
from typing import Any, Final
from urllib.parse import urlencode

from flask import Response, current_app, request
from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from spendsense.api import examples
from spendsense.api.csv_answer import write_csv
from spendsense.api.database import request_transaction
from spendsense.api.pagination import (
    DEFAULT_LIMIT,
    LARGEST_LIMIT,
    LONGEST_MARK,
    PageQuery,
    decode_mark,
    decode_number_mark,
    encode_mark,
    page,
)
from spendsense.api.resource import STAFF, Resource, printable
from spendsense.audit.anchoring import verify_with
from spendsense.audit.anchors import public_key_of
from spendsense.audit.chain import Place
from spendsense.audit.records import Wanted, chosen
from spendsense.config import Settings
from spendsense.errors import FieldError, InvalidInput

audits = Resource("audit", "The records of what was done: for a bank's operators and auditors.")

CSV_ROWS: Final = 10_000  # of a few hundred bytes each: Lambda's answers may have six millions, and are never streamed
VERIFIES_FOR_SECONDS: Final = 10
COLUMNS: Final = ("position", "event_id", "at", "user_id", "subject", "actor", "event", "detail", "hash")
WORDS: Final[list[Any]] = [validate.Length(1, 200), printable]


class AuditQuery(PageQuery):
    """Which records."""

    limit = fields.Integer(
        load_default=None,
        validate=validate.Range(1, LARGEST_LIMIT),
        metadata={"description": f"How many rows at most; {DEFAULT_LIMIT} if not said. CSV has {CSV_ROWS:,} always"},
    )
    user_id = fields.UUID(load_default=None, metadata={"description": "About this person, while they are known"})
    actor = fields.String(
        load_default=None,
        validate=WORDS,
        metadata={"description": "As it stands in the records, or `operator:` and an operator's `sub`"},
    )
    event = fields.String(
        load_default=None, validate=WORDS, metadata={"description": "Such as consent.analysis.revoked"}
    )
    first_day = fields.Date(data_key="from", load_default=None, metadata={"description": "First day in UTC, included"})
    last_day = fields.Date(data_key="to", load_default=None, metadata={"description": "Last day in UTC, included"})
    format = fields.String(
        load_default=None,
        validate=validate.OneOf(["json", "csv"]),
        metadata={"description": "Instead of an `Accept` header"},
    )

    @validates_schema
    def check_days(self, data: dict[str, Any], **_kwargs: Any) -> None:
        """Raises ValidationError when the days are the wrong way round."""
        first, last = data["first_day"], data["last_day"]
        if first and last and first > last:
            raise ValidationError("This is after `to`.", "from")


class RecordSeen(Schema):
    """One record. `position` and `hash` are its place in the chain; `user_id` is null once the person is erased."""

    position = fields.Integer(required=True, allow_none=True)
    event_id = fields.Integer(required=True)
    at = fields.AwareDateTime(required=True)
    user_id = fields.UUID(required=True, allow_none=True)
    subject = fields.UUID(required=True, allow_none=True, metadata={"description": "The person's pseudonym"})
    actor = fields.String(required=True)
    event = fields.String(required=True)
    detail = fields.Dict(keys=fields.String(), values=fields.Raw(allow_none=True), required=True)
    hash = fields.String(required=True, allow_none=True)


class RecordPage(Schema):
    """A page of them, newest first."""

    data = fields.List(fields.Nested(RecordSeen), required=True)
    next = fields.String(required=True, allow_none=True)


class VerificationQuery(Schema):
    """Where to go on."""

    after = fields.String(
        load_default=None,
        validate=validate.Length(1, LONGEST_MARK),
        metadata={"description": "The `next` of a verification before; from the first record on if not given"},
    )


class FaultSeen(Schema):
    """The first thing that is wrong."""

    kind = fields.String(required=True)
    detail = fields.String(required=True)
    position = fields.Integer(required=True, allow_none=True)
    event_id = fields.Integer(required=True, allow_none=True)


class VerificationSeen(Schema):
    """What was verified."""

    is_intact = fields.Boolean(required=True, metadata={"description": "Nothing was found wrong so far"})
    is_whole = fields.Boolean(required=True, metadata={"description": "The last record was reached, or a fault"})
    after_position = fields.Integer(required=True)
    last_position = fields.Integer(required=True)
    head = fields.String(required=True, metadata={"description": "The hash at the last position"})
    anchors = fields.Integer(required=True, metadata={"description": "How many signed anchors agree"})
    fault = fields.Nested(FaultSeen, required=True, allow_none=True)
    next = fields.String(
        required=True,
        allow_none=True,
        metadata={"description": "To go on from here, now or when there are new records; null after a fault"},
    )


@audits.operation(
    "GET",
    "/operator/audit",
    to=STAFF,
    query=AuditQuery,
    answers=RecordPage,
    responses={
        "200": {
            "content": {
                "application/json": {
                    "schema": RecordPage,
                    "example": examples.answer_of("GET", "/api/v1/operator/audit"),
                },
                "text/csv": {"schema": {"type": "string"}, "example": f"{','.join(COLUMNS)}\r\n"},
            }
        }
    },
)
def list_records(query: dict[str, Any]) -> dict[str, Any] | Response:
    """The records, newest first, as JSON or CSV (`Accept: text/csv` or `format=csv`).

    CSV has up to 10,000 rows and, when there are more, a `Link` header with the next. A cell that a spreadsheet would
    take for a formula begins with an apostrophe.
    """
    is_csv = _wants_csv(query["format"])
    limit = CSV_ROWS if is_csv else query["limit"] or DEFAULT_LIMIT
    with request_transaction() as session:
        found = [dict(row) for row in session.execute(chosen(_wanted(query), limit + 1)).mappings()]
    for row in found:
        row["hash"] = row["hash"].hex() if row["hash"] else None
    answer = page(found, limit, lambda row: [str(row["event_id"])])
    return _csv(answer, query) if is_csv else answer


@audits.operation("GET", "/operator/audit/verification", to=STAFF, query=VerificationQuery, answers=VerificationSeen)
def verify_records(query: dict[str, Any]) -> dict[str, Any]:
    """Hashes the records anew, for up to ten seconds, and compares them with the stored anchors.

    Says whether they are what was linked, or names the first that is not. Where ten seconds do not reach the end, go on
    with `next`.
    """
    begin = _decode_place(query["after"]) if query["after"] else Place()
    deadline = time.monotonic() + VERIFIES_FOR_SECONDS
    settings: Settings = current_app.config["SPENDSENSE"]
    public_key = public_key_of(settings.audit_anchor_key) if settings.audit_anchor_key else None
    with request_transaction() as session:
        result = verify_with(session, (), public_key, begin, lambda: time.monotonic() > deadline)
    return {
        "is_intact": result.is_intact,
        "is_whole": result.is_whole,
        "after_position": result.begin.position,
        "last_position": result.end.position,
        "head": result.end.hash.hex(),
        "anchors": result.anchors,
        "fault": result.fault,
        "next": encode_mark([str(result.end.position), result.end.hash.hex()]) if result.is_intact else None,
    }


def _wanted(query: dict[str, Any]) -> Wanted:
    named = {name: query[name] for name in ("user_id", "actor", "event", "first_day", "last_day")}
    return Wanted(**named, before=decode_number_mark(query["after"]) if query["after"] else None)


def _wants_csv(named: str | None) -> bool:
    if named is not None:
        return named == "csv"
    return request.accept_mimetypes.best_match(["application/json", "text/csv"]) == "text/csv"


def _csv(answer: dict[str, Any], query: dict[str, Any]) -> Response:
    """The rows as a file to keep; where there are more, a link to the next."""
    body = write_csv(COLUMNS, ([row[name] for name in COLUMNS] for row in answer["data"]))
    response = Response(body, mimetype="text/csv")
    response.headers["Content-Disposition"] = 'attachment; filename="spendsense-audit.csv"'
    response.headers["Vary"] = "Accept"
    if answer["next"]:
        named = {"user_id": "user_id", "actor": "actor", "event": "event", "first_day": "from", "last_day": "to"}
        kept = {name: str(query[key]) for key, name in named.items() if query[key]}
        response.headers["Link"] = f'<?{urlencode({**kept, "format": "csv", "after": answer["next"]})}>; rel="next"'
    return response


def _decode_place(mark: str) -> Place:
    """Raises InvalidInput for a mark that no verification gave."""
    position, head = decode_mark(mark, 2)
    try:
        place = Place(int(position), bytes.fromhex(head))
        if not (0 <= place.position < 1 << 62 and len(place.hash) == len(Place().hash)):
            raise ValueError(position)
    except ValueError as error:
        fault = FieldError("/after", "This is not the `next` of a verification.")
        raise InvalidInput("There is no such place.", [fault]) from error
    return place
