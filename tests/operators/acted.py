"""Olga, an operator, and what she does about a person whose recommendations wait for her."""

import uuid
from datetime import timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from spendsense.operators.acting import Asked, act
from spendsense.operators.undo import undo
from spendsense.store.models import AuditEvent, OperatorAction, Recommendation
from spendsense.store.statuses import Action
from tests.recommendations.advised import LATER

OLGA = "olga-sub"


def do(session: Session, action: Action, target: Recommendation | uuid.UUID, **how: Any) -> OperatorAction:
    """Has Olga do it, at LATER and for the first reason that comes to mind, unless told otherwise."""
    on = {"user_id": target} if isinstance(target, uuid.UUID) else {"recommendation_id": target.recommendation_id}
    at, operator = how.pop("at", LATER), how.pop("operator", OLGA)
    done = act(session, Asked(action, **{"reason_code": "other", **on, **how}), operator=operator, at=at)
    session.expire_all()
    return done


def take_back(session: Session, done: OperatorAction, minutes: float = 1, **how: Any) -> OperatorAction:
    """Has Olga undo it so many minutes later."""
    options = {"reason_code": "mistake", "note": None, "operator": OLGA, "at": done.at + timedelta(minutes=minutes)}
    undone = undo(session, done.action_id, **(options | how))
    session.expire_all()
    return undone


def audited(session: Session) -> list[AuditEvent]:
    """What the audit has of operators, in order."""
    query = select(AuditEvent).where(AuditEvent.event.startswith("operator.")).order_by(AuditEvent.event_id)
    return list(session.scalars(query))
