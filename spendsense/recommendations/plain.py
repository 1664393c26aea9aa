"""Why and why not in plain sentences with the person's own figures: no name of a signal, no code, no id. Pure."""

from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any, Final

from spendsense.recommendations.choose import Refusal
from spendsense.recommendations.rationale import say
from spendsense.recommendations.why import COMES_NEXT, FIGURE, OTHERS_FIRST, WAITS, Comparison, Why, WhyNot
from spendsense.rulebook.types import Rulebook

_NEEDED: Final[Mapping[str, str]] = {
    ">=": "{} or more",
    ">": "more than {}",
    "<": "less than {}",
    "<=": "{} or less",
    "==": "{}",
}
_REASONS: Final[Mapping[str, str]] = {
    Refusal.RESTING: "It was shown or put away a short time ago.",
    Refusal.UNSAYABLE: "It speaks of a figure of yours that is not known, or is below zero.",
    OTHERS_FIRST: "It would fit. Other items came first, as only a few are shown at a time.",
    WAITS: "It would fit, and waits until somebody at the bank has looked at it.",
    COMES_NEXT: "It fits, and comes when your items are next looked at.",
}


def why_sentences(found: Why, book: Rulebook, currency: str | None, as_of: date, window_days: int) -> list[str]:
    """Why the item is shown, a sentence each: the pattern, then each figure beside what it is held against."""
    sentences = [f"It rests on your data of the {say(window_days, 'days', '')} to {say(as_of, 'date', '')}."]
    title = next((persona.title for persona in book.personas if persona.persona_id == found.persona), None)
    if found.is_for_persona and title:
        sentences.append(f"It was written for the pattern that your data shows: {title}.")
    elif found.is_for_persona:
        sentences.append("It was written for people of whom little has been seen so far.")
    held = [comparison for comparison in found.comparisons if comparison.holds and comparison.signal]
    sentences += [_figure(comparison, book, currency) for comparison in held]
    count = len(found.evidence.transaction_ids)
    if count:
        sentences.append(f"{count:,} of your transactions {'is' if count == 1 else 'are'} behind these figures.")
    return sentences


def why_not_sentences(found: WhyNot, book: Rulebook, currency: str | None) -> list[str]:
    """Why the item is not shown, a sentence each."""
    sentences = [_REASONS[found.reason]] if found.reason in _REASONS else []
    for comparison in found.failed:
        about = _CHECKS.get(comparison.check)
        if about is not None:
            sentences.append(about(comparison))
        elif comparison.signal in book.vocabulary and comparison.unit:
            sentences.append(_figure(comparison, book, currency))
    return list(dict.fromkeys(sentences)) or ["One of its conditions is not met."]


def _figure(comparison: Comparison, book: Rulebook, currency: str | None) -> str:
    """`Bank fees in the window: 1 (needed: 2 or more).`"""
    assert comparison.signal is not None  # as the callers have seen
    signal = book.vocabulary[comparison.signal]
    value = _said(comparison.value, signal.unit, currency)
    needed = _NEEDED[comparison.operator].format(_said(comparison.threshold, signal.unit, currency))
    return f"{signal.meaning[0].upper()}{signal.meaning[1:]}: {value} (needed: {needed})."


def _said(value: Any, unit: str, currency: str | None) -> str:
    """The value as texts say it; values come as JSON has them, so a whole fraction may be an int."""
    if value is None:
        return "not known"
    if unit == "flag":
        return "yes" if value else "no"
    if unit in ("ratio", "months"):
        value = Decimal(value)
    return say(value, unit, currency or "")


def _state(comparison: Comparison) -> str:
    if comparison.value is None:
        return "It is offered in some states only, and we do not know in which you live."
    return "It is not offered in the state in which you live."


def _age(comparison: Comparison) -> str:
    if comparison.value is None:
        return "It needs data of the last days, and there is none."
    days = say(comparison.value, "days", "")
    return f"Your data is {days} old (needed: {say(comparison.threshold, 'days', '')} or less)."


# What a check says when it fails.
_CHECKS: Final[Mapping[str, Callable[[Comparison], str]]] = {
    "persona": lambda _: "It is for another pattern than the one that your data shows.",
    "has an account": lambda found: f"It is for people who have this kind of account: {found.threshold}.",
    "has no account": lambda found: f"It is for people who do not have this kind of account: {found.threshold}.",
    "not held": lambda _: "You have such a product already.",
    "state": _state,
    "age of data": _age,
    "figures known": lambda _: _REASONS[Refusal.UNSAYABLE],
    "not ended or dismissed lately": lambda _: _REASONS[Refusal.RESTING],
    FIGURE: lambda _: _REASONS[Refusal.UNSAYABLE],
}
