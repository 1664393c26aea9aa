"""A request that comes again is answered as before, and what it does is done once."""

import uuid
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select, text, update
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from spendsense import clock
from spendsense.consent import ledger
from spendsense.consent.people import find_or_create_user
from spendsense.pipeline.claims import Moment, Scope
from spendsense.pipeline.upkeep import keep_up
from spendsense.store import answers
from spendsense.store.models import Feedback, KeptAnswer, Upload, User
from spendsense.store.session import db
from tests.api.conftest import Headers, Pool
from tests.api.rows import add_recommendation
from tests.api.test_chain import payload

ME = "/api/v1/users/me"
KEY = "5f0c9a3e-2b7d-4c11-9a64-0d1f6f3f7c52"

Say = Callable[..., TestResponse]


def count(session: Session, model: type) -> int:
    return session.scalar(select(func.count()).select_from(model)) or 0


@pytest.fixture
def item(session: Session, person: Callable[..., User]) -> uuid.UUID:
    """A recommendation of a person who agrees to everything."""
    item = add_recommendation(session, person("ann@example.com", "analysis", "offers"))
    session.commit()
    return item


@pytest.fixture
def say(client: FlaskClient, ann: Headers, item: uuid.UUID) -> Say:
    """Gives feedback on the item, with a key."""

    def send(verdict: str = "helpful", key: str = KEY, headers: Headers = ann, on: uuid.UUID = item) -> TestResponse:
        path = f"{ME}/recommendations/{on}/feedback"
        return client.post(path, json={"verdict": verdict}, headers={**headers, "Idempotency-Key": key})

    return send


def test_the_same_request_is_carried_out_once_and_answered_twice(say: Say, session: Session) -> None:
    first, again = say(), say()
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.data == again.data
    assert first.mimetype == again.mimetype
    assert "Idempotency-Replayed" not in first.headers
    assert again.headers["Idempotency-Replayed"] == "true"
    assert first.headers["X-Request-ID"] != again.headers["X-Request-ID"]
    assert count(session, Feedback) == 1


def test_without_a_key_or_with_another_it_is_carried_out_again(
    say: Say, client: FlaskClient, ann: Headers, item: uuid.UUID, session: Session
) -> None:
    say()
    say(key=KEY.replace("5", "6"))
    client.post(f"{ME}/recommendations/{item}/feedback", json={"verdict": "helpful"}, headers=ann)
    assert count(session, Feedback) == 3


def test_the_same_key_with_another_body_or_path_is_refused(say: Say, session: Session) -> None:
    say("helpful")
    for changed in (say("not_helpful"), say("helpful", on=uuid.uuid4())):
        assert changed.status_code == 422
        assert changed.json["type"] == "urn:problem-type:spendsense:key-reused"
    assert count(session, Feedback) == 1


def test_keys_of_two_people_do_not_meet(say: Say, pool: Pool, person: Callable[..., User], session: Session) -> None:
    say()
    bob = person("bob@example.com", "analysis")
    his = add_recommendation(session, bob)
    session.commit()
    answer = say(headers=pool.bearer("bob@example.com"), on=his)
    assert answer.status_code == 201
    assert answer.json["recommendation_id"] == str(his)


def test_a_refusal_leaves_the_key_free(say: Say, item: uuid.UUID, session: Session) -> None:
    assert say(on=uuid.uuid4()).status_code == 404
    assert count(session, KeptAnswer) == 0
    assert say(on=item).status_code == 201


@pytest.mark.parametrize("key", ["", "short", "x" * 201, "fifteen letters", "0123456789abcde f", "0123456789abcdeé"])
def test_what_is_no_key_is_refused(key: str, say: Say, session: Session) -> None:
    answer = say(key=key)
    assert answer.status_code == 422
    assert answer.json["errors"][0]["pointer"] == "Idempotency-Key"
    assert count(session, Feedback) == 0


@pytest.mark.parametrize(("hours", "is_replayed"), [(23, True), (24, False)])
def test_an_answer_is_given_again_for_24_hours(
    hours: int, is_replayed: bool, say: Say, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = clock.now()
    monkeypatch.setattr(clock, "now", lambda: at)
    say()
    session.execute(update(KeptAnswer).values(at=at - timedelta(hours=hours)))
    assert ("Idempotency-Replayed" in say().headers) is is_replayed
    assert count(session, Feedback) == (1 if is_replayed else 2)


@pytest.mark.parametrize(("seconds", "words"), [(5, "at the moment"), (60, "was not kept")])
def test_what_was_carried_out_without_an_answer_is_not_carried_out_again(
    seconds: int, words: str, say: Say, session: Session
) -> None:
    say()
    session.execute(update(KeptAnswer).values(answer=None, at=clock.now() - timedelta(seconds=seconds)))
    again = say()
    assert again.status_code == 409
    assert words in again.json["detail"]
    assert count(session, Feedback) == 1


def test_a_failure_takes_the_mark_back_with_the_action(
    say: Say, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any) -> None:
        raise RuntimeError

    with monkeypatch.context() as broken:
        broken.setattr("spendsense.api.recommendations.record_feedback", fail)
        assert say().status_code == 500
    assert count(session, KeptAnswer) == 0
    assert say().status_code == 201


def test_data_in_is_taken_once(client: FlaskClient, ann: Headers, item: uuid.UUID, session: Session) -> None:
    headers = {**ann, "Idempotency-Key": KEY}
    first = client.post(f"{ME}/uploads", json=payload(), headers=headers)
    again = client.post(f"{ME}/uploads", json=payload(), headers=headers)
    assert (first.status_code, again.data) == (201, first.data)
    assert again.json["changed_rows"] > 0  # as it was, not as a second upload would say
    assert count(session, Upload) == 1


def test_the_mark_is_of_the_transaction_that_takes_the_data_in(
    client: FlaskClient, ann: Headers, item: uuid.UUID, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    headers = {**ann, "Idempotency-Key": KEY}
    broken = client.post(f"{ME}/uploads", data=b"{", headers={**headers, "Content-Type": "application/json"})
    assert (broken.status_code, count(session, KeptAnswer)) == (422, 0)  # nothing was done: the key is free

    def fail(*_: Any, **__: Any) -> None:
        assert count(session, KeptAnswer) == 1  # written before, in the transaction that is taken back
        raise RuntimeError

    with monkeypatch.context() as failing:
        failing.setattr("spendsense.api.uploads.ingest", fail)
        assert client.post(f"{ME}/uploads", json=payload(), headers=headers).status_code == 500
    assert (count(session, KeptAnswer), count(session, Upload)) == (0, 0)
    assert client.post(f"{ME}/uploads", json=payload(), headers=headers).status_code == 201


def test_a_payload_that_was_partly_taken_is_answered_so_again(
    client: FlaskClient, ann: Headers, item: uuid.UUID, session: Session
) -> None:
    partly = payload()
    partly["added"][0]["amount"] = "much"
    headers = {**ann, "Idempotency-Key": KEY}
    answers = [client.post(f"{ME}/uploads", json=partly, headers=headers) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [422, 422]
    assert answers[0].data == answers[1].data
    assert count(session, Upload) == 1


def test_nothing_can_be_read_from_what_is_kept(say: Say, item: uuid.UUID, pool: Pool, session: Session) -> None:
    shown = say().json
    row = session.execute(text("SELECT kept_answers::text FROM kept_answers")).scalar_one()
    stored = session.scalars(select(KeptAnswer)).one()
    sub = pool.claims("ann@example.com")["sub"]
    for secret in (KEY, sub, str(item), shown["feedback_id"], "helpful"):
        assert secret not in row
        assert secret.encode() not in (stored.answer or b"") + stored.key_hash + stored.request_hash


def test_a_revocation_and_an_erasure_take_the_answers_along(
    say: Say, client: FlaskClient, ann: Headers, session: Session
) -> None:
    say()
    assert count(session, KeptAnswer) == 1
    client.delete(f"{ME}/consents/analysis", headers=ann)
    assert count(session, KeptAnswer) == 0
    assert say().status_code == 403


def test_an_erasure_takes_the_answers_along(say: Say, client: FlaskClient, ann: Headers, session: Session) -> None:
    say()
    assert client.delete(ME, headers=ann).status_code == 200
    assert count(session, KeptAnswer) == 0


def test_the_night_forgets_what_is_older_than_a_day(say: Say, session: Session) -> None:
    say()
    at = clock.now()
    for hours, left in ((23, 1), (25, 0)):
        keep_up(Scope(), Moment(at.date(), at + timedelta(hours=hours), "v1"), lambda: True)
        assert count(session, KeptAnswer) == left


@pytest.fixture
def two_connections(app: Flask) -> Iterator[tuple[Session, Session]]:
    """Two processes, each with a connection and a transaction of its own."""
    with app.app_context(), Session(db.engine) as one, Session(db.engine) as other:
        yield one, other
        one.rollback()
        other.rollback()


def test_while_the_first_is_at_it_the_second_is_refused_at_once(two_connections: tuple[Session, Session]) -> None:
    one, other = two_connections
    assert answers.find(one, b"k" * 32, clock.now()) is None
    answers.mark(one, b"k" * 32, b"r" * 32, None, clock.now())
    with pytest.raises(answers.Conflict):
        answers.find(other, b"k" * 32, clock.now())
    other.rollback()
    one.rollback()  # it failed: the second may have a try
    assert answers.find(other, b"k" * 32, clock.now()) is None


def test_who_was_never_here_leaves_no_mark(client: FlaskClient, pool: Pool, session: Session) -> None:
    headers = {**pool.bearer("new@example.com"), "Idempotency-Key": KEY}
    assert client.post(f"{ME}/uploads", json=payload(), headers=headers).status_code == 403
    assert count(session, KeptAnswer) == 0


def test_the_same_key_on_another_route_is_refused(
    say: Say, client: FlaskClient, ann: Headers, item: uuid.UUID, session: Session
) -> None:
    assert say().status_code == 201
    response = client.post(f"{ME}/uploads", json=payload(), headers={**ann, "Idempotency-Key": KEY})
    assert (response.status_code, response.json["type"].rpartition(":")[2]) == (422, "key-reused")
    assert count(session, Upload) == 0


def test_the_same_key_in_another_role_of_the_same_login_is_refused(
    say: Say, client: FlaskClient, pool: Pool, session: Session
) -> None:
    both = pool.bearer("ann@example.com", **{"cognito:groups": ["consumers", "operators"]})
    user_id = session.scalars(select(User.user_id)).one()
    path, body = f"/api/v1/operator/users/{user_id}/note", {"reason_code": "other", "note": "hers"}
    assert client.post(path, json=body, headers={**both, "Idempotency-Key": KEY}).status_code == 201
    answer = say(headers=both)
    assert (answer.status_code, answer.json["type"].rpartition(":")[2]) == (422, "key-reused")
    assert count(session, Feedback) == 0


def test_the_first_request_of_an_imported_person_is_carried_out_once(
    client: FlaskClient, pool: Pool, session: Session
) -> None:
    """The record is claimed by the very request that is not to happen twice."""
    user = find_or_create_user(session, "new@example.com")
    ledger.grant(session, user.user_id, ["analysis"], method="import", text_version="test", at=clock.now())
    session.commit()
    headers = {**pool.bearer("new@example.com"), "Idempotency-Key": KEY}
    first, again = (client.post(f"{ME}/uploads", json=payload(), headers=headers) for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.headers["Idempotency-Replayed"] == "true"
    assert count(session, Upload) == 1


def test_after_an_erasure_no_operator_is_answered_with_what_they_wrote_of_the_person(
    client: FlaskClient, pool: Pool, person: Callable[..., User], ann: Headers, session: Session
) -> None:
    user_id = person("ann@example.com", "analysis").user_id
    operator = {**pool.bearer("olga@example.com", "operators"), "Idempotency-Key": KEY}

    def note() -> TestResponse:
        body = {"reason_code": "other", "note": "has told me of a divorce"}
        return client.post(f"/api/v1/operator/users/{user_id}/note", json=body, headers=operator)

    assert note().status_code == 201
    assert "divorce" in note().text
    assert client.delete(ME, headers=ann).status_code == 200
    again = note()
    assert (again.status_code, "divorce" in again.text) == (409, False)
    assert session.scalars(select(KeptAnswer.answer)).all() == [None]
