"""A second stage in the same account, on a team's own stacks: apart from dev, and for one origin alone."""

import pytest

from tests.aws.deploy.cloud import Cloud
from tests.aws.deploy.team import ORIGIN

JOBS = ("compute_features", "assign_persona", "generate_recommendations")


def test_the_teams_stacks_were_used_and_no_foundation_made(staging: Cloud) -> None:
    stacks = staging.client("cloudformation").list_stacks()["StackSummaries"]
    assert "SpendSense-Foundation-staging" not in {stack["StackName"] for stack in stacks}
    variables = staging.variables()
    assert variables["ENVIRONMENT"] == "staging"
    assert variables["DATABASE_SECRET_ARN"] == staging.exported("ConnectionStringSecretArn")
    assert variables["COGNITO_SECRET_ARN"] == staging.exported("CognitoConfigSecretArn")


def test_it_is_a_function_an_api_and_schedules_of_its_own(cloud: Cloud, staging: Cloud) -> None:
    assert staging.outputs()["ApiId"] != cloud.outputs()["ApiId"]
    assert staging.outputs()["RoleArn"] != cloud.outputs()["RoleArn"]
    rules = staging.client("events").list_rules(NamePrefix="spendsense-staging-")["Rules"]
    assert {rule["Name"]: rule["ScheduleExpression"] for rule in rules} == {
        f"spendsense-staging-jobs.{job}.run": f"cron({minute} 1 * * ? *)"
        for job, minute in zip(JOBS, (0, 5, 10), strict=True)
    }


def test_a_persons_way_on_staging(staging: Cloud) -> None:
    token = staging.send_data("sue@example.com")
    assert staging.ask("GET", "/api/v1/users/me/persona", token).status == 200


def test_devs_tokens_are_strangers_here(cloud: Cloud, staging: Cloud) -> None:
    token = cloud.token("kinds@example.com", "consumers")
    assert cloud.ask("GET", "/api/v1/users/me", token).status == 200
    assert staging.ask("GET", "/api/v1/users/me", token).status == 401


def test_its_role_reads_its_own_secrets_alone(cloud: Cloud, staging: Cloud) -> None:
    for stage, decision in ((staging, "allowed"), (cloud, "implicitDeny")):
        asked = staging.client("iam").simulate_principal_policy(
            PolicySourceArn=staging.outputs()["RoleArn"],
            ActionNames=["secretsmanager:GetSecretValue"],
            ResourceArns=[stage.exported("ConnectionStringSecretArn"), stage.exported("CognitoConfigSecretArn")],
        )
        assert {result["EvalDecision"] for result in asked["EvaluationResults"]} == {decision}


@pytest.mark.parametrize("path", ["/health", "/api/v1/health", "/api/v1/openapi.json", "/api/v1/users/me"])
def test_preflight_names_the_one_origin(staging: Cloud, path: str) -> None:
    wanted = {"Origin": "https://evil.test", "Access-Control-Request-Method": "GET"}
    answer = staging.ask("OPTIONS", path, headers=wanted)
    assert answer.headers["Access-Control-Allow-Origin"] == ORIGIN


@pytest.mark.parametrize(
    ("path", "status"), [("/api/v1/health", 200), ("/api/v1/users/me", 401), ("/nothing/of/the/kind", 404)]
)
def test_answers_and_the_gateways_errors_name_it_too(staging: Cloud, path: str, status: int) -> None:
    answer = staging.ask("GET", path, headers={"Origin": ORIGIN})
    assert (answer.status, answer.headers["Access-Control-Allow-Origin"]) == (status, ORIGIN)


def test_the_apps_own_errors_name_it_too(staging: Cloud) -> None:
    token = staging.token("sue@example.com", "consumers")
    answer = staging.ask("GET", "/api/v1/users/me/nothing", token, headers={"Origin": ORIGIN})
    assert (answer.status, answer.headers["Access-Control-Allow-Origin"]) == (404, ORIGIN)


def test_the_app_allows_no_other_origin(staging: Cloud) -> None:
    answer = staging.ask("GET", "/api/v1/health", headers={"Origin": "https://evil.test"})
    assert answer.headers["Access-Control-Allow-Origin"] in (None, ORIGIN)


def test_undeploying_it_leaves_dev_and_the_teams_stacks(cloud: Cloud, staging: Cloud) -> None:
    staging.zappa("undeploy", "-y", "--remove-logs")
    staging.spendsense("remove", "--with-foundation", "--yes")
    assert cloud.ask("GET", "/api/v1/health").status == 200
    assert staging.exported("ConnectionStringSecretArn")
    names = {stack["StackName"] for stack in staging.client("cloudformation").describe_stacks()["Stacks"]}
    assert {"SpendSense-Database-staging", "SpendSense-Cognito-staging", "SpendSense-Lambda-dev"} <= names
    assert "SpendSense-Lambda-staging" not in names
