"""What a deployment asks of EC2: zones, and interfaces that Lambda still holds."""

from collections.abc import Iterator
from typing import Any

import boto3
import pytest

from spendsense.aws import network
from spendsense.errors import DeploymentError


class Ec2:
    """EC2's answers, one after the other."""

    def __init__(self, zones: list[dict[str, str]], interfaces: list[list[str]]) -> None:
        self.zones, self.interfaces = zones, interfaces
        self.asked: list[Any] = []

    def describe_availability_zones(self, **_filters: Any) -> dict[str, Any]:
        return {"AvailabilityZones": self.zones}

    def get_paginator(self, _name: str) -> "Ec2":
        return self

    def paginate(self, **filters: Any) -> Iterator[dict[str, Any]]:
        self.asked.append(filters["Filters"])
        yield {"NetworkInterfaces": [{"NetworkInterfaceId": name} for name in self.interfaces.pop(0)]}


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> Any:
    def give(zones: list[dict[str, str]] | None = None, interfaces: list[list[str]] | None = None) -> Ec2:
        ec2 = Ec2(zones or [], interfaces or [])
        monkeypatch.setattr(boto3, "client", {"ec2": ec2}.__getitem__)
        monkeypatch.setattr(network, "POLL_SECONDS", 0)
        return ec2

    return give


def test_a_zone_that_lambda_does_not_serve_is_passed_over(answers: Any) -> None:
    answers(
        [
            {"ZoneName": "us-east-1c", "ZoneId": "use1-az2"},
            {"ZoneName": "us-east-1a", "ZoneId": "use1-az3"},
            {"ZoneName": "us-east-1-bos-1a", "ZoneId": "use1-bos1-az1", "ZoneType": "local-zone"},
            {"ZoneName": "us-east-1b", "ZoneId": "use1-az1", "ZoneType": "availability-zone"},
        ]
    )
    assert network.two_zones() == ("us-east-1b", "us-east-1c")


def test_a_region_with_one_zone_is_refused(answers: Any) -> None:
    answers([{"ZoneName": "x-1a", "ZoneId": "x-az1"}])
    with pytest.raises(DeploymentError, match="fewer than two zones"):
        network.two_zones()


def test_what_lambda_holds_is_waited_for_and_told(answers: Any) -> None:
    ec2 = answers(interfaces=[["eni-1", "eni-2"], ["eni-1", "eni-2"], ["eni-2"], []])
    said: list[str] = []
    network.wait_until_released("spendsense-dev", ["sg-1"], said.append)
    assert [line.split(" network")[0][-1] for line in said] == ["2", "1"]
    assert ec2.asked[0] == [
        {"Name": "group-id", "Values": ["sg-1"]},
        {"Name": "description", "Values": ["AWS Lambda VPC ENI-spendsense-dev-*"]},  # not other functions' of the group
    ]


def test_what_lambda_keeps_for_ever_is_named(answers: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    answers(interfaces=[["eni-1"]])
    monkeypatch.setattr(network, "LONGEST_SECONDS", 0)
    with pytest.raises(DeploymentError, match="eni-1"):
        network.wait_until_released("spendsense-dev", ["sg-1"], lambda _line: None)
