"""The API through the gateway: who gets in, a person's whole way, CORS, and paths that try to get round it all."""

import json

import pytest

from spendsense.rulebook.load import load_rulebook
from tests.aws.deploy.cloud import UPLOAD, Cloud

ORIGIN = {"Origin": "https://somewhere.test"}


@pytest.mark.parametrize("path", ["/health", "/api/v1/health", "/api/v1/openapi.json", "/api/v1/docs"])
def test_public_routes_need_no_token(cloud: Cloud, path: str) -> None:
    assert cloud.ask("GET", path).status == 200


def test_the_docs_bring_their_assets(cloud: Cloud) -> None:
    asset = cloud.ask("GET", "/api/v1/docs/swagger-ui.css")
    assert asset.status == 200
    assert asset.headers["Content-Type"].startswith("text/css")


@pytest.mark.parametrize("path", ["/api/v1/users/me", "/api/v1/users/me/transactions", "/api/v1/nothing/of/the/kind"])
@pytest.mark.parametrize("token", [None, "x.y.z", "eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIn0."])
def test_everything_else_needs_one_that_the_pool_signed(cloud: Cloud, path: str, token: str | None) -> None:
    assert cloud.ask("GET", path, token).status == 401


@pytest.mark.parametrize("kind", ["IdToken", "AccessToken"])
def test_both_kinds_of_the_pools_tokens_are_good(cloud: Cloud, kind: str) -> None:
    token = cloud.token("kinds@example.com", "consumers", kind)
    assert cloud.ask("GET", "/api/v1/users/me/consents", token).status == 200


def test_a_token_of_the_wrong_group_gets_403(cloud: Cloud) -> None:
    answer = cloud.ask("GET", "/api/v1/users/me", cloud.token("auditor@example.com", "auditors"))
    assert answer.status == 403
    assert answer.json["type"] == "urn:problem-type:spendsense:forbidden"


def test_a_token_without_a_group_gets_403(cloud: Cloud) -> None:
    assert cloud.ask("GET", "/api/v1/users/me", cloud.token("nobody@example.com")).status == 403


def test_a_persons_whole_way(cloud: Cloud) -> None:
    """Sign-up, refusal, consent, data in, the stations, recommendations, and out again."""
    token = cloud.token("sam@example.com", "consumers")
    upload = json.loads(UPLOAD.read_text())
    refused = cloud.ask("POST", "/api/v1/users/me/uploads", token, upload)
    assert (refused.status, refused.json["purpose"]) == (403, "analysis")
    consent = {"purposes": ["analysis", "offers"], "text_version": load_rulebook().consent_texts["analysis"].version}
    assert cloud.ask("POST", "/api/v1/users/me/consents", token, consent).status in (200, 201)
    taken = cloud.ask("POST", "/api/v1/users/me/uploads", token, upload)
    assert taken.status in (200, 201), taken.body
    for job in ("compute_features", "assign_persona", "generate_recommendations"):
        cloud.zappa("invoke", f"jobs.{job}.run")
    shown = cloud.ask("GET", "/api/v1/users/me/recommendations", token)
    assert len(shown.json["data"]["education"]) >= 3
    assert "at 68 % of its limit" in json.dumps(shown.json, ensure_ascii=False)
    assert cloud.ask("DELETE", "/api/v1/users/me", token).status == 200
    assert cloud.sql("SELECT count(*) FROM users WHERE email = 'sam@example.com'") == [(0,)]


@pytest.mark.parametrize(
    "path", ["/health", "/api/v1/health", "/api/v1/users/me", "/api/v1/users/me/consents/analysis"]
)
def test_preflight_is_open(cloud: Cloud, path: str) -> None:
    wanted = {**ORIGIN, "Access-Control-Request-Method": "DELETE", "Access-Control-Request-Headers": "Authorization"}
    answer = cloud.ask("OPTIONS", path, headers=wanted)
    assert answer.status in (200, 204)
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert "Authorization" in answer.headers["Access-Control-Allow-Headers"]
    assert "DELETE" in answer.headers["Access-Control-Allow-Methods"]


@pytest.mark.parametrize(
    ("path", "status"), [("/api/v1/health", 200), ("/api/v1/users/me", 401), ("/api/v1/users/me/nothing", 401)]
)
def test_answers_carry_cors_errors_of_the_gateway_too(cloud: Cloud, path: str, status: int) -> None:
    answer = cloud.ask("GET", path, headers=ORIGIN)
    assert (answer.status, answer.headers["Access-Control-Allow-Origin"]) == (status, "*")


def test_errors_of_the_app_carry_cors(cloud: Cloud) -> None:
    token = cloud.token("kinds@example.com", "consumers")
    answer = cloud.ask("GET", "/api/v1/users/me/nothing", token, headers=ORIGIN)
    assert (answer.status, answer.headers["Access-Control-Allow-Origin"]) == (404, "*")
    assert answer.headers["Content-Type"].startswith("application/problem+json")


TRICKS = [
    "/api/v1//users/me",
    "/api/v1/docs/../users/me",
    "/api/v1/docs/%2e%2e/users/me",
    "/health/../api/v1/users/me",
    "/api/v1/users/me/",
    "/api/v1/health/",
    "/API/v1/users/me",
]
# The emulator decodes these before anything of ours sees them; with a token they are the plain path, and as protected.
DECODED_BEFORE = ["/api/v1%2Fusers/me", "/api/v1/users%2Fme", "//api/v1/users/me"]


@pytest.mark.parametrize("path", TRICKS + DECODED_BEFORE)
def test_path_tricks_get_nobody_round_the_authorizer(cloud: Cloud, path: str) -> None:
    assert cloud.ask("GET", path).status in (400, 401, 403, 404)


@pytest.mark.parametrize("path", TRICKS)
def test_path_tricks_find_nothing_with_a_token_either(cloud: Cloud, path: str) -> None:
    assert cloud.ask("GET", path, cloud.token("kinds@example.com", "consumers")).status in (400, 403, 404)


def test_zappas_own_catch_all_lets_nobody_through(cloud: Cloud) -> None:
    """It wants a signed request; the gateway says no more than that there is no such route."""
    assert cloud.ask("GET", "/").status == 404
    assert cloud.ask("GET", "/somewhere", cloud.token("kinds@example.com", "consumers")).status in (403, 404)
