"""The rulebook as values: what `load.py` makes of the TOML files, checked."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final, Literal

from spendsense.rulebook import reading
from spendsense.rulebook.folding import fold

WINDOW_DAYS: Final = (30, 90, 180)  # the windows that are measured
Threshold = int | Decimal | bool | str
CardChoice = Literal["highest_utilization", "most_interest", "minimum_payment", "overdue"]
Delivery = Literal["auto", "approval"]


@dataclass(frozen=True, slots=True)
class Criterion:
    """One comparison of a signal with a threshold. Money thresholds are in cents."""

    signal: str
    operator: str  # >=, >, <, <=, ==
    threshold: Threshold
    unit: str  # as the vocabulary names it: cents, ratio, days, months, percent, count, flag, text
    window: str  # over which days the signal is taken, for the reader
    source: str
    effective_on: date
    note: str | None = None  # said when the two counts below differ
    note_when_differ: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class CriterionGroup:
    """Criteria or further groups, of which any or all must hold."""

    mode: Literal["any", "all"]
    parts: "tuple[Criterion | CriterionGroup, ...]"

    def criteria(self) -> Iterator[Criterion]:
        """Every criterion in the group and below it, in the order of the file."""
        for part in self.parts:
            if isinstance(part, Criterion):
                yield part
            else:
                yield from part.criteria()


@dataclass(frozen=True, slots=True)
class PersonaRule:
    """One persona; without `when` it is what remains when none of the others holds."""

    persona_id: str
    title: str
    description: str
    when: CriterionGroup | None


@dataclass(frozen=True, slots=True)
class Signal:
    """A signal that a rule or a text may name."""

    name: str
    unit: str
    meaning: str


@dataclass(frozen=True, slots=True)
class EducationItem:
    """One text of the catalog, when it is shown, and the sentence that says why."""

    item_id: str
    title: str
    topic: str
    personas: tuple[str, ...]  # first choice for these; empty: a general item that fills up
    when: CriterionGroup
    card: CardChoice | None  # which card the rationale speaks of
    rationale: str
    content: str
    delivery: Delivery
    fingerprint: str  # hash of the entry: a text that changed is issued anew


@dataclass(frozen=True, slots=True)
class EligibilityCheck:
    """A named condition of an offer: one comparison, or several of which any must hold."""

    name: str
    any_of: tuple[Criterion, ...]


@dataclass(frozen=True, slots=True)
class Holding:
    """What counts as already holding the product: an account of a subtype, or one whose name holds a word."""

    subtypes: tuple[str, ...]
    names: tuple[str, ...]  # lower case


@dataclass(frozen=True, slots=True)
class Offer:
    """One product of a partner and the conditions under which it may be shown."""

    item_id: str
    partner: str
    category: str
    title: str
    personas: tuple[str, ...]
    eligibility: tuple[EligibilityCheck, ...]
    not_held: Holding
    has_accounts: tuple[str, ...]  # types or subtypes, of each of which the person has an account
    has_no_accounts: tuple[str, ...]  # types or subtypes, of none of which the person has one
    states: tuple[str, ...]  # two letters each; empty: anywhere
    max_data_age_days: int  # days since the last transaction or balance, inclusive
    card: CardChoice | None
    rationale: str
    content: str
    delivery: Delivery
    fingerprint: str


@dataclass(frozen=True, slots=True, eq=False)
class Tone:
    """The phrase list, words that no text may hold, and the highest reading grade. Compared by identity."""

    phrases: Mapping[str, str]  # words as `fold` spells them → advice, shaming, comparison or pressure
    pattern: re.Pattern[str]  # any of them, as whole words of a folded text
    max_reading_grade: Decimal  # inclusive

    def faults(self, text: str) -> tuple[str, ...]:
        """What is wrong with the words, such as `advice: "you should"`; empty when the text passes."""
        found = (match.group() for match in self.pattern.finditer(fold(text)))
        return tuple(f'{self.phrases[words]}: "{words}"' for words in found)

    def reading_faults(self, text: str) -> tuple[str, ...]:
        """`reading: grade 9.3 is above 8` for a text that is too hard; empty when it passes. Not for titles."""
        grade = reading.grade(text)
        return (
            (f"reading: grade {grade:.1f} is above {self.max_reading_grade}",) if grade > self.max_reading_grade else ()
        )


@dataclass(frozen=True, slots=True)
class Disclosures:
    """What each item says beside its text."""

    education: str
    offer: str


@dataclass(frozen=True, slots=True)
class ConsentText:
    """What a person agrees to, word for word."""

    purpose: str
    version: str
    title: str
    text: str


@dataclass(frozen=True, slots=True)
class Limits:
    """How many items a person gets, and for how long."""

    education_min: int
    education_max: int
    offers_max: int
    per_topic_max: int
    expires_after_days: int
    rest_days: int  # an ended item does not return before


@dataclass(frozen=True, slots=True)
class Rulebook:
    """Everything that compliance signs. `version` is the hash of `content`, the files' texts by name."""

    version: str
    content: Mapping[str, str]
    primary_window_days: int
    minimum_history_days: int
    personas: tuple[PersonaRule, ...]  # the first that holds is given
    vocabulary: Mapping[str, Signal]
    limits: Limits
    education: tuple[EducationItem, ...]
    offers: tuple[Offer, ...]
    tone: Tone
    disclosures: Disclosures
    consent_texts: Mapping[str, ConsentText]  # purpose → the text in force
    consent_versions: Mapping[str, Mapping[str, ConsentText]]  # version → purpose → text, of all that ever held
