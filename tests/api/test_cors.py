import os
from collections.abc import Callable
from dataclasses import replace

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text
from werkzeug.test import TestResponse

from spendsense.api.auth import PUBLIC
from spendsense.api.limits import HEADER_BYTES
from spendsense.api.request import BODY_BYTES
from spendsense.api.tokens import PoolVerifier
from spendsense.app import create_app
from spendsense.config import load_settings
from spendsense.store.session import db
from tests.api.conftest import Pool

ORIGIN = "https://app.bank.example"
PREFLIGHT = {"Access-Control-Request-Method": "GET", "Access-Control-Request-Headers": "authorization"}


@pytest.fixture(scope="module")
def strict(database_url: str) -> Flask:
    """The application as it stands outside development: one origin."""
    settings = load_settings({**os.environ, "ENVIRONMENT": "dev", "DATABASE_URL": database_url})
    return create_app(replace(settings, environment="prod", cors_origins=(ORIGIN,)))


def test_in_development_any_origin_may_ask(client: FlaskClient) -> None:
    response = client.get("/health", headers={"Origin": "https://anything.example"})
    assert response.headers["Access-Control-Allow-Origin"] == "*"
    assert "Access-Control-Allow-Credentials" not in response.headers


@pytest.mark.parametrize("path", ["/api/v1/users/me", "/api/v1/nothing"])
def test_errors_carry_the_headers_too(path: str, client: FlaskClient) -> None:
    response = client.get(path, headers={"Origin": "https://anything.example"})
    assert response.status_code in (401, 404)
    assert response.headers["Access-Control-Allow-Origin"] == "*"


def test_a_preflight_needs_no_token(client: FlaskClient) -> None:
    response = client.options("/api/v1/users/me", headers={"Origin": ORIGIN, **PREFLIGHT})
    assert response.status_code == 200
    assert "authorization" in response.headers["Access-Control-Allow-Headers"].lower()


def test_elsewhere_one_origin_may_ask(strict: Flask) -> None:
    response = strict.test_client().options("/api/v1/users/me", headers={"Origin": ORIGIN, **PREFLIGHT})
    assert response.headers["Access-Control-Allow-Origin"] == ORIGIN
    assert "Access-Control-Allow-Credentials" not in response.headers


@pytest.mark.parametrize(
    "origin",
    ["https://evil.example", "null", ORIGIN + ".evil.example", "http://app.bank.example", "https://app-bank.example"],
)
def test_elsewhere_no_other_origin_may_ask(origin: str, strict: Flask) -> None:
    response = strict.test_client().get("/health", headers={"Origin": origin})
    assert "Access-Control-Allow-Origin" not in response.headers


def test_a_browser_may_use_every_method_that_a_route_has(app: Flask, client: FlaskClient) -> None:
    used = {method for rule in app.url_map.iter_rules() for method in rule.methods or set()} - {"HEAD"}
    headers = {"Origin": ORIGIN, **PREFLIGHT}
    allowed = client.options("/api/v1/users/me", headers=headers).headers["Access-Control-Allow-Methods"]
    assert used <= {method.strip() for method in allowed.split(",")}


# Errors, of both kinds of origin.


@pytest.fixture
def failing(monkeypatch: pytest.MonkeyPatch, verifier: PoolVerifier) -> Callable[[Flask, FlaskClient], FlaskClient]:
    """An application of which health fails; its own tokens are good."""

    def make(app: Flask, client: FlaskClient) -> FlaskClient:
        def fail() -> None:
            raise RuntimeError

        fail.access = PUBLIC  # type: ignore[attr-defined]
        monkeypatch.setitem(app.view_functions, "health.read_health", fail)
        monkeypatch.setitem(app.extensions, "spendsense.verifier", verifier)
        return client

    return make


def provoke(client: FlaskClient, status: int, pool: Pool, origin: str) -> TestResponse:
    """A request that is answered with that status."""
    sent = {"Origin": origin, **pool.bearer("ann@example.com")}
    staff = {"Origin": origin, **pool.bearer("olga@example.com", "operators")}
    json = {**sent, "Content-Type": "application/json"}
    return {
        401: lambda: client.get("/api/v1/users/me", headers={"Origin": origin}),
        403: lambda: client.get("/api/v1/users/me", headers=staff),
        404: lambda: client.get("/api/v1/nothing", headers=sent),
        405: lambda: client.put("/api/v1/users/me", headers=sent),
        413: lambda: client.patch("/api/v1/users/me", data=b" " * (BODY_BYTES + 1), headers=json),
        415: lambda: client.patch("/api/v1/users/me", data=b"x", headers=sent),
        431: lambda: client.get("/api/v1/users/me", headers={**sent, "X-Long": "x" * HEADER_BYTES}),
        500: lambda: client.get("/health", headers=sent),
    }[status]()


STATUSES = [401, 403, 404, 405, 413, 415, 431, 500]


@pytest.mark.parametrize("status", STATUSES)
def test_in_development_every_error_is_open_to_any_origin(
    status: int,
    app: Flask,
    client: FlaskClient,
    pool: Pool,
    failing: Callable[[Flask, FlaskClient], FlaskClient],
) -> None:
    answer = provoke(failing(app, client), status, pool, "https://anything.example")
    assert answer.status_code == status
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert "Access-Control-Allow-Credentials" not in answer.headers


@pytest.mark.parametrize("status", STATUSES)
def test_elsewhere_every_error_is_open_to_the_one_origin(
    status: int, strict: Flask, pool: Pool, failing: Callable[[Flask, FlaskClient], FlaskClient]
) -> None:
    client = failing(strict, strict.test_client())
    answer = provoke(client, status, pool, ORIGIN)
    assert answer.status_code == status
    assert answer.headers["Access-Control-Allow-Origin"] == ORIGIN
    assert "Access-Control-Allow-Credentials" not in answer.headers
    assert "Access-Control-Allow-Origin" not in provoke(client, status, pool, "https://evil.example").headers


def test_too_many_requests_are_open_to_the_one_origin(
    database_url: str, app: Flask, pool: Pool, verifier: PoolVerifier
) -> None:
    """`app` has built the database; what is committed here is deleted."""
    settings = load_settings({"ENVIRONMENT": "prod", "DATABASE_URL": database_url, "CORS_ORIGINS": ORIGIN})
    limited = create_app(replace(settings, rate_limit_per_minute=1), verifier)
    headers = {"Origin": ORIGIN, **pool.bearer("ann@example.com")}
    for status in (404, 429):  # a text of a version that is not there: nobody's row is needed
        answer = limited.test_client().get("/api/v1/users/me/consents/texts/none", headers=headers)
        assert answer.status_code == status
        assert answer.headers["Access-Control-Allow-Origin"] == ORIGIN
    assert "Retry-After" in answer.headers["Access-Control-Expose-Headers"]
    with limited.app_context(), db.engine.begin() as connection:
        connection.execute(text("DELETE FROM request_rates"))
    with limited.app_context():
        db.engine.dispose()


@pytest.mark.parametrize("header", ["If-Match", "If-None-Match", "Idempotency-Key", "Authorization", "Content-Type"])
def test_a_browser_may_send_every_header_that_is_read(header: str, client: FlaskClient) -> None:
    asked = {"Origin": ORIGIN, "Access-Control-Request-Method": "PATCH", "Access-Control-Request-Headers": header}
    answer = client.options("/api/v1/users/me", headers=asked)
    assert answer.headers["Access-Control-Allow-Headers"].lower() == header.lower()


def test_a_browser_may_read_what_is_answered_in_headers(client: FlaskClient) -> None:
    shown = client.get("/health", headers={"Origin": ORIGIN}).headers["Access-Control-Expose-Headers"]
    assert {"ETag", "Retry-After", "X-Request-ID", "Idempotency-Replayed"} <= set(shown.split(", "))


def test_what_a_browser_keeps_is_kept_by_origin(strict: Flask) -> None:
    for origin in (ORIGIN, "https://evil.example"):
        assert "Origin" in strict.test_client().get("/health", headers={"Origin": origin}).headers["Vary"]
