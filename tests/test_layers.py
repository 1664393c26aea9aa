"""Who may import whom. Every import is checked, those inside functions too, so chains are covered."""

import ast
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

# Highest first. A module may import its own package and any row below it, never a neighbour in its row.
# `local` stands below `jobs` and `ops`: on a laptop without DATABASE_URL a job asks it for the embedded server.
# It stands above `app`, which it serves with tokens of its own; `app` knows nothing of laptops.
LAYERS = [
    {"spendsense.cli"},
    {"spendsense.ops"},
    {"jobs"},
    {"spendsense.local"},
    {"spendsense.app"},
    {"spendsense.worker"},
    {"spendsense.api", "spendsense.evaluation"},
    {"spendsense.pipeline", "spendsense.operators"},
    {"spendsense.recommendations"},
    {"spendsense.personas"},
    {"spendsense.signals", "spendsense.plaid"},
    {"spendsense.consent"},
    {"spendsense.audit"},
    {"spendsense.store", "spendsense.rulebook"},
    {"spendsense.aws"},
    {"spendsense.config", "spendsense.logs"},
    {"spendsense.clock", "spendsense.errors"},
]
RANK = {name: depth for depth, row in enumerate(LAYERS) for name in row}

# Third-party packages that may appear only in the named places. `jobs.runtime` holds the worker, `local.server`
# the application.
WEB = {"spendsense.app", "spendsense.worker", "spendsense.api", "spendsense.cli"}
WEB |= {"jobs.runtime", "spendsense.local.server"}
ONLY_IN = {
    "boto3": {"spendsense.aws"},
    "botocore": {"spendsense.aws"},
    "flask": WEB | {"spendsense.store.migrations"},
    "werkzeug": WEB,
    "flask_smorest": {"spendsense.app", "spendsense.api"},
    "flask_sqlalchemy": {"spendsense.store.session"},
    "flask_migrate": {"spendsense.store.migrations"},
    "alembic": {"spendsense.store.migrations"},
    "tqdm": {"spendsense.cli", "spendsense.local"},
}

# Pure modules: values in, values out. Neither they nor anything of ours that they import knows these.
PURE = {
    "spendsense.evaluation.explain",
    "spendsense.evaluation.fairness",
    "spendsense.evaluation.known",
    "spendsense.evaluation.rules",
    "spendsense.evaluation.shares",
    "spendsense.plaid.schema",
    "spendsense.signals.types",
    "spendsense.personas.rules",
    "spendsense.recommendations.choose",
    "spendsense.recommendations.decide",
    "spendsense.recommendations.eligibility",
    "spendsense.recommendations.figures",
    "spendsense.recommendations.guardrails",
    "spendsense.recommendations.moves",
    "spendsense.recommendations.plain",
    "spendsense.recommendations.recheck",
    "spendsense.recommendations.strength",
    "spendsense.recommendations.trace",
    "spendsense.recommendations.why",
}
IMPURE = {
    "sqlalchemy",
    "psycopg2",
    "flask",
    "flask_sqlalchemy",
    "boto3",
    "spendsense.clock",
    "spendsense.store.session",
}

SOURCES = [path for top in ("spendsense", "jobs") for path in sorted((ROOT / top).rglob("*.py"))]


def module_name(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


MODULES = {module_name(path): path for path in SOURCES}


def unit_of(name: str) -> str:
    """The part of a name that has a place in the map: `jobs`, or `spendsense.` and one more word."""
    parts = name.split(".")
    return parts[0] if parts[0] != "spendsense" else ".".join(parts[:2])


@cache
def imports_of(path: Path) -> frozenset[str]:
    """Every imported name: `a.b` for `import a.b`, `a.b.c` for `from a.b import c`."""
    return frozenset(_imports(ast.parse(path.read_text(encoding="utf-8")), path))


def _imports(tree: ast.Module, path: Path) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: use absolute imports"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def within(name: str, places: set[str]) -> bool:
    return any(name == place or name.startswith(place + ".") for place in places)


def faults_of(module: str, imported: frozenset[str]) -> list[str]:
    """What is wrong with a module that imports these names."""
    if module == "spendsense":
        return [f"spendsense/__init__.py must stay empty, not import {name}" for name in imported]
    if unit_of(module) not in RANK:
        return [f"{module} has no place in LAYERS"]
    faults = []
    for name in sorted(imported):
        target = unit_of(name)
        if target.startswith(("spendsense", "jobs")) and target != unit_of(module):
            if target not in RANK:
                faults.append(f"{module} imports {name}, which has no place in LAYERS")
            elif RANK[target] <= RANK[unit_of(module)]:
                faults.append(f"{module} must not import {name}")
        faults += [
            f"{package} belongs only in {sorted(places)}, not in {module}"
            for package, places in ONLY_IN.items()
            if within(name, {package}) and not within(module, places)
        ]
    return faults


def reach_of(module: str) -> dict[str, str]:
    """Each name that a module imports, by itself or through modules of ours, with the module that does it."""
    reached: dict[str, str] = {}
    seen: set[str] = set()
    waiting = [module]
    while waiting:
        here = waiting.pop()
        seen.add(here)
        for name in imports_of(MODULES[here]):
            reached.setdefault(name, here)
            waiting += [found for found in (name, name.rpartition(".")[0]) if found in MODULES and found not in seen]
    return reached


@pytest.mark.parametrize("module", MODULES)
def test_imports_point_downwards(module: str) -> None:
    assert faults_of(module, imports_of(MODULES[module])) == []


@pytest.mark.parametrize("module", sorted(PURE))
def test_pure_modules_reach_no_database_clock_or_network(module: str) -> None:
    assert module in MODULES, f"{module} is gone; take it out of PURE or put its heir there"
    assert {name: via for name, via in reach_of(module).items() if within(name, IMPURE)} == {}


def test_only_the_clock_reads_the_time() -> None:
    readers = set()
    for module, path in MODULES.items():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if (
                isinstance(node, ast.Attribute)
                and node.attr in ("now", "today", "utcnow")
                and (isinstance(node.value, ast.Name | ast.Attribute))
                and ast.unparse(node.value).split(".")[-1] in ("datetime", "date")
            ):
                readers.add(module)
    assert readers == {"spendsense.clock"}


@pytest.mark.parametrize(
    ("module", "name", "fault"),
    [
        ("spendsense.signals.compute", "spendsense.api.health.x", "must not import"),
        ("spendsense.signals.compute", "spendsense.plaid.schema.parse", "must not import"),  # a neighbour
        ("spendsense.signals.compute", "flask.current_app", "belongs only in"),
        ("spendsense.novelty", "spendsense.errors.NotFound", "has no place"),
        ("spendsense.signals.compute", "spendsense.novelty.x", "has no place"),
        ("spendsense", "os", "must stay empty"),
    ],
)
def test_the_map_finds_faults(module: str, name: str, fault: str) -> None:
    assert any(fault in found for found in faults_of(module, frozenset({name})))


def test_a_package_file_holds_nothing() -> None:
    """Only the models' package gathers names, so that one import makes all tables known."""
    filled = {module for module, path in MODULES.items() if path.name == "__init__.py" and path.read_text().strip()}
    assert filled <= {"spendsense.store.models"}


def test_the_standard_library_is_enough_for_the_bottom_row() -> None:
    for module in ("spendsense.clock", "spendsense.errors", "spendsense.config"):
        tops = {name.split(".")[0] for name in imports_of(MODULES[module])}
        assert tops <= set(sys.stdlib_module_names) | {"spendsense"}
