"""What `zappa` is told: three stages, three schedules, least rights, and no secret."""

import inspect
import json
import re
from collections.abc import Iterator
from importlib import import_module
from typing import Any

import pytest
from zappa.cli import ZappaCLI
from zappa.core import Zappa

from spendsense.config import load_settings
from spendsense.local.deployment.stage import SETTINGS_FILE, read_stage
from spendsense.ops.admission import JOBS

STAGES = ("dev", "staging", "prod")
TIMES = {
    "jobs.compute_features.run": "cron(0 1 * * ? *)",  # minute and hour, in UTC
    "jobs.assign_persona.run": "cron(5 1 * * ? *)",
    "jobs.generate_recommendations.run": "cron(10 1 * * ? *)",
}
LONGEST_RULE_NAME = 64
SECRET_NAMES = re.compile(r"password|token|credential|api_?key|private|secret(?!_arn$)", re.IGNORECASE)
SECRET_VALUES = re.compile(r"AKIA|ASIA|PRIVATE KEY|[a-z0-9+]+://[^/\s]*@|[A-Za-z0-9+/=]{32,}")


def settings(stage: str) -> dict[str, Any]:
    """The stage's settings, as Zappa itself puts them together."""
    zappa = ZappaCLI()
    zappa.api_stage = stage
    zappa.load_settings_file(str(SETTINGS_FILE))
    found: dict[str, Any] = zappa.stage_config
    return found


def leaves(value: Any, name: str = "") -> Iterator[tuple[str, str]]:
    """Every value, as text, with the name that it stands under."""
    if isinstance(value, dict):
        for key, member in value.items():
            yield from leaves(member, key)
    elif isinstance(value, list):
        for member in value:
            yield from leaves(member, name)
    else:
        yield name, str(value)


def is_secret(name: str, value: str) -> bool:
    """Whether it looks like what belongs into Secrets Manager."""
    return bool(SECRET_NAMES.search(name) or SECRET_VALUES.search(value))


def test_there_are_three_stages_and_the_later_ones_extend_the_first() -> None:
    stages = json.loads(SETTINGS_FILE.read_text(encoding="utf-8"))
    assert {name: stage.get("extends") for name, stage in stages.items()} == {
        "dev": None,
        "staging": "dev",
        "prod": "dev",
    }


@pytest.mark.parametrize("stage", STAGES)
def test_our_own_reading_of_the_file_is_zappas(stage: str) -> None:
    assert read_stage(stage).settings == settings(stage)


@pytest.mark.parametrize("stage", STAGES)
def test_the_stage_is_set_up_like_this(stage: str) -> None:
    wanted = {
        "runtime": "python3.11",
        "memory_size": 1024,
        "timeout_seconds": 300,
        "lambda_handler": "spendsense.ops.handler.lambda_handler",  # the guard before Zappa's own
        "manage_roles": False,
        "iam_authorization": True,  # Zappa's own catch-all refuses who does not sign
        "binary_support": True,
        "debug": False,
        "log_level": "INFO",
        "touch": False,
        "keep_warm": False,
    }
    found = settings(stage)
    assert {name: found.get(name) for name in wanted} == wanted
    assert "exception_handler" not in found  # one that answers true turns a failed job into a success


@pytest.mark.parametrize("stage", STAGES)
def test_three_jobs_run_each_night(stage: str) -> None:
    events = settings(stage)["events"]
    assert {event["function"]: event["expression"] for event in events} == TIMES
    assert set(TIMES) == set(JOBS)
    assert [event for event in events if "name" in event or "expressions" in event] == []


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("job", TIMES)
def test_a_rules_name_is_short_enough_to_stay_whole(stage: str, job: str) -> None:
    """Zappa cuts, and hashes, one of 64 characters or more; the guard would not know it again."""
    function = read_stage(stage).function
    made = Zappa(load_credentials=False).get_scheduled_event_name({"function": job}, job, function)
    assert made == f"{function}-{job}"
    assert len(made) <= LONGEST_RULE_NAME


@pytest.mark.parametrize("job", TIMES)
def test_a_job_takes_event_and_context_and_nothing_is_optional(job: str) -> None:
    """With a default, Zappa would call it again after any TypeError."""
    module, _, name = job.rpartition(".")
    parameters = inspect.signature(getattr(import_module(module), name)).parameters.values()
    assert [(parameter.name, parameter.default, parameter.kind) for parameter in parameters] == [
        (name, inspect.Parameter.empty, inspect.Parameter.POSITIONAL_OR_KEYWORD) for name in ("event", "context")
    ]


@pytest.mark.parametrize("stage", STAGES)
def test_the_callbacks_can_be_imported(stage: str) -> None:
    callbacks = settings(stage)["callbacks"]
    assert list(callbacks) == ["settings", "zip", "post"]
    for callback in callbacks.values():
        module, _, name = callback.rpartition(".")
        assert callable(getattr(import_module(module), name))


@pytest.mark.parametrize("stage", STAGES)
def test_the_application_starts_with_the_stages_environment(stage: str) -> None:
    started = load_settings(settings(stage)["aws_environment_variables"])
    assert started.environment == stage
    (origin,) = started.cors_origins
    assert (origin == "*") == (stage == "dev")
    assert stage == "dev" or re.fullmatch(r"https://[a-z0-9.-]+", origin)
    assert settings(stage)["cors"] is True


@pytest.mark.parametrize("stage", STAGES)
def test_no_value_looks_like_a_secret(stage: str) -> None:
    assert [leaf for leaf in leaves(settings(stage)) if is_secret(*leaf)] == []


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("DATABASE_PASSWORD", "x", True),
        ("STRIPE_SECRET", "x", True),
        ("DATABASE_SECRET_ARN", "arn:aws:secretsmanager:us-east-1:000000000000:secret:x", False),
        ("URL", "postgresql://ann:x@db.bank.example/spendsense", True),
        ("KEY", "wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEY", True),
        ("ID", "AKIAIOSFODNN7EXAMPLE", True),
        ("CORS_ORIGINS", "https://app.bank.example", False),
    ],
)
def test_a_secret_would_be_found(name: str, value: str, expected: bool) -> None:
    assert is_secret(name, value) is expected
