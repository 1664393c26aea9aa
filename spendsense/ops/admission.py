"""Which events may reach the function. Whoever may invoke it could otherwise run any code, or claim to be anyone.

gateway    a REST API's proxy event   → without the authorizer's claims: the application checks the token itself
schedule   a rule of this function    → the job that the rule names
command    {"command": "jobs.…"}      → one of the named commands, with known members only
"""

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from spendsense.errors import SpendSenseError

JOBS = {f"jobs.{job}.run": f"jobs.{job}" for job in ("compute_features", "assign_persona", "generate_recommendations")}
MIGRATE = "spendsense.ops.migrate"
COMMANDS = {**JOBS, MIGRATE: MIGRATE}
"""Each command with the module whose `run(event, context)` it is."""

JOB_MEMBERS = frozenset({"command", "user_id", "user_ids", "as_of", "time", "shard", "depth"})
SCHEDULE_MEMBERS = frozenset({"time"})
COMPARED_CLAIMS = ("sub", "iss", "token_use")
FORWARDED = "x-forwarded-for"  # from which Zappa takes the caller's address


class RefusedEvent(SpendSenseError):
    """The event is none of those that this function takes."""


@dataclass(frozen=True, slots=True)
class Admitted:
    """An event to act on: a request where `command` is None, else a command with its members."""

    command: str | None
    event: dict[str, Any]


def admit(event: object, function: str) -> Admitted:
    """What an event asks for, cut down to what may be believed. Raises RefusedEvent for all that is not ours."""
    if not isinstance(event, dict):
        raise RefusedEvent("The event is no JSON object.")
    if "command" in event:
        return _command(event)
    if event.get("source") == "aws.events":
        return _schedule(event, function)
    if "httpMethod" in event:
        return _request(event)
    raise RefusedEvent("The event is neither a request, nor a schedule, nor a command.")


def _command(event: Mapping[str, Any]) -> Admitted:
    command = event["command"]
    if command == MIGRATE and set(event) == {"command"}:
        return Admitted(MIGRATE, {})
    if not isinstance(command, str) or command not in JOBS:
        raise RefusedEvent(f"The commands are {', '.join(COMMANDS)}.")
    if strangers := sorted(str(name) for name in set(event) - JOB_MEMBERS):
        raise RefusedEvent(f"A job's event has no member {', '.join(strangers)}.")
    return Admitted(command, {name: value for name, value in event.items() if name != "command"})


def _schedule(event: Mapping[str, Any], function: str) -> Admitted:
    """Zappa names a rule `{function}-{dotted path}`, and cuts off its beginning where that is too long."""
    resources = event.get("resources")
    if event.get("detail-type") != "Scheduled Event" or not isinstance(resources, list) or len(resources) != 1:
        raise RefusedEvent("The event is of no schedule.")
    _, _, rule = str(resources[0]).partition(":rule/")
    for command in JOBS:
        if rule == f"{function}-{command}":
            return Admitted(command, {name: value for name, value in event.items() if name in SCHEDULE_MEMBERS})
    raise RefusedEvent("The schedule is none of this function.")


def _request(event: Mapping[str, Any]) -> Admitted:
    context = event.get("requestContext")
    is_rest = isinstance(context, dict) and context.get("apiId") and context.get("stage") and "elb" not in context
    if not is_rest or event.get("version") == "2.0" or not isinstance(event.get("path"), str):
        raise RefusedEvent("The request is of no REST API.")
    assert isinstance(context, dict)
    authorizer = context.get("authorizer")
    if authorizer and not _agrees(authorizer, event):
        raise RefusedEvent("The authorizer's claims are not those of the token.")
    believed = {
        "requestContext": {name: value for name, value in context.items() if name != "authorizer"},
        "stageVariables": None,  # Zappa would write them into the environment
        "path": quote(event["path"], safe="/", errors="replace"),  # Zappa unquotes it, and %2F would become a slash
        "headers": _with_address(event.get("headers"), _address(context)),
        "multiValueHeaders": _with_address(event.get("multiValueHeaders"), [_address(context)]),
    }
    return Admitted(None, {**event, **believed})


def _address(context: Mapping[str, Any]) -> str:
    """Where the gateway saw the request come from; the headers say what the caller likes."""
    identity = context.get("identity")
    return str(identity.get("sourceIp") or "") if isinstance(identity, dict) else ""


def _with_address(headers: object, address: Any) -> dict[str, Any]:
    given = headers if isinstance(headers, dict) else {}
    return {name: value for name, value in given.items() if str(name).lower() != FORWARDED} | {FORWARDED: address}


def _agrees(authorizer: object, event: Mapping[str, Any]) -> bool:
    """Whether the claims beside the token are the token's own. The token itself is verified by the application."""
    claims = authorizer.get("claims") if isinstance(authorizer, dict) else None
    stated = _stated_claims(_authorization(event))
    if not isinstance(claims, dict) or stated is None:
        return False
    return all(claims.get(name) == stated.get(name) for name in COMPARED_CLAIMS)


def _authorization(event: Mapping[str, Any]) -> str:
    headers = event.get("headers")
    values = [str(value) for name, value in (headers or {}).items() if str(name).lower() == "authorization"]
    return values[0].rpartition(" ")[2] if len(values) == 1 else ""


def _stated_claims(token: str) -> Mapping[str, Any] | None:
    """A token's payload, not verified; None when it is not a token."""
    parts = token.split(".")
    if len(parts) != 3:
        return None
    try:
        found = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    except (binascii.Error, ValueError):
        return None
    return found if isinstance(found, dict) else None
