"""Calls the Lambda function itself, to go on with work that one invocation can't finish."""

import json
from collections.abc import Mapping
from typing import Any


def invoke_later(function: str, event: Mapping[str, Any]) -> None:
    """Queues `event` for `function` and returns at once. Raises botocore's errors."""
    import boto3  # here and not above: most invocations have no need of it, and a cold start would wait for it

    boto3.client("lambda").invoke(FunctionName=function, InvocationType="Event", Payload=json.dumps(event).encode())
