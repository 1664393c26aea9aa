"""What the role may do is what the function needs: without a grant something fails, and nothing else is granted."""

import io
import json
import uuid
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tests.aws.deploy.cloud import Cloud, wait_for

ROLE = "spendsense-dev-lambda"
POLICY = "spendsense"
DENIED = ("AccessDenied", "AccessDeniedException", "AccessDeniedFault", "UnauthorizedOperation")
PROBE = """
import boto3
from botocore.exceptions import ClientError


def handler(event, context):
    try:
        getattr(boto3.client(event["service"]), event["method"])(**event["arguments"])
    except ClientError as error:
        return error.response["Error"]["Code"]
    return "allowed"
"""
Call = Callable[[str, str, dict[str, Any]], str]


@pytest.fixture(scope="module", autouse=True)
def no_schedules(cloud: Cloud) -> None:
    """Whatever runs was asked for here; the update brings them back."""
    cloud.zappa("unschedule")


@contextmanager
def role_without(cloud: Cloud, sid: str, resource: int | None = None) -> Iterator[None]:
    """The role without a statement, or without one of its resources; restored at the end."""
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
        yield
    finally:
        iam.put_role_policy(RoleName=ROLE, PolicyName=POLICY, PolicyDocument=json.dumps(whole))


@contextmanager
def without(cloud: Cloud, sid: str, resource: int | None = None) -> Iterator[None]:
    """The same, for a function that starts cold and so has kept nothing that it read before."""
    with role_without(cloud, sid, resource):
        start_cold(cloud, without=sid)
        yield
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
    for number in range(3):
        cloud.send_data(f"many{number}@example.com")
    start_cold(cloud, fan_out_above="1", fan_out_connections="2")
    stale = "SELECT count(*) FROM progress WHERE measured_as_of < current_date"
    try:
        with without(cloud, "InvokeItself"):
            cloud.sql("UPDATE progress SET measured_as_of = measured_as_of - 1")
            cloud.zappa("invoke", "jobs.compute_features.run", expect=1)
            assert cloud.logged("job_not_queued")
        cloud.sql("UPDATE progress SET measured_as_of = measured_as_of - 1")
        cloud.zappa("invoke", "jobs.compute_features.run")
        assert cloud.logged('"event": "job_fanned_out"', '"queued": 2')
        wait_for("everybody's measures", lambda: cloud.sql(stale) == [(0,)], seconds=30)
    finally:
        start_cold(cloud, fan_out_above="50000")


@pytest.fixture(scope="module")
def probe(cloud: Cloud) -> Iterator[Call]:
    """Another function with our role, which makes the call it is told to; it answers "allowed" or AWS's error code."""
    functions, secrets = cloud.client("lambda"), cloud.client("secretsmanager")
    secrets.create_secret(Name="other", SecretString="nobody's business")
    code = io.BytesIO()
    with zipfile.ZipFile(code, "w") as package:
        package.writestr("probe.py", PROBE)
    functions.create_function(
        FunctionName="probe",
        Runtime="python3.11",
        Handler="probe.handler",
        Role=cloud.outputs()["RoleArn"],
        Code={"ZipFile": code.getvalue()},
        Timeout=20,
    )

    def call(service: str, method: str, arguments: dict[str, Any]) -> str:
        event = json.dumps({"service": service, "method": method, "arguments": arguments}).encode()
        answer = functions.invoke(FunctionName="probe", Payload=event)
        told: str = json.loads(answer["Payload"].read())
        return told

    yield call
    functions.delete_function(FunctionName="probe")
    secrets.delete_secret(SecretId="other", ForceDeleteWithoutRecovery=True)


def granted(cloud: Cloud) -> list[tuple[str, str, str, dict[str, Any]]]:
    """Statement, service, method and arguments of a call that each grant is for."""
    group, stream = cloud.outputs()["LogGroupName"], {"logStreamName": uuid.uuid4().hex}
    queue = {"QueueUrl": cloud.outputs()["DeadLetterQueueUrl"], "MessageBody": "{}"}
    self_call = {"FunctionName": cloud.function, "Payload": "{}"}
    return [
        ("ReadTheTwoSecrets", "secretsmanager", "get_secret_value", {"SecretId": cloud.exported(name)})
        for name in ("ConnectionStringSecretArn", "CognitoConfigSecretArn")
    ] + [
        ("WriteTheOneLogGroup", "logs", "create_log_stream", {"logGroupName": group, **stream}),
        ("InvokeItself", "lambda", "invoke", self_call),
        ("LeaveDeadLetters", "sqs", "send_message", queue),
    ]


def test_each_grant_is_enough_and_without_it_the_call_is_denied(cloud: Cloud, probe: Call) -> None:
    for sid, service, method, arguments in granted(cloud):
        assert probe(service, method, arguments) == "allowed", sid
        with role_without(cloud, sid):
            assert probe(service, method, arguments) in DENIED, sid
    cloud.messages()


@pytest.mark.parametrize(
    ("service", "method", "arguments"),
    [
        ("s3", "list_buckets", {}),
        ("s3", "get_object", {"Bucket": "spendsense-packages-000000000000-us-east-1", "Key": "x"}),
        ("secretsmanager", "get_secret_value", {"SecretId": "other"}),
        ("secretsmanager", "list_secrets", {}),
        ("lambda", "invoke", {"FunctionName": "probe"}),
        ("lambda", "list_functions", {}),
        ("lambda", "get_function", {"FunctionName": "spendsense-dev"}),
        ("logs", "create_log_group", {"logGroupName": "/aws/lambda/other"}),
        ("logs", "create_log_stream", {"logGroupName": "/aws/lambda/other", "logStreamName": "x"}),
        ("logs", "filter_log_events", {"logGroupName": "/aws/lambda/spendsense-dev"}),
        ("sqs", "list_queues", {}),
        ("events", "list_rules", {}),
        ("dynamodb", "list_tables", {}),
        ("iam", "list_roles", {}),
        ("cognito-idp", "list_user_pools", {"MaxResults": 1}),
        ("rds", "describe_db_instances", {}),
        ("cloudformation", "describe_stacks", {}),
    ],
)
def test_everything_else_is_denied(probe: Call, service: str, method: str, arguments: dict[str, Any]) -> None:
    assert probe(service, method, arguments) in DENIED


@pytest.mark.parametrize(
    ("action", "decision"),
    [("CreateNetworkInterface", "allowed"), ("DescribeSubnets", "allowed"), ("RunInstances", "implicitDeny")],
)
def test_lambda_may_put_the_function_into_the_vpc(cloud: Cloud, action: str, decision: str) -> None:
    """Lambda makes these calls with the role; the emulator has no network to show it in, but it judges the policy."""
    asked = cloud.client("iam").simulate_principal_policy(
        PolicySourceArn=cloud.outputs()["RoleArn"], ActionNames=[f"ec2:{action}"], ResourceArns=["*"]
    )
    assert [result["EvalDecision"] for result in asked["EvaluationResults"]] == [decision]
