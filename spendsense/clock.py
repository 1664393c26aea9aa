"""The only place that reads the time. Everything else takes `as_of` or a datetime as an argument."""

from datetime import UTC, date, datetime
from typing import Final

FIRST_AS_OF: Final = date(1970, 1, 1)
LAST_AS_OF: Final = date(2999, 12, 31)
"""The days that a run may be for. Windows, terms and rests are reckoned from one in both directions, and a date ends
with the year 9999."""


def now() -> datetime:
    """The present moment, in UTC and aware of it."""
    return datetime.now(UTC)


def parse(text: str) -> datetime:
    """The moment, in UTC, of an ISO text with an offset. Raises ValueError, also for one outside of all years."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("a moment without an offset")
    try:
        return moment.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("a moment outside of all years") from error


def today() -> date:
    """The present calendar day in UTC: the default `as_of` of every job."""
    return now().date()
