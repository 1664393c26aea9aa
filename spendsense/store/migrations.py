"""The tables brought up to date, by one process at a time, and whether they are.

Nothing that serves requests imports this: Alembic alone would be a tenth of a cold start.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg2
import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import Flask, current_app
from flask_migrate import Migrate
from psycopg2.errors import InsufficientPrivilege
from sqlalchemy.exc import ProgrammingError

from spendsense.errors import ConfigurationError
from spendsense.store.identity import DatabaseRole
from spendsense.store.session import db

DIRECTORY = Path(__file__).resolve().parent.parent.parent / "migrations"
LONGEST_WAIT = "120s"  # for another process's migration; then it is told, and may be called again
LOCK = "SELECT pg_advisory_lock(hashtext('spendsense migration'))"
UNLOCK = "SELECT pg_advisory_unlock(hashtext('spendsense migration'))"

_ROLES = {"roles": list(DatabaseRole)}


@dataclass(frozen=True, slots=True)
class Upgrade:
    """What an upgrade did: the revision before (None: there were no tables), the one after, and the steps between.

    `is_ahead`: the database is newer than this code, as after a rollback; nothing was done, and the code can serve.
    """

    before: str | None
    after: str | None
    applied: tuple[str, ...]
    is_ahead: bool = False


def register(app: Flask) -> None:
    """Gives an application Flask-Migrate's configuration, and with it `flask db` to write a new revision with."""
    Migrate(app, db, directory=str(DIRECTORY).replace("%", "%%"))  # Alembic keeps it as a value of an ini file


@contextmanager
def locked() -> Iterator[sa.Connection]:
    """An autocommitting connection that holds the migrations' lock: of processes that race, one goes after the other.

    Raises SQLAlchemy's OperationalError when another holds it for longer than two minutes.
    """
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(sa.text(f"SET lock_timeout = '{LONGEST_WAIT}'"))
        connection.execute(sa.text(LOCK))
        try:
            yield connection
        finally:
            connection.execute(sa.text(UNLOCK))
            connection.execute(sa.text("RESET lock_timeout"))


def upgrade() -> Upgrade:
    """Applies what is pending, each revision in a transaction of its own. Raises what a revision raises.

    Needs the application's context, and a second connection beside the one that holds the lock.
    """
    with locked() as connection:
        return upgrade_under_lock(connection)


def upgrade_under_lock(connection: sa.Connection, serving: str | None = None) -> Upgrade:
    """The same for who holds the lock on `connection` already.

    `serving` is the login that will act in the database's roles, where it is not this one. Raises ConfigurationError
    that says which right a login lacks, and for a database that can't hold every letter.
    """
    _require_unicode(connection)
    before = _revision(connection)
    script = ScriptDirectory.from_config(_config())
    known = {step.revision for step in script.walk_revisions()}
    if before is not None and before not in known:
        return Upgrade(before, before, (), is_ahead=True)
    try:
        command.upgrade(_config(), "head")
        _let_act(connection, serving)
    except ProgrammingError as error:
        if isinstance(error.orig, InsufficientPrivilege):
            raise ConfigurationError(_what_is_lacking(error.orig)) from error
        raise
    after = _revision(connection)
    steps = script.iterate_revisions(after, before) if after else ()
    return Upgrade(before, after, tuple(step.revision for step in steps)[::-1])


def is_current() -> bool:
    """Whether the database stands at the last revision."""
    with db.engine.connect() as connection:
        return _revision(connection) == ScriptDirectory.from_config(_config()).get_current_head()


def missing_roles(connection: sa.Connection, login: str | None = None) -> list[str]:
    """The database's roles in which a login may not act; without its name, the one that asks."""
    may_not = "SELECT rolname FROM pg_roles WHERE NOT pg_has_role(COALESCE(:login, current_user), oid, 'SET')"
    known = connection.scalars(sa.text("SELECT rolname FROM pg_roles WHERE rolname = ANY(:roles)"), _ROLES).all()
    barred = connection.scalars(sa.text(f"{may_not} AND rolname = ANY(:roles)"), {**_ROLES, "login": login}).all()
    return sorted({*barred, *(set(DatabaseRole) - set(known))})


def _require_unicode(connection: sa.Connection) -> None:
    """Where the machine's locale is C, a database that is made without a word about it takes bytes for letters."""
    encoding = connection.scalar(sa.text("SHOW server_encoding"))
    if encoding != "UTF8":
        raise ConfigurationError(
            f"The database's encoding is {encoding}, and must be UTF8: createdb --template=template0 --encoding=UTF8 …"
        )


def _let_act(connection: sa.Connection, serving: str | None) -> None:
    """Lets the login take on each role for a transaction; by itself it gains nothing from them."""
    login = serving or str(connection.scalar(sa.text("SELECT current_user")))
    quoted = connection.dialect.identifier_preparer.quote(login)
    for role in missing_roles(connection, login):
        connection.execute(sa.text(f"GRANT {role} TO {quoted} WITH INHERIT FALSE, SET TRUE"))


def _what_is_lacking(refusal: psycopg2.Error) -> str:
    """What the server says of a login that may not do something; a revision's statements quote nobody's row."""
    said = (refusal.diag.message_primary, refusal.diag.message_detail, refusal.diag.message_hint)
    return "This login may not migrate: " + ". ".join(part.rstrip(".") for part in said if part) + "."


def _revision(connection: sa.Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def _config() -> Config:
    if "migrate" not in current_app.extensions:
        register(current_app._get_current_object())  # type: ignore[attr-defined]  # noqa: SLF001  Flask's own way
    found: Config = current_app.extensions["migrate"].migrate.get_config()
    return found
