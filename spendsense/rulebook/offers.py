"""The partners' offers, each checked as it is read: nothing predatory, conditions that can be evaluated."""

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Final

from spendsense.rulebook.account_types import SUBTYPES, TYPES
from spendsense.rulebook.catalog import ItemReader
from spendsense.rulebook.criteria import CriterionReader, Origin
from spendsense.rulebook.entry import Entry
from spendsense.rulebook.folding import fold
from spendsense.rulebook.states import STATES
from spendsense.rulebook.types import EligibilityCheck, Holding, Offer

OFFER_CATEGORIES: Final = (
    "savings_account",
    "checking_account",
    "credit_card",
    "debt_consolidation_loan",
    "budgeting_app",
    "subscription_manager",
    "credit_counseling",
    "tax_help",
)
# Stands here and not in a file of the rulebook, so that nobody can take a word away by changing a text.
# Source: CFPB, "What is a payday loan?", "What is a car title loan?"; NCLC, "Predatory installment lending"; FTC, "How
# to get out of debt" (debt settlement) and "Rent-to-own"; 15 USC 1679b (credit repair organizations).
PREDATORY: Final = re.compile(
    r"pay ?day|title ?loan|cash ?advance|\bpawn|rent to own|refund anticipation|high cost (?:loan|installment)"
    r"|debt ?settlement|wage ?advance|earned ?wage|credit ?repair|no credit check|tribal ?loan|buy here|advance fee"
)
# Source: 10 USC 987(b), the Military Lending Act: no more than 36 % a year. Taken here for everybody.
MOST_APR_PERCENT: Final = 36
CREDIT: Final = ("credit_card", "debt_consolidation_loan")
# Whatever its category, an offer that speaks of these is one of credit.
_CREDIT_WORDS: Final = re.compile(
    r"\b(?:loans?|lends?|lenders?|lending|borrow\w*|financ\w+|apr|annual percentage rate"
    r"|credit (?:lines?|limits?|cards?)|lines? of credit)\b"
)
_PERCENT: Final = r"(?:%|percent|per cent|pct)"
_RATE: Final = re.compile(
    rf"(\d[\d,]{{0,12}}(?:\.\d+)?) (?:{_PERCENT}(?:(?: apr)? (?:a|per|each|every) (day|week|month)\b)?|apr\b)"
    r"|\bapr (?:(?:of|is|at|from|up|to) ){0,3}(\d[\d,]{0,12}(?:\.\d+)?)"
)
_TIMES_A_YEAR: Final = {"": 1, "day": 365, "week": 52, "month": 12}
_NOT_OF_THE_PRODUCT: Final = ("not_held", "states")  # what else a person holds, and where they live
ANYWHERE: Final = ("any",)


def read_offers(file: Entry, items: ItemReader, criteria: CriterionReader) -> tuple[Offer, ...]:
    """The offers in the order of the file."""
    offers = tuple(_offer(entry, items, criteria) for entry in file.entries("offer"))
    file.finish()
    return offers


def _offer(entry: Entry, items: ItemReader, criteria: CriterionReader) -> Offer:
    _refuse_predatory(entry)
    offer = Offer(
        item_id=items.ids.read(entry),
        partner=items.texts.title(entry, "partner"),
        category=entry.choice("category", OFFER_CATEGORIES),
        title=items.texts.title(entry, "title"),
        personas=items.personas(entry),
        eligibility=_eligibility(entry, criteria, criteria.origin(entry)),
        not_held=_holding(entry.entry("not_held")),
        has_accounts=_account_types(entry, "has_accounts"),
        has_no_accounts=_account_types(entry, "has_no_accounts"),
        states=_states(entry),
        max_data_age_days=entry.number("max_data_age_days"),
        card=items.card(entry),
        rationale=items.rationale(entry),
        content=items.texts.text(entry, "content"),
        delivery=items.delivery(entry),
        fingerprint=items.fingerprint(entry),
    )
    for name in sorted({*offer.has_accounts} & {*offer.has_no_accounts}):
        entry.fault("has_no_accounts", f"'{name}' stands in has_accounts too: nobody could pass.")
    entry.finish()
    return offer


def _eligibility(entry: Entry, criteria: CriterionReader, origin: Origin) -> tuple[EligibilityCheck, ...]:
    checks = tuple(_check(line, criteria, origin) for line in entry.entries("eligibility"))
    names = [check.name for check in checks]
    if not checks:
        entry.fault("eligibility", "must hold at least one check.")
    for name in sorted({name for name in names if names.count(name) > 1}):
        entry.fault("eligibility", f"the check '{name}' stands twice.")
    return checks


def _check(line: Entry, criteria: CriterionReader, origin: Origin) -> EligibilityCheck:
    name = line.text("check")
    if not line.has("any"):
        return EligibilityCheck(name, (criteria.criterion(line, origin),))
    any_of = tuple(criteria.criterion(part, origin) for part in line.entries("any"))
    if not any_of:
        line.fault("any", "must hold at least one criterion.")
    line.finish()
    return EligibilityCheck(name, any_of)


def _holding(entry: Entry) -> Holding:
    holding = Holding(
        subtypes=entry.texts("subtypes", ()), names=tuple(name.lower() for name in entry.texts("names", ()))
    )
    for name in holding.subtypes:
        if name not in SUBTYPES:
            entry.fault("subtypes", f"'{name}' is not a subtype of accounts.")
    if not holding.subtypes and not holding.names:
        entry.fault("subtypes, names", "at least one of the two must be given.")
    entry.finish()
    return holding


def _account_types(entry: Entry, key: str) -> tuple[str, ...]:
    names = entry.texts(key, ())
    for name in names:
        if name not in TYPES | SUBTYPES:
            entry.fault(key, f"'{name}' is neither a type nor a subtype of accounts.")
    return names


def _states(entry: Entry) -> tuple[str, ...]:
    """The states in the order of the file; none for `["any"]`."""
    states = entry.texts("states")
    if states == ANYWHERE:
        return ()
    if entry.data.get("states") == []:
        entry.fault("states", 'must name states, or be ["any"].')
    for state in states:
        if state not in STATES:
            entry.fault("states", f"'{state}' is not a state's two letters.")
    return states


def _refuse_predatory(entry: Entry) -> None:
    """Holds every text of the offer against what may not be offered, folded, so that no spelling gets by."""
    texts = [(key, fold(text)) for key, text in _texts(entry.data)]
    is_credit = entry.data.get("category") in CREDIT or any(_CREDIT_WORDS.search(text) for _, text in texts)
    for key, text in texts:
        if found := PREDATORY.search(text):
            entry.fault(key, f"'{found.group()}' names a predatory product; it may not be offered.")
        for rate in _rates(text) if is_credit else ():
            if rate > MOST_APR_PERCENT:
                entry.fault(key, f"'{rate} %' is above {MOST_APR_PERCENT} % a year; such credit may not be offered.")


def _texts(data: object, key: str = "") -> Iterator[tuple[str, str]]:
    """Each text of the offer below the key of the offer under which it stands."""
    if isinstance(data, str):
        yield key, data
    elif isinstance(data, dict):
        for name, part in data.items():
            if key or name not in _NOT_OF_THE_PRODUCT:
                yield from _texts(part, key or name)
    elif isinstance(data, list):
        for part in data:
            yield from _texts(part, key)


def _rates(text: str) -> Iterator[Decimal]:
    """The rates that a folded text names, in percent a year."""
    for rate, period, rate_of_apr in _RATE.findall(text):
        yield Decimal((rate or rate_of_apr).replace(",", "")) * _TIMES_A_YEAR[period]
