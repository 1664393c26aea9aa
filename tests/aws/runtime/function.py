"""An unzipped package run as AWS runs it: by its runtime client for Python, under its runtime interface emulator."""

import json
import os
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent.parent.parent
TOOLS = ROOT / ".tools" / "runtime" / "bin"
EMULATOR = TOOLS / "aws-lambda-rie"
NAME = "spendsense-dev"
HANDLER = "spendsense.ops.handler.lambda_handler"
START_SECONDS = 10


@dataclass(frozen=True, slots=True)
class Function:
    """A function that waits for its first event; the process that answers starts with that."""

    port: int
    log: Path

    def invoke(self, event: Any) -> Any:
        """Its answer; of a function that raised, errorMessage and errorType."""
        return json.loads(self.invoke_raw(json.dumps(event).encode()))

    def invoke_raw(self, event: bytes) -> bytes:
        """The same, byte for byte."""
        url = f"http://127.0.0.1:{self.port}/2015-03-31/functions/function/invocations"
        try:
            with urllib.request.urlopen(urllib.request.Request(url, data=event), timeout=60) as answer:
                return bytes(answer.read())
        except urllib.error.HTTPError as error:  # of a function that could not start
            return error.read()


@contextmanager
def running(task: Path, handler: str, environment: Mapping[str, str], log: Path) -> Iterator[Function]:
    """The package in `task` as a function, with nothing in its environment but what Lambda sets and what is given."""
    assert EMULATOR.exists(), "Lambda's runtime is missing: `make tools` installs it."
    port, api = _free_ports()
    events = ("--runtime-interface-emulator-address", f"127.0.0.1:{port}")
    runtime = ("--runtime-api-address", f"127.0.0.1:{api}", TOOLS / "python", "-m", "awslambdaric", handler)
    command = (EMULATOR, "--log-level", "error", *events, *runtime)
    with log.open("ab") as out:
        process = subprocess.Popen(
            command,
            cwd=task,
            env={**_lambdas_own(task), **environment},
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        _wait_until_it_listens(process, port, log)
        yield Function(port, log)
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _lambdas_own(task: Path) -> dict[str, str]:
    return {
        "PATH": os.defpath,
        "HOME": "/tmp",
        "LAMBDA_TASK_ROOT": str(task),
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_LAMBDA_FUNCTION_NAME": NAME,
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "1024",
        "AWS_LAMBDA_FUNCTION_TIMEOUT": "300",
        "PYTHONDONTWRITEBYTECODE": "1",  # the disk of a function is read-only
    }


def _free_ports() -> tuple[int, int]:
    with socket.socket() as one, socket.socket() as other:
        one.bind(("127.0.0.1", 0))
        other.bind(("127.0.0.1", 0))
        return one.getsockname()[1], other.getsockname()[1]


def _wait_until_it_listens(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    ends_at = time.monotonic() + START_SECONDS
    while time.monotonic() < ends_at:
        assert process.poll() is None, log.read_text()[-2000:]
        try:
            socket.create_connection(("127.0.0.1", port), 0.2).close()
            return
        except OSError:
            time.sleep(0.005)
    raise AssertionError(f"The runtime interface emulator does not listen: {log.read_text()[-2000:]}")
