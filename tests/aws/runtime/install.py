"""Puts the runtime interface emulator beside the runtime client: AWS ships it inside the wheel of its SAM CLI."""

import hashlib
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from tests.aws.runtime.function import EMULATOR

WHEEL = "aws-sam-cli==1.170.0"
WHEEL_SHA256 = "24ebaf5ecba38dc1758089968cb89ab61e124b84e92a344fc7a2771a47f4d0bf"
BINARY = "samcli/local/rapid/aws-lambda-rie-x86_64"  # the package's own kind of processor


def main() -> None:
    """Downloads the wheel, checks it, and takes the one binary out."""
    with tempfile.TemporaryDirectory() as folder:
        pip = ("-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps", "--dest", folder, WHEEL)
        subprocess.run((sys.executable, *pip), check=True)
        (wheel,) = Path(folder).iterdir()
        if hashlib.sha256(wheel.read_bytes()).hexdigest() != WHEEL_SHA256:
            raise SystemExit(f"{wheel.name} is not the file that was pinned.")
        with zipfile.ZipFile(wheel) as content:
            EMULATOR.write_bytes(content.read(BINARY))
    EMULATOR.chmod(0o755)


if __name__ == "__main__":
    main()
