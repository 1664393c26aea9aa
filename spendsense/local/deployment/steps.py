"""The steps around `zappa deploy`, `update` and `undeploy`. Each may be run again: what is already so stays so."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from spendsense.aws import account, gateway, network, stacks
from spendsense.aws.invoke import invoke_later
from spendsense.aws.stacks import Say
from spendsense.errors import DeploymentError
from spendsense.local.deployment.stage import COGNITO_STACK, DATABASE_STACK, TEMPLATES, Stage

REQUESTS_PER_SECOND = 100
BURST = 100

DATABASE_EXPORTS = ("LambdaSecurityGroupId", "ConnectionStringSecretArn", "PrivateSubnetIds")
COGNITO_EXPORTS = ("UserPoolId", "UserPoolArn", "CognitoConfigSecretArn")


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the function is given by the stacks around it."""

    role_arn: str
    subnet_ids: tuple[str, ...]
    security_group_ids: tuple[str, ...]
    database_secret_arn: str
    cognito_secret_arn: str
    bucket: str

    @property
    def settings(self) -> dict[str, Any]:
        """The same under the names of `zappa_settings.json`."""
        return {
            "role_arn": self.role_arn,
            "s3_bucket": self.bucket,
            "vpc_config": {"SubnetIds": list(self.subnet_ids), "SecurityGroupIds": list(self.security_group_ids)},
            "aws_environment_variables": {
                "DATABASE_SECRET_ARN": self.database_secret_arn,
                "COGNITO_SECRET_ARN": self.cognito_secret_arn,
            },
        }


@dataclass(frozen=True, slots=True)
class Half:
    """The database's or the user pool's half of the surroundings: the exports that it should have, and lacks."""

    name: str
    wanted: tuple[str, ...]
    missing: tuple[str, ...]
    is_a_teams: bool

    @property
    def is_absent(self) -> bool:
        """Nobody has made it, and the foundation would; with some of its exports it is a team's own, and incomplete."""
        return self.missing == self.wanted and not self.is_a_teams


def halves(stage: Stage, exports: Mapping[str, str]) -> tuple[Half, Half]:
    """Database and Cognito, as the account has them. Subnets may stand in the settings instead."""

    def half(name: str, prefix: str, exported: tuple[str, ...], *, is_a_teams: bool) -> Half:
        wanted = tuple(f"{prefix}-{member}" for member in exported)
        return Half(name, wanted, tuple(full for full in wanted if full not in exports), is_a_teams)

    database = tuple(name for name in DATABASE_EXPORTS if not (name == "PrivateSubnetIds" and stage.subnet_ids))
    return (
        half("database", stage.database_exports, database, is_a_teams=stage.database_stack != DATABASE_STACK),
        half("Cognito", stage.cognito_exports, COGNITO_EXPORTS, is_a_teams=stage.cognito_stack != COGNITO_STACK),
    )


def lay_foundation(stage: Stage, say: Say) -> None:
    """Makes the network, database and user pool that are missing; a half that a team already has is left alone.

    Raises DeploymentError when a half is there in part: then the cure is the team's.
    """
    database, pool = found = halves(stage, stacks.exports())
    ours = stacks.outputs(stage.foundation_stack)
    for half in found:
        if half.missing and (half.is_a_teams or (not half.is_absent and ours is None)):
            raise DeploymentError(
                f"Your own {half.name} stack lacks exports: {', '.join(half.missing)}. "
                "Add them to it (subnets may stand under vpc_config in zappa_settings.json instead)."
            )
    wanting = [half.name for half in found if half.missing]
    if not wanting:
        return
    say(f"{stage.foundation_stack}: making what is missing: {', '.join(wanting)}")
    made = ours or {}  # a half that this stack has made stays in it: without it the stack would delete it
    parameters = {
        "Stage": stage.name,
        "WithDatabase": "yes" if database.missing or "ConnectionStringSecretArn" in made else "no",
        "WithCognito": "yes" if pool.missing or "UserPoolId" in made else "no",
        **_zones(stage),
    }
    stacks.apply(stage.foundation_stack, _template("foundation"), parameters, say)


def prepare(stage: Stage, say: Say) -> Surroundings:
    """Step one, before Zappa: role, log group, queue and alarms; an API that is there already keeps its overlay."""
    stacks.apply(stage.lambda_stack, _template("spendsense"), _parameters(stage, find_api(stage)), say)
    return surroundings(stage)


def surroundings(stage: Stage) -> Surroundings:
    """What the stacks give to the function; role, network and bucket that the stage's own settings name come first.

    Raises DeploymentError when the stacks are not there.
    """
    role = (stacks.outputs(stage.lambda_stack) or {}).get("RoleArn")
    if role is None:
        raise DeploymentError(f"The stack {stage.lambda_stack} is not there: run `zappa deploy {stage.name}` first.")
    exports = stacks.exports()
    gaps = [name for half in halves(stage, exports) for name in half.missing]
    if gaps:
        raise DeploymentError(f"These exports are missing: {', '.join(gaps)}. `spendsense deploy check` says more.")
    who = account.identity()
    database, cognito = stage.database_exports, stage.cognito_exports
    return Surroundings(
        role_arn=stage.own.get("role_arn", role),
        subnet_ids=stage.subnet_ids or tuple(exports[f"{database}-PrivateSubnetIds"].split(",")),
        security_group_ids=stage.security_group_ids or (exports[f"{database}-LambdaSecurityGroupId"],),
        database_secret_arn=exports[f"{database}-ConnectionStringSecretArn"],
        cognito_secret_arn=exports[f"{cognito}-CognitoConfigSecretArn"],
        bucket=stage.own.get("s3_bucket", f"spendsense-packages-{who.account_id}-{who.region}"),
    )


def lacks_foundation(stage: Stage) -> list[str]:
    """The halves that a deployment would make, because nobody has."""
    if stacks.outputs(stage.foundation_stack) is not None:
        return []
    return [half.name for half in halves(stage, stacks.exports()) if half.missing]


def find_api(stage: Stage) -> str | None:
    """The id of the REST API that Zappa made; None before its first deploy."""
    if stacks.outputs(stage.function) is None:  # Zappa's own stack has the function's name
        return None
    return stacks.physical_id(stage.function, "Api")


def finish(stage: Stage, say: Say, *, is_first: bool) -> dict[str, str]:
    """Step two, after Zappa: the overlay, its deployment, the throttle, the pool's keys, the migrations.

    The first time the jobs run once, or their alarms would miss them until the night. Returns the outputs of the
    stage's stack.
    """
    api = find_api(stage)
    if api is None:
        raise DeploymentError(f"Zappa's stack {stage.function} is not there: run `zappa deploy {stage.name}`.")
    outputs = stacks.apply(stage.lambda_stack, _template("spendsense"), _parameters(stage, api), say)
    gateway.redeploy(api, stage.name)
    gateway.throttle(api, stage.name, REQUESTS_PER_SECOND, BURST)
    say(f"The stage {stage.name} is deployed and takes {REQUESTS_PER_SECOND} requests a second.")
    if account.publish_keys(surroundings(stage).cognito_secret_arn):
        say("The user pool's public keys stand in its secret.")
    report = account.call(stage.function, {"command": "spendsense.ops.migrate"})
    say(f"Migrations: {report}")
    if is_first:
        for job in stage.jobs:
            invoke_later(stage.function, {"command": job})
        say("The jobs run once, and then each night.")
    return outputs


def take_down_overlay(stage: Stage, say: Say) -> None:
    """Before `zappa undeploy`: what lies over the API goes, or the API could not be deleted."""
    if stacks.outputs(stage.lambda_stack) is not None:
        stacks.apply(stage.lambda_stack, _template("spendsense"), _parameters(stage, None), say)


def remove(stage: Stage, say: Say, *, with_foundation: bool) -> None:
    """After `zappa undeploy`: deletes our stacks. Raises DeploymentError while Zappa's own is still there."""
    if stacks.outputs(stage.function) is not None:
        raise DeploymentError(f"The function is still deployed: run `zappa undeploy {stage.name}` first.")
    groups = stage.security_group_ids or _exported_groups(stage)
    if groups:
        network.wait_until_released(stage.function, groups, say)
    stacks.remove(stage.lambda_stack, say)
    if with_foundation:
        stacks.remove(stage.foundation_stack, say)


def _exported_groups(stage: Stage) -> tuple[str, ...]:
    group = stacks.exports().get(f"{stage.database_exports}-LambdaSecurityGroupId")
    return (group,) if group else ()


def _zones(stage: Stage) -> dict[str, str]:
    """The zones that the foundation lies in, else two that suit it: its subnets can't move."""
    found = stacks.parameters(stage.foundation_stack)
    if found.get("ZoneA") and found.get("ZoneB"):
        return {"ZoneA": found["ZoneA"], "ZoneB": found["ZoneB"]}
    first, second = network.two_zones()
    return {"ZoneA": first, "ZoneB": second}


def _parameters(stage: Stage, api: str | None) -> dict[str, str]:
    return {
        "Stage": stage.name,
        "DatabaseStack": stage.database_stack,
        "CognitoStack": stage.cognito_stack,
        "AllowOrigin": stage.origin,
        "RestApiId": api or "",
        "RootResourceId": gateway.root_resource(api) if api else "",
        "AlarmTopicArn": str(stage.settings.get("alarm_topic_arn", "")),
    }


def _template(name: str) -> str:
    return (TEMPLATES / f"{name}.yaml").read_text(encoding="utf-8")
