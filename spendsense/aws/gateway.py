"""API Gateway: the stage that Zappa made, deployed anew and throttled."""

from typing import TYPE_CHECKING

from spendsense.aws.stacks import told

if TYPE_CHECKING:
    from mypy_boto3_apigateway import APIGatewayClient


def root_resource(api_id: str) -> str:
    """The id of the API's `/`."""
    with told("read the API's resources"):
        pages = _client().get_paginator("get_resources").paginate(restApiId=api_id)
        return next(item["id"] for page in pages for item in page["items"] if item["path"] == "/")


def redeploy(api_id: str, stage: str) -> str:
    """Puts the API as it stands into the stage; returns the deployment's id. Zappa knows nothing of our resources."""
    with told("deploy the API's stage"):
        return _client().create_deployment(restApiId=api_id, stageName=stage, description="spendsense")["id"]


def throttle(api_id: str, stage: str, requests_per_second: int, burst: int) -> None:
    """Limits all callers of the stage together; a usage plan would limit only those with API keys."""
    patches = {
        "/*/*/throttling/rateLimit": str(requests_per_second),
        "/*/*/throttling/burstLimit": str(burst),
        "/*/*/metrics/enabled": "true",
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
