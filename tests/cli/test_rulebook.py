"""`spendsense rulebook check` and `diff`, as compliance runs them."""

import json
import shutil
from pathlib import Path

import pytest

from spendsense.rulebook.load import FOLDER, load_rulebook
from tests.cli.conftest import Cli


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the rulebook's files, to change."""
    for path in FOLDER.rglob("*.toml"):
        copy = tmp_path / "book" / path.relative_to(FOLDER)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, copy)
    return tmp_path / "book"


def edit(folder: Path, name: str, old: str, new: str) -> None:
    """Replaces a passage that stands once."""
    text = (folder / name).read_text(encoding="utf-8")
    assert text.count(old) == 1
    (folder / name).write_text(text.replace(old, new), encoding="utf-8")


def test_the_shipped_rulebook_passes_without_any_database(unmigrated: Cli, folder: Path) -> None:
    book = load_rulebook()
    away = {"DATABASE_URL": "postgresql://ann@127.0.0.1:1/x"}
    printed = unmigrated.run("rulebook", "check", **away).stdout
    assert printed == (
        f"ok: rulebook {book.version}: 6 personas, {len(book.education)} education items, {len(book.offers)} offers,"
        f" {len(book.vocabulary)} signals, {len(book.tone.phrases)} phrases of tone\n"
    )
    assert unmigrated.run("rulebook", "check", folder, **away).stdout == printed


def test_every_fault_is_told_with_file_and_key(unmigrated: Cli, folder: Path) -> None:
    edit(folder, "personas.toml", '"fees.cents", operator = ">="', '"fees.moons", operator = ">="')
    edit(folder, "catalog.toml", "offers_max = 3", 'offers_max = "3"')
    edit(folder, "education/card_balances.toml", "What card utilization means", "Why you should stop")
    told = unmigrated.run("rulebook", "check", folder, exit_code=1)
    faults = told.stdout.splitlines()
    assert told.stderr == f"error: {len(faults)} faults\n"
    assert any(line.startswith("personas.toml: ") and "fees.moons" in line for line in faults)
    assert any(line.startswith("catalog.toml: ") and "offers_max" in line for line in faults)
    assert any(line.startswith("education/card_balances.toml: ") and "title" in line for line in faults)


@pytest.mark.parametrize(
    "value", ["1e999999", "1e99999999999999999999", "9" * 5000, "{ all = [" * 300 + "] }" * 300, r'"\u0000"', '"ıİſ"']
)
def test_no_value_ends_in_a_traceback(unmigrated: Cli, folder: Path, value: str) -> None:
    edit(folder, "catalog.toml", "offers_max = 3", f"offers_max = {value}")
    told = unmigrated.run("rulebook", "check", folder, exit_code=1)
    assert told.stdout.startswith("catalog.toml: ")
    assert told.stderr == "error: 1 fault\n"


def test_a_rule_of_the_future_is_a_fault(unmigrated: Cli, folder: Path) -> None:
    edit(folder, "personas.toml", 'window = "last payment"', 'window = "last payment", effective_on = 2999-11-01')
    told = unmigrated.run("rulebook", "check", folder, exit_code=1)
    assert "effective_on: is 2999-11-01, which is still to come" in told.stdout


def test_a_signal_that_nothing_measures_is_a_fault(unmigrated: Cli, folder: Path) -> None:
    edit(folder, "vocabulary.toml", "[fees]\n", '[fees]\nmoons = { unit = "count", meaning = "moons" }\n')
    told = unmigrated.run("rulebook", "check", folder, exit_code=1)
    assert told.stdout == "vocabulary.toml: fees.moons: is not a signal that is measured.\n"
    assert told.stderr == "error: 1 fault\n"


def test_what_is_no_text_or_no_folder_is_told_in_one_line(unmigrated: Cli, folder: Path) -> None:
    (folder / "tone.toml").write_bytes(b"\xff\xfe")
    told = unmigrated.run("rulebook", "check", folder, exit_code=1)
    assert "tone.toml" in told.stdout + told.stderr
    assert "Traceback" not in told.stderr
    assert "nowhere" in unmigrated.run("rulebook", "check", folder / "nowhere", exit_code=2).stderr
    (folder / "tone.toml").unlink()
    (folder / "tone.toml").mkdir()
    assert unmigrated.run("rulebook", "check", folder, exit_code=1).stderr.startswith(
        "error: tone.toml: can't be read: "
    )
    (folder / "empty").mkdir()
    assert "holds no .toml file" in unmigrated.run("rulebook", "check", folder / "empty", exit_code=1).stderr


def test_a_change_is_told_before_it_ships(cli: Cli, folder: Path) -> None:
    cli.run("demo", "load")
    cli.run("jobs", "run", "all")
    edit(
        folder,
        "personas.toml",
        '"credit.max_utilization_ratio", operator = ">=", value = 0.50',
        '"credit.max_utilization_ratio", operator = ">=", value = 0.07',
    )
    printed = cli.run("rulebook", "diff", "current", folder)
    assert "persona[high_utilization].when.any[credit.max_utilization_ratio >=].value  0.50 → 0.07" in printed.stdout
    assert "8 people: 2 change persona" in printed.stdout  # Ben is at 7.6 %, Finn at 10.5 %
    assert ": subscription_heavy → high_utilization" in printed.stdout
    assert "8/8" in printed.stderr
    version = load_rulebook().version
    lines = [
        json.loads(line) for line in cli.run("rulebook", "diff", version[:8], folder, "--json").stdout.splitlines()
    ]
    head, *people, last = lines
    assert (head["old"], len(head["changes"])) == (version, 1)
    ids = dict(cli.rows("SELECT email, user_id::text FROM users"))
    personas = {person["user_id"]: person["persona"]["new"] for person in people}
    assert personas[ids["ben@demo.example"]] == personas[ids["finn@demo.example"]] == "high_utilization"
    assert (last["summary"]["people"], last["summary"]["change_persona"]) == (8, 2)
    same = cli.run("rulebook", "diff", "current", version, "--as-of", "2026-11-01").stdout
    assert "The files say the same." in same
    assert "0 change persona, 0 change items" in same


def test_a_rulebook_that_nobody_knows(cli: Cli, folder: Path) -> None:
    told = cli.run("rulebook", "diff", "current", "0123abc", exit_code=1).stderr
    assert told.startswith("error: '0123abc' is neither 'current', nor a folder, nor a rulebook version")
    edit(folder, "catalog.toml", "offers_max = 3", "offers_max = 0")
    assert "error: catalog.toml: " in cli.run("rulebook", "diff", "current", folder, exit_code=1).stderr
