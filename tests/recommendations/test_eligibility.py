"""Who may see an offer: each condition below, at and above its bound, with value and threshold kept."""

import dataclasses
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from spendsense.recommendations.eligibility import (
    Check,
    Circumstances,
    HeldAccount,
    check_offer,
    passes,
    too_old_on,
)
from spendsense.rulebook.load import load_rulebook
from spendsense.rulebook.types import Offer
from tests.samples import make_signals

BOOK = load_rulebook()
OFFERS = {offer.item_id: offer for offer in BOOK.offers}
AS_OF = date(2026, 11, 22)
CHECKING = HeldAccount("Everyday Checking", "depository", "checking")
SAVINGS = HeldAccount("Nest", "depository", "savings")
CARD = HeldAccount("Visa", "credit", "credit card")
CD = HeldAccount("Term 12", "depository", "cd")


def at(*accounts: HeldAccount, **changes: Any) -> Circumstances:
    """Data of today, in California."""
    return dataclasses.replace(Circumstances(accounts, "CA", AS_OF), **changes)


def failed(
    item_id: str, persona: str, signals: dict[str, Any], circumstances: Circumstances, **changes: Any
) -> list[Check]:
    """The checks of the offer (with `changes`) that did not hold."""
    offer = dataclasses.replace(OFFERS[item_id], **changes)
    checks = check_offer(offer, persona, make_signals(signals), circumstances, AS_OF)
    bad = [check for check in checks if check.holds is not True]
    assert passes(checks) is (not bad)
    return bad


CD_SIGNALS = {"savings.balance_cents": 300_000, "savings.emergency_fund_months": Decimal(3)}


def cd(circumstances: Circumstances, signals: dict[str, Any] | None = None, **changes: Any) -> list[Check]:
    """What fails of the CD for a saver who passes but for what is said here."""
    return failed("offer-harborlight-cd", "savings_builder", CD_SIGNALS | (signals or {}), circumstances, **changes)


def test_whoever_meets_all_conditions_passes() -> None:
    assert cd(at(SAVINGS, CHECKING)) == []


@pytest.mark.parametrize("persona", ["fee_pressured", None])
def test_the_persona(persona: str | None) -> None:
    checks = check_offer(OFFERS["offer-harborlight-cd"], persona, make_signals(CD_SIGNALS), at(SAVINGS), AS_OF)
    expected = None if persona is None else False
    assert checks[0] == Check("persona", None, "in", ("savings_builder",), persona, expected)


@pytest.mark.parametrize(("cents", "is_met"), [(199_999, False), (200_000, True), (200_001, True), (None, None)])
def test_minimum_income(cents: int | None, is_met: bool | None) -> None:
    card = {"credit.max_utilization_ratio": Decimal("0.5"), "credit.is_overdue": False}
    item = "offer-fernhill-balance-transfer"
    found = failed(item, "high_utilization", card | {"income.monthly_cents": cents}, at(CARD))
    expected = Check("minimum income", "income.monthly_cents", ">=", 200_000, cents, is_met)
    assert found == ([] if is_met else [expected])


@pytest.mark.parametrize(
    ("ratio", "which"),
    [
        ("0.2999", "utilization, lower end"),
        ("0.3000", None),
        ("0.8999", None),
        ("0.9000", "utilization, upper end"),
    ],
)
def test_a_range_of_utilization(ratio: str, which: str | None) -> None:
    card = {"credit.max_utilization_ratio": Decimal(ratio), "credit.is_overdue": False}
    found = failed("offer-fernhill-balance-transfer", "high_utilization", card, at(CARD))
    assert [check.check for check in found] == ([which] if which else [])
    assert all(check.value == Decimal(ratio) and isinstance(check.threshold, Decimal) for check in found)


@pytest.mark.parametrize(
    ("cards", "is_overdue", "found"),
    [
        (0, None, []),
        (1, False, []),
        (1, True, [Check("no payment overdue", "credit.is_overdue", "==", False, True, False)]),
        (1, None, [Check("no payment overdue", "credit.is_overdue", "==", False, None, None)]),
    ],
)
def test_nothing_overdue_or_no_card_at_all(cards: int, is_overdue: bool | None, found: list[Check]) -> None:
    assert cd(at(SAVINGS), {"credit.card_count": cards, "credit.is_overdue": is_overdue}) == found


def test_an_account_that_is_asked_for_by_subtype_or_type() -> None:
    assert cd(at(CHECKING)) == [Check("has an account", None, "has", "savings", None, False)]
    assert cd(at(CHECKING), has_accounts=("depository",)) == []
    assert cd(at(SAVINGS), has_accounts=("depository", "credit")) == [
        Check("has an account", None, "has", "credit", None, False)
    ]


def test_an_account_that_may_not_be_there_by_subtype_or_type() -> None:
    assert cd(at(SAVINGS, CARD), has_no_accounts=("loan",)) == []
    assert cd(at(SAVINGS, CARD), has_no_accounts=("loan", "credit")) == [
        Check("has no account", None, "has no", "credit", "credit", False)
    ]
    assert cd(at(SAVINGS, CARD), has_no_accounts=("credit card",))[0].value == "credit card"


def test_a_product_that_is_held_by_subtype_or_by_name_without_telling_the_name() -> None:
    held = cd(at(SAVINGS, CD), has_no_accounts=())
    assert held == [Check("not held", None, "none of", ("cd", "harborlight"), "cd", False)]
    named = HeldAccount("My HARBORLIGHT nest egg", "other", None)
    assert cd(at(SAVINGS, named)) == [Check("not held", None, "none of", ("cd", "harborlight"), "by name", False)]


@pytest.mark.parametrize(("state", "is_met"), [("CA", True), ("MD", False), (None, None)])
def test_the_state_where_the_offer_names_some(state: str | None, is_met: bool | None) -> None:
    found = cd(at(SAVINGS, state=state), states=("NV", "CA"))
    assert found == ([] if is_met else [Check("state", None, "in", ("NV", "CA"), state, is_met)])


@pytest.mark.parametrize("state", ["CA", None])
def test_an_offer_for_anywhere_does_not_ask(state: str | None) -> None:
    assert cd(at(SAVINGS, state=state)) == []


@pytest.mark.parametrize(("days", "is_met"), [(0, True), (29, True), (30, True), (31, False), (None, None)])
def test_the_age_of_the_data(days: int | None, is_met: bool | None) -> None:
    last = None if days is None else AS_OF - timedelta(days=days)
    found = cd(at(SAVINGS, last_data_on=last))
    assert found == ([] if is_met else [Check("age of data", None, "<=", 30, days, is_met)])


def test_the_day_on_which_data_is_too_old_is_the_first_that_fails() -> None:
    offer: Offer = OFFERS["offer-harborlight-cd"]
    day = too_old_on(offer, at(SAVINGS))
    assert day == AS_OF + timedelta(days=31)
    signals = make_signals(CD_SIGNALS)
    assert passes(check_offer(offer, "savings_builder", signals, at(SAVINGS), day - timedelta(days=1)))
    assert not passes(check_offer(offer, "savings_builder", signals, at(SAVINGS), day))
    assert too_old_on(offer, at(SAVINGS, last_data_on=None)) is None


@pytest.mark.parametrize("offer", BOOK.offers, ids=lambda offer: offer.item_id)
def test_of_somebody_of_whom_nothing_is_known_nothing_passes(offer: Offer) -> None:
    checks = check_offer(offer, None, make_signals(), Circumstances(), AS_OF)
    assert not passes(checks)
    assert {"persona", "age of data"} <= {check.check for check in checks if check.holds is None}
