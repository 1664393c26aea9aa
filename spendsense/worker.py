"""The application without its API: settings, log and store, which is all that a job or a migration needs.

Tokens, schemas and routes cost memory, and time at the start, that these have no use for.
"""

from typing import Any

from flask import Flask
from sqlalchemy.pool import NullPool

from spendsense.aws.secrets import Secret
from spendsense.config import Settings, load_settings
from spendsense.errors import ConfigurationError
from spendsense.logs import configure_logging
from spendsense.store import models  # noqa: F401  the tables must be known to the metadata
from spendsense.store.connecting import connector
from spendsense.store.session import db

LINK = {
    "application_name": "spendsense",
    "client_encoding": "utf8",  # PGCLIENTENCODING, the URL or the database may name one that has not every letter
    "connect_timeout": 3,
    "tcp_user_timeout": 5_000,
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 2,
}


def create_worker(settings: Settings | None = None, *, is_migration: bool = False) -> Flask:
    """The application for one process that answers nobody. A migration logs in as whoever owns the tables, and may hold
    several connections.

    Raises ConfigurationError when it can't run as it is configured.
    """
    settings = settings or load_settings()
    configure_logging()
    app = Flask(__name__, static_folder=None)
    app.config["SPENDSENSE"] = settings
    app.config["SQLALCHEMY_DATABASE_URI"] = settings.database_url or _url_without_login(settings)
    app.config["SQLALCHEMY_ENGINE_OPTIONS"] = engine_options(settings, is_migration=is_migration)
    db.init_app(app)
    return app


def engine_options(settings: Settings, *, is_migration: bool = False) -> dict[str, Any]:
    """How the connections behave: one in a Lambda, checked before use, and given up within seconds when the link dies.

    All of the timeouts are needed: with fewer of them a silent link hangs a statement for a minute (seen).
    """
    pool: dict[str, Any] = {
        "pool_pre_ping": True,
        "pool_size": 1 if settings.in_lambda else 5,
        "max_overflow": 0 if settings.in_lambda else 5,
        "pool_timeout": 5,
    }
    return {
        **({"poolclass": NullPool} if is_migration else pool),
        "hide_parameters": not settings.is_dev,  # an error's text must not carry what was stored
        **_login(settings, is_migration),
    }


def _url_without_login(settings: Settings) -> str:
    if settings.database_secret_arn is None:
        raise ConfigurationError("DATABASE_SECRET_ARN is missing, and so is DATABASE_URL: there is no database to use.")
    return "postgresql+psycopg2://"


def _login(settings: Settings, is_migration: bool) -> dict[str, Any]:
    """How to log in: the URL's own login, else the one in the secret, read when the first connection is needed."""
    if settings.database_url is None and settings.database_secret_arn is not None:
        secret = Secret("database", settings.database_secret_arn)
        return {"creator": connector(secret, LINK, is_migration=is_migration)}
    return {"connect_args": LINK}
