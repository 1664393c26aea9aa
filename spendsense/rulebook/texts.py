"""What is said: the phrase list and reading grade, and the texts that must pass them wherever they stand."""

import re
from collections.abc import Iterable
from decimal import Decimal
from functools import lru_cache
from typing import Final

from spendsense.rulebook.entry import Entry
from spendsense.rulebook.folding import fold
from spendsense.rulebook.types import ConsentText, Disclosures, Tone
from spendsense.rulebook.wording import in_other_words, joined

FAULTS: Final = ("advice", "shaming", "comparison", "pressure")
PURPOSES: Final = ("analysis", "offers")
# What each disclosure says, whatever its file has it say: nobody can take it away by changing a text.
MUST_SAY: Final = {
    "education": ("education", "not financial advice"),
    "offer": ("not financial advice", "may be paid"),
}
ANY_GRADE: Final = Decimal(100)  # where the rulebook names none, which is a fault by itself

_in_other_words: Final = lru_cache(maxsize=1024)(in_other_words)  # most texts stay from one version to the next


def read_tone(file: Entry) -> Tone:
    """The phrase list, folded as the searched texts are, one pattern that finds any of it, and the grade."""
    phrases = {}
    for fault in FAULTS:
        for words in file.texts(fault):
            phrases[fold(words)] = fault
            if not fold(words):
                file.fault(fault, f"'{words}' holds no word.")
    phrases.pop("", None)
    grade = file.threshold("max_reading_grade")
    if isinstance(grade, bool | str) or (grade is not None and not _is_grade(grade)):
        file.fault("max_reading_grade", "must be a school grade, 1 to 12.")
        grade = None
    file.finish()
    return Tone(phrases, _any_of(phrases), ANY_GRADE if grade is None else Decimal(grade))


def _is_grade(grade: int | Decimal) -> bool:
    return Decimal(grade).is_finite() and 1 <= grade <= 12


def _any_of(phrases: Iterable[str]) -> re.Pattern[str]:
    """Finds any of the phrases, the longest first. Sorted by first letter: five times as fast as one long list."""
    longest_first = sorted(phrases, key=lambda words: (-len(words), words))
    by_letter: dict[str, list[str]] = {}
    for words in longest_first:
        by_letter.setdefault(words[0], []).append(re.escape(words[1:]))
    any_of_them = "|".join(f"{re.escape(letter)}(?:{'|'.join(rest)})" for letter, rest in by_letter.items())
    return re.compile(rf"(?<!\w)(?:{any_of_them or '(?!)'})(?!\w)")


class TextReader:
    """Reads the texts that people see, each held against tone and grade; not so where `is_strict` is false."""

    def __init__(self, tone: Tone, *, is_strict: bool = True) -> None:
        self.tone = tone
        self._is_strict = is_strict

    def title(self, entry: Entry, key: str) -> str:
        """A few words whose tone must pass."""
        title = entry.text(key)
        if self._is_strict:
            self._hold(entry, key, tuple(joined(self.tone.faults(title), _in_other_words(title))), "the tone")
        return title

    def text(self, entry: Entry, key: str) -> str:
        """Sentences whose tone must pass, and which must be easy to read."""
        text = self.title(entry, key)
        if self._is_strict:
            self._hold(entry, key, self.tone.reading_faults(text), "the reading grade")
        return text

    def disclosures(self, file: Entry) -> Disclosures:
        """What stands beside each item; each text says what is in `MUST_SAY`, and what its file adds."""
        texts = {kind: self._disclosure(file.entry(kind), words) for kind, words in MUST_SAY.items()}
        file.finish()
        return Disclosures(**texts)

    def _disclosure(self, entry: Entry, must_say: tuple[str, ...]) -> str:
        text = self.text(entry, "text")
        said = f" {' '.join(fold(text).split())} "
        for words in dict.fromkeys((*must_say, *entry.texts("must_say", ()))):
            if self._is_strict and text and f" {' '.join(fold(words).split())} " not in said:
                entry.fault("text", f"does not say '{words}'.")
        entry.finish()
        return text

    def consent(self, file: Entry) -> tuple[str, dict[str, dict[str, ConsentText]]]:
        """The version in force, and version → purpose → text of it and of earlier ones, which must read well too."""
        current = file.text("current")
        versions = file.entry("versions")
        kept = {version: self._consent_version(versions.entry(version), version) for version in versions.data}
        if current and current not in kept:
            file.fault("current", f"there is no version '{current}'.")
        file.finish()
        return current, kept

    def _consent_version(self, entry: Entry, version: str) -> dict[str, ConsentText]:
        texts = {}
        for purpose in PURPOSES:
            part = entry.entry(purpose)
            texts[purpose] = ConsentText(purpose, version, self.title(part, "title"), self.text(part, "text"))
            part.finish()
        entry.finish()
        return texts

    def _hold(self, entry: Entry, key: str, faults: tuple[str, ...], what: str) -> None:
        if faults:
            entry.fault(key, f"{what} does not pass: {'; '.join(faults)}.")
