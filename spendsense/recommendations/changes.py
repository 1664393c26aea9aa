"""What happens to a recommendation once it is stored: each change is checked, made and recorded in one statement."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from psycopg2.extensions import cursor as Cursor

from spendsense.recommendations.moves import require_move
from spendsense.store import sql
from spendsense.store.statuses import Reason, Status

_CHANGE: Final = ("user_ids", "recommendation_ids", "befores", "afters", "codes", "details")


@dataclass(frozen=True, slots=True)
class Change:
    """One step of one recommendation: from which status to which, by which reason code."""

    user_id: str
    recommendation_id: str
    before: Status
    after: Status
    code: Reason
    detail: str | None


def change(
    cursor: Cursor, changes: Sequence[Change], *, actor: str, at: datetime, ended_at: datetime | None = None
) -> int:
    """Makes and records the changes; returns how many: one whose status is no longer `before` is left alone.

    What ends has ended at `ended_at`, which is `at` unless it is given.
    Raises Conflict, and changes nothing, when one of them is a move that no recommendation may make.
    """
    if not changes:
        return 0
    for step in changes:
        require_move(step.before, step.after, step.code)
    rows = [(one.user_id, one.recommendation_id, one.before, one.after, one.code, one.detail) for one in changes]
    parameters = sql.arrays(_CHANGE, rows) | {"actor": actor, "at": at, "ended_at": ended_at or at}
    cursor.execute(sql.load("spendsense.recommendations", "change.sql"), parameters)
    row = cursor.fetchone()
    assert row is not None  # the statement ends in a count
    return int(row[0])
