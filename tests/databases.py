"""Databases on the server that all tests share, each for one purpose and dropped after it."""

import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

import psycopg2
import psycopg2.extensions
import sqlalchemy as sa
from flask import Flask
from flask_migrate import upgrade
from sqlalchemy.orm import Session

from spendsense.app import create_app
from spendsense.config import load_settings
from spendsense.local.postgres import server_url
from spendsense.store import migrations
from spendsense.store.identity import DatabaseRole
from spendsense.store.models import AuditEvent, AuditLink
from spendsense.store.session import Base, db

# Other tests may do the same at this moment.
MAKE_ROLE = "DO $$ BEGIN CREATE ROLE {} NOLOGIN; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$"


def let_own(login: str) -> list[str]:
    """What an administrator runs for an owner of tables who may not make the roles."""
    grant = f"GRANT {', '.join(DatabaseRole)} TO {login} WITH ADMIN TRUE, INHERIT FALSE"
    return [*(MAKE_ROLE.format(role) for role in DatabaseRole), grant]


_held: list[psycopg2.extensions.connection] = []


@cache
def shared_server() -> sa.URL:
    """The server: DATABASE_URL's, else the embedded one of this project, whatever home a test takes later.

    A connection is held from then on: other processes that end see by it that the server is still in use.
    """
    server = sa.make_url(server_url())
    login = server.set(drivername="postgresql").render_as_string(hide_password=False)
    _held.append(psycopg2.connect(login))
    return server


def let_go_of_server() -> None:
    """Closes the connection that was held."""
    while _held:
        _held.pop().close()


@contextmanager
def new_database(template: str = "template1", made: str = "") -> Iterator[str]:
    """The URL of a copy of the template: without one, of a database with nothing in it. `made` says how else it is."""
    server = shared_server()
    name = f"spendsense_test_{uuid.uuid4().hex[:12]}"
    admin = sa.create_engine(server, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
    with admin.connect() as connection:
        connection.execute(sa.text(f'CREATE DATABASE "{name}" TEMPLATE "{template}" {made}'))
    try:
        yield server.set(database=name).render_as_string(hide_password=False)
    finally:
        with admin.connect() as connection:
            connection.execute(sa.text(f'DROP DATABASE "{name}" WITH (FORCE)'))


@contextmanager
def application_before(revision: str) -> Iterator[Flask]:
    """The application on a database as it was at that revision, before the one that is tested."""
    with new_database() as url:
        app = create_app(load_settings({**os.environ, "ENVIRONMENT": "dev", "DATABASE_URL": url}))
        with app.app_context():
            migrations.register(app)
            upgrade(revision=revision)
            yield app
            db.session.remove()
            db.engine.dispose()


@contextmanager
def really_committed(app: Flask, *models: type[Base]) -> Iterator[Session]:
    """A session whose commits other connections see. All rows of these models, and the audit's, are deleted then."""
    with app.app_context():
        try:
            yield db.session()
        finally:
            db.session.rollback()
            for model in models:
                db.session.execute(sa.delete(model))
            db.session.execute(sa.text("SET LOCAL session_replication_role = replica"))  # the audit is append-only
            for record in (AuditEvent, AuditLink):
                db.session.execute(sa.delete(record))
            db.session.commit()
            db.session.remove()


@contextmanager
def two_logins(url: str) -> Iterator[dict[str, str | int]]:
    """A secret for that database as RDS would have it: a login that owns the tables, and one that only serves."""
    server, database = shared_server(), sa.make_url(url).database
    mark, password = uuid.uuid4().hex[:8], uuid.uuid4().hex
    owner, serving = f"owner_{mark}", f"serving_{mark}"
    admin = sa.create_engine(sa.make_url(url), isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
    with admin.connect() as connection:
        for login in (owner, serving):
            connection.execute(sa.text(f"CREATE ROLE {login} LOGIN PASSWORD '{password}'"))
        for statement in let_own(owner):
            connection.execute(sa.text(statement))
        connection.execute(sa.text(f'ALTER DATABASE "{database}" OWNER TO {owner}'))
    try:
        yield {
            "host": server.host or "127.0.0.1",
            "port": server.port or 5432,
            "dbname": database or "",
            "username": serving,
            "password": password,
            "migration_username": owner,
            "migration_password": password,
        }
    finally:
        with admin.connect() as connection:
            connection.execute(sa.text(f'ALTER DATABASE "{database}" OWNER TO CURRENT_USER'))
            for login in (serving, owner):
                connection.execute(sa.text(f"DROP OWNED BY {login} CASCADE"))
                connection.execute(sa.text(f"DROP ROLE {login}"))
