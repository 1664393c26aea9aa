"""Cognito tokens: who the bearer is, once every claim that matters has been checked.

RS256 only, by a key that the pool published, whatever the token's header would prefer. The rules are Cognito's
("Verifying JSON web tokens", Amazon Cognito developer guide) and RFC 8725.
"""

import base64
import json
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, NoReturn, Protocol, cast

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from spendsense import clock
from spendsense.errors import Unauthenticated, Unavailable

Role = Literal["consumer", "operator", "auditor"]

ROLE_OF_GROUP: Mapping[str, Role] = {"consumers": "consumer", "operators": "operator", "auditors": "auditor"}
LEEWAY_SECONDS = 5
LONGEST_TOKEN = 8_192
LONGEST_CLAIM = 320
SMALLEST_KEY_BITS = 2_048
SECONDS_BETWEEN_READS = 60.0
SECONDS_AFTER_FAILURE = 5.0
LATEST_MOMENT = 2**53

Jwks = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Caller:
    """Who a verified token names. An access token carries no email."""

    sub: str
    email: str | None
    email_verified: bool
    roles: frozenset[Role]


class TokenVerifier(Protocol):
    """Turns a bearer token into its caller. Raises Unauthenticated for any token that does not hold."""

    def verify(self, token: str) -> Caller: ...


class RefuseAll:
    """The verifier of a process that was given no user pool: nobody gets in."""

    def verify(self, token: str) -> Caller:  # noqa: ARG002  the protocol has it
        """Raises Unauthenticated."""
        raise Unauthenticated("The token does not hold.")


class KeyRing:
    """A pool's public keys by `kid`, read at first and again for an unknown `kid`: at most once a minute, or once in
    five seconds after a reading that failed.
    """

    def __init__(self, read: Callable[[], Jwks]) -> None:
        self._read = read
        self._keys: dict[str, RSAPublicKey] = {}
        self._tried_at: float | None = None
        self._is_read = False  # whether the last try succeeded
        self._lock = threading.Lock()

    def find(self, kid: str) -> RSAPublicKey | None:
        """The key of that id, or None. Raises Unavailable where the keys can't be read."""
        if kid not in self._keys:
            with self._lock:  # the first requests of a process come together: all of them wait for the one read
                if kid not in self._keys and self._may_read():
                    self._tried_at, self._is_read = time.monotonic(), False
                    self._keys = public_keys(self._read())
                    self._is_read = True
                if kid not in self._keys and not self._is_read:
                    raise Unavailable("The keys of the user pool can't be read at the moment.")
        return self._keys.get(kid)

    def _may_read(self) -> bool:
        pause = SECONDS_BETWEEN_READS if self._is_read else SECONDS_AFTER_FAILURE
        return self._tried_at is None or time.monotonic() - self._tried_at >= pause


@dataclass(frozen=True, slots=True)
class PoolVerifier:
    """Verifies ID and access tokens of one user pool and one app client."""

    keys: KeyRing
    issuer: str
    client_id: str

    def verify(self, token: str) -> Caller:
        """The caller. Raises Unauthenticated, always with the same words, for a token that fails any check."""
        try:
            claims = self._signed_claims(token)
            self._check_claims(claims)
            return _caller(claims)
        except (jwt.PyJWTError, _RefusedError, ValueError, TypeError, RecursionError) as error:
            raise Unauthenticated("The token does not hold.") from error

    def _signed_claims(self, token: str) -> dict[str, Any]:
        _demand(len(token) <= LONGEST_TOKEN and token.count(".") == 2)
        header, claims, _signature = (_decoded(part) for part in token.split("."))
        stated = _object(header)
        kid = stated.get("kid")
        _demand(stated.get("alg") == "RS256" and isinstance(kid, str) and "crit" not in stated)
        key = self.keys.find(cast(str, kid))
        if key is None:
            raise _RefusedError
        jwt.PyJWS().decode(token, key, algorithms=["RS256"])  # raises unless the signature holds
        return _object(claims)

    def _check_claims(self, claims: Mapping[str, Any]) -> None:
        now = clock.now()
        _demand(claims.get("iss") == self.issuer)
        _demand(_moment(claims, "exp") > now.timestamp() - LEEWAY_SECONDS)
        _demand(_moment(claims, "iat") <= now.timestamp() + LEEWAY_SECONDS)
        if "nbf" in claims:
            _demand(_moment(claims, "nbf") <= now.timestamp() + LEEWAY_SECONDS)
        audience = {"id": claims.get("aud"), "access": claims.get("client_id")}
        use = claims.get("token_use")
        _demand(isinstance(use, str) and use in audience and audience[use] == self.client_id)


def public_keys(jwks: Jwks) -> dict[str, RSAPublicKey]:
    """The RSA signing keys of a key set, by `kid`. Others, keys under 2,048 bits and broken ones are left out."""
    found = {}
    for entry in jwks.get("keys", []):
        usable = entry.get("kty") == "RSA" and entry.get("use", "sig") == "sig" and entry.get("alg", "RS256") == "RS256"
        if not usable or not isinstance(entry.get("kid"), str):
            continue
        try:
            key = jwt.PyJWK.from_dict(entry, algorithm="RS256").key
        except (jwt.PyJWTError, ValueError, TypeError):
            continue
        if isinstance(key, RSAPublicKey) and key.key_size >= SMALLEST_KEY_BITS:
            found[entry["kid"]] = key
    return found


class _RefusedError(Exception):
    """A check did not hold. Which one is nobody's business outside."""


def _demand(holds: bool) -> None:
    if not holds:
        raise _RefusedError


def _decoded(part: str) -> bytes:
    """What a part of a token encodes. Refuses all spellings of it but one: base64url that ends as it must, unpadded."""
    content = base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
    _demand(base64.urlsafe_b64encode(content).rstrip(b"=").decode() == part)
    return content


def _object(content: bytes) -> dict[str, Any]:
    """The JSON object in these bytes. Refuses one of whose members there are two: who comes next may read the other."""
    found = json.loads(content.decode(), object_pairs_hook=_members, parse_constant=_refuse)
    _demand(isinstance(found, dict))
    return cast(dict[str, Any], found)


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    _demand(len(members) == len(pairs))
    return members


def _refuse(_constant: str) -> NoReturn:
    raise _RefusedError  # NaN and the infinities are no JSON


def _moment(claims: Mapping[str, Any], name: str) -> int:
    value = claims.get(name)
    if type(value) is not int or not 0 < value < LATEST_MOMENT:
        raise _RefusedError
    return value


def _caller(claims: Mapping[str, Any]) -> Caller:
    sub, email, groups = claims.get("sub"), claims.get("email"), claims.get("cognito:groups", [])
    if not isinstance(sub, str) or not 0 < len(sub) <= LONGEST_CLAIM or not sub.isprintable():
        raise _RefusedError
    if not isinstance(groups, list) or not all(isinstance(group, str) for group in groups):
        raise _RefusedError
    _demand(email is None or (isinstance(email, str) and len(email) <= LONGEST_CLAIM))
    is_id_token = claims.get("token_use") == "id"
    return Caller(
        sub=sub,
        email=email if is_id_token else None,
        email_verified=is_id_token and _is_true(claims.get("email_verified")),
        roles=frozenset(ROLE_OF_GROUP[group] for group in groups if group in ROLE_OF_GROUP),
    )


def _is_true(value: object) -> bool:
    return value is True or value == "true"  # Cognito writes it as text in some flows
