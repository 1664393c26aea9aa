"""Takes back what an operator did to one recommendation: everything stands as before, or nothing changes."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from spendsense.errors import Conflict, NotFound
from spendsense.recommendations.life import Done, change_one, locked, require_passing
from spendsense.recommendations.serving import look_again
from spendsense.store.models import Recommendation, RecommendationEvent
from spendsense.store.statuses import Reason, Status


def take_back(
    session: Session, user_id: UUID, recommendation_id: UUID, done: Done, *, actor: str, at: datetime
) -> Done:
    """Puts a recommendation back to where it stood, and ends what took its place.

    Raises Conflict when something has happened since: the recommendation or its replacement moved on, ran out or no
    longer passes, or a job has filled the place. Raises NotFound and ConsentMissing as the actions do.
    """
    row = locked(session, user_id, recommendation_id, at)
    if row.status != done.after:
        raise Conflict(f"The recommendation has become {row.status.replace('_', ' ')} since.")
    if row.expires_on <= at.date():
        raise Conflict("This recommendation has run out.")
    if done.after is not Status.ACTIVE and _is_filled(session, row, done.replacement_id):
        raise Conflict("Something else has taken its place since.")
    if done.before is Status.ACTIVE:
        require_passing(session, row)
    if done.replacement_id is not None:
        _end_replacement(session, user_id, done.replacement_id, actor, at)
    change_one(session, row, done.before, actor, Reason.UNDONE, at)
    look_again(session, user_id, at)
    return Done(done.after, done.before)


def _end_replacement(session: Session, user_id: UUID, replacement_id: UUID, actor: str, at: datetime) -> None:
    try:
        replacement = locked(session, user_id, replacement_id, at)
    except NotFound as error:
        raise Conflict("What took its place is gone.") from error
    if replacement.status != Status.ACTIVE:
        raise Conflict(f"What took its place has become {replacement.status.replace('_', ' ')} since.")
    change_one(session, replacement, Status.OVERRIDDEN, actor, Reason.UNDONE, at)


def _is_filled(session: Session, row: Recommendation, replacement_id: UUID | None) -> bool:
    """Whether another item of the kind began after the row's last event, by their order and not by anybody's clock."""
    event = RecommendationEvent
    last = (
        select(func.max(event.event_id))
        .where(event.user_id == row.user_id, event.recommendation_id == row.recommendation_id)
        .scalar_subquery()
    )
    began = (
        select(Recommendation.recommendation_id)
        .join(
            event,
            (event.user_id == Recommendation.user_id) & (event.recommendation_id == Recommendation.recommendation_id),
        )
        .where(
            Recommendation.user_id == row.user_id,
            Recommendation.kind == row.kind,
            event.from_status.is_(None),
            event.event_id > last,
        )
    )
    return any(found != replacement_id for found in session.scalars(began))
