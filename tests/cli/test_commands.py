"""The other commands, run as a person would, and what they say when something is missing."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import jwt
import pytest

from spendsense import clock
from spendsense.cli import doctor
from tests.cli.conftest import Cli, connected, free_port
from tests.cli.payloads import account, row

MAIN = [sys.executable, "-m", "spendsense.cli.main"]
MONTHS = [f"2026-0{month}-05" for month in range(1, 7)]


def with_ann(cli: Cli) -> None:
    """One person with a monthly charge of 15.49 from January to June."""
    rows = [row(f"t{day}", "a1", day=day, amount=15.49, merchant_name="Netflix", name="NETFLIX") for day in MONTHS]
    path = cli.write("ann.json", {"accounts": [account("a1")], "transactions": rows})
    cli.run("ingest", path, "--user", "ann@example.com", "--consent", "analysis", "--no-jobs")


def test_help_imports_nothing_heavy() -> None:
    script = "import sys, spendsense.cli.main; print(*sys.modules)"
    imported = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout.split()
    assert {"flask", "sqlalchemy", "psycopg2", "tqdm", "msgspec"} & {*imported} == set()


def test_help_names_every_command(unmigrated: Cli) -> None:
    text = unmigrated.run("--help").output
    assert all(name in text for name in ("ingest", "jobs", "streams", "db", "token", "doctor", "demo", "serve", "up"))


def test_the_jobs_run_and_then_have_nothing_to_do(cli: Cli) -> None:
    with_ann(cli)
    first = cli.run("jobs", "run", "all", "--as-of", "2026-06-10", "--json")
    summaries = [json.loads(line) for line in first.stdout.splitlines() if line.startswith('{"job":')]
    assert [(s["job"], s["as_of"], s["people"]) for s in summaries] == [
        ("compute_features", "2026-06-10", 1),
        ("assign_persona", "2026-06-10", 1),
        ("generate_recommendations", "2026-06-10", 1),
    ]
    again = cli.run("jobs", "run", "compute_features", "--as-of", "2026-06-10", "--user", "ann@example.com")
    assert "compute_features as of 2026-06-10: 0 people" in again.stdout
    earlier = cli.run("jobs", "run", "compute_features", "--as-of", "2026-06-09", "--user", "ann@example.com")
    assert "1 people are stored for a later day: computed, not stored" in earlier.stdout
    assert cli.rows("SELECT measured_as_of::text FROM progress") == [("2026-06-10",)]


def test_streams_are_printed_a_line_each(cli: Cli) -> None:
    with_ann(cli)
    cli.run("jobs", "run", "all", "--as-of", "2026-06-10")
    printed = cli.run("streams", "--as-of", "2026-06-10", "--user", "ann@example.com").stdout
    (stream,) = [json.loads(line) for line in printed.splitlines()]
    assert stream["typical_amount"] == 15.49
    assert (stream["account_id"], stream["cadence"], stream["direction"]) == ("a1", "MONTHLY", "outflow")
    assert (stream["status"], stream["predicted_next_date"]) == ("MATURE", "2026-07-05")
    assert stream["transaction_ids"] == [f"t{day}" for day in MONTHS]
    later = cli.run("streams", "--as-of", "2026-12-31", "--early").stdout  # two expected dates have passed
    assert [json.loads(line)["status"] for line in later.splitlines()] == ["TOMBSTONED"]


@pytest.mark.parametrize(
    ("arguments", "exit_code", "said"),
    [
        (
            ("jobs", "run", "compute_features", "--user", "ann@example.com"),
            1,
            "error: There is no person with this email.",
        ),
        (("jobs", "run", "compute_features", "--as-of", "tomorrow"), 2, "--as-of"),
        (("jobs", "run", "all", "--as-of", "1969-12-31"), 2, "does not lie between 1970-01-01 and 2199-12-31"),
        (("evaluate", "--as-of", "2200-01-01"), 2, "does not lie between"),
        (("jobs", "run", "all", "--user", ""), 2, "'--user': it is empty"),  # and not everybody
        (("streams", "--user", ""), 2, "'--user': it is empty"),
        (("up", ""), 2, "it is empty"),
        (("jobs", "run", "everything"), 2, "everything"),
        (("serve", "--port", "0"), 2, "--port"),
    ],
)
def test_wrong_arguments_are_named(cli: Cli, arguments: tuple[str, ...], exit_code: int, said: str) -> None:
    assert said in cli.run(*arguments, exit_code=exit_code).stderr


def test_the_embedded_database_is_migrated_when_needed(unmigrated: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DATABASE_URL")
    try:
        looked = unmigrated.run("doctor", "--port", str(free_port())).stdout  # a new clone's is in order
        assert "migrations   ok: not all applied yet; whatever needs them does it" in looked
        unmigrated.run("jobs", "run", "all")
        assert unmigrated.run("db", "stop").stdout == "stopped\n"
        assert unmigrated.run("db", "stop").stdout == "was not running\n"
    finally:
        unmigrated.run("db", "stop")


def test_a_database_that_is_away_is_told_in_one_line(unmigrated: Cli) -> None:
    told = unmigrated.run("jobs", "run", "all", exit_code=1, DATABASE_URL="postgresql://ann@127.0.0.1:1/x")
    assert told.stderr.startswith("error: The database can't be reached")
    assert told.stderr.count("\n") == 1


def test_without_any_database_outside_development(unmigrated: Cli) -> None:
    staging = {"DATABASE_URL": "", "ENVIRONMENT": "staging", "CORS_ORIGINS": "https://bank.example"}
    assert unmigrated.run("db", "url", exit_code=1, **staging).stderr.startswith("error: DATABASE_URL is missing")
    assert unmigrated.run("up", exit_code=1, **staging).stderr.startswith("error: The local token issuer runs only")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a device of Linux alone")
@pytest.mark.parametrize(
    "arguments",
    [("token", "ann@example.com"), ("audit", "verify", "--json"), ("--help",), ("--version",), ("up", "-h")],
)
@pytest.mark.usefixtures("cli")
def test_an_output_that_takes_no_more_is_told_in_one_line(arguments: tuple[str, ...]) -> None:
    buffered = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    with Path("/dev/full").open("w") as full:
        ended = subprocess.run([*MAIN, *arguments], stdout=full, stderr=subprocess.PIPE, text=True, env=buffered)
    assert (ended.returncode, ended.stderr) == (1, "error: No space left on device.\n")


@pytest.mark.usefixtures("cli")
def test_an_output_that_nobody_reads_ends_without_a_word() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    ended = subprocess.run([*MAIN, "token", "ann@example.com"], stdout=writer, stderr=subprocess.PIPE, text=True)
    os.close(writer)
    assert (ended.returncode, ended.stderr) == (1, "")


def test_a_token_names_the_person_and_the_group(unmigrated: Cli) -> None:
    text = unmigrated.run("token", "Ann@Example.com", "--group", "operators").stdout.strip()
    claims = jwt.decode(text, options={"verify_signature": False})
    assert (claims["email"], claims["cognito:groups"]) == ("ann@example.com", ["operators"])


def test_the_doctor_finds_everything_in_order(cli: Cli) -> None:
    answer = cli.run("doctor", "--port", str(free_port()))
    assert [line.split()[1] for line in answer.stdout.splitlines()] == ["ok:"] * 10, answer.stdout


def test_the_doctor_names_what_is_wrong_and_the_cure(unmigrated: Cli) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        lines = unmigrated.run("doctor", "--port", str(port), exit_code=1).stdout.splitlines()
    wrong = {line.split()[0]: line for line in lines if " wrong: " in line}
    assert sorted(wrong) == ["migrations", "port"]
    assert "run `spendsense db upgrade`" in wrong["migrations"]
    assert f"PORT={port + 1} make run" in wrong["port"]
    away = unmigrated.run("doctor", exit_code=1, DATABASE_URL="postgresql://ann@127.0.0.1:1/x").stdout
    assert "database     wrong: OperationalError" in away


@pytest.mark.parametrize(("error", "said"), [(OSError(), "OSError: it says no more"), (KeyError("x"), "KeyError: 'x'")])
def test_the_doctor_tells_of_whatever_it_meets(error: Exception, said: str) -> None:
    def look() -> doctor.Finding:
        raise error

    assert doctor.examine("disk", look).found == said


def test_the_doctor_tells_of_the_jobs_and_the_people(cli: Cli, home: Path) -> None:
    port = str(free_port())
    never = cli.run("doctor", "--port", port).stdout
    assert "compute_features never run, assign_persona never run, generate_recommendations never run" in never
    assert "people       ok: 0 agree to the analysis\n" in never
    with_ann(cli)
    cli.run("jobs", "run", "all")
    today = clock.today()
    found = cli.run("doctor", "--port", port).stdout
    assert f"compute_features complete for {today}" in found
    assert f"1 agree to the analysis, measured for {today} to {today}, last data on {today}\n" in found
    with connected(cli.url) as connection, connection.cursor() as cursor:
        cursor.execute("UPDATE job_runs SET outcome = 'failed' WHERE job = 'assign_persona'")
        cursor.execute(
            "INSERT INTO set_asides (user_id, job, error, attempts, failed_at, retry_at)"
            " SELECT user_id, 'compute_features', 'DataError', 1, now(), now() + interval '1 hour' FROM users LIMIT 1"
        )
    wrong = cli.run("doctor", "--port", port, exit_code=1).stdout
    assert f"look for assign_persona in the log ({home}/spendsense.log), then run" in wrong
    assert ", 1 set aside; see what `person_set_aside`" in wrong


def test_a_taken_port_is_told_before_anything_is_done(unmigrated: Cli) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        for command in ("serve", "up"):
            told = unmigrated.run(command, "--port", str(port), exit_code=1).stderr
            assert told.startswith(
                f"error: Port {port} of 127.0.0.1 can't be used (Address already in use): try `PORT="
            )
            assert told.count("\n") == 1


def test_up_loads_everything_and_serves(unmigrated: Cli) -> None:
    broken = unmigrated.write("extra/broken.json", "{")  # is told, and stops nothing
    unmigrated.write("extra/accounts.json", [account("a1")])
    port = free_port()
    errors = unmigrated.write("stderr", "")
    unmigrated.run("db", "upgrade")
    with errors.open("w") as stderr:
        server = subprocess.Popen(
            [*MAIN, "up", "--port", str(port), str(broken.parent)], stdout=subprocess.PIPE, stderr=stderr, text=True
        )
    assert server.stdout is not None
    said = []
    for line in server.stdout:
        said.append(line)
        if "is served at" in line:
            break
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=10) as answer:
            assert answer.status == 200
    finally:
        server.send_signal(signal.SIGINT)
        assert server.wait(timeout=30) == 0
        server.stdout.close()
    table = "".join(said)
    assert "ada@demo.example" in table
    assert "high_utilization" in table
    assert "extra@files.example" in table
    assert "rejected: broken.json" in errors.read_text()
    assert "Traceback" not in errors.read_text()


@pytest.mark.skipif(sys.platform != "linux", reason="SIGKILL by the pid file, as Linux writes it")
def test_the_api_survives_the_death_of_the_embedded_server(
    unmigrated: Cli, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DATABASE_URL")
    token = unmigrated.run("token", "ann@example.com").stdout.strip()
    port = free_port()
    server = subprocess.Popen([*MAIN, "serve", "--port", str(port)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    try:
        assert server.stdout is not None
        while b"is served at" not in server.stdout.readline():
            assert server.poll() is None
        assert status_of_me(port, token) == 200
        os.kill(int((home / "data" / "postmaster.pid").read_text().split()[0]), signal.SIGKILL)
        answers = {status_of_me(port, token)}
        deadline = time.monotonic() + 60
        while status_of_me(port, token) != 200:
            assert time.monotonic() < deadline
        assert answers <= {200, 503}
    finally:
        server.send_signal(signal.SIGINT)
        server.wait(timeout=30)
        unmigrated.run("db", "stop")
    server.stdout.close()


def status_of_me(port: int, token: str) -> int:
    """The status code of /users/me."""
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/api/v1/users/me", headers={"Authorization": f"Bearer {token}"}
    )
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


def test_demo_people_are_loaded_and_reported(cli: Cli) -> None:
    assert "people loaded" in cli.run("demo", "load").stdout
    cli.run("jobs", "run", "all")
    assert "ben@demo.example" in cli.run("demo", "report").stdout


@pytest.mark.parametrize(
    ("data", "given"),
    [
        ("", []),
        ("one two", ["one", "two"]),
        ("my bank's data", ["my bank's data"]),
        ("'my bank' two", ["my bank", "two"]),
    ],
)
def test_make_run_hands_on_the_folders(tmp_path: Path, data: str, given: list[str]) -> None:
    (tmp_path / "spendsense").write_text('#!/bin/sh\nprintf "%s\\n" "$@"\n')
    (tmp_path / "spendsense").chmod(0o755)
    (tmp_path / "my bank's data").mkdir()
    makefile = Path(__file__).parents[2] / "Makefile"
    command = ["make", "-s", "-f", makefile, "-o", "setup", "run", f"BIN={tmp_path}", f"DATA={data}"]
    made = subprocess.run(command, cwd=tmp_path, env={**os.environ, "MAKEFLAGS": ""}, capture_output=True, text=True)
    assert made.stdout.splitlines() == ["up", "--port", "8000", *given], made.stderr


def test_a_venv_that_was_copied_or_not_finished_is_made_anew(tmp_path: Path) -> None:
    project, venv = Path(__file__).parents[2], tmp_path / 'it\'s "mine"' / ".venv"
    venv.mkdir(parents=True)
    for name in ("Makefile", "requirements.txt", "requirements-dev.txt", "pyproject.toml"):
        shutil.copy(project / name, venv.parent)

    def is_made_anew(folder: Path) -> bool:
        (venv / "pyvenv.cfg").write_text(f"home = /usr/bin\ncommand = /usr/bin/python3.11 -m venv {folder}\n")
        question = ["make", "--question", "setup"]
        return subprocess.run(question, cwd=venv.parent, env={**os.environ, "MAKEFLAGS": ""}).returncode == 1

    assert is_made_anew(venv)  # nothing says that it was finished
    (venv / "installed").touch()
    assert not is_made_anew(venv)
    assert is_made_anew(project / ".venv")


def test_make_names_a_python_that_is_too_old(tmp_path: Path) -> None:
    old = tmp_path / "python"
    old.write_text("#!/bin/sh\n[ \"$1\" = -V ] && echo 'Python 3.9.2' || exit 1\n")
    old.chmod(0o755)
    made = subprocess.run(
        ["make", "--always-make", "-C", str(Path(__file__).parents[2]), "setup", f"PYTHON={old}"],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "MAKEFLAGS": ""},
    )
    assert made.returncode == 2
    assert f"error: {old} is Python 3.9.2, SpendSense needs 3.11 or later" in made.stderr
