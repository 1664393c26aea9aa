"""How it stands with the whole: the tables, the last run of each job, the rulebook, the data's age, who is left out.

Counts and moments only: nothing in it is about one person.
"""

from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from spendsense.pipeline.claims import Job, Moment, count_stale_of_all
from spendsense.rulebook.load import load_rulebook
from spendsense.store import revisions
from spendsense.store.ages import DataAge, read_age
from spendsense.store.models import JobRun, SetAside, User

LONGEST_RUN = timedelta(hours=1)  # the Lambda's limit is 15 minutes, a laptop's run of 100,000 people takes less too


@dataclass(frozen=True, slots=True)
class LastRun:
    """The last run of a job that was begun. Without `finished_at` it is still running, or its process has died."""

    run_id: UUID
    as_of: date
    started_at: datetime
    finished_at: datetime | None
    outcome: str | None

    def has_failed(self, at: datetime) -> bool:
        """It broke, or began over an hour ago and was never heard of again."""
        if self.finished_at is None:
            return at - self.started_at > LONGEST_RUN
        return self.outcome == "failed"


@dataclass(frozen=True, slots=True)
class JobStatus:
    """A job: its last run, how many people wait for the next one, and how many it leaves out for now."""

    job: Job
    last_run: LastRun | None
    waiting_people: int
    set_aside_people: int


@dataclass(frozen=True, slots=True)
class Data(DataAge):
    """How old the data is, and of how many people it may be held and analysed."""

    agreeing_people: int


@dataclass(frozen=True, slots=True)
class Status:
    """All of it, at one moment."""

    at: datetime
    applied_migration: str | None
    newest_migration: str | None
    rulebook_version: str
    jobs: tuple[JobStatus, ...]
    data: Data


def read_status(session: Session, at: datetime) -> Status:
    """How it stands at that moment."""
    version = load_rulebook().version
    waiting = count_stale_of_all(session, Moment(at.date(), at, version))
    return Status(
        at=at,
        applied_migration=revisions.applied(session),
        newest_migration=revisions.newest(),
        rulebook_version=version,
        jobs=tuple(_job(session, job, waiting[job], at) for job in Job),
        data=_data(session, at),
    )


def _job(session: Session, job: Job, waiting_people: int, at: datetime) -> JobStatus:
    columns = (JobRun.run_id, JobRun.as_of, JobRun.started_at, JobRun.finished_at, JobRun.outcome)
    last = session.execute(
        select(*columns).where(JobRun.job == job).order_by(JobRun.started_at.desc(), JobRun.run_id).limit(1)
    ).one_or_none()
    left_out = select(func.count()).select_from(SetAside).where(SetAside.job == job, SetAside.retry_at > at)
    return JobStatus(
        job=job,
        last_run=LastRun(*last) if last else None,
        waiting_people=waiting_people,
        set_aside_people=session.scalar(left_out) or 0,
    )


def _data(session: Session, at: datetime) -> Data:
    people = session.scalar(select(func.count()).select_from(User).where(User.analysis_until > at)) or 0
    return Data(**asdict(read_age(session, at)), agreeing_people=people)
