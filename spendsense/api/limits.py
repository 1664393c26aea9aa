"""What a request may be at most: its headers, its JSON, and how many come in a minute. Bodies: see `api.request`."""

import hashlib
from typing import Any, Final

from flask import Flask, g, request

from spendsense import clock
from spendsense.config import Settings
from spendsense.errors import HeadersTooLarge, InvalidInput, TooManyRequests
from spendsense.store import rates
from spendsense.store.session import transaction

MOST_HEADERS: Final = 100
HEADER_BYTES: Final = 16 * 1024  # API Gateway takes ten
JSON_DEPTH: Final = 32
JSON_VALUES: Final = 10_000  # members and elements together: twenty for each action of the largest bulk


def check_headers(app: Flask) -> None:
    """Has the headers of every request measured. Comes before whatever reads one."""
    app.before_request(_check_headers)


def count_requests(app: Flask, settings: Settings) -> None:
    """Has requests counted, those too that are refused for the caller's role. Comes after `auth.identify`: nobody is
    counted before their token holds."""
    per_minute = settings.rate_limit_per_minute
    if per_minute:
        app.before_request(lambda: _count(per_minute))


def check_json(value: Any) -> None:
    """Raises InvalidInput for a body that is nested deeper, or has more in it, than any of ours."""
    level, depth, count = [value], 0, 0
    while level:
        inner = [one for one in level if isinstance(one, dict | list)]
        level = [child for one in inner for child in (one.values() if isinstance(one, dict) else one)]
        depth, count = depth + bool(inner), count + len(level)
        if depth > JSON_DEPTH:
            raise InvalidInput(f"The body is nested deeper than {JSON_DEPTH}.")
        if count > JSON_VALUES:
            raise InvalidInput(f"The body has more than {JSON_VALUES} values.")


def _check_headers() -> None:
    sizes = [len(name) + len(value) for name, value in request.environ.items() if name.startswith("HTTP_")]
    if len(sizes) > MOST_HEADERS or sum(sizes) > HEADER_BYTES:
        raise HeadersTooLarge(f"Send at most {MOST_HEADERS} headers of {HEADER_BYTES // 1024} kB in all.")


def _count(per_minute: int) -> None:
    """Takes a token from the caller's bucket, in a transaction of its own: what follows holds no lock on it.

    The bucket goes by a hash of the login, so that the table names nobody. Raises TooManyRequests.
    """
    if (caller := g.get("caller")) is None:
        return
    subject_hash = hashlib.sha256(caller.sub.encode()).digest()
    with transaction() as session:
        seconds = rates.take(session, subject_hash, per_minute, clock.now())
    if seconds:
        raise TooManyRequests(seconds)
