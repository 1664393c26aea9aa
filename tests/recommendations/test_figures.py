"""The figures of a finished sentence, read back: what the signals say passes, anything else is caught."""

import re
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from itertools import pairwise
from random import Random
from typing import Any

import pytest

from spendsense.recommendations.figures import mismatches
from spendsense.recommendations.guardrails import Figures, Texts, check
from spendsense.recommendations.rationale import choose_card, names_in, render, value_of
from spendsense.recommendations.types import Item, catalog, disclosure_of, kind_of
from spendsense.rulebook.load import load_rulebook
from spendsense.signals.types import UserSignals
from tests.recommendations.combinations import AS_OF, combination

pytestmark = pytest.mark.no_cover  # many cases of what others cover, and tracing doubles its time

BOOK = load_rulebook()
MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November")
CARD = (
    "Your {card.label} is at {card.utilization_ratio} of its limit, {card.balance_cents:amount} of {card.limit_cents}."
)
VALUES: dict[str, Any] = {
    "card.label": "Visa ending 4523",
    "card.utilization_ratio": Decimal("0.6899"),
    "card.balance_cents": 344_950,
    "card.limit_cents": 500_000,
    "income.buffer_months": Decimal("0.4999"),
    "coverage.days_seen": 12,
    "fees.count": 1_234,
    "window.end": "2026-11-22",  # as JSON has it
}


def found(text: str, template: str = CARD, values: dict[str, Any] | None = None, currency: str = "USD") -> list[str]:
    return mismatches(text, template, VALUES | (values or {}), currency, BOOK.vocabulary)


def test_what_the_signals_say_passes() -> None:
    assert found("Your Visa ending 4523 is at 68 % of its limit, 3,449.50 of 5,000 USD.") == []
    assert found("It covers 0.4 months.", "It covers {income.buffer_months}.") == []
    assert found("12 days: 1,234.", "{coverage.days_seen}: {fees.count}.") == []
    assert found("As of 22 November 2026.", "As of {window.end}.") == []
    assert found("As of 22 November 2026.", "As of {window.end}.", {"window.end": date(2026, 11, 22)}) == []


@pytest.mark.parametrize("currency", ["USDC", "1INCH", "weth"])
def test_a_coin_has_no_code_of_three_letters(currency: str) -> None:
    assert found(f"Limit: 5,000 {currency}.", "Limit: {card.limit_cents}.", currency=currency) == []
    assert found("Limit: 5,000 USD.", "Limit: {card.limit_cents}.", currency=currency) != []
    assert found("Limit: 5,000 .", "Limit: {card.limit_cents}.", currency=currency) != []


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Your Visa ending 4523 is at 69 % of its limit, 3,449.50 of 5,000 USD.", "card.utilization_ratio"),  # rounded
        ("Your Visa ending 4523 is at 67 % of its limit, 3,449.50 of 5,000 USD.", "card.utilization_ratio"),
        ("Your Visa ending 4523 is at 68 % of its limit, 3,449 of 5,000 USD.", "card.balance_cents"),
        ("Your Visa ending 4523 is at 68 % of its limit, 34,495.00 of 5,000 USD.", "card.balance_cents"),
        ("Your Visa ending 4523 is at 68 % of its limit, 3,449.50 of 5,000 EUR.", "card.limit_cents"),
        ("Your Visa ending 4532 is at 68 % of its limit, 3,449.50 of 5,000 USD.", "card.label"),
    ],
)
def test_a_wrong_figure_is_named(text: str, name: str) -> None:
    (fault,) = found(text)
    assert fault.startswith(f"figures: {name} is said as")


@pytest.mark.parametrize(
    "text",
    [
        "Your Visa ending 4523 is at -68 % of its limit, 3,449.50 of 5,000 USD.",
        "Your Visa ending 4523 is at 68 % of its limit, 03,449.50 of 5,000 USD.",
        "Your Visa ending 4523 is at 68 of its limit, 3,449.50 of 5,000 USD.",  # no unit
        "Your Visa ending 4523 is at 68 % of its limit, 3,449.50 of 5,000.",  # no currency
        "Your Visa ending 4523 is at 68 % of its limit, 34,49.50 of 5,000 USD.",  # thousands in the wrong place
        "Your Visa ending 4523 is at nan % of its limit, 3,449.50 of 5,000 USD.",
        "Your Visa ending 4523 is at 68 % of its limit, {card.balance_cents} of 5,000 USD.",
        "Your Visa ending 4523 is at 68 % of the limit, 3,449.50 of 5,000 USD.",  # another sentence
        "Your Visa ending 4523 is at 68 % of its limit, 3,449.50 of 5,000 USD. Call now.",
        "",
    ],
)
def test_another_sentence_is_caught(text: str) -> None:
    (fault,) = found(text)
    assert "not the one of its template" in fault


@pytest.mark.parametrize(("cents", "said"), [(-500, "-5"), (None, "0"), (True, "0.01")])
def test_what_is_below_zero_or_unknown_is_never_said(cents: Any, said: str) -> None:
    assert found(f"{said} USD", "{card.limit_cents}", {"card.limit_cents": cents}) != []


def test_a_card_named_like_a_figure_misleads_nobody() -> None:
    label = {"card.label": "Card at 50 % of 1,000 USD"}
    assert found("Your Card at 50 % of 1,000 USD is at 68 % of its limit, 3,449.50 of 5,000 USD.", values=label) == []


def finished(signals: UserSignals, item: Item) -> tuple[str, Figures] | None:
    """The item's sentence for these signals, and what it has to be held against."""
    card = choose_card(signals.cards, item.card)
    rendered = render(item.rationale, signals, card, AS_OF, BOOK.vocabulary)
    if rendered is None:
        return None
    values = {name: value_of(name, signals, card, AS_OF) for name in names_in(item.rationale)}
    return rendered.text, Figures(item.rationale, values, signals.coverage.currency)


def sentences(seeds: range) -> Iterator[tuple[Item, str, Figures]]:
    """Every template for every combination, where there is a sentence at all."""
    for seed in seeds:
        signals = combination(seed)
        for item in catalog(BOOK).values():
            result = finished(signals, item)
            if result is not None:
                yield item, *result


def hold(seeds: range) -> int:
    """Checks every sentence of the seeds; returns how many there were."""
    count = 0
    for item, text, figures in sentences(seeds):
        texts = Texts(kind_of(item), item.title, text, item.content, disclosure_of(item, BOOK))
        assert check(texts, figures, BOOK.tone, BOOK.disclosures, BOOK.vocabulary) == [], (item.item_id, text)
        assert not re.search(r"[{}]|(?<!\w)-\d|\b(?:None|nan|NaN|inf|Infinity)\b", text), (item.item_id, text)
        count += 1
    return count


def test_every_template_passes_for_a_thousand_combinations() -> None:
    assert hold(range(1_000)) > 5_000


@pytest.mark.long
def test_every_template_passes_for_ten_thousand_combinations() -> None:
    assert hold(range(1_000, 11_000)) > 50_000


def altered(text: str, random: Random) -> Iterator[str]:
    """The sentence with one figure changed: a digit, a sign, a unit, a month."""
    for digit in re.finditer(r"\d", text):
        other = random.choice([figure for figure in "0123456789" if figure != digit.group()])
        yield text[: digit.start()] + other + text[digit.end() :]
    for number in re.finditer(r"(?<![\w,.])\d", text):
        yield text[: number.start()] + "-" + text[number.start() :]
    for unit, other in ((" %", " USD"), ("USD", "EUR"), (" months", " days"), (" days", " months"), ("EUR", "USD")):
        if unit in text:
            yield text.replace(unit, other, 1)
    for month, other in pairwise(MONTHS):
        if re.search(rf"\d {month} \d", text):
            yield text.replace(month, other, 1)


def test_any_figure_that_is_altered_is_caught() -> None:
    random, count, items = Random(1), 0, set()
    for item, text, figures in sentences(range(120)):
        for other in altered(text, random):
            assert mismatches(other, figures.template, figures.values, figures.currency, BOOK.vocabulary), (text, other)
            count += 1
        items.add(item.item_id)
    assert items == catalog(BOOK).keys()  # each template had its turn
    assert count > 10_000
