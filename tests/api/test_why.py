"""Why this and why not that: all of it for operators and auditors, plain sentences for the person."""

import uuid
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import jsonschema_rs
import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from spendsense import clock
from spendsense.personas.assign import name_people
from spendsense.recommendations.generate import advise
from spendsense.rulebook.load import load_rulebook
from spendsense.store.models import Recommendation, User
from tests.api.conftest import Headers, Pool
from tests.samples import make_card, make_signals, store_checking, store_signals

ME = "/api/v1/users/me/recommendations"
BOOK = load_rulebook()
CHANGES = {
    "credit.card_count": 1,
    "credit.known_limit_count": 1,
    "credit.max_utilization_ratio": Decimal("0.6800"),
    "credit.max_utilization_account_id": "acc-card",
    "credit.is_overdue": False,
    "credit.interest_cents": 1_234,
    "credit.interest_transaction_ids": ("tx-interest-1", "tx-interest-2"),
    "income.monthly_cents": 150_000,  # 2,000.00 are asked for
}
CARD = make_card(
    balance_cents=340_000,
    utilization_ratio=Decimal("0.6800"),
    utilization_flag_percent=50,
    interest_cents=1_234,
)


@pytest.fixture
def ann_user(session: Session, person: Callable[..., User]) -> User:
    """Ann, with a card at 68 % that cost 12.34 of interest, and an income below what the offer asks for."""
    user = person("ann@example.com", "analysis", "offers")
    store_checking(session, user.user_id, clock.today())
    store_signals(session, user.user_id, make_signals(CHANGES, cards=(CARD,)), (30, 90, 180))
    at = clock.now() - timedelta(seconds=5)
    name_people(session, [user.user_id], at.date(), BOOK, at)
    advise(session, [user.user_id], at.date(), BOOK, at, uuid.uuid4())
    session.commit()
    return user


@pytest.fixture
def olga(pool: Pool) -> Headers:
    return pool.bearer("olga@example.com", "operators")


def traces(client: FlaskClient, user: User, headers: Headers, query: str = "") -> Any:
    response = client.get(f"/api/v1/operator/users/{user.user_id}/traces{query}", headers=headers)
    assert response.status_code == 200, response.json
    return response.json


def id_of(client: FlaskClient, headers: Headers, title: str) -> str:
    education = client.get(ME, headers=headers).json["data"]["education"]
    return next(item["id"] for item in education if item["title"] == title)


INTEREST = next(item.title for item in BOOK.education if item.item_id == "card-interest-explained")
OFFER = next(offer.title for offer in BOOK.offers if offer.item_id == "offer-fernhill-balance-transfer")


def test_operators_see_the_figures_the_thresholds_and_the_rows(
    client: FlaskClient, ann_user: User, olga: Headers
) -> None:
    shown = {one["item_id"]: one for one in traces(client, ann_user, olga)["data"]}
    one = shown["card-interest-explained"]
    assert (one["status"], one["rulebook_version"]) == ("active", BOOK.version)
    assert one["why"]["persona"] == "high_utilization"
    assert one["why"]["is_for_persona"] is True
    assert one["why"]["comparisons"] == [
        {
            "check": "credit.interest_cents",
            "signal": "credit.interest_cents",
            "operator": ">",
            "threshold": 0,
            "unit": "cents",
            "value": 1_234,
            "holds": True,
        }
    ]
    assert one["why"]["figures"]["credit.interest_cents"] == 1_234
    assert one["why"]["evidence"] == {
        "transaction_ids": ["tx-interest-1", "tx-interest-2"],
        "account_ids": ["acc-card"],
        "stream_ids": [],
    }
    (event,) = one["events"]
    assert (event["actor"], event["from_status"], event["to_status"]) == ("job", None, "active")
    assert event["reason_code"] == "chosen"


def test_operators_see_each_failed_check_with_value_and_threshold(
    client: FlaskClient, ann_user: User, olga: Headers
) -> None:
    others = {other["item_id"]: other for other in traces(client, ann_user, olga)["data"][0]["why_not"]}
    offer = others["offer-fernhill-balance-transfer"]
    assert (offer["kind"], offer["reason"]) == ("offer", "not eligible")
    (failed,) = offer["failed"]
    assert (failed["check"], failed["signal"], failed["operator"]) == ("minimum income", "income.monthly_cents", ">=")
    assert (failed["value"], failed["threshold"], failed["holds"]) == (150_000, 200_000, False)
    fees = others["bank-fees-overview"]
    assert (fees["kind"], fees["reason"]) == ("education", "trigger does not hold")
    assert [(line["signal"], line["threshold"], line["value"]) for line in fees["failed"]] == [
        ("fees.count", 2, 0),
        ("fees.cents", 3_500, 0),
    ]


def test_every_item_of_the_catalog_is_shown_or_told_of(client: FlaskClient, ann_user: User, olga: Headers) -> None:
    page = traces(client, ann_user, olga)["data"]
    catalog = {item.item_id for item in (*BOOK.education, *BOOK.offers)}
    told = {other["item_id"] for other in page[0]["why_not"]}
    assert told | {one["item_id"] for one in page} == catalog
    assert not told & {one["item_id"] for one in page}


def test_pages_hold_every_trace_once(client: FlaskClient, ann_user: User, olga: Headers) -> None:
    whole = [one["recommendation_id"] for one in traces(client, ann_user, olga)["data"]]
    paged, mark = [], ""
    while mark is not None:
        page = traces(client, ann_user, olga, "?limit=2" + (f"&after={mark}" if mark else ""))
        assert len(page["data"]) <= 2
        paged += [one["recommendation_id"] for one in page["data"]]
        mark = page["next"]
    assert paged == whole
    assert len(whole) >= 3


def test_what_has_ended_is_still_told_of(
    client: FlaskClient, session: Session, ann_user: User, ann: Headers, olga: Headers
) -> None:
    item = id_of(client, ann, INTEREST)
    client.post(f"{ME}/{item}/feedback", json={"verdict": "dismissed"}, headers=ann)
    one = next(one for one in traces(client, ann_user, olga)["data"] if one["recommendation_id"] == item)
    assert one["status"] == "dismissed"
    assert [(event["actor"], event["to_status"]) for event in one["events"]] == [
        ("job", "active"),
        ("person", "dismissed"),
    ]


def test_auditors_read_the_same(client: FlaskClient, ann_user: User, olga: Headers, pool: Pool) -> None:
    auditor = pool.bearer("axel@example.com", "auditors")
    assert traces(client, ann_user, auditor) == traces(client, ann_user, olga)


def test_without_consent_operators_see_nothing(
    client: FlaskClient, session: Session, ann_user: User, olga: Headers
) -> None:
    path = f"/api/v1/operator/users/{ann_user.user_id}/traces"
    session.execute(update(User).values(offers_until=None))
    session.commit()
    page = client.get(path, headers=olga).json["data"]
    assert {other["kind"] for one in page for other in one["why_not"]} == {"education"}
    session.execute(update(User).values(analysis_until=clock.now()))
    session.commit()
    response = client.get(path, headers=olga)
    assert (response.status_code, response.json["purpose"]) == (403, "analysis")
    unknown = f"/api/v1/operator/users/{uuid.uuid4()}/traces"
    assert client.get(unknown, headers=olga).status_code == 404


@pytest.mark.parametrize("query", ["?limit=0", "?limit=51", "?after=nonsense", "?day=1"])
def test_a_page_that_does_not_exist_is_refused(query: str, client: FlaskClient, ann_user: User, olga: Headers) -> None:
    path = f"/api/v1/operator/users/{ann_user.user_id}/traces{query}"
    assert client.get(path, headers=olga).status_code == 422


def test_the_person_reads_why_in_plain_sentences(client: FlaskClient, ann_user: User, ann: Headers) -> None:
    data = client.get(f"{ME}/{id_of(client, ann, INTEREST)}/why", headers=ann).json["data"]
    assert data["title"] == INTEREST
    today = clock.today()
    assert data["sentences"][0].startswith(f"It rests on your data of the 90 days to {today.day} ")
    assert data["sentences"][1:] == [
        "It was written for the pattern that your data shows: Card balances.",
        "Card interest charged in the window, less what was taken back: 12.34 USD (needed: more than 0 USD).",
        "2 of your transactions are behind these figures.",
    ]
    assert data["transaction_ids"] == ["tx-interest-1", "tx-interest-2"]
    assert data["disclosure"] == BOOK.disclosures.education


def test_the_person_reads_why_not_in_plain_sentences(client: FlaskClient, ann_user: User, ann: Headers) -> None:
    data = client.get(f"{ME}/not-shown", headers=ann).json["data"]
    assert data["as_of"] == clock.today().isoformat()
    reasons = {item["title"]: item["reasons"] for item in data["items"]}
    assert reasons[OFFER] == ["Income per 30 days: 1,500 USD (needed: 2,000 USD or more)."]
    fees = next(item.title for item in BOOK.education if item.item_id == "bank-fees-overview")
    assert reasons[fees] == [
        "Bank fees in the window: 0 (needed: 2 or more).",
        "Sum of the bank fees in the window: 0 USD (needed: 35 USD or more).",
    ]
    shown = client.get(ME, headers=ann).json["data"]["education"]
    assert not reasons.keys() & {item["title"] for item in shown}


def test_no_inner_name_reaches_the_person(client: FlaskClient, ann_user: User, ann: Headers) -> None:
    inner = {*BOOK.vocabulary, *(item.item_id for item in (*BOOK.education, *BOOK.offers)), "trigger", "None", "null"}
    inner |= {persona.persona_id for persona in BOOK.personas}
    said = [
        reason
        for item in client.get(f"{ME}/not-shown", headers=ann).json["data"]["items"]
        for reason in item["reasons"]
    ]
    for item in client.get(ME, headers=ann).json["data"]["education"]:
        said += client.get(f"{ME}/{item['id']}/why", headers=ann).json["data"]["sentences"]
    assert len(said) > 30
    for sentence in said:
        assert sentence.endswith(".")
        assert not [name for name in inner if name in sentence], sentence
        assert "_" not in sentence


def test_why_is_told_only_of_what_is_shown(
    client: FlaskClient, session: Session, ann_user: User, ann: Headers, person: Callable[..., User], pool: Pool
) -> None:
    item = id_of(client, ann, INTEREST)
    person("bob@example.com", "analysis")
    bob = pool.bearer("bob@example.com")
    assert client.get(f"{ME}/{item}/why", headers=bob).status_code == 404
    assert client.get(f"{ME}/not-shown", headers=bob).json["data"] == {"as_of": None, "items": []}
    session.execute(update(Recommendation).values(status="held"))
    session.commit()
    assert client.get(f"{ME}/{item}/why", headers=ann).status_code == 404


def test_offers_are_told_of_only_when_they_are_agreed_to(
    client: FlaskClient, session: Session, ann_user: User, ann: Headers
) -> None:
    session.execute(update(User).values(offers_until=None))
    session.commit()
    items = client.get(f"{ME}/not-shown", headers=ann).json["data"]["items"]
    assert {item["kind"] for item in items} == {"education"}


def test_the_answers_fit_their_schemas(
    client: FlaskClient, session: Session, ann_user: User, ann: Headers, olga: Headers
) -> None:
    document = client.get("/api/v1/openapi.json").json
    item = session.scalars(select(Recommendation.recommendation_id)).first()
    for path, filled, headers in (
        (f"{ME}/not-shown", f"{ME}/not-shown", ann),
        (ME + "/{recommendation_id}/why", f"{ME}/{item}/why", ann),
        ("/api/v1/operator/users/{user_id}/traces", f"/api/v1/operator/users/{ann_user.user_id}/traces", olga),
    ):
        schema = document["paths"][path]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
        answer = client.get(filled, headers=headers)
        assert answer.status_code == 200
        jsonschema_rs.validate({**schema, "components": document["components"]}, answer.json)
