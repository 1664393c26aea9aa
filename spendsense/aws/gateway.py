"""API Gateway: the stage that Zappa made, deployed anew and throttled."""

from typing import TYPE_CHECKING

from spendsense.aws.stacks import told

KEPT_DEPLOYMENTS = 10

if TYPE_CHECKING:
    from mypy_boto3_apigateway import APIGatewayClient


def root_resource(api_id: str) -> str:
    """The id of the API's `/`."""
    with told("read the API's resources"):
        pages = _client().get_paginator("get_resources").paginate(restApiId=api_id)
        return next(item["id"] for page in pages for item in page["items"] if item["path"] == "/")


def redeploy(api_id: str, stage: str) -> str:
    """Puts the API as it stands into the stage; returns the deployment's id. Zappa knows nothing of our resources.

    An API may have 300 deployments: the ten newest are kept.
    """
    client = _client()
    with told("deploy the API's stage"):
        made = client.create_deployment(restApiId=api_id, stageName=stage, description="spendsense")["id"]
        pages = client.get_paginator("get_deployments").paginate(restApiId=api_id)
        others = [found for page in pages for found in page["items"] if found["id"] != made]
        newest_first = sorted(others, key=lambda found: found["createdDate"], reverse=True)
        for old in newest_first[KEPT_DEPLOYMENTS - 1 :]:
            client.delete_deployment(restApiId=api_id, deploymentId=old["id"])
    return made


def throttle(api_id: str, stage: str, requests_per_second: int, burst: int) -> None:
    """Limits all callers of the stage together; a usage plan would limit only those with API keys."""
    patches = {
        "/*/*/throttling/rateLimit": str(requests_per_second),
        "/*/*/throttling/burstLimit": str(burst),
    }
    with told("throttle the API's stage"):
        _client().update_stage(
            restApiId=api_id,
            stageName=stage,
            patchOperations=[{"op": "replace", "path": path, "value": value} for path, value in patches.items()],
        )


def _client() -> "APIGatewayClient":
    import boto3

    return boto3.client("apigateway")
