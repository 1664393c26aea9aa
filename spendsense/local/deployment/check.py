"""What a deployment needs, looked at beforehand: each finding says what is so, or what to do about it."""

import shutil
import sys
from collections.abc import Callable, Iterator

from spendsense.aws import account, cognito, secrets, stacks
from spendsense.errors import SpendSenseError
from spendsense.local.deployment import package, steps
from spendsense.local.deployment.stage import Stage
from spendsense.local.findings import Finding


def examine(stage: Stage) -> Iterator[Finding]:
    """All findings for the stage, in the order in which a deployment meets them. Changes nothing."""
    checks: list[tuple[str, Callable[[Stage], Iterator[Finding]]]] = [
        ("Python", _python),
        ("settings", _settings),
        ("credentials", _credentials),
        ("surroundings", _surroundings),
        ("function", _function),
    ]
    for subject, check in checks:
        try:
            yield from check(stage)
        except SpendSenseError as error:
            yield Finding(subject, "not in order", str(error))


def _python(_stage: Stage) -> Iterator[Finding]:
    version = ".".join(map(str, sys.version_info[:2]))
    cure = None if sys.version_info[:2] == package.PYTHON else "deploy with Python 3.11: the package is made for it"
    yield Finding("Python", version, cure)
    if shutil.which("zappa") is None and sys.prefix == sys.base_prefix:
        yield Finding("zappa", "not on the path", "activate the environment: source .venv/bin/activate")


def _settings(stage: Stage) -> Iterator[Finding]:
    yield Finding("settings", f"{stage.function} for the origin {stage.origin}")


def _credentials(_stage: Stage) -> Iterator[Finding]:
    who = account.identity()
    yield Finding("credentials", f"{who.arn} in {who.region}")


def _surroundings(stage: Stage) -> Iterator[Finding]:
    exports = stacks.exports()
    database, pool = steps.halves(stage, exports)
    for half in (database, pool):
        if not half.missing:
            yield Finding(half.name, "all that is needed is exported")
        elif half.is_absent:
            yield Finding(half.name, f"not there: `zappa deploy {stage.name}` makes it ({stage.foundation_stack})")
        else:
            yield Finding(half.name, f"{', '.join(half.missing)} not exported", "export it from your own stack")
    if not database.missing:
        secrets.database_login(exports[f"{stage.database_exports}-ConnectionStringSecretArn"])
        yield Finding("secret", "the database's can be read, and has all that is needed")
    if not pool.missing:
        found = cognito.read_pool(exports[f"{stage.cognito_exports}-CognitoConfigSecretArn"])
        keys = "with its keys" if found.jwks else "its keys are added by the deployment"
        yield Finding("secret", f"Cognito's can be read, {keys}")


def _function(stage: Stage) -> Iterator[Finding]:
    api = steps.find_api(stage)
    outputs = stacks.outputs(stage.lambda_stack)
    if api is None:
        yield Finding("function", f"not deployed yet: run `zappa deploy {stage.name}`")
    elif outputs is None or outputs.get("ApiId") != api:
        yield Finding("function", "deployed without its overlay", f"run `zappa update {stage.name}`")
    else:
        yield Finding("function", f"deployed at {outputs['ApiUrl']}")
