"""The sample of the README's tour, and its figures worked out from the file itself."""

import json
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from spendsense import clock
from spendsense.store.models import User
from tests.api.conftest import Headers, Pool

SAMPLE = Path(__file__).resolve().parents[2] / "samples" / "upload.json"
ME = "/api/v1/users/me"
TODAY = date(2026, 11, 22)
FIRST_OF_90 = TODAY - timedelta(days=89)
NEITHER_SPENT_NOR_FEE = ("INCOME", "TRANSFER_OUT", "TRANSFER_IN", "LOAN_PAYMENTS")  # of the sample's categories


def cents_of(rows: list[dict[str, Any]]) -> int:
    return int(sum(Decimal(str(row["amount"])) for row in rows) * 100)


@pytest.fixture
def sam(monkeypatch: pytest.MonkeyPatch, pool: Pool, person: Callable[..., User]) -> Headers:
    """Sam, who agrees to everything, on the sample's last day but one."""
    monkeypatch.setattr(clock, "now", lambda: datetime(2026, 11, 22, 12, tzinfo=UTC))
    person("sam@example.com", "analysis", "offers")
    return pool.bearer("sam@example.com")


def test_the_figures_of_the_tour(client: FlaskClient, sam: Headers) -> None:
    document = json.loads(SAMPLE.read_text())
    answer = client.post(f"{ME}/uploads", data=SAMPLE.read_bytes(), headers={**sam, "Content-Type": "application/json"})
    assert (answer.status_code, answer.json["is_up_to_date"]) == (201, True)
    assert answer.json["accepted"]["transactions"] == len(document["added"])

    rows = [row for row in document["added"] if date.fromisoformat(row["date"]) >= FIRST_OF_90]
    spent = cents_of([row for row in rows if row["personal_finance_category"]["primary"] not in NEITHER_SPENT_NOR_FEE])
    (window,) = client.get(f"{ME}/signals?window=90", headers=sam).json["data"]
    assert window["spending"]["values"]["cents"] == spent
    assert window["spending"]["values"]["monthly_cents"] == spent * 30 // 90
    assert window["credit"]["values"]["interest_cents"] == 16_761  # 54.11 + 56.02 + 57.48
    assert window["credit"]["values"]["max_utilization_ratio"] == 0.68  # 3,400 of 5,000
    assert window["subscriptions"]["values"]["count"] == 3  # Filmbox, Tunewave, Ironworks Gym
    assert window["subscriptions"]["values"]["monthly_cents"] == 4_698  # 12.99 + 9.99 + 24.00

    data = client.get(f"{ME}/recommendations", headers=sam).json["data"]
    assert data["education"][0]["rationale"].startswith("Your Visa ending 4523 is at 68 % of its limit")
    assert any("167.61" in item["rationale"] for item in data["education"])
    assert 3 <= len(data["education"]) <= 5
    assert 1 <= len(data["offers"]) <= 3
