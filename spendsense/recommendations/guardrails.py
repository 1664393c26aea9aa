"""What a text must pass before it is stored, and again before anybody sees it. Pure. A text that fails is held.

The rulebook's phrase list is what compliance keeps; the patterns here find the same faults in other words.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from spendsense.recommendations.figures import mismatches
from spendsense.rulebook.types import Disclosures, Signal, Tone
from spendsense.signals.types import SignalValue

_UNFILLED: Final = re.compile(r"[{}]")
_NO_FIGURE: Final = re.compile(r"\b(?i:nan|none|null|inf|infinity)(?= (?:%|[A-Z]{3}\b|days?\b|months?\b))")
_OTHERS: Final = "people|persons|customers|consumers|clients|users|members|households|families|savers|borrowers|earners"
_WHOSE: Final = "most|many|other|average|typical|similar|all"
# A text tells what is so. It does not tell anybody what to do, nor say what "we" think of a product.
_ADVICE: Final = re.compile(
    r"\b(?:you|one)(?: \w+ly| also| just| still| never| always)? (?:should|must|ought to|need to|have to|had better)\b"
    r"|\b(?:should|must) you\b"
    r"|\b(?:we|i|our experts?)(?: \w+ly| would| also)* (?:recommend|advise|suggest|urge|encourage)\b"
    r"|\b(?:it is|it's) (?:best|better|wise|smart|time) (?:for you )?to\b"
    r"|(?:^|[.!?:] )(?:buy|sell|invest|apply|sign up|enroll|refinance|consolidate|switch) (?!is\b|are\b|or\b|and\b)",
    re.IGNORECASE,
)
# Nobody is measured against others, by word or by rank.
_COMPARISON: Final = re.compile(
    rf"\b(?:than|compared (?:to|with)|unlike|next to|versus) (?:the )?(?:{_WHOSE})(?: \w+)? (?:{_OTHERS})\b"
    r"|\b(?:than|compared (?:to|with)) (?:others|everyone|everybody|anyone)\b"
    rf"|\bthan (?:\d+ %|\w+ (?:out of|in) \w+)(?: of)?(?: the| all)? (?:{_OTHERS})\b"
    rf"|\b(?:{_OTHERS}) (?:like you|(?:of|at) your (?:age|income)|in your (?:area|town|state|situation|position))\b"
    rf"|\bthe (?:average|typical) (?:person|customer|user|american|household|family|saver|borrower)\b"
    r"|\b(?:top|bottom) \d+ %",
    re.IGNORECASE,
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
    found = list(tone.faults(text))
    flat = " ".join(text.split()).replace("’", "'")
    for fault, pattern in (("advice", _ADVICE), ("comparison", _COMPARISON)):
        match = pattern.search(flat)
        if match and not any(known.startswith(fault) for known in found):
            found.append(f'{fault}: "{match.group().strip(" .!?:").lower()}"')
    if not text.strip():
        found.append("empty")
    if _UNFILLED.search(text):
        found.append("a variable was not filled in")
    if _NO_FIGURE.search(text):
        found.append("a figure is not a number")
    return tuple(found)
