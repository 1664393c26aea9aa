"""Whether an offer may be shown to a person: every check with its value and threshold, failed ones too. Pure."""

from dataclasses import dataclass

from spendsense.personas.rules import compare
from spendsense.rulebook.types import Offer
from spendsense.signals.types import SignalValue, UserSignals


@dataclass(frozen=True, slots=True)
class HeldAccount:
    """What is seen of an account when asking whether a product is held already."""

    name: str
    subtype: str | None


@dataclass(frozen=True, slots=True)
class Check:
    """One condition of an offer beside the person's value. `holds` is None when the value is unknown: not eligible."""

    check: str
    signal: str | None
    operator: str
    threshold: SignalValue | tuple[str, ...]
    value: SignalValue
    holds: bool | None


def check_offer(
    offer: Offer, persona: str | None, signals: UserSignals, accounts: tuple[HeldAccount, ...]
) -> tuple[Check, ...]:
    """All checks of the offer, in a fixed order: persona, eligibility as in the rulebook, not held, jurisdiction."""
    return (
        Check("persona", None, "in", offer.personas, persona, None if persona is None else persona in offer.personas),
        *_eligibility(offer, signals),
        _not_held(offer, accounts),
        _jurisdiction(offer),
    )


def passes(checks: tuple[Check, ...]) -> bool:
    """Whether every check holds; an unknown one does not."""
    return all(check.holds is True for check in checks)


def _eligibility(offer: Offer, signals: UserSignals) -> list[Check]:
    checks = []
    for line in offer.eligibility:
        criterion = line.criterion
        value = signals.value(criterion.signal)
        holds = compare(criterion, value)
        checks.append(Check(line.name, criterion.signal, criterion.operator, criterion.threshold, value, holds))
    return checks


def _not_held(offer: Offer, accounts: tuple[HeldAccount, ...]) -> Check:
    """By subtype or by a word in the account's name. The value is the subtype that was found, never the name."""
    held = next((account for account in accounts if _is_held(offer, account)), None)
    threshold = (*offer.not_held.subtypes, *offer.not_held.names)
    value = None if held is None else held.subtype or "by name"
    return Check("not held", None, "none of", threshold, value, held is None)


def _is_held(offer: Offer, account: HeldAccount) -> bool:
    name = account.name.lower()
    return account.subtype in offer.not_held.subtypes or any(word in name for word in offer.not_held.names)


def _jurisdiction(offer: Offer) -> Check:
    """Where a person lives is not known yet; an offer that names jurisdictions is not shown until it is."""
    return Check("jurisdiction", None, "in", offer.jurisdictions or "any", None, None if offer.jurisdictions else True)
