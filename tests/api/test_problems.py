from typing import Any

import pytest
import structlog
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError, InternalError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from spendsense import errors
from spendsense.api import request as api_request
from spendsense.api.auth import allow_anyone
from spendsense.api.database import request_transaction
from spendsense.config import load_settings
from tests.api.conftest import Headers

ME = "/api/v1/users/me"
MEMBERS = {"type", "title", "status", "detail", "instance", "request_id"}


def is_problem(response: TestResponse, status: int, name: str) -> dict[str, Any]:
    """The body, once it has been seen to be a whole problem."""
    assert response.status_code == status
    assert response.mimetype == "application/problem+json"
    body: dict[str, Any] = response.json
    assert set(body) >= MEMBERS
    assert body["status"] == status
    assert body["type"] == f"urn:problem-type:spendsense:{name}"
    assert body["request_id"] == response.headers["X-Request-ID"]
    return body


def test_an_unknown_path(client: FlaskClient) -> None:
    is_problem(client.get("/api/v1/nothing"), 404, "not-found")


def test_a_method_that_is_not_there(client: FlaskClient) -> None:
    response = client.put("/health")
    is_problem(response, 405, "method-not-allowed")
    assert "GET" in response.headers["Allow"]


def test_an_error_names_the_route_and_nothing_that_was_written_into_the_path(client: FlaskClient, ann: Headers) -> None:
    recommendation = f"{ME}/recommendations/7f3d2a51-0c64-4b7e-9f1a-5d2e8c9b6a40/feedback"
    for path, method, instance in (
        (ME, "PUT", ""),
        (f"{ME}/ann@example.com", "GET", ""),
        ("/api/v1/docs/ann@example.com", "GET", "/api/v1/docs/-"),
        (f"{ME}/transactions/ann/example", "PATCH", f"{ME}/transactions/-"),
        (recommendation, "POST", recommendation),
    ):
        body = client.open(path, method=method, headers=ann, json={}).json
        assert (body["instance"], body["status"] >= 400) == (instance, True), path


def test_no_token(client: FlaskClient) -> None:
    is_problem(client.get(ME), 401, "unauthenticated")


def test_an_unknown_parameter_is_named(client: FlaskClient, ann: Headers) -> None:
    body = is_problem(client.get(f"{ME}/accounts?limit=0&page=2", headers=ann), 422, "invalid-input")
    assert {fault["pointer"] for fault in body["errors"]} == {"/limit", "/page"}


def test_a_body_of_another_type(client: FlaskClient, ann: Headers) -> None:
    response = client.post(f"{ME}/consents", headers=ann, data="purposes=analysis", content_type="text/plain")
    is_problem(response, 415, "unsupported-media-type")


@pytest.mark.parametrize(
    ("content", "pointers"),
    [
        ('{"purposes": ["analysis"], "text_version": NaN}', [""]),
        ('{"purposes": ["analysis"], "text_version": "\\ud800"}', [""]),
        ('{"purposes": ["analysis"], "text_version": "1"', [""]),
        (b'{"purposes": ["analysis"], "text_version": "\xff"}', [""]),
        ("[" * 100_000, [""]),
        ("", [""]),
        ("[]", [""]),
        ("7", [""]),
        ("{}", ["/purposes", "/text_version"]),
        ('{"purposes": [], "text_version": "1"}', ["/purposes"]),
        ('{"purposes": ["analysis", "sale"], "text_version": "1"}', ["/purposes/1"]),
        ('{"purposes": "analysis", "text_version": "1"}', ["/purposes"]),
        ('{"purposes": ["analysis"], "text_version": 1}', ["/text_version"]),
        ('{"purposes": ["analysis"], "text_version": "1", "at": "2020-01-01"}', ["/at"]),
        ('{"purposes": {"0": "analysis"}, "text_version": "1"}', ["/purposes"]),
    ],
)
def test_a_broken_body_names_the_place(
    content: str | bytes, pointers: list[str], client: FlaskClient, ann: Headers
) -> None:
    response = client.post(f"{ME}/consents", headers=ann, data=content, content_type="application/json")
    body = is_problem(response, 422, "invalid-input")
    assert [fault["pointer"] for fault in body["errors"]] == pointers


def test_a_body_beyond_the_limit(client: FlaskClient, ann: Headers) -> None:
    content = b'{"padding": "' + b"a" * api_request.BODY_BYTES + b'"}'
    response = client.post(f"{ME}/consents", headers=ann, data=content, content_type="application/json")
    is_problem(response, 413, "too-large")


def failing_app(error: Exception) -> FlaskClient:
    """A client of an application whose one route raises."""
    from spendsense.api import problem

    app = Flask("failing", static_folder=None)
    api_request.register(app, load_settings({}))
    problem.register(app)

    @app.get("/fail")
    @allow_anyone
    def fail() -> str:
        raise error

    return app.test_client()


def test_an_unexpected_error_says_nothing_of_the_inside() -> None:
    response = failing_app(KeyError("ann@example.com owes 340.00")).get("/fail")
    body = is_problem(response, 500, "internal")
    assert body["detail"] == "The request could not be answered."
    assert "ann" not in response.text


@pytest.mark.parametrize(
    "error",
    [
        OperationalError("SELECT 'ann@example.com'", {}, Exception("gone")),
        InternalError("SELECT 'ann@example.com'", {}, Exception("takes no changes"), connection_invalidated=True),
        PoolTimeout("busy"),
    ],
)
def test_a_database_that_is_away(error: Exception) -> None:
    response = failing_app(error).get("/fail")
    is_problem(response, 503, "unavailable")
    assert int(response.headers["Retry-After"]) > 0
    assert "ann" not in response.text


def test_an_error_of_the_domain_that_has_no_status_is_internal() -> None:
    is_problem(failing_app(errors.SpendSenseError("whatever it is")).get("/fail"), 500, "internal")


def test_an_error_of_the_database_that_is_not_an_outage_is_internal() -> None:
    response = failing_app(IntegrityError("INSERT", {"email": "ann@example.com"}, Exception("twice"))).get("/fail")
    is_problem(response, 500, "internal")
    assert "ann" not in response.text


@pytest.mark.parametrize(
    ("error", "status", "name"),
    [
        (errors.Conflict("c"), 409, "conflict"),
        (errors.NotFound("n"), 404, "not-found"),
        (errors.TooLarge("t"), 413, "too-large"),
        (errors.Unavailable("u"), 503, "unavailable"),
        (errors.ConfigurationError("DATABASE_URL is wrong"), 500, "internal"),
    ],
)
def test_errors_of_the_domain(error: errors.SpendSenseError, status: int, name: str) -> None:
    is_problem(failing_app(error).get("/fail"), status, name)


@pytest.mark.parametrize("given", ["abc-12345", "5f0c2b9e-6f0e-4f6e-9a57-0f3a5f1f2c11"])
def test_a_request_id_is_taken_over(given: str, client: FlaskClient) -> None:
    assert client.get("/health", headers={"X-Request-ID": given}).headers["X-Request-ID"] == given


@pytest.mark.parametrize("given", ["short", "a" * 65, "ann@example.com", "<script>alert(1)"])
def test_a_request_id_of_another_form_is_replaced(given: str, client: FlaskClient) -> None:
    found = client.get("/health", headers={"X-Request-ID": given}).headers["X-Request-ID"]
    assert found != given
    assert len(found) == 36


def test_answers_are_not_kept_by_caches(client: FlaskClient, ann: Headers) -> None:
    assert client.get(ME, headers=ann).headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("path", ["/api/v1//users/me", "//health", "/api/v1/users/me/", "/API/V1/HEALTH"])
def test_other_spellings_of_a_path_are_not_found(path: str, client: FlaskClient) -> None:
    assert client.get(path).status_code == 404


def test_statements_of_a_request_are_limited(app: Flask, session: Session) -> None:
    with app.test_request_context():
        app.preprocess_request()
        with request_transaction() as inside:
            assert inside.scalar(text("SHOW statement_timeout")) == "25s"


def test_the_text_of_an_answer_is_readable(client: FlaskClient) -> None:
    response = client.get(ME)
    assert "Bearer …" in response.text
    assert next(iter(response.json)) == "type"


def test_a_requests_number_is_forgotten_after_it(client: FlaskClient) -> None:
    client.get("/health", headers={"X-Request-ID": "of-this-request"})
    assert structlog.contextvars.get_contextvars() == {}
