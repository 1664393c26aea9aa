"""What cfn-lint and checkov find in the templates, and that they are told to pass over only what has a good reason."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.cloudformation.template import ROOT, TEMPLATES, read, without_exceptions

LINTERS = ROOT / ".tools" / "lint" / "bin"
SECONDS = 120

Finding = tuple[str, str, str]
"""A template, a rule, a resource."""


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """The templates as they are (.yaml), and without their exceptions (.json)."""
    folder = tmp_path_factory.mktemp("bare")
    for template in TEMPLATES:
        (folder / f"{template.stem}.json").write_text(without_exceptions(template.stem))
    return [*TEMPLATES, *sorted(folder.iterdir())]


@pytest.fixture(scope="module")
def cfn_lint(files: list[Path], tmp_path_factory: pytest.TempPathFactory) -> dict[str, set[Finding]]:
    """What cfn-lint finds, warnings too, by the files' suffix."""
    home = tmp_path_factory.mktemp("cfn-lint")
    found: dict[str, set[Finding]] = {".yaml": set(), ".json": set()}
    for match in json.loads(run(home, "cfn-lint", "--format", "json", *map(str, files))):
        file, place = Path(match["Filename"]), match["Location"].get("Path") or []
        found[file.suffix].add((file.stem, match["Rule"]["Id"], "".join(place[1:2])))
    return found


@pytest.fixture(scope="module")
def checkov(files: list[Path], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What checkov reports of all files."""
    home = tmp_path_factory.mktemp("checkov")
    named = [argument for file in files for argument in ("-f", str(file))]
    offline = ("--skip-download", "--framework", "cloudformation")
    report: dict[str, Any] = json.loads(run(home, "checkov", *offline, "--compact", "-o", "json", *named))
    return report


def run(home: Path, linter: str, *arguments: str) -> str:
    """What a linter prints. checkov would ask for a newer version of itself, and remember it in its home."""
    assert (LINTERS / linter).exists(), "The linters are missing: `make tools` installs them."
    environment = {"PATH": os.defpath, "HOME": str(home), "CKV_SKIP_PACKAGE_UPDATE_CHECK": "true"}
    command = [str(LINTERS / linter), *arguments]
    ended = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=SECONDS, check=False
    )
    assert ended.stdout.startswith(("{", "[")), f"{linter} ended with {ended.returncode}: {ended.stderr}"
    return ended.stdout


def findings(report: dict[str, Any], outcome: str, suffix: str) -> set[Finding]:
    """checkov's passed_checks, failed_checks or skipped_checks of the files with that suffix."""
    found = set()
    for check in report["results"][outcome]:
        file = Path(check["file_path"])
        if file.suffix == suffix:
            found.add((file.stem, check["check_id"], check["resource"].rpartition(".")[2]))
    return found


def exceptions(linter: str) -> dict[Finding, str]:
    """What the templates tell a linter to pass over, and why; cfn-lint takes no reason."""
    found = {}
    for template in TEMPLATES:
        for name, resource in read(template.stem)["Resources"].items():
            told = resource.get("Metadata", {}).get(linter, {})
            for skip in told.get("skip", []):
                found[template.stem, skip["id"], name] = skip["comment"]
            for rule in told.get("config", {}).get("ignore_checks", []):
                found[template.stem, rule, name] = ""
    return found


def test_cfn_lint_finds_nothing(cfn_lint: dict[str, set[Finding]]) -> None:
    assert cfn_lint[".yaml"] == set()


def test_checkov_finds_nothing(checkov: dict[str, Any]) -> None:
    assert findings(checkov, "failed_checks", ".yaml") == set()
    assert checkov["summary"]["parsing_errors"] == 0
    assert {file for file, _, _ in findings(checkov, "passed_checks", ".yaml")} == {file.stem for file in TEMPLATES}


def test_cfn_lint_would_complain_of_what_it_passes_over(cfn_lint: dict[str, set[Finding]]) -> None:
    assert set(exceptions("cfn-lint")) == cfn_lint[".json"] == {("foundation", "W3691", "Database")}


def test_checkov_would_complain_of_what_it_passes_over(checkov: dict[str, Any]) -> None:
    """Each exception is one that it applied, and without it the check fails; nothing else fails either."""
    passed_over = set(exceptions("checkov"))
    assert passed_over == findings(checkov, "skipped_checks", ".yaml")
    assert passed_over == findings(checkov, "failed_checks", ".json")


@pytest.mark.parametrize("finding", exceptions("checkov"), ids="-".join)
def test_each_exception_says_why(finding: Finding) -> None:
    assert len(exceptions("checkov")[finding].split()) >= 3
