"""The application as a laptop serves it: `gunicorn 'spendsense.local.server:app()'`."""

from collections.abc import Iterable
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from flask import Flask

from spendsense.app import create_app
from spendsense.config import load_settings
from spendsense.local import issuer
from spendsense.local.postgres import with_database

DOCUMENTATION = "/api/v1/docs"
PATIENCE_SECONDS = 20.0


def app() -> Flask:
    """The application on the embedded server, or on `DATABASE_URL`, with the local issuer's tokens.

    The database must have been migrated. Raises ConfigurationError outside development.
    """
    verifier = issuer.verifier()
    application = create_app(with_database(load_settings()), verifier)
    application.wsgi_app = with_patience(with_front_page(application.wsgi_app))  # type: ignore[assignment]
    return application


def with_front_page(serve: WSGIApplication) -> WSGIApplication:
    """The same, whose bare address leads to its documentation: a laptop's user has typed no more than that.

    A route of its own would be one of the gateway's as well.
    """

    def answer(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if environ.get("PATH_INFO") not in ("", "/") or environ["REQUEST_METHOD"] not in ("GET", "HEAD"):
            return serve(environ, start_response)
        start_response("302 Found", [("Location", DOCUMENTATION), ("Content-Length", "0")])
        return []

    return answer


def with_patience(serve: WSGIApplication) -> WSGIApplication:
    """The same, for which a body ends where nothing of it comes for so long: a few that stall would hold all threads.

    gunicorn takes the limit away before the next request of the connection.
    """

    def answer(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if (link := environ.get("gunicorn.socket")) is not None:
            link.settimeout(PATIENCE_SECONDS)
        return serve(environ, start_response)

    return answer
