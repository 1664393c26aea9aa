"""How long one person takes, through the pipeline that the jobs and the API run."""

import time
from collections.abc import Callable, Sequence
from datetime import date, datetime
from statistics import quantiles
from uuid import UUID

from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session

from spendsense.consent.holdings import delete_derived
from spendsense.consent.people import lock_user
from spendsense.evaluation.result import Latency
from spendsense.pipeline.apart import apart
from spendsense.pipeline.preview import taken_back
from spendsense.pipeline.run import work_through
from spendsense.store.models import Account, User


def time_people(as_of: date, at: datetime, sample: int, done: Callable[[int], None]) -> Latency | None:
    """The time of each of `sample` people, chosen by a hash of their ids: the same people each time.

    What was derived of a person is deleted first, so that all is measured, named, advised and written; the clock runs
    from then on, to before the commit that never comes. The first person goes through once untimed, to load what a
    process loads once. Whose data breaks a stage is left out. None when there is nobody.
    """
    with taken_back() as session:
        people = _sample(session, at, sample)
    if not people:
        return None
    _seconds_of(people[0], as_of, at)
    seconds = []
    for number, user_id in enumerate(people, start=1):
        timed = _seconds_of(user_id, as_of, at)
        if timed is not None:
            seconds.append(timed)
        done(number)
    return latency_of(seconds) if seconds else None


def latency_of(seconds: Sequence[float]) -> Latency:
    """Median and 95th percentile, interpolated between the two nearest, in milliseconds. At least one value."""
    cuts = quantiles(seconds, n=20, method="inclusive") if len(seconds) > 1 else [seconds[0]] * 19
    return Latency(len(seconds), 1000 * cuts[9], 1000 * cuts[18])


def _sample(session: Session, at: datetime, size: int) -> Sequence[UUID]:
    has_data = exists().where(Account.user_id == User.user_id)
    query = select(User.user_id).where(User.analysis_until > at, has_data)
    return session.scalars(query.order_by(func.uuid_hash(User.user_id), User.user_id).limit(size)).all()


def _seconds_of(user_id: UUID, as_of: date, at: datetime) -> float | None:
    """None: the person's data breaks a stage."""
    with taken_back() as session:
        lock_user(session, user_id)
        delete_derived(session, [user_id])
        start = time.perf_counter()
        worked = apart(session, [user_id], lambda _one: work_through(session, user_id, as_of, at))
        return time.perf_counter() - start if worked else None
