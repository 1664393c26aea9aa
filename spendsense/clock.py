"""The only place that reads the time. Everything else takes `as_of` or a datetime as an argument."""

from datetime import UTC, date, datetime


def now() -> datetime:
    """The present moment, in UTC and aware of it."""
    return datetime.now(UTC)


def today() -> date:
    """The present calendar day in UTC: the default `as_of` of every job."""
    return now().date()
