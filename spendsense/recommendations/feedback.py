"""What a person says of an item they were shown. `dismissed` takes the item away, and its place is filled anew."""

from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from spendsense.consent import ledger
from spendsense.consent.people import lock_user
from spendsense.errors import InvalidInput, NotFound
from spendsense.store.models import Feedback, Progress, Recommendation

VERDICTS: Final = ("helpful", "not_helpful", "dismissed", "clicked")
OPEN_TO_FEEDBACK: Final = ("active", "dismissed")  # dismissed: the same answer when it is sent twice


def record_feedback(session: Session, user_id: UUID, recommendation_id: UUID, verdict: str, at: datetime) -> Feedback:
    """Stores the verdict. Raises NotFound for an item that the person is not shown, ConsentMissing, InvalidInput."""
    if verdict not in VERDICTS:
        raise InvalidInput(f"A verdict is one of {', '.join(VERDICTS)}.")
    lock_user(session, user_id)
    item = session.scalars(
        select(Recommendation).where(
            Recommendation.user_id == user_id,
            Recommendation.recommendation_id == recommendation_id,
            Recommendation.status.in_(OPEN_TO_FEEDBACK),
        )
    ).one_or_none()
    if item is None:
        raise NotFound("There is no such recommendation.")
    ledger.require(session, user_id, "offers" if item.kind == "offer" else "analysis", at)
    if verdict == "dismissed" and item.status == "active":
        item.status, item.status_reason, item.ended_at = "dismissed", "dismissed by the person", at
        _look_again(session, user_id, at)
    feedback = Feedback(user_id=user_id, recommendation_id=recommendation_id, verdict=verdict, at=at)
    session.add(feedback)
    session.flush()
    return feedback


def _look_again(session: Session, user_id: UUID, at: datetime) -> None:
    """Makes the person stale for generate_recommendations, as an expiry on this day would."""
    session.execute(update(Progress).where(Progress.user_id == user_id).values(revisit_on=at.date()))
