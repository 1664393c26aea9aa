"""How strongly a trigger holds, worked out by hand, and how fresh its evidence is."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from spendsense.recommendations.strength import freshest, in_tenths, strength
from spendsense.rulebook.types import Criterion, CriterionGroup
from tests.samples import make_signals

SINCE = date(2026, 11, 1)


def criterion(signal: str, operator: str, threshold: Any, unit: str) -> Criterion:
    return Criterion(signal, operator, threshold, unit, "the window", "a test", SINCE)


UTILIZATION = criterion("credit.max_utilization_ratio", ">=", Decimal("0.50"), "ratio")
BUFFER = criterion("income.buffer_months", "<", Decimal(1), "months")
FEES = criterion("fees.count", ">=", 2, "count")
INTEREST = criterion("credit.interest_cents", ">", 0, "cents")
OVERDUE = criterion("credit.is_overdue", "==", True, "flag")


@pytest.mark.parametrize(
    ("part", "value", "expected"),
    [
        (UTILIZATION, Decimal("0.5000"), "0"),  # at the mark
        (UTILIZATION, Decimal("0.6800"), "0.2647"),  # 0.18 ÷ 0.68
        (UTILIZATION, Decimal("1.0000"), "0.5"),  # twice the mark
        (UTILIZATION, Decimal("0.4999"), "0"),  # below it
        (UTILIZATION, None, "0"),
        (BUFFER, Decimal("0.7500"), "0.25"),  # a quarter below
        (BUFFER, Decimal("0.5000"), "0.5"),  # half of it
        (BUFFER, Decimal("0.0000"), "1"),
        (BUFFER, Decimal("-3.0000"), "1"),  # 4 ÷ 3, and no more than 1
        (FEES, 2, "0"),
        (FEES, 3, "0.3333"),  # 1 ÷ 3
        (FEES, 4, "0.5"),
        (INTEREST, 1, "0.0001"),  # one cent of a step of 100.00
        (INTEREST, 5_000, "0.5"),
        (INTEREST, 10_000, "1"),
        (OVERDUE, True, "1"),
        (OVERDUE, False, "0"),
    ],
)
def test_the_distance_from_the_threshold_is_a_share(part: Criterion, value: Any, expected: str) -> None:
    found = strength(part, make_signals({part.signal: value}))
    assert round(found, 4) == Decimal(expected)


def test_units_are_on_one_scale() -> None:
    """Twice as much as asked is as strong in money, ratios and counts alike."""
    signals = make_signals({"credit.max_utilization_ratio": Decimal("1.0000"), "fees.count": 4, "fees.cents": 7_000})
    fees = criterion("fees.cents", ">=", 3_500, "cents")
    few = [strength(part, signals) for part in (UTILIZATION, FEES)]
    assert few == [Decimal("0.5")] * 2
    assert strength(fees, signals) == Decimal("0.35")  # 35.00 beyond, against a step of 100.00
    assert strength(criterion("fees.cents", ">=", 20_000, "cents"), make_signals({"fees.cents": 40_000})) == few[0]


def test_all_are_as_strong_as_the_weakest_and_any_as_the_strongest() -> None:
    signals = make_signals({"fees.count": 4, "credit.interest_cents": 1_000})
    parts = (FEES, INTEREST)
    assert strength(CriterionGroup("all", parts), signals) == Decimal("0.1")
    assert strength(CriterionGroup("any", parts), signals) == Decimal("0.5")
    assert strength(CriterionGroup("all", (*parts, OVERDUE)), signals) == 0  # it is not known, so it does not hold


@pytest.mark.parametrize(("found", "tenths"), [("0", 0), ("0.0999", 0), ("0.1", 1), ("0.2647", 2), ("1", 10)])
def test_strengths_are_compared_in_tenths(found: str, tenths: int) -> None:
    assert in_tenths(Decimal(found)) == tenths


def test_the_freshest_day_is_that_of_a_criterion_that_holds() -> None:
    signals = make_signals({"fees.count": 4, "credit.interest_cents": 1_000})
    seen_on = {"fees": date(2026, 11, 3), "credit": date(2026, 11, 9), "credit.interest_cents": date(2026, 11, 5)}
    assert freshest(CriterionGroup("any", (FEES, OVERDUE)), signals, seen_on) == date(2026, 11, 3)
    assert freshest(CriterionGroup("any", (FEES, INTEREST)), signals, seen_on) == date(2026, 11, 5)
    assert freshest(CriterionGroup("any", (FEES,)), signals, {}) is None
