"""The two secrets: read when first needed, kept for the life of the process, read again when they stop working.

A secret that can't be used gives one log line that names which and why, and `Unavailable`; never a value of it.
"""

import json
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from spendsense.errors import Unavailable
from spendsense.logs import log

SECONDS_BETWEEN_READS = 30.0
LOOPBACK = ("localhost", "127.0.0.1", "::1")
REASONS = {"ResourceNotFoundException": "missing", "AccessDeniedException": "denied", "AccessDenied": "denied"}
DATABASE_MEMBERS = ("host", "port", "dbname", "username", "password")


@dataclass(frozen=True, slots=True, repr=False)  # a repr would show the password
class Login:
    """How to connect to the database: libpq's own words."""

    host: str
    port: int
    dbname: str
    user: str
    password: str
    sslmode: str


@dataclass(frozen=True, slots=True, repr=False)
class DatabaseSecret:
    """The serving login, and the one that owns the tables where the two differ."""

    serving: Login
    migrating: Login


class Secret:
    """One secret's text, cached. `which` (database, cognito) is all that logs and errors call it."""

    def __init__(self, which: str, arn: str) -> None:
        self.which = which
        self._arn = arn
        self._text: str | None = None
        self._read_at = float("-inf")
        self._lock = threading.Lock()

    def text(self) -> str:
        """The text as it was read last. Raises Unavailable."""
        with self._lock:
            if self._text is None:
                self._read()
            return self._text or ""

    def refresh(self) -> bool:
        """Reads it again, at most every 30 seconds; returns whether it has changed. Raises Unavailable."""
        with self._lock:
            before = self._text
            if time.monotonic() - self._read_at >= SECONDS_BETWEEN_READS:
                self._read()
            return self._text != before

    def unusable(self, reason: str) -> Unavailable:
        """The error to raise, once it has been logged."""
        log.error("secret_unusable", secret=self.which, reason=reason)
        return Unavailable(f"The {self.which} secret can't be used at the moment.")

    def malformed(self, fault: str) -> Unavailable:
        """The same for a text that says too little; it is forgotten, so that one put right is read at the next use."""
        with self._lock:
            self._text = None
        return self.unusable(f"malformed: {fault}")

    def _read(self) -> None:
        self._read_at = time.monotonic()
        self._text = fetch(self, self._arn)


def fetch(secret: Secret, arn: str) -> str:
    """The secret's text from AWS. Raises Unavailable."""
    import boto3  # here and not above: a cold start that needs no secret need not wait for it
    from botocore.config import Config
    from botocore.exceptions import BotoCoreError, ClientError

    limits = Config(connect_timeout=2, read_timeout=5, retries={"total_max_attempts": 2})
    try:
        answer = boto3.client("secretsmanager", config=limits).get_secret_value(SecretId=arn)
    except ClientError as error:
        code = error.response.get("Error", {}).get("Code", "")
        raise secret.unusable(REASONS.get(code, code or "refused")) from None
    except BotoCoreError as error:
        raise secret.unusable(f"unreachable: {type(error).__name__}") from None
    text = answer.get("SecretString")
    if not text:
        raise secret.unusable("malformed: it holds no text")
    return text


def read_members(secret: Secret, names: tuple[str, ...]) -> Mapping[str, Any]:
    """The JSON object in a secret, with at least these members, each not empty. Raises Unavailable."""
    try:
        content = json.loads(secret.text())
    except ValueError:
        raise secret.malformed("neither a URL nor JSON") from None
    if not isinstance(content, dict):
        raise secret.malformed("not a JSON object")
    missing = [name for name in names if content.get(name) in (None, "")]
    if missing:
        raise secret.malformed(f"{', '.join(missing)} missing")
    return content


def read_database(secret: Secret) -> DatabaseSecret:
    """The logins in the database secret: a URL, or JSON. Raises Unavailable that names the secret, not its content."""
    text = secret.text().strip()
    if text.startswith(("postgres://", "postgresql://", "postgresql+psycopg2://")):
        login = _login_of_url(secret, text)
        return DatabaseSecret(login, login)
    content = read_members(secret, DATABASE_MEMBERS)
    host, port = str(content["host"]), _port(secret, content["port"])
    sslmode = str(content.get("sslmode") or _sslmode(host))
    serving = Login(host, port, str(content["dbname"]), str(content["username"]), str(content["password"]), sslmode)
    if not content.get("migration_username"):
        return DatabaseSecret(serving, serving)
    if not content.get("migration_password"):
        raise secret.malformed("migration_password missing")
    user, password = str(content["migration_username"]), str(content["migration_password"])
    return DatabaseSecret(serving, Login(host, port, serving.dbname, user, password, sslmode))


def database_login(arn: str) -> DatabaseSecret:
    """The logins of the secret with that ARN, read now. Raises Unavailable."""
    return read_database(Secret("database", arn))


def _login_of_url(secret: Secret, text: str) -> Login:
    try:
        parts = urlsplit(text)
        port = 5432 if parts.port is None else parts.port
    except ValueError:
        raise secret.malformed("not a URL") from None
    given = {
        "host": parts.hostname,
        "dbname": parts.path.lstrip("/"),
        "username": parts.username,
        "password": parts.password,
    }
    missing = [name for name, value in given.items() if not value]
    if missing:
        raise secret.malformed(f"{', '.join(missing)} missing in the URL")
    host, dbname, user, password = (unquote(value or "") for value in given.values())
    sslmode = dict(parse_qsl(parts.query)).get("sslmode", _sslmode(host))
    return Login(host, _port(secret, port), dbname, user, password, sslmode)


def _port(secret: Secret, value: Any) -> int:
    digits = str(value).strip()
    port = int(digits) if digits.isdecimal() and len(digits) <= 5 else 0
    if not 0 < port < 65_536:
        raise secret.malformed("port is no port")
    return port


def _sslmode(host: str) -> str:
    return "prefer" if host in LOOPBACK else "require"
