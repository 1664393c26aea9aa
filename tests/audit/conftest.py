"""Databases with a chained audit, each a copy of one that was filled once, and an attacker who owns it."""

import os
from collections.abc import Iterator

import psycopg2
import pytest
import sqlalchemy as sa
from flask import Flask

from spendsense.app import create_app
from spendsense.config import load_settings
from spendsense.store import migrations
from spendsense.store.session import db
from tests.databases import new_database

RECORDS = 20_000

# Every hundredth is about nobody; details have quotes, backslashes, line feeds and letters beyond ASCII in them.
FILL = r"""
INSERT INTO audit_events (subject, at, actor, event, detail)
SELECT
    CASE WHEN number % 100 <> 0 THEN md5(number::text)::uuid END,
    '2026-11-24T01:00:00Z'::timestamptz + number * interval '1.000001 seconds',
    CASE number % 3 WHEN 0 THEN 'person' WHEN 1 THEN 'job' ELSE 'operator:' || md5(number::text) END,
    'consent.analysis.revoked',
    jsonb_build_object('deleted', jsonb_build_object('signals', number, 'à "b" \ c', E'line\nfeed\ttab'))
FROM generate_series(1, {count}) AS number
"""


class Attacker:
    """Somebody with the login that owns the tables, who puts the triggers aside."""

    def __init__(self, url: str) -> None:
        self.url = sa.make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)

    def run(self, *statements: str) -> None:
        """Runs the statements in one transaction without any trigger, and commits."""
        connection = psycopg2.connect(self.url)
        with connection, connection.cursor() as cursor:
            cursor.execute("SET session_replication_role = replica")
            for statement in statements:
                cursor.execute(statement)
        connection.close()


def application_on(url: str) -> Flask:
    return create_app(load_settings({**os.environ, "ENVIRONMENT": "dev", "DATABASE_URL": url}))


def fill(count: int) -> None:
    """Appends so many records in one transaction."""
    with db.engine.begin() as connection:
        connection.exec_driver_sql(FILL.format(count=count).replace("%", "%%"))


@pytest.fixture(scope="session")
def empty_template() -> Iterator[str]:
    """Name of a migrated database without a record."""
    with new_database() as url:
        with application_on(url).app_context():
            migrations.upgrade()
            db.engine.dispose()
        yield sa.make_url(url).database or ""


@pytest.fixture(scope="session")
def filled_template(empty_template: str) -> Iterator[str]:
    """Name of a database with 20,000 records."""
    with new_database(empty_template) as url:
        with application_on(url).app_context():
            fill(RECORDS)
            with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                connection.exec_driver_sql("VACUUM ANALYZE audit_events, audit_links")
            db.engine.dispose()
        yield sa.make_url(url).database or ""


@pytest.fixture
def app(request: pytest.FixtureRequest) -> Iterator[Flask]:
    """The application inside its context, on a copy of the template that `records` names: 0 or 20,000 of them."""
    template = request.getfixturevalue(getattr(request, "param", "empty_template"))
    with new_database(template) as url:
        app = application_on(url)
        with app.app_context():
            yield app
            db.session.remove()
            db.engine.dispose()


@pytest.fixture
def attacker(app: Flask) -> Attacker:
    return Attacker(app.config["SQLALCHEMY_DATABASE_URI"])
