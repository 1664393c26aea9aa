"""The application as a laptop serves it: `gunicorn 'spendsense.local.server:app()'`."""

from flask import Flask

from spendsense.app import create_app
from spendsense.config import load_settings
from spendsense.local import issuer
from spendsense.local.postgres import with_database


def app() -> Flask:
    """The application on the embedded server, or on `DATABASE_URL`, with the local issuer's tokens.

    The database must have been migrated. Raises ConfigurationError outside development.
    """
    verifier = issuer.verifier()
    return create_app(with_database(load_settings()), verifier)
