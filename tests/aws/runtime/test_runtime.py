"""The package under Lambda's own runtime client: events of each kind answered, whatever else refused."""

import json
from pathlib import Path
from typing import Any

import psycopg2
import pytest

from tests.aws.runtime.function import HANDLER, Function, running
from tests.ops.events import gateway, schedule, unsigned

JOBS = ("compute_features", "assign_persona", "generate_recommendations")


@pytest.fixture(scope="session", autouse=True)
def migrated(function: Function) -> Any:
    """What the migration command answers, on a database without a table."""
    return function.invoke({"command": "spendsense.ops.migrate"})


def runs(environment: dict[str, str]) -> dict[str, int]:
    """Recorded runs by job."""
    url = environment["DATABASE_URL"].replace("+psycopg2", "")
    connection = psycopg2.connect(url)
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT job, count(*) FROM job_runs GROUP BY job")
            return dict(cursor.fetchall())
    finally:
        connection.close()


def test_the_migration_reports_what_it_did(migrated: Any) -> None:
    assert migrated["from"] is None
    assert migrated["applied"][0] == "0001"
    assert migrated["applied"][-1] == migrated["to"]


def test_a_second_migration_finds_nothing_to_do(function: Function, migrated: Any) -> None:
    again = function.invoke({"command": "spendsense.ops.migrate"})
    assert (again["from"], again["to"], again["applied"]) == (migrated["to"], migrated["to"], [])


@pytest.mark.parametrize("path", ["/health", "/api/v1/health"])
def test_health_is_answered(function: Function, path: str) -> None:
    answer = function.invoke(gateway(path))
    assert (answer["statusCode"], json.loads(answer["body"])) == (200, {"status": "ok"})


def test_the_document_and_its_page_are_answered(function: Function) -> None:
    document = function.invoke(gateway("/api/v1/openapi.json"))
    assert json.loads(document["body"])["openapi"] == "3.1.0"
    page = function.invoke(gateway("/api/v1/docs"))
    assert (page["statusCode"], page.get("isBase64Encoded")) == (200, None)
    picture = function.invoke(gateway("/api/v1/docs/favicon-32x32.png"))
    assert (picture["statusCode"], picture["isBase64Encoded"]) == (200, True)


@pytest.mark.parametrize("token", [None, "Bearer x.y.z", "Bearer " + unsigned(sub="1", token_use="id")])
def test_people_need_a_token(function: Function, token: str | None) -> None:
    event = gateway()
    if token:
        event["headers"]["Authorization"] = token
    answer = function.invoke(event)
    assert answer["statusCode"] == 401
    assert json.loads(answer["body"])["type"] == "urn:problem-type:spendsense:unauthenticated"


@pytest.mark.parametrize(("origin", "allowed"), [("https://app.test", "https://app.test"), ("https://evil.test", None)])
def test_only_the_stages_origin_is_allowed(function: Function, origin: str, allowed: str | None) -> None:
    for path in ("/health", "/api/v1/users/me"):
        event = gateway(path)
        event["headers"]["Origin"] = origin
        assert function.invoke(event)["headers"].get("Access-Control-Allow-Origin") == allowed


@pytest.mark.parametrize(
    "path",
    [
        "/api/v1%2Fusers/me",
        "/api/v1%2Fhealth",
        "/api/v1/docs%2f..%2fusers/me",
        "//api/v1/users/me",
        "//health",
        "/api/v1//health",
        "/api/v1/docs/../users/me",
        "/api/v1/docs/%2e%2e/health",
        "/health/",
        "/api/v1/users/me/",
        "/HEALTH",
    ],
)
def test_path_tricks_find_nothing(function: Function, path: str) -> None:
    assert function.invoke(gateway(path))["statusCode"] == 404


@pytest.mark.parametrize("job", JOBS)
def test_each_job_answers_a_command_and_its_schedule(function: Function, environment: dict[str, str], job: str) -> None:
    before = runs(environment).get(job, 0)
    answer = function.invoke({"command": f"jobs.{job}.run"})
    assert (answer["job"], answer["outcome"]) == (job, "complete")
    answer = function.invoke(schedule(f"jobs.{job}.run"))
    assert (answer["job"], answer["as_of"]) == (job, "2026-03-01")
    assert runs(environment)[job] == before + 2


@pytest.mark.parametrize(
    "event",
    [
        {"raw_command": "import os; os.abort()"},
        {"command": "os.getcwd"},
        {"command": "jobs.runtime.run"},
        {"command": "jobs.compute_features.run", "revision": "base"},
        {"Records": [{"eventSource": "aws:s3"}]},
        schedule("os.abort"),
        schedule(function="spendsense-prod"),
        [],
        "health",
        None,
    ],
)
def test_whatever_else_is_refused(function: Function, event: Any) -> None:
    assert function.invoke(event)["errorType"] == "RefusedEvent"


def test_forged_claims_are_refused(function: Function) -> None:
    event = gateway()
    event["headers"]["Authorization"] = "Bearer " + unsigned(sub="ann", iss="pool", token_use="id")
    event["requestContext"]["authorizer"] = {"claims": {"sub": "bob", "iss": "pool", "token_use": "id"}}
    assert function.invoke(event)["errorType"] == "RefusedEvent"


def test_a_wrong_field_is_named_to_who_called(function: Function) -> None:
    answer = function.invoke({"command": "jobs.assign_persona.run", "as_of": "yesterday"})
    assert answer["errorType"] == "InvalidInput"


def test_start_and_end_are_logged_as_json_without_addresses(function: Function) -> None:
    function.invoke({"command": "jobs.assign_persona.run"})
    function.invoke(gateway("/api/v1/users/me"))
    text = function.log.read_text()
    lines = [json.loads(line) for line in text.splitlines() if line.startswith("{")]
    assert {"job_started", "job_ended", "command_ended", "request"} <= {line.get("event") for line in lines}
    assert "203.0.113.7" not in text


def test_a_database_that_is_away_is_503_and_health_is_not(task: Path) -> None:
    away = {"ENVIRONMENT": "dev", "DATABASE_URL": "postgresql://ann:secret-word@127.0.0.1:1/x"}
    log = task.with_name("away.log")
    with running(task, HANDLER, away, log) as function:
        assert function.invoke(gateway("/health"))["statusCode"] == 200
        answer = function.invoke({"command": "jobs.compute_features.run"})
        assert (answer["errorType"], answer["errorMessage"]) == (
            "CommandFailed",
            "jobs.compute_features.run failed: OperationalError; the log says where.",
        )
    assert "command_failed" in log.read_text()
    assert "secret-word" not in log.read_text()


def test_a_wrong_environment_stops_the_start_and_is_named(task: Path) -> None:
    log = task.with_name("wrong.log")
    with running(task, HANDLER, {"ENVIRONMENT": "production"}, log) as function:
        answer = function.invoke(gateway("/health"))
        assert "ENVIRONMENT is 'production'" in answer["errorMessage"]


@pytest.mark.parametrize(("kind", "is_loaded"), [("on-demand", False), ("provisioned-concurrency", True)])
def test_health_waits_for_the_rest_only_where_it_is_loaded_ahead(
    task: Path, environment: dict[str, str], kind: str, is_loaded: bool
) -> None:
    """Python itself tells what it imports."""
    told = {**environment, "AWS_LAMBDA_INITIALIZATION_TYPE": kind, "PYTHONPROFILEIMPORTTIME": "1"}
    log = task.with_name(f"{kind}.log")
    with running(task, HANDLER, told, log) as function:
        assert function.invoke(gateway("/health"))["statusCode"] == 200
    imported = {line.rpartition("|")[2].strip() for line in log.read_text().splitlines() if "|" in line}
    assert "spendsense.api.probe" in imported
    assert ({"sqlalchemy", "marshmallow", "jwt", "jobs.runtime", "spendsense.app"} <= imported) is is_loaded
    assert is_loaded or not {"sqlalchemy", "marshmallow", "jwt", "psycopg2"} & imported
    assert "alembic" not in imported
