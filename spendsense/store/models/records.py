"""Records of what was done: job runs, operator actions and the audit."""

import uuid
from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, DateTime, ForeignKey, Identity, Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from spendsense.store.models.advice import one_of
from spendsense.store.session import Base
from spendsense.store.statuses import ACTION_REASONS, PERSON_REASONS, Action


class JobRun(Base):
    """One run of one job. `finished_at` stays empty when the process died."""

    __tablename__ = "job_runs"

    run_id: Mapped[uuid.UUID] = mapped_column(primary_key=True, server_default=text("gen_random_uuid()"))
    job: Mapped[str]
    as_of: Mapped[date]
    started_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    finished_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    outcome: Mapped[str | None]  # "complete", "deadline", "failed"
    counts: Mapped[dict[str, Any] | None] = mapped_column(JSONB)


class OperatorAction(Base):
    """One decision of an operator about one person, with its reason code; the free text is erasable."""

    __tablename__ = "operator_actions"
    __table_args__ = (
        CheckConstraint(one_of("action", Action), name="action"),
        CheckConstraint(one_of("reason_code", ACTION_REASONS), name="reason_code"),
    )

    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.user_id", ondelete="CASCADE"), primary_key=True)
    action_id: Mapped[uuid.UUID] = mapped_column(primary_key=True, server_default=text("gen_random_uuid()"))
    actor: Mapped[str]  # the operator's sub
    action: Mapped[str]
    reason_code: Mapped[str]
    note: Mapped[str | None]
    # Goes into the hash of the note that the audit keeps: without it nobody can tell of which text that is the hash.
    note_salt: Mapped[uuid.UUID] = mapped_column(server_default=text("gen_random_uuid()"))
    recommendation_id: Mapped[uuid.UUID | None]
    replacement_id: Mapped[uuid.UUID | None]  # the recommendation that an override put in the place
    from_status: Mapped[str | None]  # of the recommendation; of the person: flagged, unflagged; None: a note
    to_status: Mapped[str | None]
    undoes: Mapped[uuid.UUID | None]  # the action that this one took back
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True))


Index(None, OperatorAction.action_id)  # to find one by its id alone, as undo does
Index(
    "uq_operator_actions_undoes",
    OperatorAction.user_id,
    OperatorAction.undoes,
    unique=True,
    postgresql_where=OperatorAction.undoes.is_not(None),
)


class Flag(Base):
    """A mark that an operator put on a person, for as long as it stands."""

    __tablename__ = "flags"
    __table_args__ = (CheckConstraint(one_of("reason_code", PERSON_REASONS), name="reason_code"),)

    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.user_id", ondelete="CASCADE"), primary_key=True)
    action_id: Mapped[uuid.UUID]  # the operator's action by which it stands
    reason_code: Mapped[str]
    flagged_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))


class AuditEvent(Base):
    """What happened to a person's data, in codes and counts. Append-only, and it outlives the person's own rows.

    Written by `store.audit` alone, which says why the person stands here under a pseudonym.
    """

    __tablename__ = "audit_events"
    __table_args__ = (CheckConstraint(r"actor !~ '\n' AND event !~ '\n'", name="one_line"),)

    event_id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    subject: Mapped[uuid.UUID | None] = mapped_column(index=True)  # users.audit_subject; None: about nobody
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    actor: Mapped[str]  # "person", "operator:…", "job", "cli"
    event: Mapped[str]
    detail: Mapped[dict[str, Any]] = mapped_column(JSONB)


# With all that a search asks for: records that are passed over are not read themselves.
Index("ix_audit_events_actor", AuditEvent.actor, AuditEvent.event_id, postgresql_include=["at", "event"])
Index("ix_audit_events_event", AuditEvent.event, AuditEvent.event_id, postgresql_include=["at", "actor"])
Index(
    "ix_audit_events_day",  # as audit.records reads it, in UTC
    text("CAST(timezone('UTC', at) AS date)"),
    AuditEvent.event_id,
)


class AuditLink(Base):
    """The place of one audit record in the chain, and the chain's hash up to it. `audit.chain` gives the exact form.

    Written by the database itself, when the transaction that made the record commits; positions have no gaps. No
    foreign key: a record without a link, or a link without its record, is something that a verification finds.
    """

    __tablename__ = "audit_links"
    __table_args__ = (CheckConstraint("octet_length(hash) = 32", name="sha256"),)

    position: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)  # 1, 2, 3 …
    event_id: Mapped[int] = mapped_column(BigInteger, unique=True)
    hash: Mapped[bytes]


class AuditAnchor(Base):
    """How far the chain went at some moment, signed with a key that the database does not know. See `audit.anchors`."""

    __tablename__ = "audit_anchors"

    anchor_id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    count: Mapped[int] = mapped_column(BigInteger)
    last_event_id: Mapped[int] = mapped_column(BigInteger)  # 0: there was none
    head: Mapped[bytes]
    made_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    public_key: Mapped[bytes]
    signature: Mapped[bytes]
