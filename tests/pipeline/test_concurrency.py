"""Runs beside runs, a revocation in the middle of one, a worker killed: nothing is lost, doubled or left behind."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import delete, func, select, text
from sqlalchemy.exc import InternalError, OperationalError
from sqlalchemy.orm import Session

from spendsense.consent import ledger
from spendsense.pipeline import run
from spendsense.pipeline.claims import Job
from spendsense.pipeline.run import refresh, run_job
from spendsense.signals.compute import MeasureCounts
from spendsense.store.models import (
    JobRun,
    Progress,
    Recommendation,
    SetAside,
    User,
    WindowSignals,
)
from spendsense.store.session import db, is_outage, raw_cursor, transaction
from tests.databases import really_committed
from tests.pipeline.people import a_month_of_shopping

AS_OF = date(2026, 3, 1)
PEOPLE = 30


@pytest.fixture
def people(app: Flask) -> Iterator[list[UUID]]:
    """People whose rows are really committed, so that other connections see them; deleted after the test."""
    with really_committed(app, User, JobRun) as session:
        made = [a_month_of_shopping(session, f"c{number}@example.com") for number in range(PEOPLE)]
        yield made


def in_thread(app: Flask, counts: list[int]) -> threading.Thread:
    """A thread that runs the first job and notes how many people it measured."""

    def work() -> None:
        with app.app_context():
            counts.append(run_job(Job.COMPUTE_FEATURES, as_of=AS_OF).people)

    thread = threading.Thread(target=work)
    thread.start()
    return thread


def test_runs_side_by_side_do_each_person_once(app: Flask, people: list[UUID], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "SHARD_SIZE", 2)
    counts: list[int] = []
    for thread in [in_thread(app, counts) for _ in range(3)]:
        thread.join(timeout=60)
    assert sum(counts) == PEOPLE
    assert db.session.scalar(select(func.count()).select_from(WindowSignals)) == 3 * PEOPLE
    assert set(db.session.scalars(select(Progress.signals_version))) == {1}


def test_who_revokes_in_the_middle_of_a_run_keeps_nothing(
    app: Flask, people: list[UUID], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run, "SHARD_SIZE", 1)
    counts: list[int] = []
    worker = in_thread(app, counts)
    revoked = people[::2]
    for user_id in revoked:
        with transaction() as session:
            ledger.revoke(session, user_id, "analysis", method="web", text_version="1", at=datetime.now(UTC))
    worker.join(timeout=60)
    left = set(db.session.scalars(select(WindowSignals.user_id)))
    assert left == set(people) - set(revoked)


def test_a_refresh_waits_for_the_run_that_holds_the_person(
    app: Flask, people: list[UUID], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run, "SHARD_SIZE", PEOPLE)
    counts: list[int] = []
    worker = in_thread(app, counts)
    refresh(people[0], AS_OF)
    worker.join(timeout=60)
    assert set(db.session.scalars(select(WindowSignals.user_id))) == set(people)
    assert set(db.session.scalars(select(Recommendation.user_id))) == {people[0]}
    assert set(db.session.scalars(select(Progress.signals_version))) == {1}


ENDLESS_WORKER = """
import sys
from datetime import date
from jobs import runtime
from spendsense.pipeline import run
from spendsense.pipeline.claims import Job
run.SHARD_SIZE = 1
with runtime.application().app_context():
    run.run_job(Job.COMPUTE_FEATURES, as_of=date(2026, 3, 1), progress=lambda done, total: print(done, flush=True))
"""


def test_a_killed_worker_loses_nothing(people: list[UUID], database_url: str) -> None:
    worker = subprocess.Popen(
        [sys.executable, "-c", ENDLESS_WORKER],
        env={**os.environ, "DATABASE_URL": database_url},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert worker.stdout is not None
    for line in worker.stdout:
        if int(line) >= 3:
            break
    worker.send_signal(signal.SIGKILL)
    worker.wait(timeout=10)
    worker.stdout.close()
    done = measured_when_quiet()
    assert 3 <= done < PEOPLE
    assert run_job(Job.COMPUTE_FEATURES, as_of=AS_OF).people == PEOPLE - done
    assert db.session.scalar(select(func.count()).select_from(WindowSignals)) == 3 * PEOPLE


def measured_when_quiet() -> int:
    """How many people are measured once the server has noticed that the worker is gone."""
    others = text(
        "SELECT COUNT(*) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid() AND xact_start IS NOT NULL"
    )
    deadline = time.monotonic() + 20
    while db.session.scalar(others) and time.monotonic() < deadline:
        db.session.rollback()
    return db.session.scalar(select(func.count()).where(Progress.measured_as_of.is_not(None))) or 0


TERMINATE = "SET LOCAL ROLE NONE; SELECT pg_terminate_backend(pg_backend_pid())"
WRITE_TO_A_STANDBY = "SET TRANSACTION READ ONLY; DELETE FROM set_asides"


@pytest.mark.usefixtures("people")
def test_no_link_to_a_server_that_takes_no_changes_is_used_again() -> None:
    pid, session = text("SELECT pg_backend_pid()"), db.session()
    before = session.scalar(pid)
    session.execute(text("SET TRANSACTION READ ONLY"))
    with pytest.raises(InternalError) as caught:
        session.execute(delete(SetAside))
    assert is_outage(caught.value)
    session.rollback()
    assert session.scalar(pid) != before


@pytest.mark.parametrize("shard_size", [1, PEOPLE])
@pytest.mark.parametrize("what_happens", [TERMINATE, WRITE_TO_A_STANDBY])
def test_a_lost_server_fails_the_run_and_sets_nobody_aside(
    people: list[UUID], monkeypatch: pytest.MonkeyPatch, what_happens: str, shard_size: int
) -> None:
    def measure_without_link(session: Session, *_: Any) -> MeasureCounts:
        with raw_cursor(session) as cursor:
            cursor.execute(what_happens)
        return MeasureCounts()

    with monkeypatch.context() as patched:
        patched.setattr(run, "SHARD_SIZE", shard_size)
        patched.setattr(run, "measure_people", measure_without_link)
        with pytest.raises(OperationalError):
            run_job(Job.COMPUTE_FEATURES, as_of=AS_OF)
    assert db.session.scalars(select(SetAside)).all() == []
    assert db.session.scalars(select(JobRun.outcome)).all() == ["failed"]
    assert run_job(Job.COMPUTE_FEATURES, as_of=AS_OF).people == PEOPLE
