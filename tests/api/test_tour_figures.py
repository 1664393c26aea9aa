"""The sample of the README's tour, and its figures worked out from the file itself."""

import json
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

import spendsense.local
from spendsense import clock
from spendsense.store.models import User
from tests.api.conftest import Headers, Pool

SAMPLE = Path(spendsense.local.__path__[0]) / "sample" / "upload.json"
ME = "/api/v1/users/me"
TODAY = date(2026, 11, 22)
FIRST_OF_90 = TODAY - timedelta(days=89)
NOT_SPENT = ("INCOME_WAGES", "TRANSFER_OUT_SAVINGS", "TRANSFER_IN_SAVINGS", "LOAN_PAYMENTS_CREDIT_CARD_PAYMENT")


def cents_of(rows: list[dict[str, Any]]) -> int:
    return int(sum(Decimal(str(row["amount"])) for row in rows) * 100)


@pytest.fixture
def sam(monkeypatch: pytest.MonkeyPatch, pool: Pool, person: Callable[..., User]) -> Headers:
    """Sam, who agrees to everything, on the day after the sample's last row."""
    monkeypatch.setattr(clock, "now", lambda: datetime(2026, 11, 22, 12, tzinfo=UTC))
    person("sam@example.com", "analysis", "offers")
    return pool.bearer("sam@example.com")


def test_the_figures_of_the_tour(client: FlaskClient, sam: Headers) -> None:
    document = json.loads(SAMPLE.read_text())
    answer = client.post(f"{ME}/uploads", data=SAMPLE.read_bytes(), headers={**sam, "Content-Type": "application/json"})
    assert (answer.status_code, answer.json["is_up_to_date"]) == (201, True)
    assert answer.json["accepted"]["transactions"] == len(document["added"])

    superseded = {row["pending_transaction_id"] for row in document["added"]}
    rows = [row for row in document["added"] if row["transaction_id"] not in superseded]
    rows = [row for row in rows if date.fromisoformat(row["date"]) >= FIRST_OF_90]
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
