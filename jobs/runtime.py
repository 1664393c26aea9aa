"""What the three jobs share: the application, the event's fields, the time limit, going on in another invocation."""

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import UTC, date, datetime
from functools import cache
from math import ceil
from typing import Any
from uuid import UUID

from flask import Flask

from spendsense.aws.invoke import invoke_later
from spendsense.clock import FIRST_DAY, LAST_DAY, is_in_range, today
from spendsense.config import load_settings
from spendsense.errors import FieldError, InvalidInput, Unavailable
from spendsense.logs import describe, log
from spendsense.pipeline.claims import Job, Scope, Shard
from spendsense.pipeline.run import Summary, run_job, waiting
from spendsense.worker import create_worker

MOST_DEPTH = 2  # AWS stops a function that calls itself again and again; what is left waits for the next schedule
SAFETY_MARGIN_MS = 30_000  # a shard takes a few seconds; nothing is begun when less than this is left


def run(job: Job, event: Mapping[str, Any] | None, context: Any) -> dict[str, Any]:
    """Runs `job` for the event and answers its summary, ready for JSON.

    `event` may carry user_id, user_ids, as_of (ISO day) and shard ({"index": 0, "count": 4}); EventBridge's own `time`
    gives the day otherwise. Raises InvalidInput for a field that can't be read, and whatever breaks the run.
    """
    try:
        event = event or {}
        with application().app_context():
            scope, as_of = read_scope(event), read_as_of(event)
            shards = count_shards(job, as_of, scope, context)
            if shards > 1:
                return answer(fan_out(job, as_of, shards, event, context))
            summary = run_job(job, as_of=as_of, scope=scope, is_over=time_limit(context))
            if summary.outcome == "deadline" and not go_on(job, event, context):
                log.warning("job_left_to_next_schedule", job=job.value)
        return answer(summary)
    except TypeError as error:  # the Lambda handler takes a TypeError for a wrong signature, and hides it
        raise RuntimeError(f"{job} failed on a value of a wrong type") from error


@cache
def application() -> Flask:
    """The worker of this process, on the database that the environment names."""
    settings = load_settings()
    if settings.database_url is None and settings.is_dev and not settings.in_lambda:
        from spendsense.local.postgres import with_database  # a laptop's; not in the Lambda package

        settings = with_database(settings)
    return create_worker(settings)


def answer(summary: Summary) -> dict[str, Any]:
    """The summary as plain JSON values."""
    plain: dict[str, Any] = json.loads(json.dumps(asdict(summary), default=str))
    return plain


def read_as_of(event: Mapping[str, Any]) -> date | None:
    """The day the event names, else the UTC day of its time, else None (today). Raises InvalidInput."""
    field = next((name for name in ("as_of", "time") if event.get(name) is not None), None)
    if field is None:
        return None
    try:
        text = _text(event[field])
        day = date.fromisoformat(text) if field == "as_of" else _utc_day(text)
    except (ValueError, OverflowError):
        raise _unreadable(field, "not an ISO date") from None
    if not is_in_range(day):
        raise _unreadable(field, f"must lie between {FIRST_DAY} and {LAST_DAY}")
    return day


def read_scope(event: Mapping[str, Any]) -> Scope:
    """Whom the event is about. Raises InvalidInput that names the field."""
    named = event.get("user_ids")
    if event.get("user_id") is not None:
        named = [event["user_id"]]
    return Scope(user_ids=_user_ids(named), shard=_shard(event.get("shard")))


def time_limit(context: Any) -> Callable[[], bool]:
    """Says when to stop: before the Lambda's limit, by the context's own clock; never without one."""
    remaining = getattr(context, "get_remaining_time_in_millis", None)
    if remaining is None:
        return lambda: False
    return lambda: bool(remaining() < SAFETY_MARGIN_MS)


def count_shards(job: Job, as_of: date | None, scope: Scope, context: Any) -> int:
    """Into how many invocations a run is split: 1 unless it is for everybody, in Lambda, and for very many."""
    settings = load_settings()
    if _function(context) is None or scope != Scope():
        return 1
    people = waiting(job, as_of, scope)
    if people <= settings.fan_out_above:
        return 1
    return min(settings.fan_out_connections, ceil(people / settings.fan_out_above))


def fan_out(job: Job, as_of: date | None, shards: int, event: Mapping[str, Any], context: Any) -> Summary:
    """Hands each shard to an invocation of its own. Raises Unavailable, once all were tried, for those not queued."""
    day = (as_of or today()).isoformat()
    parts = [{"as_of": day, "shard": {"index": index, "count": shards}} for index in range(shards)]
    queued = sum(_is_queued(job, {**event, **part}, context) for part in parts)
    log.info("job_fanned_out", job=job.value, as_of=day, counts={"shards": shards, "queued": queued})
    if queued < shards:
        raise Unavailable(f"{shards - queued} of {shards} shards could not be queued; their people are still stale.")
    return Summary(job, day, outcome="fanned_out", shards=shards)


def go_on(job: Job, event: Mapping[str, Any], context: Any) -> bool:
    """Queues another invocation of this same function; False where that may not be: outside Lambda, or too deep.

    Raises Unavailable where AWS does not take it, so that the failure is seen, and AWS tries the event again.
    """
    if _function(context) is None or read_depth(event) >= MOST_DEPTH:
        return False
    if not _is_queued(job, event, context):
        raise Unavailable("The rest could not be queued; those people are still stale.")
    return True


def _is_queued(job: Job, event: Mapping[str, Any], context: Any) -> bool:
    further = {**event, "command": f"jobs.{job}.run", "depth": read_depth(event) + 1}
    try:
        invoke_later(_function(context) or "", further)
    except Exception as error:  # noqa: BLE001  whatever AWS says, the other shards are tried
        log.error("job_not_queued", job=job.value, **describe(error))
        return False
    return True


def read_depth(event: Mapping[str, Any]) -> int:
    """How many invocations came before this one. Raises InvalidInput."""
    depth = event.get("depth", 0)
    if type(depth) is not int or depth < 0:
        raise _unreadable("depth", "not a count")
    return depth


def _function(context: Any) -> str | None:
    return getattr(context, "invoked_function_arn", None) or None


def _user_ids(named: Any) -> tuple[UUID, ...] | None:
    if named is None:
        return None
    try:
        return tuple(UUID(_text(user_id)) for user_id in list(named))
    except (ValueError, TypeError):
        raise _unreadable("user_ids", "not a list of ids") from None


def _shard(value: Any) -> Shard | None:
    if value is None:
        return None
    try:
        shard = Shard(int(value["index"]), int(value["count"]))
    except (KeyError, TypeError, ValueError):
        raise _unreadable("shard", "needs index and count") from None
    if not 0 <= shard.index < shard.count:
        raise _unreadable("shard", "index must lie below count")
    return shard


def _unreadable(field: str, why: str) -> InvalidInput:
    return InvalidInput("The event can't be read.", [FieldError(f"/{field}", why)])


def _utc_day(text: str) -> date:
    """The UTC day of an ISO time; one without an offset is UTC."""
    moment = datetime.fromisoformat(text)
    return moment.astimezone(UTC).date() if moment.tzinfo else moment.date()


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError(f"not text: {type(value).__name__}")
    return value
