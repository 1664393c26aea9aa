"""The catalog: education items and offers, each checked as it is read."""

import hashlib
import json
import re
from collections.abc import Mapping
from typing import Final, cast

from spendsense.rulebook.criteria import CriterionReader
from spendsense.rulebook.entry import Entry
from spendsense.rulebook.types import (
    CardChoice,
    Delivery,
    EducationItem,
    EligibilityCheck,
    Holding,
    Offer,
    Signal,
    Tone,
)

CARD_CHOICES: Final = ("highest_utilization", "most_interest", "minimum_payment", "overdue")
OFFER_CATEGORIES: Final = (
    "savings_account",
    "checking_account",
    "credit_card",
    "budgeting_app",
    "subscription_manager",
    "credit_counseling",
)
# Source: CFPB, "What is a payday loan?", "What is a car title loan?"; NCLC, "Predatory installment lending".
PREDATORY: Final = re.compile(
    r"pay[\s_-]?day|title[\s_-]loan|cash[\s_-]advance|pawn|rent[\s_-]to[\s_-]own|refund[\s_-]anticipation"
    r"|high[\s_-]cost[\s_-](loan|installment)|debt[\s_-]settlement|wage[\s_-]advance",
    re.IGNORECASE,
)
VARIABLE: Final = re.compile(r"\{([^{}]*)\}")
AMOUNT: Final = ":amount"  # {card.balance_cents:amount} says the amount without its currency
CONTENT_WORDS: Final = (150, 400)
_UNSPEAKABLE: Final = ("flag",)  # units that have no wording of their own


class CatalogReader:
    """Reads items against the rules' signals, the texts' variables, the phrase list and the known personas."""

    def __init__(
        self, criteria: CriterionReader, vocabulary: Mapping[str, Signal], tone: Tone, personas: tuple[str, ...]
    ) -> None:
        self._criteria = criteria
        self._vocabulary = vocabulary
        self._tone = tone
        self._personas = personas
        self._ids: set[str] = set()

    def education(self, files: list[Entry]) -> tuple[EducationItem, ...]:
        """The items of all files: those of the first persona first, then as the files are named, then as in them."""
        items = []
        for file in files:
            items += [self._item(entry) for entry in file.entries("item")]
            file.finish()
        return tuple(sorted(items, key=self._place))

    def _place(self, item: EducationItem) -> int:
        return min((self._personas.index(persona) for persona in item.personas), default=len(self._personas))

    def offers(self, file: Entry) -> tuple[Offer, ...]:
        """The offers in the order of the file."""
        offers = tuple(self._offer(entry) for entry in file.entries("offer"))
        file.finish()
        return offers

    def _item(self, entry: Entry) -> EducationItem:
        item = EducationItem(
            item_id=self._id(entry),
            title=self._text(entry, "title"),
            topic=entry.text("topic"),
            personas=self._known_personas(entry, ()),
            when=self._criteria.group(entry.entry("when"), entry.text("source"), entry.day("effective_on")),
            card=_card(entry),
            rationale=self._rationale(entry),
            content=self._content(entry),
            delivery=_delivery(entry),
            fingerprint=_fingerprint(entry),
        )
        entry.finish()
        return item

    def _offer(self, entry: Entry) -> Offer:
        _refuse_predatory(entry)
        jurisdictions = entry.texts("jurisdictions")
        offer = Offer(
            item_id=self._id(entry),
            partner=entry.text("partner"),
            category=entry.choice("category", OFFER_CATEGORIES),
            title=self._text(entry, "title"),
            personas=self._known_personas(entry),
            eligibility=self._eligibility(entry),
            not_held=_holding(entry.entry("not_held")),
            jurisdictions=() if jurisdictions == ("any",) else jurisdictions,
            card=_card(entry),
            rationale=self._rationale(entry),
            content=self._text(entry, "content"),
            delivery=_delivery(entry),
            fingerprint=_fingerprint(entry),
        )
        entry.finish()
        return offer

    def _eligibility(self, entry: Entry) -> tuple[EligibilityCheck, ...]:
        source, effective_on = entry.text("source"), entry.day("effective_on")
        checks = []
        for line in entry.entries("eligibility"):
            name = line.text("check")
            checks.append(EligibilityCheck(name, self._criteria.criterion(line, source, effective_on)))
        if not checks:
            entry.fail("eligibility", "must hold at least one check.")
        return tuple(checks)

    def _id(self, entry: Entry) -> str:
        item_id = entry.text("id")
        if item_id in self._ids:
            entry.fail("id", f"'{item_id}' stands twice in the catalog.")
        self._ids.add(item_id)
        return item_id

    def _known_personas(self, entry: Entry, default: tuple[str, ...] | None = None) -> tuple[str, ...]:
        personas = entry.texts("personas") if default is None else entry.texts("personas", default)
        for persona in personas:
            if persona not in self._personas:
                entry.fail("personas", f"'{persona}' is not a persona of personas.toml.")
        return personas

    def _text(self, entry: Entry, key: str) -> str:
        text = entry.text(key)
        faults = self._tone.faults(text)
        if faults:
            entry.fail(key, f"the tone does not pass: {'; '.join(faults)}.")
        return text

    def _content(self, entry: Entry) -> str:
        content = self._text(entry, "content")
        fewest, most = CONTENT_WORDS
        if not fewest <= len(content.split()) <= most:
            entry.fail("content", f"has {len(content.split())} words; it must have {fewest} to {most}.")
        if VARIABLE.search(content):
            entry.fail("content", "holds a variable; figures belong in the rationale.")
        return content

    def _rationale(self, entry: Entry) -> str:
        """The template. It holds at least one figure, and each of its variables is one that a text can say."""
        template = self._text(entry, "rationale")
        variables = VARIABLE.findall(template)
        if not any(self._is_figure(variable.removesuffix(AMOUNT)) for variable in variables):
            entry.fail("rationale", "holds no figure of the person's own.")
        for variable in variables:
            name = variable.removesuffix(AMOUNT)
            unit = self._vocabulary[name].unit if name in self._vocabulary else "flag"
            if unit in _UNSPEAKABLE or (name != variable and unit != "cents"):
                entry.fail("rationale", f"{{{variable}}} is not a variable that a signal gives.")
            if name.startswith("card.") and not entry.has("card"):
                entry.fail("card", f"is missing: {{{name}}} needs to know which card.")
        return template

    def _is_figure(self, name: str) -> bool:
        return name in self._vocabulary and not name.startswith("window.") and self._vocabulary[name].unit != "text"


def _card(entry: Entry) -> CardChoice | None:
    return cast(CardChoice, entry.choice("card", CARD_CHOICES)) if entry.has("card") else None


def _delivery(entry: Entry) -> Delivery:
    return cast(Delivery, entry.choice("delivery", ("auto", "approval"), "auto"))


def _holding(entry: Entry) -> Holding:
    holding = Holding(
        subtypes=entry.texts("subtypes", ()), names=tuple(name.lower() for name in entry.texts("names", ()))
    )
    entry.finish()
    return holding


def _refuse_predatory(entry: Entry) -> None:
    for key in ("category", "title", "content", "partner"):
        found = PREDATORY.search(entry.text(key))
        if found:
            entry.fail(key, f"'{found.group()}' names a predatory product; it may not be offered.")


def _fingerprint(entry: Entry) -> str:
    """A hash of everything that the entry says, 16 hex digits."""
    canonical = json.dumps(entry.data, sort_keys=True, default=str, ensure_ascii=False)
    return hashlib.sha256(canonical.encode()).hexdigest()[:16]
