"""CloudFormation: stacks brought to what their template says, with progress, and errors that name what failed."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, cast

from spendsense.errors import DeploymentError

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient
    from mypy_boto3_cloudformation.type_defs import (
        CreateStackInputTypeDef,
        StackEventTypeDef,
        StackTypeDef,
        UpdateStackInputTypeDef,
    )

POLL_SECONDS = 2.0
LONGEST_SECONDS = 45 * 60.0  # a Multi-AZ database takes about twenty minutes
BORN_DEAD = ("ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "REVIEW_IN_PROGRESS", "DELETE_FAILED")
DENIED = ("AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "UnauthorizedException")

Say = Callable[[str], None]
"""Takes one line of progress."""


@contextmanager
def told(action: str) -> Iterator[None]:
    """Turns what AWS says into a DeploymentError that names the action, and the cure where it is a permission."""
    import botocore.exceptions

    try:
        yield
    except botocore.exceptions.ClientError as error:
        code, message = error.response["Error"].get("Code", ""), error.response["Error"].get("Message", "")
        if code in DENIED:
            cure = f"Give the deploying user the permission that it names ({error.operation_name}), and run it again."
            raise DeploymentError(f"AWS did not allow to {action}: {message} {cure}") from error
        raise DeploymentError(f"AWS could not {action}: {message} ({code} in {error.operation_name})") from error
    except botocore.exceptions.NoCredentialsError as error:
        raise DeploymentError(
            f"There are no AWS credentials to {action}: set AWS_PROFILE, or run `aws configure`."
        ) from error
    except botocore.exceptions.NoRegionError as error:
        raise DeploymentError(f"There is no AWS region to {action} in: set AWS_DEFAULT_REGION.") from error
    except botocore.exceptions.BotoCoreError as error:
        raise DeploymentError(f"AWS can't be reached to {action}: {error}") from error


def outputs(stack: str) -> dict[str, str] | None:
    """The outputs of a stack by name; None when there is no such stack."""
    with told(f"look at the stack {stack}"):
        found = _describe(_client(), stack)
    if found is None:
        return None
    return {output["OutputKey"]: output["OutputValue"] for output in found.get("Outputs", [])}


def parameters(stack: str) -> dict[str, str]:
    """The parameters that a stack was made with; none when there is no such stack."""
    with told(f"look at the stack {stack}"):
        found = _describe(_client(), stack)
    given = found.get("Parameters", []) if found is not None else []
    return {parameter["ParameterKey"]: parameter["ParameterValue"] for parameter in given}


def exports() -> dict[str, str]:
    """All that the account's stacks export in this region, by name."""
    with told("list the stacks' exports"):
        pages = _client().get_paginator("list_exports").paginate()
        return {export["Name"]: export["Value"] for page in pages for export in page["Exports"]}


def physical_id(stack: str, logical_id: str) -> str:
    """The id that AWS gave to a stack's resource. Raises DeploymentError when there is none."""
    with told(f"look at {logical_id} of the stack {stack}"):
        found = _client().describe_stack_resource(StackName=stack, LogicalResourceId=logical_id)
    return found["StackResourceDetail"]["PhysicalResourceId"]


def apply(stack: str, template: str, parameters: Mapping[str, str], say: Say) -> dict[str, str]:
    """Makes the stack, or brings it up to date, waits, and returns its outputs. Without a change it does nothing.

    A stack whose making failed is removed and made anew. Raises DeploymentError with the reason of the first resource
    that failed; CloudFormation has rolled back by then.
    """
    client = _client()
    with told(f"read the stack {stack}"):
        found = _describe(client, stack)
        if found is not None and found["StackStatus"] in BORN_DEAD:
            say(f"{stack}: its making had failed; it is removed and made anew")
            remove(stack, say)
            found = None
        since = _last_event(client, stack) if found is not None else None
    request: CreateStackInputTypeDef = {
        "StackName": stack,
        "TemplateBody": template,
        "Parameters": [{"ParameterKey": name, "ParameterValue": value} for name, value in parameters.items()],
        "Tags": [{"Key": "application", "Value": "spendsense"}],
        "Capabilities": ["CAPABILITY_NAMED_IAM"],
    }
    with told(f"{'update' if found else 'make'} the stack {stack}"):
        if not _begin(client, request, exists=found is not None):
            say(f"{stack}: up to date")
            return outputs(stack) or {}
        _wait(client, stack, since, say)
    return outputs(stack) or {}


def remove(stack: str, say: Say) -> None:
    """Deletes the stack and waits; nothing happens when there is none."""
    client = _client()
    with told(f"delete the stack {stack}"):
        found = _describe(client, stack)
        if found is None:
            return
        since = _last_event(client, stack)
        client.delete_stack(StackName=stack)
        _wait(client, found.get("StackId", stack), since, say)


def _client() -> "CloudFormationClient":
    import boto3

    return boto3.client("cloudformation")


def _describe(client: "CloudFormationClient", stack: str) -> "StackTypeDef | None":
    from botocore.exceptions import ClientError

    try:
        found = client.describe_stacks(StackName=stack)["Stacks"]
    except ClientError as error:
        if "does not exist" in str(error):
            return None
        raise
    return found[0] if found and found[0]["StackStatus"] != "DELETE_COMPLETE" else None


def _begin(client: "CloudFormationClient", request: "CreateStackInputTypeDef", *, exists: bool) -> bool:
    """Starts the change; False when there is nothing to change."""
    from botocore.exceptions import ClientError

    if not exists:
        client.create_stack(**request)
        return True
    try:
        client.update_stack(**cast("UpdateStackInputTypeDef", request))
    except ClientError as error:
        if "No updates are to be performed" in str(error):
            return False
        raise
    return True


def _wait(client: "CloudFormationClient", stack: str, since: str | None, say: Say) -> None:
    """Tells of each resource until the stack rests. Raises DeploymentError when it did not come to what was asked."""
    seen: set[str] = {since} if since else set()
    failures: list[str] = []
    ends_at = time.monotonic() + LONGEST_SECONDS
    while time.monotonic() < ends_at:
        for event in _new_events(client, stack, seen):
            status, logical = event.get("ResourceStatus", ""), event.get("LogicalResourceId", "")
            if status.endswith("_FAILED"):
                failures.append(f"{logical}: {event.get('ResourceStatusReason', 'no reason given')}")
            if status.endswith(("_COMPLETE", "_FAILED")):
                say(f"  {logical} {status.lower().replace('_', ' ')}")
        found = _describe(client, stack)
        if found is None or found["StackStatus"] in ("CREATE_COMPLETE", "UPDATE_COMPLETE"):
            return
        if not found["StackStatus"].endswith("_IN_PROGRESS"):
            reason = failures[0] if failures else found.get("StackStatusReason", found["StackStatus"])
            raise DeploymentError(f"The stack {stack} failed and was rolled back. {reason}")
        time.sleep(POLL_SECONDS)
    raise DeploymentError(f"The stack {stack} is still at work after {LONGEST_SECONDS / 60:.0f} minutes; look at it.")


def _new_events(client: "CloudFormationClient", stack: str, seen: set[str]) -> "list[StackEventTypeDef]":
    """The events that came since those already seen, oldest first."""
    from botocore.exceptions import ClientError

    fresh = []
    try:
        for event in client.describe_stack_events(StackName=stack)["StackEvents"]:
            if event["EventId"] in seen:
                break
            fresh.append(event)
    except ClientError as error:
        if "does not exist" not in str(error):
            raise
    seen.update(event["EventId"] for event in fresh)
    return fresh[::-1]


def _last_event(client: "CloudFormationClient", stack: str) -> str | None:
    events = client.describe_stack_events(StackName=stack)["StackEvents"]
    return events[0]["EventId"] if events else None
