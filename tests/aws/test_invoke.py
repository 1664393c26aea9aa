"""Going on in another invocation: queued, not waited for."""

import json
from typing import Any

import boto3
import pytest

from spendsense.aws.invoke import invoke_later


def test_the_event_is_queued_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[dict[str, Any]] = []

    class Lambda:
        def invoke(self, **request: Any) -> None:
            asked.append(request)

    monkeypatch.setattr(boto3, "client", {"lambda": Lambda()}.__getitem__)
    invoke_later("arn:f", {"as_of": "2026-03-01", "depth": 2})
    (request,) = asked
    assert (request["FunctionName"], request["InvocationType"]) == ("arn:f", "Event")  # asynchronous
    assert json.loads(request["Payload"]) == {"as_of": "2026-03-01", "depth": 2}
