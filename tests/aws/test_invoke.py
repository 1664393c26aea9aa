"""Going on in another invocation: queued once, with the hop counted, and not for ever."""

import json
from typing import Any

import boto3
import pytest

from spendsense.aws.invoke import MOST_HOPS, invoke_again


class Lambda:
    """What AWS would have been asked."""

    def __init__(self) -> None:
        self.asked: list[dict[str, Any]] = []

    def invoke(self, **request: Any) -> None:
        self.asked.append(request)


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Lambda:
    service = Lambda()
    monkeypatch.setattr(boto3, "client", {"lambda": service}.__getitem__)
    return service


def test_the_event_is_queued_with_its_hop(service: Lambda) -> None:
    assert invoke_again("arn:f", {"as_of": "2026-03-01", "hops": 2}) is True
    (request,) = service.asked
    assert (request["FunctionName"], request["InvocationType"]) == ("arn:f", "Event")  # asynchronous
    assert json.loads(request["Payload"]) == {"as_of": "2026-03-01", "hops": 3}


def test_the_last_hop_is_the_twelfth(service: Lambda) -> None:
    assert invoke_again("arn:f", {"hops": MOST_HOPS - 1}) is True
    assert invoke_again("arn:f", {"hops": MOST_HOPS}) is False
    assert len(service.asked) == 1
