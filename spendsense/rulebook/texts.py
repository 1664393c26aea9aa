"""Phrase list, disclosures and consent texts."""

import re
from typing import Final

from spendsense.rulebook.entry import Entry
from spendsense.rulebook.types import ConsentText, Disclosures, Tone

FAULTS: Final = ("advice", "shaming", "comparison", "pressure")
PURPOSES: Final = ("analysis", "offers")


def read_tone(file: Entry) -> Tone:
    """The phrase list, and one pattern that finds any of them. Texts are searched with plain apostrophes."""
    phrases = {words.lower(): fault for fault in FAULTS for words in file.texts(fault)}
    file.finish()
    longest_first = sorted(phrases, key=lambda words: (-len(words), words))
    any_of_them = "|".join(map(re.escape, longest_first))
    return Tone(phrases, re.compile(rf"(?<!\w)(?:{any_of_them})(?!\w)", re.IGNORECASE))


def read_disclosures(file: Entry) -> Disclosures:
    """What stands beside each item; each text must hold what it has to say."""
    texts = {kind: _disclosure(file.entry(kind)) for kind in ("education", "offer")}
    file.finish()
    return Disclosures(**texts)


def _disclosure(entry: Entry) -> str:
    text = entry.text("text")
    for words in entry.texts("must_say"):
        if words.lower() not in text.lower():
            entry.fail("text", f"does not say '{words}'.")
    entry.finish()
    return text


def read_consent(file: Entry) -> tuple[str, dict[str, dict[str, ConsentText]]]:
    """The version in force, and version → purpose → text of it and of all earlier ones, which are kept in the file."""
    current = file.text("current")
    versions = file.entry("versions")
    texts = {version: _consent_version(versions.entry(version), version) for version in versions.data}
    if current not in texts:
        file.fail("current", f"there is no version '{current}'.")
    file.finish()
    return current, texts


def _consent_version(entry: Entry, version: str) -> dict[str, ConsentText]:
    texts = {}
    for purpose in PURPOSES:
        part = entry.entry(purpose)
        texts[purpose] = ConsentText(purpose, version, part.text("title"), part.text("text"))
        part.finish()
    entry.finish()
    return texts
