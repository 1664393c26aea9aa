"""A person says of a stream what it is; the sums follow at once."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from flask.testing import FlaskClient

from spendsense import clock
from spendsense.store.models import User
from tests.api.conftest import Headers, Pool

ME = "/api/v1/users/me"


@pytest.fixture
def filmbox(client: FlaskClient, ann: Headers, person: Callable[..., User]) -> str:
    """The path of Ann's one stream: 12.99 every four weeks, four times by now."""
    person("ann@example.com", "analysis")
    rows = [
        {
            "transaction_id": f"f{number}",
            "account_id": "chk",
            "date": (clock.today() - timedelta(days=28 * number + 3)).isoformat(),
            "amount": 12.99,
            "name": "Filmbox",
        }
        for number in range(4)
    ]
    account = {"account_id": "chk", "type": "depository", "subtype": "checking", "balances": {"current": 100}}
    taken = client.post(f"{ME}/uploads", json={"accounts": [account], "transactions": rows}, headers=ann)
    assert taken.status_code == 201
    (stream,) = client.get(f"{ME}/streams", headers=ann).json["data"]
    return f"{ME}/streams/{stream['stream_id']}"


def subscriptions(client: FlaskClient, headers: Headers) -> int:
    """How many subscriptions the 90-day window counts."""
    (window,) = client.get(f"{ME}/signals?window=90", headers=headers).json["data"]
    return int(window["subscriptions"]["values"]["count"])


def test_not_recurring_leaves_the_sums(client: FlaskClient, ann: Headers, filmbox: str) -> None:
    assert subscriptions(client, ann) == 1
    answer = client.patch(filmbox, json={"verdict": "not_recurring"}, headers=ann)
    assert (answer.status_code, answer.json["verdict"], answer.json["same_as"]) == (200, "not_recurring", None)
    assert subscriptions(client, ann) == 0
    (stream,) = client.get(f"{ME}/streams", headers=ann).json["data"]
    assert stream["verdict"] == "not_recurring"
    client.patch(filmbox, json={"verdict": None}, headers=ann)
    assert subscriptions(client, ann) == 1


@pytest.mark.parametrize("field", ["verdict", "same_as", "name"])
@pytest.mark.parametrize("key", [{}, {"Idempotency-Key": "5f0c9a3e-2b7d-4c11-9a64-0d1f6f3f7c52"}])
def test_what_was_never_said_may_be_taken_back(
    field: str, key: Headers, client: FlaskClient, ann: Headers, filmbox: str
) -> None:
    answer = client.patch(filmbox, json={field: None}, headers={**ann, **key})
    assert answer.status_code == 200
    assert (answer.json["verdict"], answer.json["same_as"], answer.json["name"]) == (None, None, None)


def test_what_is_left_out_stays(client: FlaskClient, ann: Headers, filmbox: str) -> None:
    client.patch(filmbox, json={"name": "Films"}, headers=ann)
    answer = client.patch(filmbox, json={"verdict": "recurring"}, headers=ann)
    assert (answer.json["name"], answer.json["verdict"]) == ("Films", "recurring")
    assert client.get(f"{ME}/streams", headers=ann).json["data"][0]["name"] == "Films"


@pytest.mark.parametrize(
    ("body", "pointers"),
    [
        ({"verdict": "maybe"}, ["/verdict"]),
        ({"name": ""}, ["/name"]),
        ({"name": "x" * 81}, ["/name"]),
        ({"name": "a\u0000b"}, ["/name"]),
        ({"same_as": "no uuid"}, ["/same_as"]),
        ({"same_as": str(uuid4())}, ["/same_as"]),
        ({"kind": "bill"}, ["/kind"]),
        ({}, []),
    ],
)
def test_bad_words_are_refused(
    client: FlaskClient, ann: Headers, filmbox: str, body: dict[str, Any], pointers: list[str]
) -> None:
    answer = client.patch(filmbox, json=body, headers=ann)
    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.json.get("errors", [])] == pointers


def test_a_stream_of_another_is_not_there(
    client: FlaskClient, ann: Headers, pool: Pool, filmbox: str, person: Callable[..., User]
) -> None:
    person("ben@example.com", "analysis")
    ben = pool.bearer("ben@example.com")
    answer = client.patch(filmbox, json={"verdict": "not_recurring"}, headers=ben)
    assert answer.status_code == 404
    assert (
        answer.json["detail"]
        == client.patch(f"{ME}/streams/{uuid4()}", json={"verdict": "not_recurring"}, headers=ben).json["detail"]
    )
    assert subscriptions(client, ann) == 1
