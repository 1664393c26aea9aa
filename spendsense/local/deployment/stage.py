"""A stage as `zappa_settings.json` describes it, and the names that follow from it."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from spendsense.config import is_origin
from spendsense.errors import ConfigurationError
from spendsense.local.home import PROJECT

SETTINGS_FILE = PROJECT / "zappa_settings.json"
TEMPLATES = PROJECT / "cloudformation"
DATABASE_STACK, COGNITO_STACK = "SpendSense-Database", "SpendSense-Cognito"  # whose exports the foundation has
PLACEHOLDER = ".example"  # the domain of RFC 2606 that the committed origins stand in


@dataclass(frozen=True)
class Stage:
    """One stage. `settings` has what it extends merged in as Zappa does it: key by key, the stage's own value wins.

    `own` is what it says itself. Whatever belongs to one stage alone (role, network, secrets, bucket) is read from
    there: inherited, it would put one stage on the database of another.
    """

    name: str
    settings: Mapping[str, Any]
    own: Mapping[str, Any]

    @property
    def function(self) -> str:
        """Name of the Lambda function, of its API and of Zappa's own stack."""
        return f"{self.settings['project_name']}-{self.name}"

    @property
    def lambda_stack(self) -> str:
        """The stack of what Zappa does not make."""
        return f"SpendSense-Lambda-{self.name}"

    @property
    def foundation_stack(self) -> str:
        """The stack of network, database and user pool, where a team has none of its own."""
        return f"SpendSense-Foundation-{self.name}"

    @property
    def database_stack(self) -> str:
        """What the names of the database stack's exports begin with, before the stage."""
        return str(self.settings.get("database_stack", DATABASE_STACK))

    @property
    def cognito_stack(self) -> str:
        """What the names of the Cognito stack's exports begin with, before the stage."""
        return str(self.settings.get("cognito_stack", COGNITO_STACK))

    @property
    def database_exports(self) -> str:
        """The same with the stage."""
        return f"{self.database_stack}-{self.name}"

    @property
    def cognito_exports(self) -> str:
        """The same with the stage."""
        return f"{self.cognito_stack}-{self.name}"

    @property
    def region(self) -> str:
        """The AWS region. Raises ConfigurationError where none is named."""
        if not self.settings.get("aws_region"):
            raise ConfigurationError(f"The stage {self.name} names no aws_region in zappa_settings.json.")
        return str(self.settings["aws_region"])

    def enter_account(self) -> None:
        """Has our own calls to AWS go where Zappa's go: to the stage's region, with its profile where it names one."""
        os.environ["AWS_DEFAULT_REGION"] = self.region
        if profile := self.settings.get("profile_name"):
            os.environ["AWS_PROFILE"] = str(profile)

    @property
    def jobs(self) -> tuple[str, ...]:
        """The functions that run by schedule."""
        return tuple(event["function"] for event in self.settings["events"])

    @property
    def subnet_ids(self) -> tuple[str, ...]:
        """The private subnets that the file names, where no stack exports them."""
        return tuple(self.own.get("vpc_config", {}).get("SubnetIds", ()))

    @property
    def security_group_ids(self) -> tuple[str, ...]:
        """The security groups that the file names, where the stack's is not the one."""
        return tuple(self.own.get("vpc_config", {}).get("SecurityGroupIds", ()))

    @property
    def origin(self) -> str:
        """The frontend's origin, in dev `*` for all. Raises ConfigurationError for any other, and for the placeholder.

        With an origin that is none the function itself would not start.
        """
        origin = str(self.settings.get("aws_environment_variables", {}).get("CORS_ORIGINS", ""))
        is_all = origin == "*" and self.name == "dev"
        if origin.endswith(PLACEHOLDER) or not (is_all or is_origin(origin)):
            raise ConfigurationError(
                f"CORS_ORIGINS of the stage {self.name} is '{origin}': put the frontend's one origin "
                f"(https://…, without a slash at the end) under aws_environment_variables in zappa_settings.json."
            )
        return origin


def read_stage(name: str, file: Path = SETTINGS_FILE) -> Stage:
    """The stage of that name. Raises ConfigurationError when the file can't be read or has no such stage."""
    stages = read_file(file)
    return Stage(name, _merged(stages, name), stages[name])


def read_file(file: Path = SETTINGS_FILE) -> dict[str, Any]:
    """All stages as the file has them. Raises ConfigurationError when it can't be read."""
    try:
        found: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ConfigurationError(f"{file.name} can't be read: {error}") from error
    if not isinstance(found, dict) or not all(isinstance(stage, dict) for stage in found.values()):
        raise ConfigurationError(f"{file.name} can't be read: it is an object of stages, each an object.")
    return found


def write_stage(name: str, values: Mapping[str, Any], file: Path = SETTINGS_FILE) -> None:
    """Writes values into the stage, whole or not at all; mappings are merged into those that stand there."""
    stages = read_file(file)
    own = read_stage(name, file).own
    for key, value in values.items():
        before = own.get(key)
        stages[name][key] = {**before, **value} if isinstance(before, dict) and isinstance(value, dict) else value
    unfinished = file.with_suffix(".new")
    unfinished.write_text(json.dumps(stages, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    unfinished.replace(file)


def _merged(stages: Mapping[str, Any], name: str) -> dict[str, Any]:
    if name not in stages:
        raise ConfigurationError(f"zappa_settings.json has no stage '{name}'; it has {', '.join(stages)}.")
    settings: dict[str, Any] = stages[name]
    parent = settings.get("extends")
    return {**_merged(stages, parent), **settings} if parent else settings
