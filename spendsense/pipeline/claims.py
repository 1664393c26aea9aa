"""Who is stale for a job. A claim locks the people it returns, so that nobody else writes for them until it commits."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Select, and_, cast, exists, false, func, literal, not_, or_, select
from sqlalchemy.orm import Session

from spendsense.store.models import Progress, Recommendation, SetAside, User

CLOCKS_APART = timedelta(days=1)  # today is yesterday or tomorrow for whoever asked


class Job(StrEnum):
    """The three jobs, in the order of the data."""

    COMPUTE_FEATURES = "compute_features"
    ASSIGN_PERSONA = "assign_persona"
    GENERATE_RECOMMENDATIONS = "generate_recommendations"


@dataclass(frozen=True, slots=True)
class Shard:
    """One of `count` equal parts of all people."""

    index: int
    count: int


@dataclass(frozen=True, slots=True)
class Scope:
    """Whom a run is about: everybody, a shard, or the people named; `wait` for those that others hold, or skip them."""

    user_ids: tuple[UUID, ...] | None = None
    shard: Shard | None = None
    with_set_aside: bool = False
    wait: bool = False


@dataclass(frozen=True, slots=True)
class Moment:
    """When a run takes place: the day it is for, the time it is, and the rulebook in force."""

    as_of: date
    at: datetime
    rulebook_version: str


def claim(session: Session, job: Job, scope: Scope, moment: Moment, after: UUID | None, limit: int) -> list[UUID]:
    """The next stale people in order of their ids, locked until the transaction ends.

    Their progress is locked with them: whom another run has just finished is looked at again, and stale no more.
    """
    query = _stale(job, scope, moment).order_by(User.user_id).limit(limit)
    if after is not None:
        query = query.where(User.user_id > after)
    return list(session.scalars(query.with_for_update(of=(User, Progress), skip_locked=not scope.wait)))


def day_of(session: Session, user_id: UUID, today: date) -> date:
    """For which day to work on one person at once: today, or tomorrow where they are measured for that already, by a
    clock that is ahead or to try it out. For today nothing would be stored then."""
    measured = session.scalar(select(Progress.measured_as_of).where(Progress.user_id == user_id))
    return measured if measured is not None and today < measured <= today + CLOCKS_APART else today


def count_stale(session: Session, job: Job, scope: Scope, moment: Moment) -> int:
    """How many people a run of this job has before it."""
    return _count(session, _stale(job, scope, moment))


def count_stale_of_all(session: Session, moment: Moment) -> dict[Job, int]:
    """The same for each job over everybody, in one pass over the people."""
    counts = [func.count().filter(_CONDITIONS[job](moment), ~_is_set_aside(job, moment)) for job in Job]
    everybody = agreeing(Scope(), moment).with_only_columns(*counts, maintain_column_froms=True)
    return dict(zip(Job, session.execute(everybody).one(), strict=True))


def set_aside(session: Session, job: Job, scope: Scope, moment: Moment) -> list[UUID]:
    """The people of this scope whose data broke the job, and whom it leaves out until their `retry_at`."""
    query = (
        select(SetAside.user_id).where(SetAside.job == job, SetAside.retry_at > moment.at).order_by(SetAside.user_id)
    )
    if scope.user_ids is not None:
        query = query.where(SetAside.user_id.in_(scope.user_ids))
    return list(session.scalars(query))


def measured_later(session: Session, scope: Scope, moment: Moment, after: UUID | None, limit: int) -> list[UUID]:
    """People with consent whose stored signals are for a later day than this run's: computed for show, not stored."""
    query = agreeing(scope, moment).where(_is_for_later(moment))
    if after is not None:
        query = query.where(User.user_id > after)
    return list(session.scalars(query.order_by(User.user_id).limit(limit)))


def count_measured_later(session: Session, scope: Scope, moment: Moment) -> int:
    """How many they are."""
    return _count(session, agreeing(scope, moment).where(_is_for_later(moment)))


def agreeing(scope: Scope, moment: Moment) -> Select[Any]:
    """The people of the scope who agree to the analysis at this moment."""
    return within(scope, select(User.user_id).join(Progress).where(User.analysis_until > moment.at))


def within(scope: Scope, query: Select[Any]) -> Select[Any]:
    """The query of people, cut down to the scope."""
    if scope.user_ids is not None:
        query = query.where(User.user_id.in_(scope.user_ids))
    if scope.shard is not None:
        bucket = func.mod(func.abs(cast(func.uuid_hash(User.user_id), BigInteger)), scope.shard.count)
        query = query.where(bucket == scope.shard.index)
    return query


def _count(session: Session, people: Select[Any]) -> int:
    return session.scalar(select(func.count()).select_from(people.subquery())) or 0


def _stale(job: Job, scope: Scope, moment: Moment) -> Select[Any]:
    query = agreeing(scope, moment).where(_CONDITIONS[job](moment))
    if not scope.with_set_aside:
        query = query.where(~_is_set_aside(job, moment))
    return query


def _is_set_aside(job: Job, moment: Moment) -> Any:
    return exists().where(SetAside.user_id == User.user_id, SetAside.job == job, SetAside.retry_at > moment.at)


def _is_for_later(moment: Moment) -> Any:
    """What is stored is for a later day, and stays. But a day that is yet to come, which somebody tried out, holds
    nobody up: the run of the day itself stores over it."""
    is_later = Progress.measured_as_of > moment.as_of
    return and_(is_later, not_(_is_yet_to_come(Progress.measured_as_of, moment)))


def _is_yet_to_come(day: Any, moment: Moment) -> Any:
    """The day has not come, and the run is one of today: what is stored for that day was tried out."""
    today = moment.at.date()
    if abs(moment.as_of - today) > CLOCKS_APART:
        return false()
    return day > today + CLOCKS_APART


def _unmeasured(moment: Moment) -> Any:
    return or_(
        Progress.measured_as_of.is_(None),
        and_(
            or_(
                Progress.measured_as_of != moment.as_of,
                Progress.measured_data_version.is_distinct_from(User.data_version),
            ),
            not_(_is_for_later(moment)),
        ),
    )


def _unnamed(moment: Moment) -> Any:
    return and_(
        Progress.measured_as_of.is_not(None),
        not_(_is_for_later(moment)),
        or_(
            Progress.named_signals_version.is_distinct_from(Progress.signals_version),
            Progress.named_rulebook.is_distinct_from(moment.rulebook_version),
        ),
    )


def _unadvised(moment: Moment) -> Any:
    shown_offer = exists().where(
        Recommendation.user_id == User.user_id,
        Recommendation.kind == literal("offer"),
        Recommendation.status == "active",
    )
    return and_(
        Progress.named_signals_version.is_not(None),
        not_(_is_for_later(moment)),
        or_(
            Progress.advised_persona_version.is_distinct_from(Progress.persona_version),
            Progress.advised_consent_version.is_distinct_from(User.consent_version),
            Progress.advised_rulebook.is_distinct_from(moment.rulebook_version),
            Progress.revisit_on <= moment.as_of,
            _is_yet_to_come(Progress.advised_on, moment),
            and_(User.offers_until <= moment.at, shown_offer),
        ),
    )


_CONDITIONS = {
    Job.COMPUTE_FEATURES: _unmeasured,
    Job.ASSIGN_PERSONA: _unnamed,
    Job.GENERATE_RECOMMENDATIONS: _unadvised,
}
