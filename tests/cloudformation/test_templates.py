"""The stack beside Zappa's: what the role may do, what is logged and kept, who is alarmed. And what both templates are.

cfn-lint lets all of this pass when it is wrong, and checkov most of it.
"""

import io
import json
import re
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.orm import Session

from spendsense.local.deployment.stage import SETTINGS_FILE, read_stage
from spendsense.local.deployment.steps import COGNITO_EXPORTS, DATABASE_EXPORTS
from spendsense.pipeline.claims import Job
from spendsense.pipeline.run import run_job
from tests.cloudformation.template import STAGES, TEMPLATES, Stack, listed, statements

API = {"RestApiId": "api", "RootResourceId": "root"}
BEFORE = Stack("spendsense", Stage="dev")
AFTER = Stack("spendsense", Stage="dev", **API)
FOUNDATION = Stack("foundation", Stage="dev")

# AWSLambdaVPCAccessExecutionRole, version 3, as far as it is about EC2.
INTERFACE_ACTIONS = {
    "ec2:CreateNetworkInterface",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSubnets",
    "ec2:DeleteNetworkInterface",
    "ec2:AssignPrivateIpAddresses",
    "ec2:UnassignPrivateIpAddresses",
}
# The one wildcard: the Describe actions work on * alone, and an interface has no id before Lambda has made it.
WILDCARD = "LiveInTheVpc"

OF_ONE_ACCOUNT = {
    "an account": r"\b\d{12}\b",
    "a network's part": r"\b(vpc|subnet|sg|eni|rtb|vpce|igw|nat)-[0-9a-f]{8,17}\b",
    "a user pool": r"\b[a-z]{2}-[a-z]+-\d_[A-Za-z0-9]{9}\b",
    "an access key": r"\b(AKIA|ASIA)[A-Z0-9]{16}\b",
    "an address of an API": r"\b[a-z0-9]{10}\.execute-api\b",
}


def role(stage: str) -> dict[str, Any]:
    """The execution role."""
    found: dict[str, Any] = Stack("spendsense", Stage=stage).of_type("IAM::Role")["ExecutionRole"]
    return found


@pytest.mark.parametrize("stage", STAGES)
def test_the_role_is_granted_this_and_no_more(stage: str) -> None:
    granted = {
        statement["Sid"]: (listed(statement["Action"]), listed(statement["Resource"]))
        for statement in statements(role(stage)["Policies"])
        if statement["Effect"] == "Allow"
    }
    assert granted == {
        "ReadTheTwoSecrets": (
            {"secretsmanager:GetSecretValue"},
            {
                f"import(SpendSense-Database-{stage}-ConnectionStringSecretArn)",
                f"import(SpendSense-Cognito-{stage}-CognitoConfigSecretArn)",
            },
        ),
        "WriteTheOneLogGroup": (
            {"logs:CreateLogStream", "logs:PutLogEvents"},
            {
                f"arn:aws:logs:us-east-1:000000000000:log-group:/aws/lambda/spendsense-{stage}",
                f"arn:aws:logs:us-east-1:000000000000:log-group:/aws/lambda/spendsense-{stage}:*",  # its streams
            },
        ),
        "LiveInTheVpc": (INTERFACE_ACTIONS, {"*"}),
        "InvokeItself": (
            {"lambda:InvokeFunction"},
            {f"arn:aws:lambda:us-east-1:000000000000:function:spendsense-{stage}"},
        ),
        "LeaveDeadLetters": ({"sqs:SendMessage"}, {"<DeadLetters.Arn>"}),
    }


@pytest.mark.parametrize("stage", STAGES)
def test_the_functions_code_is_denied_what_lambda_itself_needs(stage: str) -> None:
    function = f"arn:aws:lambda:us-east-1:000000000000:function:spendsense-{stage}"
    denied = [statement for statement in statements(role(stage)["Policies"]) if statement["Effect"] == "Deny"]
    assert denied == [
        {
            "Sid": "NotByTheCodeItself",
            "Effect": "Deny",
            "Action": "ec2:*",
            "Resource": "*",
            "Condition": {"ArnEquals": {"lambda:SourceFunctionArn": function}},
        }
    ]


def test_three_services_of_aws_may_be_given_the_role() -> None:
    (trust,) = statements(role("dev")["AssumeRolePolicyDocument"])
    assert trust == {
        "Effect": "Allow",
        "Principal": {"Service": ["lambda.amazonaws.com", "apigateway.amazonaws.com", "events.amazonaws.com"]},
        "Action": "sts:AssumeRole",
    }


@pytest.mark.parametrize("stack", [AFTER, FOUNDATION], ids=["spendsense", "foundation"])
def test_nothing_is_allowed_by_a_wildcard(stack: Stack) -> None:
    for statement in statements(stack.resources):
        if statement["Effect"] == "Allow":
            assert not {"NotAction", "NotResource", "NotPrincipal"} & set(statement)
            assert [action for action in listed(statement["Action"]) if "*" in action] == []
            assert "*" not in listed(statement.get("Resource", [])) or statement["Sid"] == WILDCARD


def test_no_grant_comes_by_another_way() -> None:
    """Neither a second role or policy, nor one of AWS's own attached to the one role."""
    kinds = [found["Type"] for stack in (AFTER, FOUNDATION) for found in stack.resources.values()]
    assert [kind for kind in kinds if kind.startswith("AWS::IAM::") or "Policy" in kind] == ["AWS::IAM::Role"]
    assert set(role("dev")) == {"RoleName", "Description", "AssumeRolePolicyDocument", "Policies"}


@pytest.mark.parametrize(("stage", "days"), [("dev", 30), ("staging", 90), ("prod", 365)])
def test_the_log_is_kept_for_a_time(stage: str, days: int) -> None:
    group = Stack("spendsense", Stage=stage).of_type("Logs::LogGroup")["LogGroup"]
    assert group == {"LogGroupName": f"/aws/lambda/spendsense-{stage}", "RetentionInDays": days}


def test_what_fails_is_tried_twice_more_and_then_kept() -> None:
    assert AFTER.of_type("Lambda::EventInvokeConfig")["Retries"] == {
        "FunctionName": "spendsense-dev",
        "Qualifier": "$LATEST",  # the rules and the fan-out name no version
        "MaximumRetryAttempts": 2,
        "MaximumEventAgeInSeconds": 3600,
        "DestinationConfig": {"OnFailure": {"Destination": "<DeadLetters.Arn>"}},
    }
    queue = BEFORE.of_type("SQS::Queue")["DeadLetters"]
    assert (queue["MessageRetentionPeriod"], queue["SqsManagedSseEnabled"]) == (14 * 86_400, True)


@pytest.mark.parametrize(
    ("metric", "dimensions", "statistic", "threshold"),
    [
        ("AWS/Lambda Errors", {"FunctionName": "spendsense-dev"}, "Sum", 1),
        ("AWS/Lambda Throttles", {"FunctionName": "spendsense-dev"}, "Sum", 1),
        ("AWS/SQS ApproximateNumberOfMessagesVisible", {"QueueName": "<DeadLetters.QueueName>"}, "Maximum", 1),
        ("AWS/ApiGateway 5XXError", {"ApiName": "spendsense-dev", "Stage": "dev"}, "Sum", 5),
        ("AWS/ApiGateway Latency", {"ApiName": "spendsense-dev", "Stage": "dev"}, "p95", 3000),
    ],
)
def test_an_alarm_tells_of(metric: str, dimensions: dict[str, str], statistic: str, threshold: int) -> None:
    alarms = AFTER.of_type("CloudWatch::Alarm").values()
    (alarm,) = [found for found in alarms if f"{found['Namespace']} {found['MetricName']}" == metric]
    assert {dimension["Name"]: dimension["Value"] for dimension in alarm["Dimensions"]} == dimensions
    assert (alarm.get("Statistic") or alarm["ExtendedStatistic"], alarm["Threshold"]) == (statistic, threshold)
    assert alarm["ComparisonOperator"] == "GreaterThanOrEqualToThreshold"
    assert alarm["TreatMissingData"] == "notBreaching"  # no requests, no errors


def test_an_alarm_goes_to_the_topic_where_there_is_one() -> None:
    told = Stack("spendsense", Stage="dev", AlarmTopicArn="topic", **API).of_type("CloudWatch::Alarm")
    assert len(told) == 8
    assert [alarm["AlarmActions"] for alarm in told.values()] == [["topic"]] * 8
    assert [name for name, alarm in AFTER.of_type("CloudWatch::Alarm").items() if "AlarmActions" in alarm] == []


def alarm_of(job: str) -> dict[str, Any]:
    """The alarm that tells of a job that did not run."""
    alarms: dict[str, dict[str, Any]] = BEFORE.of_type("CloudWatch::Alarm")
    name = f"spendsense-dev-{job.replace('_', '-')}-missing"
    (alarm,) = [found for found in alarms.values() if found["AlarmName"] == name]
    return alarm


@pytest.mark.parametrize("job", Job)
def test_a_job_that_has_not_ended_for_26_hours_is_told_of(job: Job) -> None:
    alarm = alarm_of(job)
    assert alarm["Period"] * alarm["EvaluationPeriods"] == 26 * 3600
    assert alarm["Period"] >= 3600  # CloudWatch looks back further than a day only for these
    assert (alarm["Statistic"], alarm["ComparisonOperator"], alarm["Threshold"]) == ("Sum", "LessThanThreshold", 1)
    assert alarm["TreatMissingData"] == "breaching"
    assert not {"DatapointsToAlarm", "Dimensions"} & set(alarm)  # all 26 hours; the filter sets no dimension


def wanted(pattern: str) -> dict[str, str]:
    """The members that a pattern like `{ $.event = "x" && $.job = "y" }` asks for, and their values."""
    conditions = [condition.split(" = ") for condition in pattern.strip("{ }").split(" && ")]
    assert all(member.startswith("$.") and value == f'"{value[1:-1]}"' for member, value in conditions)
    return {member.removeprefix("$."): value.strip('"') for member, value in conditions}


def test_the_last_line_of_each_job_is_counted_for_its_own_alarm(session: Session, stream: io.StringIO) -> None:
    for job in Job:
        run_job(job, as_of=date(2026, 3, 1))
    ended = [line for line in map(json.loads, stream.getvalue().splitlines()) if line["event"] == "job_ended"]
    assert [line["job"] for line in ended] == list(Job)
    filters = BEFORE.of_type("Logs::MetricFilter").values()
    assert {found["LogGroupName"] for found in filters} == {"<LogGroup>"}
    for line in ended:
        (counting,) = [found for found in filters if wanted(found["FilterPattern"]).items() <= line.items()]
        (metric,) = counting["MetricTransformations"]
        alarm = alarm_of(line["job"])
        assert (metric["MetricNamespace"], metric["MetricName"]) == (alarm["Namespace"], alarm["MetricName"])
        assert metric["MetricValue"] == "1"


@pytest.mark.parametrize("stage", STAGES)
def test_the_stack_exports_these(stage: str) -> None:
    function = read_stage(stage).function
    rule = f"arn:aws:events:us-east-1:000000000000:rule/{function}-jobs"  # as Zappa names it
    exports = Stack("spendsense", Stage=stage, **API).exports
    assert exports == {
        f"SpendSense-Lambda-{stage}-{name}": value
        for name, value in {
            "ApiUrl": f"https://api.execute-api.us-east-1.amazonaws.com/{stage}",
            "ApiId": "api",
            "FunctionName": function,
            "FunctionArn": f"arn:aws:lambda:us-east-1:000000000000:function:{function}",
            "ComputeFeaturesRuleArn": f"{rule}.compute_features.run",
            "AssignPersonaRuleArn": f"{rule}.assign_persona.run",
            "GenerateRecommendationsRuleArn": f"{rule}.generate_recommendations.run",
            "RoleArn": "<ExecutionRole.Arn>",
            "LogGroupName": "<LogGroup>",
            "DeadLetterQueueUrl": "<DeadLetters>",
            "DeadLetterQueueArn": "<DeadLetters.Arn>",
        }.items()
    }
    without_api = set(exports) - set(Stack("spendsense", Stage=stage).exports)
    assert without_api == {f"SpendSense-Lambda-{stage}-ApiUrl", f"SpendSense-Lambda-{stage}-ApiId"}


@pytest.mark.parametrize("stage", STAGES)
def test_the_foundation_exports_what_is_imported(stage: str) -> None:
    exports = Stack("foundation", Stage=stage).exports
    assert exports == {
        f"SpendSense-Database-{stage}-LambdaSecurityGroupId": "<LambdaSecurityGroup>",
        f"SpendSense-Database-{stage}-PrivateSubnetIds": "<SubnetA>,<SubnetB>",
        f"SpendSense-Database-{stage}-ConnectionStringSecretArn": "<ConnectionSecret.Id>",  # a secret's Id is its ARN
        f"SpendSense-Cognito-{stage}-UserPoolId": "<UserPool>",
        f"SpendSense-Cognito-{stage}-UserPoolArn": "<UserPool.Arn>",
        f"SpendSense-Cognito-{stage}-UserPoolClientId": "<UserPoolClient>",
        f"SpendSense-Cognito-{stage}-CognitoConfigSecretArn": "<CognitoSecret.Id>",
    }
    imported = re.findall(r"import\(([^)]+)\)", json.dumps(Stack("spendsense", Stage=stage, **API).resources))
    assert set(imported) <= set(exports)
    asked = {f"SpendSense-Database-{stage}-{name}" for name in DATABASE_EXPORTS}
    asked |= {f"SpendSense-Cognito-{stage}-{name}" for name in COGNITO_EXPORTS}
    assert asked <= set(exports)


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda file: file.stem)
def test_cloudformation_takes_the_template_as_it_is(template: Path) -> None:
    """It is sent in the request itself, where AWS takes 51,200 bytes."""
    assert len(template.read_bytes()) <= 51_200


@pytest.mark.parametrize("file", [*TEMPLATES, SETTINGS_FILE], ids=lambda file: file.name)
@pytest.mark.parametrize("what", OF_ONE_ACCOUNT)
def test_nothing_belongs_to_one_account(file: Path, what: str) -> None:
    assert re.findall(OF_ONE_ACCOUNT[what], file.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    ("what", "text"),
    [
        ("an account", "arn:aws:iam::123456789012:role/x"),
        ("a network's part", "[subnet-0a1b2c3d4e5f60718]"),
        ("a user pool", "eu-west-1_AbCdEf123"),
        ("an access key", "AKIAIOSFODNN7EXAMPLE"),
        ("an address of an API", "https://a1b2c3d4e5.execute-api.us-east-1.amazonaws.com"),
    ],
)
def test_what_belongs_to_one_account_would_be_found(what: str, text: str) -> None:
    assert re.search(OF_ONE_ACCOUNT[what], text)
