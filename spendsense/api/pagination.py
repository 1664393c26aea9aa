"""Keyset pages: `limit` rows after an opaque mark, in an order in which no two rows are equal."""

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import Any, TypeVar
from uuid import UUID

from marshmallow import Schema, fields, validate

from spendsense import clock
from spendsense.errors import FieldError, InvalidInput
from spendsense.store.texts import UNSTORABLE

DEFAULT_LIMIT = 100
LARGEST_LIMIT = 200
LONGEST_MARK = 2_000  # the longest email, of letters of four bytes each, makes one of 1,418
LONGEST_NUMBER = 18  # digits; any such number fits a BIGINT

Row = TypeVar("Row")


class PageQuery(Schema):
    """The two parameters of every list."""

    limit = fields.Integer(
        load_default=DEFAULT_LIMIT,
        validate=validate.Range(1, LARGEST_LIMIT),
        metadata={"description": "How many rows at most"},
    )
    after = fields.String(
        load_default=None,
        validate=validate.Length(1, LONGEST_MARK),
        metadata={"description": "The `next` of the page before"},
    )


def page(rows: Sequence[Row], limit: int, key: Callable[[Row], Sequence[str | date]]) -> dict[str, Any]:
    """The answer for up to `limit + 1` rows: the first `limit` of them, and the mark of the next page or None."""
    shown = rows[:limit]
    more = len(rows) > limit
    return {"data": shown, "next": encode_mark(key(shown[-1])) if more else None}


def encode_mark(key: Sequence[str | date]) -> str:
    """The mark of the row with this sort key."""
    text = json.dumps([part.isoformat() if isinstance(part, date) else part for part in key], ensure_ascii=False)
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def decode_mark(mark: str, size: int) -> list[str]:
    """The `size` parts of a sort key. Raises InvalidInput for a mark that no page gave."""
    try:
        parts = json.loads(base64.b64decode(mark + "=" * (-len(mark) % 4), altchars=b"-_", validate=True))
    except (ValueError, binascii.Error, RecursionError) as error:
        raise bad_mark() from error
    if not isinstance(parts, list) or len(parts) != size or not all(isinstance(part, str) for part in parts):
        raise bad_mark()
    if any(UNSTORABLE.search(part) for part in parts):
        raise bad_mark()
    return parts


def decode_day_mark(mark: str) -> tuple[date, str]:
    """The day and the id of a mark of rows by day. Raises InvalidInput for a mark that no page gave."""
    day, identifier = decode_mark(mark, 2)
    try:
        return date.fromisoformat(day), identifier
    except ValueError as error:
        raise bad_mark() from error


def decode_moment_mark(mark: str) -> tuple[datetime, UUID]:
    """The moment and the id of a mark of rows by time. Raises InvalidInput for a mark that no page gave."""
    return moment_and_id(*decode_mark(mark, 2))


def moment_and_id(moment: str, identifier: str) -> tuple[datetime, UUID]:
    """Two parts of a mark as a moment and an id. Raises InvalidInput for what no page gave."""
    try:
        return clock.parse(moment), UUID(identifier)
    except ValueError as error:
        raise bad_mark() from error


def decode_uuid_mark(mark: str) -> UUID:
    """The id of a mark of rows by id. Raises InvalidInput for a mark that no page gave."""
    try:
        return UUID(decode_mark(mark, 1)[0])
    except ValueError as error:
        raise bad_mark() from error


def decode_number_mark(mark: str) -> int:
    """The number of a mark of rows by number. Raises InvalidInput for a mark that no page gave."""
    (number,) = decode_mark(mark, 1)
    if not (number.isascii() and number.isdecimal() and len(number) <= LONGEST_NUMBER):
        raise bad_mark()
    return int(number)


def bad_mark() -> InvalidInput:
    """What is raised for a mark that no page gave."""
    detail = "This is not the `next` of a page."
    return InvalidInput("The page asked for does not exist.", [FieldError("/after", detail)])
