"""A client of the API, and a user pool of the tests' own."""

import json
import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from spendsense import clock
from spendsense.api.tokens import KeyRing, PoolVerifier
from spendsense.consent import ledger
from spendsense.consent.people import user_for_token
from spendsense.store.models import User

ISSUER = "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Test"
CLIENT_ID = "the-app"
KID = "key-1"

Headers = dict[str, str]


class Pool:
    """A user pool: a key pair, and the tokens it signs."""

    def __init__(self) -> None:
        self.key: RSAPrivateKey = generate_private_key(public_exponent=65_537, key_size=2_048)

    def jwks(self) -> dict[str, Any]:
        public = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(self.key.public_key()))
        return {"keys": [{**public, "kid": KID, "use": "sig", "alg": "RS256"}]}

    def claims(self, email: str = "ann@example.com", group: str = "consumers", **changes: Any) -> dict[str, Any]:
        """The claims of an ID token as Cognito makes it; a change to None takes a claim away."""
        now = int(clock.now().timestamp())
        claims = {
            "iss": ISSUER,
            "sub": str(uuid.uuid5(uuid.NAMESPACE_DNS, str(email))),
            "aud": CLIENT_ID,
            "token_use": "id",
            "iat": now,
            "exp": now + 3_600,
            "email": email,
            "email_verified": True,
            "cognito:groups": [group],
            **changes,
        }
        return {name: value for name, value in claims.items() if value is not None}

    def sign(self, claims: dict[str, Any], **header: Any) -> str:
        content = json.dumps(claims).encode()  # as it is: jwt.encode would refuse some of the claims
        return jwt.PyJWS().encode(content, self.key, algorithm="RS256", headers={"kid": KID, **header})

    def bearer(self, email: str = "ann@example.com", group: str = "consumers", **changes: Any) -> Headers:
        return {"Authorization": "Bearer " + self.sign(self.claims(email, group, **changes))}


@pytest.fixture(scope="session")
def pool() -> Pool:
    return Pool()


@pytest.fixture
def verifier(pool: Pool) -> PoolVerifier:
    return PoolVerifier(KeyRing(pool.jwks), ISSUER, CLIENT_ID)


@pytest.fixture
def client(app: Flask, session: Session, verifier: PoolVerifier, monkeypatch: pytest.MonkeyPatch) -> FlaskClient:
    """Requests share the test's transaction and are undone with it."""
    monkeypatch.setitem(app.extensions, "spendsense.verifier", verifier)
    return app.test_client()


@pytest.fixture
def ann(pool: Pool) -> Headers:
    """The headers of a consumer."""
    return pool.bearer("ann@example.com")


@pytest.fixture
def person(session: Session, pool: Pool) -> Callable[..., User]:
    """Makes a person who has logged in, with the consents named."""

    def make(email: str = "ann@example.com", *purposes: str) -> User:
        user = user_for_token(session, pool.claims(email)["sub"], email, True)
        if purposes:
            at = clock.now() - timedelta(minutes=1)
            ledger.grant(session, user.user_id, purposes, method="api", text_version="test", at=at)
        session.commit()
        return user

    return make
