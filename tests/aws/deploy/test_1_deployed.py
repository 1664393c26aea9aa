"""What `zappa deploy dev` leaves behind."""

import json

from tests.aws.deploy.cloud import Cloud, wait_for

JOBS = ("compute_features", "assign_persona", "generate_recommendations")


def test_the_one_command_says_what_it_did(deploy_log: str, cloud: Cloud) -> None:
    assert "Deployment complete" in deploy_log
    assert f"The API is at {cloud.outputs()['ApiUrl']}/api/v1" in deploy_log
    assert "takes 100 requests a second" in deploy_log


def test_the_function_is_one_of_the_size_that_was_asked_for(cloud: Cloud) -> None:
    found = cloud.client("lambda").get_function_configuration(FunctionName=cloud.function)
    assert (found["Runtime"], found["Timeout"], found["MemorySize"]) == ("python3.11", 300, 1024)
    assert found["Handler"] == "spendsense.ops.handler.lambda_handler"
    assert found["Role"] == cloud.outputs()["RoleArn"]
    assert len(found["VpcConfig"]["SubnetIds"]) == 2
    assert found["VpcConfig"]["SecurityGroupIds"] == [cloud.exported("LambdaSecurityGroupId")]


def test_its_environment_names_secrets_and_holds_none(cloud: Cloud) -> None:
    found = cloud.variables()
    assert {name: found[name] for name in ("ENVIRONMENT", "DATABASE_SECRET_ARN", "COGNITO_SECRET_ARN")} == {
        "ENVIRONMENT": "dev",
        "DATABASE_SECRET_ARN": cloud.exported("ConnectionStringSecretArn"),
        "COGNITO_SECRET_ARN": cloud.exported("CognitoConfigSecretArn"),
    }
    secrets = cloud.client("secretsmanager")
    held = json.loads(secrets.get_secret_value(SecretId=found["DATABASE_SECRET_ARN"])["SecretString"])
    assert not {held["username"], held["password"], held["host"]} & set(found.values())
    assert held["password"] not in json.dumps(found) and "postgresql://" not in json.dumps(found)


def test_the_pools_keys_were_put_into_its_secret(cloud: Cloud) -> None:
    arn = cloud.exported("CognitoConfigSecretArn")
    content = json.loads(cloud.client("secretsmanager").get_secret_value(SecretId=arn)["SecretString"])
    assert content["jwks"]["keys"]


def test_the_tables_were_migrated(cloud: Cloud) -> None:
    assert cloud.sql("SELECT count(*) FROM alembic_version") == [(1,)]


def test_the_jobs_ran_once(cloud: Cloud) -> None:
    """Else the alarms that miss them would ring until the first night."""
    wait_for("a run of each job", lambda: cloud.sql("SELECT count(DISTINCT job) FROM job_runs") == [(3,)], seconds=20)


def test_info_prints_what_people_ask_for(cloud: Cloud) -> None:
    told = json.loads(cloud.spendsense("info", "--json"))
    function = cloud.client("lambda").get_function_configuration(FunctionName=cloud.function)
    assert told["FunctionName"] == cloud.function
    assert told["FunctionArn"] == function["FunctionArn"]
    rules = {rule["Arn"] for rule in cloud.client("events").list_rules(NamePrefix=cloud.function)["Rules"]}
    named = {told[f"{name}RuleArn"] for name in ("ComputeFeatures", "AssignPersona", "GenerateRecommendations")}
    assert named == rules
    assert told["ApiUrl"] in cloud.spendsense("info")


def test_status_shows_it(cloud: Cloud) -> None:
    told = json.loads(cloud.zappa("status", "--json"))
    assert told["Lambda Name"] == cloud.function
    assert told["Lambda Versions"] >= 1, told


def test_the_stage_is_throttled(cloud: Cloud) -> None:
    stage = cloud.client("apigateway").get_stage(restApiId=cloud.outputs()["ApiId"], stageName="dev")
    limits = stage["methodSettings"]["*/*"]
    assert (limits["throttlingRateLimit"], limits["throttlingBurstLimit"]) == (100, 100)


def test_check_finds_nothing_wrong_now(cloud: Cloud) -> None:
    assert f"deployed at {cloud.outputs()['ApiUrl']}" in cloud.spendsense("check")
