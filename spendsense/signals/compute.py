"""Measures people: rows are looked at anew where they changed, then every window is summed in one statement.

Each SQL file is one idea; the files of the windows are the named parts of a single INSERT … SELECT, so that an
unchanged person writes nothing.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any
from uuid import UUID

import psycopg2.extensions
from psycopg2.extras import execute_values
from sqlalchemy.orm import Session

from spendsense.signals.find_streams import rebuild_streams
from spendsense.signals.refunds import mark_refunds, refundable
from spendsense.signals.transfers import match_transfers
from spendsense.store.models import WindowSignals
from spendsense.store.session import raw_cursor
from spendsense.store.sql import arrays, load

GIVEN = ("people", "spans", "flows", "events", "holdings", "active_streams")
MEASURED = ("spending", "subscriptions", "credit", "savings", "income", "fees")  # of what is given, in this order
PLANNER = """
SET LOCAL jit = off; SET LOCAL max_parallel_workers_per_gather = 0; SET LOCAL work_mem = '64MB';
SET LOCAL random_page_cost = 1.1  -- a shard is a small part of each table, and what it needs of it lies in memory
"""


@dataclass(frozen=True, slots=True)
class MeasureCounts:
    """What one call did: people measured, those whose rows were looked at anew, those for whom something changed."""

    people: int = 0
    rebuilt: int = 0
    changed: int = 0


def measure(session: Session, user_ids: Collection[UUID], as_of: date) -> MeasureCounts:
    """Makes streams and signals of these people what their rows up to `as_of` say, and marks them as measured.

    The caller holds their rows of `users` and has checked their consent in this transaction. Rows are looked at anew
    (transfers, refunds, streams) only for people whose data changed, for whom a row dated in the future has come into
    view, or who were last measured for a later day.
    """
    if not user_ids:
        return MeasureCounts()
    people = [str(user_id) for user_id in user_ids]
    with raw_cursor(session) as cursor:
        cursor.execute(PLANNER)
        rebuilt = _people_to_rebuild(cursor, people, as_of)
        changed = _rebuild(cursor, rebuilt, as_of) if rebuilt else set()
        changed |= _write_windows(cursor, people, as_of)
        _mark_measured(cursor, people, changed, as_of)
    session.expire_all()
    return MeasureCounts(len(people), len(rebuilt), len(changed))


def _people_to_rebuild(cursor: psycopg2.extensions.cursor, people: Sequence[str], as_of: date) -> list[str]:
    cursor.execute(load("spendsense.signals", "people_to_rebuild.sql"), {"user_ids": list(people), "as_of": as_of})
    return [user_id for (user_id,) in cursor.fetchall()]


def _rebuild(cursor: psycopg2.extensions.cursor, people: Sequence[str], as_of: date) -> set[str]:
    """Currency, own transfers, streams, refunds. Returns the ids of people whose streams or flags changed."""
    parameters = {"user_ids": list(people), "as_of": as_of}
    cursor.execute(load("spendsense.signals", "history.sql"), parameters)
    _change_kinds(cursor, parameters, match_transfers(cursor, people, as_of))
    refunds = refundable(cursor, people)
    changed = rebuild_streams(cursor, people, as_of, refunds)
    mark_refunds(cursor, people, refunds)
    return changed


def _change_kinds(
    cursor: psycopg2.extensions.cursor, parameters: dict[str, Any], matched: Sequence[tuple[str, str]]
) -> None:
    """Sets `transactions.kind` where the other rows of the person, `matched` among them, make another of it."""
    pairs = arrays(("matched_users", "matched_ids"), matched)
    cursor.execute(load("spendsense.signals", "kinds_to_change.sql"), parameters | pairs)
    changes = cursor.fetchall()
    if changes:
        execute_values(
            cursor,
            "UPDATE transactions SET kind = new.kind FROM (VALUES %s) AS new (user_id, transaction_id, kind)"
            " WHERE transactions.user_id = new.user_id::uuid AND transactions.transaction_id = new.transaction_id",
            changes,
        )


def _write_windows(cursor: psycopg2.extensions.cursor, people: Sequence[str], as_of: date) -> set[str]:
    """Writes card_signals and signals where they differ. Returns the ids of people for whom something did."""
    parameters = {"user_ids": list(people), "as_of": as_of}
    changed: set[str] = set()
    for statement in (load("spendsense.signals", "cards.sql"), windows_statement()):
        cursor.execute(statement, parameters)
        changed.update(str(user_id) for (user_id,) in cursor.fetchall())
    return changed


@cache
def windows_statement() -> str:
    """One statement that measures every window of every signal and writes the rows that differ.

    Parameters: user_ids uuid[], as_of date. Returns the user_id of each row written.
    """
    parts = ",\n".join(
        f"{part} AS MATERIALIZED (\n{load('spendsense.signals', f'{part}.sql')})" for part in (*GIVEN, *MEASURED)
    )
    columns = [column.name for column in WindowSignals.__table__.columns]
    values = [_value_of(column) for column in columns]
    # Each has a row for every span. LEFT JOIN says so to the planner, which else expects one row in all and loops.
    joins = "\n".join(f"LEFT JOIN {part} USING (user_id, window_days)" for part in MEASURED)
    written = [column for column in columns if column not in ("user_id", "window_days")]
    return f"""
WITH {parts}
INSERT INTO signals ({", ".join(columns)})
SELECT {", ".join(values)}
FROM spans
{joins}
ON CONFLICT (user_id, window_days) DO UPDATE
SET ({", ".join(written)}) = ROW({", ".join(f"EXCLUDED.{column}" for column in written)})
WHERE signals IS DISTINCT FROM EXCLUDED
RETURNING user_id::text
"""  # noqa: S608  names of our own columns and files of our own, no input


def _value_of(column: str) -> str:
    if column == "rows_neutral":
        return "spending.rows_inflow - income.rows_by_rhythm"
    if column in ("currency", "first_row_on"):
        return f"spans.{column}"
    return column


def _mark_measured(
    cursor: psycopg2.extensions.cursor, people: Sequence[str], changed: Collection[str], as_of: date
) -> None:
    cursor.execute(
        load("spendsense.signals", "mark_measured.sql"),
        {"user_ids": list(people), "changed": list(changed), "as_of": as_of},
    )
