"""Reads what a decision takes in, for all people of a shard at once."""

import uuid
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from psycopg2.extensions import cursor as Cursor
from sqlalchemy.orm import Session

from spendsense.recommendations import circumstances
from spendsense.recommendations.ahead import last_day
from spendsense.recommendations.trace import Basis
from spendsense.recommendations.types import Person, Row, catalog
from spendsense.rulebook.types import Delivery, Rulebook
from spendsense.signals import read
from spendsense.store import sql
from spendsense.store.session import raw_cursor

PACKAGE: Final = "spendsense.recommendations"
# What each column of seen.sql is the evidence of: a signal, or the signals of a group that have none of their own.
_SEEN: Final = ("fees", "credit.interest_cents", "subscriptions", "income", "credit", "savings")


@dataclass(frozen=True, slots=True)
class Subject:
    """One person with live analysis consent; `person` is None while nothing is measured or named."""

    user_id: str
    consent_version: int
    persona_version: int
    person: Person | None
    basis: Basis | None


def read_people(
    session: Session,
    user_ids: Sequence[uuid.UUID],
    as_of: date,
    rulebook: Rulebook,
    at: datetime,
    delivery: Delivery,
) -> list[Subject]:
    """The people of a shard who have live analysis consent at `at`, in seven reads however many they are."""
    ids = [str(user_id) for user_id in user_ids]
    window_days = rulebook.primary_window_days
    signals = read.load(session, user_ids, (window_days,))
    with raw_cursor(session) as cursor:
        rows = _rows(cursor, ids, as_of, rulebook, at)
        seen_on = _seen_on(cursor, ids, as_of, window_days)
        cursor.execute(sql.load(PACKAGE, "people.sql"), {"user_ids": ids, "window_days": window_days, "at": at})
        people = cursor.fetchall()
        agreed_to_offers = [person[0] for person in people if person[6] is not None]
        circumstances_of = circumstances.load(cursor, agreed_to_offers, as_of)
    subjects = []
    for user_id, consent_version, persona_version, persona, reason, criteria, offers_until in people:
        measured = signals.get((uuid.UUID(user_id), window_days))
        person = basis = None
        if measured is not None and reason is not None:
            of_offers, stored = circumstances_of[user_id], tuple(rows[user_id])
            person = Person(persona, measured, offers_until, of_offers, stored, seen_on.get(user_id, {}), delivery)
            basis = Basis(reason, criteria.encode())
        subjects.append(Subject(user_id, consent_version, persona_version, person, basis))
    return subjects


def _rows(cursor: Cursor, ids: list[str], as_of: date, rulebook: Rulebook, at: datetime) -> dict[str, list[Row]]:
    fingerprints = {item_id: item.fingerprint for item_id, item in catalog(rulebook).items()}
    parameters = {
        "user_ids": ids,
        "version": rulebook.version,
        "disclosures": [rulebook.disclosures.education, rulebook.disclosures.offer],
        "rested_on": as_of - timedelta(days=rulebook.limits.rest_days),
        "last_day": last_day(as_of, at),
    }
    cursor.execute(sql.load(PACKAGE, "rows.sql"), parameters)
    rows: dict[str, list[Row]] = defaultdict(list)
    for user_id, *rest, fingerprint in cursor:
        made_from = fingerprints.get(rest[2], "") if fingerprint is None else fingerprint
        values: list[Any] = [*rest, made_from]
        rows[user_id].append(Row(*values))
    return rows


def _seen_on(cursor: Cursor, ids: list[str], as_of: date, window_days: int) -> dict[str, Mapping[str, date]]:
    cursor.execute(sql.load(PACKAGE, "seen.sql"), {"user_ids": ids, "as_of": as_of, "window_days": window_days})
    return {
        user_id: {name: day for name, day in zip(_SEEN, days, strict=True) if day is not None}
        for user_id, *days in cursor
    }
