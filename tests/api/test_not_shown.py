"""Why an item is not shown is true of the present, whatever the last decision issued, and is kept nowhere."""

import uuid
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, text, update
from sqlalchemy.orm import Session

from spendsense import clock
from spendsense.consent import ledger
from spendsense.pipeline.run import refresh
from spendsense.rulebook.load import load_rulebook
from spendsense.store.models import Account, Progress, Recommendation, RecommendationEvent, Trace, User
from tests.api.conftest import Headers, Pool
from tests.samples import make_card, make_signals, store_checking, store_signals

ME = "/api/v1/users/me"
BOOK = load_rulebook()
FERNHILL = "offer-fernhill-balance-transfer"  # anywhere
CEDAR = "offer-cedar-point-counseling"  # in AZ, CA, CO, NV, NM, OR, UT and WA
TITLES = {item.item_id: item.title for item in (*BOOK.education, *BOOK.offers)}
RESTS = "It was shown or put away a short time ago."
HIGH = {
    "credit.card_count": 1,
    "credit.known_limit_count": 1,
    "credit.max_utilization_ratio": Decimal("0.6800"),
    "credit.max_utilization_account_id": "acc-card",
    "credit.is_overdue": False,
    "credit.interest_cents": 5_000,
    "credit.interest_transaction_ids": ("tx-interest",),
}
CARD = make_card(
    balance_cents=340_000, utilization_ratio=Decimal("0.6800"), utilization_flag_percent=50, interest_cents=5_000
)


@pytest.fixture
def ann_id(session: Session, person: Callable[..., User]) -> uuid.UUID:
    """Ann, with a card at 68 % and an offer for it; measured for today, so that her signals stay as they are here."""
    user = person("ann@example.com", "analysis", "offers")
    store_checking(session, user.user_id, clock.today())
    measure(session, user.user_id, HIGH)
    return user.user_id


@pytest.fixture
def olga(pool: Pool) -> Headers:
    return pool.bearer("olga@example.com", "operators")


def measure(session: Session, user_id: uuid.UUID, changes: dict[str, Any]) -> None:
    """As if the signals job had found these, and the others had followed."""
    store_signals(session, user_id, make_signals(changes, cards=(CARD,)), (30, 90, 180))
    version = select(User.data_version).where(User.user_id == user_id).scalar_subquery()
    session.execute(update(Progress).values(measured_as_of=clock.today(), measured_data_version=version))
    session.commit()
    refresh(user_id)


def look_again(session: Session, user_id: uuid.UUID) -> None:
    session.execute(update(Progress).values(revisit_on=clock.today()))
    session.commit()
    refresh(user_id)


def hold(session: Session, user_id: uuid.UUID, name: str) -> None:
    """Another account of Ann's."""
    session.add(Account(user_id=user_id, account_id="acc-new", type="credit", subtype="credit card", name=name))
    look_again(session, user_id)


def offers(client: FlaskClient, headers: Headers) -> dict[str, str]:
    """What is shown of offers: title → id."""
    return {item["title"]: item["id"] for item in recommendations(client, headers)["offers"]}


def recommendations(client: FlaskClient, headers: Headers) -> Any:
    return client.get(f"{ME}/recommendations", headers=headers).json["data"]


def reasons(client: FlaskClient, headers: Headers) -> dict[str, list[str]]:
    """Title → sentences of what is not shown."""
    data = client.get(f"{ME}/recommendations/not-shown", headers=headers).json["data"]
    assert data["as_of"] == clock.today().isoformat()
    return {item["title"]: item["reasons"] for item in data["items"]}


def for_staff(client: FlaskClient, user_id: uuid.UUID, headers: Headers) -> dict[str, Any]:
    """Item → why it is not shown, in full."""
    answer = client.get(f"/api/v1/operator/users/{user_id}/not-shown", headers=headers)
    assert answer.status_code == 200, answer.json
    assert answer.json["data"]["rulebook_version"] == BOOK.version
    return {item["item_id"]: item for item in answer.json["data"]["items"]}


def last_detail(session: Session, item_id: str) -> str | None:
    """What the last event of an item says."""
    query = (
        select(RecommendationEvent.detail)
        .join(Recommendation, Recommendation.recommendation_id == RecommendationEvent.recommendation_id)
        .where(Recommendation.item_id == item_id)
        .order_by(RecommendationEvent.event_id.desc())
    )
    return session.scalars(query).first()


def test_an_offer_that_ended_for_a_product_that_is_held_is_told_of(
    client: FlaskClient, session: Session, ann_id: uuid.UUID, ann: Headers, olga: Headers
) -> None:
    assert TITLES[FERNHILL] in offers(client, ann)
    assert TITLES[FERNHILL] not in reasons(client, ann)
    assert FERNHILL not in for_staff(client, ann_id, olga)
    traces = session.scalars(select(Trace.recommendation_id)).all()
    hold(session, ann_id, "Fernhill Rewards")
    assert session.scalars(select(Trace.recommendation_id)).all() == traces  # nothing was issued
    assert offers(client, ann) == {}
    assert reasons(client, ann)[TITLES[FERNHILL]] == ["You have such a product already.", RESTS]
    offer = for_staff(client, ann_id, olga)[FERNHILL]
    assert (offer["kind"], offer["reason"]) == ("offer", "not eligible")
    assert [(one["check"], one["value"], one["threshold"], one["holds"]) for one in offer["failed"]] == [
        ("not held", "credit card", ["fernhill"], False),
        ("not ended or dismissed lately", None, True, False),
    ]
    assert last_detail(session, FERNHILL) == "not eligible: not held credit card, needed none of fernhill"


@pytest.mark.parametrize(
    ("changes", "item_id", "detail", "said"),
    [
        (
            {"income.monthly_cents": None},
            FERNHILL,
            "not eligible: minimum income (income.monthly_cents) not known, needed >= 200000",
            "Income per 30 days: not known (needed: 2,000 USD or more).",
        ),
        (
            {"credit.is_overdue": True},
            FERNHILL,
            "not eligible: no payment overdue (credit.is_overdue) True, needed == False",
            "A payment on some card is overdue: yes (needed: no).",
        ),
        (
            {"credit.max_utilization_ratio": Decimal("0.4999")},
            "utilization-explained",
            "trigger does not hold: credit.max_utilization_ratio 0.4999, needed >= 0.50",
            "The highest balance ÷ limit of any card with a known limit: 49 % (needed: 50 % or more).",
        ),
    ],
)
def test_what_ends_keeps_each_condition_that_failed(
    changes: dict[str, Any],
    item_id: str,
    detail: str,
    said: str,
    client: FlaskClient,
    session: Session,
    ann_id: uuid.UUID,
    ann: Headers,
) -> None:
    measure(session, ann_id, HIGH | changes)
    assert last_detail(session, item_id) == detail
    assert said in reasons(client, ann)[TITLES[item_id]]


def test_a_dismissed_offer_without_a_replacement_is_told_of(
    client: FlaskClient, ann_id: uuid.UUID, ann: Headers, olga: Headers
) -> None:
    item = offers(client, ann)[TITLES[FERNHILL]]
    client.post(f"{ME}/recommendations/{item}/feedback", json={"verdict": "dismissed"}, headers=ann)
    assert offers(client, ann) == {}
    assert reasons(client, ann)[TITLES[FERNHILL]] == [RESTS]
    (failed,) = for_staff(client, ann_id, olga)[FERNHILL]["failed"]
    assert (failed["check"], failed["holds"]) == ("not ended or dismissed lately", False)


@pytest.mark.usefixtures("ann_id")
def test_what_a_person_has_just_said_of_themselves_counts(client: FlaskClient, ann: Headers) -> None:
    unknown = "It is offered in some states only, and we do not know in which you live."
    assert reasons(client, ann)[TITLES[CEDAR]] == [unknown]
    client.patch(ME, json={"state": "TX"}, headers=ann)
    assert reasons(client, ann)[TITLES[CEDAR]] == ["It is not offered in the state in which you live."]
    client.patch(ME, json={"state": "NV"}, headers=ann)
    assert TITLES[CEDAR] in offers(client, ann)
    assert TITLES[CEDAR] not in reasons(client, ann)
    client.patch(ME, json={"state": None}, headers=ann)
    assert reasons(client, ann)[TITLES[CEDAR]] == [unknown, RESTS]


def test_what_no_job_has_decided_yet_is_told_as_it_will_be(
    client: FlaskClient, session: Session, ann_id: uuid.UUID, ann: Headers
) -> None:
    """The offer that has just come to fit begins with the next decision; nobody says that others came first."""
    session.execute(update(User).values(state="NV"))
    session.commit()
    assert TITLES[CEDAR] not in offers(client, ann)
    assert reasons(client, ann)[TITLES[CEDAR]] == ["It fits, and comes when your items are next looked at."]
    look_again(session, ann_id)
    assert TITLES[CEDAR] in offers(client, ann)


def test_what_is_held_or_waits_says_so(
    client: FlaskClient, session: Session, ann_id: uuid.UUID, ann: Headers, olga: Headers
) -> None:
    session.execute(update(Recommendation).where(Recommendation.item_id == FERNHILL).values(status="pending_approval"))
    session.execute(
        update(Recommendation)
        .where(Recommendation.item_id == "utilization-explained")
        .values(rationale="Your Visa is full.")  # served holds it the next time
    )
    session.commit()
    waits = "It would fit, and waits until somebody at the bank has looked at it."
    staff = for_staff(client, ann_id, olga)
    told = reasons(client, ann)
    for item_id in (FERNHILL, "utilization-explained"):
        assert told[TITLES[item_id]] == [waits]
        assert (staff[item_id]["reason"], staff[item_id]["failed"]) == ("waits for an operator", [])


def test_every_item_is_shown_or_told_of_once(
    client: FlaskClient, session: Session, ann_id: uuid.UUID, ann: Headers, olga: Headers, pool: Pool
) -> None:
    for name in ("Another", "Fernhill Rewards", "Cedar Point"):
        session.execute(text("UPDATE accounts SET name = :name WHERE account_id = 'acc-new'"), {"name": name})
        look_again(session, ann_id)
        both = recommendations(client, ann)
        shown = [item["title"] for item in (*both["education"], *both["offers"])]
        assert sorted([*shown, *reasons(client, ann)]) == sorted(TITLES.values())
        staff = for_staff(client, ann_id, olga)
        assert {TITLES[item_id] for item_id in staff} == reasons(client, ann).keys()
        assert staff == for_staff(client, ann_id, pool.bearer("axel@example.com", "auditors"))


def test_asking_writes_nothing(client: FlaskClient, session: Session, ann_id: uuid.UUID, ann: Headers) -> None:
    def rows() -> list[Any]:
        tables = ("recommendations", "recommendation_events", "traces", "progress")
        return [session.execute(text(f"SELECT ctid::text, xmin::text FROM {one} ORDER BY 1")).all() for one in tables]

    hold(session, ann_id, "Fernhill Rewards")
    before = rows()
    assert reasons(client, ann)
    assert rows() == before


def test_nothing_of_offers_is_left_or_told_once_their_consent_ends(
    client: FlaskClient, session: Session, ann_id: uuid.UUID, ann: Headers, olga: Headers
) -> None:
    hold(session, ann_id, "Fernhill Rewards")
    page = client.get(f"/api/v1/operator/users/{ann_id}/traces", headers=olga).text
    assert "needed none of fernhill" in page
    assert client.delete(f"{ME}/consents/offers", headers=ann).status_code == 200
    assert not [title for title in reasons(client, ann) if title in {offer.title for offer in BOOK.offers}]
    assert {one["kind"] for one in for_staff(client, ann_id, olga).values()} == {"education"}
    details = session.scalars(select(RecommendationEvent.detail)).all()
    assert not [detail for detail in details if detail and "fernhill" in detail]


def test_without_consent_staff_are_told_nothing(
    client: FlaskClient, session: Session, ann_id: uuid.UUID, olga: Headers, ann: Headers, person: Callable[..., User]
) -> None:
    at = clock.now() - timedelta(seconds=1)
    ledger.revoke(session, ann_id, "analysis", method="api", text_version="test", at=at)
    session.commit()
    path = f"/api/v1/operator/users/{ann_id}/not-shown"
    answer = client.get(path, headers=olga)
    assert (answer.status_code, answer.json["purpose"]) == (403, "analysis")
    assert client.get(f"/api/v1/operator/users/{uuid.uuid4()}/not-shown", headers=olga).status_code == 404
    assert client.get(path, headers=ann).status_code == 403
    bob = person("bob@example.com", "analysis").user_id
    unmeasured = client.get(f"/api/v1/operator/users/{bob}/not-shown", headers=olga).json["data"]
    assert (unmeasured["as_of"], unmeasured["items"]) == (None, [])
