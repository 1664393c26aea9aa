"""The charts add up to the signals, to the cent, and show what happened in the window and nothing else."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from spendsense import clock
from spendsense.local.demo_people import PEOPLE, payload_of
from spendsense.pipeline.run import refresh
from spendsense.store.kinds import Kind
from spendsense.store.models import Balance, Stream, User
from tests.api.conftest import Headers, Pool
from tests.api.rows import add_account, add_transaction

ME = "/api/v1/users/me"
LEDGER = {"account_id": "chk", "type": "depository", "subtype": "checking", "name": "Checking"}
CARD = {"account_id": "visa", "type": "credit", "subtype": "credit card", "name": "Visa", "mask": "4523"}

Read = Callable[..., dict[str, Any]]
Send = Callable[..., None]


def ago(days: int) -> str:
    return (clock.today() - timedelta(days=days)).isoformat()


def row(
    name: str, days: int, amount: float, primary: str | None = None, detail: str = "OTHER", **changes: Any
) -> dict[str, Any]:
    """A transaction on the card, `days` ago; its id is name and day."""
    said = {"personal_finance_category": {"primary": primary, "detailed": f"{primary}_{detail}"}} if primary else {}
    plain = {"transaction_id": f"{name}-{days}", "account_id": "visa", "date": ago(days), "amount": amount}
    return {**plain, "name": name, "pending": False, **said, **changes}


@pytest.fixture
def send(client: FlaskClient, ann: Headers, person: Callable[..., User]) -> Send:
    """Takes rows of a person with a checking account of 900.00 and a card at 3,400 of 5,000."""
    person("ann@example.com", "analysis")

    def take(*rows: dict[str, Any]) -> None:
        accounts = [
            {**LEDGER, "balances": {"current": 900, "iso_currency_code": "USD"}},
            {**CARD, "balances": {"current": 3400, "limit": 5000, "iso_currency_code": "USD"}},
        ]
        taken = client.post(f"{ME}/uploads", json={"accounts": accounts, "added": rows}, headers=ann)
        assert taken.status_code == 201, taken.text

    return take


@pytest.fixture
def read(client: FlaskClient, ann: Headers) -> Read:
    def ask(window: int = 30) -> dict[str, Any]:
        answer = client.get(f"{ME}/insights?window={window}", headers=ann)
        assert answer.status_code == 200, answer.text
        data: dict[str, Any] = answer.json["data"]
        return data

    return ask


@pytest.mark.parametrize("someone", [one for one in PEOPLE if one.purposes], ids=lambda one: one.email)
def test_every_chart_adds_up_to_the_signals(
    someone: Any, client: FlaskClient, pool: Pool, person: Callable[..., User]
) -> None:
    person(someone.email, "analysis")
    headers = pool.bearer(someone.email)
    sent = {**headers, "Content-Type": "application/json"}
    assert client.post(f"{ME}/uploads", data=payload_of(someone, clock.today()), headers=sent).status_code == 201
    for window in (30, 90, 180):
        data = client.get(f"{ME}/insights?window={window}", headers=headers).json["data"]
        (measured,) = client.get(f"{ME}/signals?window={window}", headers=headers).json["data"]
        assert data["as_of"] == measured["as_of"]
        assert data["currency"] == measured["coverage"]["currency"]
        assert data["is_up_to_date"] is True
        spent = measured["spending"]["values"]
        assert sum(one["cents"] for one in data["spending"]) == spent["cents"]
        assert sum(one["refund_cents"] for one in data["spending"]) == spent["refund_cents"]
        earned = measured["income"]
        assert sum(one["cents"] for one in data["income"]) == earned["values"]["cents"]
        assert sum(one["row_count"] for one in data["income"]) == len(earned["evidence"]["transaction_ids"])
        subscribed = {one["stream_id"] for one in data["subscriptions"]}
        assert subscribed == set(measured["subscriptions"]["evidence"]["stream_ids"])
        monthly = sum(one["monthly_cents"] for one in data["subscriptions"])
        assert 0 <= measured["subscriptions"]["values"]["monthly_cents"] - monthly <= len(subscribed)
        last = {one["account_id"]: one["points"][-1]["utilization_ratio"] for one in data["utilization"]}
        assert last == {card["account_id"]: card["utilization_ratio"] for card in measured["cards"]}
        assert data["summary"]["spending_cents"] == spent["cents"]
        assert data["summary"]["net_cents"] == earned["values"]["cents"] - spent["cents"]


def test_refunds_lower_their_category_and_transfers_are_left_out(send: Send, read: Read) -> None:
    send(
        row("Shoes", 10, 80.0, "GENERAL_MERCHANDISE"),
        row("Shoes", 5, -30.0, "GENERAL_MERCHANDISE"),  # taken back: 50.00 are left
        row("Market", 3, 12.5, "FOOD_AND_DRINK"),
        row("Thing", 2, 1.25),
        row("Savings", 1, 500.0, "TRANSFER_OUT", "SAVINGS", account_id="chk"),
    )
    assert read()["spending"] == [
        {"category": "GENERAL_MERCHANDISE", "cents": 5_000, "refund_cents": 3_000, "row_count": 2},
        {"category": "FOOD_AND_DRINK", "cents": 1_250, "refund_cents": 0, "row_count": 1},
        {"category": None, "cents": 125, "refund_cents": 0, "row_count": 1},
    ]


@pytest.mark.parametrize("window", [30, 90, 180])
def test_a_window_has_its_days_and_no_more(window: int, send: Send, read: Read) -> None:
    send(
        row("First", window - 1, 1.0, "MEDICAL"),
        row("Before", window, 2.0, "TRAVEL"),
        row("Last", 0, 4.0, "MEDICAL"),
        row("Tomorrow", -1, 8.0, "TRAVEL"),
        row("PAYROLL", window - 1, -16.0, "INCOME", account_id="chk"),
        row("PAYROLL", window, -32.0, "INCOME", account_id="chk"),
    )
    data = read(window)
    assert [(one["category"], one["cents"]) for one in data["spending"]] == [("MEDICAL", 500)]
    assert [(one["on"], one["cents"], one["is_pay"]) for one in data["income"]] == [(ago(window - 1), 1_600, True)]
    assert (data["as_of"], data["window_days"]) == (ago(0), window)


def test_a_correction_moves_a_row_to_its_category(send: Send, read: Read, client: FlaskClient, ann: Headers) -> None:
    send(row("Market", 3, 12.5, "FOOD_AND_DRINK"))
    said = {"personal_finance_category": {"primary": "TRAVEL"}}
    assert client.patch(f"{ME}/transactions/Market-3", json=said, headers=ann).status_code == 200
    assert [(one["category"], one["cents"]) for one in read()["spending"]] == [("TRAVEL", 1_250)]


def test_interest_and_pay_are_told_apart(send: Send, read: Read) -> None:
    send(
        row("PAYROLL", 9, -100.0, "INCOME", account_id="chk"),
        row("BONUS PAYROLL", 9, -50.0, "INCOME", account_id="chk"),
        row("INTEREST", 9, -2.0, "INCOME", "INTEREST_EARNED", account_id="chk"),
    )
    assert [(one["is_pay"], one["cents"], one["row_count"]) for one in read()["income"]] == [
        (False, 200, 1),
        (True, 15_000, 2),
    ]


def test_utilization_is_drawn_from_the_first_day_to_the_last(
    send: Send, read: Read, session: Session, person: Callable[..., User]
) -> None:
    """Seen 40 and 30 days ago (before the window's first day, 29 days ago), 10 days ago, and today."""
    send(row("Market", 3, 12.5))
    user_id = person("ann@example.com").user_id
    for days, cents, limit in ((40, 1, 100), (30, 250_001, 500_000), (10, -5, 500_000)):
        on = date.fromisoformat(ago(days))
        session.add(Balance(user_id=user_id, account_id="visa", observed_on=on, current_cents=cents, limit_cents=limit))
    session.commit()
    (card,) = read()["utilization"]
    assert (card["account_id"], card["name"], card["mask"]) == ("visa", "Visa", "4523")
    assert [(point["on"], point["balance_cents"], point["utilization_ratio"]) for point in card["points"]] == [
        (ago(29), 250_001, 0.5),  # 250,001 / 500,000 = 0.500002, floored to four decimals
        (ago(10), -5, 0.0),
        (ago(0), 340_000, 0.68),
    ]


def test_a_card_without_a_limit_or_a_sight_is_there_without_a_ratio(
    send: Send, read: Read, session: Session, person: Callable[..., User]
) -> None:
    send(row("Market", 3, 12.5))
    user = person("ann@example.com")
    for account_id, changes in (("a-new", {}), ("a-store", {}), ("b-euro", {"currency": "EUR"})):
        add_account(session, user, account_id, **changes)
    on = date.fromisoformat(ago(2))
    session.add(Balance(user_id=user.user_id, account_id="a-store", observed_on=on, current_cents=5))
    user.data_version += 1
    session.commit()
    refresh(user.user_id)
    new, store, _visa = read()["utilization"]  # the card in euros is none of the analysis
    assert (new["account_id"], new["points"]) == ("a-new", [])
    assert [point["utilization_ratio"] for point in store["points"]] == [None]


def test_subscriptions_show_price_changes_of_the_window_and_the_next_day(send: Send, read: Read) -> None:
    """9.99 three times, then 12.99 from 61 days ago on: a change within 90 days, not within 30."""
    prices = {151: 9.99, 121: 9.99, 91: 9.99, 61: 12.99, 31: 12.99, 1: 12.99}
    send(*(row("Filmbox", days, amount, "ENTERTAINMENT", "TV_AND_MOVIES") for days, amount in prices.items()))
    (now,), (then,) = read(30)["subscriptions"], read(90)["subscriptions"]
    assert (now["name"], now["last_amount_cents"], now["last_on"]) == ("Filmbox", 1_299, ago(1))
    assert date.fromisoformat(ago(0)) < date.fromisoformat(now["next_on"]) <= date.fromisoformat(ago(-31))
    assert now["price_changes"] == []
    assert then["price_changes"] == [{"on": ago(61), "old_cents": 999, "new_cents": 1_299}]


def test_what_is_said_not_to_recur_is_left_out(
    send: Send, read: Read, client: FlaskClient, ann: Headers, session: Session
) -> None:
    send(*(row("Filmbox", days, 9.99, "ENTERTAINMENT", "TV_AND_MOVIES") for days in (91, 61, 31, 1)))
    (stream_id,) = [stream.stream_id for stream in session.query(Stream)]
    assert len(read()["subscriptions"]) == 1
    client.patch(f"{ME}/streams/{stream_id}", json={"verdict": "not_recurring"}, headers=ann)
    assert read()["subscriptions"] == []


def test_before_the_first_measuring_the_charts_are_empty(read: Read, person: Callable[..., User]) -> None:
    person("ann@example.com", "analysis")
    data = read()
    assert (data["summary"], data["as_of"], data["is_up_to_date"]) == (None, None, False)
    assert [data[name] for name in ("spending", "utilization", "subscriptions", "income")] == [[], [], [], []]


def test_rows_that_wait_to_be_measured_are_owned_to(
    send: Send, read: Read, session: Session, person: Callable[..., User]
) -> None:
    send(row("Market", 3, 12.5))
    assert read()["is_up_to_date"] is True
    user = person("ann@example.com")
    pay = {"account_id": "chk", "date": clock.today(), "amount_cents": -900, "kind": Kind.INCOME}
    add_transaction(session, user, "new-pay", **pay)
    add_account(session, user, "new-card")
    user.data_version += 1
    session.commit()
    data = read()
    assert data["is_up_to_date"] is False
    assert (data["income"], data["summary"]["income_cents"]) == ([], 0)  # not a chart of the one and a sum of the other
    assert [card["account_id"] for card in data["utilization"]] == ["visa"]


def test_it_needs_consent_and_shows_nobody_else(
    send: Send, client: FlaskClient, ann: Headers, pool: Pool, person: Callable[..., User]
) -> None:
    send(row("Market", 3, 12.5))
    person("bob@example.com", "analysis")
    his = client.get(f"{ME}/insights", headers=pool.bearer("bob@example.com")).json["data"]
    assert (his["summary"], his["spending"], his["utilization"]) == (None, [], [])
    client.delete(f"{ME}/consents/analysis", headers=ann)
    refused = client.get(f"{ME}/insights", headers=ann)
    assert (refused.status_code, refused.json["purpose"]) == (403, "analysis")


@pytest.mark.parametrize("query", ["window=31", "window=all", "window=", "windows=30"])
def test_another_window_is_refused(query: str, client: FlaskClient, ann: Headers, person: Callable[..., User]) -> None:
    person("ann@example.com", "analysis")
    assert client.get(f"{ME}/insights?{query}", headers=ann).status_code == 422
