"""Every column of `signals`, `card_signals`, `streams` and `merchant_flags` for one person, worked out row by row."""

from dataclasses import asdict, dataclass
from datetime import date, timedelta
from typing import Any

from tests.oracle.cards import cards_of, credit_columns
from tests.oracle.history import History, look_at
from tests.oracle.income import income_columns
from tests.oracle.person import Person
from tests.oracle.windows import (
    coverage_columns,
    fee_columns,
    savings_columns,
    spending_columns,
    subscription_columns,
)

WINDOWS = (30, 90, 180)


@dataclass(frozen=True, slots=True)
class Measured:
    """`windows`: days → column → value; the others in the same way by account id, stream (`Stream.name`), merchant."""

    windows: dict[int, dict[str, Any]]
    cards: dict[str, dict[str, Any]]
    streams: dict[str, dict[str, Any]]
    flags: dict[int, dict[str, Any]]


def measure_person(person: Person, as_of: date) -> Measured:
    """What the tables must hold for this person after a run for `as_of`."""
    history = look_at(person, as_of)
    cards = cards_of(history)
    return Measured(
        {days: _window(history, days, cards) for days in WINDOWS},
        cards,
        {stream.name: stream.columns for stream in history.streams},
        {flag.counterparty_key: asdict(flag) for flag in history.flags},
    )


def _window(history: History, window_days: int, cards: dict[str, dict[str, Any]]) -> dict[str, Any]:
    first_day = history.as_of - timedelta(days=window_days - 1)
    rows = [row for row in history.rows if row.date >= first_day]
    days_seen = history.days_seen(window_days)
    spending = spending_columns(history, rows, days_seen)
    spent = spending["spending_cents"]
    return (
        coverage_columns(history, rows, days_seen)
        | spending
        | subscription_columns(history, spent, days_seen)
        | credit_columns(history, rows, cards)
        | savings_columns(history, rows, spent, days_seen)
        | income_columns(history, rows, spent, days_seen)
        | fee_columns(history, rows)
    )
