"""What was, or would be, found on a day: read where that day is stored, else computed in a transaction taken back."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from spendsense.pipeline.apart import apart
from spendsense.pipeline.measuring import measure_people
from spendsense.store.models import Progress, Stream, User
from spendsense.store.session import db

SHARD_SIZE = 500


def streams_on(as_of: date, at: datetime, user_id: UUID | None = None) -> Iterator[Stream]:
    """The streams of everybody who agrees to analysis at `at`, or of one person, from their rows up to `as_of`.

    By person, then by first charge. Without those whose data breaks the measuring. Stores nothing.
    """
    after: UUID | None = None
    while True:
        with taken_back() as session:
            people = next_people(session, at, after, SHARD_SIZE, user_id)
            if not people:
                return
            after = people[-1]
            measured = bring_to(session, people, as_of)
            query = select(Stream).where(Stream.user_id.in_(measured))
            found = session.scalars(query.order_by(Stream.user_id, Stream.first_on, Stream.stream_id)).all()
            session.expunge_all()
        yield from found


@contextmanager
def taken_back() -> Iterator[Session]:
    """The current session, rolled back at the end of the block whatever happens in it."""
    session: Session = db.session()
    try:
        yield session
    finally:
        session.rollback()


def count_people(at: datetime) -> int:
    """How many people agree to analysis at `at`: those whom `next_people` gives, all in all."""
    with taken_back() as session:
        return session.scalar(select(func.count()).select_from(User).where(User.analysis_until > at)) or 0


def next_people(
    session: Session, at: datetime, after: UUID | None, limit: int, user_id: UUID | None = None, *, lock: bool = True
) -> Sequence[UUID]:
    """The next people who agree to analysis at `at`, by id; locked until the transaction ends, to measure them."""
    query = select(User.user_id).where(User.analysis_until > at).order_by(User.user_id).limit(limit)
    if user_id is not None:
        query = query.where(User.user_id == user_id)
    if after is not None:
        query = query.where(User.user_id > after)
    return session.scalars(query.with_for_update() if lock else query).all()


def bring_to(session: Session, people: Sequence[UUID], as_of: date) -> list[UUID]:
    """Measures those of these people whose signals are not stored for that day, or whose data changed since.

    The caller holds their rows of `users`, and takes the transaction back. Returns the people of whom that day is known
    now, in their order: whose data breaks the measuring is left out, and named in the log.
    """
    differs = or_(
        Progress.measured_as_of.is_distinct_from(as_of),
        Progress.measured_data_version.is_distinct_from(User.data_version),
    )
    query = select(Progress.user_id).join(User).where(Progress.user_id.in_(people), differs)
    differing = session.scalars(query).all()

    measured = apart(session, differing, lambda some: measure_people(session, some, as_of))
    left_out = {*differing} - {*measured}
    return [user_id for user_id in people if user_id not in left_out]
