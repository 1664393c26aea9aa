"""Why and why not in plain words, for signals of nobody in particular: each reason is said, and nothing inner shows."""

import re

import pytest

from spendsense.personas.rules import assign
from spendsense.recommendations.decide import decide
from spendsense.recommendations.eligibility import Circumstances, HeldAccount
from spendsense.recommendations.plain import why_not_sentences, why_sentences
from spendsense.recommendations.trace import Basis, Occasion, TraceWriter, values_of
from spendsense.recommendations.types import Person
from spendsense.recommendations.why import OTHERS_FIRST, why, why_not
from spendsense.rulebook.load import load_rulebook
from tests.recommendations.combinations import AS_OF, combination

BOOK = load_rulebook()
CIRCUMSTANCES = (
    Circumstances((HeldAccount("Checking", "depository", "checking"),), "CA", AS_OF),
    Circumstances((HeldAccount("Fernhill Savings", "depository", "savings"),), None, None),
    Circumstances((), "TX", AS_OF.replace(year=2025)),
)
INNER = {*BOOK.vocabulary, *(item.item_id for item in (*BOOK.education, *BOOK.offers))}


def decided(seed: int) -> list[str]:
    """The traces of the decision for that seed."""
    signals = combination(seed)
    named = assign(signals, BOOK)
    person = Person(named.persona, signals, AS_OF, CIRCUMSTANCES[seed % 3], ())
    decision = decide(person, BOOK, AS_OF)
    writer = TraceWriter(person, Basis(named.reason, b"[]"), decision, BOOK, Occasion(AS_OF, None))
    return [writer.trace(issue) for issue in decision.issues]


@pytest.mark.parametrize("start", range(0, 150, 50))
def test_every_reason_is_said(start: int) -> None:
    said = 0
    for seed in range(start, start + 50):
        traces = [values_of(trace) for trace in decided(seed)]
        currency = combination(seed).coverage.currency
        for trace in traces:
            sentences = why_sentences(why(trace, BOOK), BOOK, currency, AS_OF, 90)
            assert sentences[0] == "It rests on your data of the 90 days to 22 November 2026."
            said += len([_hold(sentence) for sentence in sentences])
        for other in why_not(traces[0], BOOK):
            sentences = why_not_sentences(other, BOOK, currency)
            assert sentences != ["One of its conditions is not met."], other
            assert other.failed or other.reason in (OTHERS_FIRST, "ended or dismissed lately"), other
            said += len([_hold(sentence) for sentence in sentences])
    assert said > 1_000


def test_every_item_is_either_chosen_or_told_of() -> None:
    for seed in range(30):
        traces = [values_of(trace) for trace in decided(seed)]
        chosen = {trace["item"]["id"] for trace in traces}
        for trace in traces:
            others = [other.item_id for other in why_not(trace, BOOK)]
            assert sorted([*others, *chosen]) == sorted(item.item_id for item in (*BOOK.education, *BOOK.offers))


def _hold(sentence: str) -> str:
    assert sentence.endswith(".")
    assert not re.search(r"[_{}]|\bNone\b|\bnan\b|Decimal", sentence), sentence
    assert not [name for name in INNER if name in sentence], sentence
    return sentence
