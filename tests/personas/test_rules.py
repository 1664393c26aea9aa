"""Each threshold of the personas, one cent, day or point below it, at it and above it."""

from decimal import Decimal
from typing import Any

import pytest

from spendsense.personas.rules import CriterionResult, PersonaDecision, assign
from spendsense.rulebook.load import load_rulebook
from tests.samples import make_signals

BOOK = load_rulebook()
WELL = "general_wellness"

CARD = {"credit.card_count": 1, "credit.known_limit_count": 1, "credit.max_utilization_ratio": Decimal("0.1000")}
SUBSCRIBED = {"subscriptions.count": 3, "subscriptions.monthly_cents": 5000, "subscriptions.share_ratio": Decimal(0)}
UNEVEN = {"income.median_gap_days": Decimal("46.0"), "income.buffer_months": Decimal("0.9999")}
SAVING = {"savings.growth_ratio": Decimal("0.0200"), "savings.net_inflow_monthly_cents": 0}


def decide(changes: dict[str, Any]) -> PersonaDecision:
    return assign(make_signals(changes), BOOK)


@pytest.mark.parametrize(
    ("changes", "persona"),
    [
        # 1. Any card ≥ 50 %, or interest > 0, or minimum payments only, or overdue.
        (CARD | {"credit.max_utilization_ratio": Decimal("0.4999")}, WELL),
        (CARD | {"credit.max_utilization_ratio": Decimal("0.5000")}, "high_utilization"),
        (CARD | {"credit.max_utilization_ratio": Decimal("0.5001")}, "high_utilization"),
        ({"credit.interest_cents": 0}, WELL),
        ({"credit.interest_cents": -1}, WELL),  # more taken back than charged
        ({"credit.interest_cents": 1}, "high_utilization"),
        ({"credit.has_minimum_payment_only": False}, WELL),
        ({"credit.has_minimum_payment_only": True}, "high_utilization"),
        ({"credit.is_overdue": False}, WELL),
        ({"credit.is_overdue": True}, "high_utilization"),
        # 2. ≥ 3 counterparties, and ≥ 50.00 a month or ≥ 10 % of spending.
        (SUBSCRIBED | {"subscriptions.count": 2}, WELL),
        (SUBSCRIBED, "subscription_heavy"),
        (SUBSCRIBED | {"subscriptions.count": 4}, "subscription_heavy"),
        (SUBSCRIBED | {"subscriptions.monthly_cents": 4999}, WELL),
        (SUBSCRIBED | {"subscriptions.monthly_cents": 5001}, "subscription_heavy"),
        (SUBSCRIBED | {"subscriptions.monthly_cents": 0, "subscriptions.share_ratio": Decimal("0.0999")}, WELL),
        (
            SUBSCRIBED | {"subscriptions.monthly_cents": 0, "subscriptions.share_ratio": Decimal("0.1000")},
            "subscription_heavy",
        ),
        (
            SUBSCRIBED | {"subscriptions.monthly_cents": 0, "subscriptions.share_ratio": Decimal("0.1001")},
            "subscription_heavy",
        ),
        # 3. Median gap > 45 days or irregular, and buffer < 1 month.
        (UNEVEN | {"income.median_gap_days": Decimal("44.0")}, WELL),
        (UNEVEN | {"income.median_gap_days": Decimal("45.0")}, WELL),
        (UNEVEN | {"income.median_gap_days": Decimal("45.5")}, "variable_income_budgeter"),
        (UNEVEN, "variable_income_budgeter"),
        (UNEVEN | {"income.buffer_months": Decimal("1.0000")}, WELL),
        (UNEVEN | {"income.buffer_months": Decimal("1.0001")}, WELL),
        (UNEVEN | {"income.median_gap_days": None, "income.frequency": "irregular"}, "variable_income_budgeter"),
        (UNEVEN | {"income.median_gap_days": Decimal("30.0"), "income.frequency": "monthly"}, WELL),
        # 4. Growth ≥ 2 % or ≥ 200.00 a month, and every card with a known limit < 30 %.
        (SAVING | {"savings.growth_ratio": Decimal("0.0199")}, WELL),
        (SAVING, "savings_builder"),
        (SAVING | {"savings.growth_ratio": Decimal("0.0201")}, "savings_builder"),
        ({"savings.growth_ratio": None, "savings.net_inflow_monthly_cents": 19_999}, WELL),
        ({"savings.growth_ratio": None, "savings.net_inflow_monthly_cents": 20_000}, "savings_builder"),
        ({"savings.growth_ratio": None, "savings.net_inflow_monthly_cents": 20_001}, "savings_builder"),
        (SAVING | CARD | {"credit.max_utilization_ratio": Decimal("0.2999")}, "savings_builder"),
        (SAVING | CARD | {"credit.max_utilization_ratio": Decimal("0.3000")}, WELL),
        (SAVING | CARD | {"credit.max_utilization_ratio": Decimal("0.3001")}, WELL),
        # A card whose limit is not known passes; one whose limit is known and whose balance is not does not.
        (SAVING | {"credit.card_count": 1, "credit.known_limit_count": 0}, "savings_builder"),
        (SAVING | CARD | {"credit.max_utilization_ratio": None}, WELL),
        # 5. ≥ 2 fee events or ≥ 35.00.
        ({"fees.count": 1, "fees.cents": 3499}, WELL),
        ({"fees.count": 1, "fees.cents": 3500}, "fee_pressured"),
        ({"fees.count": 1, "fees.cents": 3501}, "fee_pressured"),
        ({"fees.count": 2, "fees.cents": 2}, "fee_pressured"),
        ({"fees.count": 3, "fees.cents": 3}, "fee_pressured"),
    ],
)
def test_each_threshold(changes: dict[str, Any], persona: str) -> None:
    assert decide(changes).persona == persona


@pytest.mark.parametrize(
    ("days_seen", "persona", "reason"),
    [
        (29, None, "insufficient_history"),
        (30, WELL, "none_of_the_criteria"),
        (31, WELL, "none_of_the_criteria"),
    ],
)
def test_the_history_that_is_needed_for_none_of_them(days_seen: int, persona: str | None, reason: str) -> None:
    decision = decide({"coverage.days_seen": days_seen})
    assert (decision.persona, decision.reason) == (persona, reason)


def test_a_persona_that_holds_needs_no_history() -> None:
    decision = decide({"coverage.days_seen": 1, "credit.is_overdue": True})
    assert (decision.persona, decision.reason) == ("high_utilization", "criteria")


def test_the_first_that_holds_is_given() -> None:
    """Everything holds at first; taking the criteria away one persona at a time shows the order."""
    fees = {"fees.count": 2}
    everything = CARD | {"credit.interest_cents": 1} | SUBSCRIBED | UNEVEN | SAVING | fees
    assert decide(everything).persona == "high_utilization"
    assert decide(everything | {"credit.interest_cents": 0}).persona == "subscription_heavy"
    assert decide(CARD | UNEVEN | SAVING | fees).persona == "variable_income_budgeter"
    assert decide(CARD | SAVING | fees).persona == "savings_builder"
    assert decide(CARD | fees).persona == "fee_pressured"
    assert decide(CARD).persona == "general_wellness"


def test_nothing_holds_on_what_is_unknown() -> None:
    unknown = {
        "credit.max_utilization_ratio": None,
        "credit.has_minimum_payment_only": None,
        "credit.is_overdue": None,
        "subscriptions.count": 3,
        "subscriptions.share_ratio": None,
        "income.median_gap_days": Decimal("60.0"),
        "income.buffer_months": None,
        "savings.growth_ratio": None,
        "savings.net_inflow_monthly_cents": None,
    }
    decision = decide(unknown)
    assert decision.persona == WELL
    holds = {(result.persona, result.signal): result.holds for result in decision.criteria}
    assert holds["high_utilization", "credit.is_overdue"] is None
    assert holds["variable_income_budgeter", "income.buffer_months"] is None
    assert holds["variable_income_budgeter", "income.median_gap_days"] is True


def test_all_criteria_of_all_personas_are_told() -> None:
    decision = decide({"credit.interest_cents": 1234})
    assert len(decision.criteria) == 4 + 3 + 3 + 4 + 2
    assert decision.criteria[1] == CriterionResult(
        persona="high_utilization",
        signal="credit.interest_cents",
        operator=">",
        threshold=0,
        unit="cents",
        value=1234,
        holds=True,
        note=None,
    )


@pytest.mark.parametrize(("cards", "said"), [(1, False), (2, True)])
def test_limits_that_are_not_known_are_said(cards: int, said: bool) -> None:
    decision = decide(SAVING | CARD | {"credit.card_count": cards})
    assert decision.persona == "savings_builder"
    assert [result.note for result in decision.criteria if result.note] == (
        ["The limit of at least one card is not known; it was left out."] if said else []
    )
