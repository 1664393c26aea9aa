"""The migration as the cloud runs it: with the logins of the secret, twice, at once, and when the code is older."""

import importlib
import json
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, date, datetime
from typing import Any

import psycopg2
import psycopg2.extensions
import pytest
import sqlalchemy as sa
from psycopg2.errors import InsufficientPrivilege
from sqlalchemy.exc import OperationalError, ProgrammingError

from spendsense.app import create_app
from spendsense.aws import secrets
from spendsense.config import load_settings
from spendsense.consent import ledger
from spendsense.consent.rights import erase
from spendsense.errors import ConfigurationError
from spendsense.ops import migrate
from spendsense.store import migrations
from spendsense.store.identity import JOB, DatabaseRole, acting_as
from spendsense.store.models import User
from spendsense.store.session import db, transaction
from tests.databases import new_database, shared_server, two_logins
from tests.pipeline.people import a_month_of_shopping, run_all

Login = dict[str, Any]


@pytest.fixture
def login(monkeypatch: pytest.MonkeyPatch) -> Iterator[Login]:
    """The secret of an empty database, with the login that migrates and the one that serves; AWS answers it."""
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.setenv("DATABASE_SECRET_ARN", "arn:of:the:secret")
    with new_database() as url, two_logins(url) as login:
        monkeypatch.setattr(secrets, "fetch", lambda _secret, _arn: json.dumps(login))
        yield login


@contextmanager
def cursor_of(login: Login, who: str = "migration_username") -> Iterator[psycopg2.extensions.cursor]:
    """A cursor of one of the logins; what it did is committed."""
    place = {name: login[name] for name in ("host", "port", "dbname", "password")}
    connection = psycopg2.connect(user=login[who], **place)
    try:
        with connection, connection.cursor() as cursor:
            yield cursor
    finally:
        connection.close()


def rows(login: Login, statement: str, who: str = "migration_username") -> list[Any]:
    """What the database answers to one of the logins."""
    with cursor_of(login, who) as cursor:
        cursor.execute(statement)
        return cursor.fetchall()


def administrate(login: Login, *statements: str) -> None:
    """Runs the statements as somebody who may do everything."""
    administrator = sa.create_engine(shared_server().set(database=login["dbname"]), poolclass=sa.NullPool)
    with administrator.begin() as connection:
        for statement in statements:
            connection.execute(sa.text(statement))


@contextmanager
def serving() -> Iterator[None]:
    """The application's context as a request has it."""
    with create_app(load_settings({**os.environ, "ENVIRONMENT": "dev"})).app_context():
        yield
        db.session.remove()
        db.engine.dispose()


def test_it_makes_the_tables_with_the_login_that_owns_them(login: Login) -> None:
    report = migrate.run({}, None)
    assert (report["from"], report["is_ahead"]) == (None, False)
    assert report["applied"][0] == "0001" and report["applied"][-1] == report["to"]
    owners = rows(login, "SELECT DISTINCT tableowner FROM pg_tables WHERE schemaname = 'public'")
    assert owners == [(login["migration_username"],)]


def test_a_second_run_finds_nothing_to_do(login: Login) -> None:
    first = migrate.run({}, None)
    again = migrate.run({}, None)
    assert (again["from"], again["to"], again["applied"]) == (first["to"], first["to"], [])


def test_runs_that_race_apply_each_revision_once(login: Login) -> None:
    with ThreadPoolExecutor(3) as pool:
        reports = list(pool.map(lambda _: migrate.run({}, None), range(3)))
    assert sorted(bool(report["applied"]) for report in reports) == [False, False, True]


def test_the_serving_login_can_do_all_that_serving_needs(login: Login) -> None:
    """Consent, data in, the three jobs, a revocation and an erasure, none of them by the owner of the tables."""
    migrate.run({}, None)
    with serving(), acting_as(JOB):
        with transaction() as session:
            assert session.scalar(sa.text("SELECT session_user")) == login["username"]
            user_id = a_month_of_shopping(session, "ann@example.com", consent=("analysis", "offers"))
        summaries = run_all(db.session(), date(2026, 3, 1))  # type: ignore[arg-type]
        assert [summary.people for summary in summaries] == [1, 1, 1]
        with transaction() as session:
            assert ledger.revoke(session, user_id, "analysis", method="api", text_version="1", at=datetime.now(UTC))
        with transaction() as session:
            erase(session, user_id, datetime.now(UTC))


def test_the_serving_login_can_change_no_table(login: Login) -> None:
    migrate.run({}, None)
    with serving(), acting_as(JOB):
        for statement in ("DROP TABLE users", "ALTER TABLE users ADD x int", "CREATE TABLE x (y int)"):
            with pytest.raises(ProgrammingError), transaction() as session:
                session.execute(sa.text(statement))


def test_the_serving_login_may_do_nothing_by_itself(login: Login) -> None:
    """Nor what an earlier release let it do."""
    migrate.run({}, None)
    with cursor_of(login) as cursor:
        cursor.execute(f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO {login['username']}")
        cursor.execute(f"ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO {login['username']}")
    migrate.run({}, None)
    with cursor_of(login) as cursor:
        cursor.execute("CREATE TABLE later (id int)")
    tables = [name for (name,) in rows(login, "SELECT tablename FROM pg_tables WHERE schemaname = 'public'")]
    assert {"users", "later"} < set(tables)
    for table in set(tables) - {"alembic_version"}:
        with pytest.raises(InsufficientPrivilege):
            rows(login, f"SELECT 1 FROM {table}", who="username")


def test_a_serving_login_that_is_missing_is_made_and_can_serve(login: Login) -> None:
    login["username"] = f"new_{login['username']}"
    with cursor_of(login) as cursor, pytest.raises(InsufficientPrivilege):
        cursor.execute(f"CREATE ROLE {login['username']}")
    administrate(login, f"ALTER ROLE {login['migration_username']} CREATEROLE")
    try:
        migrate.run({}, None)
        with serving(), acting_as(JOB), transaction() as session:
            assert session.scalar(sa.text("SELECT session_user")) == login["username"]
            assert session.scalar(sa.select(sa.func.count()).select_from(User)) == 0
    finally:
        administrate(login, f"DROP OWNED BY {login['username']} CASCADE", f"DROP ROLE {login['username']}")


def test_the_owner_of_the_tables_is_held_too_but_for_a_revision(login: Login) -> None:
    migrate.run({}, None)
    add, count = "INSERT INTO users (email) VALUES ('ann@example.com')", "SELECT count(*) FROM users"
    with cursor_of(login) as cursor:
        cursor.execute("SET LOCAL spendsense.migration = 'on'")
        cursor.execute(add)
    assert rows(login, count) == [(0,)]
    with pytest.raises(InsufficientPrivilege, match="row-level"):
        rows(login, add)
    with cursor_of(login) as cursor:
        cursor.execute("SET LOCAL spendsense.migration = 'on'")
        cursor.execute(count)
        assert cursor.fetchall() == [(1,)]


def test_an_owner_who_may_not_make_the_roles_is_told_how_to_go_on(login: Login) -> None:
    """On a server where nobody made them, as these of other names."""
    statement = importlib.import_module("migrations.versions.0019_second_wall").MAKE_ROLES
    with pytest.raises(InsufficientPrivilege) as refused:
        rows(login, statement.replace("spendsense_", "absent_"))
    assert refused.value.diag.message_hint == (
        f"Run as an administrator: ALTER ROLE {login['migration_username']} CREATEROLE"
    )


def test_an_owner_who_may_not_grant_the_roles_is_told_so(login: Login) -> None:
    administrate(login, f"REVOKE {', '.join(DatabaseRole)} FROM {login['migration_username']}")
    with pytest.raises(ConfigurationError, match=r"may not migrate: .*ADMIN option on role"):
        migrate.run({}, None)


def test_code_that_is_older_than_the_database_leaves_it_alone(login: Login) -> None:
    migrate.run({}, None)
    with cursor_of(login) as cursor:
        cursor.execute("UPDATE alembic_version SET version_num = '9999'")
    report = migrate.run({}, None)
    assert (report["from"], report["to"], report["applied"], report["is_ahead"]) == ("9999", "9999", [], True)


def test_one_that_waits_too_long_for_another_says_so(login: Login, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(migrations, "LONGEST_WAIT", "100ms")
    with cursor_of(login) as other:
        other.execute(migrations.LOCK)
        with pytest.raises(OperationalError, match="lock timeout"):
            migrate.run({}, None)
    assert migrate.run({}, None)["applied"]


def test_a_revision_that_fails_leaves_nothing_of_itself_and_is_raised(login: Login) -> None:
    """A table of the same name is in the way of the first revision."""
    with cursor_of(login) as cursor:
        cursor.execute("CREATE TABLE users (x int)")
    with pytest.raises(ProgrammingError):
        migrate.run({}, None)
    left = rows(login, "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'alembic_version'")
    assert left == [("users",)]
    with cursor_of(login) as cursor:
        cursor.execute("DROP TABLE users")
    assert migrate.run({}, None)["applied"]
