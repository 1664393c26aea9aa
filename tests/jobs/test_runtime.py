"""The jobs as they are called: the event's fields, the day, the time limit, the answer."""

import json
from datetime import date
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from jobs import assign_persona, compute_features, generate_recommendations, runtime
from spendsense.clock import FIRST_DAY, LAST_DAY
from spendsense.errors import InvalidInput, Unavailable
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
        ({"as_of": "1970-01-01"}, date(1970, 1, 1)),
        ({"as_of": "2199-12-31"}, date(2199, 12, 31)),
        ({"as_of": "2026-02-01", "time": "2026-03-01T01:00:00Z"}, date(2026, 2, 1)),
    ],
)
def test_the_day_is_the_events_own_else_of_its_time(event: dict[str, Any], expected: date | None) -> None:
    assert runtime.read_as_of(event) == expected


@pytest.mark.parametrize("day", [FIRST_DAY, LAST_DAY])
def test_the_first_and_the_last_day_that_a_run_may_be_for_break_nobodys(day: date, session: Session) -> None:
    a_month_of_shopping(session, "ann@example.com")
    for job in (compute_features, assign_persona, generate_recommendations):
        answer = job.run({"as_of": day.isoformat()}, None)
        assert (answer["people"], answer["set_aside"]) == (1, [])


@pytest.mark.parametrize(
    ("event", "pointer"),
    [
        ({"as_of": "1 March"}, "/as_of"),
        ({"as_of": 20260301}, "/as_of"),
        ({"as_of": "2200-01-01"}, "/as_of"),
        ({"as_of": "1969-12-31"}, "/as_of"),
        ({"time": "soon"}, "/time"),
        ({"time": "2200-01-01T00:00:00Z"}, "/time"),
        ({"time": "9999-12-31T23:59:59-10:00"}, "/time"),
        ({"time": "0001-01-01T00:00:00+02:00"}, "/time"),
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


@pytest.fixture
def queue(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What was handed to further invocations; a run is split above one person, over two connections."""
    queued: list[dict[str, Any]] = []
    monkeypatch.setattr(runtime, "invoke_later", lambda _function, event: queued.append(event))
    monkeypatch.setenv("FAN_OUT_ABOVE", "1")
    monkeypatch.setenv("FAN_OUT_CONNECTIONS", "2")
    return queued


def people(session: Session, count: int) -> None:
    for number in range(count):
        a_month_of_shopping(session, f"person{number}@example.com")


PLENTY = Context(remaining_ms=300_000)


def test_a_large_run_is_split_and_its_parts_measure_everybody_once(
    session: Session, queue: list[dict[str, Any]]
) -> None:
    people(session, 5)
    answer = compute_features.run({"as_of": "2026-03-01"}, PLENTY)
    assert (answer["outcome"], answer["shards"], answer["people"]) == ("fanned_out", 2, 0)
    part = {"command": "jobs.compute_features.run", "as_of": "2026-03-01", "depth": 1}
    assert queue == [{**part, "shard": {"index": index, "count": 2}} for index in (0, 1)]
    assert sum(compute_features.run(event, PLENTY)["people"] for event in list(queue)) == 5
    assert len(queue) == 2  # a part is not split again


def test_there_are_no_more_parts_than_the_people_need(
    session: Session, queue: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAN_OUT_CONNECTIONS", "8")
    monkeypatch.setenv("FAN_OUT_ABOVE", "2")
    people(session, 3)  # 3 people, 2 a part
    assert compute_features.run({"as_of": "2026-03-01"}, PLENTY)["shards"] == 2
    assert len(queue) == 2


@pytest.mark.parametrize("context", [None, PLENTY])
def test_a_run_of_no_more_than_the_limit_is_not_split(
    session: Session, queue: list[dict[str, Any]], context: Context | None
) -> None:
    people(session, 1 if context else 3)  # outside Lambda there is nothing to split it over
    answer = compute_features.run({"as_of": "2026-03-01"}, context)
    assert (answer["outcome"], queue) == ("complete", [])


def test_people_who_are_named_are_not_split(session: Session, queue: list[dict[str, Any]]) -> None:
    named = [str(a_month_of_shopping(session, f"person{number}@example.com")) for number in range(3)]
    answer = compute_features.run({"as_of": "2026-03-01", "user_ids": named}, PLENTY)
    assert (answer["outcome"], answer["people"], queue) == ("complete", 3, [])


def test_parts_that_are_not_queued_fail_the_run_once_all_were_tried(
    session: Session, queue: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    tried: list[Any] = []

    def refuse_the_first(_function: str, event: dict[str, Any]) -> None:
        tried.append(event)
        if len(tried) == 1:
            raise OSError("AWS says no")

    monkeypatch.setattr(runtime, "invoke_later", refuse_the_first)
    people(session, 3)
    with pytest.raises(Unavailable, match="1 of 2 shards"):
        compute_features.run({"as_of": "2026-03-01"}, PLENTY)
    assert len(tried) == 2


@pytest.mark.parametrize(("depth", "goes_on"), [(0, True), (1, True), (2, False)])
def test_it_goes_on_twice_and_leaves_the_rest_to_the_next_schedule(
    session: Session, queue: list[dict[str, Any]], depth: int, goes_on: bool
) -> None:
    people(session, 1)
    event = {"as_of": "2026-03-01", "depth": depth}
    answer = compute_features.run(event, Context(remaining_ms=0))
    assert (answer["outcome"], answer["remaining"]) == ("deadline", 1)
    assert [further["depth"] for further in queue] == ([depth + 1] if goes_on else [])
    assert compute_features.run({"as_of": "2026-03-01"}, PLENTY)["people"] == 1  # the next schedule


def test_a_rest_that_is_not_queued_fails_the_run(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any) -> None:
        raise OSError("AWS says no")

    monkeypatch.setattr(runtime, "invoke_later", refuse)
    people(session, 1)
    with pytest.raises(Unavailable):
        compute_features.run({"as_of": "2026-03-01"}, Context(remaining_ms=0))


@pytest.mark.parametrize("depth", [-1, "1", True, 1.0, None])
def test_a_depth_that_is_no_count_is_named(depth: Any) -> None:
    with pytest.raises(InvalidInput) as caught:
        runtime.read_depth({"depth": depth})
    assert caught.value.errors[0].pointer == "/depth"
