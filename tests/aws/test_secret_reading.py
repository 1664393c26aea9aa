"""How often a secret is read: once, and again when it stopped working or could not be read."""

import json
import threading
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from io import StringIO
from typing import Any

import boto3
import pytest

from spendsense.aws import secrets
from spendsense.aws.secrets import Secret, read_database, read_members
from spendsense.errors import Unavailable
from tests.aws.secrets_manager import (
    ARN,
    MEMBERS,
    NEXT_MEMBERS,
    OWNER,
    PASSWORD,
    SERVING,
    SecretsManager,
    hold,
    line_of,
    refusal,
    url,
)


@pytest.fixture
def seconds(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The time, which passes when a test says so."""
    passed = [1_000.0]
    monkeypatch.setattr(secrets.time, "monotonic", lambda: passed[0])
    return passed


def test_a_secret_is_read_once_and_by_its_arn(monkeypatch: pytest.MonkeyPatch) -> None:
    manager = hold(monkeypatch, "first", "second")
    secret = Secret("database", ARN)
    assert manager.asked == []  # not before it is needed
    assert [secret.text() for _ in range(3)] == ["first"] * 3
    assert manager.asked == [ARN]


def test_a_read_that_hangs_is_given_up_before_the_request_is(monkeypatch: pytest.MonkeyPatch) -> None:
    limits: list[Any] = []

    def client(service: str, config: Any) -> SecretsManager:
        limits.append(config)
        return SecretsManager("text")

    monkeypatch.setattr(boto3, "client", client)
    Secret("database", ARN).text()
    (limit,) = limits
    # 2 s to connect and 5 s to answer, twice: 14 s of the 29 that API Gateway grants.
    assert (limit.connect_timeout, limit.read_timeout, limit.retries) == (2, 5, {"total_max_attempts": 2})


@pytest.mark.parametrize(("passed", "is_read", "reads"), [(0, False, 1), (29.9, False, 1), (30, True, 2)])
def test_a_refresh_reads_again_after_thirty_seconds(
    passed: float, is_read: bool, reads: int, monkeypatch: pytest.MonkeyPatch, seconds: list[float]
) -> None:
    manager = hold(monkeypatch, "first", "second")
    secret = Secret("database", ARN)
    secret.text()
    seconds[0] += passed
    assert secret.refresh() is is_read
    assert secret.text() == ("second" if is_read else "first")
    assert len(manager.asked) == reads


def test_a_refresh_says_whether_anything_has_changed(monkeypatch: pytest.MonkeyPatch, seconds: list[float]) -> None:
    manager = hold(monkeypatch, "first", "first", "second")
    secret = Secret("database", ARN)
    secret.text()
    found = []
    for passed in (30, 30, 0, 30):
        seconds[0] += passed
        found.append(secret.refresh())
    assert found == [False, True, False, False]  # read, the same; changed; not read; read, the same
    assert len(manager.asked) == 4


def test_a_read_that_failed_is_tried_again_at_the_next_use(
    monkeypatch: pytest.MonkeyPatch, seconds: list[float], stream: StringIO
) -> None:
    manager = hold(monkeypatch, refusal("AccessDeniedException"), refusal("ResourceNotFoundException"), "text")
    secret = Secret("database", ARN)
    for _ in range(2):
        with pytest.raises(Unavailable):
            secret.text()
    assert secret.text() == "text"
    assert len(manager.asked) == 3
    assert [json.loads(line)["reason"] for line in stream.getvalue().splitlines()] == ["denied", "missing"]


def test_a_refresh_that_failed_leaves_what_was_known(monkeypatch: pytest.MonkeyPatch, seconds: list[float]) -> None:
    manager = hold(monkeypatch, "first", refusal("AccessDeniedException"), "second")
    secret = Secret("database", ARN)
    secret.text()
    seconds[0] += 30
    with pytest.raises(Unavailable):
        secret.refresh()
    assert secret.text() == "first"
    assert secret.refresh() is False  # it was tried a moment ago
    seconds[0] += 30
    assert secret.refresh() is True
    assert secret.text() == "second"
    assert len(manager.asked) == 3


@pytest.mark.parametrize(
    "malformed",
    [
        "{}",
        "[]",
        "canary",
        url(host=""),
        url(port=":0"),
        url(port=":canary"),
        json.dumps({**MEMBERS, "migration_username": OWNER}),
    ],
)
def test_a_malformed_secret_that_is_put_right_is_read_again_at_the_next_use(
    malformed: str, monkeypatch: pytest.MonkeyPatch, seconds: list[float], stream: StringIO
) -> None:
    manager = hold(monkeypatch, malformed, json.dumps(MEMBERS))
    secret = Secret("database", ARN)
    with pytest.raises(Unavailable):
        read_database(secret)
    assert read_database(secret).serving == SERVING
    assert read_database(secret).serving == SERVING
    assert len(manager.asked) == 2
    assert line_of(stream)["secret"] == "database"


def test_a_rotated_secret_gives_the_new_login(monkeypatch: pytest.MonkeyPatch, seconds: list[float]) -> None:
    hold(monkeypatch, json.dumps(MEMBERS), json.dumps(NEXT_MEMBERS))
    secret = Secret("database", ARN)
    assert read_database(secret).serving.password == PASSWORD
    seconds[0] += 30
    secret.refresh()
    assert read_database(secret).serving.password == "canary-rotated"


def test_uses_that_come_together_wait_for_the_one_read(monkeypatch: pytest.MonkeyPatch) -> None:
    manager = hold(monkeypatch, "text")
    started, is_reading = threading.Barrier(4), threading.Event()
    answer = manager.get_secret_value

    def answer_slowly(**request: str) -> Mapping[str, Any]:
        is_reading.wait(0.05)  # across the network
        return answer(**request)

    monkeypatch.setattr(manager, "get_secret_value", answer_slowly)
    secret = Secret("database", ARN)

    def use(_number: int) -> str:
        started.wait()
        return secret.text()

    with ThreadPoolExecutor(4) as threads:
        assert list(threads.map(use, range(4))) == ["text"] * 4
    assert manager.asked == [ARN]


def test_members_are_those_of_the_object(monkeypatch: pytest.MonkeyPatch) -> None:
    hold(monkeypatch, '{"region": "eu-west-1", "count": 0, "is_on": false, "list": []}')
    found = read_members(Secret("cognito", ARN), ("region", "count", "is_on", "list"))
    assert found == {"region": "eu-west-1", "count": 0, "is_on": False, "list": []}
