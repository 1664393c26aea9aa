"""Whether a shown item still fits its person, and whether its words still pass. Pure."""

from datetime import date

from spendsense.evaluation.items import ActiveItem
from spendsense.personas.rules import compare, holds
from spendsense.recommendations import guardrails
from spendsense.recommendations.eligibility import check_offer
from spendsense.recommendations.types import Person, catalog
from spendsense.rulebook.types import Criterion, CriterionGroup, Disclosures, EducationItem, Rulebook
from spendsense.signals.types import UserSignals


def irrelevance(item: ActiveItem, person: Person | None, rulebook: Rulebook, as_of: date) -> str | None:
    """Why the item no longer fits the person (None: nothing is measured); None while its trigger holds.

    The trigger, as the rulebook in force states it, is the `when` of an education item; of an offer it is live consent
    to offers and every check of its eligibility.
    """
    entry = catalog(rulebook).get(item.item_id)
    if entry is None:
        return "it is no longer in the catalog"
    if person is None:
        return "nothing is measured"
    if isinstance(entry, EducationItem):
        if holds(entry.when, person.signals):
            return None
        return f"its trigger does not hold: {', '.join(_unmet(entry.when, person.signals))}"
    if person.offers_until is None:
        return "there is no live consent to offers"
    checks = check_offer(entry, person.persona, person.signals, person.circumstances, as_of)
    failed = [check.check for check in checks if check.holds is not True]
    return f"not eligible: {', '.join(failed)}" if failed else None


def faults_of_words(item: ActiveItem, rulebook: Rulebook, disclosures: Disclosures) -> list[str]:
    """What the guardrails in force find in the stored texts; empty when they pass.

    `disclosures` are those of the rulebook that made the item: a new wording does not make an old one wrong.
    """
    return guardrails.faults(item.title, item.rationale, item.content, item.disclosure, rulebook.tone, disclosures)


def _unmet(part: Criterion | CriterionGroup, signals: UserSignals) -> list[str]:
    """The signals of the criteria that keep the group from holding."""
    if isinstance(part, Criterion):
        return [] if compare(part, signals.value(part.signal)) else [part.signal]
    return [name for inner in part.parts if not holds(inner, signals) for name in _unmet(inner, signals)]
