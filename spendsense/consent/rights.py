"""A person's right to be gone: every row of theirs, with a receipt. What they may take along is in `consent.export`."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Table, delete, func, select
from sqlalchemy.orm import Session

from spendsense.consent.people import lock_user
from spendsense.store import audit
from spendsense.store.models import User
from spendsense.store.session import Base


@dataclass(frozen=True, slots=True)
class Receipt:
    """That a person's rows are gone: how many of each table, and the number of the record that stays."""

    event_id: int
    erased_at: datetime
    deleted: dict[str, int]


def erase(session: Session, user_id: UUID, at: datetime) -> Receipt:
    """Deletes every row of the person. Raises NotFound.

    What stays are the audit's records, whose pseudonym leads to nobody once the person's own row is gone.
    """
    subject = lock_user(session, user_id).audit_subject
    deleted = {table.name: _count(session, table, user_id) for table in personal_tables()}
    session.execute(delete(User).where(User.user_id == user_id))  # all the others follow by their foreign keys
    detail = {"deleted": deleted}
    event_id = audit.record_last(session, subject, "person.erased", actor="person", at=at, detail=detail)
    return Receipt(event_id, at, deleted)


def personal_tables() -> list[Table]:
    """Every table with rows of people, whatever is added later, parents first."""
    return [table for table in Base.metadata.sorted_tables if "user_id" in table.columns]


def _count(session: Session, table: Table, user_id: UUID) -> int:
    return session.scalar(select(func.count()).select_from(table).where(table.c.user_id == user_id)) or 0
