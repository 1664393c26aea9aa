"""An item as it is shown, and its trace: the one place that knows how traces are laid out. Pure."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

import msgspec

from spendsense.signals.types import SIGNAL_UNITS, SignalValue, UserSignals


class _TracedItem(msgspec.Struct):
    template: str
    card_account_id: str | None = None


class _TracedDecision(msgspec.Struct):
    signals: UserSignals


class Trace(msgspec.Struct):
    """What the evaluation needs of a trace; whatever else it holds is passed over."""

    as_of: date
    window_days: int
    item: _TracedItem
    decision: _TracedDecision


@dataclass(frozen=True, slots=True)
class ActiveItem:
    """One item as a person is shown it, with its trace; None: it has none, or none that can be read.

    `is_altered`: the trace is not the one whose digest was stored with it.
    """

    user_id: UUID
    recommendation_id: str
    kind: str
    item_id: str
    title: str
    rationale: str
    content: str
    disclosure: str
    rulebook_version: str
    created_at: datetime
    trace: Trace | None
    is_altered: bool = False


def value_of(variable: str, trace: Trace, signals: UserSignals) -> SignalValue:
    """The value of a variable in `signals`, about the card, window and day that the trace names.

    None when it is unknown, when the card is not there, and when there is no such variable.
    """
    if variable == "window.end":
        return trace.as_of
    if variable == "window.days":
        return signals.window_days
    group, _, field = variable.partition(".")
    if group == "card":
        card = next((card for card in signals.cards if card.account_id == trace.item.card_account_id), None)
        of_card: SignalValue = getattr(card, field, None)
        return of_card
    return signals.value(variable) if variable in SIGNAL_UNITS else None


def read_trace(trace: str | None) -> Trace | None:
    """The trace out of its JSON; None when there is none, or none that can be read."""
    try:
        return None if trace is None else msgspec.json.decode(trace, type=Trace)
    except (msgspec.DecodeError, msgspec.ValidationError):
        return None
