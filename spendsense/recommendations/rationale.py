"""Fills a rationale's template with the person's own figures. Pure."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_FLOOR, Decimal
from functools import lru_cache
from typing import Final

from spendsense.rulebook.catalog import AMOUNT
from spendsense.rulebook.types import CardChoice, Signal
from spendsense.signals.types import Card, SignalValue, UserSignals

_VARIABLE: Final = re.compile(r"\{([^{}]*)\}")
# Not strftime: its names follow the machine's locale.
_MONTH_NAMES: Final = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)


@dataclass(frozen=True, slots=True)
class Rendered:
    """A finished sentence and the values that stand in it, by variable."""

    text: str
    values: dict[str, SignalValue]


def render(
    template: str, signals: UserSignals, card: Card | None, as_of: date, vocabulary: Mapping[str, Signal]
) -> Rendered | None:
    """The template with its variables filled in; None when one of the figures is not known or is below zero.

    The sentences speak of what is spent, owed, held or seen: with a figure below zero they would say the opposite.
    """
    values: dict[str, SignalValue] = {}
    said: list[str] = []
    currency = signals.coverage.currency
    for literal, variable in parts_of(template):
        said.append(literal)
        if variable:
            name = variable.removesuffix(AMOUNT)
            unit = vocabulary[name].unit
            value = values[name] = value_of(name, signals, card, as_of)
            if not is_sayable(value, unit, currency):
                return None
            said.append(say(value, unit, "" if name != variable else currency or ""))
    return Rendered("".join(said), values)


@lru_cache(maxsize=1024)
def parts_of(template: str) -> tuple[tuple[str, str], ...]:
    """The template as pairs of literal text and the variable after it; the last variable is empty."""
    pieces = [*_VARIABLE.split(template), ""]
    return tuple(zip(pieces[::2], pieces[1::2], strict=True))


@lru_cache(maxsize=1024)
def names_in(template: str) -> tuple[str, ...]:
    """The signals that the template's variables name, in order."""
    return tuple(variable.removesuffix(AMOUNT) for _, variable in parts_of(template) if variable)


def choose_card(cards: tuple[Card, ...], choice: CardChoice | None) -> Card | None:
    """The card that an item speaks of; of equals the first by account id. None when there is none."""
    match choice:
        case "highest_utilization":
            return _highest((card, card.utilization_ratio) for card in cards)
        case "most_interest":
            return _highest((card, card.interest_cents if card.interest_cents > 0 else None) for card in cards)
        case "minimum_payment":
            return next((card for card in cards if card.is_minimum_payment_only), None)
        case "overdue":
            return next((card for card in cards if card.is_overdue), None)
        case None:
            return None


def say(value: SignalValue, unit: str, currency: str) -> str:
    """A value in words: `3,400 USD`, `3,400.50 USD`, `68 %`, `12 days`, `0.4 months`, `22 November 2026`.

    Ratios and months are floored, so that a figure shown as having reached a mark has reached it.
    """
    match unit, value:
        case "cents", int():
            return f"{money(value)} {currency}".rstrip()
        case "ratio", Decimal():
            return f"{(value * 100).to_integral_value(ROUND_FLOOR):,} %"
        case "months", Decimal():
            return _counted(value.quantize(Decimal("0.1"), ROUND_FLOOR), "month")
        case "days", int() | Decimal():
            return _counted(Decimal(value), "day")
        case "percent", int() | Decimal():
            return f"{_plain(Decimal(value))} %"
        case "count", int():
            return f"{value:,}"
        case "date", date():
            return f"{value.day} {_MONTH_NAMES[value.month - 1]} {value.year}"
        case "text", str():
            return value
    raise ValueError(f"{value!r} is not a value in {unit}")


def money(cents: int) -> str:
    """Cents with thousands separated; without decimals when they are zero: `3,400`, `-12.50`."""
    whole, rest = divmod(abs(cents), 100)
    sign = "-" if cents < 0 else ""
    return f"{sign}{whole:,}.{rest:02d}" if rest else f"{sign}{whole:,}"


def value_of(name: str, signals: UserSignals, card: Card | None, as_of: date) -> SignalValue:
    """The value behind a template's variable: a signal, a figure of the card, or the window."""
    if name == "window.days":
        return signals.window_days
    if name == "window.end":
        return as_of
    if name.startswith("card."):
        value: SignalValue = getattr(card, name.removeprefix("card.")) if card else None
        return value
    return signals.value(name)


def is_sayable(value: SignalValue, unit: str, currency: str | None) -> bool:
    """Whether a figure is known and not below zero; money in no currency is not known."""
    if value is None or (unit == "cents" and currency is None):
        return False
    return not (isinstance(value, int | Decimal) and value < 0)


def _highest(cards: Iterable[tuple[Card, Decimal | int | None]]) -> Card | None:
    known = [(figure, card) for card, figure in cards if figure is not None]
    return max(known, key=lambda pair: pair[0])[1] if known else None


def _counted(number: Decimal, noun: str) -> str:
    return f"{_plain(number)} {noun}" if number == 1 else f"{_plain(number)} {noun}s"


def _plain(number: Decimal) -> str:
    """Without trailing zeros and never with an exponent: 46, 46.5, 24.99."""
    text = f"{number:,f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
