"""Tags of what was read: a read that would give the same again is a 304, a change of what has changed since a 412.

A tag is a hash of whatever decides the answer, such as the counters of a person's row, never of the answer itself: a
304 is given before anything is read.
"""

import hashlib
from collections.abc import Callable
from datetime import datetime
from functools import wraps
from typing import Any, Final
from uuid import UUID

from flask import Flask, Response, g, request
from sqlalchemy import select
from sqlalchemy.orm import Session

from spendsense import clock
from spendsense.errors import NotFound, Outdated, TagNeeded
from spendsense.rulebook.load import load_rulebook
from spendsense.store.models import Progress, User

# Swagger UI would send a parameter's own `example` with whatever is tried, and nothing has that tag.
IF_NONE_MATCH: Final = {
    "in": "header",
    "name": "If-None-Match",
    "required": False,
    "description": "The `ETag` of an answer that you have: 304 when it still holds.",
    "schema": {"type": "string", "examples": ['"0c5b9b1f3b7d4a8e9f60a1b2c3d4e5f6"']},
}
IF_MATCH: Final = {
    "in": "header",
    "name": "If-Match",
    "required": False,
    "description": "The tag of what you have seen: 412 when it has changed since, and nothing is changed.",
    "schema": {"type": "string", "examples": ['"0c5b9b1f3b7d4a8e9f60a1b2c3d4e5f6"']},
}


class NotModified(Exception):
    """What the caller has is what would be answered."""


def register(app: Flask) -> None:
    """Has answers carry the tag that their view named, and 304 answered where the caller has it."""
    app.register_error_handler(NotModified, lambda _: Response(status=304))
    app.after_request(_add_tag)


def etag_of(*parts: object) -> str:
    """A strong tag of values that together decide an answer: 128 bits, quoted. None and datetimes are values too."""
    texts = [part.isoformat() if isinstance(part, datetime) else str(part) for part in parts]
    digest = hashlib.sha256("\x1f".join(f"{len(text)}:{text}" for text in texts).encode())
    return f'"{digest.hexdigest()[:32]}"'


def tag(etag: str) -> None:
    """Gives the answer this tag. Raises NotModified where the caller says they have it."""
    g.etag = etag
    if request.method in ("GET", "HEAD") and request.if_none_match.contains_weak(etag.strip('"')):
        raise NotModified


def tag_by_person(session: Session, user_id: UUID) -> None:
    """Gives an answer made of a person's measured data the tag of their counters, the day and what was asked for.

    Whatever changes rows, signals, personas or consents changes one of these, and so does the measuring of new rows;
    recommendations have no part in it. Raises NotModified, and NotFound for a person who was erased a moment ago.
    """
    counters = (
        User.data_version,
        User.consent_version,
        Progress.signals_version,
        Progress.persona_version,
        Progress.measured_as_of,
        Progress.measured_data_version,
    )
    found = session.execute(select(*counters).join(Progress).where(User.user_id == user_id)).one_or_none()
    if found is None:
        raise NotFound("There is no such person any more.")
    asked = (request.path, request.query_string.decode("latin-1"))
    tag(etag_of(user_id, *found, clock.today(), load_rulebook().version, *asked))


def require_match(etag: str, *, is_needed: bool = False) -> None:
    """Raises Outdated when the request's If-Match does not name this tag; TagNeeded when it must have one and has none.

    `*` matches whatever is there. Ask while holding the lock under which the change is made.
    """
    if "If-Match" not in request.headers:
        if is_needed:
            raise TagNeeded("Send If-Match with the tag of what you have read.")
        return
    if not request.if_match.contains(etag.strip('"')):
        raise Outdated("This has changed since you read it; read it again.")


def without_match(view: Callable[..., Response]) -> Callable[..., Response]:
    """The view, where there is nothing that an If-Match could be held against: one that is sent is refused with 412."""

    @wraps(view)
    def without_condition(*args: Any, **kwargs: Any) -> Response:
        if "If-Match" in request.headers:
            raise Outdated("What this changes has no tag; send it without If-Match.")
        return view(*args, **kwargs)

    return without_condition


def _add_tag(response: Response) -> Response:
    if "etag" in g and response.status_code in (200, 201, 304):
        response.headers["ETag"] = g.etag
    return response
