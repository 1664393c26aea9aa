"""Whether a shown item still fits its person, and whether its words still pass. Pure."""

from dataclasses import dataclass
from datetime import date

from spendsense.evaluation.items import ActiveItem
from spendsense.personas.rules import compare, holds
from spendsense.recommendations import guardrails
from spendsense.recommendations.decide import catalog
from spendsense.recommendations.eligibility import Circumstances, check_offer
from spendsense.rulebook.types import Criterion, CriterionGroup, EducationItem, Rulebook
from spendsense.signals.types import UserSignals


@dataclass(frozen=True, slots=True)
class Situation:
    """What is known of one person on the day of the evaluation."""

    as_of: date
    persona: str | None  # as stored
    signals: UserSignals | None  # in the primary window; None: not measured
    offers_until: date | None  # None: no live consent to offers
    circumstances: Circumstances


def irrelevance(item: ActiveItem, situation: Situation, rulebook: Rulebook) -> str | None:
    """Why the item no longer fits; None while its trigger, as the rulebook in force states it, holds.

    The trigger of an education item is its `when`; that of an offer every check of its eligibility, and live consent
    to offers.
    """
    entry = catalog(rulebook).get(item.item_id)
    if entry is None:
        return "it is no longer in the catalog"
    if situation.signals is None:
        return "nothing is measured"
    if isinstance(entry, EducationItem):
        if holds(entry.when, situation.signals):
            return None
        return f"its trigger does not hold: {', '.join(_unmet(entry.when, situation.signals))}"
    if situation.offers_until is None:
        return "there is no live consent to offers"
    checks = check_offer(entry, situation.persona, situation.signals, situation.circumstances, situation.as_of)
    failed = [check.check for check in checks if check.holds is not True]
    return f"not eligible: {', '.join(failed)}" if failed else None


def faults_of_words(item: ActiveItem, rulebook: Rulebook) -> list[str]:
    """What the guardrails of the rulebook in force find in the stored texts; empty when they pass."""
    return guardrails.faults(
        item.title, item.rationale, item.content, item.disclosure, rulebook.tone, rulebook.disclosures
    )


def _unmet(part: Criterion | CriterionGroup, signals: UserSignals) -> list[str]:
    """The signals of the criteria that keep the group from holding."""
    if isinstance(part, Criterion):
        return [] if compare(part, signals.value(part.signal)) else [part.signal]
    return [name for inner in part.parts if not holds(inner, signals) for name in _unmet(inner, signals)]
