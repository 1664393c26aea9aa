"""`compute_features` in a process of its own, as a schedule or the command has it: it holds no memory of the bench.

`python -m tests.bench.job 2026-07-01` says "ready", waits for a line, runs, and answers with a line of JSON. With
`one-core` behind the day it runs on one core, and so does the database's process that serves it.
"""

import json
import os
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from datetime import date
from io import StringIO
from pathlib import Path
from typing import IO

from sqlalchemy import text

from spendsense.config import load_settings
from spendsense.logs import configure_logging
from spendsense.pipeline.claims import Job, Scope
from spendsense.pipeline.run import run_job, waiting
from spendsense.store.session import transaction
from spendsense.worker import create_worker

ONE_CORE = "one-core"


@dataclass(frozen=True, slots=True)
class Ran:
    """What one process did: the seconds of the job alone, its people, and the most memory the process ever held.

    `cores` are those that it and the database's process kept busy on average; 0 where the database is elsewhere.
    """

    seconds: float
    people: int
    megabytes: float
    cores: float


def run_in_processes(url: str, as_of: date, workers: int = 1, *, on_one_core: bool = False) -> list[Ran]:
    """What each of that many processes did that began at one moment on the database of that URL.

    `on_one_core`: all of them, and the database's processes that serve them, share a core.
    """
    command = [sys.executable, "-m", "tests.bench.job", as_of.isoformat(), *([ONE_CORE] if on_one_core else [])]
    environment = {**os.environ, "ENVIRONMENT": "dev", "DATABASE_URL": url}
    processes = [
        subprocess.Popen(command, env=environment, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        for _ in range(workers)
    ]
    try:
        for process in processes:
            _next_line(process.stdout)
        for process in processes:
            process.stdin.write("go\n")  # type: ignore[union-attr]
            process.stdin.flush()  # type: ignore[union-attr]
        return [Ran(**json.loads(_next_line(process.stdout))) for process in processes]
    finally:
        for process in processes:
            process.stdin.close()  # type: ignore[union-attr]
            process.wait()


def _next_line(stream: IO[str] | None) -> str:
    line = stream.readline() if stream else ""
    if not line:
        raise SystemExit("A process that ran the job has ended early; what it said stands above.")
    return line


def main(as_of: date, *, on_one_core: bool) -> None:
    """The process itself."""
    app = create_worker(load_settings())
    log = StringIO()
    with app.app_context():
        configure_logging(log)
        waiting(Job.COMPUTE_FEATURES, as_of, Scope())  # connects, and reads the rulebook
        if on_one_core:
            share_a_core()
        print("ready", flush=True)
        if not sys.stdin.readline():
            return  # another of these processes has ended early
        start, busy = time.perf_counter(), busy_seconds()
        summary = run_job(Job.COMPUTE_FEATURES, as_of=as_of)
        seconds, busy = time.perf_counter() - start, busy_seconds() - busy
        ran = Ran(seconds, summary.people, peak_megabytes(), busy / seconds)
        if summary.set_aside:
            raise SystemExit(f"{len(summary.set_aside)} people broke the job:\n{log.getvalue()[:2_000]}")
        with transaction() as session:
            session.execute(text("SELECT pg_stat_force_next_flush()"))  # what it wrote is counted when this returns
        print(json.dumps(asdict(ran)), flush=True)


def share_a_core() -> None:
    """Holds this process and the database's that serves it to the same core. The database must be on this machine."""
    core = min(os.sched_getaffinity(0))
    for process in (os.getpid(), backend_id()):
        os.sched_setaffinity(process, {core})


def backend_id() -> int:
    """The process of the database's that serves this one."""
    with transaction() as session:
        return int(session.execute(text("SELECT pg_backend_pid()")).scalar_one())


def busy_seconds() -> float:
    """Processor time of this process and of the database's that serves it; 0 where that is on another machine."""
    backend = backend_id()
    try:
        user, system = Path(f"/proc/{backend}/stat").read_text().rpartition(")")[2].split()[11:13]
    except FileNotFoundError:
        return 0.0
    return time.process_time() + (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


def peak_megabytes() -> float:
    """The most memory that this program held at once. Not getrusage's: that counts what it was forked from."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024


if __name__ == "__main__":
    main(date.fromisoformat(sys.argv[1]), on_one_core=ONE_CORE in sys.argv[2:])
