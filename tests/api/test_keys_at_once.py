"""Requests of one person that come together, each with a key of its own, on connections of their own."""

import threading
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from spendsense import clock
from spendsense.api import idempotency
from spendsense.api.tokens import PoolVerifier
from spendsense.consent import ledger, rights
from spendsense.consent.people import user_for_token
from spendsense.store.models import RulebookVersion, User
from spendsense.store.session import db
from tests.api.conftest import Headers, Pool
from tests.api.rows import add_account, add_recommendation, add_transaction
from tests.api.test_chain import payload
from tests.databases import really_committed

ME = "/api/v1/users/me"
AT_ONCE = 6
ITEM = uuid.UUID("c0a8e1f4-12ab-4c7e-9d55-3d1f6f3f7c52")

Send = Callable[[FlaskClient, Headers], int]


@pytest.fixture
def ann_id(app: Flask, pool: Pool, verifier: PoolVerifier, monkeypatch: pytest.MonkeyPatch) -> Iterator[uuid.UUID]:
    """Ann, who agrees to the analysis; really committed, so that other connections see her, and deleted after it."""
    monkeypatch.setitem(app.extensions, "spendsense.verifier", verifier)
    with really_committed(app, User, RulebookVersion) as session:
        user = user_for_token(session, pool.claims()["sub"], "ann@example.com", True)
        ledger.grant(session, user.user_id, ["analysis"], method="api", text_version="test", at=clock.now())
        add_account(session, user)
        add_transaction(session, user, "t1")
        add_recommendation(session, user, recommendation_id=ITEM)
        session.commit()
        yield user.user_id


def give_feedback(client: FlaskClient, headers: Headers) -> int:
    verdict = {"verdict": "helpful"}
    return client.post(f"{ME}/recommendations/{ITEM}/feedback", json=verdict, headers=headers).status_code


def correct(client: FlaskClient, headers: Headers) -> int:
    said = {"personal_finance_category": {"primary": "TRAVEL"}}
    return client.patch(f"{ME}/transactions/t1", json=said, headers=headers).status_code


def upload(client: FlaskClient, headers: Headers) -> int:
    return client.post(f"{ME}/uploads", json=payload(), headers=headers).status_code


def with_key(headers: Headers) -> Headers:
    return {**headers, "Idempotency-Key": str(uuid.uuid4())}


@pytest.mark.usefixtures("ann_id")
@pytest.mark.parametrize(("send", "done"), [(give_feedback, 201), (correct, 200), (upload, 201)])
def test_none_waits_for_another_that_waits_for_it(send: Send, done: int, app: Flask, ann: Headers) -> None:
    start = threading.Barrier(AT_ONCE)

    def begin(headers: Headers) -> int:
        client = app.test_client()
        start.wait(timeout=30)
        return send(client, headers)

    with ThreadPoolExecutor(AT_ONCE) as threads:
        assert list(threads.map(begin, [with_key(ann) for _ in range(AT_ONCE)])) == [done] * AT_ONCE


@pytest.mark.parametrize("send", [give_feedback, correct, upload])
def test_one_that_an_erasure_overtakes_finds_nobody(
    send: Send, app: Flask, ann: Headers, ann_id: uuid.UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = idempotency.current_user

    def erased_meanwhile(session: Session, *needs: Any) -> User:
        user = found(session, *needs)
        with Session(db.engine) as other:
            rights.erase(other, ann_id, clock.now())
            other.commit()
        return user

    monkeypatch.setattr(idempotency, "current_user", erased_meanwhile)
    assert send(app.test_client(), with_key(ann)) == 404
