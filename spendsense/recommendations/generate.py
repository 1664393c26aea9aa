"""Advises the people of a shard: reads, decides person by person, writes what changes with its trace."""

import uuid
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from psycopg2.extensions import cursor as Cursor
from sqlalchemy.orm import Session

from spendsense.personas.assign import keep_version
from spendsense.recommendations import circumstances
from spendsense.recommendations.decide import Decision, Person, Row, catalog, decide, disclosure_of
from spendsense.recommendations.trace import Basis, TraceWriter
from spendsense.rulebook.types import Rulebook
from spendsense.signals import read
from spendsense.store import sql
from spendsense.store.session import raw_cursor

PACKAGE: Final = "spendsense.recommendations"


@dataclass(frozen=True, slots=True)
class AdviseCounts:
    """What one call wrote: people looked at, items that began (held ones among them) and items that ended."""

    people: int
    issued: int
    held: int
    ended: int


@dataclass(frozen=True, slots=True)
class _Advised:
    """One person of the shard with what was decided."""

    user_id: str
    consent_version: int
    persona_version: int
    subject: tuple[Person, Basis] | None  # None: not measured or not named yet
    decision: Decision


def advise(
    session: Session,
    user_ids: Sequence[uuid.UUID],
    as_of: date,
    rulebook: Rulebook,
    at: datetime,
    job_run_id: uuid.UUID | None,
) -> AdviseCounts:
    """Chooses for the people of a shard (2,000 at most) in five reads and up to four writes.

    The caller has locked their `users` rows. Left out are those without live analysis consent at `at`; those whom the
    persona job has not named are looked at and get nothing. A rerun on the same day writes nothing.
    """
    keep_version(session, rulebook, at)
    with raw_cursor(session) as cursor:
        advised = _decide_all(session, cursor, user_ids, as_of, rulebook, at)
        ended = _end(cursor, advised, at)
        _move(cursor, advised)
        issued = _issue(cursor, advised, as_of, rulebook, at, job_run_id)
        _note_progress(cursor, advised, as_of, rulebook)
    held = sum(issue.status == "held" for entry in advised for issue in entry.decision.issues)
    return AdviseCounts(len(advised), issued, held, ended)


def _decide_all(
    session: Session, cursor: Cursor, user_ids: Sequence[uuid.UUID], as_of: date, rulebook: Rulebook, at: datetime
) -> list[_Advised]:
    ids = [str(user_id) for user_id in user_ids]
    window_days = rulebook.primary_window_days
    signals = read.load(session, user_ids, (window_days,))
    rows = _rows(cursor, ids, as_of, rulebook)
    cursor.execute(sql.load(PACKAGE, "people.sql"), {"user_ids": ids, "window_days": window_days, "at": at})
    people = cursor.fetchall()
    agreed_to_offers = [person[0] for person in people if person[6] is not None]
    circumstances_of = circumstances.load(cursor, agreed_to_offers, as_of)
    advised = []
    for user_id, consent_version, persona_version, persona, reason, criteria, offers_until in people:
        measured = signals.get((uuid.UUID(user_id), window_days))
        if measured is None or reason is None:
            advised.append(_Advised(user_id, consent_version, persona_version, None, Decision()))
            continue
        person = Person(persona, measured, offers_until, circumstances_of[user_id], tuple(rows[user_id]))
        basis = Basis(persona, reason, criteria.encode(), offers_until)
        decision = decide(person, rulebook, as_of)
        advised.append(_Advised(user_id, consent_version, persona_version, (person, basis), decision))
    return advised


def _rows(cursor: Cursor, ids: list[str], as_of: date, rulebook: Rulebook) -> dict[str, list[Row]]:
    fingerprints = {item_id: item.fingerprint for item_id, item in catalog(rulebook).items()}
    rested_on = as_of - timedelta(days=rulebook.limits.rest_days)
    parameters = {"user_ids": ids, "version": rulebook.version, "rested_on": rested_on}
    cursor.execute(sql.load(PACKAGE, "rows.sql"), parameters)
    rows: dict[str, list[Row]] = defaultdict(list)
    for user_id, *rest, fingerprint in cursor:
        values: list[Any] = [*rest, fingerprint or fingerprints.get(rest[2], "")]
        rows[user_id].append(Row(*values))
    return rows


def _end(cursor: Cursor, advised: list[_Advised], at: datetime) -> int:
    endings = [(entry.user_id, ending) for entry in advised for ending in entry.decision.endings]
    if endings:
        parameters = {
            "user_ids": [user_id for user_id, _ in endings],
            "recommendation_ids": [ending.recommendation_id for _, ending in endings],
            "statuses": [ending.status for _, ending in endings],
            "reasons": [ending.reason for _, ending in endings],
            "at": at,
        }
        cursor.execute(sql.load(PACKAGE, "end.sql"), parameters)
    return len(endings)


def _move(cursor: Cursor, advised: list[_Advised]) -> None:
    moves = [(entry.user_id, *move) for entry in advised for move in entry.decision.moves]
    if moves:
        user_ids, recommendation_ids, positions = (list(column) for column in zip(*moves, strict=True))
        parameters = {"user_ids": user_ids, "recommendation_ids": recommendation_ids, "positions": positions}
        cursor.execute(sql.load(PACKAGE, "move.sql"), parameters)


def _issue(
    cursor: Cursor,
    advised: list[_Advised],
    as_of: date,
    rulebook: Rulebook,
    at: datetime,
    job_run_id: uuid.UUID | None,
) -> int:
    rows = [row for entry in advised for row in _issue_rows(entry, rulebook, as_of, job_run_id)]
    if not rows:
        return 0
    items = catalog(rulebook).values()
    parameters: dict[str, Any] = dict(
        zip(_ISSUE_COLUMNS, (list(column) for column in zip(*rows, strict=True)), strict=True)
    )
    parameters |= {
        "catalog_items": [item.item_id for item in items],
        "titles": [item.title for item in items],
        "contents": [item.content for item in items],
        "disclosures": [disclosure_of(item, rulebook) for item in items],
        "version": rulebook.version,
        "as_of": as_of,
        "expires_on": as_of + timedelta(days=rulebook.limits.expires_after_days),
        "at": at,
    }
    cursor.execute(sql.load(PACKAGE, "issue.sql"), parameters)
    written = cursor.fetchone()
    assert written is not None  # the statement ends in a count
    return int(written[0])


_ISSUE_COLUMNS: Final = (
    *("user_ids", "recommendation_ids", "kinds", "items", "positions"),
    *("personas", "rationales", "statuses", "reasons", "traces"),
)


def _issue_rows(
    entry: _Advised, rulebook: Rulebook, as_of: date, job_run_id: uuid.UUID | None
) -> list[tuple[Any, ...]]:
    """One tuple a new item, in the order of `_ISSUE_COLUMNS`."""
    if entry.subject is None or not entry.decision.issues:
        return []
    person, basis = entry.subject
    writer = TraceWriter(basis, person.signals, entry.decision, rulebook, as_of, job_run_id)
    return [
        (
            entry.user_id,
            str(uuid.uuid4()),
            issue.kind,
            issue.item.item_id,
            issue.position,
            person.persona,
            issue.rendered.text,
            issue.status,
            issue.reason,
            writer.trace(issue),
        )
        for issue in entry.decision.issues
    ]


def _note_progress(cursor: Cursor, advised: list[_Advised], as_of: date, rulebook: Rulebook) -> None:
    parameters = {
        "user_ids": [entry.user_id for entry in advised],
        "persona_versions": [entry.persona_version for entry in advised],
        "consent_versions": [entry.consent_version for entry in advised],
        "revisit_on": [entry.decision.revisit_on for entry in advised],
        "version": rulebook.version,
        "as_of": as_of,
    }
    cursor.execute(sql.load(PACKAGE, "progress.sql"), parameters)
