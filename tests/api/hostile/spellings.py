"""Tokens cut, swapped, spelled or packed as none may be, most of them from the bytes of a good one."""

import base64
import json
from collections.abc import Iterator

from cryptography.hazmat.primitives import serialization

from tests.api.conftest import KID
from tests.api.hostile.forge import Forge, Kind, encode, head, part, signature_of, signed

ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


def other_spellings(forge: Forge) -> Iterator[str]:
    """A good token's own bytes, spelled as base64url is not: decoders that forgive would take them."""
    good = forge.good()
    first, body, signature = good.split(".")
    twin = ALPHABET[ALPHABET.index(signature[-1]) ^ 1]  # differs in a bit that no byte needs
    yield f"{first}.{body}.{signature[:-1]}{twin}"
    for padding in ("=", "==", "===", "===="):
        yield f"{first}.{body}.{signature}{padding}"
        yield f"{first}{padding}.{body}.{signature}"
        yield f"{first}.{body}{padding}.{signature}"
    for inserted in ("!", "%", "~", "\t", " ", "\n", "\r\n", "\x00", "\x0b", "é", "\u200b", "+", "/"):
        yield f"{first}.{body}.{signature[:9]}{inserted}{signature[9:]}"
        yield f"{first}.{body[:9]}{inserted}{body[9:]}.{signature}"
    standard = next(
        token
        for token in (forge.pool.sign(forge.claims(jti=str(number))) for number in range(100))
        if "-" in token.rpartition(".")[2]
    )
    whole, _, end = standard.rpartition(".")
    yield f"{whole}.{end.replace('-', '+').replace('_', '/')}"


def other_signatures(forge: Forge) -> Iterator[str]:
    """Truncated, lengthened, empty, and with single bits turned over."""
    unsigned, _, text = forge.good().rpartition(".")
    signature = base64.urlsafe_b64decode(text + "==")
    for cut in (1, 32, 128, 255):
        yield f"{unsigned}.{encode(signature[:cut])}"
    for content in (signature + b"\x00", b"\x00" + signature, signature + signature, signature[::-1]):
        yield f"{unsigned}.{encode(content)}"
    for bit in range(0, 2_048, 128):
        flipped = bytearray(signature)
        flipped[bit // 8] ^= 1 << bit % 8
        yield f"{unsigned}.{encode(bytes(flipped))}"
    yield f"{unsigned}.{encode(bytes(256))}"
    yield f"{unsigned}.{encode(bytes([255]) * 256)}"


def other_content_under_a_signature(forge: Forge) -> Iterator[str]:
    first, body, signature = forge.good().split(".")
    for changes in ({"sub": "eve"}, {"exp": forge.now + 86_400}, {"cognito:groups": ["operators"]}, {"email": "e@e.e"}):
        yield f"{first}.{part(forge.claims(**changes))}.{signature}"
    yield f"{part(head(x=1))}.{body}.{signature}"
    flipped = bytearray(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    flipped[40] ^= 1
    yield f"{first}.{encode(bytes(flipped))}.{signature}"


def swapped_parts(forge: Forge) -> Iterator[str]:
    first, body, signature = forge.good().split(".")
    other = forge.pool.sign(forge.claims(sub="other")).split(".")
    yield f"{body}.{first}.{signature}"
    yield f"{first}.{signature}.{body}"
    yield f"{signature}.{body}.{first}"
    yield f"{first}.{body}.{other[2]}"
    yield f"{first}.{other[1]}.{signature}"


def other_counts_of_parts(forge: Forge) -> Iterator[str]:
    good = forge.good()
    first, body, signature = good.split(".")
    yield from (first, body, f"{first}.{body}", f"{first}.{body}.", f".{body}.{signature}", f"{first}..{signature}")
    yield from ("..", ".", "...", f"{good}.", f".{good}", f"{good}.{signature}", f"{good}.x.y", f"{good},{good}")


def no_tokens(forge: Forge) -> Iterator[str]:
    yield from ("null", "undefined", "true", "0", "a.b.c", "e30.e30.e30", "Bearer", "[object Object]", "é" * 20, "\x7f")
    yield encode(forge.good().encode())
    yield "basic " + forge.good()
    yield forge.pool.key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()


def claims_that_are_no_object(forge: Forge) -> Iterator[str]:
    for content in (
        "[]",
        "null",
        "true",
        "7",
        '"text"',
        "",
        "{",
        "[" * 1_500,
        '{"a":' * 900,
        json.dumps([forge.claims()]),
    ):
        yield signed(head(), content, forge.pool.key)
        yield signed(content, forge.claims(), forge.pool.key)


def claims_in_another_encoding(forge: Forge) -> Iterator[str]:
    text = json.dumps(forge.claims())
    for encoding in ("utf-16", "utf-32", "utf-8-sig", "cp037"):
        unsigned = f"{part(head())}.{encode(text.encode(encoding))}"
        yield f"{unsigned}.{signature_of(unsigned, forge.pool.key)}"
    unsigned = f"{part(head())}.{encode(text.encode()[:-1] + b', ' + bytes([34, 255, 34]) + b': 1}')}"
    yield f"{unsigned}.{signature_of(unsigned, forge.pool.key)}"


def too_large(forge: Forge) -> Iterator[str]:
    """Over the 8 kB that a token may have, and below what a server takes as headers."""
    yield forge.pool.sign(forge.claims(padding="a" * 6_000))
    yield signed(head(padding="a" * 6_000), forge.claims(), forge.pool.key)
    yield forge.good() + "a" * 9_000
    yield forge.pool.sign(forge.claims(**{"cognito:groups": ["operators"] * 500}))


def nested(forge: Forge) -> Iterator[str]:
    """A token within a token, and tokens that are encrypted rather than signed."""
    yield signed(head(cty="JWT"), forge.good(), forge.pool.key)
    yield signed(head(cty="JWT"), json.dumps(forge.good()), forge.pool.key)
    encrypted = part({"alg": "dir", "enc": "A256GCM", "kid": KID})
    yield f"{encrypted}..{encode(bytes(12))}.{part(forge.claims())}.{encode(bytes(16))}"
    yield part({"payload": forge.good().split(".")[1], "signatures": [{"signature": forge.good().split(".")[2]}]})


KINDS: tuple[Kind, ...] = (
    other_spellings,
    other_signatures,
    other_content_under_a_signature,
    swapped_parts,
    other_counts_of_parts,
    no_tokens,
    claims_that_are_no_object,
    claims_in_another_encoding,
    too_large,
    nested,
)
