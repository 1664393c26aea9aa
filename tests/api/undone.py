"""Requests whose traces are taken back one by one, within a test whose own rows stay."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.orm import Session

from spendsense.store.session import db


@contextmanager
def undone(session: Session) -> Iterator[None]:
    """What happens in the block, in however many transactions, has not happened after it. Needs the session fixture."""
    session.close()
    point = db.engines[None].begin_nested()  # type: ignore[union-attr]
    try:
        yield
    finally:
        session.close()
        if point.is_active:
            point.rollback()
