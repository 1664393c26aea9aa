"""The application as gunicorn serves it to the bench, on the day on which the bench's rows end.

`BENCH_DAY=2026-07-20 gunicorn 'tests.bench.server:app()'`: the clock runs on from there, for tokens and windows alike.
"""

import os
from datetime import UTC, date, datetime, tzinfo

from flask import Flask

from spendsense import clock
from spendsense.local import server


def app() -> Flask:
    """The application of a laptop, with the local issuer's tokens."""
    set_day(date.fromisoformat(os.environ["BENCH_DAY"]))
    return server.app()


def set_day(day: date) -> None:
    """Has this process believe, until it is told otherwise, that it is that day, at the time of day that it is."""
    offset = day - datetime.now(UTC).date()

    class Shifted(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
            return datetime.now(tz) + offset

    clock.datetime = Shifted  # type: ignore[misc]
