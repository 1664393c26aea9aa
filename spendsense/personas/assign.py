"""Names the persona of each person of a shard, for each window, and writes what changed."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

import msgspec
from psycopg2.extras import Json
from sqlalchemy.orm import Session

from spendsense.personas.rules import assign
from spendsense.rulebook.types import Rulebook
from spendsense.signals import read
from spendsense.signals.types import UserSignals
from spendsense.store import sql
from spendsense.store.session import raw_cursor

_ENCODER: Final = msgspec.json.Encoder(decimal_format="number")


@dataclass(frozen=True, slots=True)
class NameCounts:
    """What one call wrote: people whose progress moved, persona rows that differ, and changes of persona among them."""

    people: int
    written: int
    changed: int


def name_people(
    session: Session, user_ids: Sequence[uuid.UUID], as_of: date, rulebook: Rulebook, at: datetime
) -> NameCounts:
    """Names the people of a shard (2,000 at most, to bound memory) in three reads and one write.

    The caller has locked their `users` rows. Who has no live analysis consent at `at` is left out. `as_of` is the day
    that a new or changed decision is dated with. A rerun without change writes nothing.
    """
    signals = read.load(session, user_ids)
    keep_version(session, rulebook, at)
    parameters = _decisions(signals, rulebook) | {
        "people": [str(user_id) for user_id in user_ids],
        "version": rulebook.version,
        "as_of": as_of,
        "at": at,
    }
    with raw_cursor(session) as cursor:
        cursor.execute(sql.load("spendsense.personas", "name.sql"), parameters)
        row = cursor.fetchone()
    assert row is not None  # the statement ends in a SELECT without FROM
    return NameCounts(*row)


def keep_version(session: Session, rulebook: Rulebook, at: datetime) -> None:
    """Stores the rulebook's files under its version, the first time that it decides."""
    with raw_cursor(session) as cursor:
        cursor.execute("SELECT 1 FROM rulebook_versions WHERE version = %s", (rulebook.version,))
        if cursor.fetchone() is None:
            cursor.execute(
                "INSERT INTO rulebook_versions (version, content, first_used_at) VALUES (%s, %s, %s)"
                " ON CONFLICT (version) DO NOTHING",
                (rulebook.version, Json(dict(rulebook.content)), at),
            )


def _decisions(signals: dict[read.Key, UserSignals], rulebook: Rulebook) -> dict[str, list[Any]]:
    """The decisions as arrays of one length, for `name.sql`."""
    columns: dict[str, list[Any]] = {"user_ids": [], "window_days": [], "personas": [], "reasons": [], "criteria": []}
    for (user_id, window_days), values in signals.items():
        decision = assign(values, rulebook)
        columns["user_ids"].append(str(user_id))
        columns["window_days"].append(window_days)
        columns["personas"].append(decision.persona)
        columns["reasons"].append(decision.reason)
        columns["criteria"].append(_ENCODER.encode(decision.criteria).decode())
    return columns
