"""What is too much is refused before it costs anything, and says what would be taken."""

import gzip
import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from spendsense.api.limits import HEADER_BYTES, JSON_DEPTH, JSON_VALUES, MOST_HEADERS, check_json
from spendsense.api.request import BODY_BYTES, UPLOAD_BYTES
from spendsense.api.tokens import PoolVerifier
from spendsense.app import create_app
from spendsense.config import load_settings
from spendsense.errors import InvalidInput
from spendsense.plaid.files import BODY_LIMITS, MEGABYTE
from spendsense.store import rates
from spendsense.store.identity import JOB, acting_as
from spendsense.store.models import RequestRate, User
from spendsense.store.session import db
from tests.api.conftest import Headers, Pool

ME = "/api/v1/users/me"
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


def nested(depth: int) -> list[Any]:
    value: list[Any] = []
    for _ in range(depth - 1):
        value = [value]
    return value


# Bodies.


@pytest.mark.parametrize(("size", "status"), [(BODY_BYTES, 422), (BODY_BYTES + 1, 413)])
def test_a_body_has_256_kilobytes(size: int, status: int, client: FlaskClient, ann: Headers) -> None:
    body = b'{"state":"' + b"x" * (size - 12) + b'"}'
    assert len(body) == size
    answer = client.patch(ME, data=body, headers={**ann, "Content-Type": "application/json"})
    assert answer.status_code == status


@pytest.mark.parametrize(("size", "status"), [(UPLOAD_BYTES, 422), (UPLOAD_BYTES + 1, 413)])
def test_data_in_has_four_megabytes(
    size: int, status: int, client: FlaskClient, ann: Headers, person: Callable[..., User]
) -> None:
    person("ann@example.com", "analysis")
    sent = {**ann, "Content-Type": "application/json"}
    assert client.post(f"{ME}/uploads", data=b" " * size, headers=sent).status_code == status


@pytest.mark.parametrize(("megabytes", "status"), [(1, 201), (3, 413)])
def test_data_in_may_not_swell(
    megabytes: int, status: int, client: FlaskClient, ann: Headers, person: Callable[..., User]
) -> None:
    """A payload with blanks behind it, which pack to a thousandth: one of 1 MB is taken, one of 3 MB in 3 kB is not."""
    person("ann@example.com", "analysis")
    size = megabytes * MEGABYTE
    content = json.dumps({"accounts": [{"account_id": "a", "type": "depository"}], "added": []}).encode().ljust(size)
    packed = gzip.compress(content)
    assert len(packed) * (BODY_LIMITS.ratio or 0) < MEGABYTE
    sent = {**ann, "Content-Type": "application/json", "Content-Encoding": "gzip"}
    assert client.post(f"{ME}/uploads", data=packed, headers=sent).status_code == status


@pytest.mark.parametrize("depth", [JSON_DEPTH + 1, 900, 5_000])
def test_a_body_that_is_nested_deep_is_refused(depth: int, client: FlaskClient, ann: Headers) -> None:
    body = b'{"state":' + b"[" * (depth - 1) + b"]" * (depth - 1) + b"}"
    answer = client.patch(ME, data=body, headers={**ann, "Content-Type": "application/json"})
    assert answer.status_code == 422
    assert "deep" in answer.text


def test_depth_and_values_are_counted_to_the_limit() -> None:
    check_json(nested(JSON_DEPTH))
    check_json({"a": list(range(JSON_VALUES - 1))})
    for value in (nested(JSON_DEPTH + 1), {"a": list(range(JSON_VALUES))}):
        with pytest.raises(InvalidInput):
            check_json(value)


def test_a_packed_body_is_read_only_where_data_comes_in(client: FlaskClient, ann: Headers) -> None:
    packed = gzip.compress(b'{"state": "CA"}')
    sent = {**ann, "Content-Type": "application/json", "Content-Encoding": "gzip"}
    assert client.patch(ME, data=packed, headers=sent).status_code == 415


# Headers and pages.


@pytest.mark.parametrize(
    "many", [{f"X-{number}": "1" for number in range(MOST_HEADERS)}, {"X-Long": "x" * HEADER_BYTES}]
)
def test_headers_have_a_number_and_a_size(many: Headers, client: FlaskClient, ann: Headers) -> None:
    answer = client.get(ME, headers={**ann, **many})
    assert (answer.status_code, answer.json["type"]) == (431, "urn:problem-type:spendsense:headers-too-large")


def test_many_headers_are_taken(client: FlaskClient, ann: Headers) -> None:
    assert client.get(ME, headers={**ann, **{f"X-{number}": "1" for number in range(90)}}).status_code == 200


@pytest.mark.parametrize(("limit", "status"), [(0, 422), (1, 200), (200, 200), (201, 422)])
def test_a_page_has_1_to_200_rows(
    limit: int, status: int, client: FlaskClient, ann: Headers, person: Callable[..., User]
) -> None:
    person("ann@example.com", "analysis")
    assert client.get(f"{ME}/transactions?limit={limit}", headers=ann).status_code == status


# Packed answers.


def test_an_answer_above_a_kilobyte_is_packed_for_who_takes_that(client: FlaskClient) -> None:
    plain = client.get("/api/v1/openapi.json")
    packed = client.get("/api/v1/openapi.json", headers={"Accept-Encoding": "gzip, br"})
    assert "Content-Encoding" not in plain.headers
    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.data) == plain.data
    assert int(packed.headers["Content-Length"]) == len(packed.data) < len(plain.data) / 5
    for answer in (plain, packed):
        assert "Accept-Encoding" in answer.headers["Vary"]


@pytest.mark.parametrize("accepted", ["gzip;q=0", "br", "identity"])
def test_an_answer_is_plain_for_who_does_not(accepted: str, client: FlaskClient) -> None:
    answer = client.get("/api/v1/openapi.json", headers={"Accept-Encoding": accepted})
    assert "Content-Encoding" not in answer.headers


@pytest.mark.parametrize("path", ["/health", "/api/v1/docs/favicon-32x32.png"])
def test_small_answers_and_pictures_are_not_packed(path: str, client: FlaskClient) -> None:
    assert "Content-Encoding" not in client.get(path, headers={"Accept-Encoding": "gzip"}).headers


def test_what_is_packed_already_is_not_packed_again(
    client: FlaskClient, ann: Headers, person: Callable[..., User]
) -> None:
    person("ann@example.com", "analysis")
    answer = client.get(f"{ME}/export", headers={**ann, "Accept-Encoding": "gzip"})
    assert json.loads(gzip.decompress(answer.data))["tables"]["users"]


# How many requests.


@pytest.fixture(scope="module")
def limited(database_url: str) -> Flask:
    """The application with three requests a minute."""
    settings = load_settings({"ENVIRONMENT": "dev", "DATABASE_URL": database_url})
    return create_app(replace(settings, rate_limit_per_minute=3))


@pytest.fixture
def hurried(limited: Flask, app: Flask, verifier: PoolVerifier) -> FlaskClient:
    """Its client. The requests are committed: `app` has built the database, and the rows are deleted after."""
    limited.extensions["spendsense.verifier"] = verifier
    return limited.test_client()


@pytest.fixture
def clean(app: Flask) -> Any:
    yield
    with app.app_context(), db.engine.begin() as connection:
        connection.execute(text("DELETE FROM request_rates"))
        connection.execute(text("DELETE FROM users WHERE email IN ('hasty@example.com', 'calm@example.com')"))


@pytest.mark.usefixtures("clean")
def test_the_fourth_request_in_a_minute_is_refused(hurried: FlaskClient, pool: Pool) -> None:
    hasty, calm = pool.bearer("hasty@example.com"), pool.bearer("calm@example.com")
    assert [hurried.get(ME, headers=hasty).status_code for _ in range(3)] == [200] * 3
    refused = hurried.get(ME, headers=hasty)
    assert (refused.status_code, refused.json["type"]) == (429, "urn:problem-type:spendsense:too-many-requests")
    assert 1 <= int(refused.headers["Retry-After"]) <= 20  # a token comes every 20 s
    assert hurried.get(ME, headers=calm).status_code == 200  # each has a bucket
    assert [hurried.get("/api/v1/health").status_code for _ in range(5)] == [200] * 5  # what is public has none


@pytest.mark.usefixtures("clean")
def test_two_tokens_of_one_person_share_a_bucket(hurried: FlaskClient, pool: Pool) -> None:
    statuses = [
        hurried.get(ME, headers=pool.bearer("hasty@example.com", jti=str(number))).status_code for number in range(4)
    ]
    assert statuses == [200, 200, 200, 429]


@pytest.mark.usefixtures("clean")
def test_a_forged_token_takes_nothing_from_anybody(hurried: FlaskClient, pool: Pool) -> None:
    good = pool.bearer("hasty@example.com")
    forged = {"Authorization": good["Authorization"][:-8] + "AAAAAAAA"}
    assert [hurried.get(ME, headers=forged).status_code for _ in range(5)] == [401] * 5
    assert hurried.get(ME, headers=good).status_code == 200


@pytest.mark.usefixtures("clean")
def test_what_is_refused_for_the_role_is_counted_too(hurried: FlaskClient, pool: Pool) -> None:
    hasty = pool.bearer("hasty@example.com")
    statuses = [hurried.get("/api/v1/operator/users", headers=hasty).status_code for _ in range(5)]
    assert statuses == [403, 403, 403, 429, 429]
    assert hurried.get(ME, headers=hasty).status_code == 429


@pytest.mark.usefixtures("clean")
def test_processes_that_are_asked_at_once_share_a_bucket(limited: Flask, app: Flask) -> None:
    def ask(_: int) -> int:
        with limited.app_context(), acting_as(JOB), db.session() as session:
            seconds = rates.take(session, b"s" * 32, 5, NOON)
            session.commit()
            return seconds

    with ThreadPoolExecutor(4) as threads:
        answers = list(threads.map(ask, range(12)))
    assert answers.count(0) == 5


def test_a_bucket_is_filled_evenly(session: Session) -> None:
    """Three a minute: one every 20 s, at most three at once."""

    def ask(seconds: float) -> int:
        return rates.take(session, b"k" * 32, 3, NOON + timedelta(seconds=seconds))

    assert [ask(0) for _ in range(4)] == [0, 0, 0, 20]
    assert [ask(19), ask(20), ask(20)] == [1, 0, 20]
    assert ask(5) == 20  # a clock that is behind fills nothing, and takes nothing away
    assert [ask(1_000) for _ in range(4)] == [0, 0, 0, 20]


def test_full_buckets_are_forgotten(session: Session) -> None:
    rates.take(session, b"k" * 32, 3, NOON)
    assert rates.purge(session, NOON + timedelta(minutes=59)) == 0
    assert rates.purge(session, NOON + timedelta(minutes=60)) == 1
    assert session.scalars(select(RequestRate)).all() == []


def test_the_buckets_are_not_logged(session: Session) -> None:
    """`u`: unlogged. A bucket is written at each request, and worth nothing after a crash."""
    kind = session.scalar(text("SELECT relpersistence FROM pg_class WHERE relname = 'request_rates'"))
    assert kind == "u"
