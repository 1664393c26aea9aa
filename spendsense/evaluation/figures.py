"""Reads the figures back out of a finished rationale. Pure.

It shares nothing with the code that wrote the sentence but its template: what was written is taken as found, and a
value is worked out from the digits alone.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_FLOOR, Decimal
from functools import lru_cache
from typing import Final

from spendsense.rulebook.catalog import AMOUNT, VARIABLE
from spendsense.rulebook.types import Signal
from spendsense.signals.types import SignalValue

_NUMBER: Final = r"-?\d{1,3}(?:,\d{3})*(?:\.\d+)?"
_MONTHS: Final = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
# How a value of each unit stands in a text.
_WRITTEN: Final = {
    "cents": rf"{_NUMBER} [A-Z]{{3}}",
    "ratio": rf"{_NUMBER} %",
    "percent": rf"{_NUMBER} %",
    "months": rf"{_NUMBER} months?",
    "days": rf"{_NUMBER} days?",
    "count": _NUMBER,
    "date": rf"\d{{1,2}} (?:{'|'.join(_MONTHS)}) \d{{4}}",
    "text": r".+?",
}
# A text says no more than this of a value; what is finer is floored away.
_STEPS: Final = {"ratio": Decimal("0.01"), "months": Decimal("0.1")}


@dataclass(frozen=True, slots=True)
class Figure:
    """One value as it stands in a text: in the unit of its signal, money in cents; `currency` where it is said."""

    variable: str  # a signal of the vocabulary
    unit: str
    value: SignalValue
    currency: str | None


def read_back(template: str, text: str, vocabulary: Mapping[str, Signal]) -> tuple[Figure, ...] | None:
    """The values that stand where the template has its variables, in order; None when the text is not of it."""
    try:
        pattern, variables = _pattern(template, tuple((name, signal.unit) for name, signal in vocabulary.items()))
    except KeyError:  # a variable that the vocabulary lacks
        return None
    found = pattern.fullmatch(text)
    if found is None:
        return None
    try:
        return tuple(_figure(*variable, said) for variable, said in zip(variables, found.groups(), strict=True))
    except ValueError:  # such as 31 February
        return None


def at_precision(value: SignalValue, unit: str) -> SignalValue:
    """The value as closely as a text says it: ratios floored to a whole percent, months to a tenth, others as is."""
    if unit in _STEPS and isinstance(value, Decimal):
        return value.quantize(_STEPS[unit], ROUND_FLOOR)
    return value


@lru_cache(maxsize=1024)
def _pattern(template: str, units: tuple[tuple[str, str], ...]) -> tuple[re.Pattern[str], tuple[tuple[str, str], ...]]:
    """The template as an expression with a group for each variable, and these with their units."""
    unit_of = dict(units)
    variables, pieces = [], []
    for number, piece in enumerate(VARIABLE.split(template)):
        if number % 2 == 0:
            pieces.append(re.escape(piece))
            continue
        name = piece.removesuffix(AMOUNT)
        variables.append((name, unit_of[name]))
        pieces.append(f"({_NUMBER if name != piece else _WRITTEN[unit_of[name]]})")
    return re.compile("".join(pieces)), tuple(variables)


def _figure(variable: str, unit: str, said: str) -> Figure:
    match unit:
        case "text":
            return Figure(variable, unit, said, None)
        case "date":
            day, month, year = said.split(" ")
            return Figure(variable, unit, date(int(year), _MONTHS.index(month) + 1, int(day)), None)
        case "cents":
            amount, _, currency = said.partition(" ")
            return Figure(variable, unit, _exact_cents(_number(amount)), currency or None)
        case "ratio":
            return Figure(variable, unit, _number(said) / 100, None)
        case _:
            return Figure(variable, unit, _number(said), None)


def _number(said: str) -> Decimal:
    return Decimal(said.split(" ")[0].replace(",", ""))


def _exact_cents(amount: Decimal) -> int:
    cents = amount.scaleb(2)
    if cents != int(cents):
        raise ValueError("finer than a cent")
    return int(cents)
