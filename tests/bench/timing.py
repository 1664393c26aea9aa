"""Stopwatch, medians and memory."""

import statistics
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any


class Times:
    """Seconds by name; each name is timed once a round, and its median counts."""

    def __init__(self) -> None:
        self.seconds: dict[str, list[float]] = defaultdict(list)

    def __getitem__(self, name: str) -> float:
        return statistics.median(self.seconds[name])

    def run(self, name: str, action: Callable[..., object], *arguments: Any, **options: Any) -> None:
        """Does it and remembers how long it took."""
        start = time.perf_counter()
        action(*arguments, **options)
        self.seconds[name].append(time.perf_counter() - start)


@contextmanager
def peak_memory(found: list[float]) -> Iterator[None]:
    """Appends the most memory, in MB, that this process held at once meanwhile."""
    try:
        Path("/proc/self/clear_refs").write_text("5")  # starts the high-water mark anew
    except OSError:
        pass
    yield
    lines = Path("/proc/self/status").read_text().splitlines()
    found.append(next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024)


class Nowhere:
    """A file that forgets what is written to it."""

    def write(self, data: bytes) -> int:
        """Takes everything."""
        return len(data)
