"""Which database the commands use, and what they say of one that can't be."""

from collections.abc import Iterator
from uuid import uuid4

import pytest

from spendsense.aws import secrets
from tests.cli.conftest import Cli, connected, free_port


@pytest.fixture
def login(cli: Cli) -> Iterator[str]:
    """URL with a new login, to which nothing was granted; its password has what a URL must write otherwise."""
    name, password = f"login_{uuid4().hex}", "p@ss:w/or d?#%[]&ü$"
    with connected(cli.url) as connection, connection.cursor() as cursor:
        cursor.execute(f"CREATE ROLE {name} LOGIN PASSWORD %s", (password,))
        cursor.execute(f"GRANT SELECT ON alembic_version TO {name}")
    yield cli.url.set(username=name, password=password).render_as_string(hide_password=False)
    with connected(cli.url) as connection, connection.cursor() as cursor:
        cursor.execute(f"DROP OWNED BY {name}")
        cursor.execute(f"DROP ROLE {name}")


def test_the_url_is_printed_for_any_client(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    plain = cli.url.render_as_string(hide_password=False)
    monkeypatch.setenv("DATABASE_URL", f"{plain.replace('postgresql:', 'postgres:')}?sslmode=prefer")
    told = cli.run("db", "url")
    assert told.stdout == f"{plain}\n"
    assert "also sets sslmode, which is left out" in told.stderr  # without it another server might be believed


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://ann:secret@127.0.0.1:port/x",
        "postgresql://ann:secret@[::1/x",
        "postgresql://ann:secret@127.0.0.1/x?ssl=true",  # another library's parameter
        "postgresql://ann:half@secret@127.0.0.1/x",
    ],
)
def test_a_url_that_cant_be_read_is_told_without_quoting_it(unmigrated: Cli, url: str) -> None:
    for command in (("jobs", "run", "all"), ("db", "url"), ("db", "upgrade")):
        told = unmigrated.run(*command, exit_code=1, DATABASE_URL=url)
        assert told.stderr.startswith("error: DATABASE_URL can't be read: it is postgresql://user:password@host")
        assert "secret" not in told.output
    looked = unmigrated.run("doctor", exit_code=1, DATABASE_URL=url).stdout
    assert "database     wrong: DATABASE_URL can't be read" in looked


def test_a_login_that_may_read_no_table_is_told_in_one_line(cli: Cli, login: str) -> None:
    for command in (("jobs", "run", "all"), ("demo", "load"), ("serve", "--port", str(free_port()))):
        told = cli.run(*command, exit_code=1, DATABASE_URL=login).stderr
        assert told.startswith("error: This login may not act as spendsense_auditor, spendsense_consumer, ")
        assert told.count("\n") == 1


def test_a_database_of_ones_own_is_not_migrated_unasked(unmigrated: Cli) -> None:
    told = unmigrated.run("jobs", "run", "all", exit_code=1)
    assert told.stderr == "error: The database is not migrated: run `spendsense db upgrade`.\n"
    unmigrated.run("db", "upgrade")
    unmigrated.run("jobs", "run", "all")


@pytest.fixture
def by_secret(unmigrated: Cli, monkeypatch: pytest.MonkeyPatch) -> Cli:
    """The database is named by a secret alone."""
    url = unmigrated.url.render_as_string(hide_password=False)
    monkeypatch.setattr(secrets, "fetch", lambda _secret, _arn: url)
    monkeypatch.delenv("DATABASE_URL")
    monkeypatch.setenv("DATABASE_SECRET_ARN", "arn:aws:secretsmanager:us-east-1:123456789012:secret:database")
    return unmigrated


def test_nor_is_one_that_a_secret_names(by_secret: Cli) -> None:
    assert "run `spendsense db upgrade`" in by_secret.run("jobs", "run", "all", exit_code=1).stderr
    assert by_secret.rows("SELECT FROM pg_tables WHERE schemaname = 'public'") == []
    by_secret.run("db", "upgrade")
    by_secret.run("jobs", "run", "all")


def test_a_url_in_a_secret_is_not_shown(by_secret: Cli) -> None:
    assert "DATABASE_SECRET_ARN" in by_secret.run("db", "url", exit_code=1).stderr
    told = by_secret.run("doctor", exit_code=1).stdout
    assert "database     ok: PostgreSQL 16 that DATABASE_SECRET_ARN names" in told
