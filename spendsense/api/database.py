"""One transaction a request. Who acts in it, and how long a statement may take, is said in `api.auth`."""

from collections.abc import Iterator
from contextlib import contextmanager

from flask import g
from sqlalchemy.orm import Session

from spendsense.store.session import transaction


@contextmanager
def request_transaction() -> Iterator[Session]:
    """A transaction, committed at the end of the block, rolled back when it raises.

    The first one of a request that may come again (`api.idempotency`) holds the mark that it was carried out.
    """
    with transaction() as session:
        if (claim := g.pop("claim", None)) is not None:
            claim(session)
        yield session


@contextmanager
def preliminary_transaction() -> Iterator[Session]:
    """A transaction that only asks, before long work outside of any: the mark is left to the one that acts.

    What it was told may have changed by then, and has to be asked again.
    """
    with transaction() as session:
        yield session
