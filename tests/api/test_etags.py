"""What has not changed is not sent again; what has changed is not changed by who has not seen it."""

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from spendsense.api.etags import etag_of
from spendsense.pipeline.run import refresh
from spendsense.store.models import Correction, Stream, User
from tests.api.conftest import Headers, Pool
from tests.api.test_chain import payload
from tests.api.test_stream_choices import filmbox  # noqa: F401  a fixture

ME = "/api/v1/users/me"
TAGGED = ["/transactions", "/signals", "/streams"]
TRAVEL = {"personal_finance_category": {"primary": "TRAVEL"}}


@pytest.fixture
def known(client: FlaskClient, ann: Headers, person: Callable[..., User]) -> None:
    """A person of whom something was measured."""
    person("ann@example.com", "analysis")
    assert client.post(f"{ME}/uploads", json=payload(), headers=ann).status_code == 201


@pytest.fixture
def row(client: FlaskClient, ann: Headers, known: None) -> dict[str, Any]:
    """A transaction as it is shown."""
    shown: dict[str, Any] = client.get(f"{ME}/transactions?limit=1", headers=ann).json["data"][0]
    return shown


@pytest.mark.parametrize("path", TAGGED)
def test_what_the_caller_has_is_not_sent_again(path: str, client: FlaskClient, ann: Headers, known: None) -> None:
    first = client.get(ME + path, headers=ann)
    assert first.status_code == 200
    for given in (first.headers["ETag"], f'"other", {first.headers["ETag"]}', "W/" + first.headers["ETag"], "*"):
        again = client.get(ME + path, headers={**ann, "If-None-Match": given})
        assert (again.status_code, again.data) == (304, b"")
        assert again.headers["ETag"] == first.headers["ETag"]
    assert client.get(ME + path, headers={**ann, "If-None-Match": '"other"'}).status_code == 200


@pytest.mark.parametrize("path", TAGGED)
def test_a_tag_ends_with_new_data(path: str, client: FlaskClient, ann: Headers, known: None) -> None:
    tag = client.get(ME + path, headers=ann).headers["ETag"]
    more = payload()
    more["added"] = [{**more["added"][0], "transaction_id": "new", "amount": 7}]
    client.post(f"{ME}/uploads", json=more, headers=ann)
    again = client.get(ME + path, headers={**ann, "If-None-Match": tag})
    assert again.status_code == 200
    assert again.headers["ETag"] != tag


@pytest.mark.parametrize("path", [*TAGGED, "/insights"])
def test_a_tag_ends_when_new_rows_are_measured(
    path: str, client: FlaskClient, ann: Headers, known: None, session: Session
) -> None:
    session.execute(update(User).values(data_version=User.data_version + 1))  # by a row that changes no signal
    session.commit()
    before = client.get(ME + path, headers=ann)
    (user_id,) = session.scalars(select(User.user_id))
    refresh(user_id)
    after = client.get(ME + path, headers={**ann, "If-None-Match": before.headers["ETag"]})
    assert after.status_code == 200


def test_another_question_has_another_tag(client: FlaskClient, ann: Headers, known: None) -> None:
    asked = ["/signals?window=30", "/signals?window=90", "/signals"]
    assert len({client.get(ME + path, headers=ann).headers["ETag"] for path in asked}) == 3


def test_without_consent_no_tag_is_good(client: FlaskClient, ann: Headers, known: None) -> None:
    tag = client.get(f"{ME}/signals", headers=ann).headers["ETag"]
    client.delete(f"{ME}/consents/analysis", headers=ann)
    assert client.get(f"{ME}/signals", headers={**ann, "If-None-Match": tag}).status_code == 403


def test_a_correction_of_what_was_seen_is_made(client: FlaskClient, ann: Headers, row: dict[str, Any]) -> None:
    path = f"{ME}/transactions/{row['transaction_id']}"
    made = client.patch(path, json=TRAVEL, headers={**ann, "If-Match": row["etag"]})
    assert (made.status_code, made.json["corrected_primary"]) == (200, "TRAVEL")
    assert made.headers["ETag"] == made.json["etag"] != row["etag"]
    shown = client.get(f"{ME}/transactions?limit=1", headers=ann).json["data"][0]
    assert shown["etag"] == made.json["etag"]


@pytest.mark.parametrize("given", ['"other"', 'W/"weak"', ""])
def test_a_correction_of_something_else_is_refused(
    given: str, client: FlaskClient, ann: Headers, row: dict[str, Any], session: Session
) -> None:
    path = f"{ME}/transactions/{row['transaction_id']}"
    refused = client.patch(path, json=TRAVEL, headers={**ann, "If-Match": given})
    assert (refused.status_code, refused.json["type"]) == (412, "urn:problem-type:spendsense:outdated")
    assert session.scalars(select(Correction)).all() == []


def test_of_two_corrections_the_second_must_have_seen_the_first(
    client: FlaskClient, ann: Headers, row: dict[str, Any]
) -> None:
    path, seen = f"{ME}/transactions/{row['transaction_id']}", {**ann, "If-Match": row["etag"]}
    assert client.patch(path, json=TRAVEL, headers=seen).status_code == 200
    other = {"personal_finance_category": {"primary": "MEDICAL"}}
    assert client.patch(path, json=other, headers=seen).status_code == 412
    assert client.patch(path, json=other, headers={**ann, "If-Match": "*"}).status_code == 200
    assert client.patch(path, json=TRAVEL, headers=ann).status_code == 200  # who says nothing has seen anything


def test_a_transaction_that_is_not_there_has_no_tag(client: FlaskClient, ann: Headers, known: None) -> None:
    headers = {**ann, "If-Match": '"any"'}
    for missing in ("nothing", "%00"):
        assert client.patch(f"{ME}/transactions/{missing}", json=TRAVEL, headers=headers).status_code == 404


def test_what_is_said_of_a_stream_holds_for_the_stream_that_was_seen(
    client: FlaskClient,
    ann: Headers,
    filmbox: str,  # noqa: F811
    session: Session,
) -> None:
    (stream,) = client.get(f"{ME}/streams", headers=ann).json["data"]
    seen = {**ann, "If-Match": stream["etag"]}
    assert client.patch(filmbox, json={"verdict": "not_recurring"}, headers=seen).status_code == 200
    assert client.patch(filmbox, json={"verdict": "recurring"}, headers=seen).status_code == 412
    session.expire_all()
    assert session.scalars(select(Stream.verdict)).all() == ["not_recurring"]


def test_parts_of_a_tag_do_not_run_together() -> None:
    assert len({etag_of("ab", "c"), etag_of("a", "bc"), etag_of("abc"), etag_of("ab", "c", None)}) == 4
    assert etag_of(1, "x") == etag_of(1, "x")


STANDING = [("PATCH", "", {"state": "CA"}), ("DELETE", "", None), ("DELETE", "/consents/offers", None)]


@pytest.mark.parametrize(("method", "path", "body"), STANDING)
def test_a_person_is_not_changed_by_who_has_not_seen_them_as_they_are(
    method: str, path: str, body: Any, client: FlaskClient, ann: Headers, known: None, session: Session
) -> None:
    read = ME + path.partition("/offers")[0]
    seen = client.get(read, headers=ann)
    assert client.get(read, headers={**ann, "If-None-Match": seen.headers["ETag"]}).status_code == 304
    grant = {
        "purposes": ["offers"],
        "text_version": client.get(f"{ME}/consents", headers=ann).json["texts"][0]["version"],
    }
    assert client.post(f"{ME}/consents", json=grant, headers=ann).status_code == 201
    before = session.scalars(select(User)).one().consent_version
    stale = client.open(ME + path, method=method, json=body, headers={**ann, "If-Match": seen.headers["ETag"]})
    assert stale.status_code == 412
    session.expire_all()
    assert session.scalars(select(User)).one().consent_version == before
    tag = client.get(read, headers=ann).headers["ETag"]
    assert client.open(ME + path, method=method, json=body, headers={**ann, "If-Match": tag}).status_code == 200


def test_a_consent_is_given_to_what_was_seen(client: FlaskClient, ann: Headers, person: Callable[..., User]) -> None:
    person("ann@example.com")
    seen = client.get(f"{ME}/consents", headers=ann)
    grant = {"purposes": ["analysis"], "text_version": seen.json["texts"][0]["version"]}
    matching = {**ann, "If-Match": seen.headers["ETag"]}
    assert client.post(f"{ME}/consents", json=grant, headers=matching).status_code == 201
    assert client.post(f"{ME}/consents", json=grant, headers=matching).status_code == 412  # it stands by now


def test_what_has_no_tag_refuses_a_condition(client: FlaskClient, ann: Headers, known: None, pool: Pool) -> None:
    asked = {"If-Match": '"anything"'}
    assert client.post(f"{ME}/uploads", json=payload(), headers={**ann, **asked}).status_code == 412
    operator = pool.bearer("olga@example.com", "operators")
    body = {"entries": [{"action": "flag", "user_id": str(uuid.uuid4()), "reason_code": "complaint"}]}
    assert client.post("/api/v1/operator/actions", json=body, headers={**operator, **asked}).status_code == 412
