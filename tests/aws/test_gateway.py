"""The API's stage: deployed anew each time, without end."""

from collections.abc import Iterator

import boto3
import pytest

from spendsense.aws import gateway
from tests.aws.emulator import emulator, environment_of


@pytest.fixture
def api(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """An API with one method, on an account of its own."""
    with emulator(tmp_path_factory.mktemp("gateway")) as url:
        for name, value in environment_of(url).items():
            monkeypatch.setenv(name, value)
        boto3.setup_default_session()
        client = boto3.client("apigateway")
        api: str = client.create_rest_api(name="bank")["id"]
        method = {"restApiId": api, "resourceId": gateway.root_resource(api), "httpMethod": "GET"}
        client.put_method(**method, authorizationType="NONE")
        client.put_integration(**method, type="MOCK")
        yield api


def test_a_stage_shows_the_newest_deployment_and_keeps_ten(api: str) -> None:
    made = [gateway.redeploy(api, "dev") for _ in range(12)]
    client = boto3.client("apigateway")
    assert client.get_stage(restApiId=api, stageName="dev")["deploymentId"] == made[-1]
    kept = {found["id"] for found in client.get_deployments(restApiId=api, limit=500)["items"]}
    assert len(kept) == 10
    assert made[-1] in kept


def test_the_throttle_is_the_stages_and_can_be_changed(api: str) -> None:
    gateway.redeploy(api, "dev")
    for rate, burst in ((100, 100), (50, 20)):
        gateway.throttle(api, "dev", rate, burst)
        settings = boto3.client("apigateway").get_stage(restApiId=api, stageName="dev")["methodSettings"]["*/*"]
        assert (settings["throttlingRateLimit"], settings["throttlingBurstLimit"]) == (rate, burst)
