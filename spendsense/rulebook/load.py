"""Loads the rulebook from its TOML files and checks it. What loads is whole; what is wrong is named by file and key."""

import hashlib
import tomllib
from collections.abc import Mapping
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any, Final

from spendsense.errors import ConfigurationError
from spendsense.rulebook.catalog import CatalogReader
from spendsense.rulebook.criteria import OPERATORS, CriterionReader
from spendsense.rulebook.entry import Entry
from spendsense.rulebook.texts import read_consent, read_disclosures, read_tone
from spendsense.rulebook.types import Limits, PersonaRule, Rulebook, Signal

FOLDER: Final = Path(__file__).resolve().parent
INSUFFICIENT_HISTORY: Final = "insufficient_history"  # stands among an item's personas for "none yet"
_TEXT_ONLY: Final = ("card", "window")  # vocabulary that texts may name and rules may not


def load_rulebook(folder: Path | None = None) -> Rulebook:
    """The rulebook of the folder, else the one that is shipped. Raises ConfigurationError that names file and key."""
    return _shipped() if folder is None else rulebook_of(read_files(folder))


@cache
def _shipped() -> Rulebook:
    return rulebook_of(read_files(FOLDER))


def read_files(folder: Path) -> dict[str, str]:
    """Name below the folder → text, of every TOML file in it: what the version is the hash of."""
    paths = sorted(folder.rglob("*.toml"))
    if not paths:
        raise ConfigurationError(f"The rulebook folder {folder.name} holds no .toml file.")
    return {path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8") for path in paths}


def rulebook_of(content: Mapping[str, str]) -> Rulebook:
    """The rulebook out of its files' texts, such as an earlier version that was kept; their order does not matter."""
    content = dict(sorted(content.items()))
    files = {name: _parse(name, text) for name, text in content.items()}

    def entry(name: str) -> Entry:
        if name not in files:
            raise ConfigurationError(f"{name}: the file is missing.")
        return Entry(name, files[name])

    vocabulary = _vocabulary(entry("vocabulary.toml"))
    rules = {name: signal for name, signal in vocabulary.items() if name.split(".")[0] not in _TEXT_ONLY}
    criteria = CriterionReader(rules)
    personas_file = entry("personas.toml")
    personas = _personas(personas_file, criteria)
    tone = read_tone(entry("tone.toml"))
    known = (*(persona.persona_id for persona in personas), INSUFFICIENT_HISTORY)
    catalog = CatalogReader(criteria, vocabulary, tone, known)
    education_files = [entry(name) for name in content if name.startswith("education/")]
    consent_version, consent_versions = read_consent(entry("consent.toml"))
    return Rulebook(
        version=version_of(content),
        content=content,
        primary_window_days=personas_file.number("primary_window_days"),
        minimum_history_days=personas_file.number("minimum_history_days"),
        personas=personas,
        vocabulary=vocabulary,
        limits=_limits(entry("catalog.toml")),
        education=catalog.education(education_files),
        offers=catalog.offers(entry("offers.toml")),
        tone=tone,
        disclosures=read_disclosures(entry("disclosures.toml")),
        consent_texts=consent_versions[consent_version],
        consent_versions=consent_versions,
    )


def version_of(content: Mapping[str, str]) -> str:
    """The first 16 hex digits of the SHA-256 over names and texts, in the order of the names."""
    digest = hashlib.sha256()
    for name in sorted(content):
        digest.update(f"{name}\0{content[name]}\0".encode())
    return digest.hexdigest()[:16]


def _parse(name: str, text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text, parse_float=Decimal)
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError(f"{name}: not valid TOML: {error}") from error


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


def _personas(file: Entry, criteria: CriterionReader) -> tuple[PersonaRule, ...]:
    """The personas in the order of the file. The last, and it alone, has no criteria."""
    entries = file.entries("persona")
    personas = tuple(_persona(entry, criteria) for entry in entries)
    for entry, persona in zip(entries, personas, strict=True):
        if sum(other.persona_id == persona.persona_id for other in personas) > 1:
            entry.fail("id", f"'{persona.persona_id}' stands twice.")
        if (persona.when is None) != (persona is personas[-1]):
            entry.fail("when", "is left out for the last persona, and for it alone.")
    return personas


def _persona(entry: Entry, criteria: CriterionReader) -> PersonaRule:
    persona = PersonaRule(
        persona_id=entry.text("id"),
        title=entry.text("title"),
        description=entry.text("description"),
        when=criteria.group(entry.entry("when"), entry.text("source"), entry.day("effective_on"))
        if entry.has("when")
        else None,
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
        file.fail("education_min", "is above education_max.")
    file.finish()
    return limits
