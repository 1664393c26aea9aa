"""What a run for a day yet to come chose and ended. It was tried out: the next run of an ordinary day withdraws it.

What such a run ends, ends on that day. So a choice for an earlier day finds it not ended yet, and lets it return at
once; what was chosen for a day that never came does not rest either. What people do counts whenever they do it.
"""

from collections.abc import Collection, Sequence
from datetime import date, datetime, timedelta

from psycopg2.extensions import cursor as Cursor

from spendsense.recommendations import changes
from spendsense.store.statuses import Reason, Status

WITHDRAWN = "chosen for a day that is yet to come"
# One row an item that is live: ('0a…', '7f…', 'active').
_CHOSEN = """
    SELECT user_id::text, recommendation_id::text, status
    FROM recommendations
    WHERE user_id = ANY(%s::uuid[]) AND ended_at IS NULL AND chosen_on > %s
    ORDER BY user_id, recommendation_id
"""
_END_NOW = """
    UPDATE recommendations SET ended_at = %s
    WHERE user_id = ANY(%s::uuid[]) AND status IN ('expired', 'superseded') AND (ended_at AT TIME ZONE 'UTC')::date > %s
"""


def last_day(as_of: date, at: datetime) -> date:
    """The last day that has come for a run: that of the run itself, or today."""
    return max(as_of, at.date())


def moment_of(as_of: date, at: datetime) -> datetime:
    """When what a run ends has ended: at that moment, or, for a day yet to come, at the same time of that day."""
    return at + max(as_of - at.date(), timedelta())


def advised_ahead(cursor: Cursor, user_ids: Sequence[str], as_of: date, at: datetime) -> set[str]:
    """Those of these people who were last advised for a day that has not come."""
    query = "SELECT user_id::text FROM progress WHERE user_id = ANY(%s::uuid[]) AND advised_on > %s"
    cursor.execute(query, (user_ids, last_day(as_of, at)))
    return {user_id for (user_id,) in cursor.fetchall()}


def withdraw(cursor: Cursor, user_ids: Collection[str], as_of: date, at: datetime, actor: str) -> int:
    """Ends what these people have that was chosen for a day yet to come, before they are read. Returns how many."""
    cursor.execute(_CHOSEN, (list(user_ids), last_day(as_of, at)))
    steps = [
        changes.Change(user_id, recommendation_id, Status(status), Status.SUPERSEDED, Reason.OTHER, WITHDRAWN)
        for user_id, recommendation_id, status in cursor.fetchall()
    ]
    return changes.change(cursor, steps, actor=actor, at=at)


def end_now(cursor: Cursor, user_ids: Collection[str], as_of: date, at: datetime) -> None:
    """What ended for a day yet to come ends at this moment, once what may return of it has."""
    cursor.execute(_END_NOW, (at, list(user_ids), last_day(as_of, at)))
