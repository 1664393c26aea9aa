"""Coverage, relevance, stability and latency, each worked out by hand."""

import itertools
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy.orm import Session

from spendsense.consent import ledger
from spendsense.consent.people import find_or_create_user
from spendsense.evaluation.evaluate import evaluate
from spendsense.evaluation.items import ActiveItem
from spendsense.evaluation.known import BEHAVIOURS, is_covered, known_signals
from spendsense.evaluation.latency import latency_of, time_people
from spendsense.evaluation.rules import faults_of_words, irrelevance
from spendsense.evaluation.shares import Share
from spendsense.evaluation.stability import count_flips
from spendsense.recommendations.eligibility import Circumstances, HeldAccount
from spendsense.recommendations.types import Person
from spendsense.rulebook.load import load_rulebook
from spendsense.store.kinds import Kind
from spendsense.store.models import Account, Transaction
from tests.evaluation.demo import ON, decide_demo
from tests.evaluation.tables import physical
from tests.pipeline.people import mark_changed, run_all
from tests.samples import make_signals

BOOK = load_rulebook()
UNKNOWN: dict[str, Any] = dict.fromkeys(BEHAVIOURS)


def test_only_signals_that_may_be_unknown_count_as_known() -> None:
    assert {"spending.monthly_cents", "credit.is_overdue", "income.frequency"} <= set(BEHAVIOURS)
    assert not {"fees.count", "subscriptions.count", "coverage.currency", "coverage.rows_seen"} & set(BEHAVIOURS)
    assert known_signals(make_signals(UNKNOWN)) == 0


@pytest.mark.parametrize(("known", "covered"), [(2, False), (3, True), (4, True)])
def test_three_known_signals_and_a_persona_are_enough(known: int, covered: bool) -> None:
    values = {"spending.monthly_cents": 0, "income.cents": 5, "credit.is_overdue": False, "income.frequency": "weekly"}
    values["savings.balance_cents"] = 0  # zero and false are known
    del values["income.cents"]
    signals = make_signals(UNKNOWN | dict(list(values.items())[:known]))
    assert known_signals(signals) == known
    assert is_covered("fee_pressured", signals) is covered
    assert not is_covered(None, signals)


def item(item_id: str, kind: str = "education", **words: str) -> ActiveItem:
    texts = {"title": "Title", "rationale": "It is so.", "content": "A text.", "disclosure": BOOK.disclosures.education}
    at = datetime(2026, 11, 22, tzinfo=UTC)
    return ActiveItem(
        UUID(int=1), "r1", kind, item_id, **(texts | words), rulebook_version="", created_at=at, trace=None
    )


def person(changes: dict[str, Any], persona: str | None = "high_utilization", *, agrees: bool = True) -> Person:
    circumstances = Circumstances((HeldAccount("Visa", "credit", "credit card"),), "CA", ON)
    until = ON + timedelta(days=300) if agrees else None
    return Person(persona, make_signals(changes), until, circumstances, ())


@pytest.mark.parametrize(
    ("ratio", "reason"),
    [
        (Decimal("0.4999"), "its trigger does not hold: credit.max_utilization_ratio"),
        (Decimal("0.5000"), None),
        (Decimal("0.5001"), None),
        (None, "its trigger does not hold: credit.max_utilization_ratio"),
    ],
)
def test_an_education_item_is_relevant_while_its_trigger_holds(ratio: Decimal | None, reason: str | None) -> None:
    someone = person({"credit.max_utilization_ratio": ratio})
    assert irrelevance(item("utilization-explained"), someone, BOOK, ON) == reason


def test_an_offer_is_relevant_while_each_check_and_the_consent_hold() -> None:
    fits = {
        "income.monthly_cents": 250_000,
        "credit.max_utilization_ratio": Decimal("0.6800"),
        "credit.is_overdue": False,
    }
    offer = item("offer-fernhill-balance-transfer", "offer")
    assert irrelevance(offer, person(fits), BOOK, ON) is None
    overdue = irrelevance(offer, person(fits | {"credit.is_overdue": True}), BOOK, ON)
    assert overdue == "not eligible: no payment overdue"
    assert irrelevance(offer, person(fits, "savings_builder"), BOOK, ON) == "not eligible: persona"
    assert irrelevance(offer, person(fits), BOOK, ON + timedelta(days=14)) is None
    assert irrelevance(offer, person(fits), BOOK, ON + timedelta(days=15)) == "not eligible: age of data"
    assert irrelevance(offer, person(fits, agrees=False), BOOK, ON) == "there is no live consent to offers"


def test_what_left_the_catalog_or_was_never_measured_is_not_relevant() -> None:
    assert irrelevance(item("gone"), person({}), BOOK, ON) == "it is no longer in the catalog"
    assert irrelevance(item("utilization-explained"), None, BOOK, ON) == "nothing is measured"


@pytest.mark.parametrize(
    ("words", "fault"),
    [
        ({}, ""),
        ({"title": "Stop overspending"}, "overspending"),
        ({"content": "You should do this."}, "you should"),
        ({"rationale": "You pay {fees.count}."}, "variable"),
        ({"disclosure": "Trust us."}, "disclosure"),
    ],
)
def test_the_guardrails_are_asked_anew(words: dict[str, str], fault: str) -> None:
    found = faults_of_words(item("x", **words), BOOK, BOOK.disclosures)
    assert bool(found) is bool(fault)
    assert fault in "; ".join(found)


def test_a_flip_is_another_persona_on_any_day_of_the_week() -> None:
    a, b, c, d = (UUID(int=number) for number in range(4))
    first = {a: "one", b: "one", c: None, d: "one"}
    week = [
        {a: "one", b: "two", c: "one", d: "one"},  # c had none: whoever gets their first is no flip
        {a: "one", b: "one", c: "one"},  # b is back, and still flipped; d has lost theirs
    ]
    assert count_flips(first, week) == Share(2, 3)
    assert count_flips(first, []) == Share(0, 3)


@pytest.mark.parametrize(("age", "flips"), [(82, 0), (83, 1)])
def test_a_fee_that_leaves_the_window_within_a_week_flips_a_persona(session: Session, age: int, flips: int) -> None:
    """Two fees of 10.00 make `fee_pressured`. A window of 90 days holds a fee up to the age of 89: one of 82 days is
    89 days old a week on, and stays; one of 83 days does not."""
    user_id = find_or_create_user(session, "ann@example.com").user_id
    ledger.grant(session, user_id, ["analysis"], method="import", text_version="1", at=datetime.now(UTC))
    session.add(
        Account(user_id=user_id, account_id="a", name="Checking", type="depository", subtype="checking", currency="USD")
    )
    session.flush()
    for number, days in enumerate((age, 10)):
        session.add(fee(user_id, f"fee-{number}", ON - timedelta(days=days)))
    mark_changed(session, user_id)
    run_all(session, ON)
    found = evaluate(datetime.now(UTC), sample=1)
    assert (found.as_of, found.flips) == (ON, Share(flips, 1))


def fee(user_id: UUID, transaction_id: str, day: date) -> Transaction:
    """An overdraft fee of 10.00."""
    return Transaction(
        user_id=user_id,
        transaction_id=transaction_id,
        account_id="a",
        date=day,
        amount_cents=1_000,
        currency="USD",
        name="OVERDRAFT FEE",
        pending=False,
        is_revised=True,
        is_transfer_like=False,
        on_savings=False,
        base_kind=Kind.FEE_OVERDRAFT,
        kind=Kind.FEE_OVERDRAFT,
    )


@pytest.mark.parametrize(
    ("seconds", "p50", "p95"),
    [
        ([0.020], 20.0, 20.0),
        ([0.010, 0.030], 20.0, 29.0),  # 10 + 0.95 × 20
        ([number / 1000 for number in range(100, -1, -1)], 50.0, 95.0),  # 0 to 100 ms
    ],
)
def test_median_and_95th_percentile(seconds: list[float], p50: float, p95: float) -> None:
    found = latency_of(seconds)
    assert (found.people, found.p50_ms, found.p95_ms) == (len(seconds), pytest.approx(p50), pytest.approx(p95))


def test_people_are_timed_through_the_whole_pipeline_and_left_as_they_were(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A clock that goes on by a second at each look: from before to after is one second, for each person."""
    decide_demo(session, "ada", "eve", "gia")
    before, done = physical(session), list[int]()
    ticks = itertools.count()
    monkeypatch.setattr("spendsense.evaluation.latency.time.perf_counter", lambda: float(next(ticks)))
    found = time_people(ON, datetime.now(UTC), 2, done.append)
    assert found == latency_of([1.0, 1.0])
    assert done == [1, 2]
    assert next(ticks) == 2 * (2 + 1)  # the first person once more, to warm up
    assert physical(session) == before
