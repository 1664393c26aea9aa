"""All that an operator sees of one person; without live consent to the analysis, who it is and what they agreed to."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from uuid import UUID

from sqlalchemy import Select, func, select, tuple_
from sqlalchemy.orm import Session

from spendsense.consent import ledger
from spendsense.consent.ledger import ConsentState
from spendsense.errors import NotFound
from spendsense.signals import read
from spendsense.signals.types import UserSignals
from spendsense.store.models import (
    Flag,
    OperatorAction,
    Persona,
    Progress,
    Recommendation,
    RecommendationEvent,
    Stream,
    User,
)
from spendsense.store.statuses import LIVE

MOST_STREAMS: Final = 500
MOST_ENDED: Final = 100  # recommendations that have ended, newest first; `traces` has pages of all of them
MOST_NOTES: Final = 100  # newest first; `actions` has pages of all of them
Mark = tuple[datetime, UUID]


@dataclass(frozen=True, slots=True)
class Derived:
    """What was measured, named and offered, and what operators made of it."""

    measured_on: date | None
    signals: UserSignals | None  # of the primary window
    persona: Persona | None
    streams: Sequence[Stream]
    recommendations: Sequence[Recommendation]  # of every status: live ones first, then by the time they began
    flag: Flag | None
    notes: Sequence[OperatorAction]


@dataclass(frozen=True, slots=True)
class PersonInFull:
    """A person, what they agree to, and what is known of them; None without live consent to the analysis."""

    user: User
    consent: ConsentState
    derived: Derived | None


def read_person(session: Session, user_id: UUID, window_days: int, at: datetime) -> PersonInFull:
    """The person at `at`; of offers only under live consent to them. Raises NotFound."""
    user = session.get(User, user_id)
    if user is None:
        raise NotFound("There is no such person.")
    consent = ledger.state(session, user_id, at)
    return PersonInFull(user, consent, _derived(session, user_id, window_days, consent) if consent.analysis else None)


def read_actions(session: Session, user_id: UUID, at: datetime, after: Mark | None, limit: int) -> list[OperatorAction]:
    """What operators did about the person, newest first. Raises NotFound, and ConsentMissing."""
    if session.get(User, user_id) is None:
        raise NotFound("There is no such person.")
    ledger.require(session, user_id, "analysis", at)
    query = _actions(user_id)
    if after is not None:
        query = query.where(tuple_(OperatorAction.at, OperatorAction.action_id) < after)
    return list(session.scalars(query.limit(limit)))


def version_of_person(session: Session, user_id: UUID, at: datetime) -> tuple[object, ...]:
    """What changes whenever anything that an operator sees of the person does. Raises NotFound."""
    of_person = RecommendationEvent.user_id == user_id
    last_event = select(func.max(RecommendationEvent.event_id)).where(of_person).scalar_subquery()
    actions = select(func.count()).where(OperatorAction.user_id == user_id).scalar_subquery()
    counters = (
        User.state,
        User.data_version,
        Progress.signals_version,
        Progress.persona_version,
        Progress.measured_as_of,
    )
    query = (
        select(*counters, last_event, actions)
        .outerjoin(Progress, Progress.user_id == User.user_id)
        .where(User.user_id == user_id)
    )
    consents, found = _consents(session, user_id, at), session.execute(query).one_or_none()
    if found is None:  # erased since their consents were read
        raise NotFound("There is no such person.")
    return user_id, *consents, *found


def version_of_recommendation(
    session: Session, user_id: UUID, recommendation_id: UUID, at: datetime
) -> tuple[object, ...]:
    """What changes with each step in the life of a recommendation, and with what may be told of it."""
    last_event = select(func.max(RecommendationEvent.event_id)).where(
        RecommendationEvent.user_id == user_id, RecommendationEvent.recommendation_id == recommendation_id
    )
    return recommendation_id, *_consents(session, user_id, at), session.scalar(last_event)


def _consents(session: Session, user_id: UUID, at: datetime) -> tuple[object, ...]:
    """What the person agrees to at `at`, and how often that has changed. Raises NotFound."""
    counter = session.scalar(select(User.consent_version).where(User.user_id == user_id))
    if counter is None:
        raise NotFound("There is no such person.")
    state = ledger.state(session, user_id, at)
    return counter, state.analysis, state.offers


def _derived(session: Session, user_id: UUID, window_days: int, consent: ConsentState) -> Derived:
    of_kind = () if consent.offers else (Recommendation.kind == "education",)
    theirs = select(Recommendation).where(Recommendation.user_id == user_id, *of_kind)
    live = theirs.where(Recommendation.status.in_(LIVE)).order_by(Recommendation.kind, Recommendation.position)
    newest = Recommendation.created_at.desc(), Recommendation.recommendation_id
    ended = theirs.where(Recommendation.status.not_in(LIVE)).order_by(*newest).limit(MOST_ENDED)
    streams = select(Stream).where(Stream.user_id == user_id).order_by(Stream.stream_id).limit(MOST_STREAMS)
    notes = _actions(user_id).where(OperatorAction.note.is_not(None)).limit(MOST_NOTES)
    return Derived(
        measured_on=session.scalar(select(Progress.measured_as_of).where(Progress.user_id == user_id)),
        signals=read.load(session, [user_id], [window_days]).get((user_id, window_days)),
        persona=session.get(Persona, (user_id, window_days)),
        streams=session.scalars(streams).all(),
        recommendations=[*session.scalars(live), *session.scalars(ended)],
        flag=session.get(Flag, user_id),
        notes=session.scalars(notes).all(),
    )


def _actions(user_id: UUID) -> Select[OperatorAction]:
    newest = OperatorAction.at.desc(), OperatorAction.action_id.desc()
    return select(OperatorAction).where(OperatorAction.user_id == user_id).order_by(*newest)
