"""`make bench`: speed as ratios within one run, on a database of its own that is dropped at the end.

BENCH_FULL=1 adds 100,000 people; BENCH_JSON=file keeps the figures; BENCH_ONLY=cold_start measures nothing else.
"""

import json
import os
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from itertools import product
from pathlib import Path
from typing import Any

from flask import Flask

from spendsense.app import create_app
from spendsense.config import load_settings
from spendsense.logs import configure_logging
from spendsense.store import migrations
from spendsense.store.session import db, raw_cursor, transaction
from tests.bench.cold_start import measure_cold_start
from tests.bench.computing import Population, growth, vacuum
from tests.bench.ingesting import measure_ingest
from tests.bench.population import ROWS, TEMPLATES, grow, load_templates
from tests.databases import new_database

ROUNDS = 3
REBUILD_ROUNDS = 1  # a rebuild of everybody takes its time, and is not what happens at night
BARS = {  # name → (bar, whether more is better)
    "ingest.vs_copy": (0.6, True),
    "compute.vs_orm_loop": (45, True),
    "compute.vs_copy_out": (1.2, False),
    "compute.growth_exponent": (1.1, False),
    "cold_start.vs_bare_flask": (1.6, False),
    "warm.health_p50_ms": (3, False),
}


COMPARED = 20_000  # people, of the figures that stand at the top of BENCH_JSON under their bare names


def main() -> None:
    """Loads, measures, prints, and writes BENCH_JSON. The sizes take turns, so that a slow minute slows them all."""
    if os.environ.get("BENCH_ONLY") == "cold_start":
        _print({}, _keep(measure_cold_start()))
        return
    sizes = [2_000, COMPARED] + ([100_000] if os.environ.get("BENCH_FULL") else [])
    started = time.perf_counter()
    with ExitStack() as stack:
        populations = {size: Population(size) for size in sizes}
        apps: dict[int, Flask] = {}
        for size in sizes:
            apps[size] = stack.enter_context(_database(size))
            with apps[size].app_context():
                populations[size].build()
            _say(f"{size:,} people with {ROWS} transactions each are loaded and measured once", started)
        for number, (size, population) in product(range(ROUNDS), populations.items()):
            with apps[size].app_context():
                population.nightly_round()
                if number < REBUILD_ROUNDS:
                    population.rebuild_round()
            _say(f"round {number + 1} of {ROUNDS}, {size:,} people", started)
        with apps[sizes[0]].app_context():
            ingest = measure_ingest()
        _say("measured ingest", started)
    figures = {size: population.figures() for size, population in populations.items()}
    grown = {f"{name}.growth_exponent": growth(sizes[0], sizes[-1], figures, name) for name in ("compute", "rebuild")}
    cold = measure_cold_start()
    _say("measured cold starts", started)
    _print(figures, ingest | grown | cold)
    _keep({**figures[COMPARED], **ingest, **grown, **cold, "people": COMPARED, "by_people": figures})


def _keep(figures: dict[str, Any]) -> dict[str, Any]:
    """Writes BENCH_JSON, where one is asked for."""
    if path := os.environ.get("BENCH_JSON"):
        Path(path).write_text(json.dumps(figures, indent=2) + "\n")
    return figures


@contextmanager
def _database(people: int) -> Iterator[Flask]:
    """The application on a new database with that many people, dropped at the end."""
    with new_database() as url:
        app = create_app(load_settings({**os.environ, "ENVIRONMENT": "dev", "DATABASE_URL": url}))
        with app.app_context(), Path(os.devnull).open("w") as nowhere:
            migrations.upgrade()
            configure_logging(nowhere)
            _load(people)
            yield app
            db.engine.dispose()


def _load(people: int) -> None:
    with transaction() as session, raw_cursor(session) as cursor:
        load_templates(cursor)
        if people > TEMPLATES:
            grow(cursor, people)
    vacuum()


def _say(text: str, started: float) -> None:
    print(f"{time.perf_counter() - started:6.0f} s  {text}", flush=True)


def _print(figures: dict[int, dict[str, float]], others: dict[str, float]) -> None:
    """A table: a line a figure, a column a size; the last column says whether the bar is met."""
    sizes = list(figures)
    print(f"\n{'':46}" + "".join(f"{f'{size:,} people':>18}" for size in sizes))
    for name in figures[sizes[0]] if sizes else ():
        values = [figures[size][name] for size in sizes]
        print(f"{name:46}" + "".join(f"{value:18,.2f}" for value in values) + _verdict(name, values))
    for name, value in others.items():
        print(f"{name:46}{value:18,.2f}" + _verdict(name, [value]))


def _verdict(name: str, values: list[float]) -> str:
    if name not in BARS:
        return ""
    bar, more_is_better = BARS[name]
    is_met = all(value >= bar if more_is_better else value <= bar for value in values)
    return f"   bar {'>=' if more_is_better else '<='} {bar}: {'met' if is_met else 'MISSED'}"


if __name__ == "__main__":
    main()
