"""The application logs in as a secret says, and is unavailable while that can't be used."""

from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from flask import Flask

from spendsense.api.tokens import KeyRing, PoolVerifier
from spendsense.app import create_app
from spendsense.config import load_settings
from spendsense.store import migrations
from spendsense.store.session import db
from spendsense.worker import create_worker
from tests.api.conftest import CLIENT_ID, ISSUER, Pool
from tests.databases import let_own, new_database
from tests.store.conftest import ARN, UNUSABLE, Kept, Server

ME = "/api/v1/users/me"


def test_an_application_logs_in_as_its_work_needs(server: Server, kept: Kept, login: tuple[str, str]) -> None:
    owner, password = server.add_login()
    kept.content = {**dict(kept.content), "migration_username": owner, "migration_password": password}
    settings = load_settings({"ENVIRONMENT": "dev", "DATABASE_SECRET_ARN": ARN})
    users = []
    for is_migration in (False, True):
        with create_worker(settings, is_migration=is_migration).app_context(), db.engine.connect() as connection:
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
        with create_worker(settings, is_migration=True).app_context():
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
