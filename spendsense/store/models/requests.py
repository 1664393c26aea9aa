"""What is remembered of requests for a while: answers that may have to be given again, and how fast somebody asks.

Neither table says who asked or for what: keys are hashes, and an answer lies sealed under the caller's own key.
"""

import uuid
from datetime import datetime

from sqlalchemy import DateTime, ForeignKey, Index, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from spendsense.store.session import Base


class KeptAnswer(Base):
    """A request that was carried out under an `Idempotency-Key`, for 24 hours.

    Written with what the request did, in one transaction; the answer follows when it has been made.
    """

    __tablename__ = "kept_answers"

    key_hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)  # of caller, route and key
    request_hash: Mapped[bytes] = mapped_column(LargeBinary)  # of path, query and body
    # Whose request it was, where that is a person we know: it goes when they go.
    caller_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.user_id", ondelete="CASCADE"), index=True)
    answer: Mapped[bytes | None] = mapped_column(LargeBinary)  # sealed; None: not made yet
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True))


class RequestRate(Base):
    """How many requests somebody may still make at once. Unlogged: what a crash forgets is filled again in a minute."""

    __tablename__ = "request_rates"
    __table_args__ = ({"prefixes": ["UNLOGGED"], "postgresql_with": {"fillfactor": "50"}},)

    subject_hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    tokens: Mapped[float]
    is_refused: Mapped[bool]  # whether the last request was
    filled_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))


Index("ix_kept_answers_at", KeptAnswer.at)
