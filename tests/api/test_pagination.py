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
from tests.api.conftest import Headers

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
