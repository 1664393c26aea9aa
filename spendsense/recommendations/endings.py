"""What an ending is recorded with: its reason, and where a condition ended the item, each one that failed. Pure.

A decision that only ends items leaves no trace; what spoke against them stands in their last event, and goes with them.
"""

from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any

from spendsense.personas.rules import compare
from spendsense.recommendations import rationale
from spendsense.recommendations.eligibility import Check
from spendsense.recommendations.types import Decision, Ending, Item, Person, catalog
from spendsense.rulebook.types import EducationItem, Rulebook
from spendsense.signals.types import UserSignals
from spendsense.store.statuses import Reason


def detail_of(ending: Ending, person: Person, decision: Decision, rulebook: Rulebook, as_of: date) -> str:
    """`not eligible: minimum income (income.monthly_cents) 150000, needed >= 200000`; else the reason alone.

    Values as the signals have them: money in hundredths, ratios as fractions.
    """
    item_id = next(row.item_id for row in person.rows if row.recommendation_id == ending.recommendation_id)
    item = catalog(rulebook).get(item_id)
    failed = list(_failed(ending.code, item, person, decision, rulebook, as_of)) if item else []
    return f"{ending.reason}: {'; '.join(failed)}" if failed else ending.reason


def _failed(
    code: Reason, item: Item, person: Person, decision: Decision, rulebook: Rulebook, as_of: date
) -> Iterator[str]:
    if code is Reason.NOT_ELIGIBLE:
        yield from _failed_checks(dict(decision.offer_checks)[item.item_id])
    elif code is Reason.TRIGGER_GONE and isinstance(item, EducationItem):
        yield from _failed_criteria(item, person.signals)
    elif code is Reason.FIGURE_UNKNOWN:
        yield from _unsayable(item, person.signals, rulebook, as_of)


def _failed_checks(checks: Iterable[Check]) -> Iterator[str]:
    for check in checks:
        if check.holds is not True:
            about = check.check if check.signal is None else f"{check.check} ({check.signal})"
            value = "no" if check.value is None and check.holds is False else check.value
            yield _compared(about, value, check.operator, check.threshold)


def _failed_criteria(item: EducationItem, signals: UserSignals) -> Iterator[str]:
    for criterion in item.when.criteria():
        value = signals.value(criterion.signal)
        if not compare(criterion, value):
            yield _compared(criterion.signal, value, criterion.operator, criterion.threshold)


def _unsayable(item: Item, signals: UserSignals, rulebook: Rulebook, as_of: date) -> Iterator[str]:
    card, currency = rationale.choose_card(signals.cards, item.card), signals.coverage.currency
    for name in rationale.names_in(item.rationale):
        value = rationale.value_of(name, signals, card, as_of)
        if not rationale.is_sayable(value, rulebook.vocabulary[name].unit, currency):
            yield _compared(name, value, ">=", 0)


def _compared(about: str, value: Any, operator: str, threshold: Any) -> str:
    needed = ", ".join(threshold) if isinstance(threshold, tuple) else threshold
    return f"{about} {'not known' if value is None else value}, needed {operator} {needed}"
