"""What there is in numbers: of people, of their recommendations, of what waits, and when the jobs last ran."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from spendsense.rulebook.types import Rulebook
from spendsense.store import sql
from spendsense.store.ages import read_age
from spendsense.store.models import JobRun
from spendsense.store.session import raw_cursor
from spendsense.store.statuses import VERDICTS, WAITING, Status

PACKAGE: Final = "spendsense.operators"
Counts = Mapping[str, int]
"""Name → how many."""


@dataclass(frozen=True, slots=True)
class Summary:
    """People by consent and flag, by persona, and what waits by status; those whose consent has ended count nowhere."""

    people: Counts  # all, analysis, offers, flagged
    personas: Counts  # each of the rulebook, and none
    review: Counts  # held, pending_approval


@dataclass(frozen=True, slots=True)
class Age:
    """How old what is known is: people by their last upload, the last one of all, and the days of measuring."""

    people: Counts  # within_a_day, within_7_days, within_30_days, older, none
    last_upload_at: datetime | None
    measured_first: date | None  # of whoever was measured longest ago
    measured_last: date | None


@dataclass(frozen=True, slots=True)
class Metrics:
    """All that is counted."""

    summary: Summary
    coverage: Counts
    recommendations: Mapping[str, Counts]  # kind → status → how many
    feedback: Counts
    data: Age
    jobs: Sequence[JobRun]  # the last run of each


def summarise(session: Session, rulebook: Rulebook, at: datetime) -> Summary:
    """The summary at `at`, in one statement. A persona that nobody has is there with 0."""
    counted = _count(session, "summary.sql", rulebook, at)
    personas = dict.fromkeys([*(rule.persona_id for rule in rulebook.personas), "none"], 0)
    review = dict.fromkeys(map(str, WAITING), 0)
    return Summary(counted["people"], personas | counted.get("personas", {}), review | counted.get("review", {}))


def measure(session: Session, rulebook: Rulebook, at: datetime) -> Metrics:
    """The metrics at `at`."""
    counted = _count(session, "metrics.sql", rulebook, at)
    by_kind = {kind: dict.fromkeys(map(str, Status), 0) for kind in ("education", "offer")}
    for name, count in counted.get("recommendations", {}).items():
        kind, _, status = name.partition(".")
        by_kind[kind][status] = count
    age = read_age(session, at)
    by_age = dict.fromkeys(("within_a_day", "within_7_days", "within_30_days", "older", "none"), 0)
    verdicts = dict.fromkeys(VERDICTS, 0)
    return Metrics(
        summary=summarise(session, rulebook, at),
        coverage=counted["coverage"],
        recommendations=by_kind,
        feedback=verdicts | counted.get("feedback", {}),
        data=Age(by_age | counted.get("data", {}), age.last_upload_at, age.first_measured_on, age.last_measured_on),
        jobs=_last_runs(session),
    )


def _count(session: Session, name: str, rulebook: Rulebook, at: datetime) -> dict[str, dict[str, int]]:
    """Topic → name → how many."""
    counted: dict[str, dict[str, int]] = {}
    with raw_cursor(session) as cursor:
        cursor.execute(
            sql.load(PACKAGE, name), {"at": at, "on": at.date(), "window_days": rulebook.primary_window_days}
        )
        for topic, what, count in cursor:
            counted.setdefault(topic, {})[what] = count
    return counted


def _last_runs(session: Session) -> Sequence[JobRun]:
    newest_first = JobRun.job, JobRun.started_at.desc()
    return session.scalars(select(JobRun).ext(distinct_on(JobRun.job)).order_by(*newest_first)).all()
