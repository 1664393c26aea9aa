"""The records as they are looked through: by person, actor, event and day, newest first, never further than a page."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any, Final
from uuid import UUID

from sqlalchemy import (
    CTE,
    ColumnElement,
    Date,
    Select,
    Subquery,
    cast,
    func,
    literal_column,
    select,
    true,
    union_all,
)
from sqlalchemy.orm import aliased
from sqlalchemy.sql.selectable import LateralFromClause

from spendsense.store import audit
from spendsense.store.models import AuditEvent, AuditLink, User

UTC_ZONE: Final[ColumnElement[str]] = literal_column(
    "'UTC'"
)  # as the index has it: a parameter would be another expression


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which records: all of these that are not None, and only those before the record of that number."""

    user_id: UUID | None = None  # while the person is known
    actor: str | None = None  # as it stands in the records, or "operator:" and an operator's sub
    event: str | None = None
    first_day: date | None = None  # in UTC; included, both of them
    last_day: date | None = None
    before: int | None = None


def chosen(wanted: Wanted, limit: int) -> Select[Any]:
    """The newest `limit` of them: position, event_id, at, user_id, subject, actor, event, detail, hash."""
    numbers = _numbers(wanted, limit)
    return (
        select(
            AuditLink.position,
            AuditEvent.event_id,
            AuditEvent.at,
            User.user_id,
            AuditEvent.subject,
            AuditEvent.actor,
            AuditEvent.event,
            AuditEvent.detail,
            AuditLink.hash,
        )
        .select_from(numbers)
        .join(AuditEvent, AuditEvent.event_id == numbers.c.event_id)
        .outerjoin(AuditLink, AuditLink.event_id == AuditEvent.event_id)
        .outerjoin(User, User.audit_subject == AuditEvent.subject)
        .order_by(AuditEvent.event_id.desc())
    )


def _numbers(wanted: Wanted, limit: int) -> Subquery:
    """The numbers of the records. They are found in an index that holds all that is asked for."""
    by_day = wanted.user_id is None and wanted.actor is None and wanted.event is None
    if by_day and (wanted.first_day or wanted.last_day):
        return _numbers_by_day(wanted, limit)
    # Each name of the actor by itself: of two names at once the index does not have the newest first.
    names = sorted({wanted.actor, audit.pseudonym(wanted.actor)}) if wanted.actor is not None else [None]
    parts = [_newest(select(AuditEvent.event_id).where(*_conditions(wanted, name)), limit) for name in names]
    if len(parts) == 1:
        return parts[0].subquery()
    both = union_all(*(select(part.subquery().c.event_id) for part in parts)).subquery()
    return select(both.c.event_id).order_by(both.c.event_id.desc()).limit(limit).subquery()


def _newest(query: Select[Any], limit: int) -> Select[Any]:
    return query.order_by(AuditEvent.event_id.desc()).limit(limit)


def _conditions(wanted: Wanted, actor: str | None) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if wanted.user_id is not None:
        subject = select(User.audit_subject).where(User.user_id == wanted.user_id).scalar_subquery()
        found.append(AuditEvent.subject == subject)
    if actor is not None:
        found.append(AuditEvent.actor == actor)
    if wanted.event is not None:
        found.append(AuditEvent.event == wanted.event)
    if wanted.first_day is not None:
        found.append(AuditEvent.at >= datetime.combine(wanted.first_day, time.min, UTC))
    if wanted.last_day is not None:
        found.append(AuditEvent.at <= datetime.combine(wanted.last_day, time.max, UTC))
    if wanted.before is not None:
        found.append(AuditEvent.event_id < wanted.before)
    return found


def _numbers_by_day(wanted: Wanted, limit: int) -> Subquery:
    """The newest records of some days, without reading all that are younger.

    Numbers and moments mostly go together, but nothing says so: a record may tell of a moment before. The newest
    `limit` records lie on the `limit` days whose newest records are the newest, and are there among the first.
    """
    days = _days(wanted)
    last = _of_day(days.c.day, wanted, 1)
    newest = select(days.c.day).join(last, true()).order_by(last.c.event_id.desc()).limit(limit).subquery()
    theirs = _of_day(newest.c.day, wanted, limit)
    query = select(theirs.c.event_id).select_from(newest).join(theirs, true())
    return query.order_by(theirs.c.event_id.desc()).limit(limit).subquery()


def _of_day(day: ColumnElement[date], wanted: Wanted, limit: int) -> LateralFromClause:
    """The newest records of a day. The order names the day as well: under row-level security PostgreSQL does not
    conclude from a condition on an expression that all rows are equal in it, and would not use the index."""
    record = aliased(AuditEvent)
    query = select(record.event_id).where(_day(record) == day)
    if wanted.before is not None:
        query = query.where(record.event_id < wanted.before)
    return query.order_by(_day(record).desc(), record.event_id.desc()).limit(limit).lateral()


def _days(wanted: Wanted) -> CTE:
    """The days of which there are records, from the last on: one look into the index a day, not one a record."""
    record = aliased(AuditEvent)
    is_late = () if wanted.last_day is None else (_day(record) <= wanted.last_day,)
    days = _last_day(record, wanted.first_day, *is_late).cte("days", recursive=True)
    record = aliased(AuditEvent)
    earlier = _last_day(record, wanted.first_day, _day(record) < days.c.day).lateral()
    return days.union_all(select(earlier.c.day).select_from(days).join(earlier, true()))


def _last_day(record: type[AuditEvent], first_day: date | None, *conditions: ColumnElement[bool]) -> Select[Any]:
    query = select(_day(record).label("day")).where(*conditions).order_by(_day(record).desc()).limit(1)
    return query if first_day is None else query.where(_day(record) >= first_day)


def _day(record: type[AuditEvent]) -> ColumnElement[date]:
    """The day of a record in UTC, as ix_audit_events_day has it."""
    return cast(func.timezone(UTC_ZONE, record.at), Date)
