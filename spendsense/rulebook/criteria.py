"""Criteria from TOML: a signal, an operator, a value with its unit; groups of which any or all must hold."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final, Literal

from spendsense.rulebook.entry import Entry, shown
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
_MOST: Final = 10**12  # of any figure: no person has more
# The words that a signal of texts is measured in: on another word a criterion would never hold.
WORDS: Final[Mapping[str, tuple[str, ...]]] = {
    "income.frequency": ("weekly", "biweekly", "semi-monthly", "monthly", "irregular"),
    "savings.emergency_fund_level": ("low", "building", "good", "excellent"),
}
_CURRENCY: Final = re.compile("[A-Z]{3}")
_DECIMALS: Final = {"ratio": 4, "months": 4, "percent": 4, "days": 1}
_MODES: Final[tuple[Literal["any", "all"], ...]] = ("any", "all")


@dataclass(frozen=True, slots=True)
class Origin:
    """What stands once for a persona, an item or an offer, and holds for each of its criteria that says no other."""

    source: str
    effective_on: date
    window: str | None  # over which days the figures are taken; None: each criterion says it


class CriterionReader:
    """Reads criteria against the vocabulary, and against the day: what is read holds at once.

    Without a day every date is taken, as for a rulebook that was in force already.
    """

    def __init__(self, vocabulary: Mapping[str, Signal], today: date | None) -> None:
        self._vocabulary = vocabulary
        self._today = today

    def origin(self, entry: Entry) -> Origin:
        """The origin that the entry names."""
        window = entry.text("window") if entry.has("window") else None
        return Origin(entry.text("source"), self._effective_on(entry), window)

    def _effective_on(self, entry: Entry, default: date | None = None) -> date:
        if default is not None and not entry.has("effective_on"):
            return default  # told already where it stands
        day = entry.day("effective_on")
        if self._today is not None and day > self._today:
            entry.fault("effective_on", f"is {day}, which is still to come; what stands in the files holds at once.")
        return day

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
            threshold=_threshold(entry, unit, signal.name if signal else ""),
            unit=unit,
            window=entry.text("window") if origin.window is None else entry.text("window", origin.window),
            source=entry.text("source", origin.source),
            effective_on=self._effective_on(entry, origin.effective_on),
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


def _threshold(entry: Entry, unit: str, name: str) -> Threshold:
    """The value in the signal's own unit: money as cents, counts as whole numbers, the rest as decimals."""
    value = entry.threshold("value")
    if value is None:
        return 0
    if unit == "cents":
        return _cents(entry, value)
    expected: dict[str, type] = {"flag": bool, "text": str, "count": int}
    if unit in expected:
        if type(value) is not expected[unit]:
            entry.fault("value", f"is {shown(value)}, which is not a {unit}.")
        elif unit == "count" and abs(int(value)) >= _MOST:
            entry.fault("value", f"must be below {_MOST:,}.")
        elif unit == "text":
            _hold_word(entry, name, str(value))
        return value
    return _decimal(entry, value, unit)


def _hold_word(entry: Entry, name: str, value: str) -> None:
    """The word must be one that the signal can have."""
    words = WORDS.get(name)
    if words is not None and value not in words:
        entry.fault("value", f"is '{value}'; {name} is one of {', '.join(words)}.")
    if name == "coverage.currency" and not _CURRENCY.fullmatch(value):
        entry.fault("value", f"is '{value}'; a currency has three capital letters.")


def _cents(entry: Entry, value: Threshold) -> int:
    if not isinstance(value, str) or not _MONEY.fullmatch(value):
        entry.fault("value", 'money is written as a text with two decimals, such as "50.00".')
        return 0
    return int(value.replace(".", ""))


def _decimal(entry: Entry, value: Threshold, unit: str) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        entry.fault("value", f"is {shown(value)}, which is not a number.")
        return Decimal(0)
    number = Decimal(value)
    # In this order: what is not finite or has too many digits can't be rounded.
    if not number.is_finite() or abs(number) >= _MOST or number != round(number, _DECIMALS[unit]):
        entry.fault("value", f"must be finite, below {_MOST:,}, with at most {_DECIMALS[unit]} decimals.")
        return Decimal(0)
    return number
