"""A person's rights over their data: all of it in one document, and all of it gone."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Table, delete, func, select
from sqlalchemy.orm import Session

from spendsense.consent.people import lock_user
from spendsense.store.models import AuditEvent, User
from spendsense.store.session import Base

OF_OTHERS: Final = frozenset({"actor"})  # who on the bank's side acted is not the person's own data


@dataclass(frozen=True, slots=True)
class Receipt:
    """That a person's rows are gone: how many of each table, and the number of the record that stays."""

    event_id: int
    erased_at: datetime
    deleted: dict[str, int]


def export(session: Session, user_id: UUID) -> dict[str, list[dict[str, Any]]]:
    """Table → every row of the person, by key, with all columns but who on the bank's side acted."""
    return {table.name: _rows(session, table, user_id) for table in personal_tables()}


def erase(session: Session, user_id: UUID, at: datetime) -> Receipt:
    """Deletes every row of the person. What stays is the audit: the bare id, what happened, counts. Raises NotFound."""
    lock_user(session, user_id)
    deleted = {table.name: _count(session, table, user_id) for table in personal_tables() if table != _AUDIT}
    session.execute(delete(User).where(User.user_id == user_id))  # all the others follow by their foreign keys
    event = AuditEvent(user_id=user_id, at=at, actor="person", event="person.erased", detail={"deleted": deleted})
    session.add(event)
    session.flush()
    return Receipt(event.event_id, at, deleted)


def personal_tables() -> list[Table]:
    """Every table with rows of people, whatever is added later, parents first."""
    return [table for table in Base.metadata.sorted_tables if "user_id" in table.columns]


def _rows(session: Session, table: Table, user_id: UUID) -> list[dict[str, Any]]:
    columns = [column for column in table.columns if column.name not in OF_OTHERS]
    rows = select(*columns).where(table.c.user_id == user_id).order_by(*table.primary_key.columns)
    return [dict(row) for row in session.execute(rows).mappings()]


def _count(session: Session, table: Table, user_id: UUID) -> int:
    return session.scalar(select(func.count()).select_from(table).where(table.c.user_id == user_id)) or 0


_AUDIT: Final = AuditEvent.__table__
