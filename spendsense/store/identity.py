"""For whom the database is asked. Each transaction begins by saying so, and row-level security goes by what it says.

A transaction runs as one of five roles (`DatabaseRole`). A consumer's sees the rows of one person: whose login it is,
by the token's verified `sub`, or by its verified email where nobody has claimed that record yet. Where nobody said for
whom, it is a consumer's that is nobody's, and sees nothing.

The person's id is read from their own row, which that same rule shows (`consent.people.user_of_login`), and holds for
the transaction; later ones of the same request begin with it (`remember`).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar, Token
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final
from uuid import UUID

from sqlalchemy import Connection, text


class DatabaseRole(StrEnum):
    """The database's roles. `migrations` says what each may do with which table."""

    CONSUMER = "spendsense_consumer"
    REFRESH = "spendsense_refresh"  # the stations at work for one consumer, within their request
    OPERATOR = "spendsense_operator"
    AUDITOR = "spendsense_auditor"
    JOB = "spendsense_job"


@dataclass(slots=True)
class Identity:
    """Who acts. `sub` and `email` are the verified token's; a consumer's ids are known once their row is read."""

    role: str
    sub: str = ""
    email: str = ""  # lower case
    user_id: UUID | None = None
    audit_subject: UUID | None = None
    statement_seconds: int | None = None  # how long a statement may take; None: as the login has it


JOB: Final = Identity(DatabaseRole.JOB)
"""The jobs, and the commands of whoever runs the service: they work on everybody."""

_current: ContextVar[Identity | None] = ContextVar("identity", default=None)

# A setting that is local to the transaction ends with it, and so does a role.
_BEGIN = text("""
    SELECT
        set_config('role', :role, true),
        set_config('search_path', 'public, pg_temp', true),  -- no temporary table takes the place of a real one
        set_config('spendsense.sub', :sub, true),
        set_config('spendsense.email', :email, true),
        set_config('spendsense.user_id', :user_id, true),
        set_config('spendsense.audit_subject', :audit_subject, true),
        set_config('statement_timeout', COALESCE(:limit, current_setting('statement_timeout')), true)
""")


def current() -> Identity:
    """Who acts at the moment; nobody, unless it was said."""
    return _current.get() or Identity(DatabaseRole.CONSUMER)


def act_as(identity: Identity) -> Token[Identity | None]:
    """From the next transaction on, this one acts; until `act_as_before` gets what this returns."""
    return _current.set(identity)


def act_as_before(token: Token[Identity | None]) -> None:
    """Takes an `act_as` back."""
    _current.reset(token)


@contextmanager
def acting_as(identity: Identity) -> Iterator[None]:
    """The transactions that begin in the block are those of `identity`."""
    token = act_as(identity)
    try:
        yield
    finally:
        act_as_before(token)


def for_refresh() -> Identity:
    """As whom a person's data is worked through at once: for a consumer, still on their rows alone; else as a job."""
    identity = current()
    return replace(identity, role=DatabaseRole.REFRESH) if identity.role == DatabaseRole.CONSUMER else JOB


def begin(connection: Connection) -> None:
    """Says to a transaction that has just begun who acts in it."""
    identity = current()
    connection.execute(
        _BEGIN,
        {
            "role": identity.role,
            "sub": identity.sub,
            "email": identity.email,
            "user_id": _text(identity.user_id),
            "audit_subject": _text(identity.audit_subject),
            "limit": identity.statement_seconds and f"{identity.statement_seconds}s",
        },
    )


def remember(user_id: UUID, audit_subject: UUID) -> None:
    """Has later transactions of whoever acts begin as this person's, whose row of `users` this one was shown."""
    identity = current()
    if identity.role == DatabaseRole.CONSUMER:
        identity.user_id, identity.audit_subject = user_id, audit_subject


def _text(value: UUID | None) -> str:
    return "" if value is None else str(value)
