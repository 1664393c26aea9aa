"""`spendsense audit`: anchors are written and compared with, and what is wrong ends in exit code 1."""

import json
from pathlib import Path

import pytest

from spendsense.audit.anchors import public_key_of
from tests.audit.conftest import Attacker
from tests.cli.conftest import Cli, connected

KEY = "ab" * 32


@pytest.fixture
def recorded(cli: Cli) -> Cli:
    """A command line on a database with three records."""
    with connected(cli.url) as connection, connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO audit_events (at, actor, event, detail) "
            "SELECT now(), 'job', 'x', '{}' FROM generate_series(1, 3)"
        )
    return cli


def attack(cli: Cli, *statements: str) -> None:
    Attacker(cli.url.render_as_string(hide_password=False)).run(*statements)


def test_a_cut_tail_is_found_with_an_anchor_that_was_kept(recorded: Cli, home: Path) -> None:
    out = recorded.folder / "anchor.json"
    assert recorded.run("audit", "anchor", "--out", out).stdout.startswith("3 records, signed by ")
    assert (home / "audit-anchor.key").stat().st_mode & 0o777 == 0o600
    assert "already" in recorded.run("audit", "anchor", "--out", out, exit_code=1).output
    told = recorded.run("audit", "verify", "--anchor", out).stdout
    assert told.startswith("intact: 3 records, head ")
    assert told.endswith("2 anchors agree\n")  # the file's and the stored one
    attack(
        recorded,
        "DELETE FROM audit_events WHERE event_id = 3",
        "DELETE FROM audit_links WHERE position = 3",
        "DELETE FROM audit_anchors",
    )
    assert recorded.run("audit", "verify").stdout.startswith("intact: 2 records")
    told = recorded.run("audit", "verify", "--anchor", out, exit_code=1).stdout
    assert told == "broken: cut: The chain ends at position 2; an anchor tells of 3.\n"


def test_an_anchor_that_cant_be_written_is_told_and_not_stored(recorded: Cli) -> None:
    out = recorded.folder / "nowhere" / "anchor.json"
    told = recorded.run("audit", "anchor", "--out", out, exit_code=1)
    assert (told.stdout, told.stderr) == ("", f"error: {out}: No such file or directory.\n")
    assert recorded.rows("SELECT count(*) FROM audit_anchors") == [(0,)]


def test_the_first_bad_record_is_named(recorded: Cli) -> None:
    answer = json.loads(recorded.run("audit", "verify", "--json").stdout)
    assert (answer["is_intact"], answer["records"], answer["anchors"], answer["fault"]) == (True, 3, 0, None)
    attack(recorded, "UPDATE audit_events SET event = 'y' WHERE event_id > 1")
    answer = json.loads(recorded.run("audit", "verify", "--json", exit_code=1).stdout)
    assert answer["fault"] | {"detail": ""} == {
        "kind": "record changed",
        "detail": "",
        "position": 2,
        "event_id": 2,
    }
    assert "broken: record changed: The record 2 " in recorded.run("audit", "verify", exit_code=1).stdout


def test_the_public_key_is_all_that_it_takes_to_verify(recorded: Cli) -> None:
    written = recorded.run("audit", "anchor", AUDIT_ANCHOR_KEY=KEY).stdout
    path = recorded.write("anchor.json", written)
    public_key = public_key_of(bytes.fromhex(KEY)).hex()
    assert json.loads(written)["public_key"] == public_key
    for environ in ({}, {"AUDIT_ANCHOR_KEY": "cd" * 32}):
        recorded.run("audit", "verify", "--anchor", path, "--public-key", public_key, **environ)
    recorded.run("audit", "verify", "--anchor", path, AUDIT_ANCHOR_KEY=KEY)
    refused = recorded.run("audit", "verify", "--anchor", path, exit_code=1, AUDIT_ANCHOR_KEY="cd" * 32).output
    assert "was not signed by" in refused
    assert "Name the anchor's signer" in recorded.run("audit", "verify", "--anchor", path, exit_code=1).output


def test_an_anchor_that_was_changed_is_refused(recorded: Cli) -> None:
    anchor = json.loads(recorded.run("audit", "anchor").stdout)
    path = recorded.write("anchor.json", {**anchor, "count": 2})
    assert "was changed since" in recorded.run("audit", "verify", "--anchor", path, exit_code=1).output
    for content in ("", "nonsense", {**anchor, "head": "x"}, {**anchor, "more": 1}, {**anchor, "form": "other 1"}):
        path = recorded.write("anchor.json", content)
        assert "This is no anchor" in recorded.run("audit", "verify", "--anchor", path, exit_code=1).output
    assert "No such file" in recorded.run("audit", "verify", "--anchor", "nowhere", exit_code=1).output


def test_keys_are_32_bytes_in_hex(recorded: Cli) -> None:
    for key in ("ab" * 31, "no", "xy" * 32):
        output = recorded.run("audit", "anchor", exit_code=1, AUDIT_ANCHOR_KEY=key).output
        assert "AUDIT_ANCHOR_KEY must be 32 bytes in hex" in output
        assert key not in output
    assert "not hex" in recorded.run("audit", "verify", "--public-key", "xy", exit_code=1).output


def test_the_nightly_run_signs_what_is_new(recorded: Cli) -> None:
    def run(**environ: str) -> dict[str, int]:
        summary = json.loads(recorded.run("jobs", "run", "compute_features", "--json", **environ).stdout)
        counts: dict[str, int] = summary["counts"]
        return counts

    assert "audit_anchors" not in run()
    assert run(AUDIT_ANCHOR_KEY=KEY)["audit_anchors"] == 1
    assert run(AUDIT_ANCHOR_KEY=KEY)["audit_anchors"] == 0
    assert recorded.rows("SELECT count, last_event_id FROM audit_anchors") == [(3, 3)]
    assert "1 anchors agree" in recorded.run("audit", "verify", AUDIT_ANCHOR_KEY=KEY).stdout
