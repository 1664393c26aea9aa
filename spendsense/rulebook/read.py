"""Reads a whole rulebook out of its files' texts, and notes everything that is wrong with them."""

import hashlib
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from spendsense.rulebook.catalog import Ids, ItemReader, read_education
from spendsense.rulebook.criteria import OPERATORS, CriterionReader, read_origin
from spendsense.rulebook.entry import Entry
from spendsense.rulebook.offers import read_offers
from spendsense.rulebook.texts import TextReader, read_tone
from spendsense.rulebook.types import Limits, PersonaRule, Rulebook, Signal

INSUFFICIENT_HISTORY: Final = "insufficient_history"  # stands among an item's personas for "none yet"
FILES: Final = (
    *("vocabulary.toml", "personas.toml", "tone.toml", "catalog.toml", "offers.toml"),
    *("disclosures.toml", "consent.toml"),
)
EDUCATION: Final = "education/"
_TEXT_ONLY: Final = ("card", "window")  # vocabulary that texts may name and rules may not


@dataclass(frozen=True, slots=True)
class Reading:
    """What was read. Where there are faults, the rulebook is missing or holds stand-ins, and may not be used."""

    rulebook: Rulebook | None
    faults: tuple[str, ...]


def read(content: Mapping[str, str]) -> Reading:
    """The rulebook out of its files' texts by name; the order of the files does not matter.

    Of a file that can't be read, and of a vocabulary with faults, these alone are told: the rest would only follow.
    """
    faults: list[str] = []
    content = dict(sorted(content.items()))
    files = {name: _file(name, content.get(name), faults) for name in sorted({*FILES, *content})}
    vocabulary = _vocabulary(files["vocabulary.toml"])
    if faults:
        return Reading(None, tuple(faults))
    rulebook = _rulebook(content, files, vocabulary)
    return Reading(rulebook, tuple(faults))


def version_of(content: Mapping[str, str]) -> str:
    """The first 16 hex digits of the SHA-256 over names and texts, in the order of the names."""
    digest = hashlib.sha256()
    for name in sorted(content):
        digest.update(f"{name}\0{content[name]}\0".encode())
    return digest.hexdigest()[:16]


def _file(name: str, text: str | None, faults: list[str]) -> Entry:
    data: dict[str, Any] = {}
    if name not in FILES and not name.startswith(EDUCATION):
        faults.append(f"{name}: is not a file that is known here.")
    elif text is None:
        faults.append(f"{name}: the file is missing.")
    else:
        try:
            data = tomllib.loads(text, parse_float=Decimal)
        except tomllib.TOMLDecodeError as error:
            faults.append(f"{name}: not valid TOML: {error}")
    return Entry(name, data, faults)


def _rulebook(content: Mapping[str, str], files: Mapping[str, Entry], vocabulary: dict[str, Signal]) -> Rulebook:
    criteria = CriterionReader(
        {name: signal for name, signal in vocabulary.items() if name.split(".")[0] not in _TEXT_ONLY}
    )
    tone = read_tone(files["tone.toml"])
    texts = TextReader(tone)
    ids = Ids(reserved=INSUFFICIENT_HISTORY)
    personas_file = files["personas.toml"]
    personas = _personas(personas_file, texts, ids, criteria)
    known = (*(persona.persona_id for persona in personas), INSUFFICIENT_HISTORY)
    items = ItemReader(vocabulary, texts, known, ids)
    consent_version, consent_versions = texts.consent(files["consent.toml"])
    rulebook = Rulebook(
        version=version_of(content),
        content=content,
        primary_window_days=personas_file.number("primary_window_days"),
        minimum_history_days=personas_file.number("minimum_history_days"),
        personas=personas,
        vocabulary=vocabulary,
        limits=_limits(files["catalog.toml"]),
        education=read_education([files[name] for name in content if name.startswith(EDUCATION)], items, criteria),
        offers=read_offers(files["offers.toml"], items, criteria),
        tone=tone,
        disclosures=texts.disclosures(files["disclosures.toml"]),
        consent_texts=consent_versions.get(consent_version, {}),
        consent_versions=consent_versions,
    )
    personas_file.finish()
    return rulebook


def _vocabulary(file: Entry) -> dict[str, Signal]:
    signals = {}
    for group in file.data:
        table = file.entry(group)
        for field in table.data:
            row = table.entry(field)
            unit = row.choice("unit", (*OPERATORS, "date"))
            signals[f"{group}.{field}"] = Signal(f"{group}.{field}", unit, row.text("meaning"))
            row.finish()
    return signals


def _personas(file: Entry, texts: TextReader, ids: Ids, criteria: CriterionReader) -> tuple[PersonaRule, ...]:
    """The personas in the order of the file. The last, and it alone, has no criteria."""
    entries = file.entries("persona")
    personas = tuple(_persona(entry, texts, ids, criteria) for entry in entries)
    if file.has("persona") and not personas:
        file.fault("persona", "there must be at least one.")
    for entry, persona in zip(entries, personas, strict=True):
        if (persona.when is None) != (persona is personas[-1]):
            entry.fault("when", "is left out for the last persona, and for it alone.")
    return personas


def _persona(entry: Entry, texts: TextReader, ids: Ids, criteria: CriterionReader) -> PersonaRule:
    persona = PersonaRule(
        persona_id=ids.read(entry),
        title=texts.title(entry, "title"),
        description=texts.text(entry, "description"),
        when=criteria.group(entry.entry("when"), read_origin(entry)) if entry.has("when") else None,
    )
    entry.finish()
    return persona


def _limits(file: Entry) -> Limits:
    limits = Limits(
        education_min=file.number("education_min"),
        education_max=file.number("education_max"),
        offers_max=file.number("offers_max"),
        per_topic_max=file.number("per_topic_max"),
        expires_after_days=file.number("expires_after_days"),
        rest_days=file.number("rest_days"),
    )
    if limits.education_min > limits.education_max:
        file.fault("education_min", "is above education_max.")
    file.finish()
    return limits
