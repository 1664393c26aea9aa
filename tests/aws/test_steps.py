"""The steps around a deployment, one at a time, on an account that starts empty."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from click.testing import CliRunner

from spendsense.aws import stacks
from spendsense.cli.main import commands
from spendsense.errors import ConfigurationError, DeploymentError
from spendsense.local.deployment import asking, steps
from spendsense.local.deployment.check import examine
from spendsense.local.deployment.stage import Stage, read_stage, write_stage
from tests.aws.emulator import ROOT, emulator, environment_of

Lines = list[str]


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with emulator(tmp_path_factory.mktemp("steps")) as url:
        yield url


@pytest.fixture(autouse=True)
def account(url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """This process is the account's root; what a test made goes."""
    for name, value in environment_of(url).items():
        monkeypatch.setenv(name, value)
    boto3.setup_default_session()
    root = boto3.client("cloudformation")
    yield
    boto3.DEFAULT_SESSION = None
    names = [stack["StackName"] for stack in root.describe_stacks()["Stacks"]]
    for name in sorted(names, key=lambda name: "-Lambda-" not in name):  # what imports goes before what exports
        root.delete_stack(StackName=name)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """The project's settings, where staging and prod know their frontends."""
    settings = json.loads((ROOT / "zappa_settings.json").read_text())
    for name in ("staging", "prod"):
        settings[name]["aws_environment_variables"]["CORS_ORIGINS"] = f"https://{name}.bank.test"
    (tmp_path / "zappa_settings.json").write_text(json.dumps(settings))
    return tmp_path / "zappa_settings.json"


@pytest.fixture
def stage(file: Path) -> Callable[[str], Stage]:
    return lambda name: read_stage(name, file)


def make(name: str, exports: dict[str, str], **resources: Any) -> None:
    """A stack of a team's own, with these exports."""
    template = {
        "Resources": resources or {"Queue": {"Type": "AWS::SQS::Queue"}},
        "Outputs": {
            f"Output{number}": {"Value": value, "Export": {"Name": export}}
            for number, (export, value) in enumerate(exports.items())
        },
    }
    boto3.client("cloudformation").create_stack(StackName=name, TemplateBody=json.dumps(template))


def own_pool(stage: str) -> None:
    names = ("UserPoolId", "UserPoolArn", "CognitoConfigSecretArn")
    make(f"SpendSense-Cognito-{stage}", {f"SpendSense-Cognito-{stage}-{name}": f"{stage}-{name}" for name in names})


def own_database(stage: str) -> None:
    names = ("LambdaSecurityGroupId", "ConnectionStringSecretArn", "PrivateSubnetIds")
    make(f"SpendSense-Database-{stage}", {f"SpendSense-Database-{stage}-{name}": f"{stage}-{name}" for name in names})


def kinds(stack: str) -> set[str]:
    found = boto3.client("cloudformation").describe_stack_resources(StackName=stack)
    return {resource["ResourceType"] for resource in found["StackResources"]}


def test_an_empty_account_gets_a_whole_foundation_once(stage: Callable[[str], Stage]) -> None:
    said: Lines = []
    steps.lay_foundation(stage("dev"), said.append)
    assert "making what is missing: database, Cognito" in said[0]
    assert {"AWS::RDS::DBInstance", "AWS::Cognito::UserPool"} <= kinds("SpendSense-Foundation-dev")
    again: Lines = []
    steps.lay_foundation(stage("dev"), again.append)
    assert again == []


def test_configuring_at_a_terminal_asks_first_and_keeps_what_was_given(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asking, "confirm", lambda _question: sys.exit(1))  # a no
    command = ["deploy", "configure", "prod", "-s", str(file), "--origin", "https://app.bank.test"]
    assert CliRunner().invoke(commands, command).exit_code == 1
    assert read_stage("prod", file).origin == "https://app.bank.test"
    assert boto3.client("cloudformation").describe_stacks()["Stacks"] == []


def test_a_team_with_a_pool_gets_a_database_alone(stage: Callable[[str], Stage]) -> None:
    own_pool("dev")
    assert steps.lacks_foundation(stage("dev")) == ["database"]
    steps.lay_foundation(stage("dev"), Lines().append)
    made = kinds("SpendSense-Foundation-dev")
    assert "AWS::RDS::DBInstance" in made and "AWS::Cognito::UserPool" not in made


def test_our_database_stays_when_the_teams_pool_goes(stage: Callable[[str], Stage]) -> None:
    own_pool("dev")
    steps.lay_foundation(stage("dev"), Lines().append)
    boto3.client("cloudformation").delete_stack(StackName="SpendSense-Cognito-dev")
    steps.lay_foundation(stage("dev"), Lines().append)
    assert {"AWS::RDS::DBInstance", "AWS::Cognito::UserPool"} <= kinds("SpendSense-Foundation-dev")


def test_a_team_with_both_gets_nothing(stage: Callable[[str], Stage]) -> None:
    own_pool("dev")
    own_database("dev")
    assert steps.lacks_foundation(stage("dev")) == []
    steps.lay_foundation(stage("dev"), Lines().append)
    assert stacks.outputs("SpendSense-Foundation-dev") is None


def test_a_teams_stack_without_some_export_is_told_which(stage: Callable[[str], Stage]) -> None:
    make("SpendSense-Database-dev", {"SpendSense-Database-dev-LambdaSecurityGroupId": "sg-1"})
    with pytest.raises(DeploymentError, match=r"database stack lacks exports: .*-ConnectionStringSecretArn"):
        steps.lay_foundation(stage("dev"), Lines().append)
    told = {finding.subject: finding for finding in examine(stage("dev"))}
    assert told["database"].cure == "export it from your own stack"


def test_subnets_may_stand_in_the_settings(file: Path) -> None:
    names = ("LambdaSecurityGroupId", "ConnectionStringSecretArn")
    make("SpendSense-Database-dev", {f"SpendSense-Database-dev-{name}": name for name in names})
    own_pool("dev")
    write_stage("dev", {"vpc_config": {"SubnetIds": ["subnet-1", "subnet-2"]}}, file)
    steps.prepare(read_stage("dev", file), Lines().append)
    found = steps.surroundings(read_stage("dev", file))
    assert (found.subnet_ids, found.security_group_ids) == (("subnet-1", "subnet-2"), ("LambdaSecurityGroupId",))


def test_a_teams_stacks_may_have_other_names(file: Path) -> None:
    write_stage("dev", {"database_stack": "Bank-Postgres", "cognito_stack": "Bank-People"}, file)
    with pytest.raises(DeploymentError, match="database stack lacks exports: Bank-Postgres-dev-LambdaSecurityGroupId"):
        steps.lay_foundation(read_stage("dev", file), Lines().append)
    names = ("LambdaSecurityGroupId", "ConnectionStringSecretArn", "PrivateSubnetIds")
    make("Postgres", {f"Bank-Postgres-dev-{name}": f"postgres-{name}" for name in names})
    names = ("UserPoolId", "UserPoolArn", "CognitoConfigSecretArn")
    make("People", {f"Bank-People-dev-{name}": f"people-{name}" for name in names})
    steps.lay_foundation(read_stage("dev", file), Lines().append)
    found = steps.prepare(read_stage("dev", file), Lines().append)
    assert (found.database_secret_arn, found.cognito_secret_arn) == (
        "postgres-ConnectionStringSecretArn",
        "people-CognitoConfigSecretArn",
    )


def test_what_is_filled_in_for_one_stage_is_no_others(file: Path) -> None:
    """staging extends dev, and so inherits whatever dev says, but for what belongs to dev alone."""
    for name in ("dev", "staging"):
        own_pool(name)
        own_database(name)
        found = steps.prepare(read_stage(name, file), Lines().append)
        write_stage(name, found.settings, file)
        assert found.database_secret_arn == f"{name}-ConnectionStringSecretArn"
        assert found.cognito_secret_arn == f"{name}-CognitoConfigSecretArn"
        assert found.security_group_ids == (f"{name}-LambdaSecurityGroupId",)
        assert found.subnet_ids == (f"{name}-PrivateSubnetIds",)
        assert found.role_arn.endswith(f"/spendsense-{name}-lambda")
    written = json.loads(file.read_text())
    assert written["staging"]["aws_environment_variables"] == {
        "ENVIRONMENT": "staging",
        "CORS_ORIGINS": "https://staging.bank.test",
        "DATABASE_SECRET_ARN": "staging-ConnectionStringSecretArn",
        "COGNITO_SECRET_ARN": "staging-CognitoConfigSecretArn",
    }


def test_preparing_twice_changes_nothing(stage: Callable[[str], Stage]) -> None:
    own_pool("dev")
    own_database("dev")
    first: Lines = []
    steps.prepare(stage("dev"), first.append)
    assert any("ExecutionRole create complete" in line for line in first)
    again: Lines = []
    steps.prepare(stage("dev"), again.append)
    assert again == ["SpendSense-Lambda-dev: up to date"]


def test_a_stack_whose_making_failed_is_told_why_and_made_anew(stage: Callable[[str], Stage]) -> None:
    bad = {"Resources": {"Broken": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "not-fifo.fifo"}}}}
    with pytest.raises(DeploymentError, match="Broken: "):
        stacks.apply("SpendSense-Lambda-dev", json.dumps(bad), {}, Lines().append)
    own_pool("dev")
    own_database("dev")
    said: Lines = []
    steps.prepare(stage("dev"), said.append)
    assert "removed and made anew" in said[0]
    assert steps.surroundings(stage("dev")).role_arn


def test_before_a_deployment_the_surroundings_are_said_to_be_missing(stage: Callable[[str], Stage]) -> None:
    with pytest.raises(DeploymentError, match="run `zappa deploy dev` first"):
        steps.surroundings(stage("dev"))
    assert steps.find_api(stage("dev")) is None
    with pytest.raises(DeploymentError, match="Zappa's stack spendsense-dev is not there"):
        steps.finish(stage("dev"), Lines().append, is_first=True)


@pytest.fixture
def as_intern(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The deploying user has no permission at all."""
    users = boto3.client("iam")
    users.create_user(UserName="intern")
    key = users.create_access_key(UserName="intern")["AccessKey"]
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", key["AccessKeyId"])
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", key["SecretAccessKey"])
    boto3.setup_default_session()
    yield
    users.delete_access_key(UserName="intern", AccessKeyId=key["AccessKeyId"])
    users.delete_user(UserName="intern")


@pytest.mark.usefixtures("as_intern")
def test_a_missing_permission_is_named_with_the_cure(stage: Callable[[str], Stage]) -> None:
    with pytest.raises(DeploymentError) as caught:
        steps.lay_foundation(stage("dev"), Lines().append)
    assert "AWS did not allow to list the stacks' exports" in str(caught.value)
    assert "Give the deploying user the permission that it names (ListExports)" in str(caught.value)


@pytest.mark.usefixtures("as_intern")
def test_zappa_ends_with_that_one_line(file: Path) -> None:
    command = (Path(sys.executable).with_name("zappa"), "deploy", "dev", "-s", file)
    ended = subprocess.run(
        command, cwd=ROOT, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, timeout=120
    )
    assert ended.returncode == 1
    assert "Error: AWS did not allow to look at the stack SpendSense-Foundation-dev" in ended.stderr
    assert "Traceback" not in ended.stdout + ended.stderr


def test_without_credentials_the_cure_is_said(stage: Callable[[str], Stage], monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nowhere")
    boto3.setup_default_session()
    told = {finding.subject: finding for finding in examine(stage("dev"))}
    assert "set AWS_PROFILE" in str(told["credentials"].cure)


def test_an_account_that_cant_be_reached_is_said(
    stage: Callable[[str], Stage], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    boto3.setup_default_session()
    with pytest.raises(DeploymentError, match="AWS can't be reached"):
        steps.lay_foundation(stage("dev"), Lines().append)


@pytest.mark.parametrize(
    "origin",
    ["", "*", "https://spendsense.example", "https://a.test,https://b.test", "https://a.test/", "a.test"],
)
def test_a_stage_needs_its_frontends_one_origin(file: Path, origin: str) -> None:
    write_stage("prod", {"aws_environment_variables": {"CORS_ORIGINS": origin}}, file)
    told = {finding.subject: finding for finding in examine(read_stage("prod", file))}
    assert "put the frontend's one origin" in str(told["settings"].cure)
    with pytest.raises(ConfigurationError, match="CORS_ORIGINS of the stage prod"):
        steps.prepare(read_stage("prod", file), Lines().append)


def test_our_calls_go_where_zappas_go(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-north-1")  # as some other project needs it
    monkeypatch.setenv("AWS_PROFILE", "other")
    write_stage("prod", {"aws_region": "eu-west-1", "profile_name": "bank"}, file)
    read_stage("prod", file).enter_account()
    assert (os.environ["AWS_DEFAULT_REGION"], os.environ["AWS_PROFILE"]) == ("eu-west-1", "bank")


def test_a_stage_that_is_not_there_is_named(file: Path) -> None:
    with pytest.raises(ConfigurationError, match="no stage 'production'; it has dev, staging, prod"):
        read_stage("production", file)


def test_settings_that_cant_be_read_are_named(tmp_path: Path) -> None:
    (tmp_path / "zappa_settings.json").write_text("{")
    with pytest.raises(ConfigurationError, match=r"zappa_settings\.json can't be read"):
        read_stage("dev", tmp_path / "zappa_settings.json")
