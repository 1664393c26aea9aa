"""What the jobs made, as the person sees it. The rows are written here; nothing is computed."""

import uuid
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from spendsense import clock
from spendsense.store.models import (
    Balance,
    CardSignals,
    Feedback,
    Liability,
    Persona,
    PersonaChange,
    Progress,
    Recommendation,
    Stream,
    User,
)
from tests.api.conftest import Headers, Pool
from tests.api.rows import TODAY, add_account, add_recommendation, add_signals, add_transaction

ME = "/api/v1/users/me"
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


@pytest.fixture
def ann_user(person: Callable[..., User]) -> User:
    return person("ann@example.com", "analysis", "offers")


def test_accounts_show_the_last_balance_and_what_is_owed(
    client: FlaskClient, session: Session, ann_user: User, ann: Headers
) -> None:
    add_account(session, ann_user)
    for day, cents in ((date(2026, 11, 1), 100), (date(2026, 11, 3), 340_000), (date(2026, 11, 2), 200)):
        balance = Balance(user_id=ann_user.user_id, account_id="visa", observed_on=day, current_cents=cents)
        session.add(balance)
    apr = Decimal("19.9900")
    session.add(Liability(user_id=ann_user.user_id, account_id="visa", kind="credit", apr_percent=apr, is_overdue=True))
    session.commit()
    (account,) = client.get(f"{ME}/accounts", headers=ann).json["data"]
    assert (account["mask"], account["currency"]) == ("4523", "USD")
    assert (account["balance"]["observed_on"], account["balance"]["current_cents"]) == ("2026-11-03", 340_000)
    assert (account["liability"]["apr_percent"], account["liability"]["is_overdue"]) == (19.99, True)


def pages_of(client: FlaskClient, path: str, headers: Headers) -> list[list[dict[str, Any]]]:
    """All pages of a list, by following `next`."""
    pages, mark = [], ""
    while mark is not None:
        body = client.get(path + (f"&after={mark}" if mark else ""), headers=headers).json
        pages.append(body["data"])
        mark = body["next"]
    return pages


def test_pages_hold_every_row_once_newest_first(
    client: FlaskClient, session: Session, ann_user: User, ann: Headers
) -> None:
    add_account(session, ann_user)
    for number in range(7):  # ids a0 to a6 on 20, 20, 19, 19, 18, 18, 17 November
        add_transaction(session, ann_user, f"a{number}", date=TODAY - timedelta(days=number // 2))
    session.commit()
    pages = pages_of(client, f"{ME}/transactions?limit=3", ann)
    assert [[row["transaction_id"] for row in rows] for rows in pages] == [
        ["a1", "a0", "a3"],
        ["a2", "a5", "a4"],
        ["a6"],
    ]


def test_a_full_last_page_has_no_next(client: FlaskClient, session: Session, ann_user: User, ann: Headers) -> None:
    for account_id in ("a", "b"):
        add_account(session, ann_user, account_id)
    session.commit()
    assert [len(rows) for rows in pages_of(client, f"{ME}/accounts?limit=1", ann)] == [1, 1]
    assert client.get(f"{ME}/accounts?limit=2", headers=ann).json["next"] is None


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", ["t4", "t3", "t2", "t1"]),
        ("from=2026-11-18", ["t4", "t3", "t2"]),  # the first day is included
        ("to=2026-11-18", ["t2", "t1"]),  # and so is the last
        ("from=2026-11-18&to=2026-11-19", ["t3", "t2"]),
        ("category=FOOD_AND_DRINK", ["t2"]),
        ("category=FOOD_AND_DRINK_GROCERIES", ["t2"]),
        ("merchant=BAKERY", ["t4", "t1"]),
        ("merchant=100%25", ["t3"]),  # a percent sign is only itself
        ("merchant=_", []),
        ("account_id=giro", ["t4"]),
        ("account_id=visa&merchant=bakery", ["t1"]),
    ],
)
def test_filters(
    query: str, expected: list[str], client: FlaskClient, session: Session, ann_user: User, ann: Headers
) -> None:
    add_account(session, ann_user)
    add_account(session, ann_user, "giro", type="depository", subtype="checking")
    food = {"category_primary": "FOOD_AND_DRINK", "category_detailed": "FOOD_AND_DRINK_GROCERIES"}
    add_transaction(session, ann_user, "t1", date=date(2026, 11, 17))
    add_transaction(session, ann_user, "t2", date=date(2026, 11, 18), name="Market", **food)
    add_transaction(session, ann_user, "t3", date=date(2026, 11, 19), name="100% Juice")
    add_transaction(
        session, ann_user, "t4", date=date(2026, 11, 20), account_id="giro", merchant_name="Bakery Two", name="POS"
    )
    session.commit()
    rows = client.get(f"{ME}/transactions?{query}", headers=ann).json["data"]
    assert [row["transaction_id"] for row in rows] == expected


@pytest.mark.parametrize(
    "query",
    [
        "limit=0",
        "limit=201",
        "limit=ten",
        "limit=1.5",
        "limit=",
        "limit=9999999999999999999999",
        "after=zzz",
        "after=%00",
        "after=W10",
        "after=" + "a" * 2_000,
        "from=2026-13-01",
        "from=yesterday",
        "from=2026-11-02&to=2026-11-01",
        "merchant=%00",
        "merchant=",
        "category=" + "a" * 201,
        "user_id=someone",
    ],
)
def test_a_query_that_is_wrong_names_the_parameter(
    query: str, client: FlaskClient, ann_user: User, ann: Headers
) -> None:
    response = client.get(f"{ME}/transactions?{query}", headers=ann)
    assert response.status_code == 422
    assert response.json["errors"][0]["pointer"] == "/" + query.split("=")[0]


def test_signals_with_values_evidence_and_coverage(
    client: FlaskClient, session: Session, ann_user: User, ann: Headers
) -> None:
    add_account(session, ann_user)
    for window in (30, 90, 180):
        add_signals(
            session,
            ann_user,
            window,
            currency="USD",
            days_seen=window,
            credit_max_utilization_ratio=Decimal("0.6800"),
            credit_account_ids=["visa"],
            fee_count=2,
            fee_transaction_ids=["f1", "f2"],
        )
    card = {"balance_cents": 340_000, "limit_cents": 500_000, "utilization_ratio": Decimal("0.6800")}
    interest = {"interest_30_cents": 1, "interest_90_cents": 2, "interest_180_cents": 3}
    session.add(CardSignals(user_id=ann_user.user_id, account_id="visa", **card, **interest))
    session.commit()
    windows = client.get(f"{ME}/signals", headers=ann).json["data"]
    assert [one["window_days"] for one in windows] == [30, 90, 180]
    one = windows[1]
    assert (one["as_of"], one["coverage"]["currency"], one["coverage"]["days_seen"]) == ("2026-11-20", "USD", 90)
    assert one["credit"]["values"]["max_utilization_ratio"] == 0.68
    assert one["credit"]["evidence"]["account_ids"] == ["visa"]
    assert (one["fees"]["values"]["count"], one["fees"]["evidence"]["transaction_ids"]) == (2, ["f1", "f2"])
    assert one["savings"]["values"]["growth_ratio"] is None  # unknown is never zero
    assert (one["cards"][0]["mask"], one["cards"][0]["interest_cents"]) == ("4523", 2)
    assert [one["window_days"] for one in client.get(f"{ME}/signals?window=90", headers=ann).json["data"]] == [90]


@pytest.mark.parametrize("window", ["7", "91", "-30", "all", ""])
def test_other_windows_are_not_measured(window: str, client: FlaskClient, ann_user: User, ann: Headers) -> None:
    assert client.get(f"{ME}/signals?window={window}", headers=ann).status_code == 422


def test_before_the_first_run_there_is_nothing_to_show(client: FlaskClient, ann_user: User, ann: Headers) -> None:
    assert client.get(f"{ME}/signals", headers=ann).json == {"data": []}
    assert client.get(f"{ME}/streams", headers=ann).json == {"data": [], "next": None}
    assert client.get(f"{ME}/persona", headers=ann).json["data"]["current"] == []
    assert client.get(f"{ME}/recommendations", headers=ann).json == {"data": {"education": [], "offers": []}}


@pytest.mark.parametrize(
    ("lapse_on", "is_early", "status"),
    [
        (TODAY + timedelta(days=1), False, "MATURE"),
        (TODAY, False, "TOMBSTONED"),  # from that day on
        (TODAY + timedelta(days=1), True, "EARLY_DETECTION"),
    ],
)
def test_the_status_of_a_stream(
    lapse_on: date, is_early: bool, status: str, client: FlaskClient, session: Session, ann_user: User, ann: Headers
) -> None:
    columns: dict[str, Any] = {
        "counterparty_key": 7,
        "direction": "outflow",
        "plan": 0,
        "account_id": "visa",
        "name": "Filmbox",
        "kind": "subscription",
        "is_income_by_rhythm": False,
        "cadence": "MONTHLY",
        "is_early": is_early,
        "currency": "USD",
        "typical_amount_cents": 1_299,
        "last_amount_cents": 1_299,
        "first_on": date(2026, 9, 1),
        "last_on": date(2026, 11, 1),
        "next_on": date(2026, 12, 1),
        "lapse_on": lapse_on,
        "transaction_ids": ["s1", "s2", "s3"],
    }
    session.add(Stream(user_id=ann_user.user_id, **columns))
    session.execute(update(Progress).where(Progress.user_id == ann_user.user_id).values(measured_as_of=TODAY))
    session.commit()
    (stream,) = client.get(f"{ME}/streams", headers=ann).json["data"]
    assert (stream["status"], stream["as_of"]) == (status, "2026-11-20")
    assert stream["next_on"] == (None if status == "TOMBSTONED" else "2026-12-01")
    assert stream["transaction_ids"] == ["s1", "s2", "s3"]


def test_the_persona_with_its_criteria_and_history(
    client: FlaskClient, session: Session, ann_user: User, ann: Headers
) -> None:
    criterion = {
        "persona": "high_utilization",
        "signal": "credit.max_utilization_ratio",
        "operator": ">=",
        "threshold": 0.5,
        "unit": "ratio",
        "value": 0.68,
        "holds": True,
        "note": None,
    }
    decision = {"persona": "high_utilization", "reason": "criteria", "criteria": [criterion], "rulebook_version": "v1"}
    session.add(Persona(user_id=ann_user.user_id, window_days=90, as_of=TODAY, **decision))
    for hour, previous in ((0, None), (1, "general_wellness")):
        moment = NOON + timedelta(hours=hour)
        change = {**decision, "previous_persona": previous, "changed_at": moment, "as_of": TODAY}
        session.add(PersonaChange(user_id=ann_user.user_id, window_days=90, **change))
    session.commit()
    body = client.get(f"{ME}/persona?limit=1", headers=ann).json
    assert body["data"]["primary_window_days"] == 90
    (current,) = body["data"]["current"]
    assert (current["persona"], current["criteria"]) == ("high_utilization", [criterion])
    assert [change["previous_persona"] for change in body["data"]["history"]] == ["general_wellness"]
    older = client.get(f"{ME}/persona?limit=1&after={body['next']}", headers=ann).json
    assert [change["previous_persona"] for change in older["data"]["history"]] == [None]
    assert older["next"] is None


def test_only_active_items_are_shown_in_their_order(
    client: FlaskClient, session: Session, ann_user: User, ann: Headers
) -> None:
    second = add_recommendation(session, ann_user, item_id="b", position=1)
    first = add_recommendation(session, ann_user, item_id="a", position=0)
    offer = add_recommendation(session, ann_user, kind="offer", item_id="c")
    for number, status in enumerate(("held", "pending_approval", "superseded", "expired", "rejected", "overridden")):
        add_recommendation(session, ann_user, item_id=f"x{number}", status=status)
    add_recommendation(session, ann_user, item_id="old", expires_on=clock.today())
    session.commit()
    data = client.get(f"{ME}/recommendations", headers=ann).json["data"]
    assert [one["id"] for one in data["education"]] == [str(first), str(second)]
    assert [one["id"] for one in data["offers"]] == [str(offer)]
    assert set(data["offers"][0]) == {"id", "title", "rationale", "content", "disclosure"}


def test_offers_are_shown_only_under_a_live_consent(
    client: FlaskClient, session: Session, ann_user: User, ann: Headers
) -> None:
    add_recommendation(session, ann_user, kind="offer", item_id="c")
    offers_ended = update(User).values(offers_until=clock.now() - timedelta(seconds=1))
    session.execute(offers_ended.where(User.user_id == ann_user.user_id))
    session.commit()
    assert client.get(f"{ME}/recommendations", headers=ann).json["data"]["offers"] == []


def test_feedback_is_kept_and_a_dismissed_item_goes_away(
    client: FlaskClient, session: Session, ann_user: User, ann: Headers
) -> None:
    item = add_recommendation(session, ann_user)
    session.commit()
    path = f"{ME}/recommendations/{item}/feedback"
    for verdict in ("helpful", "clicked", "dismissed", "dismissed"):
        assert client.post(path, json={"verdict": verdict}, headers=ann).status_code == 201
    assert len(session.scalars(select(Feedback)).all()) == 4
    shown = client.get(f"{ME}/recommendations", headers=ann).json["data"]["education"]
    assert str(item) not in [one["id"] for one in shown]
    dismissed = select(Recommendation.status).where(Recommendation.recommendation_id == item)
    assert session.scalars(dismissed).all() == ["dismissed"]


@pytest.mark.parametrize("verdict", ["great", "", None, 1, ["helpful"]])
def test_other_verdicts_are_refused(
    verdict: object, client: FlaskClient, session: Session, ann_user: User, ann: Headers
) -> None:
    item = add_recommendation(session, ann_user)
    session.commit()
    response = client.post(f"{ME}/recommendations/{item}/feedback", json={"verdict": verdict}, headers=ann)
    assert (response.status_code, response.json["errors"][0]["pointer"]) == (422, "/verdict")


def test_the_item_of_another_person_is_not_found(
    client: FlaskClient, session: Session, ann_user: User, person: Callable[..., User], pool: Pool
) -> None:
    item = add_recommendation(session, ann_user)
    person("bob@example.com", "analysis")
    bob = pool.bearer("bob@example.com")
    for path in (f"{item}", f"{uuid.uuid4()}", "not-an-id"):
        response = client.post(f"{ME}/recommendations/{path}/feedback", json={"verdict": "helpful"}, headers=bob)
        assert response.status_code == 404
    assert session.scalars(select(Feedback)).all() == []


def test_lists_show_nothing_of_another_person(
    client: FlaskClient, session: Session, ann_user: User, person: Callable[..., User], pool: Pool
) -> None:
    add_account(session, ann_user)
    add_transaction(session, ann_user, "t1")
    add_recommendation(session, ann_user)
    add_signals(session, ann_user, 90)
    person("bob@example.com", "analysis", "offers")
    bob = pool.bearer("bob@example.com")
    for name in ("accounts", "transactions", "uploads", "signals", "streams"):
        assert client.get(f"{ME}/{name}", headers=bob).json["data"] == []
    exported = client.get(f"{ME}/export", headers=bob).json["tables"]
    assert exported["accounts"] == exported["transactions"] == exported["recommendations"] == []
