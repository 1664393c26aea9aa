"""Consents that begin and end at set times, and the nightly run at any moment."""

from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from spendsense.consent import ledger
from spendsense.pipeline import upkeep
from spendsense.pipeline.claims import Moment, Scope
from spendsense.store.models import User

AS_OF = date(2026, 3, 1)
GRANTED = datetime(2026, 3, 1, 12, tzinfo=UTC)
ENDS = datetime(2027, 3, 1, 12, tzinfo=UTC)
BOTH = ("analysis", "offers")


def grant(session: Session, user_id: UUID, *purposes: str, at: datetime = GRANTED) -> None:
    ledger.grant(session, user_id, purposes, method="web", text_version="1", at=at)
    session.commit()


def revoke(session: Session, user_id: UUID, at: datetime) -> None:
    ledger.revoke(session, user_id, "analysis", method="web", text_version="1", at=at)
    session.commit()


def night(at: datetime, scope: Scope | None = None) -> dict[str, int]:
    """What the nightly run does about consents at that moment."""
    return upkeep.keep_up(scope or Scope(), Moment(at.date(), at, "v1"), lambda: False).done


def end(session: Session, **purposes: datetime) -> None:
    """Moves the end of everybody's consents."""
    session.execute(update(User).values({f"{name}_until": until for name, until in purposes.items()}))
    session.commit()


def count(session: Session, model: Any, user_id: UUID) -> int:
    return session.scalar(select(func.count()).select_from(model).where(model.user_id == user_id)) or 0
