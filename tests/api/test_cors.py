import os
from dataclasses import replace

import pytest
from flask import Flask
from flask.testing import FlaskClient

from spendsense.app import create_app
from spendsense.config import load_settings

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
