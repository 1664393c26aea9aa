"""The database session. One transaction a request, a shard or a command; whoever opens it ends it."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, cast

import psycopg2
import psycopg2.extensions
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import Connection, MetaData, event
from sqlalchemy.exc import OperationalError
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
    except (psycopg2.OperationalError, psycopg2.InterfaceError) as error:
        is_lost = bool(driver.closed)
        if is_lost:
            connection.invalidate(error)
        raise OperationalError("set-based SQL", None, error, connection_invalidated=is_lost) from error
