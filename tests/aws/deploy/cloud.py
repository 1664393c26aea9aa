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

from spendsense.rulebook.load import load_rulebook
from tests.aws.emulator import ROOT, environment_of

COMMAND_SECONDS = 150
UPLOAD = ROOT / "spendsense" / "local" / "sample" / "upload.json"
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
    """One stage on the emulator, the database behind its secret, and the settings that it is deployed from."""

    stage: str
    url: str
    database_url: str
    settings_file: Path
    tokens: dict[str, dict[str, str]] = field(default_factory=dict)

    @property
    def function(self) -> str:
        """Name of the function, of its API and of Zappa's stack."""
        return f"spendsense-{self.stage}"

    @property
    def lambda_stack(self) -> str:
        """Name of the stack beside Zappa's."""
        return f"SpendSense-Lambda-{self.stage}"

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
        """What `zappa COMMAND STAGE …` says."""
        return self.run("zappa", command, self.stage, *arguments, "-s", str(self.settings_file), expect=expect)

    def spendsense(self, command: str, *arguments: str, expect: int | None = 0) -> str:
        """What `spendsense deploy COMMAND STAGE …` says."""
        settings = ("-s", str(self.settings_file))
        return self.run("spendsense", "deploy", command, self.stage, *arguments, *settings, expect=expect)

    def logged(self, *words: str) -> list[str]:
        """The log lines of the last minute that hold all of these words, as `zappa tail` shows them, once there are."""

        def found() -> list[str]:
            shown = self.zappa("tail", "--since", "1m", "--disable-keep-open").splitlines()
            return [line for line in shown if all(word in line for word in words)]

        lines: list[str] = wait_for(f"a log line with {words}", found, seconds=20)
        return lines

    def client(self, service: str) -> Any:
        """A boto3 client as the account's root."""
        names = {"AWS_ACCESS_KEY_ID": "aws_access_key_id", "AWS_SECRET_ACCESS_KEY": "aws_secret_access_key"}
        keys = {names[name]: value for name, value in environment_of(self.url).items() if name in names}
        return boto3.client(service, endpoint_url=self.url, region_name="us-east-1", **keys)

    def outputs(self) -> dict[str, str]:
        """The outputs of the stack beside Zappa's."""
        found = self.client("cloudformation").describe_stacks(StackName=self.lambda_stack)["Stacks"][0]["Outputs"]
        return {output["OutputKey"]: output["OutputValue"] for output in found}

    def exported(self, name: str) -> str:
        """What the stage's database stack, else its Cognito stack, exports under that name."""
        exports = self.client("cloudformation").list_exports()["Exports"]
        full = {f"SpendSense-{half}-{self.stage}-{name}" for half in ("Database", "Cognito")}
        (value,) = (export["Value"] for export in exports if export["Name"] in full)
        return str(value)

    def variables(self) -> dict[str, str]:
        """The function's environment variables."""
        found = self.client("lambda").get_function_configuration(FunctionName=self.function)
        variables: dict[str, str] = found["Environment"]["Variables"]
        return variables

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
        request = urllib.request.Request(f"{self.url}/_aws/execute-api/{api}/{self.stage}{path}", method=method)
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

    def send_data(self, email: str) -> str:
        """A consumer's token, once they have agreed to the analysis and sent three months of data."""
        token = self.token(email, "consumers")
        consent = {"purposes": ["analysis"], "text_version": load_rulebook().consent_texts["analysis"].version}
        agreed = self.ask("POST", "/api/v1/users/me/consents", token, consent)
        assert agreed.status in (200, 201), agreed.body
        taken = self.ask("POST", "/api/v1/users/me/uploads", token, json.loads(UPLOAD.read_text()))
        assert taken.status in (200, 201), taken.body
        return token

    def token(self, email: str, group: str | None = None, kind: str = "IdToken") -> str:
        """A token that the user pool itself issued: the person signs up, is confirmed, is put into a group, logs in."""
        if email not in self.tokens:
            self.tokens[email] = self._sign_up(email, group)
        return self.tokens[email][kind]

    def _sign_up(self, email: str, group: str | None) -> dict[str, str]:
        cognito, pool = self.client("cognito-idp"), self.exported("UserPoolId")
        (app,) = (found["ClientId"] for found in cognito.list_user_pool_clients(UserPoolId=pool)["UserPoolClients"])
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
