"""`spendsense deploy`: what stands beside `zappa deploy`: what is missing, what was made, and taking it away."""

import json
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from spendsense.local.deployment.stage import Stage

the_stage = click.argument("stage")
the_file = click.option(
    "-s",
    "--settings-file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Another file than zappa_settings.json, as for zappa itself.",
)


def read_subnets(value: str | None) -> list[str] | None:
    """The ids of `--subnets`."""
    if value is None:
        return None
    ids = [text.strip() for text in value.split(",")]
    if not all(re.fullmatch(r"subnet-[0-9a-z]+", text) for text in ids):
        raise click.BadParameter("they are subnet-…, separated by commas")
    return ids


def read_origin(value: str | None) -> str | None:
    """The origin of `--origin`."""
    from spendsense.config import is_origin

    if value is not None and not is_origin(value):
        raise click.BadParameter("it is https:// and the host, without a slash at the end")
    return value


@click.group()
def deploy() -> None:
    """A stage on AWS: look before, fill in, look after, take away. `zappa deploy STAGE` itself deploys."""


@deploy.command()
@the_stage
@the_file
def check(stage: str, settings_file: Path | None) -> None:
    """Say what a deployment of STAGE still needs, and the cure; exit 1 when something is wrong. Changes nothing."""
    from spendsense.local.deployment.check import examine

    is_wrong = False
    for finding in examine(_read(stage, settings_file)):
        click.echo(finding)
        is_wrong = is_wrong or finding.cure is not None
    sys.exit(1 if is_wrong else 0)


@deploy.command()
@the_stage
@the_file
@click.option(
    "--subnets",
    callback=lambda *given: read_subnets(given[-1]),
    help="Private subnets, separated by commas, where your database stack exports none.",
)
@click.option("--origin", callback=lambda *given: read_origin(given[-1]), help="The frontend's one origin, https://…")
def configure(stage: str, settings_file: Path | None, subnets: list[str] | None, origin: str | None) -> None:
    """Fill STAGE of zappa_settings.json in from the stacks' outputs; `zappa deploy` does without, by asking them.

    Stacks that are missing are made, at a terminal after a question. With --origin or --subnets alone that can wait: a
    no leaves what was given in the file.
    """
    from spendsense.local.deployment import asking, steps
    from spendsense.local.deployment.stage import SETTINGS_FILE, write_stage

    file = settings_file or SETTINGS_FILE
    given: dict[str, object] = {}
    if subnets:
        given["vpc_config"] = {"SubnetIds": subnets}
    if origin:
        given["aws_environment_variables"] = {"CORS_ORIGINS": origin}
    if given:
        write_stage(stage, given, file)
    read = _read(stage, settings_file)
    asking.confirm_foundation(read)
    steps.lay_foundation(read, click.echo)
    found = steps.prepare(read, click.echo)
    write_stage(stage, found.settings, file)
    click.echo(f"{file.name}: {stage} is filled in; these values are your account's own: keep them out of git.")


@deploy.command()
@the_stage
@the_file
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def info(stage: str, settings_file: Path | None, as_json: bool) -> None:
    """Print the API's URL and id, function, rules, role, log group and queue of STAGE."""
    from spendsense.aws import stacks
    from spendsense.errors import DeploymentError

    read = _read(stage, settings_file)
    outputs = stacks.outputs(read.lambda_stack)
    if outputs is None:
        raise DeploymentError(f"{stage} is not deployed: there is no stack {read.lambda_stack}.")
    if as_json:
        click.echo(json.dumps(outputs, indent=2))
        return
    width = max(map(len, outputs))
    for name, value in sorted(outputs.items()):
        click.echo(f"{name:<{width}}  {value}")


@deploy.command()
@the_stage
@the_file
@click.option("--with-foundation", is_flag=True, help="The network, the database and the user pool too.")
@click.confirmation_option(prompt="The stacks and what is in them go. Sure?")
def remove(stage: str, settings_file: Path | None, with_foundation: bool) -> None:
    """After `zappa undeploy STAGE`: delete the stacks beside it."""
    from spendsense.local.deployment import steps

    steps.remove(_read(stage, settings_file), click.echo, with_foundation=with_foundation)


def _read(name: str, file: Path | None) -> "Stage":
    from spendsense.local.deployment.stage import SETTINGS_FILE, read_stage

    stage = read_stage(name, file or SETTINGS_FILE)
    stage.enter_account()
    return stage
