"""What happened to a person's data, in codes and counts, under a pseudonym. Append-only: nothing here is ever changed.

The pseudonym is a random id on the person's own row of `users`. While the person is known, whoever may read that row
can follow their records; once the row is erased, nothing leads from the records to anybody, and they stay untouched.
A keyed hash of the person's id would do that only as long as its key is never kept beside a backup, a log line or an
export that names the id; a random id has no key to lose. For the same reason `detail` holds no id of the bank's and
no text, and an export leaves the pseudonym out.

An operator is known here by a hash of their `sub`, which is a random UUID: nobody can guess it, and who has the pool's
list of operators, as the bank must, can say whose it is. Taken off that list, an operator is known to nobody.

Free text stands apart, beside a salt; a record holds a hash of the two, so that the text can be erased and the chain of
the records (`audit.chain`) still holds. The database links each record when its transaction commits.
"""

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from spendsense.store.models import AuditEvent, User

OPERATOR = "operator:"
_PSEUDONYM_DIGITS = 32


def record(session: Session, user_id: UUID, event: str, *, actor: str, at: datetime, detail: Mapping[str, Any]) -> None:
    """Appends one record about one person, in the caller's transaction.

    `actor` is "person", "job", "cli", or "operator:" and the operator's sub, which is stored as its pseudonym.
    """
    record_each(session, {user_id: detail}, event, actor=actor, at=at)


def record_each(
    session: Session, details: Mapping[UUID, Mapping[str, Any]], event: str, *, actor: str, at: datetime
) -> None:
    """Appends one record about each of these people, with the person's own detail."""
    known = select(User.user_id, User.audit_subject).where(User.user_id.in_(details)).order_by(User.user_id)
    rows = [
        {"subject": subject, "at": at, "actor": pseudonym(actor), "event": event, "detail": dict(details[user_id])}
        for user_id, subject in session.execute(known)
    ]
    if rows:
        session.execute(insert(AuditEvent), rows)


def record_last(session: Session, subject: UUID, event: str, *, actor: str, at: datetime, detail: Any) -> int:
    """Appends the record of a person whose row is gone by now. Returns its number."""
    last = AuditEvent(subject=subject, at=at, actor=pseudonym(actor), event=event, detail=detail)
    session.add(last)
    session.flush()
    return last.event_id


def pseudonym(actor: str) -> str:
    """Under which name the audit knows an actor: an operator's sub becomes its hash, the others stay as they are."""
    if not actor.startswith(OPERATOR):
        return actor
    sub = actor.removeprefix(OPERATOR)
    return OPERATOR + hashlib.sha256(f"spendsense audit {sub}".encode()).hexdigest()[:_PSEUDONYM_DIGITS]
