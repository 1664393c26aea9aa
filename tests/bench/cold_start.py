"""Cold starts under Lambda's runtime client, against a bare Flask app that Zappa packed with the same lean settings."""

import json
import os
import re
import tempfile
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from spendsense.local.deployment import package
from tests.aws.runtime.function import HANDLER, running
from tests.aws.runtime.packaging import CAN_RUN, ROOT, pack, unpack
from tests.ops.events import gateway

ROUNDS = 3
STARTS = 5  # in each round, one of each kind after the other
WARM_REQUESTS = 300
IMPORTED = re.compile(r"import time:\s+(\d+) \|\s+\d+ \| +(\S+)")
SHOWN = 8

BARE_PACKAGES = ("blinker", "click", "durationpy", "flask", "itsdangerous", "jinja2", "markupsafe", "werkzeug", "zappa")
BARE_APP = """from flask import Flask

app = Flask(__name__)


@app.get("/health")
def health():
    return {"status": "ok"}
"""

ENVIRONMENT = {"ENVIRONMENT": "dev", "DATABASE_SECRET_ARN": "arn:of:a:secret"}
HEALTH = json.dumps(gateway("/health")).encode()
DOCUMENT = json.dumps(gateway("/api/v1/openapi.json")).encode()


@dataclass
class Kind:
    """One thing measured: a package, its handler, the first event, and the seconds that each start took."""

    name: str
    task: Path
    handler: str
    event: bytes
    seconds: list[float] = field(default_factory=list)

    def start(self) -> None:
        """Has a new process answer its first event."""
        with running(self.task, self.handler, ENVIRONMENT, self.task.with_suffix(".log")) as function:
            began = time.perf_counter()
            answer = json.loads(function.invoke_raw(self.event))
            self.seconds.append(time.perf_counter() - began)
        assert answer.get("statusCode") == 200, answer


def measure_cold_start() -> dict[str, float]:
    """The figures, each a ratio of medians; the warm request's time is the one that is not. None on other machines than
    those that the package is made for."""
    if not CAN_RUN:
        print("\ncold starts: not measured, the package's programs are for Linux on x86-64")
        return {}
    with tempfile.TemporaryDirectory(prefix="spendsense-bench-") as folder:
        ours = unpack(pack(ROOT, Path(folder) / "ours.zip"))
        bare = unpack(_pack_bare(Path(folder) / "bare", Path(folder) / "flask.zip"))
        kinds = (
            Kind("bare", bare, "handler.lambda_handler", HEALTH),
            Kind("health", ours, HANDLER, HEALTH),
            Kind("whole", ours, HANDLER, DOCUMENT),
        )
        for kind in kinds:
            kind.start()  # not counted: the files come into the page cache
            kind.seconds.clear()
        ratios: dict[str, list[float]] = {"health": [], "whole": []}
        for _ in range(ROUNDS):
            for _, kind in ((start, kind) for start in range(STARTS) for kind in kinds):
                kind.start()
            took = {kind.name: median(kind.seconds[-STARTS:]) for kind in kinds}
            for name in ratios:
                ratios[name].append(took[name] / took["bare"])
        for kind in kinds[1:]:
            _tell_where_it_goes(kind)
        return {
            "cold_start.vs_bare_flask": median(ratios["health"]),
            "cold_start.first_api_request_vs_bare_flask": median(ratios["whole"]),
            "warm.health_p50_ms": _warm(kinds[1]) * 1000,
        }


def _pack_bare(folder: Path, file: Path) -> Path:
    """The bare app with our own settings and pins, less what is ours."""
    folder.mkdir()
    (folder / "app.py").write_text(BARE_APP)
    pins = (ROOT / "requirements.txt").read_text().splitlines()
    kept = [pin for pin in pins if pin.partition("==")[0].lower() in BARE_PACKAGES]
    assert len(kept) == len(BARE_PACKAGES), kept
    (folder / "requirements.txt").write_text("\n".join(kept))
    settings = json.loads((ROOT / "zappa_settings.json").read_text())["dev"]
    for ours in ("lambda_handler", "callbacks", "events"):
        del settings[ours]
    (folder / "zappa_settings.json").write_text(json.dumps({"dev": {**settings, "app_function": "app.app"}}))
    environment = {**os.environ, "VIRTUAL_ENV": str(package.prepare(folder))}
    package.finish(pack(folder, file, environment))
    return file


def _warm(kind: Kind) -> float:
    """Median seconds of a request to a function that has answered before."""
    with running(kind.task, kind.handler, ENVIRONMENT, kind.task.with_suffix(".log")) as function:
        function.invoke_raw(kind.event)
        took = []
        for _ in range(WARM_REQUESTS):
            began = time.perf_counter()
            function.invoke_raw(kind.event)
            took.append(time.perf_counter() - began)
    return median(took)


def _tell_where_it_goes(kind: Kind) -> None:
    """Prints which packages a start imports, by their own time. Telling makes it slower: the shares are what counts."""
    log = kind.task.with_name(f"{kind.name}.imports")
    with running(kind.task, kind.handler, {**ENVIRONMENT, "PYTHONPROFILEIMPORTTIME": "1"}, log) as function:
        began = time.perf_counter()
        function.invoke_raw(kind.event)
        took = time.perf_counter() - began
    by_package = Counter[str]()
    for microseconds, module in IMPORTED.findall(log.read_text()):
        by_package[module.partition(".")[0]] += int(microseconds)
    print(f"\na cold start to the first {json.loads(kind.event)['path']}: median {median(kind.seconds) * 1000:.0f} ms;")
    print(f"  imports take {sum(by_package.values()) / took / 1e4:.0f} % of it, and of the imports' time:")
    _print_shares(by_package)


def _print_shares(by_package: Mapping[str, int]) -> None:
    total = sum(by_package.values())
    for name, microseconds in sorted(by_package.items(), key=lambda item: -item[1])[:SHOWN]:
        print(f"  {name:<24}{microseconds / total:6.0%}")
