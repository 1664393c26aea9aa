"""Errors as the caller sees them: RFC 9457 problem details. The one place that knows which status an error has."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from http import HTTPStatus
from typing import Any
from uuid import UUID

from flask import Flask, Response, g, json, request
from marshmallow import Schema, fields
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from werkzeug.exceptions import HTTPException

from spendsense import errors
from spendsense.logs import describe, log
from spendsense.store.session import is_outage

MEDIA_TYPE = "application/problem+json"
RETRY_AFTER_SECONDS = 5
MOST_ERRORS = 100
PARAMETER = re.compile(r"<(?:[^<>]*:)?(\w+)>")  # of a route's rule


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of problem: its status, the last part of its `type`, and its title."""

    status: int
    name: str
    title: str


# The first class that an error is an instance of decides.
KINDS: Mapping[type[errors.SpendSenseError], Kind] = {
    errors.KeyReused: Kind(422, "key-reused", "This key came with another request"),
    errors.InvalidInput: Kind(422, "invalid-input", "The input can't be taken"),
    errors.TooLarge: Kind(413, "too-large", "The input is too large"),
    errors.UnsupportedMediaType: Kind(415, "unsupported-media-type", "This type of input is not read here"),
    errors.Unauthenticated: Kind(401, "unauthenticated", "A valid token is needed"),
    errors.ConsentMissing: Kind(403, "consent-missing", "The person has not agreed to this"),
    errors.Forbidden: Kind(403, "forbidden", "This is not allowed"),
    errors.NotFound: Kind(404, "not-found", "There is no such thing"),
    errors.Conflict: Kind(409, "conflict", "This does not fit the present state"),
    errors.Outdated: Kind(412, "outdated", "This has changed since it was read"),
    errors.TagNeeded: Kind(428, "tag-needed", "This change must say what it is based on"),
    errors.TooManyRequests: Kind(429, "too-many-requests", "These are too many requests"),
    errors.HeadersTooLarge: Kind(431, "headers-too-large", "The headers are too large"),
    errors.Unavailable: Kind(503, "unavailable", "This is not available at the moment"),
}
ONE_OF_A_KIND = (404, 413, 415)  # the same kind, whether Flask or the domain found it
INTERNAL = Kind(500, "internal", "Something went wrong")
AWAY = KINDS[errors.Unavailable]


class ProblemError(Schema):
    """One fault of an input."""

    pointer = fields.String(required=True, metadata={"description": "Where: a JSON pointer, or a line and column"})
    detail = fields.String(required=True)


class Problem(Schema):
    """What every error looks like (RFC 9457)."""

    type = fields.String(required=True)
    title = fields.String(required=True)
    status = fields.Integer(required=True)
    detail = fields.String(required=True)
    instance = fields.String(required=True)
    request_id = fields.String(required=True)
    errors = fields.List(fields.Nested(ProblemError))
    purpose = fields.String(metadata={"description": "Which consent is missing"})
    current_version = fields.String(metadata={"description": "Which consent text is in force"})


def register(app: Flask) -> None:
    """Has every error of the application answered as a problem."""
    app.register_error_handler(errors.SpendSenseError, _of_domain)
    app.register_error_handler(HTTPException, _of_http)
    app.register_error_handler(PoolTimeout, _of_database)
    app.register_error_handler(DBAPIError, _of_database)
    app.register_error_handler(Exception, _of_surprise)


def answer(kind: Kind, detail: str, faults: Iterable[errors.FieldError] = (), **members: Any) -> Response:
    """A problem response; `members` are further members of the body."""
    body: dict[str, Any] = {
        "type": f"urn:problem-type:spendsense:{kind.name}",
        "title": kind.title,
        "status": kind.status,
        "detail": detail,
        "instance": _instance(),
        "request_id": g.get("request_id", ""),
    }
    listed = [asdict(fault) for _, fault in zip(range(MOST_ERRORS), faults, strict=False)]
    if listed:
        body["errors"] = listed
    return Response(json.dumps(body | members) + "\n", kind.status, mimetype=MEDIA_TYPE)


def _instance() -> str:
    """The path that was asked for, with "-" for what callers write into it as text: that may name somebody.

    Of a path that no route has it is empty, which as a relative reference is that path too.
    """
    values = request.view_args or {}

    def value_of(parameter: re.Match[str]) -> str:
        value = values.get(parameter[1])
        return str(value) if isinstance(value, UUID) else "-"

    return PARAMETER.sub(value_of, request.url_rule.rule) if request.url_rule else ""


def _of_domain(error: errors.SpendSenseError) -> Response:
    kind = next((kind for cls, kind in KINDS.items() if isinstance(error, cls)), None)
    if kind is None:
        return _of_surprise(error)
    faults = error.errors if isinstance(error, errors.InvalidInput | errors.EntriesRefused) else ()
    members = _members(error)
    response = answer(kind, str(error), faults, **members)
    if kind.status == 401:
        response.headers["WWW-Authenticate"] = 'Bearer realm="spendsense"'
    if kind is AWAY:
        response.headers["Retry-After"] = str(RETRY_AFTER_SECONDS)
    if isinstance(error, errors.TooManyRequests):
        response.headers["Retry-After"] = str(error.retry_after)
    return response


def _members(error: errors.SpendSenseError) -> dict[str, str]:
    """What a program needs to know of an error beside its text."""
    if isinstance(error, errors.ConsentMissing):
        return {"purpose": error.purpose}
    if isinstance(error, errors.ConsentTextOutdated):
        return {"current_version": error.current}
    return {}


def _of_http(error: HTTPException) -> Response:
    status = HTTPStatus(error.code or 500)
    if status >= 500:
        return answer(INTERNAL, "The request could not be answered.")
    named = Kind(status, status.phrase.lower().replace(" ", "-"), status.phrase)
    kind = next((kind for kind in KINDS.values() if kind.status == status in ONE_OF_A_KIND), named)
    response = answer(kind, error.description or status.phrase)
    for header, value in error.get_headers():
        if header.lower() in ("allow", "retry-after", "location"):
            response.headers[header] = value
    return response


def _of_database(error: Exception) -> Response:
    """503 when the database is away, takes no changes or is too slow, else 500."""
    log.error("database_error", **describe(error))
    if not (isinstance(error, PoolTimeout) or is_outage(error)):
        return answer(INTERNAL, "The request could not be answered.")
    response = answer(AWAY, "The database can't be reached or did not answer in time.")
    response.headers["Retry-After"] = str(RETRY_AFTER_SECONDS)
    return response


def _of_surprise(error: Exception) -> Response:
    log.error("unexpected_error", **describe(error))
    return answer(INTERNAL, "The request could not be answered.")
