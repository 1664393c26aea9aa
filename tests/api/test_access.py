from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from spendsense.api.auth import PUBLIC, access_of, allow, check_every_route
from spendsense.api.tokens import RefuseAll
from spendsense.errors import ConfigurationError, Unauthenticated
from spendsense.store.models import User
from tests.api.conftest import CLIENT_ID, Headers, Pool

OPEN = {"/health", "/api/v1/health", "/api/v1/openapi.json", "/api/v1/docs", "/api/v1/docs/<asset>"}
UNKNOWN_ID = "00000000-0000-4000-8000-000000000000"
WHOLE_PERSON = [
    "/api/v1/users/me/accounts",
    "/api/v1/users/me/transactions",
    "/api/v1/users/me/recommendations",
    "/api/v1/users/me/recommendations/not-shown",
]


def routes(app: Flask) -> list[tuple[str, str, str]]:
    """(rule, method, path with any parameter filled in) of all routes."""
    found = []
    for rule in app.url_map.iter_rules():
        path = rule.rule.replace("<any(analysis,offers):purpose>", "analysis").replace("<asset>", "start.js")
        path = path.replace("<version>", "1999-01").replace("<part>", "none").replace("<path:transaction_id>", "t1")
        path = path.replace("<uuid:recommendation_id>", UNKNOWN_ID).replace("<uuid:stream_id>", UNKNOWN_ID)
        path = path.replace("<uuid:user_id>", UNKNOWN_ID).replace("<uuid:action_id>", UNKNOWN_ID)
        assert "<" not in path, f"say in this test what to fill in for {rule.rule}"
        found += [(rule.rule, method, path) for method in sorted((rule.methods or set()) - {"OPTIONS", "HEAD"})]
    return found


def test_every_route_says_who_may_call_it(app: Flask) -> None:
    assert {rule.rule for rule in app.url_map.iter_rules() if access_of(app, rule.endpoint) == PUBLIC} == OPEN
    assert all(access_of(app, rule.endpoint) is not None for rule in app.url_map.iter_rules())


def test_a_route_that_does_not_say_so_stops_the_start() -> None:
    app = Flask("forgotten", static_folder=None)
    app.add_url_rule("/forgotten", view_func=lambda: "secret")
    with pytest.raises(ConfigurationError, match="/forgotten"):
        check_every_route(app)


def test_a_declaration_names_a_role() -> None:
    with pytest.raises(ConfigurationError, match="allow_anyone"):
        allow()


def test_an_application_without_a_pool_lets_nobody_in(pool: Pool) -> None:
    with pytest.raises(Unauthenticated):
        RefuseAll().verify(pool.sign(pool.claims()))


def test_nobody_gets_in_without_a_good_token(app: Flask, client: FlaskClient, pool: Pool) -> None:
    expired = pool.bearer(exp=1_700_000_000)
    for rule, method, path in routes(app):
        for headers in ({}, {"Authorization": "Bearer "}, {"Authorization": "Basic YTpi"}, expired):
            response = client.open(path, method=method, headers=headers)
            expected = 200 if rule in OPEN else 401
            assert response.status_code == expected, (rule, method, headers)
            if expected == 401:
                assert response.headers["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.parametrize("group", ["operators", "auditors", "strangers"])
def test_the_routes_of_consumers_are_theirs_alone(group: str, app: Flask, client: FlaskClient, pool: Pool) -> None:
    headers = pool.bearer("olga@example.com", group)
    for rule, method, path in routes(app):
        if "/users/me" in rule:
            assert client.open(path, method=method, headers=headers).status_code == 403, (rule, method)


def test_what_operators_read_is_not_open_to_consumers(
    app: Flask, client: FlaskClient, pool: Pool, ann: Headers
) -> None:
    paths = [(method, path) for rule, method, path in routes(app) if "/operator/" in rule]
    assert paths
    for method, path in paths:
        assert client.open(path, method=method, headers=ann).status_code == 403
        for group in ("operators", "auditors"):  # they may ask: lists hold nobody, and there is no such person
            headers = pool.bearer("olga@example.com", group)
            status = client.open(path, method=method, headers=headers).status_code
            if method == "GET":
                assert status in ((404, 422) if UNKNOWN_ID in path else (200,)), (group, path)
            else:
                assert status == (403 if group == "auditors" else 415), (group, path)  # there is no body


@pytest.mark.parametrize("path", WHOLE_PERSON)
def test_without_consent_nothing_is_shown(
    path: str, client: FlaskClient, person: Callable[..., User], ann: Headers
) -> None:
    person("ann@example.com")
    response = client.get(path, headers=ann)
    assert response.status_code == 403
    assert response.json["purpose"] == "analysis"
    assert response.json["type"].endswith(":consent-missing")


def test_the_first_login_claims_the_imported_record(client: FlaskClient, session: Session, pool: Pool) -> None:
    session.add(User(email="ann@example.com"))
    session.commit()
    imported = session.scalars(select(User.user_id)).one()
    response = client.get("/api/v1/users/me", headers=pool.bearer("Ann@Example.com"))
    assert response.json["user_id"] == str(imported)


def test_a_mailbox_whose_name_only_becomes_another_ones_in_lower_case_claims_nothing(
    client: FlaskClient, session: Session, pool: Pool
) -> None:
    session.add(User(email="kim@example.com"))
    session.commit()
    kelvin = pool.bearer("\u212aim@example.com")  # U+212A is no k, but its lower case is one
    assert client.get("/api/v1/users/me", headers=kelvin).status_code == 422
    assert session.scalars(select(User.sub)).one() is None


def test_an_access_token_is_known_by_its_sub(client: FlaskClient, pool: Pool) -> None:
    changes = {"token_use": "access", "client_id": CLIENT_ID, "aud": None, "sub": "ann-1", "email_verified": None}
    access_token = pool.bearer("ann@example.com", **changes)
    assert client.get("/api/v1/users/me", headers=access_token).status_code == 403  # nobody knows this sub yet
    client.get("/api/v1/users/me", headers=pool.bearer("ann@example.com", sub="ann-1"))
    assert client.get("/api/v1/users/me", headers=access_token).json["email"] == "ann@example.com"


@pytest.mark.parametrize("verified", [False, None, "false", 1])
def test_an_email_that_is_not_verified_claims_nothing(verified: object, client: FlaskClient, pool: Pool) -> None:
    headers = pool.bearer("ann@example.com", email_verified=verified)
    assert client.get("/api/v1/users/me", headers=headers).status_code == 403


@pytest.mark.parametrize("email", ["ann\x00@example.com", "ann\n@example.com"])
def test_an_email_that_no_record_can_have_is_no_error_of_ours(email: str, client: FlaskClient, pool: Pool) -> None:
    headers = pool.bearer(sub="somebody-new", email=email)
    assert client.get("/api/v1/users/me", headers=headers).status_code == 422
