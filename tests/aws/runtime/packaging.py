"""Packages as `zappa package` writes them."""

import os
import platform
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from zipfile import ZipFile

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent.parent
ZAPPA = ROOT / ".venv" / "bin" / "zappa"
CAN_RUN = sys.platform == "linux" and platform.machine() == "x86_64"


def need_lambdas_platform() -> None:
    """Skips what runs the package: it holds programs for Linux on x86-64, whatever machine it was packed on."""
    if not CAN_RUN:
        pytest.skip("the package's programs are for Linux on x86-64")


def pack(folder: Path, file: Path, environment: Mapping[str, str] = os.environ) -> Path:
    """The zip of the stage dev of the project in that folder."""
    command = (ZAPPA, "package", "dev", "-o", file)
    ended = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert ended.returncode == 0 and file.exists(), ended.stdout + ended.stderr
    return file


def unpack(package: Path) -> Path:
    """What lies in a package, as it lies on a function's disk."""
    folder = package.with_suffix("")
    with ZipFile(package) as content:
        content.extractall(folder)
    return folder
