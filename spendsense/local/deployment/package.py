"""The Lambda package: made from an environment with the pinned packages only, its bytecode good on a read-only disk.

Zappa packs the virtual environment it is run from; a developer's holds linters and a database. So it is given one of
its own. Zappa also sets every file's time to 1980, after which ordinary bytecode counts as stale and is compiled anew
at each cold start; bytecode that is checked against its source's hash stays good.
"""

import fcntl
import hashlib
import os
import py_compile
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from spendsense.errors import DeploymentError

FOLDER = ".tools/lambda-package-venv"  # Zappa leaves folders of this name out of the package, wherever they are
MOST_ZIPPED_BYTES = 25 * 1000 * 1000
MOST_UNZIPPED_BYTES = 80 * 1000 * 1000
CACHE = f"__pycache__/{{}}.{sys.implementation.cache_tag}.pyc"
CHECKED_HASH = 0b11  # the flags of bytecode that is checked against its source's hash (PEP 552)
# Whatever machine this is: Lambda's Python 3.11 runs on Amazon Linux 2, whose glibc 2.26 can't load newer wheels.
FOR_LAMBDA = (
    *("--platform", "manylinux2014_x86_64", "--platform", "manylinux_2_17_x86_64"),
    *("--implementation", "cp", "--python-version", "3.11", "--only-binary", ":all:"),
)
PYTHON = (3, 11)
SCRIPTS_RUN_BY_ALEMBIC = "migrations/"  # loaded as files, never from bytecode


def prepare(project: Path) -> Path:
    """The environment to package, made when requirements.txt or Python changed. Processes that race make it once.

    Raises DeploymentError with pip's last words, or where the bytecode would be another Python's than Lambda's.
    """
    if sys.version_info[:2] != PYTHON:
        raise DeploymentError(f"Deploy with Python 3.11, as Lambda runs it; this is {sys.version.split()[0]}.")
    venv = project / FOLDER
    requirements = project / "requirements.txt"
    wanted = hashlib.sha256(repr((requirements.read_bytes(), sys.version, FOR_LAMBDA)).encode()).hexdigest()
    venv.parent.mkdir(exist_ok=True)
    with _locked(venv.with_suffix(".lock")):
        mark = venv / "made-from"
        if not mark.exists() or mark.read_text() != wanted:
            shutil.rmtree(venv, ignore_errors=True)
            _run("make the package's environment", sys.executable, "-m", "venv", "--without-pip", str(venv))
            _install(venv, requirements)
            mark.write_text(wanted)
    return venv


def finish(package: Path) -> None:
    """Gives every source in the zip that Zappa wrote its bytecode, and takes stale bytecode out.

    Raises DeploymentError when the package is larger than we allow ourselves (AWS: 50 and 250 MB).
    """
    with zipfile.ZipFile(package) as old:
        content = {entry.filename: (entry, old.read(entry)) for entry in old.infolist()}
    good = {_cache_of(name) for name in content if name.endswith(".py")}
    fresh = {
        name: found
        for name, found in content.items()
        if not name.endswith(".pyc") or (name in good and _is_checked(found[1]))
    }
    with tempfile.TemporaryDirectory() as folder:
        missing = [name for name in fresh if name.endswith(".py") and _cache_of(name) not in fresh]
        compiled = {_cache_of(name): _compile(name, fresh[name][1], Path(folder)) for name in missing if _counts(name)}
    unfinished = package.with_suffix(".new")
    with zipfile.ZipFile(unfinished, "w", zipfile.ZIP_DEFLATED) as new:
        for entry, data in fresh.values():
            entry.compress_type = zipfile.ZIP_DEFLATED
            new.writestr(entry, data)
        for name, data in sorted(compiled.items()):
            new.writestr(_entry(name), data)
    unfinished.replace(package)
    _check_size(package, sum(map(len, compiled.values())) + sum(len(data) for _, data in fresh.values()))


def _install(venv: Path, requirements: Path) -> None:
    packages = next((venv / "lib").glob("python3*")) / "site-packages"
    pip = ("-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps", "--no-compile", *FOR_LAMBDA)
    _run("install the pinned packages", sys.executable, *pip, "--target", str(packages), "-r", str(requirements))
    compile_all = ("-m", "compileall", "-q", "-j", "0", "--invalidation-mode", "checked-hash")
    _run("compile the packages", sys.executable, *compile_all, str(packages), may_fail=True)  # some hold templates


def _run(action: str, *command: str, may_fail: bool = False) -> None:
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    if ended.returncode and not may_fail:
        last = (ended.stderr or ended.stdout).strip().splitlines()[-1:]
        raise DeploymentError(f"Could not {action}: {' '.join(last)} Mend it, and run it again.")


@contextmanager
def _locked(file: Path) -> Iterator[None]:
    with file.open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _counts(name: str) -> bool:
    return not name.startswith(SCRIPTS_RUN_BY_ALEMBIC)


def _is_checked(bytecode: bytes) -> bool:
    return len(bytecode) > 8 and bytecode[4] & CHECKED_HASH == CHECKED_HASH


def _cache_of(name: str) -> str:
    """`a/__pycache__/b.cpython-311.pyc` of `a/b.py`."""
    folder, _, file = name.rpartition("/")
    return f"{folder}/".lstrip("/") + CACHE.format(file.removesuffix(".py"))


def _compile(name: str, source: bytes, folder: Path) -> bytes:
    """The bytecode of a source; its tracebacks name the file as it will lie in the package."""
    here, there = folder / "source.py", folder / "bytecode.pyc"
    here.write_bytes(source)
    mode = py_compile.PycInvalidationMode.CHECKED_HASH
    try:
        py_compile.compile(str(here), str(there), dfile=f"/var/task/{name}", doraise=True, invalidation_mode=mode)
    except py_compile.PyCompileError as error:
        raise DeploymentError(f"{name} in the package is no Python of this version: {error.msg}") from error
    return there.read_bytes()


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name)  # of 1980, as all the others
    entry.external_attr = 0o644 << 16
    entry.compress_type = zipfile.ZIP_DEFLATED
    return entry


def _check_size(package: Path, unzipped: int) -> None:
    zipped = os.stat(package).st_size
    if zipped > MOST_ZIPPED_BYTES or unzipped > MOST_UNZIPPED_BYTES:
        raise DeploymentError(
            f"The package has {zipped / 1e6:.1f} MB, {unzipped / 1e6:.1f} unzipped; at most 25 and 80 are meant to be: "
            "look what came in, and add it to `exclude` in zappa_settings.json."
        )
