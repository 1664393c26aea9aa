"""Reads what is stored about the people of a shard."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from psycopg2.extensions import cursor as Cursor

from spendsense.evaluation.explain import Named, evidence_of
from spendsense.evaluation.items import ActiveItem, read_trace
from spendsense.recommendations.trace import digest
from spendsense.store import sql

PACKAGE: Final = "spendsense.evaluation"

# One row an active item: ('0a…', '7f…', 'education', 'cash-buffer', 'Title', 'Your …', 'Text', 'This is …',
# 'f239ba683a278c9f', 2026-11-22 12:00:00+00, '{"as_of": …}', 'e3b0c44298…').
_ACTIVE: Final = """
    SELECT r.user_id::text, r.recommendation_id::text, r.kind, r.item_id, r.title, r.rationale, r.content, r.disclosure,
           r.rulebook_version, r.created_at, t.trace::text, t.digest
    FROM recommendations AS r
    LEFT JOIN traces AS t USING (user_id, recommendation_id)
    WHERE r.user_id = ANY(%s::uuid[]) AND r.status = 'active'
    ORDER BY r.user_id, r.kind, r.position, r.recommendation_id
"""


@dataclass(frozen=True, slots=True)
class Holder:
    """One person who has data."""

    user_id: UUID
    email: str
    changed_at: datetime | None  # when data of theirs came, or they corrected something, last

    def changed_after(self, item: ActiveItem) -> bool:
        """Whether the rows may be others than those that the item was made from."""
        return self.changed_at is not None and self.changed_at >= item.created_at


def with_data(cursor: Cursor, people: Sequence[UUID]) -> list[Holder]:
    """Those of these people who have an account, by id."""
    cursor.execute(sql.load(PACKAGE, "people.sql"), {"user_ids": [str(user_id) for user_id in people]})
    return [Holder(UUID(user_id), *rest) for user_id, *rest in cursor]


def active_items(cursor: Cursor, people: Iterable[UUID]) -> list[ActiveItem]:
    """The active items of these people, by person, then as they are shown."""
    cursor.execute(_ACTIVE, ([str(user_id) for user_id in people],))
    items = []
    for user_id, *rest, trace, kept_digest in cursor:
        is_altered = trace is not None and kept_digest is not None and digest(trace) != kept_digest
        values: list[Any] = [*rest, read_trace(trace), is_altered]
        items.append(ActiveItem(UUID(user_id), *values))
    return items


def standing_evidence(cursor: Cursor, items: Iterable[ActiveItem]) -> dict[UUID, frozenset[Named]]:
    """Person → what of the evidence of these items is still there."""
    named = {(item.user_id, one) for item in items if item.trace for one in evidence_of(item.trace)}
    parameters = {
        "user_ids": [str(user_id) for user_id, _ in named],
        "kinds": [kind for _, (kind, _) in named],
        "names": [name for _, (_, name) in named],
    }
    cursor.execute(sql.load(PACKAGE, "standing.sql"), parameters)
    standing: dict[UUID, set[Named]] = defaultdict(set)
    for user_id, kind, name in cursor:
        standing[UUID(user_id)].add((kind, name))
    return {item.user_id: frozenset(standing[item.user_id]) for item in items}
