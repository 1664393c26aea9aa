"""Runs a job over all that is stale, shard by shard: each shard is claimed, worked on and committed in one transaction.

So a late, repeated, concurrent or half-finished run is harmless: what is committed is done, what is not is still stale.
"""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from spendsense.clock import now, today
from spendsense.config import load_settings
from spendsense.logs import describe, log
from spendsense.personas.assign import name_people
from spendsense.pipeline.apart import apart
from spendsense.pipeline.claims import (
    Job,
    Moment,
    Scope,
    agreeing,
    claim,
    count_measured_later,
    count_stale,
    day_of,
    measured_later,
    set_aside,
)
from spendsense.pipeline.measuring import measure_people
from spendsense.pipeline.upkeep import keep_up
from spendsense.recommendations.generate import advise
from spendsense.rulebook.load import load_rulebook
from spendsense.signals.read import load as load_signals
from spendsense.store.identity import JOB, acting_as, for_refresh
from spendsense.store.models import JobRun, SetAside, User
from spendsense.store.session import db, is_outage, transaction

SHARD_SIZE = 500  # people whose rows are locked at once, for a second at most where nothing else is slow
FIRST_RETRY = timedelta(hours=1)
LONGEST_RETRY = timedelta(hours=24)

ShowProgress = Callable[[int, int], None]
"""Called with people done and people in all, after each shard."""


@dataclass(slots=True)
class Summary:
    """What a run did, as it is answered, logged and kept in `job_runs`."""

    job: str
    as_of: str
    outcome: str = "complete"  # "deadline": stopped before the time limit, the rest is still stale; "fanned_out"
    people: int = 0
    counts: dict[str, int] = field(default_factory=dict)
    set_aside: list[str] = field(default_factory=list)
    remaining: int = 0
    computed_not_stored: int = 0  # people measured for a later day, by compute_features
    measured_later: int = 0  # the same, left out by the other two
    shown: list[dict[str, Any]] = field(default_factory=list)
    shards: int = 0

    def add(self, people: int, counts: dict[str, int]) -> None:
        """Counts one shard."""
        self.people += people
        for name, count in counts.items():
            self.counts[name] = self.counts.get(name, 0) + count


@dataclass(frozen=True, slots=True)
class Run:
    """One run of one job: what it is about, and how it is told to stop and to show its progress."""

    job: Job
    scope: Scope
    moment: Moment
    run_id: UUID | None
    is_over: Callable[[], bool]
    progress: ShowProgress


@acting_as(JOB)
def run_job(
    job: Job,
    *,
    as_of: date | None = None,
    scope: Scope | None = None,
    is_over: Callable[[], bool] = lambda: False,
    progress: ShowProgress = lambda _done, _total: None,
) -> Summary:
    """Does all that is stale for `job`, and records the run.

    Stops cleanly when `is_over()` says so, between shards. For an `as_of` before the stored one it stores nothing:
    compute_features computes, and shows the people named in the scope; the other two leave them out. Raises what the
    database raises; a person whose own data breaks the job is set aside, and the others are done.
    """
    moment = Moment(as_of or today(), now(), load_rulebook().version)
    run = Run(job, scope or Scope(), moment, uuid4(), is_over, progress)
    summary = Summary(job, moment.as_of.isoformat())
    log.info("job_started", job=job.value, run_id=str(run.run_id), as_of=summary.as_of)
    _record_start(run)
    try:
        _work(run, summary)
    except BaseException as error:
        log.error("job_failed", job=job.value, run_id=str(run.run_id), **describe(error))
        _record_end(run, "failed", summary)
        raise
    _record_end(run, summary.outcome, summary)
    log.info("job_ended", job=job.value, run_id=str(run.run_id), outcome=summary.outcome, counts=_counts(summary))
    return summary


@acting_as(JOB)
def waiting(job: Job, as_of: date | None, scope: Scope) -> int:
    """How many people a run would have before it."""
    with transaction() as session:
        return count_stale(session, job, scope, Moment(as_of or today(), now(), load_rulebook().version))


def refresh(user_id: UUID, as_of: date | None = None) -> None:
    """Measures, names and advises one person at once: after new data or a new consent. Raises what a stage raises.

    In a consumer's request the database still holds it to that consumer's rows, and to a request's time.
    """
    with acting_as(for_refresh()), transaction() as session:
        moment = Moment(as_of or day_of(session, user_id, today()), now(), load_rulebook().version)
    scope = Scope(user_ids=(user_id,), with_set_aside=True, wait=True)
    for job in Job:
        with acting_as(for_refresh()), transaction() as session:
            claimed = claim(session, job, scope, moment, None, 1)
            if claimed:
                _STAGES[job](session, claimed, moment, None)
                session.execute(delete(SetAside).where(SetAside.user_id == user_id, SetAside.job == job))


def work_through(session: Session, user_id: UUID, as_of: date, at: datetime) -> None:
    """Measures, names and advises one person, stale or not, in the caller's transaction, which holds their row."""
    moment = Moment(as_of, at, load_rulebook().version)
    for job in Job:
        _STAGES[job](session, [user_id], moment, None)


def _work(run: Run, summary: Summary) -> None:
    left_out: list[UUID] = []
    if run.job is Job.COMPUTE_FEATURES:
        kept = keep_up(run.scope, run.moment, run.is_over)
        summary.add(0, kept.done)
        left_out += kept.left_out
    with transaction() as session:
        total = count_stale(session, run.job, run.scope, run.moment)
    run.progress(0, total)
    after: UUID | None = None
    while not run.is_over():
        claimed = _next_shard(run, summary, after)
        if not claimed:
            break
        after = claimed[-1]
        run.progress(summary.people, max(total, summary.people))
    else:
        summary.outcome = "deadline"
    if run.job is Job.COMPUTE_FEATURES:
        left_out += _show_earlier_day(run, summary)
    with transaction() as session:
        if run.job is not Job.COMPUTE_FEATURES:
            summary.measured_later = count_measured_later(session, run.scope, run.moment)
        summary.remaining = count_stale(session, run.job, run.scope, run.moment)
        aside = set_aside(session, run.job, run.scope, run.moment)
    summary.set_aside = [str(user_id) for user_id in sorted({*aside, *left_out})]


def _next_shard(run: Run, summary: Summary, after: UUID | None) -> Sequence[UUID]:
    """Claims, works and commits one shard; returns whom it was about, in order. One that breaks is done in halves."""
    claimed: list[UUID] = []
    try:
        with transaction() as session:
            claimed = claim(session, run.job, run.scope, run.moment, after, SHARD_SIZE)
            if claimed:
                summary.add(len(claimed), _STAGES[run.job](session, claimed, run.moment, run.run_id))
    except Exception as error:
        if not claimed or is_outage(error):
            raise
        _in_halves(run, summary, claimed, error)
    return claimed


def _in_halves(run: Run, summary: Summary, people: Sequence[UUID], error: Exception) -> None:
    if len(people) == 1:
        _put_aside(run, people[0], error)
        return
    middle = len(people) // 2
    for half in (people[:middle], people[middle:]):
        scope = Scope(user_ids=tuple(half), with_set_aside=run.scope.with_set_aside)
        try:
            with transaction() as session:
                claimed = claim(session, run.job, scope, run.moment, None, len(half))
                counts = _STAGES[run.job](session, claimed, run.moment, run.run_id) if claimed else {}
            summary.add(len(claimed), counts)
        except Exception as half_error:
            if is_outage(half_error):
                raise
            _in_halves(run, summary, half, half_error)


def _put_aside(run: Run, user_id: UUID, error: Exception) -> None:
    """Leaves the person out for an hour, then two, four … up to a day; the log says which error, never which data.

    Nobody is set aside who has revoked or is gone by then.
    """
    log.error("person_set_aside", job=run.job.value, user_id=str(user_id), **describe(error))
    with transaction() as session:
        still_there = agreeing(Scope(user_ids=(user_id,)), run.moment).with_for_update(of=User)
        if session.scalars(still_there).one_or_none() is None:
            return
        before = (
            session.scalar(select(SetAside.attempts).where(SetAside.user_id == user_id, SetAside.job == run.job)) or 0
        )
        values = {
            "error": type(error).__name__,
            "attempts": before + 1,
            "failed_at": run.moment.at,
            "retry_at": run.moment.at + min(FIRST_RETRY * 2 ** min(before, 5), LONGEST_RETRY),
        }
        session.execute(
            insert(SetAside)
            .values(user_id=user_id, job=run.job, **values)
            .on_conflict_do_update(index_elements=["user_id", "job"], set_=values)
        )


def _show_earlier_day(run: Run, summary: Summary) -> list[UUID]:
    """Computes for a day before the stored one, in a transaction that is taken back. Returns whose data breaks it."""
    after: UUID | None = None
    left_out: list[UUID] = []
    session = db.session()
    try:
        while not run.is_over():
            people = measured_later(session, run.scope, run.moment, after, SHARD_SIZE)
            if not people:
                break
            after = people[-1]
            measured = apart(session, people, lambda some: _measure(session, some, run.moment, None))
            left_out += {*people} - {*measured}
            summary.computed_not_stored += len(measured)
            if run.scope.user_ids is not None:
                summary.shown += [asdict(signals) for signals in load_signals(session, measured).values()]
            session.rollback()
    finally:
        session.rollback()
    return left_out


def _measure(session: Session, people: Sequence[UUID], moment: Moment, _run_id: UUID | None) -> dict[str, int]:
    counts = measure_people(session, people, moment.as_of)
    return {"rebuilt": counts.rebuilt, "changed": counts.changed}


def _name(session: Session, people: Sequence[UUID], moment: Moment, _run_id: UUID | None) -> dict[str, int]:
    counts = name_people(session, people, moment.as_of, load_rulebook(), moment.at)
    return {"written": counts.written, "changed": counts.changed}


def _advise(session: Session, people: Sequence[UUID], moment: Moment, run_id: UUID | None) -> dict[str, int]:
    delivery = load_settings().recommendation_delivery
    counts = advise(session, people, moment.as_of, load_rulebook(), moment.at, run_id, delivery)
    return {"issued": counts.issued, "held": counts.held, "ended": counts.ended}


_STAGES = {Job.COMPUTE_FEATURES: _measure, Job.ASSIGN_PERSONA: _name, Job.GENERATE_RECOMMENDATIONS: _advise}


def _counts(summary: Summary) -> dict[str, Any]:
    return {
        "people": summary.people,
        "remaining": summary.remaining,
        "set_aside": len(summary.set_aside),
        "computed_not_stored": summary.computed_not_stored,
        "measured_later": summary.measured_later,
        **summary.counts,
    }


def _record_start(run: Run) -> None:
    with transaction() as session:
        session.add(JobRun(run_id=run.run_id, job=run.job, as_of=run.moment.as_of, started_at=run.moment.at))


def _record_end(run: Run, outcome: str, summary: Summary) -> None:
    finished_at: datetime = now()
    with transaction() as session:
        record = session.get(JobRun, run.run_id)
        if record is not None:
            record.finished_at = finished_at
            record.outcome = outcome
            record.counts = _counts(summary)
