import base64
import json
import uuid
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from spendsense.api.pagination import (
    decode_day_mark,
    decode_mark,
    decode_moment_mark,
    decode_uuid_mark,
    encode_mark,
    page,
)
from spendsense.errors import InvalidInput
from spendsense.store.models import Upload, User
from tests.api.conftest import Headers, Pool
from tests.api.rows import add_account, add_transaction

ME = "/api/v1/users/me"
ID = uuid.UUID("00000000-0000-4000-8000-000000000001")


def mark(content: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(content).encode()).decode().rstrip("=")


def test_marks_come_back_as_they_went() -> None:
    assert decode_mark(encode_mark(["a/ü?"]), 1) == ["a/ü?"]
    assert decode_day_mark(encode_mark([date(2026, 11, 20), "t1"])) == (date(2026, 11, 20), "t1")
    moment = datetime(2026, 11, 20, 12, 30, 15, 123456, tzinfo=UTC)
    assert decode_moment_mark(encode_mark([moment.isoformat(), str(ID)])) == (moment, ID)
    assert decode_uuid_mark(encode_mark([str(ID)])) == ID


@pytest.mark.parametrize(
    "made_up",
    [
        mark([]),
        mark(["a", "b", "c"]),
        mark({"0": "a"}),
        mark([1, 2]),
        mark(["yesterday", "x"]),
        mark(["2026-11-20T12:00:00", str(ID)]),  # says no time zone
        mark(["2026-11-20T12:00:00+00:00", "x"]),
        mark(["2026-11-20", "a\x00b"]),
        mark(["\ud800", "x"]),
        "=",
        "ä",
        "[",
        "bm90IGpzb24",
        base64.urlsafe_b64encode(b"[" * 700).decode(),
    ],
)
def test_a_mark_that_no_page_gave(made_up: str) -> None:
    for decode in (decode_day_mark, decode_moment_mark, decode_uuid_mark):
        if decode is decode_day_mark and made_up == mark(["2026-11-20", "x"]):
            continue
        with pytest.raises(InvalidInput):
            decode(made_up)


@pytest.mark.parametrize(("count", "shown", "more"), [(0, 0, False), (2, 2, False), (3, 2, True)])
def test_one_row_more_than_the_limit_tells_that_there_is_a_next_page(count: int, shown: int, more: bool) -> None:
    answer = page([str(number) for number in range(count)], 2, lambda row: [row])
    assert (len(answer["data"]), answer["next"] is not None) == (shown, more)


def test_rows_of_the_same_moment_are_told_apart_by_id(
    client: FlaskClient, session: Session, person: Callable[..., User], ann: Headers
) -> None:
    user = person("ann@example.com", "analysis")
    noon = datetime(2026, 11, 20, 12, tzinfo=UTC)
    for number in range(5):  # three at noon, two a microsecond earlier
        moment = noon - timedelta(microseconds=number // 3)
        session.add(Upload(user_id=user.user_id, received_at=moment, source="api", counts={}, rejects=[]))
    session.commit()
    seen, after = [], ""
    while after is not None:
        body = client.get(f"{ME}/uploads?limit=2{after and '&after=' + after}", headers=ann).json
        seen += [(one["received_at"], one["upload_id"]) for one in body["data"]]
        after = body["next"]
    assert len(set(seen)) == 5
    assert seen == sorted(seen, reverse=True)


OUTSIDE = ["0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59"]
STRANGE = ["2026-11-24T01:02:03.000004+15:59:59.999999", "2026-11-24T01:02:03-23:59"]
LISTS = ["users/me/uploads", "users/me/persona", "operator/users/{id}/traces", "operator/users/{id}/actions"]


@pytest.mark.parametrize("moment", [*OUTSIDE, *STRANGE])
@pytest.mark.parametrize("path", [*LISTS, "operator/users?sort=changed"])
def test_a_mark_of_a_moment_that_the_database_does_not_know(
    path: str, moment: str, client: FlaskClient, person: Callable[..., User], pool: Pool
) -> None:
    """Some offsets are Python's alone, and some moments are in no year: neither is an error of ours."""
    user = person("ann@example.com", "analysis")
    headers = pool.bearer("olga@example.com", "operators") if "operator" in path else pool.bearer("ann@example.com")
    url = f"/api/v1/{path.format(id=user.user_id)}"
    mark = encode_mark((moment, str(uuid.uuid4())))
    response = client.get(f"{url}{'&' if '?' in url else '?'}after={mark}", headers=headers)
    assert response.status_code == (422 if moment in OUTSIDE else 200)


def test_a_part_of_an_export_with_such_a_moment(client: FlaskClient, person: Callable[..., User], ann: Headers) -> None:
    person("ann@example.com", "analysis")
    state = client.get("/api/v1/users/me/export", headers=ann).json["state"]
    for moment, status in ((OUTSIDE[0], 422), (STRANGE[1], 200)):
        key = json.dumps(["analysis", moment, "1"])
        part = encode_mark((state, "consent_notices", key, "", "[]"))
        assert client.get(f"/api/v1/users/me/export/parts/{part}", headers=ann).status_code == status


# Spaces of all kinds, marks without a width, letters of nobody's: a bank may use them in an id, and pages end anywhere.
STRANGE_IDS = ["a\u200b1", "a\u00a02", "a\u20283", "\u202eb", "\ufeffc", "\ue000d", "\U0010ffffe", '"' * 128]


@pytest.mark.parametrize("path", ["accounts", "transactions"])
def test_a_page_may_end_at_an_id_of_any_letters(
    path: str, client: FlaskClient, person: Callable[..., User], ann: Headers, session: Session
) -> None:
    user = person("ann@example.com", "analysis")
    for number in STRANGE_IDS:
        add_account(session, user, account_id=number)
        add_transaction(session, user, transaction_id=number, account_id=number)
    session.commit()
    seen, after = [], ""
    while after is not None:
        body = client.get(f"{ME}/{path}?limit=1{after and '&after=' + after}", headers=ann).json
        seen += [one[f"{path[:-1]}_id"] for one in body["data"]]
        after = body["next"]
    assert sorted(seen) == sorted(STRANGE_IDS)
    filtered = client.get(f"{ME}/transactions", query_string={"account_id": STRANGE_IDS[0]}, headers=ann).json
    assert [one["transaction_id"] for one in filtered["data"]] == STRANGE_IDS[:1]


def test_a_page_may_end_at_the_longest_email(client: FlaskClient, person: Callable[..., User], pool: Pool) -> None:
    longest = ["a@example.com", *("\U0001d7d8" * 252 + f"@{letter}" for letter in "ab")]  # four bytes a letter
    for email in longest:
        person(email)
    olga, after = pool.bearer("olga@example.com", "operators"), ""
    seen = []
    while after is not None:
        body = client.get(f"/api/v1/operator/users?limit=1{after and '&after=' + after}", headers=olga).json
        seen += [one["email"] for one in body["data"]]
        after = body["next"]
    assert seen == longest
