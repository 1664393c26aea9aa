"""AWS on this machine: the emulator as a process, and what the tests ask of it."""

import os
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
PYTHON = ROOT / ".tools" / "emulator" / "bin" / "python"
LAUNCHER = Path(__file__).with_name("emulator_launch.py")
START_SECONDS = 60


@contextmanager
def emulator(folder: Path) -> Iterator[str]:
    """Its URL while it runs, IAM enforced, with a home and a log in `folder`; ended with all that it started."""
    assert PYTHON.exists(), "The emulator is missing: `make tools` installs it."
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {  # nothing else: the functions that it runs inherit it
        "PATH": os.defpath,
        "HOME": str(folder),
        "TMPDIR": str(folder),
        "AUTH": "true",
        "BIND_HOST": "127.0.0.1",
        "GATEWAY_PORT": str(port),
        "MINISTACK_HOST": "127.0.0.1",
        "IOT_MTLS_ENABLED": "0",
        "LAMBDA_ASYNC_RETRY_BASE_SECONDS": "0.2",
        "LAMBDA_ASYNC_RETRY_MAX_SECONDS": "0.5",
    }
    with (folder / "emulator.log").open("ab") as log:
        process = subprocess.Popen(
            [PYTHON, LAUNCHER], cwd=folder, env=environment, stdout=log, stderr=log, start_new_session=True
        )
    url = f"http://127.0.0.1:{port}"
    try:
        _wait_until_it_answers(process, url, folder / "emulator.log")
        yield url
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def environment_of(url: str) -> dict[str, str]:
    """What leads `zappa`, boto3 and our own commands to the emulator, as the account's root."""
    return {
        "AWS_ENDPOINT_URL": url,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_EC2_METADATA_DISABLED": "true",
    }


def _wait_until_it_answers(process: subprocess.Popen[bytes], url: str, log: Path) -> None:
    ends_at = time.monotonic() + START_SECONDS
    while time.monotonic() < ends_at:
        assert process.poll() is None, log.read_text()[-2000:]
        try:
            with urllib.request.urlopen(f"{url}/_ministack/health", timeout=2):
                return
        except urllib.error.HTTPError:
            return
        except OSError:
            time.sleep(0.1)
    raise AssertionError(f"The emulator does not answer: {log.read_text()[-2000:]}")
