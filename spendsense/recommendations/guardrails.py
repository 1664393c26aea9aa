"""What a text must pass before it is stored, and again before anybody sees it. Pure. A text that fails is held."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from spendsense.recommendations.figures import mismatches
from spendsense.rulebook.types import Disclosures, Signal, Tone
from spendsense.rulebook.wording import faults_of_words
from spendsense.signals.types import SignalValue

_UNFILLED: Final = re.compile(r"[{}]")
# Where a unit follows, or `of 5,000 USD` after an amount that leaves its currency to the next.
_NO_FIGURE: Final = re.compile(
    r"\b(?i:nan|none|null|inf|infinity)(?= (?:of \d[\d,.]* )?(?:%|[A-Z]{3}\b|days?\b|months?\b))"
)


@dataclass(frozen=True, slots=True)
class Texts:
    """All that a person reads of one item."""

    kind: str  # education, offer
    title: str
    rationale: str
    content: str
    disclosure: str


@dataclass(frozen=True, slots=True)
class Figures:
    """What the rationale stands on: its template, and the signals by the names of its variables."""

    template: str
    values: Mapping[str, SignalValue]
    currency: str | None


def check(
    texts: Texts, figures: Figures, tone: Tone, disclosures: Disclosures, vocabulary: Mapping[str, Signal]
) -> list[str]:
    """Each fault of an item, in words; empty when it may be shown.

    The rationale is graded by its template: how a bank names its cards is not our writing.
    """
    found = faults(texts.title, texts.rationale, texts.content, texts.disclosure, tone, disclosures)
    found += [f"rationale: {fault}" for fault in tone.reading_faults(figures.template)]
    if not found and texts.disclosure != getattr(disclosures, texts.kind):
        found.append("disclosure: the one of another kind of item")
    said = mismatches(texts.rationale, figures.template, figures.values, figures.currency, vocabulary)
    return found + [fault for fault in said if not found]


def faults(
    title: str, rationale: str, content: str, disclosure: str, tone: Tone, disclosures: Disclosures
) -> list[str]:
    """Each fault of the texts as they read, whatever figures stand behind them."""
    found = [f"title: {fault}" for fault in _of_catalog_text(title, tone)]
    found += [f"content: {fault}" for fault in _of_catalog_text(content, tone)]
    found += [f"content: {fault}" for fault in tone.reading_faults(content)]
    found += [f"rationale: {fault}" for fault in _of_text(rationale, tone)]
    if disclosure not in (disclosures.education, disclosures.offer):
        found.append("disclosure: missing")
    return found


@lru_cache(maxsize=1024)
def _of_catalog_text(text: str, tone: Tone) -> tuple[str, ...]:
    # The same few texts for everybody: searched once a process, not once a person.
    return _of_text(text, tone)


def _of_text(text: str, tone: Tone) -> tuple[str, ...]:
    found = list(faults_of_words(text, tone))
    if not text.strip():
        found.append("empty")
    if _UNFILLED.search(text):
        found.append("a variable was not filled in")
    if _NO_FIGURE.search(text):
        found.append("a figure is not a number")
    return tuple(found)
