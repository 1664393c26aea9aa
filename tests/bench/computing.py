"""`compute_features` beside a loop over people, a COPY OUT of the columns it reads, and a scan of the table."""

import math
import statistics
from collections import defaultdict
from collections.abc import Iterator
from datetime import date, timedelta

from spendsense.store.session import db
from tests.bench.job import run_in_processes
from tests.bench.loop import check_agreement, orm_loop
from tests.bench.people import FIRST_AS_OF
from tests.bench.tables import (
    NIGHTLY_COLUMNS,
    REBUILD_COLUMNS,
    add_rows,
    copy_out,
    count_writes,
    make_stale,
    seq_scan,
    vacuum,
)
from tests.bench.timing import Times

LOOP_PEOPLE = 100
WINDOW_DAYS = 180


class Population:
    """The database in whose context this is used, with that many people, and what was timed there so far."""

    def __init__(self, people: int) -> None:
        self.people = people
        self.looped = min(LOOP_PEOPLE, people)
        self.times = Times()
        self.megabytes: dict[str, float] = {}
        self.cores: dict[str, list[float]] = defaultdict(list)  # that the processes of each run kept busy together
        self.written_again = 0
        self.day = FIRST_AS_OF  # of the last run
        self._days = days_from(FIRST_AS_OF)

    def build(self) -> None:
        """The first run, which finds everything stale."""
        self._run("first", next(self._days), self.people)
        vacuum()

    def rebuild_round(self, number: int) -> None:
        """A day on, as if all rows had changed, beside COPY OUT, 5 % of the people, two processes, and one on one core.

        The first run of a turn reads back from disk what the turns of larger sizes have put out of memory, and those
        behind it do not: so one comes first that is not compared with anything. What each run has replaced is cleared
        away before the next.
        """
        self._all_stale()
        self._run("warm_up", next(self._days), self.people)
        today = next(self._days)
        self._all_stale()
        self._run("rebuild", today, self.people)
        self.times.run("rebuild_copy_out", copy_out, REBUILD_COLUMNS, today)
        if number == 0:
            self._check_rerun(today)
        self._run("changed5", today, add_rows(today))
        self._all_stale()
        self._run("two_workers", next(self._days), self.people, workers=2)
        self._all_stale()
        self._run("one_core", next(self._days), self.people, on_one_core=True)
        vacuum()

    def nightly_round(self) -> None:
        """Rows unchanged, a day on: all windows slide. Then what it is compared with, and the check of all results."""
        today = next(self._days)
        self._run("nightly", today, self.people)
        self.times.run("copy_out", copy_out, NIGHTLY_COLUMNS, today, days=WINDOW_DAYS)
        self.times.run("seq_scan", seq_scan)
        check_agreement(self.times.run("orm_loop", orm_loop, range(self.looped), today), today)

    def figures(self) -> dict[str, float]:
        """What is reported, by name."""
        return ratios(self.people, self.times, self.looped) | {
            "compute.python_megabytes": self.megabytes["nightly"],
            "rebuild.python_megabytes": self.megabytes["rebuild"],
            "rebuild.cores": statistics.median(self.cores["rebuild"]),
            "rebuild.two_workers_cores": statistics.median(self.cores["two_workers"]),
            "rerun.rows_written": self.written_again,
        }

    def _all_stale(self) -> None:
        make_stale()
        vacuum()

    def _run(self, name: str, as_of: date, people: int, workers: int = 1, *, on_one_core: bool = False) -> None:
        """Times the job. Ends the bench when it was not about as many people as it should."""
        self.day = as_of
        url = db.engine.url.render_as_string(hide_password=False)
        ran = run_in_processes(url, as_of, workers, on_one_core=on_one_core)
        if sum(one.people for one in ran) != people:
            raise SystemExit(f"{name}: {people:,} people were stale, but {ran} were measured.")
        self.times.note(name, max(one.seconds for one in ran))
        self.cores[name].append(sum(one.cores for one in ran))
        self.megabytes[name] = max(self.megabytes.get(name, 0), *(one.megabytes for one in ran))

    def _check_rerun(self, today: date) -> None:
        """Everybody is looked at anew on the same day. Ends the bench when that wrote a row."""
        make_stale()
        before = count_writes()
        self._run("rerun", today, self.people)
        after = count_writes()
        self.written_again += sum(after.values()) - sum(before.values())
        if self.written_again:
            raise SystemExit(f"A rerun for the same day wrote rows: {before} before it, {after} after it.")


def ratios(people: int, times: Times, looped: int) -> dict[str, float]:
    """Speeds, and ratios to what was timed beside them."""
    loop = times["orm_loop"] / looped
    return {
        "compute.seconds": times["nightly"],
        "compute.users_per_second": people / times["nightly"],
        "compute.vs_orm_loop": loop / (times["nightly"] / people),
        "compute.vs_copy_out": times["nightly"] / times["copy_out"],
        "compute.vs_seq_scan": times["nightly"] / times["seq_scan"],
        "rebuild.seconds": times["rebuild"],
        "rebuild.users_per_second": people / times["rebuild"],
        "rebuild.vs_orm_loop": loop / (times["rebuild"] / people),
        "rebuild.vs_copy_out": times["rebuild"] / times["rebuild_copy_out"],
        "rebuild.vs_seq_scan": times["rebuild"] / times["seq_scan"],
        "rebuild.speedup": times.ratio("one_core", "two_workers"),
        "rebuild.two_workers": times.ratio("rebuild", "two_workers"),
        "changed5.seconds": times["changed5"],
        "changed5.vs_full": times["changed5"] / times["rebuild"],
        "orm_loop.users_per_second": 1 / loop,
        "copy_out.users_per_second": people / times["copy_out"],
        "rebuild_copy_out.users_per_second": people / times["rebuild_copy_out"],
        "seq_scan.users_per_second": people / times["seq_scan"],
    }


def growth(small: int, large: int, figures: dict[int, dict[str, float]], name: str) -> float:
    """The exponent e in time ~ people^e between two sizes: 1 is linear."""
    return math.log(figures[large][f"{name}.seconds"] / figures[small][f"{name}.seconds"]) / math.log(large / small)


def days_from(first: date) -> Iterator[date]:
    """That day, and each day after it."""
    while True:
        yield first
        first += timedelta(days=1)
