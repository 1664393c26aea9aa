"""Criteria from TOML: a signal, an operator, a value with its unit; groups of which any or all must hold."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
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
_MODES: Final[tuple[Literal["any", "all"], ...]] = ("any", "all")


@dataclass(frozen=True, slots=True)
class Origin:
    """What stands once for a persona, an item or an offer, and holds for each of its criteria that says no other."""

    source: str
    effective_on: date
    window: str | None  # over which days the figures are taken; None: each criterion says it


def read_origin(entry: Entry) -> Origin:
    """The origin that the entry names."""
    window = entry.text("window") if entry.has("window") else None
    return Origin(entry.text("source"), entry.day("effective_on"), window)


class CriterionReader:
    """Reads criteria against the vocabulary."""

    def __init__(self, vocabulary: Mapping[str, Signal]) -> None:
        self._vocabulary = vocabulary

    def group(self, entry: Entry, origin: Origin) -> CriterionGroup:
        """The group of the table: exactly one of `any` and `all`, a list that is not empty."""
        named = [mode for mode in _MODES if entry.has(mode)]
        if len(named) != 1:
            entry.fault("any, all", "exactly one of the two must be given.")
            return CriterionGroup("any", ())
        mode = named[0]
        parts = tuple(self._part(part, origin) for part in entry.entries(mode))
        if not parts:
            entry.fault(mode, "must hold at least one criterion.")
        entry.finish()
        return CriterionGroup(mode, parts)

    def _part(self, entry: Entry, origin: Origin) -> Criterion | CriterionGroup:
        is_group = any(entry.has(mode) for mode in _MODES)
        return self.group(entry, origin) if is_group else self.criterion(entry, origin)

    def criterion(self, entry: Entry, origin: Origin) -> Criterion:
        """One comparison. The signal must be known, its unit the one stated, the operator one that fits the unit."""
        signal = self._signal(entry)
        unit = self._unit(entry, signal)
        differ = self._pair(entry)
        criterion = Criterion(
            signal=signal.name if signal else "",
            operator=entry.choice("operator", OPERATORS[unit]),
            threshold=_threshold(entry, unit),
            unit=unit,
            window=entry.text("window") if origin.window is None else entry.text("window", origin.window),
            source=entry.text("source", origin.source),
            effective_on=entry.day("effective_on", origin.effective_on),
            note=entry.text("note") if entry.has("note_when_differ") else None,
            note_when_differ=differ,
        )
        entry.finish()
        return criterion

    def _signal(self, entry: Entry) -> Signal | None:
        name = entry.text("signal")
        if name and name not in self._vocabulary:
            entry.fault("signal", f"'{name}' is not a signal of vocabulary.toml.")
        return self._vocabulary.get(name)

    def _unit(self, entry: Entry, signal: Signal | None) -> str:
        """The unit of the signal, which the entry must state too; `currency` there is `cents` here."""
        before = len(entry.faults)
        stated = entry.choice("unit", ("currency", *OPERATORS))
        unit = "cents" if stated == "currency" else stated
        if signal is None:
            return unit
        if unit != signal.unit and len(entry.faults) == before:
            entry.fault("unit", f"is '{stated}', but {signal.name} is in {signal.unit}.")
        return signal.unit if signal.unit in OPERATORS else unit

    def _pair(self, entry: Entry) -> tuple[str, str] | None:
        names = entry.texts("note_when_differ", ())
        if not names:
            return None
        if len(names) != 2 or any(name not in self._vocabulary for name in names):
            entry.fault("note_when_differ", "must be two signals of vocabulary.toml.")
            return None
        return names[0], names[1]


def _threshold(entry: Entry, unit: str) -> Threshold:
    """The value in the signal's own unit: money as cents, counts as whole numbers, the rest as decimals."""
    value = entry.threshold("value")
    if value is None:
        return 0
    if unit == "cents":
        return _cents(entry, value)
    expected: dict[str, type] = {"flag": bool, "text": str, "count": int}
    if unit in expected:
        if type(value) is not expected[unit]:
            entry.fault("value", f"is {value!r}, which is not a {unit}.")
        return value
    return _decimal(entry, value, unit)


def _cents(entry: Entry, value: Threshold) -> int:
    if not isinstance(value, str) or not _MONEY.fullmatch(value):
        entry.fault("value", 'money is written as a text with two decimals, such as "50.00".')
        return 0
    return int(value.replace(".", ""))


def _decimal(entry: Entry, value: Threshold, unit: str) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        entry.fault("value", f"is {value!r}, which is not a number.")
        return Decimal(0)
    number = Decimal(value)
    if not number.is_finite() or number != round(number, _DECIMALS[unit]):
        entry.fault("value", f"must be finite, with at most {_DECIMALS[unit]} decimals.")
    return number
