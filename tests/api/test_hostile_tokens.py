"""Not one hostile token is let in, and none learns why: over HTTP, and as events that reach the function."""

import json
import sys
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from flask import Flask
from flask.testing import FlaskClient

from spendsense import clock
from spendsense.api import tokens
from spendsense.api.tokens import KeyRing, PoolVerifier
from spendsense.store.models import User
from tests.api.conftest import CLIENT_ID, ISSUER, KID, Pool
from tests.api.hostile import claims, headers, spellings
from tests.api.hostile.forge import Forge, head, signed
from tests.ops.events import FUNCTION, gateway

ME = "/api/v1/users/me"
TRACES = "/api/v1/operator/users/00000000-0000-4000-8000-000000000000/traces"
KINDS = (*headers.KINDS, *claims.KINDS, *spellings.KINDS)
REQUEST_ID = {"X-Request-ID": "the-same-for-all"}


@pytest.fixture
def forge(pool: Pool, monkeypatch: pytest.MonkeyPatch) -> Forge:
    """Keys and claims, at a moment that stands still."""
    moment = clock.now().replace(microsecond=0)
    monkeypatch.setattr(clock, "now", lambda: moment)
    return Forge(pool, int(moment.timestamp()))


@pytest.fixture
def knock(
    forge: Forge, app: Flask, client: FlaskClient, person: Callable[..., User], monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Any]:
    """Sends a token, as bytes that no client has tidied, to where Ann's data and the operators' is."""
    verifier = PoolVerifier(KeyRing(forge.jwks), ISSUER, CLIENT_ID)
    monkeypatch.setitem(app.extensions, "spendsense.verifier", verifier)
    person("ann@example.com", "analysis")

    def send(token: str, path: str = ME) -> Any:
        header = f"Bearer {token}".encode().decode("latin-1")
        return client.get(path, headers=REQUEST_ID, environ_overrides={"HTTP_AUTHORIZATION": header})

    return send


def hostile(forge: Forge) -> list[tuple[str, str]]:
    """All of them, each with its kind."""
    return [(kind.__name__, token) for kind in KINDS for token in kind(forge)]


def test_there_are_enough_of_them_and_no_two_alike(forge: Forge) -> None:
    found = hostile(forge)
    assert len({kind for kind, _ in found}) >= 30
    assert len({token for _, token in found}) == len(found) >= 400


def test_none_is_accepted_and_all_get_the_same_answer(forge: Forge, knock: Callable[..., Any]) -> None:
    answers: dict[tuple[Any, ...], set[str]] = {}
    for path in (ME, TRACES):
        for kind, token in hostile(forge):
            response = knock(token, path)
            body = response.json
            assert response.status_code == 401, (kind, token, response.text)
            assert body.pop("instance") == path
            kept = {name: value for name, value in response.headers if name not in ("Content-Length", "Date")}
            answers.setdefault((json.dumps(body), json.dumps(kept, sort_keys=True)), set()).add(kind)
    assert len(answers) == 1, answers


def test_good_tokens_are_accepted_beside_them(forge: Forge, knock: Callable[..., Any]) -> None:
    """Else a verifier that refuses everything would pass; each stands just on this side of a bound."""
    good = [
        forge.good(),
        forge.pool.sign(forge.access()),
        forge.pool.sign(forge.claims(exp=forge.now - 4)),
        forge.pool.sign(forge.claims(iat=forge.now + 5)),
        forge.pool.sign(forge.claims(nbf=forge.now + 5)),
        forge.pool.sign(forge.claims(nbf=forge.now - 3_600)),
        signed(head(), forge.claims(), forge.pool.key),
        signed({"kid": KID, "alg": "RS256"}, json.dumps(forge.claims(), indent=1), forge.pool.key),
    ]
    for token in good:
        assert (knock(token).status_code, knock(token, TRACES).status_code) == (200, 404), token


def test_a_scheme_in_any_case_and_with_further_spaces_is_a_bearers(
    forge: Forge, client: FlaskClient, knock: Any
) -> None:
    for scheme in ("bearer ", "BEARER ", "Bearer   "):
        given = {"HTTP_AUTHORIZATION": scheme + forge.good()}
        assert client.get(ME, environ_overrides=given).status_code == 200
    for scheme in ("", "Basic ", "Token ", "Bearer", "Bearer:", "Bearer\t", "JWT "):
        given = {"HTTP_AUTHORIZATION": scheme + forge.good()}
        assert client.get(ME, environ_overrides=given).status_code == 401, scheme


def test_a_token_elsewhere_than_in_the_header_is_not_read(forge: Forge, client: FlaskClient, knock: Any) -> None:
    client.set_cookie("Authorization", f"Bearer {forge.good()}")
    client.set_cookie("access_token", forge.good())
    for query in ({}, {"access_token": forge.good()}, {"token": forge.good()}):
        assert client.get(ME, query_string=query, headers={"X-Authorization": forge.good()}).status_code == 401


# Keys that change.


@pytest.fixture
def seconds(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The time between reads of the keys, which passes when a test says so."""
    passed = [1_000.0]
    monkeypatch.setattr(tokens.time, "monotonic", lambda: passed[0])
    return passed


def test_a_rotation_is_survived_and_the_key_that_went_is_refused(
    app: Flask, client: FlaskClient, pool: Pool, seconds: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    next_pool = Pool()
    next_key = {**next_pool.jwks()["keys"][0], "kid": "key-2"}
    published, reads = [pool.jwks()["keys"][0]], []
    ring = KeyRing(lambda: reads.append(1) or {"keys": list(published)})
    monkeypatch.setitem(app.extensions, "spendsense.verifier", PoolVerifier(ring, ISSUER, CLIENT_ID))

    def status(token: str) -> int:
        return client.get(ME, headers={"Authorization": f"Bearer {token}"}).status_code

    old, new = pool.sign(pool.claims()), signed(head(kid="key-2"), pool.claims(), next_pool.key)
    assert [status(old), status(new), len(reads)] == [200, 401, 1]
    published.append(next_key)  # both, as a pool does while it rotates
    assert [status(new), len(reads)] == [401, 1]  # read within this minute
    seconds[0] += 60
    assert [status(new), status(old), len(reads)] == [200, 200, 2]
    published.pop(0)
    seconds[0] += 3_600
    assert [status(new), status(old), len(reads)] == [200, 200, 2]  # nobody asked for a key that is not known
    assert status(signed(head(kid="key-3"), pool.claims(), next_pool.key)) == 401
    assert [status(new), status(old), len(reads)] == [200, 401, 3]


def test_unknown_kids_have_the_keys_read_once_a_minute_however_many_come(
    app: Flask, client: FlaskClient, pool: Pool, seconds: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    reads: list[int] = []
    ring = KeyRing(lambda: reads.append(1) or pool.jwks())
    monkeypatch.setitem(app.extensions, "spendsense.verifier", PoolVerifier(ring, ISSUER, CLIENT_ID))
    stranger = generate_private_key(65_537, 2_048)
    counted = []
    for passed in (0, 59.9, 0.1, 59.9, 0.1):
        seconds[0] += passed
        for number in range(5):
            token = signed(head(kid=f"{passed}-{number}"), pool.claims(), stranger)
            assert client.get(ME, headers={"Authorization": f"Bearer {token}"}).status_code == 401
        counted.append(len(reads))
    assert counted == [1, 1, 2, 2, 3]


# What the gateway's authorizer is said to have found.


@pytest.fixture
def function(app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Any], Any]]:
    """The Lambda function's own entry, with Zappa and all, in front of the application under test."""
    settings = ModuleType("zappa_settings")  # as Zappa writes it into a package
    for name in ("LOG_LEVEL", "DJANGO_SETTINGS", "EXCEPTION_HANDLER", "DOMAIN"):
        setattr(settings, name, None)
    members = {"APP_MODULE": "spendsense.ops.wsgi", "APP_FUNCTION": "app", "PROJECT_NAME": "x", "API_STAGE": "dev"}
    members["ADDITIONAL_TEXT_MIMETYPES"] = ["application/problem+json"]
    members |= {"ENVIRONMENT_VARIABLES": {}, "CONTEXT_HEADER_MAPPINGS": {}, "BINARY_SUPPORT": True, "DEBUG": False}
    for name, value in members.items():
        setattr(settings, name, value)
    monkeypatch.setitem(sys.modules, "zappa_settings", settings)
    for name in ("SERVERTYPE", "FRAMEWORK", "PROJECT", "STAGE"):
        monkeypatch.setenv(name, "set by Zappa, and taken back after the test")
    from spendsense.ops import handler, wsgi

    monkeypatch.setattr(wsgi, "whole", lambda: app)
    yield lambda event: handler.lambda_handler(event, type("Context", (), {"function_name": FUNCTION})())
    sys.modules.pop("spendsense.ops.handler", None)


def request(token: str | None, claimed: Any = None, path: str = ME) -> dict[str, Any]:
    """A request's event, with what the authorizer is said to have found."""
    event = gateway(path)
    for name in ("headers", "multiValueHeaders") if token else ():
        value = f"Bearer {token}"
        event[name]["Authorization"] = [value] if name == "multiValueHeaders" else value
    if claimed is not None:
        event["requestContext"]["authorizer"] = {"claims": claimed, "principalId": "operator"}
    return event


def test_the_authorizers_claims_make_nobody_an_operator(
    function: Callable[[Any], Any], person: Callable[..., User], pool: Pool
) -> None:
    person("ann@example.com")
    token, mine = pool.sign(pool.claims()), pool.claims()
    promoted = {**mine, "cognito:groups": ["operators"], "cognito:username": "olga"}
    assert function(request(token, mine))["statusCode"] == 200
    assert function(request(token, promoted, TRACES))["statusCode"] == 403
    assert function(request(pool.sign(pool.claims(group="operators")), mine, TRACES))["statusCode"] == 404  # she is one


def test_the_authorizers_claims_open_nothing_to_a_token_that_does_not_hold(
    function: Callable[[Any], Any], forge: Forge
) -> None:
    for claimed in (None, forge.claims()):
        expired = forge.claims(exp=forge.now - 3_600)
        for token in (
            signed(head(), forge.claims(), forge.stranger),
            forge.pool.sign(expired),
            signed(head(alg="none"), forge.claims(), forge.stranger),
        ):
            answer = function(request(token, claimed))
            assert (answer["statusCode"], json.loads(answer["body"])["status"]) == (401, 401)
    assert function(request(forge.good(), forge.claims()))["statusCode"] == 200


def test_claims_for_a_token_of_somebody_else_or_for_none_do_not_reach_the_application(
    function: Callable[[Any], Any], forge: Forge
) -> None:
    from spendsense.ops.admission import RefusedEvent

    for event in (request(None, forge.claims()), request(forge.good(), forge.claims(sub="eve"))):
        with pytest.raises(RefusedEvent):
            function(event)
    assert function(request(None))["statusCode"] == 401
