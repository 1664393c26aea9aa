"""What every request goes through: an id, one log line, safe headers, CORS, gzip, and a limit to its body."""

import re
import time
import uuid
from typing import Protocol

import structlog
from flask import Flask, Response, abort, current_app, g, request
from flask_cors import CORS
from werkzeug.exceptions import BadRequest, RequestEntityTooLarge

from spendsense.api import compression
from spendsense.config import Settings
from spendsense.logs import log

BODY_BYTES = 256 * 1024
UPLOAD_BYTES = 4 * 1024 * 1024
REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")
SAFE_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cache-Control": "no-store",
}


def register(app: Flask, settings: Settings) -> None:
    """Has every request numbered, limited and logged. Comes before whatever else looks at requests."""
    app.config["MAX_CONTENT_LENGTH"] = BODY_BYTES
    app.url_map.merge_slashes = False  # a doubled slash is another path, and no redirect
    app.before_request(_begin)
    app.after_request(_end)
    compression.register(app)
    if "*" not in settings.cors_origins:
        app.after_request(_vary_by_origin)
    app.teardown_request(_forget)
    CORS(
        app,
        origins=list(settings.cors_origins),
        send_wildcard="*" in settings.cors_origins,
        supports_credentials=False,
        methods=["GET", "POST", "PATCH", "DELETE", "OPTIONS"],
        allow_headers=[
            "Authorization",
            "Content-Type",
            "Content-Encoding",
            "Idempotency-Key",
            "If-Match",
            "If-None-Match",
            "X-Request-ID",
        ],
        expose_headers=["Content-Disposition", "ETag", "Idempotency-Replayed", "Link", "Retry-After", "X-Request-ID"],
        max_age=600,
    )


def _begin() -> None:
    """Numbers the request. A path that begins with two slashes, which Flask would take for one, is no route."""
    g.began = time.perf_counter()
    given = request.headers.get("X-Request-ID", "")
    g.request_id = given if REQUEST_ID.fullmatch(given) else str(uuid.uuid4())
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(request_id=g.request_id)
    if request.environ.get("PATH_INFO", "").startswith("//"):
        abort(404)
    if request.endpoint is not None:
        _limit_body(getattr(current_app.view_functions[request.endpoint], "most_bytes", BODY_BYTES))


def _limit_body(most_bytes: int) -> None:
    """Has a longer body refused: at once when its length is told, else when the byte too many is read.

    Werkzeug alone would cut a body without a Content-Length, sent in chunks, at the limit and go on with what it has.
    """
    request.max_content_length = most_bytes
    if request.content_length is None:
        request.max_content_length += 1
        request.environ["wsgi.input"] = _Counted(request.environ["wsgi.input"], most_bytes)


class _Readable(Protocol):
    def read(self, size: int, /) -> bytes: ...


class _Counted:
    """A body of unknown length. Reading more than `most_bytes` of it raises RequestEntityTooLarge.

    BadRequest where the server finds no chunks, or not all of them: each server says so by errors of its own.
    """

    def __init__(self, stream: _Readable, most_bytes: int) -> None:
        self._stream = stream
        self._left = most_bytes

    def read(self, size: int) -> bytes:
        try:
            data = self._stream.read(size)
        except Exception as error:
            raise BadRequest("The body can't be read to its end; its chunks are malformed or end too early.") from error
        self._left -= len(data)
        if self._left < 0:
            raise RequestEntityTooLarge
        return data


def _forget(_error: BaseException | None) -> None:
    """The next lines of this process may be a job's, which has no request's number."""
    structlog.contextvars.clear_contextvars()


def _vary_by_origin(response: Response) -> Response:
    """What was answered to another origin, without a word of CORS, is nothing for the one that may ask."""
    response.vary.add("Origin")
    return response


def _end(response: Response) -> Response:
    response.headers["X-Request-ID"] = g.request_id
    for name, value in SAFE_HEADERS.items():
        response.headers.setdefault(name, value)
    log.info(
        "request",
        method=request.method,
        route=request.url_rule.rule if request.url_rule else None,
        status=response.status_code,
        duration_ms=round((time.perf_counter() - g.began) * 1000, 1),
    )
    return response
