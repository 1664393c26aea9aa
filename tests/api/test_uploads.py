import gzip
import json
from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from spendsense import clock
from spendsense.consent import ledger
from spendsense.plaid.schema import parse
from spendsense.store.models import Account, Balance, KeptAnswer, Transaction, Upload, User
from spendsense.store.session import db
from tests.api.conftest import Headers, Pool

UPLOADS = "/api/v1/users/me/uploads"

CHECKING = {
    "account_id": "checking",
    "name": "Everyday Checking",
    "mask": "0001",
    "type": "depository",
    "subtype": "checking",
    "balances": {"current": 1200.50, "available": 1150.50, "limit": None, "iso_currency_code": "USD"},
}


def row(number: int, **changes: Any) -> dict[str, Any]:
    """A good transaction; a change to None takes a field away."""
    record = {
        "transaction_id": f"tx-{number}",
        "account_id": "checking",
        "date": "2026-10-01",
        "amount": 12.5,
        "iso_currency_code": "USD",
        "name": "Corner Bakery",
        "pending": False,
        **changes,
    }
    return {name: value for name, value in record.items() if value is not None}


def page(*rows: Any, accounts: Any = (CHECKING,), **changes: Any) -> dict[str, Any]:
    """A /transactions/sync answer."""
    return {
        "accounts": list(accounts),
        "added": list(rows),
        "modified": [],
        "removed": [],
        "next_cursor": "c",
        **changes,
    }


@pytest.fixture
def send(client: FlaskClient, ann: Headers, person: Callable[..., User]) -> Callable[..., TestResponse]:
    """Uploads as Ann, who agrees to the analysis."""
    person("ann@example.com", "analysis")

    def post(content: Any, media: str = "application/json", **headers: str) -> TestResponse:
        body = content if isinstance(content, bytes) else json.dumps(content).encode()
        return client.post(UPLOADS, data=body, headers={**ann, "Content-Type": media, **headers})

    return post


def stored(session: Session) -> dict[str, int]:
    """How many rows there are of each table that data in writes."""
    tables = (Account, Balance, Transaction, Upload)
    return {table.__tablename__: session.scalar(select(func.count()).select_from(table)) or 0 for table in tables}


def test_a_payload_is_taken_whole(send: Callable[..., TestResponse], client: FlaskClient, ann: Headers) -> None:
    response = send(page(row(1), row(2, amount=-100)))
    assert response.status_code == 201
    assert response.json["accepted"]["transactions"] == 2
    assert response.json["changed_rows"] > 0
    shown = client.get("/api/v1/users/me/transactions", headers=ann).json["data"]
    assert [(one["transaction_id"], one["amount_cents"]) for one in shown] == [("tx-2", -10_000), ("tx-1", 1_250)]
    (account,) = client.get("/api/v1/users/me/accounts", headers=ann).json["data"]
    assert (account["balance"]["current_cents"], account["balance"]["available_cents"]) == (120_050, 115_050)


def test_a_replay_changes_nothing(send: Callable[..., TestResponse], session: Session) -> None:
    send(page(row(1)))
    before = stored(session)
    again = send(page(row(1)))
    assert (again.status_code, again.json["changed_rows"]) == (201, 0)
    assert stored(session) == {**before, "uploads": before["uploads"] + 1}


def test_without_consent_data_is_refused(
    client: FlaskClient, ann: Headers, person: Callable[..., User], session: Session
) -> None:
    person("ann@example.com")
    response = client.post(UPLOADS, json=page(row(1)), headers=ann)
    assert (response.status_code, response.json["purpose"]) == (403, "analysis")
    assert set(stored(session).values()) == {0}


def test_good_records_are_kept_and_bad_ones_named(
    send: Callable[..., TestResponse], client: FlaskClient, ann: Headers
) -> None:
    response = send(page(row(1), row(2, date="2026-02-30"), row(3)))
    assert (response.status_code, response.mimetype) == (422, "application/problem+json")
    assert response.json["type"].endswith(":records-refused")
    assert (response.json["rejected"], response.json["accepted"]["transactions"]) == (1, 2)
    assert [fault["pointer"] for fault in response.json["errors"]] == ["/added/1/date"]
    shown = client.get("/api/v1/users/me/transactions", headers=ann).json["data"]
    assert {one["transaction_id"] for one in shown} == {"tx-1", "tx-3"}
    (log,) = client.get(UPLOADS, headers=ann).json["data"]
    assert (log["counts"]["rejected"], log["rejects"][0]["pointer"]) == (1, "/added/1/date")


# One bad row each: what is changed of a good one, and the place that must be named.
BAD_ROWS: dict[str, tuple[dict[str, Any], str]] = {
    "no id": ({"transaction_id": None}, "/added/0/transaction_id"),
    "id as a number": ({"transaction_id": 7}, "/added/0/transaction_id"),
    "id with a NUL": ({"transaction_id": "a\x00b"}, "/added/0/transaction_id"),
    "endless id": ({"transaction_id": "a" * 10_000}, "/added/0/transaction_id"),
    "no amount": ({"amount": None}, "/added/0/amount"),
    "amount as text": ({"amount": "12.50"}, "/added/0/amount"),
    "amount true": ({"amount": True}, "/added/0/amount"),
    "absurd amount": ({"amount": 10**18}, "/added/0/amount"),
    "no date": ({"date": None}, "/added/0/date"),
    "year 0": ({"date": "0000-01-01"}, "/added/0/date"),
    "year 9999": ({"date": "9999-12-31"}, "/added/0/date"),
    "30 February": ({"date": "2026-02-30"}, "/added/0/date"),
    "American date": ({"date": "10/01/2026"}, "/added/0/date"),
    "unknown account": ({"account_id": "nowhere"}, "/added/0/account_id"),
    "currency of two letters": ({"iso_currency_code": "US"}, "/added/0/iso_currency_code"),
    "name of a megabyte": ({"name": "a" * 1_000_000}, "/added/0/name"),
    "name as a list": ({"name": ["Corner Bakery"]}, "/added/0/name"),
    "pending as text": ({"pending": "no"}, "/added/0/pending"),
}


@pytest.mark.parametrize("name", BAD_ROWS)
def test_a_bad_row_changes_nothing(name: str, send: Callable[..., TestResponse], session: Session) -> None:
    changes, place = BAD_ROWS[name]
    response = send(page(row(1, **changes), row(2)))
    assert response.status_code == 422
    assert [fault["pointer"] for fault in response.json["errors"]] == [place]
    assert session.scalars(select(Transaction.transaction_id)).all() == ["tx-2"]


# Payloads that can't be read as a whole: the bytes, and words of the answer that lead to the place.
BROKEN: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "line 1"),
    "truncated": (json.dumps(page(row(1))).encode()[:-20], "line 1"),
    "NaN": (json.dumps(page(row(1, amount=float("nan")))).encode(), "line 1"),
    "Infinity": (json.dumps(page(row(1, amount=float("inf")))).encode(), "line 1"),
    "Latin-1": ('{"accounts": [], "added": [{"name": "Café"}]}'.encode("latin-1"), "line 1"),
    "UTF-16": (json.dumps(page(row(1))).encode("utf-16"), "UTF-16"),
    "lone surrogate as bytes": (b'{"added": [{"name": "\xed\xa0\x80"}]}', "line 1"),
    "deep": (b"[" * 100_000, ""),
    "a number": (b"7", "object or a list"),
    "text": (b'"accounts"', "object or a list"),
    "nothing of Plaid's": (b'{"hello": 1}', "Plaid"),
    "added as an object": (b'{"accounts": [], "added": {"a": 1}}', "/added"),
    "two documents": (b'{"accounts": []}{"accounts": []}', "line 1"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_payload_stores_nothing(name: str, send: Callable[..., TestResponse], session: Session) -> None:
    content, words = BROKEN[name]
    response = send(content)
    assert (response.status_code, response.mimetype) == (422, "application/problem+json")
    assert words in response.text
    assert set(stored(session).values()) == {0}


def test_lone_surrogates_in_a_row(send: Callable[..., TestResponse], session: Session) -> None:
    response = send(b'{"accounts": [], "added": [{"transaction_id": "\\ud800"}]}')
    assert response.status_code == 422
    assert stored(session)["transactions"] == 0


def test_one_id_twice_with_different_content(send: Callable[..., TestResponse], session: Session) -> None:
    response = send(page(row(1), row(1, amount=99)))
    assert response.status_code in (201, 422)
    assert session.scalars(select(Transaction.transaction_id)).all() == ["tx-1"]


def test_gzip_by_encoding_and_by_type(send: Callable[..., TestResponse]) -> None:
    packed = gzip.compress(json.dumps(page(row(1))).encode())
    assert send(packed, **{"Content-Encoding": "gzip"}).status_code == 201
    assert send(packed, "application/gzip").json["changed_rows"] == 0


def test_a_gzip_bomb(send: Callable[..., TestResponse], session: Session) -> None:
    bomb = gzip.compress(b" " * (80 << 20))  # 80 MB of spaces in 80 kB
    response = send(bomb, **{"Content-Encoding": "gzip"})
    assert (response.status_code, response.json["type"]) == (413, "urn:problem-type:spendsense:too-large")
    assert set(stored(session).values()) == {0}


@pytest.mark.parametrize("content", [gzip.compress(b"[]", mtime=0)[:-6], b"\x1f\x8b" + b"\x00" * 20])
def test_damaged_gzip(content: bytes, send: Callable[..., TestResponse]) -> None:
    assert send(content, "application/gzip").status_code == 422


def test_more_than_four_megabytes(send: Callable[..., TestResponse]) -> None:
    assert send(b" " * (4 << 20) + b"[]").status_code == 413


def test_a_payload_beyond_the_ordinary_limit_is_taken(send: Callable[..., TestResponse]) -> None:
    response = send(page(*(row(number) for number in range(3_000))))  # about 450 kB
    assert (response.status_code, response.json["accepted"]["transactions"]) == (201, 3_000)


@pytest.mark.parametrize("media", ["text/plain", "application/xml", "multipart/form-data", ""])
def test_another_type_of_body(media: str, send: Callable[..., TestResponse]) -> None:
    assert send(page(row(1)), media).status_code == 415


def test_another_encoding(send: Callable[..., TestResponse]) -> None:
    assert send(page(row(1)), **{"Content-Encoding": "br"}).status_code == 415


def test_a_csv(send: Callable[..., TestResponse], session: Session) -> None:
    send(page())
    lines = "transaction_id,account_id,date,amount,name\ntx-1,checking,2026-10-01,12.50,Corner Bakery\n"
    assert send(lines.encode(), "text/csv").status_code == 201
    assert session.scalars(select(Transaction.amount_cents)).all() == [1_250]


def test_a_csv_with_a_bad_line_names_it(send: Callable[..., TestResponse]) -> None:
    send(page())
    lines = "transaction_id,account_id,date,amount,name\ntx-1,checking,2026-10-01,twelve,Corner Bakery\n"
    response = send(lines.encode(), "text/csv")
    assert response.status_code == 422
    assert "line 2" in response.json["errors"][0]["pointer"]


def test_ids_of_two_people_do_not_meet(
    send: Callable[..., TestResponse], client: FlaskClient, pool: Pool, person: Callable[..., User], ann: Headers
) -> None:
    send(page(row(1)))
    person("bob@example.com", "analysis")
    bob = pool.bearer("bob@example.com")
    client.post(UPLOADS, json=page(row(1, amount=99)), headers=bob)
    client.post(UPLOADS, json=page(removed=[{"transaction_id": "tx-1"}]), headers=bob)
    (shown,) = client.get("/api/v1/users/me/transactions", headers=ann).json["data"]
    assert shown["amount_cents"] == 1_250
    assert client.get("/api/v1/users/me/transactions", headers=bob).json["data"] == []


def test_more_than_100_000_records(send: Callable[..., TestResponse], session: Session) -> None:
    for count in (100_001, 2_000_000):
        response = send(b'{"accounts":[' + b"0," * (count - 1) + b"0]}")
        assert (response.status_code, response.json["type"]) == (413, "urn:problem-type:spendsense:too-large")
        assert "more than 100,000 records" in response.json["detail"]
    assert set(stored(session).values()) == {0}


def test_more_than_4_096_gzip_members(send: Callable[..., TestResponse], session: Session) -> None:
    response = send(gzip.compress(b" ") * 4_096 + gzip.compress(json.dumps(page(row(1))).encode()), "application/gzip")
    assert (response.status_code, response.json["type"]) == (413, "urn:problem-type:spendsense:too-large")
    assert "more than 4,096 members" in response.json["detail"]
    assert set(stored(session).values()) == {0}


def test_of_many_refused_records_a_hundred_are_listed_and_all_counted(
    send: Callable[..., TestResponse], session: Session
) -> None:
    # 150 of no type, and 150 of an account that nobody knows: the first 100 of these 300.
    response = send(page(*[0] * 150, *(row(number, account_id="nowhere") for number in range(150)), row(1_000)))
    assert response.status_code == 422
    assert (response.json["rejected"], len(response.json["errors"])) == (300, 100)
    assert response.json["detail"] == "300 records were refused; all others were kept."
    log = session.scalars(select(Upload)).one()
    assert (log.counts["rejected"], len(log.rejects), log.counts["transactions"]) == (300, 100, 1)


def test_without_consent_nothing_is_unpacked_or_read(
    client: FlaskClient, ann: Headers, person: Callable[..., User], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise AssertionError("The payload of somebody who has not agreed was read.")

    person("ann@example.com")
    monkeypatch.setattr("spendsense.api.uploads.read_body", fail)
    monkeypatch.setattr("spendsense.api.uploads.parse", fail)
    for content in (json.dumps(page(row(1))).encode(), b"\x1f\x8b damaged"):
        response = client.post(UPLOADS, data=content, headers={**ann, "Content-Type": "application/json"})
        assert (response.status_code, response.json["purpose"]) == (403, "analysis")


def test_no_transaction_is_open_while_a_payload_is_read(
    send: Callable[..., TestResponse], session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_ones = []

    def watched(*args: Any, **kwargs: Any) -> Any:
        open_ones.append(db.session().in_transaction())
        return parse(*args, **kwargs)

    monkeypatch.setattr("spendsense.api.uploads.parse", watched)
    assert send(page(row(1))).status_code == 201
    assert open_ones == [False]


def test_consent_that_ends_while_a_payload_is_read(
    send: Callable[..., TestResponse], session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    def revoked(*args: Any, **kwargs: Any) -> Any:
        user = session.scalars(select(User)).one()
        at = clock.now()
        ledger.revoke(session, user.user_id, "analysis", method="api", text_version="test", at=at)
        session.commit()
        return parse(*args, **kwargs)

    monkeypatch.setattr("spendsense.api.uploads.parse", revoked)
    response = send(page(row(1)), **{"Idempotency-Key": "0123456789abcdef"})
    assert (response.status_code, response.json["purpose"]) == (403, "analysis")
    assert set(stored(session).values()) == {0}
    assert session.scalar(select(func.count()).select_from(KeptAnswer)) == 0


def test_the_documents_examples_are_taken(client: FlaskClient, ann: Headers, person: Callable[..., User]) -> None:
    person("ann@example.com", "analysis")
    operation = client.get("/api/v1/openapi.json").json["paths"]["/api/v1/users/me/uploads"]["post"]
    content = operation["requestBody"]["content"]
    taken = client.post("/api/v1/users/me/uploads", json=content["application/json"]["example"], headers=ann)
    assert taken.status_code == 201
    table = content["text/csv"]["example"]
    taken = client.post("/api/v1/users/me/uploads", data=table, content_type="text/csv", headers=ann)
    assert (taken.status_code, taken.json["accepted"]["transactions"]) == (201, 1)
