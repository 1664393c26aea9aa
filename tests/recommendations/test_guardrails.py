"""A text that shames, advises, lacks a figure or its disclosure is not shown."""

import pytest

from spendsense.recommendations.guardrails import faults
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
        ({"rationale": " "}, ["rationale: empty"]),
        ({"disclosure": "Trust us."}, ["disclosure: missing"]),
    ],
)
def test_each_fault_is_named(texts: dict[str, str], found: list[str]) -> None:
    assert check(**texts) == found
