"""What a deployment asks of the account: who deploys, the function called by hand, the pool's keys in its secret."""

import json
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from spendsense.aws.stacks import told
from spendsense.errors import DeploymentError

JWKS_SECONDS = 10


@dataclass(frozen=True, slots=True)
class Account:
    """The account and region that the credentials lead to, and as whom."""

    account_id: str
    region: str
    arn: str


def identity() -> Account:
    """Whose credentials are in use. Raises DeploymentError when there are none, or they are not good."""
    import boto3

    with told("ask whose credentials these are"):
        session = boto3.Session()
        found = session.client("sts").get_caller_identity()
    if session.region_name is None:
        raise DeploymentError("There is no AWS region: set AWS_DEFAULT_REGION.")
    return Account(found["Account"], session.region_name, found["Arn"])


def call(function: str, event: Mapping[str, Any]) -> Any:
    """The function's answer to the event, once it has come. Raises DeploymentError when the function failed."""
    import boto3
    from botocore.config import Config

    with told(f"invoke {function}"):
        client = boto3.client("lambda", config=Config(read_timeout=310, retries={"max_attempts": 0}))
        answer = client.invoke(FunctionName=function, Payload=json.dumps(event).encode())
        content = json.loads(answer["Payload"].read() or b"null")
    if "FunctionError" in answer:
        said = content.get("errorMessage", "no message") if isinstance(content, dict) else "no message"
        raise DeploymentError(f"{function} failed: {said} `zappa tail` shows its log.")
    return content


def publish_keys(secret_arn: str) -> bool:
    """Writes the pool's public keys into its secret, for a function whose network has no way out.

    Returns whether they were new. Raises DeploymentError when the pool's keys or the secret can't be read.
    """
    import boto3

    with told("read the Cognito secret"):
        client = boto3.client("secretsmanager")
        content = json.loads(client.get_secret_value(SecretId=secret_arn)["SecretString"])
    keys = _fetch_keys(client.meta.endpoint_url, content["region"], content["user_pool_id"])
    if content.get("jwks") == keys:
        return False
    with told("write the pool's keys into the Cognito secret"):
        client.put_secret_value(SecretId=secret_arn, SecretString=json.dumps({**content, "jwks": keys}))
    return True


def _fetch_keys(endpoint: str, region: str, pool_id: str) -> Any:
    """The pool's key set, from AWS; from the emulator where AWS_ENDPOINT_URL leads to one."""
    host = f"https://cognito-idp.{region}.amazonaws.com" if endpoint.endswith(".amazonaws.com") else endpoint
    try:
        with urllib.request.urlopen(f"{host}/{pool_id}/.well-known/jwks.json", timeout=JWKS_SECONDS) as answer:  # noqa: S310
            return json.load(answer)
    except (urllib.error.URLError, TimeoutError, ValueError) as error:
        raise DeploymentError(f"The keys of the user pool {pool_id} can't be read: {error}") from error
