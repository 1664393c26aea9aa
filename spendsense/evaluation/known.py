"""Who is covered: has a persona and enough that is known. Pure."""

from typing import Final, get_args, get_type_hints

from spendsense.signals.types import GROUPS, SIGNAL_UNITS, UserSignals

ENOUGH: Final = 3


def _can_be_unknown(name: str) -> bool:
    group, field = name.split(".")
    return type(None) in get_args(get_type_hints(GROUPS[group][0])[field])


# Counts and sums are always known (zero is a value), and coverage is about the history itself: neither says that a
# behaviour was seen. What is left are the signals that may be unknown.
BEHAVIOURS: Final = tuple(name for name in SIGNAL_UNITS if not name.startswith("coverage.") and _can_be_unknown(name))


def known_signals(signals: UserSignals) -> int:
    """How many of the signals that may be unknown are known."""
    return sum(signals.value(name) is not None for name in BEHAVIOURS)


def is_covered(persona: str | None, signals: UserSignals) -> bool:
    """Whether a person with this persona and these signals is covered: one persona, at least three known signals."""
    return persona is not None and known_signals(signals) >= ENOUGH
