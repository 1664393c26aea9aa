"""What is offered: recommendations, the trace of each decision, and what people said of them."""

import uuid
from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    DateTime,
    ForeignKey,
    ForeignKeyConstraint,
    Identity,
    Index,
    SmallInteger,
    String,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from spendsense.store.session import Base
from spendsense.store.statuses import LIVE, VERDICTS, WAITING, Reason, Status


def one_of(column: str, words: Iterable[str]) -> str:
    """The condition that a column holds one of the words."""
    listed = ", ".join(f"'{word}'" for word in words)
    return f"{column} IN ({listed})"


class RulebookVersion(Base):
    """A rulebook that decided something, whole, under the hash of its content."""

    __tablename__ = "rulebook_versions"

    version: Mapped[str] = mapped_column(primary_key=True)
    content: Mapped[dict[str, Any]] = mapped_column(JSONB)  # file name → text
    first_used_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())


class Recommendation(Base):
    """One education item or offer for one person. Only `active` ones are ever shown."""

    __tablename__ = "recommendations"
    __table_args__ = (
        CheckConstraint("kind IN ('education', 'offer')", name="kind"),
        CheckConstraint(one_of("status", Status), name="status"),
    )

    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.user_id", ondelete="CASCADE"), primary_key=True)
    recommendation_id: Mapped[uuid.UUID] = mapped_column(primary_key=True, server_default=text("gen_random_uuid()"))
    kind: Mapped[str]
    item_id: Mapped[str]  # of the rulebook's catalog
    position: Mapped[int] = mapped_column(SmallInteger)  # order in which it is shown, within its kind
    persona: Mapped[str | None]
    title: Mapped[str]
    rationale: Mapped[str]
    content: Mapped[str]
    disclosure: Mapped[str]
    status: Mapped[str]
    status_reason: Mapped[str | None]
    rulebook_version: Mapped[str]
    chosen_on: Mapped[date]
    expires_on: Mapped[date]
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    ended_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


Index(
    "uq_recommendations_live",
    Recommendation.user_id,
    Recommendation.kind,
    Recommendation.item_id,
    unique=True,
    postgresql_where=Recommendation.status.in_(LIVE),
)


Index(
    "ix_recommendations_review",  # what waits for an operator, class by class as review.sql reads it
    Recommendation.kind,
    Recommendation.status,
    Recommendation.created_at,
    Recommendation.recommendation_id,
    postgresql_include=["user_id", "expires_on"],
    postgresql_where=Recommendation.status.in_(WAITING),
)


Index(
    "ix_recommendations_counts",  # for the numbers, which read no row itself
    Recommendation.kind,
    Recommendation.user_id,
    Recommendation.status,
    Recommendation.expires_on,
    postgresql_include=["recommendation_id"],
)


Index(None, Recommendation.recommendation_id)  # to find one by its id alone, as replay does


class Trace(Base):
    """Everything that led to one recommendation: enough to rebuild the decision byte for byte."""

    __tablename__ = "traces"
    __table_args__ = (
        ForeignKeyConstraint(
            ["user_id", "recommendation_id"],
            ["recommendations.user_id", "recommendations.recommendation_id"],
            ondelete="CASCADE",
        ),
    )

    user_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    recommendation_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    trace: Mapped[dict[str, Any]] = mapped_column(JSONB)
    digest: Mapped[str | None]  # SHA-256 of the trace; None: made before traces could be replayed


class RecommendationEvent(Base):
    """One change in the life of a recommendation, its beginning included. Append-only."""

    __tablename__ = "recommendation_events"
    __table_args__ = (
        ForeignKeyConstraint(
            ["user_id", "recommendation_id"],
            ["recommendations.user_id", "recommendations.recommendation_id"],
            ondelete="CASCADE",
        ),
        CheckConstraint(one_of("reason_code", Reason), name="reason_code"),
        # As recommendations.moves has it; every change writes its event in the same statement, and so is held to it.
        CheckConstraint(
            "CASE"
            " WHEN reason_code = 'undone' THEN CASE from_status"
            " WHEN 'active' THEN to_status IN ('held', 'pending_approval', 'overridden')"
            " WHEN 'rejected' THEN to_status IN ('held', 'pending_approval')"
            " WHEN 'overridden' THEN to_status IN ('held', 'pending_approval', 'active')"
            " ELSE false END"
            " ELSE CASE COALESCE(from_status, 'new')"
            " WHEN 'new' THEN to_status IN ('held', 'pending_approval', 'active')"
            " WHEN 'active' THEN to_status IN ('held', 'dismissed', 'superseded', 'expired', 'overridden')"
            " WHEN 'held' THEN to_status IN ('active', 'rejected', 'superseded', 'expired', 'overridden')"
            " WHEN 'pending_approval' THEN to_status IN ('active', 'rejected', 'superseded', 'expired', 'overridden')"
            " ELSE false END END",
            name="move",
        ),
    )

    user_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    event_id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    recommendation_id: Mapped[uuid.UUID]
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    actor: Mapped[str]  # "job", "person", "serving", "operator:…"
    from_status: Mapped[str | None]  # None: it begins
    to_status: Mapped[str]
    reason_code: Mapped[str]
    detail: Mapped[str | None]


class Feedback(Base):
    """What a person said of a recommendation."""

    __tablename__ = "feedback"
    __table_args__ = (
        ForeignKeyConstraint(
            ["user_id", "recommendation_id"],
            ["recommendations.user_id", "recommendations.recommendation_id"],
            ondelete="CASCADE",
        ),
        CheckConstraint(one_of("verdict", VERDICTS), name="verdict"),
    )

    user_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    feedback_id: Mapped[uuid.UUID] = mapped_column(primary_key=True, server_default=text("gen_random_uuid()"))
    recommendation_id: Mapped[uuid.UUID]
    verdict: Mapped[str] = mapped_column(String)
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
