"""The only place that reads the time. Everything else takes `as_of` or a datetime as an argument."""

from datetime import UTC, date, datetime

FIRST_DAY = date(1970, 1, 1)  # no bank data is older
LAST_DAY = date(2199, 12, 31)  # what is reckoned from an `as_of` on, an expiry for one, must still be a date


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


def is_in_range(day: date) -> bool:
    """Whether the day can be an `as_of`: both ends can."""
    return FIRST_DAY <= day <= LAST_DAY
