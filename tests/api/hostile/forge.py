"""What hostile tokens are made with: the keys of a pool and of its enemies, and tokens built part by part.

All claim every role, for a person that exists, so that one which slips through is let in wherever it knocks.
"""

import base64
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from tests.api.conftest import CLIENT_ID, KID, Pool

GROUPS = ["consumers", "operators", "auditors"]
LOOKALIKES = str.maketrans("aeopcix", "аеорсіх")  # Latin to Cyrillic


@dataclass(frozen=True)
class Forge:
    """The keys of a pool and of its enemies, at a moment that stands still."""

    pool: Pool
    now: int
    stranger: rsa.RSAPrivateKey = field(default_factory=lambda: rsa.generate_private_key(65_537, 2_048))
    weak: rsa.RSAPrivateKey = field(default_factory=lambda: rsa.generate_private_key(65_537, 1_024))
    curve: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))

    def claims(self, **changes: Any) -> dict[str, Any]:
        """The claims of a good ID token; a change to None takes a claim away."""
        times = {"iat": self.now, "exp": self.now + 3_600}
        claims = {**self.pool.claims(), **times, "cognito:groups": GROUPS, **changes}
        return {name: value for name, value in claims.items() if value is not None}

    def access(self, **changes: Any) -> dict[str, Any]:
        """The claims of a good access token."""
        return self.claims(**{"token_use": "access", "client_id": CLIENT_ID, "aud": None, "email": None, **changes})

    def good(self) -> str:
        return self.pool.sign(self.claims())

    def jwks(self) -> dict[str, Any]:
        """What the pool publishes: its key, and beside it what no token may be verified with."""
        encryption = {**jwk_of(self.stranger), "kid": "encryption", "use": "enc"}
        other_algorithm = {**jwk_of(self.stranger), "kid": "rs512", "alg": "RS512"}
        curve = {**json.loads(jwt.algorithms.ECAlgorithm.to_jwk(self.curve.public_key())), "kid": "curve"}
        secret = {"kty": "oct", "kid": "secret", "k": encode(b"secret")}
        weak = {**jwk_of(self.weak), "kid": "weak"}
        return {"keys": [*self.pool.jwks()["keys"], weak, encryption, other_algorithm, curve, secret]}


def jwk_of(key: rsa.RSAPrivateKey) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(key.public_key()))
    return found


def encode(content: bytes) -> str:
    """Base64url without padding."""
    return base64.urlsafe_b64encode(content).decode().rstrip("=")


def part(content: Any) -> str:
    """A JSON value as a part of a token; text is taken for JSON already."""
    return encode((content if isinstance(content, str) else json.dumps(content)).encode())


def head(**changes: Any) -> dict[str, Any]:
    return {"alg": "RS256", "kid": KID, "typ": "JWT", **changes}


def signed(header: Any, claims: Any, key: rsa.RSAPrivateKey) -> str:
    """A token by RS256 whatever its header says; header and claims may be any text."""
    unsigned = f"{part(header)}.{part(claims)}"
    return f"{unsigned}.{signature_of(unsigned, key)}"


def signature_of(unsigned: str, key: rsa.RSAPrivateKey) -> str:
    algorithm = jwt.algorithms.RSAAlgorithm(jwt.algorithms.RSAAlgorithm.SHA256)
    return encode(algorithm.sign(unsigned.encode(), key))


Kind = Callable[[Forge], Iterator[str]]
"""One way to forge, and its tokens."""
