import base64
import json
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key

from spendsense import clock
from spendsense.api import tokens
from spendsense.api.tokens import KeyRing, PoolVerifier
from spendsense.errors import Unauthenticated, Unavailable
from tests.api.conftest import CLIENT_ID, ISSUER, KID, Pool

NOW = int(clock.now().timestamp())

# Claims that must not hold, each a change to a good ID token (None takes the claim away).
BAD_CLAIMS: dict[str, dict[str, Any]] = {
    "expired": {"exp": NOW - 60},
    "no exp": {"exp": None},
    "exp as text": {"exp": str(NOW + 3_600)},
    "exp as a fraction": {"exp": NOW + 3_600.5},
    "exp as true": {"exp": True},
    "exp negative": {"exp": -1},
    "exp beyond all time": {"exp": 10**30},
    "no iat": {"iat": None},
    "issued in the future": {"iat": NOW + 86_400},
    "not yet valid": {"nbf": NOW + 86_400},
    "nbf as text": {"nbf": str(NOW)},
    "no issuer": {"iss": None},
    "other pool": {"iss": ISSUER + "2"},
    "issuer as a list": {"iss": [ISSUER]},
    "no audience": {"aud": None},
    "other app": {"aud": "another-app"},
    "audience as a list": {"aud": [CLIENT_ID]},
    "no token_use": {"token_use": None},
    "refresh token": {"token_use": "refresh"},
    "token_use as a list": {"token_use": ["id"]},
    "access token with aud alone": {"token_use": "access"},
    "access token of another app": {"token_use": "access", "client_id": "another-app"},
    "no sub": {"sub": None},
    "empty sub": {"sub": ""},
    "sub as a number": {"sub": 7},
    "sub with a NUL": {"sub": "a\x00b"},
    "endless sub": {"sub": "a" * 1_000},
    "groups as text": {"cognito:groups": "consumers"},
    "groups as an object": {"cognito:groups": {"consumers": True}},
    "groups of numbers": {"cognito:groups": [1]},
    "email as a list": {"email": ["ann@example.com"]},
    "endless token": {"padding": "a" * 9_000},
}


@pytest.mark.parametrize("name", BAD_CLAIMS)
def test_claims_that_do_not_hold(name: str, pool: Pool, verifier: PoolVerifier) -> None:
    with pytest.raises(Unauthenticated):
        verifier.verify(pool.sign(pool.claims(**BAD_CLAIMS[name])))


def part(content: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(content).encode()).decode().rstrip("=")


def forged(pool: Pool) -> dict[str, str]:
    """Tokens with good claims that the pool did not sign, or not in the one way that counts."""
    claims, good = pool.claims(), pool.sign(pool.claims())
    head, body, signature = good.split(".")
    other = generate_private_key(public_exponent=65_537, key_size=2_048)
    encoding = (serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    public_pem = pool.key.public_key().public_bytes(*encoding)
    unsigned = part({"alg": "HS256", "kid": KID}) + "." + body
    hmac_by_public_key = jwt.algorithms.HMACAlgorithm(jwt.algorithms.HMACAlgorithm.SHA256).sign(
        unsigned.encode(), public_pem
    )
    return {
        "another key under the same kid": jwt.encode(claims, other, algorithm="RS256", headers={"kid": KID}),
        "unknown kid": jwt.encode(claims, pool.key, algorithm="RS256", headers={"kid": "key-2"}),
        "no kid": jwt.encode(claims, pool.key, algorithm="RS256"),
        "kid as a path": jwt.encode(claims, pool.key, algorithm="RS256", headers={"kid": "../../etc/passwd"}),
        "alg none": part({"alg": "none", "kid": KID}) + "." + body + ".",
        "alg None": part({"alg": "None", "kid": KID}) + "." + body + "." + signature,
        "HS256 by the public key": unsigned + "." + base64.urlsafe_b64encode(hmac_by_public_key).decode().rstrip("="),
        "RS512": jwt.encode(claims, pool.key, algorithm="RS512", headers={"kid": KID}),
        "PS256": jwt.encode(claims, pool.key, algorithm="PS256", headers={"kid": KID}),
        "crit": pool.sign(claims, crit=["exp"]),
        "own key in the header": jwt.encode(
            claims, other, algorithm="RS256", headers={"kid": KID, "jwk": pool.jwks()["keys"][0]}
        ),
        "other claims under the signature": head + "." + part({**claims, "sub": "eve"}) + "." + signature,
        "no signature": head + "." + body + ".",
        "two parts": head + "." + body,
        "four parts": good + "." + signature,
        "empty": "",
        "not base64": "a.b.c",
        "not ASCII": good + "é",
        "claims as a list": jwt.PyJWS().encode(b"[]", pool.key, algorithm="RS256", headers={"kid": KID}),
        "claims not JSON": jwt.PyJWS().encode(b"{", pool.key, algorithm="RS256", headers={"kid": KID}),
        "header as a list": part([]) + "." + body + "." + signature,
        "deep claims": jwt.PyJWS().encode(b"[" * 2_000, pool.key, algorithm="RS256", headers={"kid": KID}),
    }


def test_forged_tokens(pool: Pool, verifier: PoolVerifier) -> None:
    for name, token in forged(pool).items():
        with pytest.raises(Unauthenticated):
            pytest.fail(f"{name}: {verifier.verify(token)}")


def test_an_id_token(pool: Pool, verifier: PoolVerifier) -> None:
    claims = pool.claims(**{"cognito:groups": ["consumers", "auditors", "unheard-of"]})
    caller = verifier.verify(pool.sign(claims))
    assert (caller.sub, caller.email, caller.email_verified) == (claims["sub"], "ann@example.com", True)
    assert caller.roles == {"consumer", "auditor"}


def test_an_access_token_says_nothing_of_an_email(pool: Pool, verifier: PoolVerifier) -> None:
    claims = pool.claims(token_use="access", client_id=CLIENT_ID, aud=None)
    caller = verifier.verify(pool.sign(claims))
    assert (caller.email, caller.email_verified, caller.roles) == (None, False, {"consumer"})


def test_no_groups_no_roles(pool: Pool, verifier: PoolVerifier) -> None:
    assert verifier.verify(pool.sign(pool.claims(**{"cognito:groups": None}))).roles == frozenset()


@pytest.mark.parametrize(("seconds_ago", "holds"), [(4, True), (6, False)])
def test_five_seconds_of_leeway(
    seconds_ago: int, holds: bool, pool: Pool, verifier: PoolVerifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    moment = clock.now().replace(microsecond=0)
    monkeypatch.setattr(clock, "now", lambda: moment)
    token = pool.sign(pool.claims(exp=int(moment.timestamp()) - seconds_ago))
    if holds:
        verifier.verify(token)
    else:
        with pytest.raises(Unauthenticated):
            verifier.verify(token)


def test_a_rotated_key_is_read_anew_but_not_more_than_once_a_minute(
    pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    reads = []
    seconds = [1_000.0]
    monkeypatch.setattr(tokens.time, "monotonic", lambda: seconds[0])
    ring = KeyRing(lambda: reads.append(1) or (pool.jwks() if len(reads) > 1 else {"keys": []}))
    assert ring.find(KID) is None  # the first read knows no key yet
    assert ring.find(KID) is None
    assert len(reads) == 1
    seconds[0] += 60
    assert ring.find(KID) is not None
    assert len(reads) == 2


def test_keys_that_could_not_be_read_are_asked_for_again_in_a_moment(
    pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not by every token that comes meanwhile: whoever sends invented ids would hold up everybody."""
    reads, seconds = [], [100.0]
    monkeypatch.setattr(tokens.time, "monotonic", lambda: seconds[0])

    def read() -> dict[str, Any]:
        reads.append(1)
        if len(reads) == 1:
            raise Unavailable("The user pool's keys can't be read at the moment.")
        return pool.jwks()

    ring = KeyRing(read)
    for _ in range(20):
        with pytest.raises(Unavailable):
            ring.find(KID)
    assert len(reads) == 1
    seconds[0] += tokens.SECONDS_AFTER_FAILURE
    assert ring.find(KID) is not None
    assert ring.find("unknown") is None
    assert len(reads) == 2


def test_requests_that_come_together_wait_for_the_first_read(pool: Pool) -> None:
    started, is_reading = threading.Barrier(4), threading.Event()

    def read() -> dict[str, Any]:
        is_reading.wait(0.05)  # a pool across the network
        return pool.jwks()

    ring = KeyRing(read)

    def find(_number: int) -> bool:
        started.wait()
        return ring.find(KID) is not None

    with ThreadPoolExecutor(4) as threads:
        assert list(threads.map(find, range(4))) == [True] * 4


def test_keys_that_are_not_used(pool: Pool) -> None:
    good = pool.jwks()["keys"][0]
    small = generate_private_key(public_exponent=65_537, key_size=1_024)
    short = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(small.public_key()))
    unfit = [
        {**good, "use": "enc"},
        {**good, "alg": "RS512"},
        {**good, "kid": None},
        {"kty": "oct", "k": "c2VjcmV0", "kid": "secret"},
        {**short, "kid": "short"},
        {**good, "n": 7, "kid": "number"},
        {**good, "n": "!", "kid": "no base64"},
        {"kty": "RSA", "kid": "nothing in it"},
    ]
    assert tokens.public_keys({"keys": unfit}) == {}
    assert set(tokens.public_keys({"keys": [*unfit, good]})) == {KID}
