"""A database and a home of these tests' own: commands commit for real."""

import json
import os
import shutil
import tempfile
import uuid
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import psycopg2
import psycopg2.extensions
import pytest
import sqlalchemy as sa
from click.testing import CliRunner, Result

from spendsense.cli.main import commands
from spendsense.local.postgres import server_url


class Cli:
    """Runs commands in this process, and asks the database what they did."""

    def __init__(self, url: sa.URL, folder: Path) -> None:
        self.url = url.set(drivername="postgresql")
        self.folder = folder

    def run(self, *arguments: str | Path, exit_code: int = 0, **environ: str) -> Result:
        """The result of one command, which must end with that exit code."""
        result = CliRunner(env=environ).invoke(commands, [str(argument) for argument in arguments])
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        assert result.exit_code == exit_code, result.output
        return result

    def rows(self, statement: str) -> list[tuple[Any, ...]]:
        """What the database answers."""
        with connected(self.url) as connection, connection.cursor() as cursor:
            cursor.execute(statement)
            return cursor.fetchall()

    def write(self, name: str, content: Any) -> Path:
        """A file in this test's folder, of JSON unless it is text."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
        return path


def connected(url: sa.URL) -> psycopg2.extensions.connection:
    return psycopg2.connect(url.set(drivername="postgresql").render_as_string(hide_password=False))


def execute(url: sa.URL, statements: Sequence[str]) -> None:
    connection = connected(url)
    connection.autocommit = True
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
    connection.close()


@pytest.fixture
def empty_database(monkeypatch: pytest.MonkeyPatch) -> Iterator[sa.URL]:
    """A database without tables, named by DATABASE_URL; dropped after the test."""
    server = sa.make_url(server_url())
    name = f"spendsense_test_{uuid.uuid4().hex[:12]}"
    execute(server, [f'CREATE DATABASE "{name}"'])
    url = server.set(database=name)
    monkeypatch.setenv("DATABASE_URL", url.render_as_string(hide_password=False))
    yield url
    execute(server, [f'DROP DATABASE "{name}" WITH (FORCE)'])


@pytest.fixture
def home(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A home of this test's own, where the server's user can go."""
    folder = Path(tempfile.mkdtemp(prefix="spendsense-test-", dir="/tmp"))
    folder.chmod(0o755)
    monkeypatch.setenv("SPENDSENSE_HOME", str(folder / "home"))
    yield folder / "home"
    shutil.rmtree(folder)


@pytest.fixture
def unmigrated(empty_database: sa.URL, tmp_path: Path, home: Path) -> Cli:
    """The command line on an empty database."""
    os.environ.pop("ENVIRONMENT", None)
    return Cli(empty_database, tmp_path)


@pytest.fixture
def cli(unmigrated: Cli) -> Cli:
    """The command line on a migrated database."""
    unmigrated.run("db", "upgrade")
    return unmigrated
