"""What was, or would be, found on a day: read where that day is stored, else computed in a transaction taken back."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from spendsense.plaid.naming import rename_stale
from spendsense.signals.compute import measure
from spendsense.store.models import Progress, Stream, User
from spendsense.store.session import db, raw_cursor

SHARD_SIZE = 500


def streams_on(as_of: date, at: datetime, user_id: UUID | None = None) -> Iterator[Stream]:
    """The streams of everybody who agrees to analysis at `at`, or of one person, from their rows up to `as_of`.

    By person, then by first charge. Stores nothing.
    """
    session: Session = db.session()
    after: UUID | None = None
    while people := _next_people(session, at, user_id, after):
        after = people[-1]
        try:
            differing = _not_stored_for(session, people, as_of)
            with raw_cursor(session) as cursor:
                rename_stale(cursor, differing)
            measure(session, differing, as_of)
            query = select(Stream).where(Stream.user_id.in_(people))
            found = session.scalars(query.order_by(Stream.user_id, Stream.first_on, Stream.stream_id)).all()
            session.expunge_all()
        finally:
            session.rollback()
        yield from found


def _next_people(session: Session, at: datetime, user_id: UUID | None, after: UUID | None) -> Sequence[UUID]:
    query = select(User.user_id).where(User.analysis_until > at).order_by(User.user_id).limit(SHARD_SIZE)
    if user_id is not None:
        query = query.where(User.user_id == user_id)
    if after is not None:
        query = query.where(User.user_id > after)
    return session.scalars(query).all()


def _not_stored_for(session: Session, people: Sequence[UUID], as_of: date) -> Sequence[UUID]:
    differs = or_(
        Progress.measured_as_of.is_distinct_from(as_of),
        Progress.measured_data_version.is_distinct_from(User.data_version),
    )
    return session.scalars(select(Progress.user_id).join(User).where(Progress.user_id.in_(people), differs)).all()
