"""People: who they are, what they agreed to, and how far the jobs have come with them."""

import uuid
from datetime import date, datetime

from sqlalchemy import CheckConstraint, DateTime, ForeignKey, Index, SmallInteger, func, text
from sqlalchemy.dialects.postgresql import INET
from sqlalchemy.orm import Mapped, mapped_column

from spendsense.store.session import Base


class User(Base):
    """One person. The row is the lock that ingest, consent and the jobs take before they write anything of theirs."""

    __tablename__ = "users"
    __table_args__ = (
        CheckConstraint("email = lower(email)", name="email_lower"),
        CheckConstraint("state ~ '^[A-Z]{2}$'", name="state"),
        {"postgresql_with": {"fillfactor": "70"}},
    )

    user_id: Mapped[uuid.UUID] = mapped_column(primary_key=True, server_default=text("gen_random_uuid()"))
    email: Mapped[str] = mapped_column(unique=True)
    sub: Mapped[str | None] = mapped_column(unique=True)  # Cognito's id; None until the first login claims the record
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    state: Mapped[str | None]  # where the person lives, as they said: a US state or territory, two letters
    # Until when each purpose is agreed to; None: not agreed. Kept equal to the consent ledger by consent.ledger alone,
    # which says what stands at a moment: offers, never longer than the analysis.
    analysis_until: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    offers_until: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    consent_version: Mapped[int] = mapped_column(server_default="0")  # +1 with each grant or revocation
    data_version: Mapped[int] = mapped_column(server_default="0")  # +1 with each ingest that changed a row
    # Under which name the audit knows the person. It stands here alone, and dies with the row.
    audit_subject: Mapped[uuid.UUID] = mapped_column(unique=True, server_default=text("gen_random_uuid()"))


class Consent(Base):
    """One grant or revocation. Append-only."""

    __tablename__ = "consents"
    __table_args__ = (
        CheckConstraint("purpose IN ('analysis', 'offers')", name="purpose"),
        CheckConstraint("action IN ('grant', 'revoke')", name="action"),
    )

    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.user_id", ondelete="CASCADE"), primary_key=True)
    consent_id: Mapped[uuid.UUID] = mapped_column(primary_key=True, server_default=text("gen_random_uuid()"))
    purpose: Mapped[str]
    action: Mapped[str]
    text_version: Mapped[str]  # agreed to; of a revocation: the one that was, or the one in force where none was
    method: Mapped[str]  # "web", "api", "import", …; "expiry": offers that ended because the analysis was over
    evidence: Mapped[str | None]  # a reference to where an imported agreement is kept
    ip_address: Mapped[str | None] = mapped_column(INET)
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    expires_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))  # of a grant: a year on


class ConsentNotice(Base):
    """Word that a consent is about to end, as a person is shown it. One row a consent and step, made by the daily job.

    A renewal moves the end, so that a notice of the end before is not shown any more.
    """

    __tablename__ = "consent_notices"
    __table_args__ = (CheckConstraint("purpose IN ('analysis', 'offers')", name="purpose"),)

    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.user_id", ondelete="CASCADE"), primary_key=True)
    purpose: Mapped[str] = mapped_column(primary_key=True)
    expires_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), primary_key=True)
    days_before: Mapped[int] = mapped_column(SmallInteger, primary_key=True)  # 30, 7 or 1
    made_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))


class Progress(Base):
    """How far each job has come with a person. What differs from the user's own counters is stale."""

    __tablename__ = "progress"
    __table_args__ = ({"postgresql_with": {"fillfactor": "50"}},)

    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.user_id", ondelete="CASCADE"), primary_key=True)
    naming_version: Mapped[int] = mapped_column(server_default="5")  # of plaid.naming: how names and kinds were read
    # compute_features
    measured_data_version: Mapped[int | None]
    measured_as_of: Mapped[date | None]
    signals_version: Mapped[int] = mapped_column(server_default="0")  # +1 whenever a stored signal or stream changed
    first_row_on: Mapped[date | None]  # first day of history
    next_row_on: Mapped[date | None]  # the first row after measured_as_of: from then on rows must be looked at anew
    currency: Mapped[str | None]
    # assign_persona
    named_signals_version: Mapped[int | None]
    named_rulebook: Mapped[str | None]
    # +1 whenever a stored persona, criterion or signal changed
    persona_version: Mapped[int] = mapped_column(server_default="0")
    # generate_recommendations
    advised_persona_version: Mapped[int | None]
    advised_consent_version: Mapped[int | None]
    advised_rulebook: Mapped[str | None]
    advised_on: Mapped[date | None]
    revisit_on: Mapped[date | None]  # the first day on which an expiry may change the active set


class SetAside(Base):
    """A person whose data broke a job: left out until `retry_at`, named in the job's summary."""

    __tablename__ = "set_asides"

    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.user_id", ondelete="CASCADE"), primary_key=True)
    job: Mapped[str] = mapped_column(primary_key=True)
    error: Mapped[str]
    attempts: Mapped[int]
    failed_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    retry_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))


Index("ix_users_email_prefix", User.email, postgresql_ops={"email": "text_pattern_ops"})
Index("ix_users_analysis_until", User.analysis_until, postgresql_where=User.analysis_until.is_not(None))
