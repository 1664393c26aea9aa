"""What a person says of an item they were shown. `dismissed` takes the item away, and its place is filled anew."""

from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from spendsense.consent import ledger
from spendsense.consent.people import lock_user
from spendsense.errors import InvalidInput, NotFound
from spendsense.recommendations.life import change_one
from spendsense.recommendations.serving import look_again
from spendsense.store.models import Feedback, Recommendation
from spendsense.store.statuses import VERDICTS, Reason, Status

OPEN_TO_FEEDBACK: Final = (Status.ACTIVE, Status.DISMISSED)  # dismissed: the same answer when it is sent twice


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
    if verdict == "dismissed" and item.status == Status.ACTIVE:
        change_one(session, item, Status.DISMISSED, "person", Reason.DISMISSED, at, "dismissed by the person")
        look_again(session, user_id, at)
    feedback = Feedback(user_id=user_id, recommendation_id=recommendation_id, verdict=verdict, at=at)
    session.add(feedback)
    session.flush()
    return feedback
