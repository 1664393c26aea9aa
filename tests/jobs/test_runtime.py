"""The jobs as they are called: the event's fields, the day, the time limit, the answer."""

import json
from datetime import date
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from jobs import assign_persona, compute_features, generate_recommendations, runtime
from spendsense.errors import InvalidInput
from spendsense.pipeline.claims import Job, Shard
from spendsense.store.models import WindowSignals
from tests.pipeline.people import a_month_of_shopping


class Context:
    """What Lambda hands to a job."""

    invoked_function_arn = "arn:aws:lambda:eu-west-1:1:function:spendsense-dev"

    def __init__(self, remaining_ms: int) -> None:
        self.remaining_ms = remaining_ms

    def get_remaining_time_in_millis(self) -> int:
        return self.remaining_ms


@pytest.fixture(autouse=True)
def test_application(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runtime, "application", lambda: app)


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        ({}, None),
        ({"as_of": "2026-03-01"}, date(2026, 3, 1)),
        ({"time": "2026-03-01T01:00:00Z"}, date(2026, 3, 1)),
        ({"time": "2026-03-01T01:00:00+02:00"}, date(2026, 2, 28)),  # 23:00 UTC the day before
        ({"as_of": "2026-02-01", "time": "2026-03-01T01:00:00Z"}, date(2026, 2, 1)),
    ],
)
def test_the_day_is_the_events_own_else_of_its_time(event: dict[str, Any], expected: date | None) -> None:
    assert runtime.read_as_of(event) == expected


@pytest.mark.parametrize(
    ("event", "pointer"),
    [
        ({"as_of": "1 March"}, "/as_of"),
        ({"as_of": 20260301}, "/as_of"),
        ({"time": "soon"}, "/time"),
        ({"user_id": "ann"}, "/user_ids"),
        ({"user_ids": 5}, "/user_ids"),
        ({"user_ids": [None]}, "/user_ids"),
        ({"shard": 3}, "/shard"),
        ({"shard": {"index": 4, "count": 4}}, "/shard"),
        ({"shard": {"index": -1, "count": 4}}, "/shard"),
        ({"shard": {"count": 4}}, "/shard"),
    ],
)
def test_a_field_that_cant_be_read_is_named(event: dict[str, Any], pointer: str) -> None:
    read = runtime.read_as_of if pointer in ("/as_of", "/time") else runtime.read_scope
    with pytest.raises(InvalidInput) as caught:
        read(event)
    assert caught.value.errors[0].pointer == pointer


def test_a_shard_is_read() -> None:
    assert runtime.read_scope({"shard": {"index": 1, "count": 4}}).shard == Shard(1, 4)


def test_the_three_jobs_answer_in_json(session: Session) -> None:
    ann = a_month_of_shopping(session, "ann@example.com")
    event = {"as_of": "2026-03-01", "user_id": str(ann)}
    answers = [job.run(event, None) for job in (compute_features, assign_persona, generate_recommendations)]
    assert [answer["job"] for answer in answers] == [job.value for job in Job]
    assert [(answer["outcome"], answer["people"]) for answer in answers] == [("complete", 1)] * 3
    assert json.loads(json.dumps(answers)) == answers
    assert session.scalars(select(WindowSignals.window_days)).all() != []


def test_a_scheduled_event_of_eventbridge_runs_for_its_day(session: Session) -> None:
    a_month_of_shopping(session, "ann@example.com")
    event = {"version": "0", "source": "aws.events", "time": "2026-03-01T01:00:00Z", "resources": ["rule"]}
    assert compute_features.run(event, None)["as_of"] == "2026-03-01"


def test_before_the_time_limit_the_job_goes_on_in_another_invocation(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    a_month_of_shopping(session, "ann@example.com")
    calls: list[tuple[str, dict[str, Any]]] = []
    monkeypatch.setattr(runtime, "invoke_later", lambda function, event: calls.append((function, event)))
    answer = compute_features.run({"as_of": "2026-03-01"}, Context(remaining_ms=runtime.SAFETY_MARGIN_MS - 1))
    assert (answer["outcome"], answer["people"], answer["remaining"]) == ("deadline", 0, 1)
    assert calls == [
        (Context.invoked_function_arn, {"as_of": "2026-03-01", "command": "jobs.compute_features.run", "depth": 1})
    ]


def test_with_time_left_it_stays_in_this_one(session: Session) -> None:
    a_month_of_shopping(session, "ann@example.com")
    answer = compute_features.run({"as_of": "2026-03-01"}, Context(remaining_ms=runtime.SAFETY_MARGIN_MS))
    assert (answer["outcome"], answer["people"]) == ("complete", 1)


def test_a_type_error_inside_is_no_wrong_signature(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise TypeError("an int is no date")

    monkeypatch.setattr(runtime, "run_job", fail)
    with pytest.raises(RuntimeError, match="compute_features"):
        compute_features.run({}, None)
