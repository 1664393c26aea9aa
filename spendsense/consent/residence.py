"""Where a person lives, as they say it. Offers that are open in some states only ask for it."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import update
from sqlalchemy.orm import Session

from spendsense.consent import ledger
from spendsense.consent.people import lock_user
from spendsense.errors import FieldError, InvalidInput
from spendsense.rulebook.states import STATES
from spendsense.store import audit
from spendsense.store.models import Progress


def set_state(session: Session, user_id: UUID, state: str | None, at: datetime) -> str | None:
    """Stores the state or territory, two capital letters; None takes it back, which needs no consent.

    The person is stale for generate_recommendations then. Audited, without the state: the audit outlives the person's
    data. What was said already changes nothing. Raises InvalidInput, ConsentMissing, NotFound.
    """
    if state is not None and state not in STATES:
        raise InvalidInput("This is no state.", [FieldError("/state", "must be two capital letters of a state")])
    user = lock_user(session, user_id)
    if state is not None:
        ledger.require(session, user_id, "analysis", at)
    if user.state == state:
        return state
    user.state = state
    session.execute(update(Progress).where(Progress.user_id == user_id).values(revisit_on=at.date()))
    session.flush()
    detail = {"is_known": state is not None}
    audit.record(session, user_id, "residence.changed", actor="person", at=at, detail=detail)
    return state
