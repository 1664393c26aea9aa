"""Criteria from TOML: a signal, an operator, a value with its unit; groups of which any or all must hold."""

import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Final, Literal

from spendsense.rulebook.entry import Entry
from spendsense.rulebook.types import Criterion, CriterionGroup, Signal, Threshold

# Ratios and months are stored floored to four decimals: with `>` or `<=` a value just above the threshold would be
# taken for the threshold itself, so for them only the two operators that floor exactly are allowed.
OPERATORS: Final[dict[str, tuple[str, ...]]] = {
    "cents": (">=", ">", "<", "<=", "=="),
    "count": (">=", ">", "<", "<=", "=="),
    "days": (">=", ">", "<", "<=", "=="),
    "percent": (">=", ">", "<", "<=", "=="),
    "ratio": (">=", "<"),
    "months": (">=", "<"),
    "flag": ("==",),
    "text": ("==",),
}
_MONEY: Final = re.compile(r"-?\d{1,12}\.\d\d")
_DECIMALS: Final = {"ratio": 4, "months": 4, "percent": 4, "days": 1}


class CriterionReader:
    """Reads criteria against the vocabulary; `source` and `effective_on` of the entry above are the default."""

    def __init__(self, vocabulary: Mapping[str, Signal]) -> None:
        self._vocabulary = vocabulary

    def group(self, entry: Entry, source: str, effective_on: date) -> CriterionGroup:
        """The group of the table: exactly one of `any` and `all`, a list that is not empty."""
        modes: tuple[Literal["any", "all"], ...] = ("any", "all")
        named = [mode for mode in modes if entry.has(mode)]
        if len(named) != 1:
            entry.fail("any, all", "exactly one of the two must be given.")
        mode = named[0]
        parts = tuple(self._part(part, source, effective_on) for part in entry.entries(mode))
        if not parts:
            entry.fail(mode, "must hold at least one criterion.")
        entry.finish()
        return CriterionGroup(mode, parts)

    def _part(self, entry: Entry, source: str, effective_on: date) -> Criterion | CriterionGroup:
        if entry.has("signal"):
            return self.criterion(entry, source, effective_on)
        return self.group(entry, source, effective_on)

    def criterion(self, entry: Entry, source: str, effective_on: date) -> Criterion:
        """One comparison. The signal must be known, its unit the one stated, the operator one that fits the unit."""
        signal = self.signal(entry, "signal")
        stated = entry.choice("unit", ("currency", *OPERATORS))
        unit = "cents" if stated == "currency" else stated
        if unit != signal.unit:
            entry.fail("unit", f"is '{stated}', but {signal.name} is in {signal.unit}.")
        differ = entry.texts("note_when_differ", ())
        criterion = Criterion(
            signal=signal.name,
            operator=entry.choice("operator", OPERATORS[unit]),
            threshold=_threshold(entry, unit),
            unit=unit,
            window=entry.text("window", "the window that is judged"),
            source=entry.text("source", source),
            effective_on=entry.day("effective_on", effective_on),
            note=entry.text("note") if differ else None,
            note_when_differ=self._pair(entry, differ),
        )
        entry.finish()
        return criterion

    def signal(self, entry: Entry, key: str) -> Signal:
        """The signal that the entry names under the key."""
        name = entry.text(key)
        if name not in self._vocabulary:
            entry.fail(key, f"'{name}' is not a signal of vocabulary.toml.")
        return self._vocabulary[name]

    def _pair(self, entry: Entry, names: tuple[str, ...]) -> tuple[str, str] | None:
        if not names:
            return None
        if len(names) != 2 or any(name not in self._vocabulary for name in names):
            entry.fail("note_when_differ", "must be two signals of vocabulary.toml.")
        return names[0], names[1]


def _threshold(entry: Entry, unit: str) -> Threshold:
    """The value in the signal's own unit: money as cents, counts as whole numbers, the rest as decimals."""
    value = entry.threshold("value")
    if unit == "cents":
        if not isinstance(value, str) or not _MONEY.fullmatch(value):
            entry.fail("value", 'money is written as a text with two decimals, such as "50.00".')
        return int(value.replace(".", ""))
    expected: dict[str, type] = {"flag": bool, "text": str, "count": int}
    if unit in expected:
        if type(value) is not expected[unit]:
            entry.fail("value", f"is {value!r}, which is not a {unit}.")
        return value
    return _decimal(entry, value, unit)


def _decimal(entry: Entry, value: Threshold, unit: str) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        entry.fail("value", f"is {value!r}, which is not a number.")
    number = Decimal(value)
    if not number.is_finite() or number != round(number, _DECIMALS[unit]):
        entry.fail("value", f"must be finite, with at most {_DECIMALS[unit]} decimals.")
    return number
