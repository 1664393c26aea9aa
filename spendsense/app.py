"""Puts the application together: settings, store, blueprints, error handlers. Nothing else happens here."""

from pathlib import Path
from typing import Any

from flask import Flask
from flask_migrate import Migrate

from spendsense.api import setup as api
from spendsense.api.auth import check_every_route
from spendsense.api.tokens import RefuseAll, TokenVerifier
from spendsense.config import Settings, load_settings
from spendsense.logs import configure_logging
from spendsense.store import models  # noqa: F401  the tables must be known to the metadata
from spendsense.store.session import db

MIGRATIONS = Path(__file__).resolve().parent.parent / "migrations"


def create_app(settings: Settings | None = None, verifier: TokenVerifier | None = None) -> Flask:
    """The application for one process. Without a verifier no token is good.

    Raises ConfigurationError when it can't run as it is configured, or when a route does not say who may call it.
    """
    settings = settings or load_settings()
    configure_logging()
    app = Flask(__name__, static_folder=None)
    app.config["SPENDSENSE"] = settings
    app.config["SQLALCHEMY_DATABASE_URI"] = settings.database_url
    app.config["SQLALCHEMY_ENGINE_OPTIONS"] = engine_options(settings)
    db.init_app(app)
    Migrate(app, db, directory=str(MIGRATIONS))
    api.install(app, settings, verifier or RefuseAll())
    check_every_route(app)
    return app


def engine_options(settings: Settings) -> dict[str, Any]:
    """How the connections behave: one in a Lambda, checked before use, and given up within seconds when the link dies.

    All of the timeouts are needed: with fewer of them a silent link hangs a statement for a minute (seen).
    """
    return {
        "pool_pre_ping": True,
        "pool_size": 1 if settings.in_lambda else 5,
        "max_overflow": 0 if settings.in_lambda else 5,
        "pool_timeout": 5,
        "hide_parameters": not settings.is_dev,  # an error's text must not carry what was stored
        "connect_args": {
            "application_name": "spendsense",
            "connect_timeout": 3,
            "tcp_user_timeout": 5_000,
            "keepalives_idle": 5,
            "keepalives_interval": 2,
            "keepalives_count": 2,
        },
    }
