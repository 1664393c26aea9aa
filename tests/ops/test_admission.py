"""Which events reach the function, and how much of them is believed."""

import json
from typing import Any
from urllib.parse import unquote

import pytest

from spendsense.ops.admission import COMMANDS, RefusedEvent, admit
from tests.ops.events import FUNCTION, gateway, schedule, unsigned

CLAIMS = {"sub": "s-1", "iss": "https://cognito-idp.us-east-1.amazonaws.com/p", "token_use": "id"}


def authorized(token: str, claims: object) -> dict[str, Any]:
    """A request with that token, to which the gateway is said to have added those claims."""
    event = gateway()
    event["headers"]["Authorization"] = token
    event["requestContext"]["authorizer"] = {"claims": claims}
    return event


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_is_let_through(command: str) -> None:
    admitted = admit({"command": command}, FUNCTION)
    assert (admitted.command, admitted.event) == (command, {})


def test_a_jobs_event_keeps_the_members_that_jobs_have() -> None:
    members = {"user_ids": ["a"], "as_of": "2026-03-01", "shard": {"index": 0, "count": 2}, "depth": 1}
    assert admit({"command": "jobs.assign_persona.run", **members}, FUNCTION).event == members


@pytest.mark.parametrize(
    "event",
    [
        None,
        [],
        "jobs.compute_features.run",
        {},
        {"raw_command": "print(1)"},
        {"command": "os.system"},
        {"command": "jobs.compute_features.run", "raw_command": "print(1)"},
        {"command": "jobs.compute_features.run", "function_name": "x"},
        {"command": "jobs.runtime.run"},
        {"command": "jobs.compute_features"},
        {"command": "zappa.asynchronous.route_lambda_task", "task_path": "os.system"},
        {"command": None},
        {"command": ["jobs.compute_features.run"]},
        {"command": {"a": 1}},
        {"command": "spendsense.ops.migrate", "revision": "base"},
        {"manage": "shell"},
        {"Records": [{"eventSource": "aws:s3", "s3": {"configurationId": "a:b"}}]},
        {"bot": {}, "invocationSource": "x"},
        {"type": "TOKEN", "methodArn": "a"},
        {"triggerSource": "PreSignUp_SignUp"},
        {"awslogs": {"data": "x"}},
    ],
)
def test_whatever_else_zappa_would_act_on_is_refused(event: object) -> None:
    with pytest.raises(RefusedEvent):
        admit(event, FUNCTION)


@pytest.mark.parametrize("job", [command for command in COMMANDS if command.startswith("jobs.")])
def test_a_schedule_runs_the_job_that_its_rule_names(job: str) -> None:
    admitted = admit(schedule(job), FUNCTION)
    assert (admitted.command, admitted.event) == (job, {"time": "2026-03-01T01:00:00Z"})


@pytest.mark.parametrize(
    "event",
    [
        schedule("os.system"),
        schedule("spendsense.ops.migrate"),
        schedule(function="spendsense-prod"),
        schedule(resources=[]),
        schedule(resources="rule/spendsense-dev-jobs.compute_features.run"),
        schedule(resources=[*schedule()["resources"], *schedule("os.system")["resources"]]),
        schedule(**{"detail-type": "EC2 Instance State-change Notification"}),
    ],
)
def test_another_rule_than_those_three_is_refused(event: dict[str, Any]) -> None:
    with pytest.raises(RefusedEvent):
        admit(event, FUNCTION)


def test_a_schedules_other_members_reach_no_job() -> None:
    assert admit(schedule(user_id="x", as_of="1999-01-01"), FUNCTION).event == {"time": "2026-03-01T01:00:00Z"}


def test_a_request_is_let_through_as_it_is() -> None:
    event = gateway(body='{"a": 1}', multiValueQueryStringParameters={"limit": ["5"]})
    admitted = admit(event, FUNCTION)
    assert admitted.command is None
    changed = {"requestContext", "headers", "multiValueHeaders"}
    assert {name: admitted.event[name] for name in event if name not in changed} == {
        name: event[name] for name in event if name not in changed
    }


@pytest.mark.parametrize(
    "event",
    [
        gateway(requestContext=None),
        gateway(requestContext="x"),
        gateway(requestContext={}),
        gateway(requestContext={"elb": {"targetGroupArn": "a"}, "apiId": "a", "stage": "dev"}),
        gateway(version="2.0"),
        gateway(path=None),
        gateway(path=["/health"]),
    ],
)
def test_a_request_of_another_kind_than_a_rest_apis_is_refused(event: dict[str, Any]) -> None:
    with pytest.raises(RefusedEvent):
        admit(event, FUNCTION)


@pytest.mark.parametrize("path", ["/api/v1%2Fusers/me", "/api/v1/users%2fme", "/api/%2e%2e/x", "/a%00b", "/a b", "/ü"])
def test_zappas_unquoting_gives_the_path_that_was_sent(path: str) -> None:
    assert unquote(admit(gateway(path), FUNCTION).event["path"]) == path


def test_a_path_that_is_no_text_breaks_nothing() -> None:
    assert unquote(admit(gateway(json.loads('"/a\\ud800"')), FUNCTION).event["path"]) == "/a?"


def test_stage_variables_do_not_reach_the_environment() -> None:
    assert (
        admit(gateway(stageVariables={"DATABASE_URL": "postgresql://evil"}), FUNCTION).event["stageVariables"] is None
    )


@pytest.mark.parametrize("name", ["X-Forwarded-For", "x-forwarded-for", "X-FORWARDED-FOR"])
def test_the_address_is_the_gateways_and_not_the_callers(name: str) -> None:
    event = gateway()
    event["headers"][name] = "10.0.0.1, 203.0.113.7"
    event["multiValueHeaders"][name] = ["10.0.0.1, 203.0.113.7"]
    believed = admit(event, FUNCTION).event
    for headers, expected in ((believed["headers"], "203.0.113.7"), (believed["multiValueHeaders"], ["203.0.113.7"])):
        assert [value for key, value in headers.items() if key.lower() == "x-forwarded-for"] == [expected]


def test_claims_that_are_the_tokens_own_are_let_through_and_dropped() -> None:
    admitted = admit(authorized("Bearer " + unsigned(**CLAIMS), CLAIMS), FUNCTION)
    assert "authorizer" not in admitted.event["requestContext"]


@pytest.mark.parametrize(
    ("token", "claims"),
    [
        ("Bearer " + unsigned(**CLAIMS), {**CLAIMS, "sub": "somebody-else"}),
        ("Bearer " + unsigned(**CLAIMS), {**CLAIMS, "iss": "https://evil.test"}),
        ("Bearer " + unsigned(**CLAIMS), {}),
        ("Bearer " + unsigned(**CLAIMS), "all"),
        ("Bearer " + unsigned(), CLAIMS),
        ("Bearer a.b.c", CLAIMS),
        ("Bearer a.W10.c", CLAIMS),  # a list
        ("Bearer", CLAIMS),
        ("", CLAIMS),
    ],
)
def test_forged_claims_are_refused(token: str, claims: object) -> None:
    with pytest.raises(RefusedEvent, match="claims"):
        admit(authorized(token, claims), FUNCTION)


def test_claims_without_any_token_are_refused() -> None:
    event = gateway(headers=None)
    event["requestContext"]["authorizer"] = {"claims": CLAIMS}
    with pytest.raises(RefusedEvent, match="claims"):
        admit(event, FUNCTION)


def test_a_principal_is_refused_as_well() -> None:
    event = gateway()
    event["requestContext"]["authorizer"] = {"principalId": "admin"}
    with pytest.raises(RefusedEvent, match="claims"):
        admit(event, FUNCTION)
