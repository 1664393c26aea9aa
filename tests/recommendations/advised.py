"""One person with a card at 68 % of its limit, advised, and what became of their recommendations."""

import uuid
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from spendsense.personas.assign import name_people
from spendsense.recommendations.feedback import record_feedback
from spendsense.recommendations.generate import AdviseCounts, advise
from spendsense.rulebook.load import load_rulebook
from spendsense.rulebook.types import Delivery, Rulebook
from spendsense.store.models import Recommendation, RecommendationEvent
from tests.samples import make_card, make_signals, store_person

BOOK = load_rulebook()
AT = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
AS_OF = AT.date()
LATER = AT + timedelta(days=1)
HIGH = {
    "credit.card_count": 1,
    "credit.known_limit_count": 1,
    "credit.max_utilization_ratio": Decimal("0.6800"),
    "credit.is_overdue": False,
}
CARD = make_card(balance_cents=340_000, utilization_ratio=Decimal("0.6800"), utilization_flag_percent=50)


def run(
    session: Session, user_id: uuid.UUID, days: int = 0, book: Rulebook = BOOK, delivery: Delivery = "auto"
) -> AdviseCounts:
    """Names and advises the person, `days` after the first day."""
    at = AT + timedelta(days=days)
    name_people(session, [user_id], at.date(), book, at)
    counts = advise(session, [user_id], at.date(), book, at, None, delivery)
    session.expire_all()
    return counts


def rows(session: Session, user_id: uuid.UUID, *statuses: str) -> list[Recommendation]:
    """The person's recommendations, or those in one of the states, in their order."""
    query = select(Recommendation).where(Recommendation.user_id == user_id)
    if statuses:
        query = query.where(Recommendation.status.in_(statuses))
    return list(session.scalars(query.order_by(Recommendation.kind, Recommendation.position)))


def active(session: Session, user_id: uuid.UUID, kind: str = "education") -> list[str]:
    """The ids of the items of that kind that are shown."""
    return [row.item_id for row in rows(session, user_id, "active") if row.kind == kind]


def high_person(session: Session, *, offers: bool = False, card_name: str = "Visa", **how: Delivery) -> uuid.UUID:
    """Somebody with a card at 68 % of its limit, advised."""
    card = make_card(
        name=card_name, balance_cents=340_000, utilization_ratio=Decimal("0.6800"), utilization_flag_percent=50
    )
    user_id = store_person(session, "a@example.com", make_signals(HIGH, cards=(card,)), AT, offers=offers)
    run(session, user_id, **how)  # type: ignore[arg-type]
    return user_id


def find(session: Session, user_id: uuid.UUID, item_id: str = "utilization-explained") -> Recommendation:
    session.expire_all()
    query = select(Recommendation).where(Recommendation.user_id == user_id, Recommendation.item_id == item_id)
    return session.scalars(query).one()


def life_of(session: Session, row: Recommendation) -> list[tuple[str, str | None, str, str]]:
    """The events of one recommendation: actor, from, to, reason code."""
    events = session.scalars(
        select(RecommendationEvent)
        .where(RecommendationEvent.recommendation_id == row.recommendation_id)
        .order_by(RecommendationEvent.event_id)
    )
    return [(event.actor, event.from_status, event.to_status, event.reason_code) for event in events]


def states(session: Session) -> list[tuple[str, ...]]:
    """Every recommendation and event, as they stand."""
    return [
        tuple(map(str, row))
        for table in ("recommendations", "recommendation_events", "traces")
        for row in session.execute(text(f"SELECT t.ctid, t.xmin, t.* FROM {table} AS t ORDER BY 3, 4, 5"))
    ]


def for_nobody(item_id: str) -> Rulebook:
    """A later rulebook, in which that item is written for no persona."""
    items = tuple(replace(item, personas=()) if item.item_id == item_id else item for item in BOOK.education)
    return replace(BOOK, version="a later one", education=items)


def dismiss(session: Session, user_id: uuid.UUID) -> None:
    """Has the person say no to the text about their card."""
    record_feedback(session, user_id, find(session, user_id).recommendation_id, "dismissed", LATER)
