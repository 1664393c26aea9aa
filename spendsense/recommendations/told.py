"""Tells whoever asks why: operators in full, the person in plain sentences.

Why an item was chosen, and what spoke against the others then, is read out of its trace. Why an item is not shown now
is decided anew whenever somebody asks, and stored nowhere: so it is true of the present, also where the last decision
only ended items or was never made, and nothing of it is left to delete when a consent ends.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select, tuple_
from sqlalchemy.orm import Session

from spendsense.config import load_settings
from spendsense.consent import ledger
from spendsense.errors import NotFound
from spendsense.recommendations import plain
from spendsense.recommendations.decide import decide
from spendsense.recommendations.kept import made_by
from spendsense.recommendations.reading import read_people
from spendsense.recommendations.serving import looked_at, served, traced
from spendsense.recommendations.trace import Occasion, TraceWriter, believed, values_of
from spendsense.recommendations.why import Why, WhyNot, why, why_not, why_not_shown
from spendsense.rulebook.load import load_rulebook
from spendsense.rulebook.types import Rulebook
from spendsense.store.models import Recommendation, RecommendationEvent, User

Mark = tuple[datetime, UUID]


@dataclass(frozen=True, slots=True)
class Told:
    """One recommendation with its life, why it was chosen, and why the others were not when it was.

    Of an altered trace nothing is told: `why` is None.
    """

    recommendation: Recommendation
    events: Sequence[RecommendationEvent]
    why: Why | None
    why_not: Sequence[WhyNot]


@dataclass(frozen=True, slots=True)
class PlainWhy:
    """Why one item is shown, for the person."""

    title: str
    rationale: str
    sentences: Sequence[str]
    transaction_ids: Sequence[str]
    disclosure: str


@dataclass(frozen=True, slots=True)
class PlainWhyNot:
    """Why one item is not shown, for the person."""

    kind: str
    title: str
    reasons: Sequence[str]


@dataclass(frozen=True, slots=True)
class NotShown:
    """The items that are not shown on a day; None: the person is not measured and named yet."""

    as_of: date | None
    items: Sequence[PlainWhyNot]


@dataclass(frozen=True, slots=True)
class NotShownInFull:
    """The same for operators, with the rulebook in force and each failed check."""

    as_of: date | None
    rulebook_version: str
    items: Sequence[WhyNot]


def tell_operator(session: Session, user_id: UUID, at: datetime, after: Mark | None, limit: int) -> list[Told]:
    """The person's recommendations with their traces, newest first, at most `limit`, those after the mark.

    Raises NotFound, and ConsentMissing: without live consent nothing is shown to anybody. Of offers nothing is told
    without live consent to them.
    """
    if session.get(User, user_id) is None:
        raise NotFound("There is no such person.")
    ledger.require(session, user_id, "analysis", at)
    with_offers = ledger.state(session, user_id, at).offers
    query = traced(user_id).order_by(Recommendation.created_at.desc(), Recommendation.recommendation_id.desc())
    if after is not None:
        query = query.where(tuple_(Recommendation.created_at, Recommendation.recommendation_id) < after)
    if not with_offers:
        query = query.where(Recommendation.kind == "education")
    return _told(session, session.execute(query.limit(limit)).all(), with_offers)


def tell_one(session: Session, user_id: UUID, recommendation_id: UUID, at: datetime) -> Told:
    """One of the person's recommendations with its trace. Raises as `tell_operator` does."""
    ledger.require(session, user_id, "analysis", at)
    with_offers = ledger.state(session, user_id, at).offers
    rows = session.execute(traced(user_id).where(Recommendation.recommendation_id == recommendation_id)).all()
    if not rows:
        raise NotFound("There is no such recommendation.")
    if rows[0][0].kind == "offer":
        ledger.require(session, user_id, "offers", at)
    return _told(session, rows, with_offers)[0]


def tell_why(session: Session, user_id: UUID, recommendation_id: UUID, at: datetime) -> PlainWhy:
    """Why an item is shown, in plain words. Raises NotFound for one that is not shown to this person at `at`."""
    row = next((row for row in served(session, user_id, at) if row.recommendation_id == recommendation_id), None)
    if row is None:
        raise NotFound("There is no such recommendation.")
    trace, book = _trace_of(session, row)
    found = why(trace, book)
    sentences = plain.why_sentences(found, book, _currency(trace), row.chosen_on, trace["window_days"])
    return PlainWhy(row.title, row.rationale, sentences, found.evidence.transaction_ids, row.disclosure)


def tell_not_shown(session: Session, user_id: UUID, at: datetime) -> NotShown:
    """Why the others are not shown at `at`, in plain words; offers only under live consent to them."""
    shown = {row.item_id for row in served(session, user_id, at)}
    book = load_rulebook()
    decision = _decide_now(session, user_id, book, at)
    if decision is None:
        return NotShown(None, ())
    currency = decision["signals"]["coverage"]["currency"]
    items = [
        PlainWhyNot(other.kind, other.title, plain.why_not_sentences(other, book, currency))
        for other in why_not_shown(decision, shown, book)
    ]
    return NotShown(at.date(), items)


def tell_operator_not_shown(session: Session, user_id: UUID, at: datetime) -> NotShownInFull:
    """Why the others are not shown at `at`, with each failed check. Raises as `tell_operator` does."""
    if session.get(User, user_id) is None:
        raise NotFound("There is no such person.")
    ledger.require(session, user_id, "analysis", at)
    shown = {row.item_id for row, faults in looked_at(session, user_id, at) if not faults}
    book = load_rulebook()
    decision = _decide_now(session, user_id, book, at)
    if decision is None:
        return NotShownInFull(None, book.version, ())
    return NotShownInFull(at.date(), book.version, why_not_shown(decision, shown, book))


def _decide_now(session: Session, user_id: UUID, book: Rulebook, at: datetime) -> Any:
    """The decision that a job would make at `at`, as a trace has it; None before the person is measured and named."""
    subjects = read_people(session, [user_id], at.date(), book, at, load_settings().recommendation_delivery)
    for subject in subjects:
        if subject.person is not None and subject.basis is not None:
            decision = decide(subject.person, book, at.date())
            return TraceWriter(subject.person, subject.basis, decision, book, Occasion(at.date(), None)).decision()
    return None


def _told(session: Session, rows: Sequence[Any], with_offers: bool) -> list[Told]:
    """Of rows of `traced`, all of one person."""
    ids = [row.recommendation_id for row, _, _ in rows]
    events = _events(session, rows[0][0].user_id, ids) if rows else {}
    told = []
    for row, text, digest in rows:
        trace, its_events = believed(text, digest), events.get(row.recommendation_id, [])
        if trace is None:
            told.append(Told(row, its_events, None, ()))
            continue
        book = made_by(session, row.rulebook_version, load_rulebook())
        others = [other for other in why_not(trace, book) if with_offers or other.kind == "education"]
        told.append(Told(row, its_events, why(trace, book), others))
    return told


def _trace_of(session: Session, row: Recommendation) -> tuple[Any, Rulebook]:
    query = traced(row.user_id).where(Recommendation.recommendation_id == row.recommendation_id)
    found = session.execute(query).one_or_none()
    if found is None or found[1] is None:  # both were there a moment ago
        raise NotFound("There is no such recommendation.")
    return values_of(found[1]), made_by(session, row.rulebook_version, load_rulebook())


def _events(session: Session, user_id: UUID, ids: list[UUID]) -> dict[UUID, list[RecommendationEvent]]:
    query = (
        select(RecommendationEvent)
        .where(RecommendationEvent.user_id == user_id, RecommendationEvent.recommendation_id.in_(ids))
        .order_by(RecommendationEvent.event_id)
    )
    events: dict[UUID, list[RecommendationEvent]] = {}
    for event in session.scalars(query):
        events.setdefault(event.recommendation_id, []).append(event)
    return events


def _currency(trace: Any) -> str | None:
    currency: str | None = trace["decision"]["signals"]["coverage"]["currency"]
    return currency
