"""The catalog: enough for each persona, easy to read, different for different people, and changed by its files."""

import re
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from spendsense.personas.rules import assign, holds
from spendsense.recommendations.eligibility import Circumstances, check_offer
from spendsense.recommendations.guardrails import faults
from spendsense.recommendations.types import catalog, disclosure_of
from spendsense.rulebook.load import FOLDER, INSUFFICIENT_HISTORY, load_rulebook, read_files, rulebook_of
from spendsense.rulebook.reading import grade
from spendsense.rulebook.types import EducationItem, Offer, Rulebook
from tests.samples import make_signals

BOOK = load_rulebook()
PERSONAS = [*(persona.persona_id for persona in BOOK.personas), INSUFFICIENT_HISTORY]


def own(book: Rulebook, persona: str) -> list[EducationItem]:
    return [item for item in book.education if persona in item.personas]


def shown(persona: str, changes: dict[str, Any]) -> set[str]:
    """The persona's own items whose triggers hold for a person with these signals."""
    signals = make_signals(changes)
    assert (assign(signals, BOOK).persona or INSUFFICIENT_HISTORY) == persona
    return {item.item_id for item in own(BOOK, persona) if holds(item.when, signals)}


@pytest.mark.parametrize("persona", PERSONAS)
def test_each_persona_has_four_items_of_its_own_and_more_triggers_than_one(persona: str) -> None:
    items = own(BOOK, persona)
    assert len(items) >= 4
    triggers = {tuple((c.signal, c.operator, c.threshold) for c in item.when.criteria()) for item in items}
    assert len(triggers) >= 3


def test_there_are_items_for_everybody_and_enough_of_all() -> None:
    assert len(BOOK.education) >= 24
    assert sum(not item.personas for item in BOOK.education) >= 6
    assert len({item.title for item in BOOK.education}) == len(BOOK.education)
    assert len(BOOK.offers) >= 10


@pytest.mark.parametrize("item", BOOK.education, ids=lambda item: item.item_id)
def test_each_item_is_easy_to_read_and_of_a_good_length(item: EducationItem) -> None:
    assert grade(item.content) <= 8
    assert grade(item.rationale) <= 8
    assert 150 <= len(item.content.split()) <= 400


@pytest.mark.parametrize("item", catalog(BOOK).values(), ids=lambda item: item.item_id)
def test_each_text_passes_the_guardrails_too(item: EducationItem | Offer) -> None:
    said = item.rationale.replace("{", "").replace("}", "")
    assert faults(item.title, said, item.content, disclosure_of(item, BOOK), BOOK.tone, BOOK.disclosures) == []


@pytest.mark.parametrize("name", [name for name in BOOK.content if name.startswith("education/")])
def test_the_source_of_the_facts_stands_above_each_text(name: str) -> None:
    texts = BOOK.content[name].split('content = """')[:-1]
    for before in texts:
        remarks = before.rsplit("rationale = ", 1)[1]
        assert re.search(r"^# Sources?: ", remarks, re.MULTILINE), before[-300:]


def test_offers_use_all_that_eligibility_can_say() -> None:
    offers = BOOK.offers
    names = {check.name for offer in offers for check in offer.eligibility}
    assert {"minimum income", "utilization, lower end", "utilization, upper end", "no payment overdue"} <= names
    assert any(offer.has_accounts for offer in offers)
    assert any(offer.has_no_accounts for offer in offers)
    assert any(offer.not_held.subtypes for offer in offers)
    assert any(offer.states for offer in offers)
    assert any(len(check.any_of) > 1 for offer in offers for check in offer.eligibility)
    assert len({offer.max_data_age_days for offer in offers}) > 1
    assert {offer.delivery for offer in offers} == {"auto", "approval"}
    assert {persona for offer in offers for persona in offer.personas} == set(PERSONAS[:-1])


# Two people of each persona, by the signals that differ from the quiet sample of tests/samples.py.
CARD = {"credit.card_count": 1, "credit.known_limit_count": 1}
SUBSCRIBED = {
    "subscriptions.count": 3,
    "subscriptions.monthly_cents": 5500,
    "subscriptions.share_ratio": Decimal("0.02"),
}
LOW = {"income.buffer_months": Decimal("0.4")}
SAVES = {"savings.account_count": 1, "savings.net_inflow_cents": 90_000, "savings.net_inflow_monthly_cents": 30_000}
PAIRS: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    (
        "high_utilization",
        CARD | {"credit.max_utilization_ratio": Decimal("0.70")},
        CARD | {"credit.is_overdue": True, "credit.max_apr_percent": Decimal("24.99")},
    ),
    ("subscription_heavy", SUBSCRIBED, SUBSCRIBED | CARD | {"subscriptions.count": 6}),
    (
        "variable_income_budgeter",
        LOW | {"income.frequency": "irregular", "income.variability_ratio": Decimal("0.40")},
        LOW | {"income.median_gap_days": Decimal(60), "income.frequency": "monthly"},
    ),
    (
        "savings_builder",
        SAVES | {"savings.balance_cents": 120_000},
        SAVES | {"savings.balance_cents": 1_500_000, "savings.emergency_fund_months": Decimal("7.5")},
    ),
    (
        "fee_pressured",
        {"fees.count": 2, "fees.cents": 6800, "fees.overdraft_count": 2},
        {"fees.count": 3, "fees.cents": 900, "fees.atm_count": 2, "fees.foreign_count": 1},
    ),
    (
        "general_wellness",
        {"income.bonus_count": 1, "income.bonus_cents": 250_000},
        {"savings.account_count": 1, "savings.balance_cents": 500_000, "savings.emergency_fund_months": Decimal("2.5")},
    ),
    (
        INSUFFICIENT_HISTORY,
        {"coverage.days_seen": 12},
        {"coverage.days_seen": 12, "credit.card_count": 1},
    ),
]


@pytest.mark.parametrize(("persona", "one", "other"), PAIRS)
def test_two_people_of_one_persona_get_different_texts(
    persona: str, one: dict[str, Any], other: dict[str, Any]
) -> None:
    first, second = shown(persona, one), shown(persona, other)
    assert first and second
    assert first != second


def test_a_threshold_that_is_changed_in_the_rulebook_changes_the_persona() -> None:
    content = read_files(FOLDER)
    content["personas.toml"] = content["personas.toml"].replace('value = "35.00"', 'value = "35.01"')
    signals = make_signals({"fees.count": 1, "fees.cents": 3500})
    assert assign(signals, BOOK).persona == "fee_pressured"
    assert assign(signals, rulebook_of(content)).persona == "general_wellness"


def test_a_threshold_that_is_changed_in_the_catalog_changes_trigger_and_eligibility() -> None:
    content = read_files(FOLDER)
    fees, offers = "education/bank_fees.toml", "offers.toml"
    content[fees] = content[fees].replace('value = "60.00"', 'value = "60.01"')
    content[offers] = content[offers].replace('value = "2000.00"', 'value = "2000.01"')
    changed = rulebook_of(content)
    signals = make_signals({"fees.cents": 6000, "income.monthly_cents": 200_000})
    for book, passes in ((BOOK, True), (changed, False)):
        item = next(item for item in book.education if item.item_id == "account-without-fees")
        assert holds(item.when, signals) is passes
        offer = next(offer for offer in book.offers if offer.item_id == "offer-fernhill-balance-transfer")
        checks = check_offer(offer, None, signals, Circumstances(), date(2026, 11, 22))
        assert next(check.holds for check in checks if check.check == "minimum income") is passes
