"""The stacks that a team has already: a database's and a user pool's, with the exports that are asked of them."""

import json
from typing import Any

import sqlalchemy as sa

from tests.aws.deploy.cloud import Cloud

ORIGIN = "https://staging.spendsense.test"


def lay_own_stacks(cloud: Cloud) -> list[str]:
    """Makes both for the cloud's stage; returns the ids of the private subnets, which they do not export."""
    url = sa.make_url(cloud.database_url).set(drivername="postgresql", query={})
    _lay(cloud, "Database", database_stack(url.render_as_string(hide_password=False)))
    _lay(cloud, "Cognito", COGNITO_STACK)
    resources = cloud.client("cloudformation").describe_stack_resources(StackName=f"SpendSense-Database-{cloud.stage}")
    return [
        resource["PhysicalResourceId"]
        for resource in resources["StackResources"]
        if resource["ResourceType"] == "AWS::EC2::Subnet"
    ]


def database_stack(connection: str) -> dict[str, Any]:
    """A network, and a secret that holds a connection URL."""
    vpc = {"Ref": "Network"}
    return {
        "Resources": {
            "Network": _resource("EC2::VPC", CidrBlock="10.9.0.0/16"),
            "Left": _resource("EC2::Subnet", VpcId=vpc, CidrBlock="10.9.0.0/24"),
            "Right": _resource("EC2::Subnet", VpcId=vpc, CidrBlock="10.9.1.0/24"),
            "Group": _resource("EC2::SecurityGroup", VpcId=vpc, GroupDescription="functions"),
            "Connection": _resource("SecretsManager::Secret", Name="team/connection", SecretString=connection),
        },
        "Outputs": {
            "Group": _export("LambdaSecurityGroupId", {"Ref": "Group"}),
            "Secret": _export("ConnectionStringSecretArn", {"Fn::GetAtt": ["Connection", "Id"]}),
        },
    }


def _resource(kind: str, **properties: Any) -> dict[str, Any]:
    return {"Type": f"AWS::{kind}", "Properties": properties}


def _export(name: str, value: Any) -> dict[str, Any]:
    return {"Value": value, "Export": {"Name": {"Fn::Sub": "${AWS::StackName}-" + name}}}


COGNITO_STACK = {
    "Resources": {
        "Pool": _resource("Cognito::UserPool", UserPoolName="team", AutoVerifiedAttributes=["email"]),
        "Client": _resource(
            "Cognito::UserPoolClient",
            UserPoolId={"Ref": "Pool"},
            ExplicitAuthFlows=["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"],
        ),
        "Consumers": _resource("Cognito::UserPoolGroup", UserPoolId={"Ref": "Pool"}, GroupName="consumers"),
        "Config": _resource(
            "SecretsManager::Secret",
            Name="team/cognito",
            SecretString={
                "Fn::Sub": '{"region": "${AWS::Region}", "user_pool_id": "${Pool}", "client_id": "${Client}"}'
            },
        ),
    },
    "Outputs": {
        "Id": _export("UserPoolId", {"Ref": "Pool"}),
        "Arn": _export("UserPoolArn", {"Fn::GetAtt": ["Pool", "Arn"]}),
        "Secret": _export("CognitoConfigSecretArn", {"Fn::GetAtt": ["Config", "Id"]}),
    },
}


def _lay(cloud: Cloud, half: str, template: dict[str, Any]) -> None:
    stacks, name = cloud.client("cloudformation"), f"SpendSense-{half}-{cloud.stage}"
    stacks.create_stack(StackName=name, TemplateBody=json.dumps(template))
    stacks.get_waiter("stack_create_complete").wait(StackName=name, WaiterConfig={"Delay": 1})
