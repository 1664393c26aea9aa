"""Answers that are kept for a day, so that a request which comes again is answered and not carried out again.

The mark that a request was carried out is written in the transaction that does so: both stand, or neither. The answer
follows when it has been made.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import CursorResult, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from spendsense.errors import Conflict, KeyReused
from spendsense.store.models import KeptAnswer

KEPT_FOR: Final = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Before:
    """A request that came before under the same key: what it was, when, and its sealed answer where it is made."""

    request_hash: bytes
    answer: bytes | None
    at: datetime


def find(session: Session, key_hash: bytes, at: datetime) -> Before | None:
    """The request of the last 24 hours under the key; None: there is none, and this transaction may `mark` its own.

    Raises Conflict while another transaction is carrying it out.
    """
    lock = int.from_bytes(key_hash[:8], "big", signed=True)
    if not session.scalar(select(func.pg_try_advisory_xact_lock(lock))):
        raise Conflict("This request is being carried out at the moment; ask again in a few seconds.")
    columns = (KeptAnswer.request_hash, KeptAnswer.answer, KeptAnswer.at)
    live = (KeptAnswer.key_hash == key_hash, KeptAnswer.at > at - KEPT_FOR)
    found = session.execute(select(*columns).where(*live)).one_or_none()
    return None if found is None else Before(*found)


def mark(session: Session, key_hash: bytes, request_hash: bytes, caller_id: UUID | None, at: datetime) -> None:
    """Marks the request as carried out by this transaction, which has asked `find` and holds the caller's row.

    The mark's foreign key shares that row. Who first shares it and then asks for it alone, as whatever writes for a
    person does, would wait for another one that does the same, and that one for it. Raises KeyReused.
    """
    session.execute(delete(KeptAnswer).where(KeptAnswer.key_hash == key_hash, KeptAnswer.at <= at - KEPT_FOR))
    values = {"key_hash": key_hash, "request_hash": request_hash, "caller_id": caller_id, "at": at}
    fresh = insert(KeptAnswer).values(values).on_conflict_do_nothing().returning(KeptAnswer.key_hash)
    if session.scalar(fresh) is None:  # that of the same login in another role, which this one is not shown
        raise KeyReused("This key was used within the last 24 hours, with another request.")


def keep(session: Session, key_hash: bytes, answer: bytes) -> None:
    """Adds the sealed answer to the mark, where that still stands."""
    session.execute(update(KeptAnswer).where(KeptAnswer.key_hash == key_hash).values(answer=answer))


def purge(session: Session, at: datetime) -> int:
    """Deletes what has been kept for a day. Returns how many."""
    gone = session.execute(delete(KeptAnswer).where(KeptAnswer.at <= at - KEPT_FOR))
    assert isinstance(gone, CursorResult)
    return gone.rowcount
