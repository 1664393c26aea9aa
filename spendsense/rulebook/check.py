"""Everything that is wrong with a rulebook, for whoever changes it."""

from collections.abc import Iterator, Mapping
from datetime import date

from spendsense.rulebook.read import read
from spendsense.rulebook.types import Signal


def faults_of(
    content: Mapping[str, str], measured: Mapping[str, str] | None = None, today: date | None = None
) -> list[str]:
    """Each fault of the files' texts by name, as `file: where: key: what`; empty when the rulebook may be used.

    A stand-in takes the place of what is wrong, so that one fault does not hide the next. `measured` is the unit of
    each signal that the program gives, by name: with it the vocabulary is held against them. With `today`, a rule that
    is to begin later is a fault.
    """
    reading = read(content, today)
    vocabulary = reading.rulebook.vocabulary if reading.rulebook else {}
    return [*reading.faults, *(_not_measured(vocabulary, measured) if measured is not None else ())]


def _not_measured(vocabulary: Mapping[str, Signal], measured: Mapping[str, str]) -> Iterator[str]:
    for name, signal in vocabulary.items():
        if name.startswith("window."):
            continue  # what every person's window has
        if name not in measured:
            yield f"vocabulary.toml: {name}: is not a signal that is measured."
        elif signal.unit != measured[name]:
            yield f"vocabulary.toml: {name}: unit: is '{signal.unit}', but it is measured in {measured[name]}."
