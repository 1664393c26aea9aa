"""Calls the Lambda function itself, to go on with work that one invocation can't finish."""

import json
from collections.abc import Mapping
from typing import Any

import boto3

MOST_HOPS = 12  # AWS stops a function that calls itself about 16 times in a row; the next schedule goes on


def invoke_again(function: str, event: Mapping[str, Any]) -> bool:
    """Queues `event` for `function` and returns at once. False when it has been handed on too often already."""
    hops = int(event.get("hops", 0)) + 1
    if hops > MOST_HOPS:
        return False
    payload = json.dumps({**event, "hops": hops}).encode()
    boto3.client("lambda").invoke(FunctionName=function, InvocationType="Event", Payload=payload)
    return True
