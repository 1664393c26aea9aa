"""The user pool that the Cognito secret names, and its public keys."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from spendsense.aws.secrets import Secret, read_members
from spendsense.errors import Unavailable
from spendsense.logs import log

MEMBERS = ("region", "user_pool_id", "client_id")
SECONDS = 5


@dataclass(frozen=True, slots=True)
class Pool:
    """A user pool and the one app client whose tokens are taken; its keys where the secret brings them."""

    region: str
    user_pool_id: str
    client_id: str
    jwks: Mapping[str, Any] | None

    @property
    def issuer(self) -> str:
        """Who its tokens say issued them."""
        return f"https://cognito-idp.{self.region}.amazonaws.com/{self.user_pool_id}"

    def keys(self) -> Mapping[str, Any]:
        """The key set: the secret's, else fetched. Raises Unavailable."""
        return self.jwks if self.jwks is not None else fetch_keys(self.issuer)


def parse_pool(secret: Secret) -> Pool:
    """The pool of the secret's present text. Raises Unavailable, once it is logged which member is missing."""
    content = read_members(secret, MEMBERS)
    jwks: Any = content.get("jwks")
    if isinstance(jwks, str):  # a key set pasted into the console's form arrives as text
        try:
            jwks = json.loads(jwks)
        except ValueError:
            jwks = "unreadable"
    if jwks is not None and not _is_key_set(jwks):
        raise secret.malformed("jwks is no key set")
    region, pool, client = (str(content[name]) for name in MEMBERS)
    return Pool(region, pool, client, jwks)


def read_pool(arn: str) -> Pool:
    """The pool of the secret with that ARN, read now. Raises Unavailable."""
    return parse_pool(Secret("cognito", arn))


def fetch_keys(issuer: str) -> Mapping[str, Any]:
    """The key set that a pool publishes. Raises Unavailable: no token can be judged without it."""
    from http.client import HTTPException  # only where the secret brings no keys
    from urllib.request import urlopen

    try:
        with urlopen(f"{issuer}/.well-known/jwks.json", timeout=SECONDS) as answer:  # noqa: S310  always https
            found: Mapping[str, Any] = json.load(answer)
    except (OSError, ValueError, HTTPException) as error:
        raise _keys_away(type(error).__name__) from None
    if not _is_key_set(found):
        raise _keys_away("malformed: no key set")
    return found


def _is_key_set(found: object) -> bool:
    keys = found.get("keys") if isinstance(found, dict) else None
    return isinstance(keys, list) and all(isinstance(key, dict) for key in keys)


def _keys_away(reason: str) -> Unavailable:
    log.error("keys_unreachable", secret="cognito", reason=reason)  # noqa: S106  a name
    return Unavailable("The user pool's keys can't be read at the moment.")
