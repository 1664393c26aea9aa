"""Advises the people of a shard: reads, decides person by person, writes what changes with its trace and its events."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from psycopg2.extensions import cursor as Cursor
from sqlalchemy.orm import Session

from spendsense.personas.assign import keep_version
from spendsense.recommendations import ahead, changes
from spendsense.recommendations.decide import decide
from spendsense.recommendations.endings import detail_of
from spendsense.recommendations.reading import PACKAGE, Subject, read_people
from spendsense.recommendations.trace import Occasion, TraceWriter, digest
from spendsense.recommendations.types import Decision, catalog, disclosure_of
from spendsense.rulebook.types import Delivery, Rulebook
from spendsense.store import sql
from spendsense.store.session import raw_cursor
from spendsense.store.statuses import Status

JOB: Final = "job"  # who acts, in the events


@dataclass(frozen=True, slots=True)
class AdviseCounts:
    """What one call wrote: people looked at, items that began (held ones among them) and items that ended."""

    people: int
    issued: int
    held: int
    ended: int


@dataclass(frozen=True, slots=True)
class Decided:
    """One person of the shard with what was decided."""

    subject: Subject
    decision: Decision


def advise(
    session: Session,
    user_ids: Sequence[uuid.UUID],
    as_of: date,
    rulebook: Rulebook,
    at: datetime,
    job_run_id: uuid.UUID | None,
    delivery: Delivery = "auto",
) -> AdviseCounts:
    """Chooses for the people of a shard (2,000 at most) in nine reads and up to four writes.

    The caller has locked their `users` rows. Left out are those without live analysis consent at `at`; those whom the
    persona job has not named are looked at and get nothing. `delivery` is the stage's: with "approval" whatever begins
    waits for an operator. What a run for a day yet to come chose is withdrawn first. A rerun on the same day writes
    nothing.
    """
    keep_version(session, rulebook, at)
    with raw_cursor(session) as cursor:
        tried_out = ahead.advised_ahead(cursor, [str(user_id) for user_id in user_ids], as_of, at)
        withdrawn = ahead.withdraw(cursor, tried_out, as_of, at, JOB) if tried_out else 0
    subjects = read_people(session, user_ids, as_of, rulebook, at, delivery)
    decided = [
        Decided(subject, decide(subject.person, rulebook, as_of) if subject.person else Decision())
        for subject in subjects
    ]
    with raw_cursor(session) as cursor:
        ended = withdrawn + end(cursor, decided, rulebook, as_of, JOB, at)
        _move(cursor, decided)
        issued = issue(cursor, decided, rulebook, Occasion(as_of, job_run_id), JOB, at)
        if tried_out:
            ahead.end_now(cursor, tried_out, as_of, at)
        _note_progress(cursor, decided, as_of, rulebook)
    held = sum(found.status is Status.HELD for entry in decided for found in entry.decision.issues)
    return AdviseCounts(len(decided), issued, held, ended)


def end(cursor: Cursor, decided: Sequence[Decided], rulebook: Rulebook, as_of: date, actor: str, at: datetime) -> int:
    """Ends what the decisions end, each with the conditions that ended it. Returns how many."""
    steps = [
        changes.Change(
            entry.subject.user_id,
            one.recommendation_id,
            one.before,
            one.status,
            one.code,
            detail_of(one, person, entry.decision, rulebook, as_of),
        )
        for entry in decided
        if (person := entry.subject.person) is not None
        for one in entry.decision.endings
    ]
    return changes.change(cursor, steps, actor=actor, at=at, ended_at=ahead.moment_of(as_of, at))


def issue(
    cursor: Cursor,
    decided: Sequence[Decided],
    rulebook: Rulebook,
    occasion: Occasion,
    actor: str,
    at: datetime,
) -> int:
    """Writes what the decisions begin. Returns how many; a person without live consent at `at` gets nothing."""
    rows = [row for entry in decided for row in _issue_rows(entry, rulebook, occasion)]
    if not rows:
        return 0
    items = catalog(rulebook).values()
    parameters = sql.arrays(_ISSUE_COLUMNS, rows) | {
        "catalog_items": [item.item_id for item in items],
        "titles": [item.title for item in items],
        "contents": [item.content for item in items],
        "disclosures": [disclosure_of(item, rulebook) for item in items],
        "version": rulebook.version,
        "as_of": occasion.as_of,
        "expires_on": occasion.as_of + timedelta(days=rulebook.limits.expires_after_days),
        "actor": actor,
        "at": at,
    }
    cursor.execute(sql.load(PACKAGE, "issue.sql"), parameters)
    written = cursor.fetchone()
    assert written is not None  # the statement ends in a count
    return int(written[0])


def _move(cursor: Cursor, decided: Sequence[Decided]) -> None:
    moves = [(entry.subject.user_id, *move) for entry in decided for move in entry.decision.moves]
    if moves:
        parameters = sql.arrays(("user_ids", "recommendation_ids", "positions"), moves)
        cursor.execute(sql.load(PACKAGE, "move.sql"), parameters)


_ISSUE_COLUMNS: Final = (
    *("user_ids", "recommendation_ids", "kinds", "items", "positions"),
    *("personas", "rationales", "statuses", "codes", "reasons", "traces", "digests"),
)


def _issue_rows(entry: Decided, rulebook: Rulebook, occasion: Occasion) -> list[tuple[Any, ...]]:
    """One tuple a new item, in the order of `_ISSUE_COLUMNS`."""
    person, basis = entry.subject.person, entry.subject.basis
    if person is None or basis is None or not entry.decision.issues:
        return []
    writer = TraceWriter(person, basis, entry.decision, rulebook, occasion)
    rows = []
    for one in entry.decision.issues:
        trace = writer.trace(one)
        rows.append(
            (
                entry.subject.user_id,
                str(uuid.uuid4()),
                one.kind,
                one.item.item_id,
                one.position,
                person.persona,
                one.rendered.text,
                one.status,
                one.code,
                one.reason,
                trace,
                digest(trace),
            )
        )
    return rows


def _note_progress(cursor: Cursor, decided: Sequence[Decided], as_of: date, rulebook: Rulebook) -> None:
    parameters = {
        "user_ids": [entry.subject.user_id for entry in decided],
        "persona_versions": [entry.subject.persona_version for entry in decided],
        "consent_versions": [entry.subject.consent_version for entry in decided],
        "revisit_on": [entry.decision.revisit_on for entry in decided],
        "version": rulebook.version,
        "as_of": as_of,
    }
    cursor.execute(sql.load(PACKAGE, "progress.sql"), parameters)
