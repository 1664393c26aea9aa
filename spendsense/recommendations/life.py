"""What operators decide about one recommendation: approve, reject, override. Each with actor and reason code."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from spendsense.consent import ledger
from spendsense.consent.people import lock_user
from spendsense.errors import Conflict, InvalidInput, NotFound
from spendsense.personas.assign import keep_version
from spendsense.recommendations import changes
from spendsense.recommendations.decide import replace
from spendsense.recommendations.generate import Decided, end, issue
from spendsense.recommendations.moves import require_move
from spendsense.recommendations.reading import Subject, read_people
from spendsense.recommendations.serving import faults_of, look_again, traced
from spendsense.recommendations.trace import Occasion
from spendsense.recommendations.types import Person, Replaced
from spendsense.rulebook.load import load_rulebook
from spendsense.store.models import Recommendation
from spendsense.store.session import raw_cursor
from spendsense.store.statuses import LIVE, OPERATOR_REASONS, Reason, Status


@dataclass(frozen=True, slots=True)
class Done:
    """What was done to a recommendation: its status before and after, and the recommendation that took its place."""

    before: Status
    after: Status
    replacement_id: UUID | None = None


def approve(
    session: Session, user_id: UUID, recommendation_id: UUID, *, actor: str, reason: Reason, at: datetime
) -> Done:
    """Has an item shown that is held or waits. One whose text still fails stays as it is.

    Raises NotFound, ConsentMissing, InvalidInput for a reason that is not an operator's, and Conflict for an item that
    is neither held nor waiting, has run out, or does not pass the guardrails in force.
    """
    row = _asked_of(session, user_id, recommendation_id, reason, at)
    require_move(Status(row.status), Status.ACTIVE)
    if row.expires_on <= at.date():
        raise Conflict("This recommendation has run out.")
    require_passing(session, row)
    return change_one(session, row, Status.ACTIVE, actor, reason, at)


def reject(
    session: Session, user_id: UUID, recommendation_id: UUID, *, actor: str, reason: Reason, at: datetime
) -> Done:
    """Ends an item that is held or waits; it was never shown. Raises as `approve` does."""
    row = _asked_of(session, user_id, recommendation_id, reason, at)
    done = change_one(session, row, Status.REJECTED, actor, reason, at)
    look_again(session, user_id, at)
    return done


def override(
    session: Session,
    user_id: UUID,
    recommendation_id: UUID,
    *,
    replacement: str | None,
    actor: str,
    reason: Reason,
    at: datetime,
) -> Done:
    """Ends a live item and puts another of its kind in its place, shown at once, or none.

    The replacement must fit the person by the rulebook and pass the guardrails: an operator chooses among what may be
    shown. Its trace tells of the choice. Raises as `approve` does.
    """
    row = _asked_of(session, user_id, recommendation_id, reason, at)
    before = Status(row.status)
    require_move(before, Status.OVERRIDDEN)
    rulebook = load_rulebook()
    keep_version(session, rulebook, at)
    (subject,) = read_people(session, [user_id], at.date(), rulebook, at, "auto")
    replaced = Replaced(str(recommendation_id), replacement, reason)
    decided = [Decided(subject, replace(_measured(subject), rulebook, at.date(), replaced))]
    with raw_cursor(session) as cursor:
        end(cursor, decided, rulebook, at.date(), actor, at)
        issue(cursor, decided, rulebook, Occasion(at.date(), None, replaced), actor, at)
    session.expire(row)
    look_again(session, user_id, at)
    return Done(before, Status.OVERRIDDEN, None if replacement is None else _live(session, user_id, replacement))


def locked(session: Session, user_id: UUID, recommendation_id: UUID, at: datetime) -> Recommendation:
    """The recommendation, with the person locked so that no job writes meanwhile.

    Raises NotFound, and ConsentMissing when the person does not agree to what it is.
    """
    lock_user(session, user_id)
    ledger.require(session, user_id, "analysis", at)
    row = session.get(Recommendation, (user_id, recommendation_id), populate_existing=True)
    if row is None:
        raise NotFound("There is no such recommendation.")
    if row.kind == "offer":
        ledger.require(session, user_id, "offers", at)
    return row


def require_passing(session: Session, row: Recommendation) -> None:
    """Raises Conflict for a text that does not pass the guardrails in force."""
    of_row = Recommendation.recommendation_id == row.recommendation_id
    faults = faults_of(session, *session.execute(traced(row.user_id).where(of_row)).one())
    if faults:
        raise Conflict(f"The text does not pass: {'; '.join(faults)}.")


def change_one(
    session: Session,
    row: Recommendation,
    after: Status,
    actor: str,
    reason: Reason,
    at: datetime,
    detail: str | None = None,
) -> Done:
    """Makes and records one step of a recommendation that is locked. Raises Conflict for a move that none may make."""
    before = Status(row.status)
    step = changes.Change(str(row.user_id), str(row.recommendation_id), before, after, reason, detail)
    with raw_cursor(session) as cursor:
        changes.change(cursor, [step], actor=actor, at=at)
    session.expire(row)
    return Done(before, after)


def _measured(subject: Subject) -> Person:
    if subject.person is None:
        raise Conflict("The person has not been measured yet.")
    return subject.person


def _asked_of(session: Session, user_id: UUID, recommendation_id: UUID, reason: Reason, at: datetime) -> Recommendation:
    if reason not in OPERATOR_REASONS:
        raise InvalidInput(f"A reason is one of {', '.join(OPERATOR_REASONS)}.")
    return locked(session, user_id, recommendation_id, at)


def _live(session: Session, user_id: UUID, item_id: str) -> UUID:
    return session.scalars(
        select(Recommendation.recommendation_id).where(
            Recommendation.user_id == user_id, Recommendation.item_id == item_id, Recommendation.status.in_(LIVE)
        )
    ).one()
