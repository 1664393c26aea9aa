"""The README's tour, run word for word against a server of its own; only the port differs."""

import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from shlex import quote

import pytest

from tests.databases import new_database

ROOT = Path(__file__).resolve().parent.parent
README = ROOT / "README.md"
COMMAND = Path(sys.executable).with_name("spendsense")
SECONDS = 60


@pytest.fixture
def environment(tmp_path: Path) -> Iterator[dict[str, str]]:
    """A database and a folder that nobody else uses."""
    with new_database() as url:
        yield {**os.environ, "DATABASE_URL": url, "SPENDSENSE_HOME": str(tmp_path), "ENVIRONMENT": "dev"}


@pytest.fixture
def address(environment: dict[str, str]) -> Iterator[str]:
    """Host and port of a server on that database."""
    subprocess.run([COMMAND, "db", "upgrade"], cwd=ROOT, env=environment, check=True, capture_output=True)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [COMMAND, "serve", "--port", str(port)]
    server = subprocess.Popen(
        command, cwd=ROOT, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    try:
        assert any("is served at" in line for line in server.stdout or ()), "the server did not start"
        yield f"127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(SECONDS)


def tour() -> str:
    """The tour's commands."""
    _, _, text = README.read_text(encoding="utf-8").partition("\n## Tour\n")
    return "".join(re.findall(r"```sh\n(.*?)```", re.split(r"\n## ", text)[0], re.DOTALL))


def test_the_tour_works_word_for_word(environment: dict[str, str], address: str) -> None:
    programs = quote(str(COMMAND.parent))
    commands = "set -e\n" + tour().replace("127.0.0.1:8000", address).replace(".venv/bin/", f"{programs}/")
    bash = ["bash", "-c", commands]
    run = subprocess.run(bash, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=SECONDS, check=False)
    assert run.returncode == 0, run.stderr
    told = run.stdout
    assert told.index("There is no live consent to 'analysis'.") < told.index('"is_up_to_date": true')
    assert '"changed_rows": 0' in told
    assert "/added/0/date" in told
    assert "at 68 % of its limit" in told
    assert '"verdict": "not_recurring"' in told
    assert "Visa 4523 3400.0 of 5000.0 = 68%" in told
    from_rows, measured = re.findall(r"(\d+) cents (?:from the rows|as measured), (\d+) a month", told)
    assert from_rows == measured
    assert told.count('"title": "The person has not agreed to this"') == 2  # at first, and once it was revoked
    assert '"erased_at"' in told


def test_each_file_that_it_names_is_there() -> None:
    """So are those that the texts beside the code name, which it leads to."""
    texts = README.read_text(encoding="utf-8")
    led_to = set(re.findall(r"\]\(([\w/]+\.md)\)", texts))
    assert led_to == {"cloudformation/README.md", "tests/bench/README.md"}
    texts += "".join((ROOT / name).read_text(encoding="utf-8") for name in led_to)
    path = r"`((?:tests|spendsense|jobs|cloudformation)/[\w/]+\.(?:py|yaml|toml|sql))`"
    named = set(re.findall(path, texts))
    assert len(named) > 10
    assert {name for name in named if not (ROOT / name).exists()} == set()


def test_titles_in_its_drawings_are_quoted() -> None:
    """Mermaid reads no bare comma, and shows an error in place of the drawing."""
    titles = re.findall(r"(?m)^ *subgraph (.+)$", README.read_text(encoding="utf-8"))
    assert titles
    assert all(re.fullmatch(r'\w+ \[".+"\]', title) for title in titles)
