"""What the commands share: the application on its database, and progress bars."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from spendsense.errors import ConfigurationError

if TYPE_CHECKING:
    from flask import Flask
    from sqlalchemy import URL

    from spendsense.config import Settings
    from spendsense.pipeline.run import ShowProgress


def read_url() -> "URL":
    """The URL of the database in use. Raises ConfigurationError where only a secret holds it."""
    from sqlalchemy import make_url

    found = read_settings().database_url
    if found is None:
        raise ConfigurationError("The URL lies in the secret that DATABASE_SECRET_ARN names; it is not shown.")
    return make_url(found)


def read_settings() -> "Settings":
    """The settings with a database in them: the embedded one on a laptop. Raises ConfigurationError without any."""
    from spendsense.config import load_settings
    from spendsense.local.postgres import with_database

    settings = with_database(load_settings())
    if settings.database_url is None and settings.database_secret_arn is None:
        raise ConfigurationError("DATABASE_URL is missing; only where ENVIRONMENT is dev is there a server without it.")
    if settings.database_url:
        _check_url(settings.database_url)
    return settings


def is_embedded() -> bool:
    """Whether the database is this project's own, which commands bring up to date by themselves."""
    from spendsense.config import load_settings

    settings = load_settings()
    return not (settings.database_url or settings.database_secret_arn)


def _check_url(text: str) -> None:
    """Raises ConfigurationError, which quotes nothing of it, where the URL has a form that nobody can connect with."""
    from psycopg2 import ProgrammingError
    from psycopg2.extensions import make_dsn
    from sqlalchemy import make_url
    from sqlalchemy.exc import ArgumentError

    try:
        url = make_url(text)
        _, words = url.get_dialect()().create_connect_args(url)
        make_dsn(**words)
        is_readable = "@" not in (url.host or "")
    except (ValueError, ArgumentError, ProgrammingError):
        is_readable = False
    if not is_readable:
        raise ConfigurationError(
            "DATABASE_URL can't be read: it is postgresql://user:password@host:5432/database, and behind a `?` only"
            " libpq's words; write %40 for an @ in the password, %2F for a / and so on."
        )


@contextmanager
def application(*, is_migration: bool = False) -> Iterator["Flask"]:
    """The application's context, on a database whose tables are up to date.

    The embedded database is migrated when it is behind; any other one is left alone: raises ConfigurationError.
    """
    from spendsense.app import create_app
    from spendsense.store import migrations
    from spendsense.store.identity import JOB, acting_as
    from spendsense.store.session import db

    app = create_app(read_settings())
    with app.app_context(), acting_as(JOB):
        if not is_migration and not migrations.is_current():
            if not is_embedded():
                raise ConfigurationError("The database is not migrated: run `spendsense db upgrade`.")
            migrations.upgrade()
        if not is_migration:
            _check_login()
        yield app
        db.session.remove()
        db.engine.dispose()


def _check_login() -> None:
    """Raises ConfigurationError for a login that may read no table: it takes on none of the application's roles."""
    from spendsense.store import migrations
    from spendsense.store.session import db

    with db.engine.connect() as connection:
        barred = migrations.missing_roles(connection)
    if barred:
        raise ConfigurationError(
            f"This login may not act as {', '.join(barred)}: use the one that owns the tables, or the one that serves."
        )


@contextmanager
def progress_bar(label: str, *, unit: str, is_shown: bool = True) -> Iterator["ShowProgress"]:
    """A bar on stderr, moved by calls with what is done and what there is; nothing where `is_shown` is false."""
    from tqdm import tqdm

    with tqdm(desc=label, unit=f" {unit}", file=sys.stderr, disable=not is_shown, dynamic_ncols=True) as bar:

        def move(done: int, total: int) -> None:
            bar.total = total
            bar.update(done - bar.n)

        yield move


def log_file() -> Path:
    """A laptop's log."""
    from spendsense.local.home import default_home

    return default_home() / "spendsense.log"


@contextmanager
def quiet_logs(*, is_quiet: bool = True) -> Iterator[None]:
    """A laptop's log lines go to `spendsense.log` in the home folder meanwhile, so that bars and tables can be read."""
    from spendsense.config import load_settings
    from spendsense.local.home import prepare_home
    from spendsense.logs import configure_logging

    if not is_quiet or not load_settings().is_dev:
        yield
        return
    file = log_file()
    prepare_home(file.parent)
    with file.open("a") as log:
        configure_logging(log)
        try:
            yield
        finally:
            configure_logging()
