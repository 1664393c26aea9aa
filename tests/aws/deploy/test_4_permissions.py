"""What the role may do is what the function needs: without a grant something fails, and nothing else is granted."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tests.aws.deploy.cloud import Cloud, wait_for
from tests.aws.emulator import ROOT

ROLE = "spendsense-dev-lambda"
POLICY = "spendsense"


@contextmanager
def without(cloud: Cloud, sid: str, resource: int | None = None) -> Iterator[None]:
    """The role without a statement, or one of its resources, and a function that starts cold; restored at the end."""
    iam = cloud.client("iam")
    whole = iam.get_role_policy(RoleName=ROLE, PolicyName=POLICY)["PolicyDocument"]
    less = json.loads(json.dumps(whole))
    (statement,) = (found for found in less["Statement"] if found["Sid"] == sid)
    if resource is None:
        less["Statement"].remove(statement)
    else:
        del statement["Resource"][resource]
    try:
        iam.put_role_policy(RoleName=ROLE, PolicyName=POLICY, PolicyDocument=json.dumps(less))
        start_cold(cloud, without=sid)
        yield
    finally:
        iam.put_role_policy(RoleName=ROLE, PolicyName=POLICY, PolicyDocument=json.dumps(whole))
        start_cold(cloud, without="")


def start_cold(cloud: Cloud, **variables: str) -> None:
    """Has the next invocation start a new process: a change of the environment does."""
    functions = cloud.client("lambda")
    changed = {**cloud.variables(), **{name.upper(): value for name, value in variables.items()}}
    functions.update_function_configuration(FunctionName=cloud.function, Environment={"Variables": changed})


@pytest.mark.parametrize(("resource", "which"), [(0, "database"), (1, "cognito")])
def test_without_a_secret_it_is_503_and_the_log_names_it(cloud: Cloud, resource: int, which: str) -> None:
    token = cloud.token("kinds@example.com", "consumers")
    with without(cloud, "ReadTheTwoSecrets", resource):
        answer = cloud.ask("GET", "/api/v1/users/me", token)
        assert (answer.status, answer.headers["Retry-After"]) == (503, "5")
        assert cloud.ask("GET", "/api/v1/health").status == 200
        assert all('"reason": "denied"' in line for line in cloud.logged("secret_unusable", f'"secret": "{which}"'))
    assert cloud.ask("GET", "/api/v1/users/me", token).status == 200


def test_a_large_run_is_split_and_needs_to_invoke_itself(cloud: Cloud) -> None:
    upload = json.loads((ROOT / "spendsense" / "local" / "sample" / "upload.json").read_text())
    for number in range(3):
        token = cloud.token(f"many{number}@example.com", "consumers")
        consent = {"purposes": ["analysis"], "text_version": "2026-11"}
        cloud.ask("POST", "/api/v1/users/me/consents", token, consent)
        assert cloud.ask("POST", "/api/v1/users/me/uploads", token, upload).status in (200, 201)
    start_cold(cloud, fan_out_above="1", fan_out_connections="2")
    stale = "SELECT count(*) FROM progress WHERE measured_as_of < current_date"
    try:
        with without(cloud, "InvokeItself"):
            cloud.sql("UPDATE progress SET measured_as_of = measured_as_of - 1")
            cloud.zappa("invoke", "jobs.compute_features.run", expect=1)
            assert cloud.logged("job_not_queued")
        cloud.sql("UPDATE progress SET measured_as_of = measured_as_of - 1")
        said = cloud.zappa("invoke", "jobs.compute_features.run")
        assert '"event": "job_fanned_out"' in said
        assert '"queued": 2' in said
        wait_for("everybody's measures", lambda: cloud.sql(stale) == [(0,)], seconds=30)
    finally:
        start_cold(cloud, fan_out_above="50000")


@pytest.mark.parametrize(
    ("action", "resource", "decision"),
    [
        ("secretsmanager:GetSecretValue", "ConnectionStringSecretArn", "allowed"),
        ("secretsmanager:GetSecretValue", "CognitoConfigSecretArn", "allowed"),
        ("secretsmanager:GetSecretValue", "arn:aws:secretsmanager:us-east-1:000000000000:secret:other", "implicitDeny"),
        ("secretsmanager:PutSecretValue", "CognitoConfigSecretArn", "implicitDeny"),
        ("lambda:InvokeFunction", "arn:aws:lambda:us-east-1:000000000000:function:spendsense-dev", "allowed"),
        ("lambda:InvokeFunction", "arn:aws:lambda:us-east-1:000000000000:function:other", "implicitDeny"),
        ("lambda:UpdateFunctionCode", "arn:aws:lambda:us-east-1:000000000000:function:spendsense-dev", "implicitDeny"),
        ("sqs:SendMessage", "arn:aws:sqs:us-east-1:000000000000:spendsense-dev-dead-letters", "allowed"),
        ("sqs:ReceiveMessage", "arn:aws:sqs:us-east-1:000000000000:spendsense-dev-dead-letters", "implicitDeny"),
        ("sqs:SendMessage", "arn:aws:sqs:us-east-1:000000000000:other", "implicitDeny"),
        ("logs:PutLogEvents", "arn:aws:logs:us-east-1:000000000000:log-group:/aws/lambda/spendsense-dev:x", "allowed"),
        ("logs:PutLogEvents", "arn:aws:logs:us-east-1:000000000000:log-group:/aws/lambda/other:x", "implicitDeny"),
        (
            "logs:CreateLogGroup",
            "arn:aws:logs:us-east-1:000000000000:log-group:/aws/lambda/spendsense-dev",
            "implicitDeny",
        ),
        ("s3:GetObject", "arn:aws:s3:::anything/at-all", "implicitDeny"),
        ("s3:ListAllMyBuckets", "*", "implicitDeny"),
        ("dynamodb:PutItem", "arn:aws:dynamodb:us-east-1:000000000000:table/t", "implicitDeny"),
        ("iam:PassRole", "arn:aws:iam::000000000000:role/spendsense-dev-lambda", "implicitDeny"),
        ("ec2:CreateNetworkInterface", "*", "allowed"),
        ("ec2:RunInstances", "*", "implicitDeny"),
    ],
)
def test_the_role_is_granted_this_and_no_more(cloud: Cloud, action: str, resource: str, decision: str) -> None:
    asked = cloud.client("iam").simulate_principal_policy(
        PolicySourceArn=cloud.outputs()["RoleArn"],
        ActionNames=[action],
        ResourceArns=[cloud.exported(resource) if resource.endswith("SecretArn") else resource],
    )
    results: list[dict[str, Any]] = asked["EvaluationResults"]
    assert [result["EvalDecision"] for result in results] == [decision]
