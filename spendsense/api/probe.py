"""Health as an application of its own: what a probe of a cold function is answered with before the rest is loaded.

The whole application answers the same, byte for byte, and describes it in its document (`api.health`).
"""

from collections.abc import Mapping
from typing import Any

from flask import Flask

from spendsense.api import request
from spendsense.config import Settings
from spendsense.logs import configure_logging

SHORT_PATH, VERSIONED_PATH = PATHS = ("/health", "/api/v1/health")
HEALTHY = {"status": "ok"}


def create_probe(settings: Settings) -> Flask:
    """An application that knows nothing but health, and needs neither database nor rulebook to say it."""
    configure_logging()
    app = Flask("spendsense.probe", static_folder=None)
    request.register(app, settings)
    for path in PATHS:
        app.add_url_rule(path, path, lambda: HEALTHY)
    return app


def is_probe(environ: Mapping[str, Any]) -> bool:
    """Whether a WSGI request asks for health and nothing else."""
    return environ["PATH_INFO"] in PATHS and environ["REQUEST_METHOD"] in ("GET", "HEAD")
