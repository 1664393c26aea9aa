"""One transaction a request, with a limit to how long the database may take."""

from collections.abc import Iterator
from contextlib import contextmanager

from flask import g
from sqlalchemy import text
from sqlalchemy.orm import Session

from spendsense.store.session import transaction

STATEMENT_SECONDS = 25  # API Gateway gives up after 29


@contextmanager
def request_transaction() -> Iterator[Session]:
    """A transaction whose statements are cancelled after 25 s; committed at the end, rolled back when it raises.

    The first one of a request that may come again (`api.idempotency`) holds the mark that it was carried out.
    """
    with transaction() as session:
        session.execute(
            text("SELECT set_config('statement_timeout', :limit, true)"), {"limit": f"{STATEMENT_SECONDS}s"}
        )
        if (claim := g.pop("claim", None)) is not None:
            claim(session)
        yield session
