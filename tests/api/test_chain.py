"""Data in, and out come recommendations whose figures can be worked out from the rows."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from spendsense import clock
from spendsense.store.models import (
    CardSignals,
    Persona,
    PersonaChange,
    Recommendation,
    Stream,
    Trace,
    User,
    WindowSignals,
)
from tests.api.conftest import Headers

ME = "/api/v1/users/me"
DERIVED = (WindowSignals, CardSignals, Stream, Persona, PersonaChange, Recommendation, Trace)


def payload() -> dict[str, Any]:
    """A card at 3,400 of 5,000 (68 %), and 100 days of 40.00 at the market every 10 days."""
    card = {
        "account_id": "visa",
        "name": "Visa",
        "mask": "4523",
        "type": "credit",
        "subtype": "credit card",
        "balances": {"current": 3400, "limit": 5000, "iso_currency_code": "USD"},
    }
    rows = [
        {
            "transaction_id": f"m{days}",
            "account_id": "visa",
            "date": _before(days),
            "amount": 40.0,
            "name": f"Market {days}",
            "pending": False,
        }
        for days in range(0, 101, 10)
    ]
    return {"accounts": [card], "added": rows, "modified": [], "removed": [], "next_cursor": "c"}


def _before(days: int) -> str:
    return (clock.today() - timedelta(days=days)).isoformat()


def counts(session: Session) -> dict[str, int]:
    session.expire_all()
    return {table.__tablename__: session.scalar(select(func.count()).select_from(table)) or 0 for table in DERIVED}


def test_an_upload_makes_recommendations_at_once(
    client: FlaskClient, ann: Headers, person: Callable[..., User], session: Session
) -> None:
    person("ann@example.com", "analysis")
    answer = client.post(f"{ME}/uploads", json=payload(), headers=ann)
    assert (answer.status_code, answer.json["is_up_to_date"]) == (201, True)

    (window,) = client.get(f"{ME}/signals?window=30", headers=ann).json["data"]
    # Days 0, 10 and 20 lie within the 30 days that end today: 3 × 40.00.
    assert window["spending"]["values"]["cents"] == 12_000
    assert window["credit"]["values"]["max_utilization_ratio"] == 0.68
    persona = client.get(f"{ME}/persona", headers=ann).json["data"]
    assert {one["window_days"]: one["persona"] for one in persona["current"]}[90] == "high_utilization"
    data = client.get(f"{ME}/recommendations", headers=ann).json["data"]
    assert any("68" in one["rationale"] and "4523" in one["rationale"] for one in data["education"])
    assert data["offers"] == []

    before = counts(session)
    again = client.post(f"{ME}/uploads", json=payload(), headers=ann)
    assert (again.status_code, again.json["changed_rows"]) == (201, 0)
    assert counts(session) == before

    deleted = client.delete(f"{ME}/consents/analysis", headers=ann).json["deleted"]
    assert deleted["signals"] == 3
    assert set(counts(session).values()) == {0}


def test_another_item_takes_the_place_of_a_dismissed_one(
    client: FlaskClient, ann: Headers, person: Callable[..., User]
) -> None:
    person("ann@example.com", "analysis")
    client.post(f"{ME}/uploads", json=payload(), headers=ann)
    before = [one["title"] for one in client.get(f"{ME}/recommendations", headers=ann).json["data"]["education"]]
    first = client.get(f"{ME}/recommendations", headers=ann).json["data"]["education"][0]
    client.post(f"{ME}/recommendations/{first['id']}/feedback", json={"verdict": "dismissed"}, headers=ann)
    after = [one["title"] for one in client.get(f"{ME}/recommendations", headers=ann).json["data"]["education"]]
    assert first["title"] not in after
    assert set(before) - {first["title"]} <= set(after)
    assert len(after) >= 3


def test_a_chain_that_breaks_keeps_the_data(
    client: FlaskClient, ann: Headers, person: Callable[..., User], session: Session
) -> None:
    person("ann@example.com", "analysis")
    session.execute(text("ALTER TABLE signals RENAME TO signals_away"))
    answer = client.post(f"{ME}/uploads", json=payload(), headers=ann)
    assert (answer.status_code, answer.json["is_up_to_date"]) == (201, False)
    assert len(client.get(f"{ME}/transactions", headers=ann).json["data"]) == 11


def test_what_a_person_says_stands_where_the_rest_could_not_follow(
    client: FlaskClient, ann: Headers, person: Callable[..., User], session: Session
) -> None:
    person("ann@example.com", "analysis")
    data = payload()
    data["added"] += [
        {**data["added"][0], "transaction_id": f"gym{days}", "name": "Gym", "amount": 25.0, "date": _before(days)}
        for days in (2, 32, 63, 93)
    ]
    client.post(f"{ME}/uploads", json=data, headers=ann)
    stream = client.get(f"{ME}/streams", headers=ann).json["data"][0]["stream_id"]
    item = client.get(f"{ME}/recommendations", headers=ann).json["data"]["education"][0]["id"]
    category = {"personal_finance_category": {"primary": "TRANSPORTATION"}}

    def follow() -> list[bool]:
        answers = [
            client.patch(f"{ME}/streams/{stream}", json={"name": "Club"}, headers=ann),
            client.patch(f"{ME}/transactions/m0", json=category, headers=ann),
            client.patch(ME, json={"state": "CA"}, headers=ann),
            client.post(f"{ME}/recommendations/{item}/feedback", json={"verdict": "dismissed"}, headers=ann),
        ]
        assert [answer.status_code for answer in answers] == [200, 200, 200, 201]
        return [answer.json["is_up_to_date"] for answer in answers]

    session.execute(text("ALTER TABLE signals RENAME TO signals_away"))
    assert follow() == [False] * 4
    session.execute(text("ALTER TABLE signals_away RENAME TO signals"))
    client.patch(ME, json={"state": None}, headers=ann)
    assert follow() == [True] * 4


def test_offers_that_are_taken_back_leave_no_trace_of_what_was_looked_at(
    client: FlaskClient, ann: Headers, person: Callable[..., User], session: Session
) -> None:
    person("ann@example.com", "analysis", "offers")
    client.post(f"{ME}/uploads", json=payload(), headers=ann)
    assert all(trace["decision"]["offers"] for trace in session.scalars(select(Trace.trace)))
    assert client.delete(f"{ME}/consents/offers", headers=ann).status_code == 200
    session.expire_all()
    left = session.scalars(select(Trace.trace)).all()
    assert left
    assert not any(trace["decision"]["offers"] or trace["decision"]["offers_until"] for trace in left)
