"""Stopwatch, medians and ratios."""

import statistics
import time
from collections import defaultdict
from collections.abc import Callable
from typing import Any, TypeVar

T = TypeVar("T")


class Times:
    """Seconds by name; each name is timed once a round, and its median counts."""

    def __init__(self) -> None:
        self.seconds: dict[str, list[float]] = defaultdict(list)

    def __getitem__(self, name: str) -> float:
        return statistics.median(self.seconds[name])

    def ratio(self, name: str, other: str) -> float:
        """The median over the rounds in which both were timed."""
        return statistics.median(one / two for one, two in zip(self.seconds[name], self.seconds[other], strict=False))

    def note(self, name: str, seconds: float) -> None:
        """Remembers how long it took."""
        self.seconds[name].append(seconds)

    def run(self, name: str, action: Callable[..., T], *arguments: Any, **options: Any) -> T:
        """Does it, remembers how long it took, and gives its result."""
        start = time.perf_counter()
        result = action(*arguments, **options)
        self.note(name, time.perf_counter() - start)
        return result


class Nowhere:
    """A file that forgets what is written to it."""

    def write(self, data: bytes) -> int:
        """Takes everything."""
        return len(data)
