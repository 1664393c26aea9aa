"""A server whose logins a secret names, and the secret as AWS would keep it."""

import json
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import psycopg2
import psycopg2.extensions
import pytest
import sqlalchemy as sa
from psycopg2 import sql

from spendsense.aws import secrets
from spendsense.aws.secrets import Secret
from spendsense.local.postgres import server_url

ARN = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:database-AbCdEf"


UNUSABLE = "The database secret can't be used at the moment."


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
