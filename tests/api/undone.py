"""Requests whose traces are taken back one by one, and tables that are changed under them, within one test."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import cast

from sqlalchemy import Connection, text
from sqlalchemy.orm import Session

from spendsense.store.session import db


@contextmanager
def undone(session: Session) -> Iterator[None]:
    """What happens in the block, in however many transactions, has not happened after it. Needs the session fixture."""
    session.close()
    connection = cast(Connection, db.engines[None])
    connection.execute(text("SAVEPOINT undone"))
    try:
        yield
    finally:
        session.close()
        # SQLAlchemy would leave the savepoint standing, the next one within it: each would be slower than the last.
        connection.execute(text("ROLLBACK TO SAVEPOINT undone"))
        connection.execute(text("RELEASE SAVEPOINT undone"))


def change_tables(session: Session, statement: str) -> None:
    """Runs a statement that only the owner of the tables may run, whatever role the session has."""
    session.execute(text("SET LOCAL ROLE NONE"))
    session.execute(text(statement))
    session.commit()
