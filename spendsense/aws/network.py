"""EC2, as far as a deployment asks it: zones that Lambda serves, and interfaces that it still holds."""

import time
from collections.abc import Sequence
from typing import Any

from spendsense.aws.stacks import Say, told
from spendsense.errors import DeploymentError

NOT_SERVED = ("use1-az3",)  # "Lambda was not able to set up VPC access ... unsupported Availability Zone"
POLL_SECONDS = 15.0
LONGEST_SECONDS = 60 * 60.0  # AWS speaks of twenty to forty-five minutes


def two_zones() -> tuple[str, str]:
    """The first two zones of the region into which Lambda can put a function. Raises DeploymentError."""
    with told("list the region's zones"):
        found = _client().describe_availability_zones(Filters=[{"Name": "state", "Values": ["available"]}])
    names = sorted(
        zone["ZoneName"]
        for zone in found["AvailabilityZones"]
        if zone["ZoneId"] not in NOT_SERVED and zone.get("ZoneType", "availability-zone") == "availability-zone"
    )
    if len(names) < 2:
        raise DeploymentError("The region has fewer than two zones that Lambda serves: deploy to another.")
    return names[0], names[1]


def wait_until_released(function: str, security_groups: Sequence[str], say: Say) -> None:
    """Waits until Lambda has given back the interfaces of a function that is gone: it needs the function's role for
    that, and neither subnets nor groups can be deleted before. Others in the same groups are nobody's concern here.

    Raises DeploymentError after an hour.
    """
    ends_at = time.monotonic() + LONGEST_SECONDS
    before = None
    while interfaces := _interfaces(function, security_groups):
        if time.monotonic() >= ends_at:
            raise DeploymentError(f"Lambda still holds {', '.join(interfaces)}: run it again later.")
        if interfaces != before:
            say(f"Waiting until Lambda gives back {len(interfaces)} network interfaces (up to 45 minutes)")
            before = interfaces
        time.sleep(POLL_SECONDS)


def _interfaces(function: str, security_groups: Sequence[str]) -> list[str]:
    wanted = [
        {"Name": "group-id", "Values": list(security_groups)},
        {"Name": "description", "Values": [f"AWS Lambda VPC ENI-{function}-*"]},
    ]
    with told("look at the network interfaces of the function"):
        pages = _client().get_paginator("describe_network_interfaces").paginate(Filters=wanted)
        return [found["NetworkInterfaceId"] for page in pages for found in page["NetworkInterfaces"]]


def _client() -> Any:
    import boto3

    return boto3.client("ec2")
