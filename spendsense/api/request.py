"""What every request goes through: an id, one log line, safe headers, and one transaction with a time limit."""

import re
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager

import structlog
from flask import Flask, Response, g, request
from sqlalchemy import text
from sqlalchemy.orm import Session

from spendsense.logs import log
from spendsense.store.session import transaction

BODY_BYTES = 256 * 1024
UPLOAD_BYTES = 4 * 1024 * 1024
STATEMENT_SECONDS = 25  # API Gateway gives up after 29
REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")
SAFE_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cache-Control": "no-store",
}


def register(app: Flask) -> None:
    """Has every request numbered, limited and logged. Comes before whatever else looks at requests."""
    app.config["MAX_CONTENT_LENGTH"] = BODY_BYTES
    app.before_request(_begin)
    app.after_request(_end)


@contextmanager
def request_transaction() -> Iterator[Session]:
    """A transaction whose statements are cancelled after 25 s; committed at the end, rolled back when it raises."""
    with transaction() as session:
        session.execute(
            text("SELECT set_config('statement_timeout', :limit, true)"), {"limit": f"{STATEMENT_SECONDS}s"}
        )
        yield session


def _begin() -> None:
    g.began = time.perf_counter()
    given = request.headers.get("X-Request-ID", "")
    g.request_id = given if REQUEST_ID.fullmatch(given) else str(uuid.uuid4())
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(request_id=g.request_id)


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
