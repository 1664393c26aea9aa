import stat
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
)

from spendsense.errors import ConfigurationError, InvalidInput, Unauthenticated
from spendsense.local import issuer


def pem(key: PrivateKeyTypes, encryption: KeySerializationEncryption) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption)


ENCRYPTED = pem(rsa.generate_private_key(65_537, 2_048), BestAvailableEncryption(b"password"))
OF_ANOTHER_SORT = pem(ed25519.Ed25519PrivateKey.generate(), NoEncryption())


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of the test's own, and a developer's laptop."""
    monkeypatch.setenv("SPENDSENSE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("ENVIRONMENT", "dev")
    monkeypatch.delenv("AWS_LAMBDA_FUNCTION_NAME", raising=False)
    return tmp_path / "home"


def test_a_token_names_its_person() -> None:
    caller = issuer.verifier().verify(issuer.issue_token("Ann@Example.com "))
    assert (caller.email, caller.email_verified, caller.roles) == ("ann@example.com", True, {"consumer"})


def test_the_same_email_is_the_same_person() -> None:
    subs = {issuer.verifier().verify(issuer.issue_token(email)).sub for email in ("ann@example.com", "ANN@example.com")}
    assert len(subs) == 1
    assert subs != {issuer.verifier().verify(issuer.issue_token("bob@example.com")).sub}


@pytest.mark.parametrize(("group", "role"), [("operators", "operator"), ("auditors", "auditor")])
def test_groups(group: issuer.Group, role: str) -> None:
    assert issuer.verifier().verify(issuer.issue_token("olga@example.com", group)).roles == {role}


def test_an_access_token_carries_no_email() -> None:
    caller = issuer.verifier().verify(issuer.issue_token("ann@example.com", use="access"))
    assert (caller.email, caller.roles) == (None, {"consumer"})


def test_a_token_ends() -> None:
    with pytest.raises(Unauthenticated):
        issuer.verifier().verify(issuer.issue_token("ann@example.com", lifetime=timedelta(seconds=-60)))


def test_the_key_is_the_owner_s_alone(home: Path) -> None:
    issuer.issue_token("ann@example.com")
    assert stat.S_IMODE((home / issuer.KEY_FILE).stat().st_mode) == 0o600
    assert [file.name for file in home.iterdir()] == [issuer.KEY_FILE]  # nothing half-made is left


def test_processes_that_start_at_once_use_one_key(home: Path) -> None:
    home.mkdir()

    def key_of(_number: int) -> int:
        return issuer._key_of.__wrapped__(home).private_numbers().d

    with ThreadPoolExecutor(4) as threads:
        assert len(set(threads.map(key_of, range(4)))) == 1


@pytest.mark.parametrize("content", [b"", b"no key", b"\xff\x00", ENCRYPTED, OF_ANOTHER_SORT])
def test_a_file_that_holds_no_key_is_named_with_the_cure(home: Path, content: bytes) -> None:
    home.mkdir()
    (home / issuer.KEY_FILE).write_bytes(content)
    with pytest.raises(ConfigurationError, match=rf"{home}/issuer\.pem holds no RSA key; delete it"):
        issuer.issue_token("ann@example.com")


def test_the_key_set_holds_no_private_part() -> None:
    (key,) = issuer.jwks()["keys"]
    assert set(key) == {"kty", "key_ops", "n", "e", "kid", "use", "alg"}
    assert jwt.PyJWK.from_dict(dict(key)).key.key_size == 2_048


@pytest.mark.parametrize("environment", ["staging", "prod"])
def test_refused_outside_development(environment: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ENVIRONMENT", environment)
    monkeypatch.setenv("CORS_ORIGINS", "https://app.bank.example")
    for start in (issuer.verifier, issuer.jwks, lambda: issuer.issue_token("ann@example.com")):
        with pytest.raises(ConfigurationError, match="ENVIRONMENT"):
            start()


def test_refused_inside_lambda(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", "spendsense-dev")
    with pytest.raises(ConfigurationError, match="Lambda"):
        issuer.issue_token("ann@example.com")


def test_what_is_no_email_gets_no_token() -> None:
    with pytest.raises(InvalidInput):
        issuer.issue_token("ann")
