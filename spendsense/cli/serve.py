"""`spendsense serve`, `up` and `token`: the API on a laptop."""

import socket
import sys
import threading
from pathlib import Path
from typing import Any

import click

from spendsense.cli.arguments import DataPath
from spendsense.cli.context import application, quiet_logs
from spendsense.errors import Conflict

HOST = "127.0.0.1"
THREADS = 8
WATCH_SECONDS = 2.0
PORT = click.option("--port", type=click.IntRange(1, 65_535), default=8000, show_default=True)


@click.command()
@PORT
def serve(port: int) -> None:
    """Serve the API at 127.0.0.1 until Ctrl-C."""
    check_port(port)
    with application():
        pass  # the tables are there, or the error is told here
    serve_forever(port)


@click.command()
@PORT
@click.argument("data", nargs=-1, type=DataPath())
def up(port: int, data: tuple[Path, ...]) -> None:
    """Show it all: demo people and DATA folders in, the three jobs, a table, then the API until Ctrl-C."""
    from spendsense.cli.demo import load_people, print_report
    from spendsense.cli.importing import Rules
    from spendsense.cli.ingest import import_all, tell
    from spendsense.cli.jobs import NAMES, describe, run_jobs
    from spendsense.local.issuer import refuse_outside_development

    refuse_outside_development()
    check_port(port)
    with application(), quiet_logs():
        load_people()
        if data:
            tell(import_all(data, Rules(consent=("analysis", "offers")), is_shown=True))
        for summary in run_jobs(NAMES):
            click.echo(describe(summary))
        print_report()
    serve_forever(port)


@click.command()
@click.argument("email")
@click.option("--group", type=click.Choice(["consumers", "operators", "auditors"]), default="consumers")
def token(email: str, group: Any) -> None:
    """Print a token for EMAIL, good for this laptop's API alone."""
    from spendsense.local.issuer import issue_token

    click.echo(issue_token(email, group))


def check_port(port: int) -> None:
    """Raises Conflict, with the cure, when something listens there already."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            cure = f"PORT={port + 1 if port < 65_535 else 8000} make run"
            raise Conflict(f"Port {port} of {HOST} can't be used ({error.strerror}): try `{cure}`.") from None


def serve_forever(port: int) -> None:
    """Runs the server in this process, and ends it with it."""
    from gunicorn.app.base import BaseApplication

    class Server(BaseApplication):  # type: ignore[misc]  # gunicorn has no types
        def load_config(self) -> None:
            for name, value in {
                "bind": f"{HOST}:{port}",
                "threads": THREADS,
                "graceful_timeout": 5,
                "worker_class": "gthread",
                "loglevel": "warning",
                "when_ready": lambda _server: announce(port),
                "post_worker_init": lambda _worker: watch_database(),
                "control_socket_disable": True,
            }.items():
                if name in self.cfg.settings:
                    self.cfg.set(name, value)

        def load(self) -> Any:
            from spendsense.local.server import app

            return app()

    Server().run()


def announce(port: int) -> None:
    """Says where the API is."""
    here = f"http://{HOST}:{port}"
    click.echo(f"\nSpendSense is served at {here}; its routes are at {here}/api/v1/docs. Ctrl-C ends it.")
    sys.stdout.flush()


def watch_database() -> None:
    """Starts the embedded server again, on its old port, when it died under the API."""
    from spendsense.config import load_settings

    if load_settings().database_url is None:
        threading.Thread(target=_watch, daemon=True, name="database-watch").start()


def _watch() -> None:
    from spendsense.errors import SpendSenseError
    from spendsense.local.postgres import ensure_server

    pause = threading.Event()
    while not pause.wait(WATCH_SECONDS):
        try:
            ensure_server()
        except SpendSenseError as error:
            click.echo(f"error: {error}", err=True)
