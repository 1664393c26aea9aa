"""The network, database and user pool for a team that has none: closed to the outside, and fit for the function."""

import json
from ipaddress import IPv4Network
from typing import Any

import pytest

from spendsense.api.tokens import ROLE_OF_GROUP
from spendsense.store.identity import DatabaseRole
from tests.cloudformation.template import ROOT, STAGES, Stack

DEV = Stack("foundation", Stage="dev")
VPC_CIDR = "10.20.0.0/16"
WAYS_OUT = ("Gateway", "Route", "Peering", "EIP")


def database(stage: str) -> dict[str, Any]:
    """The database's properties."""
    found: dict[str, Any] = Stack("foundation", Stage=stage).of_type("RDS::DBInstance")["Database"]
    return found


def egress(group: str) -> set[tuple[str, int, int, str]]:
    """Where a security group lets traffic go: protocol, ports from and to, addresses."""
    rules = DEV.of_type("EC2::SecurityGroup")[group]["SecurityGroupEgress"]
    return {(rule["IpProtocol"], rule["FromPort"], rule["ToPort"], rule["CidrIp"]) for rule in rules}


def test_nothing_leads_in_or_out() -> None:
    text = (ROOT / "cloudformation" / "foundation.yaml").read_text(encoding="utf-8")
    assert "0.0.0.0/0" not in text and "::/0" not in text
    kinds = {resource["Type"].rpartition("::")[2] for resource in DEV.resources.values()}
    assert [kind for kind in kinds if kind.endswith(WAYS_OUT)] == []
    assert not [subnet for subnet in DEV.of_type("EC2::Subnet").values() if subnet.get("MapPublicIpOnLaunch")]


@pytest.mark.parametrize(("group", "port"), [("DatabaseSecurityGroup", 5432), ("EndpointSecurityGroup", 443)])
def test_only_the_function_comes_in(group: str, port: int) -> None:
    (rule,) = DEV.of_type("EC2::SecurityGroup")[group]["SecurityGroupIngress"]
    assert (rule["IpProtocol"], rule["FromPort"], rule["ToPort"]) == ("tcp", port, port)
    assert rule["SourceSecurityGroupId"] == "<LambdaSecurityGroup>"
    assert not {name for name in rule if "Cidr" in name or "PrefixList" in name}


def test_the_function_reaches_the_database_and_awss_endpoints() -> None:
    assert egress("LambdaSecurityGroup") == {("tcp", port, port, VPC_CIDR) for port in (5432, 443)}
    assert "SecurityGroupIngress" not in DEV.of_type("EC2::SecurityGroup")["LambdaSecurityGroup"]


@pytest.mark.parametrize("group", DEV.of_type("EC2::SecurityGroup"))
def test_every_group_says_where_traffic_may_go(group: str) -> None:
    """AWS lets it go anywhere where a group does not say."""
    assert {addresses for _, _, _, addresses in egress(group)} == {VPC_CIDR}


@pytest.mark.parametrize("service", ["secretsmanager", "lambda"])
def test_a_service_of_aws_has_an_endpoint_under_its_usual_name(service: str) -> None:
    endpoints = DEV.of_type("EC2::VPCEndpoint").values()
    (endpoint,) = [found for found in endpoints if found["ServiceName"] == f"com.amazonaws.us-east-1.{service}"]
    assert (endpoint["VpcEndpointType"], endpoint["PrivateDnsEnabled"]) == ("Interface", True)
    assert endpoint["SubnetIds"] == ["<SubnetA>", "<SubnetB>"]
    assert endpoint["SecurityGroupIds"] == ["<EndpointSecurityGroup>"]
    vpc = DEV.of_type("EC2::VPC")["Vpc"]
    assert vpc["EnableDnsSupport"] and vpc["EnableDnsHostnames"]  # private names need both


def test_the_zones_may_be_named() -> None:
    stack = Stack("foundation", Stage="dev", ZoneA="us-east-1b", ZoneB="us-east-1c")
    zones = [subnet["AvailabilityZone"] for subnet in stack.of_type("EC2::Subnet").values()]
    assert zones == ["us-east-1b", "us-east-1c"]


def test_the_subnets_lie_apart_in_two_zones() -> None:
    one, other = DEV.of_type("EC2::Subnet").values()
    assert one["AvailabilityZone"] != other["AvailabilityZone"]
    blocks = [IPv4Network(subnet["CidrBlock"]) for subnet in (one, other)]
    assert not blocks[0].overlaps(blocks[1])
    assert all(block.subnet_of(IPv4Network(VPC_CIDR)) for block in blocks)


@pytest.mark.parametrize("stage", STAGES)
def test_the_database_is_postgresql_16_private_and_encrypted(stage: str) -> None:
    found = database(stage)
    assert (found["Engine"], found["EngineVersion"]) == ("postgres", "16")
    assert found["StorageEncrypted"] is True
    assert found["PubliclyAccessible"] is False
    assert found["VPCSecurityGroups"] == ["<DatabaseSecurityGroup>"]
    assert found["DBSubnetGroupName"] == "<DatabaseSubnets>"


@pytest.mark.parametrize(("stage", "is_prod", "days"), [("dev", False, 7), ("staging", False, 7), ("prod", True, 35)])
def test_it_is_backed_up_and_protected_in_prod(stage: str, is_prod: bool, days: int) -> None:
    found = database(stage)
    assert found["BackupRetentionPeriod"] == days
    assert (found["DeletionProtection"], found["MultiAZ"]) == (is_prod, is_prod)
    resource = DEV.resources["Database"]
    assert (resource["DeletionPolicy"], resource["UpdateReplacePolicy"]) == ("Snapshot", "Snapshot")


def test_it_takes_tls_only_and_writes_no_rows_into_its_log() -> None:
    assert database("dev")["DBParameterGroupName"] == "<DatabaseParameters>"
    group = DEV.of_type("RDS::DBParameterGroup")["DatabaseParameters"]
    assert group["Family"] == "postgres16"
    assert group["Parameters"] == {
        "rds.force_ssl": "1",
        "log_error_verbosity": "terse",
        "log_min_error_statement": "panic",
        "log_statement": "none",
        "log_min_duration_statement": "-1",
    }
    assert not database("dev").get("EnablePerformanceInsights")  # it would keep sampled statements
    logs = DEV.of_type("Logs::LogGroup")["DatabaseLogs"]
    assert logs["LogGroupName"] == f"/aws/rds/instance/{database('dev')['DBInstanceIdentifier']}/postgresql"
    assert logs["RetentionInDays"] == 30


def test_the_databases_secret_has_what_the_function_reads() -> None:
    content = json.loads(DEV.of_type("SecretsManager::Secret")["ConnectionSecret"]["SecretString"])
    reference = "{{{{resolve:secretsmanager:<{}>:SecretString:{}}}}}".format
    assert content == {
        "host": "<Database.Endpoint.Address>",
        "port": "<Database.Endpoint.Port>",
        "dbname": database("dev")["DBName"],
        "username": reference("ServingPassword", "username"),
        "password": reference("ServingPassword", "password"),
        "migration_username": reference("DatabasePassword", "username"),
        "migration_password": reference("DatabasePassword", "password"),
    }
    assert database("dev")["MasterUsername"] == content["migration_username"]
    assert database("dev")["MasterUserPassword"] == content["migration_password"]


def test_the_login_that_serves_is_not_the_owner() -> None:
    secrets = DEV.of_type("SecretsManager::Secret")
    names = [
        json.loads(secrets[one]["GenerateSecretString"]["SecretStringTemplate"])["username"]
        for one in ("DatabasePassword", "ServingPassword")
    ]
    assert len(set(names)) == 2
    assert not set(names) & set(DatabaseRole)


@pytest.mark.parametrize("secret", ["DatabasePassword", "ServingPassword"])
def test_a_password_is_generated_and_fits_into_the_json(secret: str) -> None:
    generated = DEV.of_type("SecretsManager::Secret")[secret]["GenerateSecretString"]
    assert generated["GenerateStringKey"] == "password"
    assert set(json.loads(generated["SecretStringTemplate"])) == {"username"}
    assert generated["PasswordLength"] >= 32
    assert generated["ExcludePunctuation"] is True  # no quote, no backslash


def test_the_pools_secret_has_what_the_function_reads() -> None:
    content = json.loads(DEV.of_type("SecretsManager::Secret")["CognitoSecret"]["SecretString"])
    assert content == {"region": "us-east-1", "user_pool_id": "<UserPool>", "client_id": "<UserPoolClient>"}


def test_the_pool_has_the_groups_that_the_application_knows() -> None:
    groups = {group["GroupName"] for group in DEV.of_type("Cognito::UserPoolGroup").values()}
    assert groups == set(ROLE_OF_GROUP) == {"consumers", "operators", "auditors"}


@pytest.mark.parametrize("stage", STAGES)
def test_the_app_client_has_no_secret_and_takes_passwords_in_dev_only(stage: str) -> None:
    client = Stack("foundation", Stage=stage).of_type("Cognito::UserPoolClient")["UserPoolClient"]
    assert client["GenerateSecret"] is False
    assert ("ALLOW_USER_PASSWORD_AUTH" in client["ExplicitAuthFlows"]) == (stage == "dev")
    assert client["PreventUserExistenceErrors"] == "ENABLED"


@pytest.mark.parametrize(("stage", "protection"), [("dev", "INACTIVE"), ("staging", "INACTIVE"), ("prod", "ACTIVE")])
def test_the_pool_is_protected_in_prod(stage: str, protection: str) -> None:
    assert Stack("foundation", Stage=stage).of_type("Cognito::UserPool")["UserPool"]["DeletionProtection"] == protection


@pytest.mark.parametrize(
    ("left_out", "kept", "made"),
    [
        ("WithDatabase", "Cognito", {"Cognito", "SecretsManager"}),
        ("WithCognito", "Database", {"EC2", "Logs", "RDS", "SecretsManager"}),
    ],
)
def test_a_half_that_is_left_out_is_not_made_or_exported(left_out: str, kept: str, made: set[str]) -> None:
    stack = Stack("foundation", Stage="dev", **{left_out: "no"})
    assert {resource["Type"].split("::")[1] for resource in stack.resources.values()} == made
    assert {name.split("-")[1] for name in stack.exports} == {kept}
