"""Requests to one gunicorn worker on 127.0.0.1, of people spread over the population, beside `/health` in the same run.

One connection, one request after the other; the routes take turns, so that a slow moment slows all of them.
"""

import http.client
import json
import os
import socket
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from statistics import median, quantiles
from typing import Any

from flask import current_app
from sqlalchemy import select

from spendsense import clock
from spendsense.consent import ledger
from spendsense.local.issuer import issue_token
from spendsense.pipeline.claims import Job
from spendsense.pipeline.run import run_job
from spendsense.store.models import User
from spendsense.store.session import db, transaction
from tests.bench.server import set_day

PREFIX = "/api/v1"
ROUTES = {
    "recommendations": "/users/me/recommendations",
    "transactions": "/users/me/transactions",
    "insights": "/users/me/insights",
    "operator_users": "/operator/users",
}
HEALTH = "health"
ASKING = 50  # people, and as many operators: a limit for each of them is not met
REQUESTS = 200  # a route and round
START_SECONDS = 30.0


@dataclass
class Serving:
    """A server on the database in whose context this is made, and how long its answers took, round by round."""

    port: int
    tokens: Mapping[str, list[str]]
    rounds: dict[str, list[list[float]]] = field(default_factory=lambda: defaultdict(list))

    def warm_up(self) -> None:
        """Each of those who ask has asked for everything once: plans, caches and the first login are behind them."""
        self._ask(ASKING)

    def round(self) -> None:
        """Asks for every route in turn, and notes the seconds."""
        for name, seconds in self._ask(REQUESTS).items():
            self.rounds[name].append(seconds)

    def figures(self) -> dict[str, float]:
        """Medians over the rounds, by name; p95 also as a ratio to that of `/health` in the same round."""
        found: dict[str, float] = {}
        for name in self.rounds:
            found[f"api.{name}.requests_per_second"] = median(len(one) / sum(one) for one in self.rounds[name])
            found[f"api.{name}.p50_ms"] = median(map(median, self.rounds[name])) * 1_000
            found[f"api.{name}.p95_ms"] = median(map(p95, self.rounds[name])) * 1_000
            if name != HEALTH:
                pairs = zip(self.rounds[name], self.rounds[HEALTH], strict=True)
                found[f"api.{name}.p95_vs_health"] = median(p95(one) / p95(health) for one, health in pairs)
        return found

    def _ask(self, times: int) -> dict[str, list[float]]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        connection.connect()
        assert connection.sock is not None
        connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        took: dict[str, list[float]] = defaultdict(list)
        for number in range(times):
            took[HEALTH].append(ask(connection, "/health", None))
            for name, tokens in self.tokens.items():
                took[name].append(ask(connection, PREFIX + ROUTES[name], tokens[number % len(tokens)]))
        connection.close()
        return took


def ask(connection: http.client.HTTPConnection, path: str, token: str | None) -> float:
    """The seconds of one request. Ends the bench when it is answered with anything but data."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    began = time.perf_counter()
    connection.request("GET", path, headers=headers)
    response = connection.getresponse()
    body = response.read()
    took = time.perf_counter() - began
    if response.status != 200 or (token and not json.loads(body)["data"]):
        raise SystemExit(f"GET {path} was answered with {response.status}: {body[:300]!r}")
    return took


def p95(seconds: list[float]) -> float:
    return quantiles(seconds, n=20)[-1]


def growth_of_api(small: Mapping[str, float], large: Mapping[str, float]) -> dict[str, float]:
    """How much longer a route's median request takes with the larger population, each against its own `/health`."""
    found = {}
    for name in ROUTES:
        if f"api.{name}.p50_ms" in small:
            ratios = [figures[f"api.{name}.p50_ms"] / figures[f"api.{HEALTH}.p50_ms"] for figures in (large, small)]
            found[f"api.{name}.growth"] = ratios[0] / ratios[1]
    return found


@contextmanager
def serving(day: date) -> Iterator[Serving]:
    """A server on the context's database, whose people are measured, named and advised for that day.

    This process believes meanwhile that it is that day.
    """
    set_day(day)
    try:
        tokens = _tokens()
        for job in Job:
            run_job(job, as_of=day)
        url = db.engine.url.render_as_string(hide_password=False)
        with _gunicorn({"DATABASE_URL": url, "BENCH_DAY": day.isoformat()}) as port:
            found = Serving(port, tokens)
            found.warm_up()
            yield found
    finally:
        set_day(datetime.now(UTC).date())


def _tokens() -> dict[str, list[str]]:
    """Tokens of those who ask, for each route that the application has. The consumers agree to everything."""
    with transaction() as session:
        people = session.execute(select(User.user_id, User.email).order_by(User.user_id)).all()
        asking = people[:: max(1, len(people) // ASKING)][:ASKING]
        for user_id, _ in asking:
            ledger.grant(session, user_id, ledger.PURPOSES, method="import", text_version="bench", at=clock.now())
    consumers = [issue_token(email) for _, email in asking]
    operators = [issue_token(f"operator-{number}@bank.example", "operators") for number in range(ASKING)]
    rules = {rule.rule for rule in current_app.url_map.iter_rules()}
    return {
        name: operators if path.startswith("/operator") else consumers
        for name, path in ROUTES.items()
        if PREFIX + path in rules
    }


@contextmanager
def _gunicorn(environment: Mapping[str, str]) -> Iterator[int]:
    """The port of a server with one worker, ended at the end."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    options: dict[str, Any] = {"--bind": f"127.0.0.1:{port}", "--workers": 1, "--threads": 8, "--log-level": "warning"}
    command = [sys.executable, "-m", "gunicorn", "--worker-class", "gthread"]
    command += [str(part) for option in options.items() for part in option]
    process = subprocess.Popen(
        [*command, "tests.bench.server:app()"],
        env={**os.environ, "ENVIRONMENT": "dev", **environment},
        stderr=subprocess.DEVNULL,  # a log line a request
    )
    try:
        _wait_for(process, port)
        yield port
    finally:
        process.terminate()
        process.wait()


def _wait_for(process: subprocess.Popen[bytes], port: int) -> None:
    ends_at = time.monotonic() + START_SECONDS
    while time.monotonic() < ends_at and process.poll() is None:
        try:
            ask(http.client.HTTPConnection("127.0.0.1", port, timeout=5), "/health", None)
            return
        except OSError:
            time.sleep(0.05)
    raise SystemExit("gunicorn has not started; run it by hand: gunicorn 'tests.bench.server:app()'")
