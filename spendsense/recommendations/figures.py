"""Reads the figures back out of a finished sentence and holds each against the signal that it stands for. Pure.

The sentence is laid over its template, which says no figure of its own: what is no variable must stand there word for
word, and what stands in a variable's place must be a figure in the variable's unit, equal to the signal as far as the
figure goes (`68 %` says that the ratio is at least 0.68 and below 0.69). Nothing here uses the words that the sentence
was made with.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Final

from spendsense.recommendations.rationale import parts_of
from spendsense.rulebook.catalog import AMOUNT, own_figures
from spendsense.rulebook.types import Signal
from spendsense.signals.types import SignalValue

_WHOLE: Final = r"(?:0|[1-9]\d{0,2}(?:,\d{3})*)"  # never with a sign: nothing below zero is said
_MONTHS: Final = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
# How a figure in each unit looks: the number alone is what is read.
_SHAPES: Final[Mapping[str, str]] = {
    "cents": rf"{_WHOLE}(?:\.\d\d)? [A-Za-z0-9]{{1,16}}",  # a coin's code too
    "amount": rf"{_WHOLE}(?:\.\d\d)?",
    "ratio": rf"{_WHOLE} %",
    "percent": rf"{_WHOLE}(?:\.\d{{1,4}})? %",
    "months": rf"{_WHOLE}(?:\.\d)? months?",
    "days": rf"{_WHOLE}(?:\.\d)? days?",
    "count": _WHOLE,
    "date": rf"\d{{1,2}} (?:{'|'.join(_MONTHS)}) \d{{4}}",
    "text": r"[^{}]+?",
}
_FINENESS: Final[Mapping[str, Decimal]] = {"ratio": Decimal("0.01"), "months": Decimal("0.1")}  # said floored to this
_AMOUNT: Final = "amount"  # money without its currency


@dataclass(frozen=True, slots=True)
class Figure:
    """A piece of the sentence in a variable's place."""

    name: str
    unit: str
    said: str


def mismatches(
    text: str,
    template: str,
    values: Mapping[str, SignalValue],
    currency: str | None,
    vocabulary: Mapping[str, Signal],
) -> list[str]:
    """What in the sentence is not as the values have it, in words; empty when every figure is.

    `values` are the signals by the variables' names; days may come as texts (2026-11-22), as JSON has them.
    """
    if own := own_figures(template):
        return [f"figures: '{figure}' is no signal's" for figure in own]
    found = read_figures(text, template, vocabulary)
    if found is None:
        return ["figures: the sentence is not the one of its template, or a figure lacks its unit"]
    return [
        f"figures: {figure.name} is said as '{figure.said}'"
        for figure in found
        if not says(figure, values.get(figure.name), currency)
    ]


def read_figures(text: str, template: str, vocabulary: Mapping[str, Signal]) -> list[Figure] | None:
    """What stands in the place of each variable, in order; None when the sentence is not the template filled in."""
    variables = [variable for _, variable in parts_of(template) if variable]
    units = []
    for variable in variables:
        signal = vocabulary.get(variable.removesuffix(AMOUNT))
        if signal is None or (signal.unit not in _SHAPES):
            return None
        units.append(_AMOUNT if variable.endswith(AMOUNT) else signal.unit)
    match = _pattern(template, tuple(units)).fullmatch(text)
    if match is None:
        return None
    return [
        Figure(variable.removesuffix(AMOUNT), unit, said)
        for variable, unit, said in zip(variables, units, match.groups(), strict=True)
    ]


@lru_cache(maxsize=1024)
def _pattern(template: str, units: tuple[str, ...]) -> re.Pattern[str]:
    """The template as a pattern with a group for each of its variables."""
    shapes = iter(units)
    pieces = [
        re.escape(literal) + (f"({_SHAPES[next(shapes)]})" if variable else "")
        for literal, variable in parts_of(template)
    ]
    return re.compile("".join(pieces))


def says(figure: Figure, value: SignalValue, currency: str | None) -> bool:
    """Whether the figure says the value. An unknown value is never said."""
    if value is None or isinstance(value, bool):
        return False
    try:
        return _READERS[figure.unit](figure.said, value, currency)
    except (ValueError, InvalidOperation, KeyError):
        return False


def _number(said: str) -> Decimal:
    return Decimal(said.split()[0].replace(",", ""))


def _is_amount(said: str, value: SignalValue, _currency: str | None) -> bool:
    return isinstance(value, int) and _number(said) * 100 == value


def _is_money(said: str, value: SignalValue, currency: str | None) -> bool:
    return _is_amount(said, value, currency) and said.split()[1] == currency


def _is_exactly(said: str, value: SignalValue, _currency: str | None) -> bool:
    return isinstance(value, int | Decimal) and _number(said) == value


def _is_ratio(said: str, value: SignalValue, _currency: str | None) -> bool:
    return _is_floor(_number(said) / 100, value, _FINENESS["ratio"])


def _is_months(said: str, value: SignalValue, _currency: str | None) -> bool:
    return _is_floor(_number(said), value, _FINENESS["months"])


def _is_floor(said: Decimal, value: SignalValue, fineness: Decimal) -> bool:
    return isinstance(value, int | Decimal) and said <= value < said + fineness


def _is_day(said: str, value: SignalValue, _currency: str | None) -> bool:
    day, month, year = said.split()
    return str(value) == date(int(year), _MONTHS.index(month) + 1, int(day)).isoformat()


def _is_text(said: str, value: SignalValue, _currency: str | None) -> bool:
    return said == value


_READERS: Final[Mapping[str, Callable[[str, SignalValue, str | None], bool]]] = {
    "cents": _is_money,
    _AMOUNT: _is_amount,
    "ratio": _is_ratio,
    "percent": _is_exactly,
    "months": _is_months,
    "days": _is_exactly,
    "count": _is_exactly,
    "date": _is_day,
    "text": _is_text,
}
