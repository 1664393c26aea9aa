"""A Secrets Manager that answers as a test says, and what is expected of a secret that can't be used."""

import json
import traceback
from io import StringIO
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from spendsense.aws.secrets import DatabaseSecret, Login, Secret, database_login, read_database
from spendsense.errors import Unavailable

ARN = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:database-AbCdEf"
HOST, DBNAME, USER, PASSWORD = "canary-host.example", "canary-base", "canary-user", "canary-Sw0rdfish"
OWNER, OWNER_PASSWORD = "canary-owner", "canary-0wnership"
MEMBERS = {"host": HOST, "port": 6543, "dbname": DBNAME, "username": USER, "password": PASSWORD}
NEXT_MEMBERS = {**MEMBERS, "password": "canary-rotated"}
SERVING = Login(HOST, 6543, DBNAME, USER, PASSWORD, "require")


class SecretsManager:
    """Gives its answers one after the other, and the last for ever: a text, bytes, or an error that it raises."""

    def __init__(self, *answers: str | bytes | Exception) -> None:
        self.answers = list(answers)
        self.asked: list[str] = []

    def get_secret_value(self, **request: str) -> dict[str, Any]:
        self.asked.append(request["SecretId"])
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return {"ARN": ARN, "SecretBinary" if isinstance(answer, bytes) else "SecretString": answer}


def hold(monkeypatch: pytest.MonkeyPatch, *answers: str | bytes | Exception) -> SecretsManager:
    """Has boto3 give a client of a Secrets Manager with these answers, and of nothing else."""
    manager = SecretsManager(*answers)
    monkeypatch.setattr(boto3, "client", lambda service, config: {"secretsmanager": manager}[service])
    return manager


def refusal(code: str) -> ClientError:
    """What botocore raises when AWS refuses a request."""
    return ClientError({"Error": {"Code": code, "Message": f"No {PASSWORD} for {USER}."}}, "GetSecretValue")


def url(**changes: str) -> str:
    parts = {"scheme": "postgresql", "user": USER, "password": PASSWORD, "host": HOST, "port": ":6543", "path": DBNAME}
    return "{scheme}://{user}:{password}@{host}{port}/{path}".format(**{**parts, **changes})


def logins_of(monkeypatch: pytest.MonkeyPatch, text: str) -> DatabaseSecret:
    hold(monkeypatch, text)
    return database_login(ARN)


def line_of(stream: StringIO) -> dict[str, Any]:
    """The one line that was logged, without its time."""
    (line,) = [json.loads(line) for line in stream.getvalue().splitlines()]
    del line["timestamp"]
    return dict(line)


def shown(error: BaseException, stream: StringIO) -> str:
    """All that a log or a terminal might show of an error."""
    return "\n".join([str(error), repr(error), *traceback.format_exception(error), stream.getvalue()])


def check_unusable(stream: StringIO, reason: str, which: str = "database") -> None:
    """Reads the secret, which is refused for this reason; nothing that it holds is shown."""
    with pytest.raises(Unavailable) as caught:
        read_database(Secret(which, ARN))
    assert str(caught.value) == f"The {which} secret can't be used at the moment."
    assert line_of(stream) == {"event": "secret_unusable", "level": "error", "secret": which, "reason": reason}
    assert "canary" not in shown(caught.value, stream)
    assert caught.value.__suppress_context__ or caught.value.__context__ is None  # a JSONDecodeError holds all of it
