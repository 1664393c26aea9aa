"""What differs between the files of two rulebooks: ids, thresholds, texts. Pure.

Works on the TOML as it stands, whatever keys a later rulebook may have: tables are followed key by key, lists of tables
by what names their entries (an id, a check, a signal with its operator), lists of words as sets.
"""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final, Literal

LONG_TEXT: Final = 80  # characters; of a longer text it is said that it differs, not what it says

Kind = Literal["added", "removed", "changed"]


@dataclass(frozen=True, slots=True)
class Change:
    """One place that differs: `personas.toml`, `persona[fee_pressured].when.any[fees.count >=].value`, 2 → 3.

    Texts of more than 80 characters are given as their number of words; tables that came or went as None.
    """

    file: str
    where: str
    kind: Kind
    old: str | None
    new: str | None


def changes_between(old: Mapping[str, str], new: Mapping[str, str]) -> list[Change]:
    """The differences of two rulebooks' files (name → text), by file and place. Comments and layout are none."""
    changes = []
    for name in sorted({*old, *new}):
        before, after = (_parsed(files.get(name)) for files in (old, new))
        changes += [Change(name, *found) for found in _of_tables("", before, after)]
    return changes


_Found = tuple[str, Kind, str | None, str | None]


def _parsed(text: str | None) -> dict[str, Any]:
    return {} if text is None else tomllib.loads(text, parse_float=Decimal)


def _of_tables(where: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[_Found]:
    for key in sorted({*old, *new}):
        place = f"{where}.{key}" if where else key
        if key not in old or key not in new:
            yield from _one_sided(place, old.get(key), new.get(key))
        else:
            yield from _of_values(place, old[key], new[key])


def _one_sided(where: str, old: Any, new: Any) -> Iterator[_Found]:
    """What only one of the two has; of a list of tables each entry by itself."""
    there = new if old is None else old
    if _is_list_of_tables(there):
        yield from _of_lists(where, old or [], new or [])
    else:
        yield (where, "added" if old is None else "removed", _said(old), _said(new))


def _of_values(where: str, old: Any, new: Any) -> Iterator[_Found]:
    if isinstance(old, dict) and isinstance(new, dict):
        yield from _of_tables(where, old, new)
    elif isinstance(old, list) and isinstance(new, list):
        yield from _of_lists(where, old, new)
    elif old != new or type(old) is not type(new):
        yield (where, "changed", _said(old), _said(new))


def _of_lists(where: str, old: list[Any], new: list[Any]) -> Iterator[_Found]:
    before, after = _named(old), _named(new)
    for name in (*before, *(name for name in after if name not in before)):
        place = f"{where}[{name}]"
        if name in before and name in after:
            yield from _of_values(place, before[name], after[name])
        else:
            yield (place, "added" if name in after else "removed", None, None)
    kept = [name for name in before if name in after]
    moved = [name for name in after if name in before]
    if kept != moved:
        yield (where, "changed", f"order {', '.join(kept)}", f"order {', '.join(moved)}")


def _named(entries: list[Any]) -> dict[str, Any]:
    """The entries by what names them; of two with one name the second is `name 2`."""
    named: dict[str, Any] = {}
    for entry in entries:
        name = base = _name_of(entry)
        number = 1
        while name in named:
            number += 1
            name = f"{base} {number}"
        named[name] = entry
    return named


def _name_of(entry: Any) -> str:
    if not isinstance(entry, dict):
        return str(entry)
    for key in ("id", "check"):
        if key in entry:
            return str(entry[key])
    if "signal" in entry:
        return f"{entry['signal']} {entry.get('operator', '')}".strip()
    return next(iter(entry), "")  # a group of criteria: any or all


def _is_list_of_tables(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(entry, dict) for entry in value)


def _said(value: Any) -> str | None:
    """A value as it stands in a report."""
    if value is None or isinstance(value, dict):
        return None
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return ", ".join(str(entry) for entry in value)
    text = str(value)
    return text if len(text) <= LONG_TEXT else f"{len(text.split())} words"
