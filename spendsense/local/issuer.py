"""Tokens for a laptop: what Cognito would issue, signed with a key pair of one's own.

Anyone who can run it can be anyone, so it starts only where `ENVIRONMENT` is `dev`, and never inside Lambda.
"""

import json
import os
import tempfile
import uuid
from collections.abc import Mapping
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any, Literal

import jwt
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from spendsense import clock
from spendsense.api.tokens import KeyRing, PoolVerifier
from spendsense.config import load_settings
from spendsense.consent.people import normalise_email
from spendsense.errors import ConfigurationError
from spendsense.local.home import default_home

ISSUER = "https://issuer.localhost/spendsense"
CLIENT_ID = "spendsense-local"
KEY_ID = "local-1"
KEY_FILE = "issuer.pem"
KEY_BITS = 2_048
LIFETIME = timedelta(hours=12)
NAMESPACE = uuid.uuid5(uuid.NAMESPACE_URL, ISSUER)

Group = Literal["consumers", "operators", "auditors"]


def issue_token(
    email: str, group: Group | None = None, *, use: Literal["id", "access"] = "id", lifetime: timedelta = LIFETIME
) -> str:
    """A signed token for this email, verified, as a member of the group (consumers by default).

    The same email always gets the same `sub`. Raises ConfigurationError outside development.
    """
    email = normalise_email(email)
    now = clock.now()
    claims: dict[str, Any] = {
        "iss": ISSUER,
        "sub": str(uuid.uuid5(NAMESPACE, email)),
        "token_use": use,
        "iat": int(now.timestamp()),
        "exp": int((now + lifetime).timestamp()),
        "cognito:groups": [group or "consumers"],
    }
    if use == "id":
        claims |= {"aud": CLIENT_ID, "email": email, "email_verified": True}
    else:
        claims |= {"client_id": CLIENT_ID}
    return jwt.encode(claims, private_key(), algorithm="RS256", headers={"kid": KEY_ID})


def verifier() -> PoolVerifier:
    """Verifies the tokens that `issue_token` makes. Raises ConfigurationError outside development."""
    refuse_outside_development()
    return PoolVerifier(KeyRing(jwks), ISSUER, CLIENT_ID)


def jwks() -> Mapping[str, Any]:
    """The public half of the key pair, as a key set."""
    public = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(private_key().public_key()))
    return {"keys": [{**public, "kid": KEY_ID, "use": "sig", "alg": "RS256"}]}


def private_key() -> RSAPrivateKey:
    """The key pair of this folder, made when first asked for. Raises ConfigurationError outside development."""
    refuse_outside_development()
    return _key_of(default_home())


def refuse_outside_development() -> None:
    """Raises ConfigurationError unless this is a developer's own machine."""
    settings = load_settings()
    if not settings.is_dev:
        raise ConfigurationError("The local token issuer runs only where ENVIRONMENT is dev; use Cognito's tokens.")
    if settings.in_lambda:
        raise ConfigurationError("The local token issuer does not run inside Lambda; use Cognito's tokens.")


@cache
def _key_of(folder: Path) -> RSAPrivateKey:
    path = folder / KEY_FILE
    if not path.exists():
        _write_key(path)
    fault = ConfigurationError(f"{path} holds no RSA key; delete it and start again, with new tokens.")
    try:
        key = serialization.load_pem_private_key(path.read_bytes(), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:  # no key, one with a password, one of no use
        raise fault from error
    if not isinstance(key, RSAPrivateKey):
        raise fault
    return key


def _write_key(path: Path) -> None:
    """Makes a key pair that only the owner may read. Two processes at once end up with the same one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    key = rsa.generate_private_key(public_exponent=65_537, key_size=KEY_BITS)
    encoding, form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    content = key.private_bytes(encoding, form, serialization.NoEncryption())
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=KEY_FILE)  # mode 0600
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        os.link(temporary, path)
    except FileExistsError:
        pass  # another process was first, and its key counts
    finally:
        os.unlink(temporary)
