"""A text that shames, advises, lacks a figure or its disclosure is not shown."""

from decimal import Decimal

import pytest

from spendsense.recommendations.guardrails import Figures, Texts, faults
from spendsense.recommendations.guardrails import check as whole_check
from spendsense.rulebook.load import load_rulebook

BOOK = load_rulebook()


def check(
    title: str = "A title", rationale: str = "At 68 %.", content: str = "A text.", disclosure: str = ""
) -> list[str]:
    return faults(title, rationale, content, disclosure or BOOK.disclosures.education, BOOK.tone, BOOK.disclosures)


def test_clean_texts_pass() -> None:
    assert check() == []
    assert check(disclosure=BOOK.disclosures.offer) == []
    assert check(content="Some accounts have none and cost 5 a month. A null and void deal.") == []
    assert check(content="None of 3 cards is late.") == []


@pytest.mark.parametrize(
    ("texts", "found"),
    [
        ({"title": "You should read this"}, ['title: advice: "you should"']),
        ({"content": "Your bad habits cost you."}, ['content: shaming: "bad habits"']),
        ({"rationale": "More than most people: 68 %."}, ['rationale: comparison: "than most people"']),
        ({"rationale": "Hurry, 68 %."}, ['rationale: pressure: "hurry"']),
        ({"rationale": "At {card.limit_cents}."}, ["rationale: a variable was not filled in"]),
        ({"rationale": "At nan %."}, ["rationale: a figure is not a number"]),
        ({"rationale": "At None USD."}, ["rationale: a figure is not a number"]),
        ({"rationale": "In inf days."}, ["rationale: a figure is not a number"]),
        ({"rationale": "At nan of 5,000 USD."}, ["rationale: a figure is not a number"]),
        ({"rationale": "At Infinity of 12 days."}, ["rationale: a figure is not a number"]),
        ({"rationale": " "}, ["rationale: empty"]),
        ({"title": "Yоu should read this"}, ['title: advice: "you should"']),  # a Cyrillic о
        ({"rationale": "Pay off your card now. At 68 %."}, ['rationale: advice: "pay off"']),
        ({"rationale": "At 68 %. Most Americans owe less."}, ['rationale: comparison: "most americans owe less"']),
        ({"disclosure": "Trust us."}, ["disclosure: missing"]),
    ],
)
def test_each_fault_is_named(texts: dict[str, str], found: list[str]) -> None:
    assert check(**texts) == found


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        # advice, in words that the phrase list does not have
        ("With such a card you really should look around.", "advice"),
        ("You also have to keep the card.", "advice"),
        ("One ought to pay more than the minimum.", "advice"),
        ("Should you open an account? You never must.", "advice"),
        ("We strongly recommend that you buy this fund.", "advice"),
        ("Our experts advise a transfer.", "advice"),
        ("It is wise to close the account.", "advice"),
        ("It's time to switch.", "advice"),
        ("Your card costs interest. Apply today.", "advice"),
        ("Consolidate your cards in one loan.", "advice"),
        # comparison with other people
        ("That is more than most other households spend.", "comparison"),
        ("Compared with similar customers it is little.", "comparison"),
        ("You save more than 80 % of savers.", "comparison"),
        ("You save more than nine out of ten people.", "comparison"),
        ("The typical saver has three cards.", "comparison"),
        ("Families in your area spend less.", "comparison"),
        ("People of your age have more.", "comparison"),
        ("You are in the top 10 % this month.", "comparison"),
        ("That is higher than anyone spends.", "comparison"),
    ],
)
def test_advice_and_comparison_are_found_in_other_words(text: str, fault: str) -> None:
    assert BOOK.tone.faults(text) == ()  # the list alone lets it pass
    for place in ("title", "rationale", "content"):
        found = [words for words in check(**{place: text}) if "reading" not in words]
        assert [words.startswith(f"{place}: {fault}: ") for words in found] == [True]


@pytest.mark.parametrize(
    "text",
    [
        "The bank and the shop may both charge a fee.",
        "A card must show its rate.",  # what a card must, nobody is told
        "The bank should answer within 30 days.",
        "Banks recommend different things.",
        "Yearly prices are lower than most monthly ones.",
        "Costs compared with those of the month before.",
        "To apply means to fill in a form. Switching is free.",
        "Transfer is free. Open accounts show here.",
        "A card at more than 30 % of the limit. More than two in three months.",
    ],
)
def test_what_only_looks_like_it_passes(text: str) -> None:
    assert check(title=text, rationale=text) == []


def test_a_text_that_is_too_hard_is_named_with_its_grade() -> None:
    hard = (
        "Notwithstanding considerable institutional heterogeneity, contemporary revolving obligations systematically "
        "necessitate comprehensive amortization considerations throughout the applicable statutory periods."
    )
    (found,) = check(content=hard)
    assert found.startswith("content: reading: grade ")
    assert check(rationale=hard) == []  # it is graded by its template:
    texts = Texts("education", "A title", hard, "A text.", BOOK.disclosures.education)
    (found,) = whole(texts, Figures(hard, {}, "USD"))
    assert found.startswith("rationale: reading: grade ")


def whole(texts: Texts, figures: Figures) -> list[str]:
    return whole_check(texts, figures, BOOK.tone, BOOK.disclosures, BOOK.vocabulary)


def test_each_kind_of_item_has_its_own_disclosure() -> None:
    for kind, other in (("education", "offer"), ("offer", "education")):
        right, wrong = getattr(BOOK.disclosures, kind), getattr(BOOK.disclosures, other)
        for disclosure, faulty in ((right, []), (wrong, ["disclosure: the one of another kind of item"])):
            texts = Texts(kind, "A title", "Over 90 days.", "A text.", disclosure)
            assert whole(texts, Figures("Over {window.days}.", {"window.days": 90}, "USD")) == faulty


@pytest.mark.parametrize("words", ["at 12 %", "of 5,000 USD", "at ½", "１２ times", "over 31 days", "at 30 %", "x2"])
def test_a_figure_of_the_template_itself_is_held(words: str) -> None:
    sentence = f"Over 90 days {words} now."
    texts = Texts("education", "A title", sentence, "A text.", BOOK.disclosures.education)
    found = whole(texts, Figures(f"Over {{window.days}} {words} now.", {"window.days": 90}, "USD"))
    assert found
    assert all(fault.startswith("figures: '") and fault.endswith("' is no signal's") for fault in found)


@pytest.mark.parametrize("words", ["per 30 days", "up to 180\ndays", "until there are 30, or less", "of those 90."])
def test_the_days_of_a_window_may_be_said(words: str) -> None:
    texts = Texts("education", "A title", f"12 {words}", "A text.", BOOK.disclosures.education)
    assert whole(texts, Figures(f"{{fees.count}} {words}", {"fees.count": 12}, "USD")) == []


def test_the_figures_are_held_against_the_signals() -> None:
    texts = Texts("education", "A title", "At 68 %.", "A text.", BOOK.disclosures.education)
    template = "At {credit.max_utilization_ratio}."
    assert whole(texts, Figures(template, {"credit.max_utilization_ratio": Decimal("0.6800")}, "USD")) == []
    assert whole(texts, Figures(template, {"credit.max_utilization_ratio": Decimal("0.6700")}, "USD")) == [
        "figures: credit.max_utilization_ratio is said as '68 %'"
    ]
