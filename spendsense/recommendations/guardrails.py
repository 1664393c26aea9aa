"""What a text must pass before anybody sees it. Pure. A text that fails is held, never shown."""

import re
from functools import lru_cache
from typing import Final

from spendsense.rulebook.types import Disclosures, Tone

_UNFILLED: Final = re.compile(r"[{}]")
_NO_FIGURE: Final = re.compile(r"\b(?i:nan|none|null|inf|infinity)(?= (?:%|[A-Z]{3}\b|days?\b|months?\b))")


def faults(
    title: str, rationale: str, content: str, disclosure: str, tone: Tone, disclosures: Disclosures
) -> list[str]:
    """Each fault of the item's texts, in words; empty when it may be shown."""
    found = [f"title: {fault}" for fault in _of_catalog_text(title, tone)]
    found += [f"content: {fault}" for fault in _of_catalog_text(content, tone)]
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
    if not text.strip():
        found.append("empty")
    if _UNFILLED.search(text):
        found.append("a variable was not filled in")
    if _NO_FIGURE.search(text):
        found.append("a figure is not a number")
    return tuple(found)
