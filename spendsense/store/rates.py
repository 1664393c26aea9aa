"""How fast somebody asks: a bucket of tokens each, in the database, so that it holds whichever process is asked."""

import math
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import CursorResult, delete, text
from sqlalchemy.orm import Session

from spendsense.store.models import RequestRate

FORGOTTEN_AFTER: Final = timedelta(hours=1)  # by then a bucket is full, as is one that was never there

# A bucket holds a minute's tokens and is filled evenly. A process whose clock is behind takes no tokens away.
# Answers (tokens, is_refused), e.g. (119.0, FALSE) for the first request of 120 a minute.
_TAKE: Final = text("""
    INSERT INTO request_rates AS rate (subject_hash, tokens, is_refused, filled_at)
    VALUES (:subject_hash, CAST(:most AS double precision) - 1, FALSE, :at)
    ON CONFLICT (subject_hash) DO UPDATE
    SET (tokens, is_refused, filled_at) = (
        SELECT
            CASE WHEN filled >= 1 THEN filled - 1 ELSE filled END,
            filled < 1,
            GREATEST(rate.filled_at, EXCLUDED.filled_at)
        FROM (
            SELECT LEAST(
                :most,
                rate.tokens + GREATEST(EXTRACT(EPOCH FROM EXCLUDED.filled_at - rate.filled_at), 0) * :most / 60
            )::double precision AS filled
        ) AS bucket
    )
    RETURNING tokens, is_refused
""")


def take(session: Session, subject_hash: bytes, per_minute: int, at: datetime) -> int:
    """Takes a token. Returns 0, or after how many seconds there will be one: then none was taken."""
    values = {"subject_hash": subject_hash, "most": per_minute, "at": at}
    tokens, is_refused = session.execute(_TAKE, values).one()
    return max(1, math.ceil(round((1 - tokens) * 60 / per_minute, 3))) if is_refused else 0


def purge(session: Session, at: datetime) -> int:
    """Deletes the buckets that are full by now. Returns how many."""
    gone = session.execute(delete(RequestRate).where(RequestRate.filled_at <= at - FORGOTTEN_AFTER))
    assert isinstance(gone, CursorResult)
    return gone.rowcount
