"""Puts the application together: the worker's store, blueprints, error handlers. Nothing else happens here."""

from flask import Flask

from spendsense.api import setup as api
from spendsense.api.auth import check_every_route
from spendsense.api.pool import SecretPoolVerifier
from spendsense.api.tokens import RefuseAll, TokenVerifier
from spendsense.aws.secrets import Secret
from spendsense.config import Settings, load_settings
from spendsense.worker import create_worker


def create_app(settings: Settings | None = None, verifier: TokenVerifier | None = None) -> Flask:
    """The application for one process that serves. Tokens are those of the verifier, else of the pool that the Cognito
    secret names, else none is good.

    Raises ConfigurationError when it can't run as it is configured, or when a route does not say who may call it.
    """
    return with_api(create_worker(settings or load_settings()), verifier)


def with_api(app: Flask, verifier: TokenVerifier | None = None) -> Flask:
    """That worker, and from now on it serves: one process has one of them, and so one pool of connections."""
    settings: Settings = app.config["SPENDSENSE"]
    api.install(app, settings, verifier or _verifier(settings))
    check_every_route(app)
    return app


def _verifier(settings: Settings) -> TokenVerifier:
    if settings.cognito_secret_arn is None:
        return RefuseAll()
    return SecretPoolVerifier(Secret("cognito", settings.cognito_secret_arn))
