"""Puts the application together: settings, store, blueprints, error handlers. Nothing else happens here."""

from pathlib import Path

from flask import Flask
from flask_migrate import Migrate

from spendsense.config import Settings, load_settings
from spendsense.store import models  # noqa: F401  the tables must be known to the metadata
from spendsense.store.session import db

MIGRATIONS = Path(__file__).resolve().parent.parent / "migrations"


def create_app(settings: Settings | None = None) -> Flask:
    """The application for one process. Raises ConfigurationError when it can't run as it is configured."""
    settings = settings or load_settings()
    app = Flask(__name__)
    app.config["SPENDSENSE"] = settings
    app.config["SQLALCHEMY_DATABASE_URI"] = settings.database_url
    db.init_app(app)
    Migrate(app, db, directory=str(MIGRATIONS))
    return app
