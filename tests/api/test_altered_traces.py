"""A trace that somebody altered in the store is believed by nobody, and stands in nobody's way."""

import uuid
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from spendsense import clock
from spendsense.pipeline.claims import Moment, Scope
from spendsense.pipeline.upkeep import keep_up
from spendsense.recommendations.replay import replay
from spendsense.store.models import Trace, User
from tests.api.conftest import Headers, Pool
from tests.api.test_chain import payload
from tests.api.undone import change_tables

ME = "/api/v1/users/me"
STAFF = "/api/v1/operator"
ANOTHER_FIGURE = "jsonb_set(trace, '{item,position}', '7')"
UNREADABLE = "jsonb_set(jsonb_set(trace, '{decision,rows}', 'null'), '{item}', 'null')"


@pytest.fixture
def ann_id(client: FlaskClient, ann: Headers, person: Callable[..., User]) -> str:
    """Ann, who agrees to all of it and has recommendations."""
    user_id = str(person("ann@example.com", "analysis", "offers").user_id)
    assert client.post(f"{ME}/uploads", json=payload(), headers=ann).status_code == 201
    return user_id


@pytest.fixture
def olga(pool: Pool) -> Headers:
    return pool.bearer("olga@example.com", "operators")


def shown(client: FlaskClient, ann: Headers) -> list[str]:
    return [item["id"] for item in client.get(f"{ME}/recommendations", headers=ann).json["data"]["education"]]


def alter(session: Session, item: str, how: str) -> None:
    change_tables(session, f"UPDATE traces SET trace = {how} WHERE recommendation_id = '{item}'")


@pytest.mark.parametrize("how", [ANOTHER_FIGURE, UNREADABLE])
@pytest.mark.usefixtures("ann_id")
def test_the_end_of_offers_makes_no_altered_trace_believed(
    how: str, client: FlaskClient, ann: Headers, olga: Headers, session: Session
) -> None:
    item = shown(client, ann)[0]
    stored = session.scalars(select(Trace.digest).where(Trace.recommendation_id == uuid.UUID(item))).one()
    alter(session, item, how)
    assert item not in shown(client, ann)
    assert client.delete(f"{ME}/consents/offers", headers=ann).status_code == 200
    left = session.scalars(select(Trace).where(Trace.recommendation_id == uuid.UUID(item))).one()
    assert (left.trace, left.digest) == ({}, stored)
    path = f"{STAFF}/recommendations/{item}/approve"
    approval = client.post(path, json={"reason_code": "text_checked"}, headers=olga)
    assert approval.status_code == 409
    assert "altered" in approval.json["detail"]
    assert item not in shown(client, ann)
    assert not replay(session, uuid.UUID(item)).is_identical


@pytest.mark.usefixtures("ann_id")
def test_no_night_ends_at_an_altered_trace(client: FlaskClient, ann: Headers, session: Session) -> None:
    alter(session, shown(client, ann)[0], UNREADABLE)
    at = clock.now()
    session.execute(update(User).values(offers_until=at - timedelta(hours=1)))
    session.commit()
    kept = keep_up(Scope(), Moment(at.date(), at, "v1"), lambda: False)
    assert (kept.done["offers_expired"], kept.left_out) == (1, [])
    assert keep_up(Scope(), Moment(at.date(), at, "v1"), lambda: False).done["offers_expired"] == 0


@pytest.mark.parametrize("how", [ANOTHER_FIGURE, UNREADABLE, "'{}'"])
def test_operators_read_on_and_are_told_nothing_of_it(
    how: str, ann_id: str, client: FlaskClient, ann: Headers, olga: Headers, session: Session
) -> None:
    item, *others = shown(client, ann)
    alter(session, item, how)
    assert item not in shown(client, ann)  # held: it waits for an operator
    queue = client.get(f"{STAFF}/review", headers=olga).json["data"]
    assert [entry["why"] for entry in queue if entry["recommendation_id"] == item] == [None]
    told = client.get(f"{STAFF}/users/{ann_id}/traces", headers=olga).json["data"]
    why = {one["recommendation_id"]: one["why"] for one in told}
    assert why[item] is None
    assert all(why[other] for other in others)
    assert client.get(f"{STAFF}/recommendations/{item}", headers=olga).json["data"]["why"] is None
