"""Whether an offer may be shown to a person: every check with its value and threshold, failed ones too. Pure."""

from dataclasses import dataclass
from datetime import date, timedelta

from spendsense.personas.rules import compare
from spendsense.rulebook.types import Criterion, EligibilityCheck, Offer
from spendsense.signals.types import SignalValue, UserSignals


@dataclass(frozen=True, slots=True)
class HeldAccount:
    """What is seen of an account when asking which products a person has."""

    name: str  # the account's, and behind it the official one: the bank's own name often stands there alone
    type: str
    subtype: str | None

    def is_of(self, kind: str) -> bool:
        """Whether the account is of this type or subtype."""
        return kind in (self.type, self.subtype)


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What offers ask beside the signals. None: not known, and then no check that needs it holds."""

    accounts: tuple[HeldAccount, ...] = ()
    state: str | None = None  # two letters
    last_data_on: date | None = None  # the last day with a transaction or a balance


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
    offer: Offer, persona: str | None, signals: UserSignals, circumstances: Circumstances, as_of: date
) -> tuple[Check, ...]:
    """All checks of the offer in a fixed order: persona, `eligibility` as in the file, accounts, state, age of data."""
    return (
        Check("persona", None, "in", offer.personas, persona, None if persona is None else persona in offer.personas),
        *(_eligibility(line, signals) for line in offer.eligibility),
        *(_has_account(kind, circumstances) for kind in offer.has_accounts),
        *(_has_no_account(kind, circumstances) for kind in offer.has_no_accounts),
        _not_held(offer, circumstances),
        _state(offer, circumstances),
        _age_of_data(offer, circumstances, as_of),
    )


def passes(checks: tuple[Check, ...]) -> bool:
    """Whether every check holds; an unknown one does not."""
    return all(check.holds is True for check in checks)


def too_old_on(offer: Offer, circumstances: Circumstances) -> date | None:
    """The first day on which the person's data is too old for the offer, if none comes in; None when there is none."""
    if circumstances.last_data_on is None:
        return None
    return circumstances.last_data_on + timedelta(days=offer.max_data_age_days + 1)


def _eligibility(line: EligibilityCheck, signals: UserSignals) -> Check:
    """The first comparison that holds; else the last one, which is the one that the line is about."""
    checks = [_compared(line.name, criterion, signals) for criterion in line.any_of]
    return next((check for check in checks if check.holds), checks[-1])


def _compared(name: str, criterion: Criterion, signals: UserSignals) -> Check:
    value = signals.value(criterion.signal)
    return Check(name, criterion.signal, criterion.operator, criterion.threshold, value, compare(criterion, value))


def _has_account(kind: str, circumstances: Circumstances) -> Check:
    is_there = any(account.is_of(kind) for account in circumstances.accounts)
    return Check("has an account", None, "has", kind, kind if is_there else None, is_there)


def _has_no_account(kind: str, circumstances: Circumstances) -> Check:
    is_there = any(account.is_of(kind) for account in circumstances.accounts)
    return Check("has no account", None, "has no", kind, kind if is_there else None, not is_there)


def _not_held(offer: Offer, circumstances: Circumstances) -> Check:
    """By subtype or by a word in the account's name. The value is the subtype that was found, never the name."""
    held = next((account for account in circumstances.accounts if _is_held(offer, account)), None)
    threshold = (*offer.not_held.subtypes, *offer.not_held.names)
    value = None if held is None else held.subtype or "by name"
    return Check("not held", None, "none of", threshold, value, held is None)


def _is_held(offer: Offer, account: HeldAccount) -> bool:
    name = account.name.lower()
    return account.subtype in offer.not_held.subtypes or any(word in name for word in offer.not_held.names)


def _state(offer: Offer, circumstances: Circumstances) -> Check:
    """Where it is not known where a person lives, an offer that names states is not shown."""
    if not offer.states:
        return Check("state", None, "in", "any", circumstances.state, True)
    state = circumstances.state
    return Check("state", None, "in", offer.states, state, None if state is None else state in offer.states)


def _age_of_data(offer: Offer, circumstances: Circumstances, as_of: date) -> Check:
    """Days since the last transaction or balance; an offer that rests on old figures is not shown."""
    last = circumstances.last_data_on
    days = None if last is None else (as_of - last).days
    holds = None if days is None else days <= offer.max_data_age_days
    return Check("age of data", None, "<=", offer.max_data_age_days, days, holds)
