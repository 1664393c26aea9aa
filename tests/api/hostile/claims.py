"""Tokens that the pool itself signed, with claims that must not hold."""

import json
from collections.abc import Iterator

from tests.api.conftest import CLIENT_ID, ISSUER, KID
from tests.api.hostile.forge import LOOKALIKES, Forge, Kind, head, signed


def missing_claims(forge: Forge) -> Iterator[str]:
    for name in ("iss", "sub", "aud", "token_use", "iat", "exp"):
        yield forge.pool.sign(forge.claims(**{name: None}))
        yield signed(head(), {**forge.claims(), name: None}, forge.pool.key)  # there, and null
    for name in ("iss", "sub", "client_id", "token_use", "iat", "exp"):
        yield forge.pool.sign(forge.access(**{name: None}))


def doubled_members(forge: Forge) -> Iterator[str]:
    """A member twice: whoever reads the first one sees another token than whoever reads the last."""
    claims = json.dumps(forge.claims())
    for name, value in {**forge.claims(), "exp": 1, "sub": "eve", "iss": "https://pool.example"}.items():
        yield signed(head(), f"{claims[:-1]}, {json.dumps(name)}: {json.dumps(forge.claims()[name])}}}", forge.pool.key)
        yield signed(head(), f"{{{json.dumps(name)}: {json.dumps(value)}, {claims[1:]}", forge.pool.key)
    for doubled in ('{"alg": "none", "alg": "RS256", "kid": "key-1"}', '{"alg": "RS256", "kid": "x", "kid": "key-1"}'):
        yield signed(doubled, forge.claims(), forge.pool.key)


def times_of_wrong_types(forge: Forge) -> Iterator[str]:
    for name in ("exp", "iat", "nbf"):
        good = forge.now + (3_600 if name == "exp" else 0)
        for value in (str(good), float(good), good + 0.5, True, [good], {"at": good}, -1, 0, 10**30, "2099-01-01", ""):
            yield forge.pool.sign(forge.claims(**{name: value}))
    for constant in ("NaN", "Infinity", "1e400"):
        yield signed(head(), json.dumps(forge.claims(exp=7)).replace(": 7", f": {constant}"), forge.pool.key)


def out_of_time(forge: Forge) -> Iterator[str]:
    """A second beyond the five of leeway, and far beyond, for both uses."""
    for name, value in (
        ("exp", forge.now - 5),
        ("exp", forge.now - 3_600),
        ("iat", forge.now + 6),
        ("iat", forge.now + 86_400),
        ("nbf", forge.now + 6),
        ("nbf", forge.now + 86_400),
    ):
        yield forge.pool.sign(forge.claims(**{name: value}))
        yield forge.pool.sign(forge.access(**{name: value}))


def other_audiences(forge: Forge) -> Iterator[str]:
    for audience in (
        [CLIENT_ID],
        [CLIENT_ID, "another"],
        "another-app",
        CLIENT_ID + " ",
        CLIENT_ID.upper(),
        "",
        True,
        "*",
    ):
        yield forge.pool.sign(forge.claims(aud=audience))
        yield forge.pool.sign(forge.access(client_id=audience))
    yield forge.pool.sign(forge.access(client_id=None, aud=CLIENT_ID))  # each use has a claim of its own
    yield forge.pool.sign(forge.claims(client_id=CLIENT_ID, aud=None))


def other_uses(forge: Forge) -> Iterator[str]:
    for use in ("refresh", "ID", "id ", "", "access", ["id"], {"id": True}, True, 1, "ıd"):
        yield forge.pool.sign(forge.claims(token_use=use))


def other_issuers(forge: Forge) -> Iterator[str]:
    for issuer in (
        ISSUER + "2",
        ISSUER + "/",
        ISSUER.upper(),
        ISSUER.replace("https", "http"),
        ISSUER.replace("amazonaws.com", "amazonaws.com.example"),
        ISSUER.replace("eu-west-1_Test", "us-east-1_Test"),
        "",
        [ISSUER],
        {"iss": ISSUER},
    ):
        yield forge.pool.sign(forge.claims(iss=issuer))


def groups_that_are_no_list(forge: Forge) -> Iterator[str]:
    for groups in ("operators", "consumers,operators", {"operators": True}, [1], [["operators"]], True, 7, [None]):
        yield forge.pool.sign(forge.claims(**{"cognito:groups": groups}))


def subjects_that_name_nobody(forge: Forge) -> Iterator[str]:
    for sub in ("", 7, True, ["ann"], {"sub": "ann"}, "a\x00b", "a\nb", "a" * 321):
        yield forge.pool.sign(forge.claims(sub=sub))
    for email in (["ann@example.com"], {"email": 1}, 7, "a" * 321):
        yield forge.pool.sign(forge.claims(email=email))


def lookalikes(forge: Forge) -> Iterator[str]:
    """Letters that look alike, in values and in the names of claims."""
    for name in ("iss", "aud", "token_use"):
        value = forge.claims()[name]
        yield forge.pool.sign(forge.claims(**{name: value.translate(LOOKALIKES) if name != "token_use" else "іd"}))
    for name in ("exp", "iat", "iss", "aud", "token_use"):
        claims = forge.claims()
        claims[name.translate(LOOKALIKES)] = claims.pop(name)
        yield forge.pool.sign(claims)
    for key in (forge.pool.key, forge.stranger):
        yield signed(head(kid=KID.replace("e", "е")), forge.claims(), key)


KINDS: tuple[Kind, ...] = (
    missing_claims,
    doubled_members,
    times_of_wrong_types,
    out_of_time,
    other_audiences,
    other_uses,
    other_issuers,
    groups_that_are_no_list,
    subjects_that_name_nobody,
    lookalikes,
)
