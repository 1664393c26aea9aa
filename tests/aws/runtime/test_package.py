"""What is in the package, and what is not."""

import importlib.util
import re
from pathlib import Path

from tests.aws.runtime.packaging import ROOT

GLIBC = (2, 26)  # of Amazon Linux 2, on which Lambda runs Python 3.11
CHECKED_HASH = 0b11  # PEP 552: bytecode that is checked against its source's hash


def bytes_of(files: Path) -> int:
    """What a folder holds."""
    return sum(path.stat().st_size for path in files.rglob("*") if path.is_file())


def test_it_is_small(package: Path, task: Path) -> None:
    assert package.stat().st_size <= 25_000_000
    assert bytes_of(task) <= 80_000_000


def test_it_holds_what_the_function_runs_and_none_of_the_rest(task: Path) -> None:
    tops = {path.name for path in task.iterdir()}
    assert {"spendsense", "jobs", "migrations", "zappa_settings.py"} <= tops
    assert not {"tests", "cloudformation", "boto3", "botocore", "pytest", "pip", "mypy", "requirements.txt"} & tops
    inner = {path.name for path in (task / "spendsense").iterdir()}
    assert not {"local", "cli"} & inner
    assert [path for path in task.rglob("*") if path.name.startswith((".env", ".git", ".spendsense"))] == []


def test_every_file_of_ours_is_there_as_it_is(task: Path) -> None:
    files = [path for top in ("spendsense", "jobs", "migrations") for path in (ROOT / top).rglob("*") if path.is_file()]
    inside = [path.relative_to(ROOT) for path in files if path.suffix not in (".pyc", ".md")]
    packed = [path for path in inside if not str(path).startswith(("spendsense/local", "spendsense/cli"))]
    assert {".py", ".sql", ".toml", ".json"} <= {path.suffix for path in packed}
    for path in packed:
        assert (task / path).read_bytes() == (ROOT / path).read_bytes(), path


def test_programs_load_on_lambdas_glibc(task: Path) -> None:
    programs = [path for path in task.rglob("*") if path.is_file() and ".so" in path.suffixes]
    assert any("cryptography" in str(path) for path in programs)
    for path in programs:
        asked = re.findall(rb"GLIBC_(\d+)\.(\d+)", path.read_bytes())
        assert max(((int(major), int(minor)) for major, minor in asked), default=(0, 0)) <= GLIBC, path


def test_every_source_has_its_bytecode_and_no_other_lies_about(task: Path) -> None:
    sources = [path for path in task.rglob("*.py") if "migrations" not in path.parts]
    for source in sources:
        bytecode = Path(importlib.util.cache_from_source(str(source))).read_bytes()
        assert int.from_bytes(bytecode[4:8], "little") == CHECKED_HASH, source
        assert bytecode[8:16] == importlib.util.source_hash(source.read_bytes()), source
    known = {importlib.util.cache_from_source(str(source)) for source in sources}
    assert {str(path) for path in task.rglob("*.pyc")} == known


def test_the_settings_in_it_hold_no_account_and_no_secret(task: Path) -> None:
    text = (task / "zappa_settings.py").read_text()
    assert "arn:" not in text and "ostgres" not in text
    assert "DEBUG=False" in text and "EXCEPTION_HANDLER=None" in text
