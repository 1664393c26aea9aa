"""What Zappa calls at its three moments, so that `zappa deploy dev` is the one command.

Zappa hands over its own ZappaCLI object; what is set on it here is what it goes on with.
"""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from spendsense.errors import DeploymentError, SpendSenseError
from spendsense.local.deployment import asking, package, steps
from spendsense.local.deployment.stage import SETTINGS_FILE, Stage, read_stage
from spendsense.local.home import PROJECT

MADE_WITH_A_PACKAGE = ("deploy", "update", "package")
NEED_THE_STACKS = ("update", "schedule")


def settings(zappa: Any) -> None:
    """Once the settings are read: what the command needs is made, and its values are put into Zappa."""
    with readable():
        _before(zappa, _stage(zappa), zappa.command)


def zip(zappa: Any) -> None:  # noqa: A001  Zappa's name for the moment
    """Once the package is written: its bytecode is made good."""
    with readable():
        package.finish(Path(zappa.zip_path))


def post(zappa: Any) -> None:
    """Once function and API are there: the overlay is laid, the pool's keys are published, the tables migrated."""
    with readable():
        outputs = steps.finish(_stage(zappa), click.echo, is_first=zappa.command == "deploy")
    click.echo(f"The API is at {outputs.get('ApiUrl')}/api/v1 (`spendsense deploy info {zappa.api_stage}` tells more).")


@contextmanager
def readable() -> Iterator[None]:
    """Has Zappa show an error of ours in one line, and end with exit code 1."""
    try:
        yield
    except SpendSenseError as error:
        raise click.ClickException(str(error)) from error


def _stage(zappa: Any) -> Stage:
    return read_stage(zappa.api_stage, Path(zappa.vargs.get("settings_file") or SETTINGS_FILE))


def _before(zappa: Any, stage: Stage, command: str) -> None:
    stage.enter_account()
    if command in MADE_WITH_A_PACKAGE:
        os.environ["VIRTUAL_ENV"] = str(package.prepare(PROJECT))  # Zappa packages this one, not the developer's
    if command == "deploy":
        asking.confirm_foundation(stage)
        steps.lay_foundation(stage, click.echo)
        _put_in(zappa, steps.prepare(stage, click.echo))
    elif command in NEED_THE_STACKS:
        _put_in(zappa, steps.surroundings(stage))
    elif command == "undeploy":
        _confirm_undeploy(zappa)
        _keep_the_logs(zappa, stage)
        steps.take_down_overlay(stage, click.echo)


def _put_in(zappa: Any, found: steps.Surroundings) -> None:
    values = found.settings
    zappa.zappa.credentials_arn = values["role_arn"]
    zappa.vpc_config = values["vpc_config"]
    zappa.s3_bucket_name = values["s3_bucket"]
    zappa.aws_environment_variables = {**zappa.aws_environment_variables, **values["aws_environment_variables"]}


def _confirm_undeploy(zappa: Any) -> None:
    """Zappa asks only after this moment, when the overlay would be gone already: so it is asked here, once."""
    if zappa.vargs.get("yes"):
        return
    if not sys.stdin.isatty():
        raise DeploymentError(f"Nobody is there to ask: `zappa undeploy {zappa.api_stage} -y` means it.")
    asking.confirm(f"Undeploy {zappa.api_stage}: the API, its function and its schedules go?")
    zappa.vargs["yes"] = True


def _keep_the_logs(zappa: Any, stage: Stage) -> None:
    """The log group is our stack's: deleted behind its back, it would not be made again, and logs would be lost."""
    if zappa.vargs.get("remove_logs"):
        zappa.vargs["remove_logs"] = False
        click.echo(f"The logs go with the stack {stage.lambda_stack}: `spendsense deploy remove {stage.name}`.")
