"""Logins at a real PostgreSQL whose secret is rotated: the server refuses the old one, and nothing is restarted."""

import json
import traceback
import uuid
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from io import StringIO
from typing import Any
from urllib.parse import quote

import psycopg2
import psycopg2.extensions
import pytest
import sqlalchemy as sa
from flask import Flask
from psycopg2 import sql

from spendsense.api.tokens import KeyRing, PoolVerifier
from spendsense.app import LINK, create_app
from spendsense.aws import secrets
from spendsense.aws.secrets import Secret
from spendsense.config import load_settings
from spendsense.errors import Unavailable
from spendsense.local.postgres import server_url
from spendsense.store import migrations
from spendsense.store.connecting import connector, reason_of
from spendsense.store.session import db
from tests.api.conftest import CLIENT_ID, ISSUER, Pool
from tests.databases import let_own, new_database

ARN = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:database-AbCdEf"
UNUSABLE = "The database secret can't be used at the moment."
ME = "/api/v1/users/me"


class Server:
    """The tests' PostgreSQL as its superuser uses it."""

    def __init__(self) -> None:
        self.url = sa.make_url(server_url())
        self.names: list[str] = []
        self._connection = psycopg2.connect(self.url.set(drivername="postgresql").render_as_string(hide_password=False))
        self._connection.autocommit = True

    def run(self, statement: str, *names: str, **values: Any) -> None:
        """Runs it with the names in its braces."""
        with self._connection.cursor() as cursor:
            cursor.execute(sql.SQL(statement).format(*map(sql.Identifier, names)), values)

    def add_login(self, password: str = "") -> tuple[str, str]:
        """The name and password of a role that may log in."""
        name, password = f"canary_{uuid.uuid4().hex[:12]}", password or f"canary-{uuid.uuid4().hex}"
        self.run("CREATE ROLE {} LOGIN PASSWORD %(password)s", name, password=password)
        self.names.append(name)
        return name, password

    def set_password(self, name: str) -> str:
        """Gives a role another password, and says which."""
        password = f"canary-{uuid.uuid4().hex}"
        self.run("ALTER ROLE {} PASSWORD %(password)s", name, password=password)
        return password

    def end_connections(self, name: str) -> None:
        self.run("SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE usename = %(name)s", name=name)

    def close(self) -> None:
        for name in self.names:
            self.run("DROP ROLE IF EXISTS {}", name)
        self._connection.close()


@dataclass
class Kept:
    """What AWS keeps as the database's secret, who may read it, and each time that it was asked for."""

    content: dict[str, Any] | str
    is_denied: bool = False
    asked: list[str] = field(default_factory=list)

    def fetch(self, secret: Secret, arn: str) -> str:
        self.asked.append(arn)
        if self.is_denied:
            raise secret.unusable("denied") from None
        return self.content if isinstance(self.content, str) else json.dumps(self.content)


@pytest.fixture
def server() -> Iterator[Server]:
    server = Server()
    yield server
    server.close()


@pytest.fixture
def login(server: Server) -> tuple[str, str]:
    """The name and password of the role that the secret names at first."""
    return server.add_login()


@pytest.fixture
def kept(server: Server, login: tuple[str, str], monkeypatch: pytest.MonkeyPatch) -> Kept:
    """The secret, read again whenever a connection is refused."""
    username, password = login
    url = server.url
    address = {"host": url.host, "port": url.port or 5432, "dbname": url.database, "sslmode": "prefer"}
    kept = Kept({**address, "username": username, "password": password})
    monkeypatch.setattr(secrets, "fetch", kept.fetch)
    monkeypatch.setattr(secrets, "SECONDS_BETWEEN_READS", 0.0)
    return kept


@pytest.fixture
def secret() -> Secret:
    return Secret("database", ARN)


@pytest.fixture
def tries(kept: Kept, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The users for whom a connection was tried; each is tried for real."""
    users: list[str] = []
    really = psycopg2.connect

    def connect(*arguments: Any, **options: Any) -> psycopg2.extensions.connection:
        users.append(options["user"])
        return really(*arguments, **options)

    monkeypatch.setattr(psycopg2, "connect", connect)
    return users


def shown(connection: psycopg2.extensions.connection, setting: str) -> str:
    """A setting of a new connection, which is closed after it."""
    with closing(connection), connection.cursor() as cursor:
        cursor.execute(f"SELECT {setting}::text")
        row = cursor.fetchone()
    assert row is not None
    return str(row[0])


def user_of(connection: psycopg2.extensions.connection) -> str:
    return shown(connection, "current_user")


def test_it_logs_in_as_the_secret_says(secret: Secret, kept: Kept, login: tuple[str, str]) -> None:
    connect = connector(secret, LINK)
    assert kept.asked == []  # not before a connection is needed
    assert [user_of(connect()) for _ in range(3)] == [login[0]] * 3
    assert kept.asked == [ARN]
    assert shown(connect(), "current_setting('application_name')") == "spendsense"  # the options reach the server


def test_a_url_with_an_encoded_password_logs_in(secret: Secret, server: Server, kept: Kept) -> None:
    name, password = server.add_login("canary p@ss/w:rd%#?+é\\'\"")
    address = f"{server.url.host}:{server.url.port or 5432}/{server.url.database}"
    kept.content = f"postgres://{name}:{quote(password, safe='')}@{address}?sslmode=prefer"
    assert user_of(connector(secret, LINK)()) == name
    assert user_of(connector(secret, LINK, is_migration=True)()) == name


def test_a_migration_logs_in_as_whoever_owns_the_tables(
    secret: Secret, server: Server, kept: Kept, login: tuple[str, str]
) -> None:
    assert user_of(connector(secret, LINK, is_migration=True)()) == login[0]  # nobody else is named
    owner, password = server.add_login()
    kept.content = {**dict(kept.content), "migration_username": owner, "migration_password": password}
    secret.refresh()
    assert user_of(connector(secret, LINK, is_migration=True)()) == owner
    assert user_of(connector(secret, LINK)()) == login[0]


# Rotation.


def test_a_rotated_password_is_followed_without_a_restart(
    secret: Secret, server: Server, kept: Kept, login: tuple[str, str], tries: list[str]
) -> None:
    connect = connector(secret, LINK)
    connect().close()
    kept.content = {**dict(kept.content), "password": server.set_password(login[0])}
    assert user_of(connect()) == login[0]
    assert tries == [login[0]] * 3  # the first connection, the refused one, the one with the new password
    assert user_of(connect()) == login[0]
    assert kept.asked == [ARN] * 2
    assert len(tries) == 4


def test_a_rotation_to_another_user_is_followed(
    secret: Secret, server: Server, kept: Kept, login: tuple[str, str], tries: list[str]
) -> None:
    connect = connector(secret, LINK)
    connect().close()
    other, password = server.add_login()
    kept.content = {**dict(kept.content), "username": other, "password": password}
    assert user_of(connect()) == login[0]  # the old one still works, so nothing is read again
    server.run("ALTER ROLE {} NOLOGIN", login[0])
    assert user_of(connect()) == other
    assert kept.asked == [ARN] * 2


def test_a_rotated_migration_login_is_followed(secret: Secret, server: Server, kept: Kept) -> None:
    owner, password = server.add_login()
    kept.content = {**dict(kept.content), "migration_username": owner, "migration_password": password}
    connect = connector(secret, LINK, is_migration=True)
    connect().close()
    kept.content = {**kept.content, "migration_password": server.set_password(owner)}
    assert user_of(connect()) == owner


def test_the_secret_is_read_again_at_most_every_thirty_seconds(
    secret: Secret,
    server: Server,
    kept: Kept,
    login: tuple[str, str],
    tries: list[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(secrets, "SECONDS_BETWEEN_READS", 3_600.0)
    connect = connector(secret, LINK)
    connect().close()
    kept.content = {**dict(kept.content), "password": server.set_password(login[0])}
    for _ in range(2):
        with pytest.raises(psycopg2.OperationalError):
            connect()
    assert kept.asked == [ARN]
    assert len(tries) == 3
    monkeypatch.setattr(secrets, "SECONDS_BETWEEN_READS", 0.0)  # the time has passed
    assert user_of(connect()) == login[0]
    assert kept.asked == [ARN] * 2


@pytest.mark.parametrize(
    "refusal", ["ALTER ROLE {} PASSWORD 'another'", "ALTER ROLE {} NOLOGIN", "DROP ROLE {}"], ids=lambda text: text[:10]
)
def test_a_secret_that_has_not_changed_is_not_tried_twice(
    refusal: str, secret: Secret, server: Server, kept: Kept, login: tuple[str, str], tries: list[str]
) -> None:
    connect = connector(secret, LINK)
    connect().close()
    server.run(refusal, login[0])
    with pytest.raises(psycopg2.OperationalError) as caught:
        connect()
    assert login[1] not in "".join(traceback.format_exception(caught.value))
    assert tries == [login[0]] * 2
    assert kept.asked == [ARN] * 2


@pytest.mark.parametrize(
    ("statement", "change", "reason"),
    [
        ("ALTER ROLE {} PASSWORD 'another'", {}, "login refused"),
        ("ALTER ROLE {} NOLOGIN", {}, "login refused"),
        ("ALTER ROLE {} CONNECTION LIMIT 0", {}, "too many connections"),
        ("", {"dbname": "nowhere"}, "no such login or database"),
        ("", {"port": 1}, "connection refused: nothing listens there"),
        ("", {"host": "canary.invalid"}, "unknown host"),
        ("", {"sslmode": "require"}, "no TLS"),
    ],
    ids=lambda value: str(value)[:24],
)
def test_why_it_failed_is_logged_without_a_name(
    statement: str,
    change: dict[str, Any],
    reason: str,
    secret: Secret,
    server: Server,
    kept: Kept,
    login: tuple[str, str],
    stream: StringIO,
) -> None:
    if statement:
        server.run(statement, login[0])
    assert isinstance(kept.content, dict)
    kept.content.update(change)
    with pytest.raises(psycopg2.OperationalError):
        connector(secret, LINK)()
    (line,) = [json.loads(line) for line in stream.getvalue().splitlines()]
    assert (line["event"], line["reason"]) == ("database_away", reason)
    assert "canary" not in stream.getvalue()


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        (
            'connection to server at "10.0.0.9", port 5432 failed: timeout expired',
            "timeout: no way to it, or it is down",
        ),
        ('FATAL:  no pg_hba.conf entry for host "10.0.0.9"', "not let in from here, or without TLS"),
        ("FATAL:  remaining connection slots are reserved", "too many connections"),
        ("something new", "other"),
    ],
)
def test_reasons_that_no_server_here_gives(said: str, reason: str) -> None:
    assert reason_of(said) == reason


def test_a_changed_secret_that_is_refused_too_is_tried_once(
    secret: Secret, server: Server, kept: Kept, login: tuple[str, str], tries: list[str]
) -> None:
    connect = connector(secret, LINK)
    connect().close()
    kept.content = {**dict(kept.content), "password": "canary-early"}  # written before the server knows it
    server.set_password(login[0])
    with pytest.raises(psycopg2.OperationalError) as caught:
        connect()
    assert "canary-early" not in "".join(traceback.format_exception(caught.value))
    assert len(tries) == 3
    assert kept.asked == [ARN] * 2


def test_a_connection_that_another_one_overtook_uses_what_it_read(
    secret: Secret, server: Server, kept: Kept, login: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two threads are refused, and the other one is first to read the secret again: to this one it has changed too."""
    connect = connector(secret, LINK)
    connect().close()
    kept.content = {**dict(kept.content), "password": server.set_password(login[0])}
    really = psycopg2.connect

    def connect_while_the_other_reads(*arguments: Any, **options: Any) -> psycopg2.extensions.connection:
        try:
            return really(*arguments, **options)
        except psycopg2.OperationalError:
            secret.refresh()
            monkeypatch.setattr(secrets, "SECONDS_BETWEEN_READS", 3_600.0)
            raise

    monkeypatch.setattr(psycopg2, "connect", connect_while_the_other_reads)
    assert user_of(connect()) == login[0]
    assert kept.asked == [ARN] * 2


# Where the secret can't be used.


def test_a_secret_that_is_denied_opens_no_connection_until_it_can_be_read(
    secret: Secret, kept: Kept, login: tuple[str, str], tries: list[str]
) -> None:
    connect = connector(secret, LINK)
    kept.is_denied = True
    with pytest.raises(Unavailable, match=UNUSABLE):
        connect()
    assert tries == []
    kept.is_denied = False
    assert user_of(connect()) == login[0]


@pytest.mark.parametrize("fault", ["denied", "malformed"])
def test_a_secret_that_can_t_be_used_any_more_is_unavailable_and_shows_nothing(
    fault: str, secret: Secret, server: Server, kept: Kept, login: tuple[str, str], tries: list[str]
) -> None:
    connect = connector(secret, LINK)
    connect().close()
    right = {**dict(kept.content), "password": server.set_password(login[0])}
    kept.is_denied, kept.content = fault == "denied", {**right, "port": "canary"}
    with pytest.raises(Unavailable, match=UNUSABLE) as caught:
        connect()
    assert "canary" not in "".join(traceback.format_exception(caught.value))
    assert len(tries) == 2
    kept.is_denied, kept.content = False, right
    assert user_of(connect()) == login[0]


# Through the application.


def test_an_application_logs_in_as_its_work_needs(server: Server, kept: Kept, login: tuple[str, str]) -> None:
    owner, password = server.add_login()
    kept.content = {**dict(kept.content), "migration_username": owner, "migration_password": password}
    settings = load_settings({"ENVIRONMENT": "dev", "DATABASE_SECRET_ARN": ARN})
    users = []
    for is_migration in (False, True):
        with create_app(settings, is_migration=is_migration).app_context(), db.engine.connect() as connection:
            users.append(connection.scalar(sa.text("SELECT current_user")))
            connection.invalidate()
    assert users == [login[0], owner]


@pytest.fixture
def served(server: Server, kept: Kept, login: tuple[str, str], pool: Pool) -> Iterator[Flask]:
    """The application, told of nothing but a secret, on tables that a migration with the same secret made."""
    with new_database() as url:
        dbname = str(sa.make_url(url).database)
        for statement in let_own(login[0]):
            server.run(statement)
        server.run("ALTER DATABASE {} OWNER TO {}", dbname, login[0])
        kept.content = {**dict(kept.content), "dbname": dbname}
        settings = load_settings({"ENVIRONMENT": "dev", "DATABASE_SECRET_ARN": ARN})
        with create_app(settings, is_migration=True).app_context():
            migrations.upgrade()
        app = create_app(settings, PoolVerifier(KeyRing(pool.jwks), ISSUER, CLIENT_ID))
        kept.asked.clear()
        yield app
        with app.app_context():
            db.engine.dispose()


@pytest.fixture(scope="module")
def pool() -> Pool:
    return Pool()


def test_a_request_is_answered_once_the_secret_can_be_read(served: Flask, pool: Pool, kept: Kept) -> None:
    client, ann = served.test_client(), pool.bearer("ann@example.com")
    kept.is_denied = True
    denied = client.get(ME, headers=ann)
    assert (denied.status_code, denied.mimetype) == (503, "application/problem+json")
    assert int(denied.headers["Retry-After"]) > 0
    assert denied.json["detail"] == UNUSABLE
    assert client.get("/health").status_code == 200
    kept.is_denied = False
    found = client.get(ME, headers=ann)
    assert (found.status_code, found.json["email"]) == (200, "ann@example.com")
    assert kept.asked == [ARN] * 2


def test_a_request_is_answered_once_a_malformed_secret_is_put_right(served: Flask, pool: Pool, kept: Kept) -> None:
    client, ann = served.test_client(), pool.bearer("ann@example.com")
    right, kept.content = kept.content, "canary"
    malformed = client.get(ME, headers=ann)
    assert (malformed.status_code, malformed.json["detail"]) == (503, UNUSABLE)
    assert int(malformed.headers["Retry-After"]) > 0
    kept.content = right
    assert client.get(ME, headers=ann).status_code == 200


def test_requests_go_on_after_a_rotation(
    served: Flask, pool: Pool, kept: Kept, server: Server, login: tuple[str, str]
) -> None:
    client, ann = served.test_client(), pool.bearer("ann@example.com")
    assert client.get(ME, headers=ann).status_code == 200
    rotated = server.set_password(login[0])
    assert client.get(ME, headers=ann).status_code == 200  # the connection that is open stays good
    server.end_connections(login[0])
    refused = client.get(ME, headers=ann)  # the secret is not written yet
    assert (refused.status_code, refused.mimetype) == (503, "application/problem+json")
    assert int(refused.headers["Retry-After"]) > 0
    assert "canary" not in refused.text
    kept.content = {**dict(kept.content), "password": rotated}
    assert client.get(ME, headers=ann).status_code == 200
