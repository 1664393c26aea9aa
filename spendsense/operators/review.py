"""The review queue: what waits for an operator, each with the figures behind it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Text, cast, select, tuple_
from sqlalchemy.orm import Session

from spendsense.operators.counting import PACKAGE
from spendsense.recommendations.kept import made_by
from spendsense.recommendations.trace import believed
from spendsense.recommendations.why import Why, why
from spendsense.rulebook.types import Rulebook
from spendsense.store import sql
from spendsense.store.models import Recommendation, Trace
from spendsense.store.session import raw_cursor

HIGH_UTILIZATION: Final = Decimal("0.5")  # the second of the marks that the signals flag
RISKS: Final = ("offer", "overdue", "high_utilization", "failed_text")


@dataclass(frozen=True, slots=True)
class Place:
    """Where an entry stands in the queue: after whom the next page begins."""

    is_flagged: bool
    place: int  # -risk; 0 in the order by age
    created_at: datetime
    recommendation_id: UUID


@dataclass(frozen=True, slots=True)
class Waiting:
    """One recommendation that waits. `why` is None where there is no trace to read it from, or it was altered."""

    recommendation: Recommendation
    is_flagged: bool
    risk: int  # 0 to 7, as review.sql adds it up
    risks: Sequence[str]
    why: Why | None
    place: Place


def queue(
    session: Session, rulebook: Rulebook, at: datetime, *, by_age: bool, after: Place | None, limit: int
) -> list[Waiting]:
    """At most `limit` entries in their order, those after the mark: two statements, however many there are."""
    parameters = {
        "at": at,
        "on": at.date(),
        "window_days": rulebook.primary_window_days,
        "high_utilization": HIGH_UTILIZATION,
        "by_age": by_age,
        "is_first_page": after is None,
        "flagged_before": after and after.is_flagged,
        "place_before": after and after.place,
        "created_before": after and after.created_at,
        "id_before": str(after.recommendation_id) if after else None,
        "most": limit,
    }
    with raw_cursor(session) as cursor:
        cursor.execute(sql.load(PACKAGE, "review.sql"), parameters)
        rows = cursor.fetchall()
    texts = _texts(session, [(UUID(row[0]), UUID(row[1])) for row in rows])
    found = []
    for _, identifier, is_flagged, risk, *marks, place, created_at in rows:
        row, trace = texts[UUID(identifier)]
        risks = [name for name, holds in zip(RISKS, marks, strict=True) if holds]
        reason = why(trace, made_by(session, row.rulebook_version, rulebook)) if trace else None
        at_place = Place(is_flagged, place, created_at, row.recommendation_id)
        found.append(Waiting(row, is_flagged, risk, risks, reason, at_place))
    return found


def _texts(session: Session, keys: Sequence[tuple[UUID, UUID]]) -> dict[UUID, tuple[Recommendation, Any]]:
    """Recommendation id → its row and its trace, as far as that is believed."""
    same = (Trace.user_id == Recommendation.user_id) & (Trace.recommendation_id == Recommendation.recommendation_id)
    query = (
        select(Recommendation, cast(Trace.trace, Text), Trace.digest)
        .outerjoin(Trace, same)
        .where(tuple_(Recommendation.user_id, Recommendation.recommendation_id).in_(keys))
    )
    return {row.recommendation_id: (row, believed(trace, stored)) for row, trace, stored in session.execute(query)}
