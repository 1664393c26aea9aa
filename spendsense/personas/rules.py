"""Which persona the signals of one window give. Pure: signals and rulebook in, decision out."""

import operator
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from spendsense.rulebook.load import INSUFFICIENT_HISTORY
from spendsense.rulebook.types import Criterion, CriterionGroup, PersonaRule, Rulebook, Threshold
from spendsense.signals.types import SignalValue, UserSignals

_OPERATORS: Final[dict[str, Callable[[Any, Any], bool]]] = {
    ">=": operator.ge,
    ">": operator.gt,
    "<": operator.lt,
    "<=": operator.le,
    "==": operator.eq,
}


@dataclass(frozen=True, slots=True)
class CriterionResult:
    """One criterion beside the person's value. `holds` is None when the value is unknown: then it does not hold."""

    persona: str
    signal: str
    operator: str
    threshold: Threshold
    unit: str
    value: SignalValue
    holds: bool | None
    note: str | None


@dataclass(frozen=True, slots=True)
class PersonaDecision:
    """The persona, why it was given, and every criterion of every persona with its value.

    `reason` is "criteria", "none_of_the_criteria" or "insufficient_history" (then `persona` is None).
    """

    persona: str | None
    reason: str
    criteria: tuple[CriterionResult, ...]


def assign(signals: UserSignals, rulebook: Rulebook) -> PersonaDecision:
    """The first persona of the rulebook whose criteria hold; the one without criteria when none does."""
    criteria: list[CriterionResult] = []
    first: str | None = None
    for persona in rulebook.personas:
        if persona.when is None:
            continue
        criteria += _results(persona, persona.when, signals)
        if first is None and holds(persona.when, signals):
            first = persona.persona_id
    if first is not None:
        return PersonaDecision(first, "criteria", tuple(criteria))
    if signals.coverage.days_seen < rulebook.minimum_history_days:
        return PersonaDecision(None, INSUFFICIENT_HISTORY, tuple(criteria))
    return PersonaDecision(rulebook.personas[-1].persona_id, "none_of_the_criteria", tuple(criteria))


def holds(part: Criterion | CriterionGroup, signals: UserSignals) -> bool:
    """Whether the criterion or group holds. On an unknown value nothing holds."""
    if isinstance(part, Criterion):
        return compare(part, signals.value(part.signal)) is True
    quantifier = any if part.mode == "any" else all
    return quantifier(holds(inner, signals) for inner in part.parts)


def compare(criterion: Criterion, value: SignalValue) -> bool | None:
    """Whether the value meets the threshold; None when it is unknown."""
    return None if value is None else _OPERATORS[criterion.operator](value, criterion.threshold)


def _results(persona: PersonaRule, when: CriterionGroup, signals: UserSignals) -> list[CriterionResult]:
    return [_result(persona.persona_id, criterion, signals) for criterion in when.criteria()]


def _result(persona_id: str, criterion: Criterion, signals: UserSignals) -> CriterionResult:
    value = signals.value(criterion.signal)
    return CriterionResult(
        persona_id,
        criterion.signal,
        criterion.operator,
        criterion.threshold,
        criterion.unit,
        value,
        compare(criterion, value),
        _note(criterion, signals),
    )


def _note(criterion: Criterion, signals: UserSignals) -> str | None:
    if criterion.note_when_differ is None:
        return None
    one, other = criterion.note_when_differ
    return criterion.note if signals.value(one) != signals.value(other) else None
