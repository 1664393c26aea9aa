"""One deployment on the emulated AWS, and the hands that the tests have on it."""

import json
import os
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from email.message import Message
from pathlib import Path
from typing import Any

import boto3
import psycopg2
import sqlalchemy as sa

from tests.aws.emulator import ROOT, environment_of

STAGE = "dev"
FUNCTION = "spendsense-dev"
COMMAND_SECONDS = 150
PASSWORD = "Long-enough-1!"


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer."""

    status: int
    headers: Message
    body: bytes

    @property
    def json(self) -> Any:
        """The body, read."""
        return json.loads(self.body)


@dataclass
class Cloud:
    """The emulator, the database behind the secret, and the settings that are deployed."""

    url: str
    folder: Path
    database_url: str
    settings_file: Path
    tokens: dict[str, dict[str, str]] = field(default_factory=dict)

    @property
    def environment(self) -> dict[str, str]:
        """For commands: no word of the local database, and AWS is the emulator."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "DATABASE_"))}
        return {**kept, **environment_of(self.url), "PATH": f"{ROOT / '.venv' / 'bin'}:{os.environ['PATH']}"}

    def run(self, *command: str | Path, expect: int | None = 0) -> str:
        """What a command says, stdout and stderr; it must end with the exit code expected (None: any)."""
        ended = subprocess.run(
            command,
            cwd=ROOT,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=COMMAND_SECONDS,
            check=False,
        )
        assert expect is None or ended.returncode == expect, f"{command} ended with {ended.returncode}:\n{ended.stdout}"
        return ended.stdout

    def zappa(self, command: str, *arguments: str, expect: int | None = 0) -> str:
        """What `zappa COMMAND dev …` says."""
        return self.run("zappa", command, STAGE, *arguments, "-s", str(self.settings_file), expect=expect)

    def spendsense(self, *arguments: str, expect: int | None = 0) -> str:
        """What `spendsense deploy … dev` says."""
        return self.run("spendsense", "deploy", *arguments, "-s", str(self.settings_file), expect=expect)

    def client(self, service: str) -> Any:
        """A boto3 client as the account's root."""
        names = {"AWS_ACCESS_KEY_ID": "aws_access_key_id", "AWS_SECRET_ACCESS_KEY": "aws_secret_access_key"}
        keys = {names[name]: value for name, value in environment_of(self.url).items() if name in names}
        return boto3.client(service, endpoint_url=self.url, region_name="us-east-1", **keys)

    def outputs(self, stack: str = "SpendSense-Lambda-dev") -> dict[str, str]:
        """The outputs of a stack."""
        found = self.client("cloudformation").describe_stacks(StackName=stack)["Stacks"][0]["Outputs"]
        return {output["OutputKey"]: output["OutputValue"] for output in found}

    def exports(self) -> dict[str, str]:
        """All exports."""
        return {item["Name"]: item["Value"] for item in self.client("cloudformation").list_exports()["Exports"]}

    def ask(
        self,
        method: str,
        path: str,
        token: str | None = None,
        body: Any = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """What the gateway answers; the path is sent as it stands."""
        api = self.outputs()["ApiId"]
        request = urllib.request.Request(f"{self.url}/_aws/execute-api/{api}/{STAGE}{path}", method=method)
        for name, value in (headers or {}).items():
            request.add_header(name, value)
        if token is not None:
            request.add_header("Authorization", f"Bearer {token}")
        if body is not None:
            request.add_header("Content-Type", "application/json")
            request.data = json.dumps(body).encode()
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return Answer(answer.status, answer.headers, answer.read())
        except urllib.error.HTTPError as error:
            return Answer(error.code, error.headers, error.read())

    def token(self, email: str, group: str | None = None, kind: str = "IdToken") -> str:
        """A token that the user pool itself issued: the person signs up, is confirmed, is put into a group, logs in."""
        if email not in self.tokens:
            self.tokens[email] = self._sign_up(email, group)
        return self.tokens[email][kind]

    def _sign_up(self, email: str, group: str | None) -> dict[str, str]:
        cognito, exports = self.client("cognito-idp"), self.exports()
        pool = exports["SpendSense-Cognito-dev-UserPoolId"]
        app = exports["SpendSense-Cognito-dev-UserPoolClientId"]
        attributes = [{"Name": "email", "Value": email}]
        cognito.sign_up(ClientId=app, Username=email, Password=PASSWORD, UserAttributes=attributes)
        cognito.admin_confirm_sign_up(UserPoolId=pool, Username=email)
        verified = [{"Name": "email_verified", "Value": "true"}]
        cognito.admin_update_user_attributes(UserPoolId=pool, Username=email, UserAttributes=verified)
        if group:
            cognito.admin_add_user_to_group(UserPoolId=pool, Username=email, GroupName=group)
        login = {"USERNAME": email, "PASSWORD": PASSWORD}
        answer = cognito.initiate_auth(ClientId=app, AuthFlow="USER_PASSWORD_AUTH", AuthParameters=login)
        tokens: dict[str, str] = answer["AuthenticationResult"]
        return tokens

    def sql(self, statement: str) -> list[Any]:
        """The rows of a statement on the database behind the secret; what it changes is committed."""
        url = sa.make_url(self.database_url)
        connection = psycopg2.connect(url.set(drivername="postgresql").render_as_string(hide_password=False))
        try:
            with connection, connection.cursor() as cursor:
                cursor.execute(statement)
                return cursor.fetchall() if cursor.description else []
        finally:
            connection.close()

    def messages(self) -> list[dict[str, Any]]:
        """What lies in the dead-letter queue, taken out."""
        queue = self.client("sqs")
        found = queue.receive_message(QueueUrl=self.outputs()["DeadLetterQueueUrl"], MaxNumberOfMessages=10)
        for message in found.get("Messages", []):
            queue.delete_message(QueueUrl=self.outputs()["DeadLetterQueueUrl"], ReceiptHandle=message["ReceiptHandle"])
        return [json.loads(message["Body"]) for message in found.get("Messages", [])]


def wait_for(what: str, is_so: Callable[[], Any], seconds: float = 90) -> Any:
    """The first true answer of `is_so`, asked until it comes."""
    ends_at = time.monotonic() + seconds
    while time.monotonic() < ends_at:
        if found := is_so():
            return found
        time.sleep(0.5)
    raise AssertionError(f"{what} did not come to be within {seconds} seconds")
