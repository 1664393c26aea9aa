import io
import json
from collections.abc import Callable

from flask.testing import FlaskClient
from sqlalchemy import text
from sqlalchemy.orm import Session

from spendsense import logs
from spendsense.store.models import User
from tests.api.conftest import Headers

CANARIES = ("canary-name", "canary-account", "77777.77", "ann@example.com", "canary-merchant")


def lines(stream: io.StringIO) -> list[dict[str, object]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_one_line_a_request_with_the_rule_and_not_the_path(
    client: FlaskClient, ann: Headers, stream: io.StringIO
) -> None:
    client.get("/api/v1/users/me/transactions?merchant=canary-merchant", headers={**ann, "X-Request-ID": "abcd-1234"})
    (line,) = [line for line in lines(stream) if line["event"] == "request"]
    assert line["route"] == "/api/v1/users/me/transactions"
    assert (line["method"], line["status"], line["request_id"]) == ("GET", 403, "abcd-1234")
    assert set(line) <= logs.ALLOWED


def test_no_log_line_holds_what_a_person_sent(
    client: FlaskClient, ann: Headers, stream: io.StringIO, person: Callable[..., User], session: Session
) -> None:
    person("ann@example.com", "analysis")
    account = {"account_id": "canary-account", "name": "canary-name", "type": "depository", "balances": {"current": 1}}
    row = {"transaction_id": "t", "account_id": "canary-account", "date": "2026-10-01", "amount": 77777.77}
    good = {"accounts": [account], "added": [{**row, "name": "canary-name"}]}
    bad = {"accounts": [], "added": [{**row, "name": ["canary-name"]}]}
    session.execute(text("ALTER TABLE signals RENAME TO signals_away"))  # the chain after it breaks, and says so
    for payload in (good, bad, "canary-name"):
        client.post("/api/v1/users/me/uploads", json=payload, headers=ann)
    client.get("/api/v1/canary-name", headers=ann)
    client.post("/api/v1/users/me/consents", json={"purposes": ["canary-name"]}, headers=ann)
    written = stream.getvalue()
    assert "refresh_failed" in written
    assert [canary for canary in CANARIES if canary in written] == []
    assert str(ann["Authorization"]).split(".")[1] not in written


def test_a_field_that_is_not_allowed_is_left_out() -> None:
    line = logs.keep_allowed(None, "info", {"event": "x", "status": 200, "email": "ann@example.com"})
    assert line == {"event": "x", "status": 200, "dropped": ["email"]}


def test_an_error_is_described_without_its_text() -> None:
    try:
        raise ValueError("ann@example.com")
    except ValueError as error:
        described = logs.describe(error)
    assert described["error"] == "ValueError"
    assert "test_an_error_is_described" in described["frames"][-1]
    assert "ann" not in str(described)
