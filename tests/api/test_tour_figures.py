"""The sample of the README's tour, and its figures worked out from the file itself, on whatever day it is followed."""

import json
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import pytest
from flask.testing import FlaskClient

from spendsense import clock
from spendsense.local.demo_upload import upload_on
from spendsense.store.models import User
from tests.api.conftest import Headers, Pool

ME = "/api/v1/users/me"
DAYS = (date(2026, 11, 22), date(2026, 12, 31), date(2027, 3, 1), date(2028, 2, 29), date(2029, 8, 15))
NOT_SPENT = ("INCOME_WAGES", "TRANSFER_OUT_SAVINGS", "TRANSFER_IN_SAVINGS", "LOAN_PAYMENTS_CREDIT_CARD_PAYMENT")


def cents_of(rows: list[dict[str, Any]]) -> int:
    return int(sum(Decimal(str(row["amount"])) for row in rows) * 100)


@pytest.fixture(params=DAYS, ids=str)
def today(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> date:
    """The day on which somebody follows the tour."""
    day: date = request.param
    monkeypatch.setattr(clock, "now", lambda: datetime.combine(day, time(12), UTC))
    return day


@pytest.fixture
def sam(today: date, pool: Pool, person: Callable[..., User]) -> Headers:
    """Sam, who agrees to everything that day."""
    person("sam@example.com", "analysis", "offers")
    return pool.bearer("sam@example.com")


def test_the_figures_of_the_tour(client: FlaskClient, sam: Headers, today: date) -> None:
    sent = upload_on(today)
    document = json.loads(sent)
    answer = client.post(f"{ME}/uploads", data=sent, headers={**sam, "Content-Type": "application/json"})
    assert (answer.status_code, answer.json["is_up_to_date"]) == (201, True)
    assert answer.json["accepted"]["transactions"] == len(document["added"])

    superseded = {row["pending_transaction_id"] for row in document["added"]}
    rows = [row for row in document["added"] if row["transaction_id"] not in superseded]
    rows = [row for row in rows if date.fromisoformat(row["date"]) > today - timedelta(days=90)]
    spent = cents_of([row for row in rows if row["personal_finance_category"]["detailed"] not in NOT_SPENT])
    (window,) = client.get(f"{ME}/signals?window=90", headers=sam).json["data"]
    assert window["spending"]["values"]["cents"] == spent
    assert window["spending"]["values"]["monthly_cents"] == spent * 30 // 90
    assert window["credit"]["values"]["interest_cents"] == 17_520  # 56.85 + 58.40 + 59.95
    assert window["credit"]["values"]["max_utilization_ratio"] == 0.68  # 3,400 of 5,000
    assert window["subscriptions"]["values"]["count"] == 3  # Streambox, Tunewell, Iron Yard Gym
    assert window["subscriptions"]["values"]["monthly_cents"] == 5_598  # 15.99 + 10.99 + 29.00

    data = client.get(f"{ME}/recommendations", headers=sam).json["data"]
    said = "Your Visa ending 4523 is at 68 % of its limit"
    assert any(item["rationale"].startswith(said) for item in data["education"])
    assert any("175.20" in item["rationale"] for item in data["education"])
    assert 3 <= len(data["education"]) <= 5
    assert 1 <= len(data["offers"]) <= 3
