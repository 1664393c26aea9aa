"""Tokens of the pool that the Cognito secret names, which may come to name another, be denied, or be malformed."""

import json
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any

import pytest

from spendsense import clock
from spendsense.api import pool as api_pool
from spendsense.api.pool import SecretPoolVerifier
from spendsense.app import create_app
from spendsense.aws import cognito, secrets
from spendsense.aws.secrets import Secret
from spendsense.config import load_settings
from spendsense.errors import Unauthenticated, Unavailable
from tests.api.conftest import CLIENT_ID, ISSUER, Pool

ARN = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:cognito-AbCdEf"
UNUSABLE = "The cognito secret can't be used at the moment."


class Kept:
    """What AWS keeps as the Cognito secret, who may read it, and how often it was."""

    def __init__(self, pool: Pool) -> None:
        self.content: dict[str, Any] = {
            "region": "eu-west-1",
            "user_pool_id": "eu-west-1_Test",
            "client_id": CLIENT_ID,
            "jwks": pool.jwks(),
        }
        self.is_denied = False
        self.reads = 0

    def fetch(self, secret: Secret, arn: str) -> str:
        assert arn == ARN
        self.reads += 1
        if self.is_denied:
            raise secret.unusable("denied")
        return json.dumps(self.content)


@pytest.fixture
def kept(pool: Pool, monkeypatch: pytest.MonkeyPatch) -> Kept:
    kept = Kept(pool)
    monkeypatch.setattr(secrets, "fetch", kept.fetch)
    return kept


@pytest.fixture
def seconds(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The time, which passes when a test says so."""
    passed = [1_000.0]
    monkeypatch.setattr(api_pool.time, "monotonic", lambda: passed[0])
    return passed


@pytest.fixture
def following(kept: Kept) -> SecretPoolVerifier:
    """The verifier of that secret, which has read nothing yet."""
    return SecretPoolVerifier(Secret("cognito", ARN))


@pytest.fixture(scope="module")
def other_pool() -> Pool:
    """A pool with keys of its own."""
    return Pool()


def good(pool: Pool, **changes: Any) -> str:
    return pool.sign(pool.claims(**changes))


def is_refused(verifier: SecretPoolVerifier, token: str) -> bool:
    try:
        verifier.verify(token)
    except Unauthenticated:
        return True
    return False


def test_tokens_of_the_pool_hold_and_the_secret_is_read_once(
    pool: Pool, kept: Kept, following: SecretPoolVerifier
) -> None:
    assert kept.reads == 0  # a process that is asked for its health alone needs no secret
    for _ in range(3):
        caller = following.verify(good(pool))
        assert (caller.email, caller.roles) == ("ann@example.com", {"consumer"})
    access = pool.sign(pool.claims(token_use="access", client_id=CLIENT_ID, aud=None))
    assert following.verify(access).email is None
    assert kept.reads == 1


def test_what_does_not_hold_is_refused(
    pool: Pool, other_pool: Pool, following: SecretPoolVerifier, seconds: list[float]
) -> None:
    claims = pool.claims()
    for token in (
        "",
        other_pool.sign(claims),
        pool.sign(claims, kid="key-2"),
        good(pool, aud="another-app"),
        good(pool, iss=ISSUER + "2"),
        good(pool, exp=claims["iat"] - 60),
    ):
        assert is_refused(following, token)
        seconds[0] += 60
    assert not is_refused(following, good(pool))


def test_a_token_that_does_not_hold_has_the_secret_read_again_at_most_once_a_minute(
    pool: Pool, kept: Kept, following: SecretPoolVerifier, seconds: list[float]
) -> None:
    following.verify(good(pool))
    reads = []
    for passed in (30, 0, 59.9, 0.1, 59.9, 0.1):
        seconds[0] += passed
        assert is_refused(following, "no token")
        reads.append(kept.reads)
    assert reads == [2, 2, 2, 3, 3, 4]


def test_good_tokens_leave_the_secret_alone(
    pool: Pool, kept: Kept, following: SecretPoolVerifier, seconds: list[float]
) -> None:
    for _ in range(3):
        following.verify(good(pool))
        seconds[0] += 3_600
    assert kept.reads == 1


def test_a_bad_token_leaves_a_verifier_of_an_unchanged_secret_and_its_keys_alone(
    pool: Pool, kept: Kept, following: SecretPoolVerifier, seconds: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    fetched: list[str] = []
    monkeypatch.setattr(cognito, "fetch_keys", lambda issuer: fetched.append(issuer) or pool.jwks())
    del kept.content["jwks"]
    following.verify(good(pool))
    seconds[0] += 60
    assert is_refused(following, good(pool, aud="another-app"))
    following.verify(good(pool))
    assert kept.reads == 2
    assert fetched == [ISSUER]


@pytest.mark.parametrize("changed", ["pool", "client", "keys"])
def test_a_secret_that_names_another_is_followed_by_the_first_token_that_does_not_hold(
    changed: str, pool: Pool, other_pool: Pool, kept: Kept, following: SecretPoolVerifier, seconds: list[float]
) -> None:
    members, old, new = {
        "pool": ({"user_pool_id": "eu-west-1_Next"}, good(pool), good(pool, iss=ISSUER.replace("Test", "Next"))),
        "client": ({"client_id": "next-app"}, good(pool), good(pool, aud="next-app")),
        "keys": ({"jwks": other_pool.jwks()}, good(pool), good(other_pool)),  # under the same kid
    }[changed]
    following.verify(old)
    kept.content.update(members)
    assert not is_refused(following, old)  # nobody has doubted yet
    seconds[0] += 60
    assert following.verify(new).email == "ann@example.com"
    assert following.verify(new).email == "ann@example.com"
    assert is_refused(following, old)
    assert kept.reads == 2


def test_a_token_that_holds_for_neither_is_refused_and_the_newer_pool_stays(
    pool: Pool, kept: Kept, following: SecretPoolVerifier, seconds: list[float]
) -> None:
    following.verify(good(pool))
    kept.content["client_id"] = "next-app"
    seconds[0] += 60
    assert is_refused(following, "no token")
    assert not is_refused(following, good(pool, aud="next-app"))
    assert kept.reads == 2


def test_a_request_that_was_overtaken_is_tried_with_what_the_other_found(
    pool: Pool, kept: Kept, following: SecretPoolVerifier, seconds: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    """One request verifies by the old pool while another one has the secret read again: it must not be refused."""
    following.verify(good(pool))
    kept.content["client_id"] = "next-app"
    seconds[0] += 60
    token, real_now, overtaken = good(pool, aud="next-app"), clock.now, []

    def now() -> datetime:
        if not overtaken:  # the token is being judged by the old pool; its audience comes after its times
            overtaken.append(True)
            following.verify(token)
        return real_now()

    monkeypatch.setattr(clock, "now", now)
    assert following.verify(token).email == "ann@example.com"
    assert overtaken
    assert kept.reads == 2


# Where the secret can't be used.


def test_a_secret_that_is_denied_lets_no_token_be_judged_until_it_can_be_read(
    pool: Pool, kept: Kept, following: SecretPoolVerifier, seconds: list[float]
) -> None:
    kept.is_denied = True
    for token in (good(pool), "no token"):
        with pytest.raises(Unavailable, match=UNUSABLE):
            following.verify(token)
    kept.is_denied = False
    assert following.verify(good(pool)).email == "ann@example.com"  # at once, and no minute later
    assert kept.reads == 3


def test_a_secret_that_is_malformed_lets_no_token_be_judged_until_it_is_put_right(
    pool: Pool, kept: Kept, following: SecretPoolVerifier, seconds: list[float]
) -> None:
    right, kept.content = kept.content, {"region": "eu-west-1"}
    with pytest.raises(Unavailable, match=UNUSABLE):
        following.verify(good(pool))
    kept.content = right
    assert following.verify(good(pool)).email == "ann@example.com"


@pytest.mark.parametrize("fault", ["denied", "malformed"])
def test_a_secret_that_stops_working_leaves_the_pool_that_is_known(
    fault: str, pool: Pool, kept: Kept, following: SecretPoolVerifier, seconds: list[float]
) -> None:
    following.verify(good(pool))
    right = kept.content
    kept.is_denied, kept.content = fault == "denied", {"region": "eu-west-1"}
    seconds[0] += 60
    with pytest.raises(Unavailable, match=UNUSABLE):  # this one may be good: there is no saying
        following.verify(good(pool, aud="next-app"))
    assert is_refused(following, good(pool, aud="next-app"))  # looked at a moment ago
    assert not is_refused(following, good(pool))
    kept.is_denied, kept.content = False, {**right, "client_id": "next-app"}
    seconds[0] += 60
    assert not is_refused(following, good(pool, aud="next-app"))
    assert kept.reads == 3


def test_keys_that_can_t_be_fetched_let_no_token_be_judged(
    pool: Pool, kept: Kept, following: SecretPoolVerifier, seconds: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fetch_keys(issuer: str) -> dict[str, Any]:
        raise Unavailable(f"No keys from {issuer}.")

    monkeypatch.setattr(cognito, "fetch_keys", fetch_keys)
    del kept.content["jwks"]
    for _ in range(2):
        with pytest.raises(Unavailable, match=f"No keys from {ISSUER}"):
            following.verify(good(pool))
        seconds[0] += 60
    assert kept.reads == 1  # nobody has doubted the secret


def test_an_application_follows_the_secret_that_it_is_given(pool: Pool, kept: Kept, database_url: str) -> None:
    environment = {"ENVIRONMENT": "dev", "DATABASE_URL": database_url, "COGNITO_SECRET_ARN": ARN}
    client = create_app(load_settings(environment)).test_client()
    kept.is_denied = True
    auditor = pool.bearer(group="auditors")  # verified, and then of no use on this route
    denied = client.get("/api/v1/users/me", headers=auditor)
    assert (denied.status_code, denied.mimetype) == (503, "application/problem+json")
    assert int(denied.headers["Retry-After"]) > 0
    assert denied.json["detail"] == UNUSABLE
    assert client.get("/health").status_code == 200
    kept.is_denied = False
    assert client.get("/api/v1/users/me", headers=auditor).status_code == 403
    assert client.get("/api/v1/users/me", headers={"Authorization": "Bearer no-token"}).status_code == 401


# Requests that come together.


def together(verify: Callable[[int], Any]) -> list[Any]:
    """What four threads find that begin at the same moment."""
    started = threading.Barrier(4)

    def begin(number: int) -> Any:
        started.wait()
        return verify(number)

    with ThreadPoolExecutor(4) as threads:
        return list(threads.map(begin, range(4)))


def slowly(kept: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    """Has the secret take a while to be read, as it does across the network."""
    is_reading = threading.Event()

    def fetch(secret: Secret, arn: str) -> str:
        text = kept.fetch(secret, arn)
        is_reading.wait(0.05)
        return text

    monkeypatch.setattr(secrets, "fetch", fetch)


def test_first_requests_wait_for_one_read_and_one_key_set(
    pool: Pool, kept: Kept, following: SecretPoolVerifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    fetched: list[str] = []
    monkeypatch.setattr(cognito, "fetch_keys", lambda issuer: fetched.append(issuer) or pool.jwks())
    del kept.content["jwks"]
    slowly(kept, monkeypatch)
    token = good(pool)
    assert together(lambda _number: following.verify(token).email) == ["ann@example.com"] * 4
    assert kept.reads == 1
    assert fetched == [ISSUER]


def test_requests_with_tokens_of_the_next_pool_wait_for_one_read(
    pool: Pool, kept: Kept, following: SecretPoolVerifier, seconds: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    following.verify(good(pool))
    kept.content["client_id"] = "next-app"
    seconds[0] += 60
    slowly(kept, monkeypatch)
    token = good(pool, aud="next-app")
    assert together(lambda _number: following.verify(token).email) == ["ann@example.com"] * 4
    assert kept.reads == 2


def test_bad_tokens_that_come_together_are_one_doubt(
    pool: Pool, kept: Kept, following: SecretPoolVerifier, seconds: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    following.verify(good(pool))
    seconds[0] += 60
    slowly(kept, monkeypatch)
    assert together(lambda _number: is_refused(following, "no token")) == [True] * 4
    assert kept.reads == 2
