"""The package, unzipped, and a warm function that runs it on a database of its own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.aws.runtime.function import HANDLER, Function, running
from tests.aws.runtime.packaging import ROOT, need_lambdas_platform, pack, unpack
from tests.databases import new_database


@pytest.fixture(scope="session")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return pack(ROOT, tmp_path_factory.mktemp("package") / "task.zip")


@pytest.fixture(scope="session")
def task(package: Path) -> Path:
    return unpack(package)


@pytest.fixture(scope="session")
def environment() -> Iterator[dict[str, str]]:
    """What the function is told, with a database that has no table yet."""
    with new_database() as url:
        yield {"ENVIRONMENT": "staging", "DATABASE_URL": url, "CORS_ORIGINS": "https://app.test"}


@pytest.fixture(scope="session")
def function(task: Path, environment: dict[str, str]) -> Iterator[Function]:
    need_lambdas_platform()
    with running(task, HANDLER, environment, task.with_suffix(".log")) as function:
        yield function
