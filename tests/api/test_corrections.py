"""A person says what a transaction is; the list shows both categories, and the figures follow."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from flask.testing import FlaskClient

from spendsense import clock
from spendsense.consent import ledger
from spendsense.store.models import User
from spendsense.store.session import transaction
from tests.api.conftest import Headers, Pool
from tests.api.test_chain import payload

ME = "/api/v1/users/me"
SAVINGS = {"primary": "TRANSFER_OUT", "detailed": "TRANSFER_OUT_SAVINGS"}


@pytest.fixture
def bought(client: FlaskClient, ann: Headers, person: Callable[..., User]) -> None:
    """Ann's eleven purchases at the market, 40.00 each; the bank calls the last one groceries."""
    person("ann@example.com", "analysis")
    sent = payload()
    groceries = {"primary": "FOOD_AND_DRINK", "detailed": "FOOD_AND_DRINK_GROCERIES"}
    sent["added"][0]["personal_finance_category"] = groceries
    assert client.post(f"{ME}/uploads", json=sent, headers=ann).status_code == 201


def correct(client: FlaskClient, headers: Headers, category: Any, transaction_id: str = "m0") -> Any:
    body = {"personal_finance_category": category}
    return client.patch(f"{ME}/transactions/{transaction_id}", json=body, headers=headers)


def spending(client: FlaskClient, headers: Headers) -> int:
    (window,) = client.get(f"{ME}/signals?window=90", headers=headers).json["data"]
    cents: int = window["spending"]["values"]["cents"]
    return cents


@pytest.mark.usefixtures("bought")
def test_both_categories_are_shown_and_the_figures_follow(client: FlaskClient, ann: Headers) -> None:
    before = spending(client, ann)
    answer = correct(client, ann, SAVINGS)
    assert answer.status_code == 200
    (listed,) = [
        row for row in client.get(f"{ME}/transactions", headers=ann).json["data"] if row["transaction_id"] == "m0"
    ]
    assert answer.json == {**listed, "is_up_to_date": True}
    assert (listed["category_primary"], listed["category_detailed"]) == ("FOOD_AND_DRINK", "FOOD_AND_DRINK_GROCERIES")
    assert (listed["corrected_primary"], listed["corrected_detailed"]) == tuple(SAVINGS.values())
    assert listed["counted_as"] == "transfer"
    assert spending(client, ann) == before - 4_000

    taken_back = correct(client, ann, None).json
    assert (taken_back["corrected_primary"], taken_back["counted_as"]) == (None, "spending")
    assert spending(client, ann) == before


@pytest.mark.usefixtures("bought")
def test_who_revokes_before_it_is_answered_is_shown_nothing(
    client: FlaskClient, ann: Headers, monkeypatch: pytest.MonkeyPatch
) -> None:
    def revoke(user_id: UUID) -> None:
        with transaction() as own:
            ledger.revoke(own, user_id, "analysis", method="api", text_version="test", at=clock.now())

    monkeypatch.setattr("spendsense.api.transactions.refresh_person", revoke)
    answer = correct(client, ann, SAVINGS)
    assert (answer.status_code, answer.json["purpose"]) == (403, "analysis")
    assert "counted_as" not in answer.json


@pytest.mark.usefixtures("bought")
def test_a_primary_category_is_enough(client: FlaskClient, ann: Headers) -> None:
    answer = correct(client, ann, {"primary": "TRAVEL"})
    assert (answer.json["corrected_primary"], answer.json["corrected_detailed"]) == ("TRAVEL", None)


@pytest.mark.usefixtures("bought")
def test_the_list_is_searched_by_what_the_person_says(client: FlaskClient, ann: Headers) -> None:
    def found(category: str) -> list[str]:
        answer = client.get(f"{ME}/transactions?category={category}", headers=ann)
        return [row["transaction_id"] for row in answer.json["data"]]

    assert found("FOOD_AND_DRINK") == ["m0"]
    correct(client, ann, SAVINGS)
    assert found("FOOD_AND_DRINK") == []
    assert found("TRANSFER_OUT") == found("TRANSFER_OUT_SAVINGS") == ["m0"]
    correct(client, ann, {"primary": "TRAVEL", "detailed": None})
    assert (found("TRAVEL"), found("FOOD_AND_DRINK_GROCERIES")) == (["m0"], [])


@pytest.mark.usefixtures("bought")
@pytest.mark.parametrize(
    "body",
    [
        {},
        {"personal_finance_category": {}},
        {"personal_finance_category": {"primary": "COFFEE"}},
        {"personal_finance_category": {"primary": "TRAVEL", "detailed": "FOOD_AND_DRINK_COFFEE"}},
        {"personal_finance_category": "TRAVEL"},
        {"personal_finance_category": None, "amount": 1},
    ],
)
def test_what_can_not_be_is_refused(client: FlaskClient, ann: Headers, body: dict[str, Any]) -> None:
    answer = client.patch(f"{ME}/transactions/m0", json=body, headers=ann)
    assert answer.status_code == 422
    assert answer.json["errors"]


@pytest.mark.usefixtures("bought")
def test_only_ones_own_and_only_with_consent(client: FlaskClient, ann: Headers, pool: Pool) -> None:
    bob = pool.bearer("bob@example.com")
    assert correct(client, bob, SAVINGS).status_code == 403
    agree = {
        "purposes": ["analysis"],
        "text_version": client.get(f"{ME}/consents", headers=bob).json["texts"][0]["version"],
    }
    client.post(f"{ME}/consents", json=agree, headers=bob)
    for transaction_id in ("m0", "nowhere", "a/b", "%00"):
        assert correct(client, bob, SAVINGS, transaction_id).status_code == 404, transaction_id
    assert client.get(f"{ME}/transactions?category=TRANSFER_OUT", headers=ann).json["data"] == []
