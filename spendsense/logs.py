"""Structured logs: one JSON object a line on stderr, and nothing in it that could name a person.

Only the fields of `ALLOWED` are written. Whatever else a caller binds by mistake (a name, an amount, a token) is left
out, and its key is named under `dropped`.
"""

import logging
import sys
import traceback
from collections.abc import MutableMapping
from types import TracebackType
from typing import Any, TextIO

import structlog

ALLOWED = frozenset(
    {
        "timestamp",
        "level",
        "event",
        "request_id",
        "method",
        "route",
        "status",
        "duration_ms",
        "error",
        "frames",
        "job",
        "run_id",
        "as_of",
        "outcome",
        "counts",
        "user_id",
        "secret",
        "reason",
        "command",
        "answer",
    }
)

log: structlog.stdlib.BoundLogger = structlog.get_logger()


def configure_logging(stream: TextIO | None = None) -> None:
    """Makes every log line one JSON object with allowed fields only. Safe to call again."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            keep_allowed,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(stream or sys.stderr),
        cache_logger_on_first_use=False,
    )


def keep_allowed(_logger: Any, _method: str, fields: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """The allowed fields of a log line, and under `dropped` the keys of the others."""
    dropped = sorted(set(fields) - ALLOWED)
    kept: MutableMapping[str, Any] = {key: value for key, value in fields.items() if key in ALLOWED}
    return {**kept, "dropped": dropped} if dropped else kept


def describe(error: BaseException) -> dict[str, Any]:
    """What may be logged of an unexpected error: its class and where it came from, never its text or its values."""
    return {"error": type(error).__name__, "frames": _frames(error.__traceback__)}


def _frames(trace: TracebackType | None) -> list[str]:
    return [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(trace)[-8:]]
