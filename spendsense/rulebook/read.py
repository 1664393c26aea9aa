"""Reads a whole rulebook out of its files' texts, and notes everything that is wrong with them."""

import hashlib
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from spendsense.rulebook.catalog import Ids, ItemReader, read_education
from spendsense.rulebook.criteria import OPERATORS, CriterionReader
from spendsense.rulebook.entry import Entry, printable
from spendsense.rulebook.offers import read_offers
from spendsense.rulebook.texts import TextReader, read_tone
from spendsense.rulebook.types import WINDOW_DAYS, Limits, PersonaRule, Rulebook, Signal

INSUFFICIENT_HISTORY: Final = "insufficient_history"  # stands among an item's personas for "none yet"
FILES: Final = (
    *("vocabulary.toml", "personas.toml", "tone.toml", "catalog.toml", "offers.toml"),
    *("disclosures.toml", "consent.toml"),
)
EDUCATION: Final = "education/"
MOST_ITEMS: Final = 100  # of a kind, at a time
MOST_NESTED: Final = 32  # tables and lists in each other
_TOO_DEEP: Final = f"is nested more than {MOST_NESTED} deep."
_MOST_WHOLE: Final = 10**18
_TEXT_ONLY: Final = ("card", "window")  # vocabulary that texts may name and rules may not


@dataclass(frozen=True, slots=True)
class Reading:
    """What was read. Where there are faults, the rulebook is missing or holds stand-ins, and may not be used."""

    rulebook: Rulebook | None
    faults: tuple[str, ...]


def read(content: Mapping[str, str], today: date | None = None, *, with_wording: bool = True) -> Reading:
    """The rulebook out of its files' texts by name; the order of the files does not matter.

    With `today`, no rule may begin later, since whatever is read holds at once. Without `with_wording` the texts may
    say anything: those of a version that once decided passed what was asked of texts then.
    Of a file that can't be read, and of a vocabulary with faults, these alone are told: the rest would only follow.
    """
    faults: list[str] = []
    content = dict(sorted(content.items()))
    files = {name: _file(name, content.get(name), faults) for name in sorted({*FILES, *content})}
    vocabulary = _vocabulary(files["vocabulary.toml"])
    if faults:
        return Reading(None, tuple(faults))
    texts = TextReader(read_tone(files["tone.toml"]), is_strict=with_wording)
    rulebook = _rulebook(content, files, vocabulary, texts, today)
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
            data = tomllib.loads(text, parse_float=_number)
            faults += [printable(f"{name}: {fault}") for fault in _unusable(data)]
        except ValueError as error:  # of TOML, or of a number that Python can't read
            faults.append(printable(f"{name}: not valid TOML: {error}"))
        except RecursionError:
            faults.append(f"{name}: {_TOO_DEEP}")
    return Entry(name, data, faults)


def _number(text: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation as error:
        raise ValueError(f"{text[:20]} is not a number that can be read") from error


def _unusable(data: dict[str, Any]) -> Iterator[str]:
    """What nobody could so much as write down, wherever it stands: the keys that lead there, and why."""
    waiting: list[tuple[str, object, int]] = [(key, value, 1) for key, value in data.items()]
    while waiting:
        place, value, depth = waiting.pop(0)
        inner = value.items() if isinstance(value, dict) else enumerate(value, 1) if isinstance(value, list) else ()
        if depth > MOST_NESTED and inner:
            yield f"{place}: {_TOO_DEEP}"
        elif isinstance(value, int) and abs(value) >= _MOST_WHOLE:
            yield f"{place}: is a number of more than 18 digits."
        else:
            waiting += [(f"{place}: {key}", part, depth + 1) for key, part in inner]


def _rulebook(
    content: Mapping[str, str],
    files: Mapping[str, Entry],
    vocabulary: dict[str, Signal],
    texts: TextReader,
    today: date | None,
) -> Rulebook:
    criteria = CriterionReader(
        {name: signal for name, signal in vocabulary.items() if name.split(".")[0] not in _TEXT_ONLY}, today
    )
    ids = Ids(reserved=INSUFFICIENT_HISTORY)
    personas_file = files["personas.toml"]
    window_days = _primary_window(personas_file)
    personas = _personas(personas_file, texts, ids, criteria)
    known = (*(persona.persona_id for persona in personas), INSUFFICIENT_HISTORY)
    items = ItemReader(vocabulary, texts, known, ids)
    consent_version, consent_versions = texts.consent(files["consent.toml"])
    rulebook = Rulebook(
        version=version_of(content),
        content=content,
        primary_window_days=window_days,
        minimum_history_days=_minimum_history(personas_file, window_days),
        personas=personas,
        vocabulary=vocabulary,
        limits=_limits(files["catalog.toml"]),
        education=read_education([files[name] for name in content if name.startswith(EDUCATION)], items, criteria),
        offers=read_offers(files["offers.toml"], items, criteria),
        tone=texts.tone,
        disclosures=texts.disclosures(files["disclosures.toml"]),
        consent_texts=consent_versions.get(consent_version, {}),
        consent_versions=consent_versions,
    )
    personas_file.finish()
    return rulebook


def _primary_window(file: Entry) -> int:
    """One of the windows that are measured: in another one nobody has signals."""
    before = len(file.faults)
    days = file.number("primary_window_days")
    if days not in WINDOW_DAYS and len(file.faults) == before:
        file.fault("primary_window_days", f"is {days}; it must be one of {', '.join(map(str, WINDOW_DAYS))}.")
    return days if days in WINDOW_DAYS else max(WINDOW_DAYS)


def _minimum_history(file: Entry, window_days: int) -> int:
    """Days that can be seen in the primary window: with more, nobody would have a persona."""
    days = file.number("minimum_history_days")
    if days > window_days:
        file.fault("minimum_history_days", f"is {days}; the primary window has {window_days} days.")
    return days


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
        when=criteria.group(entry.entry("when"), criteria.origin(entry)) if entry.has("when") else None,
    )
    entry.finish()
    return persona


def _limits(file: Entry) -> Limits:
    limits = Limits(
        education_min=file.number("education_min", MOST_ITEMS),
        education_max=file.number("education_max", MOST_ITEMS),
        offers_max=file.number("offers_max", MOST_ITEMS),
        per_topic_max=file.number("per_topic_max", MOST_ITEMS),
        expires_after_days=file.number("expires_after_days"),
        rest_days=file.number("rest_days"),
    )
    if limits.education_min > limits.education_max:
        file.fault("education_min", "is above education_max.")
    file.finish()
    return limits
