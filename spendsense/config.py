"""Settings, read once from the environment. A wrong one stops the start and names the variable."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeVar, cast, get_args

from spendsense.errors import ConfigurationError

_MOST_PEOPLE = 1_000_000_000
_MOST_CONNECTIONS = 1_000  # as many invocations an account may have at once, unless AWS grants it more
_MOST_DAYS = 36_500
_MOST_PER_MINUTE = 1_000_000
_ORIGIN = re.compile(r"https?://[A-Za-z0-9.-]+(:[0-9]{1,5})?")
_KEY = re.compile("[0-9a-fA-F]{64}")

Environment = Literal["dev", "staging", "prod"]
Delivery = Literal["auto", "approval"]
Default = TypeVar("Default", bound=int | None)


@dataclass(frozen=True, slots=True)
class Settings:
    """What this process was told. `database_url` is None where an embedded server or a secret gives it.

    A run in Lambda with more than `fan_out_above` people before it is split over at most `fan_out_connections`
    invocations, each of which holds one connection to the database. With `recommendation_delivery` "approval" nothing
    is shown before an operator approves it.

    Bank data is deleted `consent_retention_days` after the person's consent to the analysis has ended: 0 means in the
    next night, None that it stays until the person has it erased.

    Whoever logs in may make `rate_limit_per_minute` requests a minute; 0: as many as they like.
    With an `audit_anchor_key`, 32 bytes, the nightly run signs how far the audit goes.
    """

    environment: Environment
    database_url: str | None
    database_secret_arn: str | None
    cognito_secret_arn: str | None
    cors_origins: tuple[str, ...]
    in_lambda: bool
    fan_out_above: int = 50_000
    fan_out_connections: int = 8
    recommendation_delivery: Delivery = "auto"
    consent_retention_days: int | None = None
    rate_limit_per_minute: int = 0
    audit_anchor_key: bytes | None = field(default=None, repr=False)

    @property
    def is_dev(self) -> bool:
        """Development: the local token issuer, the embedded server and open CORS are allowed."""
        return self.environment == "dev"


def load_settings(environ: Mapping[str, str] = os.environ) -> Settings:
    """Settings from `environ`. Raises ConfigurationError that names the variable and what it may be."""
    environment = environ.get("ENVIRONMENT", "dev")
    if environment not in get_args(Environment):
        raise ConfigurationError(f"ENVIRONMENT is '{environment}'; it must be one of dev, staging, prod.")
    origins = tuple(origin.strip() for origin in environ.get("CORS_ORIGINS", "").split(",") if origin.strip())
    if environment != "dev" and not origins:
        raise ConfigurationError("CORS_ORIGINS is missing; outside dev it names the frontend's one origin.")
    if environment != "dev" and (len(origins) > 1 or not is_origin(origins[0])):
        raise ConfigurationError(
            f"CORS_ORIGINS is '{', '.join(origins)}'; outside dev it is one origin, such as https://app.bank.example."
        )
    in_lambda = "AWS_LAMBDA_FUNCTION_NAME" in environ
    if in_lambda and not (environ.get("DATABASE_URL") or environ.get("DATABASE_SECRET_ARN")):
        raise ConfigurationError("DATABASE_SECRET_ARN is missing; in Lambda it names the secret with the connection.")
    per_minute = 0 if environment == "dev" else 300
    return Settings(
        environment=cast(Environment, environment),
        database_url=normalise_database_url(environ.get("DATABASE_URL")),
        database_secret_arn=environ.get("DATABASE_SECRET_ARN") or None,
        cognito_secret_arn=environ.get("COGNITO_SECRET_ARN") or None,
        cors_origins=origins or ("*",),
        in_lambda=in_lambda,
        fan_out_above=_number(environ, "FAN_OUT_ABOVE", 50_000, 1, _MOST_PEOPLE),
        fan_out_connections=_number(environ, "FAN_OUT_CONNECTIONS", 8, 1, _MOST_CONNECTIONS),
        recommendation_delivery=_delivery(environ),
        consent_retention_days=_number(environ, "CONSENT_RETENTION_DAYS", None, 0, _MOST_DAYS),
        rate_limit_per_minute=_number(environ, "RATE_LIMIT_PER_MINUTE", per_minute, 0, _MOST_PER_MINUTE),
        audit_anchor_key=_key(environ, "AUDIT_ANCHOR_KEY"),
    )


def is_origin(text: str) -> bool:
    """Whether a browser would name a page's origin so: scheme, host, a port that is not the usual one, and no slash."""
    return _ORIGIN.fullmatch(text) is not None


def _delivery(environ: Mapping[str, str]) -> Delivery:
    delivery = environ.get("RECOMMENDATION_DELIVERY") or "auto"
    if delivery not in get_args(Delivery):
        raise ConfigurationError(f"RECOMMENDATION_DELIVERY is '{delivery}'; it must be one of auto, approval.")
    return cast(Delivery, delivery)


def _number(environ: Mapping[str, str], name: str, default: Default, least: int, most: int) -> int | Default:
    value = environ.get(name)
    if not value:
        return default
    if not re.fullmatch("[0-9]{1,10}", value) or not least <= int(value) <= most:
        raise ConfigurationError(f"{name} is '{value}'; it must be a whole number, {least} to {most}.")
    return int(value)


def _key(environ: Mapping[str, str], name: str) -> bytes | None:
    value = environ.get(name)
    if not value:
        return None
    if not _KEY.fullmatch(value):
        raise ConfigurationError(f"{name} must be 32 bytes in hex, or unset: `openssl rand -hex 32` makes one.")
    return bytes.fromhex(value)


def normalise_database_url(url: str | None) -> str | None:
    """The URL with SQLAlchemy's psycopg2 driver named, from `postgres://` or `postgresql://`; None stays None."""
    if not url:
        return None
    for prefix in ("postgresql+psycopg2://", "postgresql://", "postgres://"):
        if url.startswith(prefix):
            return "postgresql+psycopg2://" + url.removeprefix(prefix)
    raise ConfigurationError("DATABASE_URL must begin with postgresql:// (PostgreSQL 16).")
