"""The database session. One transaction a request, a shard or a command; whoever opens it ends it."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, cast

import psycopg2
import psycopg2.extensions
from flask_sqlalchemy import SQLAlchemy
from psycopg2.errors import ReadOnlySqlTransaction
from sqlalchemy import Connection, Engine, ExceptionContext, MetaData, event
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.orm import DeclarativeBase, Session, SessionTransaction

from spendsense.store import identity

NAMING = {
    "pk": "pk_%(table_name)s",
    "fk": "fk_%(table_name)s_%(referred_table_name)s",
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
}


class Base(DeclarativeBase):
    """Base of the models; names of constraints and indexes follow `NAMING`."""

    metadata = MetaData(naming_convention=NAMING)


db = SQLAlchemy(model_class=Base, session_options={"expire_on_commit": False})


@event.listens_for(db.session, "after_begin")
def _say_who_acts(_session: Session, transaction: SessionTransaction, connection: Connection) -> None:
    """Whoever acts is said before anything else (see `store.identity`); a savepoint lies in a transaction that said."""
    if not transaction.nested:
        identity.begin(connection)


@event.listens_for(Engine, "handle_error")
def _leave_a_standby(context: ExceptionContext) -> None:
    """A server that takes no changes any more, as after a failover, is lost: all links to it are given up, and the next
    transaction connects anew. It still answers the question whether a link is alive."""
    if isinstance(context.original_exception, ReadOnlySqlTransaction):
        context.is_disconnect = True


def is_outage(error: Exception) -> bool:
    """True when the database or the link to it failed, or it takes no changes, rather than somebody's data."""
    if isinstance(error, DBAPIError) and error.connection_invalidated:
        return True
    return isinstance(error, InterfaceError | OperationalError)


@contextmanager
def transaction() -> Iterator[Session]:
    """The current session, committed at the end of the block, or rolled back whole when it raises."""
    session = cast(Session, db.session())
    try:
        yield session
        session.commit()
    except BaseException:
        session.rollback()
        raise


@contextmanager
def raw_cursor(session: Session) -> Iterator[psycopg2.extensions.cursor]:
    """A psycopg2 cursor inside the session's own transaction, for COPY and set-based SQL.

    A link that fails under it is raised as SQLAlchemy's OperationalError, as it is everywhere else, and given up.
    """
    session.flush()
    connection = session.connection()
    driver: Any = connection.connection.driver_connection
    try:
        with driver.cursor() as cursor:
            yield cursor
    except (psycopg2.OperationalError, psycopg2.InterfaceError, ReadOnlySqlTransaction) as error:
        is_lost = bool(driver.closed) or isinstance(error, ReadOnlySqlTransaction)
        if is_lost:
            connection.invalidate(error)
        raise OperationalError("set-based SQL", None, error, connection_invalidated=is_lost) from error
