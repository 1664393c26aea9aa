"""A database and a home of these tests' own: commands commit for real."""

import json
import shutil
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg2
import psycopg2.extensions
import pytest
import sqlalchemy as sa
from click.testing import CliRunner, Result

from spendsense.cli.main import commands
from spendsense.store.identity import DatabaseRole, Identity, acting_as
from tests.databases import new_database, shared_server


class Cli:
    """Runs commands in this process, and asks the database what they did."""

    def __init__(self, url: sa.URL, folder: Path) -> None:
        self.url = url.set(drivername="postgresql")
        self.folder = folder

    def run(self, *arguments: str | Path, exit_code: int = 0, **environ: str) -> Result:
        """The result of one command, which must end with that exit code."""
        with acting_as(Identity(DatabaseRole.CONSUMER)):  # nobody, as a new process begins
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


def free_port() -> int:
    """A port of this machine that nothing listens to."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.fixture(scope="session")
def server() -> sa.URL:
    """The server that all tests share, found before a test takes a home of its own."""
    return shared_server()


@pytest.fixture(scope="session")
def migrated_template() -> Iterator[str]:
    """Name of a migrated database to copy: ten times as fast as migrating each."""
    with new_database() as url:
        environ = {"DATABASE_URL": url}
        result = CliRunner(env=environ).invoke(commands, ["db", "upgrade"])
        assert result.exit_code == 0, result.output
        yield sa.make_url(url).database or ""


@pytest.fixture(autouse=True)
def development(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever this machine's environment says."""
    for name in ("ENVIRONMENT", "CORS_ORIGINS", "DATABASE_SECRET_ARN", "AWS_LAMBDA_FUNCTION_NAME"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def home(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A home of this test's own, where the server's user can go."""
    folder = Path(tempfile.mkdtemp(prefix="spendsense-test-", dir="/tmp"))
    folder.chmod(0o755)
    monkeypatch.setenv("SPENDSENSE_HOME", str(folder / "home"))
    yield folder / "home"
    shutil.rmtree(folder)


@pytest.fixture
def unmigrated(server: sa.URL, tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Cli]:
    """The command line on an empty database."""
    with new_database() as url:
        monkeypatch.setenv("DATABASE_URL", url)
        yield Cli(sa.make_url(url), tmp_path)


@pytest.fixture
def cli(migrated_template: str, tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Cli]:
    """The command line on a migrated database."""
    with new_database(migrated_template) as url:
        monkeypatch.setenv("DATABASE_URL", url)
        yield Cli(sa.make_url(url), tmp_path)
