"""How strongly a trigger holds, on one scale for all units, and how fresh what it rests on is. Pure.

The strength of one criterion is the distance of its value from its threshold, as a share of the larger of the two:

    0.00  at the threshold
    0.25  a third beyond it (80 % where the mark is 60 %), or a quarter below it for `<`
    0.50  twice the threshold, or half of it for `<`
    1.00  without bound

A share has no unit, so money, ratios and counts can be compared. Near zero a share says too much (0.01 USD is
infinitely more than none), so the larger of the two is taken as no less than one step of the unit. A condition that
either holds or does not (a flag, a word) holds in full: 1. All of a group hold as strongly as the weakest of them, any
of a group as the strongest.
"""

from collections.abc import Mapping
from datetime import date
from decimal import ROUND_FLOOR, Decimal
from typing import Final

from spendsense.personas.rules import compare, holds
from spendsense.rulebook.types import Criterion, CriterionGroup
from spendsense.signals.types import UserSignals

STEPS: Final[Mapping[str, Decimal]] = {
    "cents": Decimal(10_000),  # 100.00
    "ratio": Decimal("0.1"),
    "percent": Decimal(10),
    "months": Decimal(1),
    "days": Decimal(7),
    "count": Decimal(1),
}
NONE: Final = Decimal(0)
FULL: Final = Decimal(1)
_TENTH: Final = Decimal("0.1")


def strength(part: Criterion | CriterionGroup, signals: UserSignals) -> Decimal:
    """From 0 to 1; 0 where it does not hold."""
    if isinstance(part, Criterion):
        return _of_criterion(part, signals)
    strengths = [strength(inner, signals) for inner in part.parts]
    return max(strengths) if part.mode == "any" else min(strengths)


def in_tenths(found: Decimal) -> int:
    """The strength as it is compared: in whole tenths, so that figures hardly apart count as equal."""
    return int((found / _TENTH).to_integral_value(ROUND_FLOOR))


def freshest(group: CriterionGroup, signals: UserSignals, seen_on: Mapping[str, date]) -> date | None:
    """The last day of the evidence behind the criteria that hold; None where no day is known."""
    days = [_seen_on(criterion.signal, seen_on) for criterion in group.criteria() if holds(criterion, signals)]
    return max((day for day in days if day is not None), default=None)


def _seen_on(signal: str, seen_on: Mapping[str, date]) -> date | None:
    return seen_on.get(signal) or seen_on.get(signal.partition(".")[0])


def _of_criterion(criterion: Criterion, signals: UserSignals) -> Decimal:
    value, threshold = signals.value(criterion.signal), criterion.threshold
    if not compare(criterion, value):
        return NONE
    if criterion.operator == "==" or isinstance(value, bool) or not isinstance(value, int | Decimal):
        return FULL
    assert isinstance(threshold, int | Decimal)  # as its unit has it
    larger = max(abs(Decimal(value)), abs(Decimal(threshold)), STEPS[criterion.unit])
    return min(FULL, abs(Decimal(value) - Decimal(threshold)) / larger)
