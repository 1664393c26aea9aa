"""How a figure is said, and that no sentence is made of what is unknown."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spendsense.recommendations.guardrails import faults
from spendsense.recommendations.rationale import choose_card, names_in, render, say
from spendsense.recommendations.types import catalog, disclosure_of
from spendsense.rulebook.load import load_rulebook
from spendsense.rulebook.types import CardChoice, EducationItem, Offer
from spendsense.signals.types import SIGNAL_UNITS
from tests.samples import make_card, make_signals

BOOK = load_rulebook()
AS_OF = date(2026, 11, 22)
SEEN = {"window.days", "window.end", "coverage.days_seen", "coverage.rows_seen"}


@pytest.mark.parametrize(
    ("value", "unit", "said"),
    [
        (340_000, "cents", "3,400 USD"),
        (340_050, "cents", "3,400.50 USD"),
        (5, "cents", "0.05 USD"),
        (0, "cents", "0 USD"),
        (-1250, "cents", "-12.50 USD"),
        (-5, "cents", "-0.05 USD"),
        (Decimal("0.6899"), "ratio", "68 %"),  # floored: 69 % is not reached
        (Decimal("0.6900"), "ratio", "69 %"),
        (Decimal("-0.0150"), "ratio", "-2 %"),
        (Decimal("12.5000"), "ratio", "1,250 %"),
        (Decimal("0.4999"), "months", "0.4 months"),
        (Decimal("1.0000"), "months", "1 month"),
        (Decimal("1.0999"), "months", "1 month"),
        (12, "days", "12 days"),
        (1, "days", "1 day"),
        (Decimal("45.5"), "days", "45.5 days"),
        (Decimal("60.0"), "days", "60 days"),
        (Decimal("24.9900"), "percent", "24.99 %"),
        (1234, "count", "1,234"),
        (date(2026, 11, 2), "date", "2 November 2026"),
        ("biweekly", "text", "biweekly"),
    ],
)
def test_how_a_value_is_said(value: Any, unit: str, said: str) -> None:
    assert say(value, unit, "USD") == said


def test_a_value_that_does_not_fit_its_unit_is_an_error() -> None:
    with pytest.raises(ValueError, match="is not a value in cents"):
        say("much", "cents", "USD")


def rendered(template: str, changes: dict[str, Any] | None = None, **more: Any) -> str | None:
    signals = make_signals(changes, **more)
    card = choose_card(signals.cards, "highest_utilization")
    result = render(template, signals, card, AS_OF, BOOK.vocabulary)
    return result.text if result else None


def test_a_sentence_names_its_window() -> None:
    said = rendered("{spending.cents} over the {window.days} to {window.end}")
    assert said == "6,000 USD over the 90 days to 22 November 2026"


def test_a_figure_is_said_of_the_days_that_were_seen() -> None:
    seen = {"coverage.days_seen": 62, "spending.cents": 30_000, "spending.monthly_cents": 14_516}  # 300.00 x 30 / 62
    said = rendered(catalog(BOOK)["spending-by-month"].rationale, seen)
    assert said == "You spent 300 USD over the 62 days to 22 November 2026, about 145.16 USD per 30 days."


@pytest.mark.parametrize("item", catalog(BOOK).values(), ids=lambda item: item.item_id)
def test_the_whole_window_is_named_beside_what_was_seen_alone(item: EducationItem | Offer) -> None:
    names = set(names_in(item.rationale))
    assert "window.days" not in names or names <= SEEN


def test_use_of_several_limits_is_said_of_the_cards_whose_limits_are_known() -> None:
    counts = {"credit.card_count": 4, "credit.known_limit_count": 3, "credit.total_utilization_ratio": Decimal("0.8")}
    said = rendered(catalog(BOOK)["several-balances"].rationale, counts)
    assert said == (
        "Cards with a known limit, as of 22 November 2026: 3. All together they are at 80 % of their limits."
    )


def test_no_sentence_without_its_figures() -> None:
    assert rendered("{spending.monthly_cents}", {"spending.monthly_cents": None}) is None
    assert rendered("{card.limit_cents}") is None  # no card
    assert rendered("{card.limit_cents}", cards=(make_card(limit_cents=None),)) is None
    assert rendered("{spending.cents}", {"coverage.currency": None}) is None  # money in no currency
    assert rendered("{coverage.rows_seen}", {"coverage.currency": None}) == "120"


@pytest.mark.parametrize(
    ("choice", "account_id"),
    [
        ("highest_utilization", "b"),  # of the equals b and c the first
        ("most_interest", "c"),
        ("minimum_payment", "d"),
        ("overdue", "a"),
        (None, None),
    ],
)
def test_which_card_an_item_speaks_of(choice: CardChoice | None, account_id: str | None) -> None:
    cards = (
        make_card("a", is_overdue=True, utilization_ratio=None),
        make_card("b", utilization_ratio=Decimal("0.9")),
        make_card("c", utilization_ratio=Decimal("0.9"), interest_cents=7),
        make_card("d", is_minimum_payment_only=True, interest_cents=6),
    )
    card = choose_card(cards, choice)
    assert (card.account_id if card else None) == account_id


def test_there_may_be_no_such_card() -> None:
    for choice in ("highest_utilization", "most_interest", "minimum_payment", "overdue"):
        assert choose_card((make_card(utilization_ratio=None),), choice) is None


VALUES = {
    "cents": st.integers(-(10**14), 10**14),
    "ratio": st.decimals(-1000, 1000, places=4),
    "months": st.decimals(-1000, 1000, places=4),
    "days": st.decimals(0, 400, places=1),
    "percent": st.decimals(0, 1000, places=4),
    "count": st.integers(0, 10**6),
    "flag": st.booleans(),
    "text": st.sampled_from(["USD", "EUR", "irregular"]),
    "date": st.dates(),
}


@settings(max_examples=100, deadline=None)
@given(
    changes=st.fixed_dictionaries({name: st.none() | VALUES[unit] for name, unit in SIGNAL_UNITS.items()}),
    card=st.builds(
        make_card,
        name=st.sampled_from(["Visa", "Freedom 5", "Café Card"]),
        mask=st.none() | st.just("0042"),
        balance_cents=st.none() | VALUES["cents"],
        limit_cents=st.none() | VALUES["cents"],
        utilization_ratio=st.none() | VALUES["ratio"],
        interest_cents=VALUES["cents"],
        apr_percent=st.none() | VALUES["percent"],
    ),
)
def test_every_template_gives_a_clean_sentence_or_none(changes: dict[str, Any], card: Any) -> None:
    signals = make_signals(changes, cards=(card,))
    for item in catalog(BOOK).values():
        result = render(item.rationale, signals, choose_card(signals.cards, item.card), AS_OF, BOOK.vocabulary)
        if result is not None:
            disclosure = disclosure_of(item, BOOK)
            assert faults(item.title, result.text, item.content, disclosure, BOOK.tone, BOOK.disclosures) == []
            assert "None" not in result.text
