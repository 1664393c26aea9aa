"""`make bench`: speed as ratios within one run, on databases of its own that are dropped at the end.

BENCH_FULL=1 adds 100,000 people; BENCH_JSON=file keeps the figures; BENCH_ONLY=cold_start measures nothing else.
"""

import json
import os
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from datetime import date
from pathlib import Path
from typing import Any

from flask import Flask

from spendsense.app import create_app
from spendsense.config import load_settings
from spendsense.logs import configure_logging
from spendsense.store import migrations
from spendsense.store.identity import Identity, acting_as
from spendsense.store.session import db, raw_cursor, transaction
from tests.bench.cold_start import measure_cold_start
from tests.bench.computing import Population, growth
from tests.bench.figures import BY_NAME
from tests.bench.ingesting import measure_ingest
from tests.bench.people import ROWS
from tests.bench.population import load
from tests.bench.serving import Serving, growth_of_api, serving
from tests.bench.tables import vacuum
from tests.databases import new_database

ROUNDS = 3
SMALL = 2_000
COMPARED = 20_000  # people, of the figures that stand at the top of BENCH_JSON under their bare names


def main() -> None:
    """Measures, prints, and writes BENCH_JSON."""
    if os.environ.get("BENCH_ONLY") == "cold_start":
        figures: dict[str, Any] = measure_cold_start()
        _print({}, figures)
    else:
        figures = measure([SMALL, COMPARED] + ([100_000] if os.environ.get("BENCH_FULL") else []), COMPARED)
    if path := os.environ.get("BENCH_JSON"):
        Path(path).write_text(json.dumps(figures, indent=2) + "\n")


def measure(sizes: Sequence[int], compared: int) -> dict[str, Any]:
    """All figures, printed as well. The sizes take turns, so that a slow minute slows them all."""
    started = time.perf_counter()
    with ExitStack() as stack:
        populations = {size: Population(size) for size in sizes}
        apps: dict[int, Flask] = {}
        for size, population in populations.items():
            apps[size] = stack.enter_context(_database(size))
            with apps[size].app_context():
                population.build()
            _say(f"{size:,} people with {ROWS} transactions each are loaded and measured once", started)
        for number in range(ROUNDS):
            for size, population in populations.items():
                with apps[size].app_context():
                    population.rebuild_round(number)
                    population.nightly_round()
                _say(f"round {number + 1} of {ROUNDS}, {size:,} people", started)
        served = _serve({size: (apps[size], population.day) for size, population in populations.items()})
        _say(f"measured {ROUNDS} rounds of requests", started)
        with apps[sizes[0]].app_context():
            ingest = measure_ingest()
        _say("measured ingest", started)
    figures = {size: population.figures() | served[size] for size, population in populations.items()}
    grown = growth_of_api(served[sizes[0]], served[sizes[-1]])
    grown |= {f"{name}.growth_exponent": growth(sizes[0], sizes[-1], figures, name) for name in ("compute", "rebuild")}
    _print(figures, grown | ingest)
    cold = measure_cold_start()
    _say("measured cold starts", started)
    _print({}, cold)
    about = {"people": compared, "cores": os.cpu_count(), "rounds": ROUNDS}
    return {**figures[compared], **grown, **ingest, **cold, **about, "by_people": figures}


def _serve(places: Mapping[int, tuple[Flask, date]]) -> dict[int, dict[str, float]]:
    """The figures of the API by size. The servers of all sizes stand side by side, and take turns."""
    with ExitStack() as stack:
        servers: dict[int, Serving] = {}
        for size, (app, day) in places.items():
            with app.app_context():
                servers[size] = stack.enter_context(serving(day))
        for _ in range(ROUNDS):
            for server in servers.values():
                server.round()
        return {size: server.figures() for size, server in servers.items()}


@contextmanager
def _database(people: int) -> Iterator[Flask]:
    """The application on a new database with that many people, dropped at the end."""
    with new_database() as url:
        app = create_app(load_settings({**os.environ, "ENVIRONMENT": "dev", "DATABASE_URL": url}))
        # The bench itself owns the tables; jobs and requests act in their roles, in processes of their own.
        with app.app_context(), acting_as(Identity("none")), Path(os.devnull).open("w") as nowhere:
            migrations.upgrade()
            configure_logging(nowhere)
            with transaction() as session, raw_cursor(session) as cursor:
                load(cursor, people)
            vacuum()
            yield app
            db.engine.dispose()


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
    figure = BY_NAME.get(name)
    if figure is None or figure.bar is None:
        return ""
    is_met = all(figure.is_met(value) for value in values)
    return f"   bar {figure.bar_text}: {'met' if is_met else 'MISSED'}"


if __name__ == "__main__":
    main()
