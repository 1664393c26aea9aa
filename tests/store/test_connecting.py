"""Logins at a real PostgreSQL whose secret is rotated: the server refuses the old one, and nothing is restarted."""

import json
import traceback
from contextlib import closing
from io import StringIO
from typing import Any
from urllib.parse import quote

import psycopg2
import psycopg2.extensions
import pytest

from spendsense.aws import secrets
from spendsense.aws.secrets import Secret
from spendsense.errors import Unavailable
from spendsense.store.connecting import connector, reason_of
from spendsense.worker import LINK
from tests.store.conftest import ARN, UNUSABLE, Kept, Server


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
