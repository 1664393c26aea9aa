"""A real PostgreSQL for the tests: a database built by the migrations, and a session that forgets all it did."""

import os
from collections.abc import Iterator
from io import StringIO
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event
from sqlalchemy.orm import Session, SessionTransaction
from xdist.scheduler import LoadScopeScheduling

from spendsense import logs
from spendsense.app import create_app
from spendsense.config import load_settings
from spendsense.local.postgres import is_running, stop_if_idle
from spendsense.store import migrations
from spendsense.store.identity import Identity, acting_as
from spendsense.store.session import db
from tests.databases import let_go_of_server, new_database


class Server:
    """Whether the embedded server ran before the tests: if not, it is ended after them."""

    ran_before = True


def pytest_sessionstart() -> None:
    """Remembers whether the tests will start the server."""
    Server.ran_before = bool(os.environ.get("DATABASE_URL")) or is_running()


def pytest_sessionfinish() -> None:
    """Ends the server that the tests started, unless somebody else has come to use it."""
    let_go_of_server()
    if not Server.ran_before:
        stop_if_idle()


class ByFile(LoadScopeScheduling):
    """Where processes share the tests, those of one file stay together; and all that deploy, which takes longest."""

    def _split_scope(self, nodeid: str) -> str:
        return "tests/aws" if nodeid.startswith("tests/aws/") else nodeid.partition("::")[0]


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> ByFile:
    """How `--dist loadscope` shares them out."""
    return ByFile(config, log)


@pytest.fixture(scope="session")
def database_url() -> Iterator[str]:
    """A database of this test run alone, empty; dropped at the end."""
    with new_database() as url:
        yield url


@pytest.fixture(scope="session")
def app(database_url: str) -> Iterator[Flask]:
    """The application on a database that the migrations built from nothing."""
    app = create_app(load_settings({**os.environ, "ENVIRONMENT": "dev", "DATABASE_URL": database_url}))
    with app.app_context():
        migrations.upgrade()
    yield app
    with app.app_context():
        db.engine.dispose()


@pytest.fixture(autouse=True)
def as_owner() -> Iterator[None]:
    """A test itself owns the tables; what it calls acts for whom it says: a request, a job, a command."""
    with acting_as(Identity("none")):
        yield


@pytest.fixture
def session(app: Flask) -> Iterator[Session]:
    """The application's own session inside an outer transaction: what a test commits is undone after it."""
    with app.app_context():
        engine = db.engine
        connection = engine.connect()
        outer = connection.begin()
        db.session.remove()
        db.engines[None] = connection  # type: ignore[assignment]
        db.session.configure(join_transaction_mode="create_savepoint")

        def end_as_a_commit_would(_session: Session, ended: SessionTransaction) -> None:
            if ended.parent is None and not connection.invalidated:
                connection.exec_driver_sql("SET LOCAL ROLE NONE; DISCARD TEMP")

        event.listen(db.session, "after_transaction_end", end_as_a_commit_would)
        yield db.session()
        event.remove(db.session, "after_transaction_end", end_as_a_commit_would)
        db.session.remove()
        db.engines[None] = engine
        db.session.configure(join_transaction_mode="conditional_savepoint")
        outer.rollback()
        connection.close()


@pytest.fixture
def stream() -> Iterator[StringIO]:
    """All that is logged, as it is written."""
    written = StringIO()
    logs.configure_logging(written)
    yield written
    logs.configure_logging()
