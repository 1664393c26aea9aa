"""How it stands: what each figure counts, and when a run counts as failed."""

from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pytest
from sqlalchemy.orm import Session

from spendsense.consent import ledger
from spendsense.pipeline.claims import Job
from spendsense.pipeline.run import run_job
from spendsense.pipeline.status import LastRun, read_status
from spendsense.rulebook.load import load_rulebook
from spendsense.store import revisions
from spendsense.store.models import JobRun, SetAside
from tests.api.undone import change_tables
from tests.pipeline.people import a_month_of_shopping

DAY = date(2026, 3, 1)
AT = datetime(2026, 3, 1, 12, tzinfo=UTC)


def test_an_empty_database_says_so(session: Session) -> None:
    found = read_status(session, AT)
    assert found.applied_migration == found.newest_migration == revisions.newest()
    assert found.rulebook_version == load_rulebook().version
    assert [(job.job, job.last_run, job.waiting_people) for job in found.jobs] == [(job, None, 0) for job in Job]
    assert (found.data.agreeing_people, found.data.last_upload_at, found.data.first_measured_on) == (0, None, None)


def test_the_last_run_of_each_job_and_who_waits_for_the_next(session: Session) -> None:
    ann = a_month_of_shopping(session, "ann@example.com")
    at = datetime.now(UTC)
    assert [job.waiting_people for job in read_status(session, at).jobs] == [1, 0, 0]
    session.commit()
    assert run_job(Job.COMPUTE_FEATURES, as_of=DAY).people == 1
    found = read_status(session, at)
    # Measured for 1 March: by this moment's day she waits again, and she waits to be named.
    assert [job.waiting_people for job in found.jobs][1] == 1
    (first, second, third) = found.jobs
    assert first.last_run is not None
    assert (first.last_run.as_of, first.last_run.outcome, second.last_run, third.last_run) == (
        DAY,
        "complete",
        None,
        None,
    )
    assert (found.data.agreeing_people, found.data.first_measured_on, found.data.last_measured_on) == (1, DAY, DAY)
    session.add(JobRun(job=Job.COMPUTE_FEATURES, as_of=DAY, started_at=at + timedelta(seconds=1)))
    session.flush()
    assert read_status(session, at).jobs[0].last_run.outcome is None  # type: ignore[union-attr]
    ledger.revoke(session, ann, "analysis", method="api", text_version="1", at=at)
    assert read_status(session, at).data.agreeing_people == 0


@pytest.mark.parametrize(("retry_in", "counted"), [(1, 1), (0, 0)])
def test_people_are_set_aside_until_they_are_tried_again(session: Session, retry_in: int, counted: int) -> None:
    ann = a_month_of_shopping(session, "ann@example.com")
    times = {"failed_at": AT, "retry_at": AT + timedelta(seconds=retry_in)}
    session.add(SetAside(user_id=ann, job=Job.ASSIGN_PERSONA, error="DataError", attempts=1, **times))
    session.flush()
    assert [job.set_aside_people for job in read_status(session, AT).jobs] == [0, counted, 0]


@pytest.mark.parametrize(
    ("minutes_ago", "has_finished", "outcome", "failed"),
    [
        (600, True, "complete", False),
        (600, True, "deadline", False),
        (1, True, "failed", True),
        (60, False, None, False),
        (61, False, None, True),
    ],
)
def test_a_run_has_failed(minutes_ago: int, has_finished: bool, outcome: str | None, failed: bool) -> None:
    started = AT - timedelta(minutes=minutes_ago)
    ended = AT if has_finished else None
    assert LastRun(uuid4(), DAY, started, ended, outcome).has_failed(AT) is failed


def test_a_database_behind_this_code_is_told(session: Session) -> None:
    change_tables(session, "UPDATE alembic_version SET version_num = '0001'")
    found = read_status(session, AT)
    assert (found.applied_migration, found.newest_migration) == ("0001", revisions.newest())
