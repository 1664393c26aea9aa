"""Everything that is wrong with a rulebook, for whoever changes it."""

from collections.abc import Mapping

from spendsense.rulebook.read import read


def faults_of(content: Mapping[str, str], measured: Mapping[str, str] | None = None) -> list[str]:
    """Each fault of the files' texts by name, as `file: where: key: what`; empty when the rulebook may be used.

    A stand-in takes the place of what is wrong, so that one fault does not hide the next. `measured` is the unit of
    each signal that the program gives, by name: with it the vocabulary is held against them.
    """
    reading = read(content)
    faults = list(reading.faults)
    for name, signal in reading.rulebook.vocabulary.items():
        if measured is None or name.startswith("window."):
            continue
        if name not in measured:
            faults.append(f"vocabulary.toml: {name}: is not a signal that is measured.")
        elif signal.unit != measured[name]:
            faults.append(f"vocabulary.toml: {name}: unit: is '{signal.unit}', but it is measured in {measured[name]}.")
    return faults
