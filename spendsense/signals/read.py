"""Reads the stored signals back as values."""

import re
import uuid
from collections.abc import Callable, Iterable, Sequence
from dataclasses import fields
from typing import Any, Final

from sqlalchemy.orm import Session

from spendsense.rulebook.types import WINDOW_DAYS
from spendsense.signals.types import GROUPS, Card, Group, UserSignals
from spendsense.store.session import raw_cursor

# What would break a sentence that a name stands in: ends of lines and other controls; marks that turn letters round.
_CONTROLS: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_TURNS: Final = re.compile(r"[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]+")

Key = tuple[uuid.UUID, int]


def _columns(group: str) -> list[str]:
    cls, prefix = GROUPS[group]
    return [prefix + field.name for field in fields(cls)]


def _select(column: str) -> str:
    # psycopg2 knows no UUID arrays by itself; as text they come as a list.
    return f"{column}::text[]" if column.endswith("_ids") else column


_COLUMNS: Final = [column for group in GROUPS for column in _columns(group)]

# One row a person and window: ('0a…', 90, 'USD', 2026-01-03, …).
_SIGNALS: Final = f"""
    SELECT user_id::text, window_days, {", ".join(map(_select, _COLUMNS))}
    FROM signals
    WHERE user_id = ANY(%s::uuid[]) AND window_days = ANY(%s)
"""  # noqa: S608  the columns are the fields of our own classes

# One row a card: ('0a…', 12300, 0, 12300, 'acc-1', 'Visa', '4523', 340000, 500000, 0.6800, …).
_CARDS: Final = """
    SELECT c.user_id::text, c.interest_30_cents, c.interest_90_cents, c.interest_180_cents,
           c.account_id, a.name, a.mask, c.balance_cents, c.limit_cents, c.utilization_ratio,
           c.utilization_flag_percent, c.is_minimum_payment_only, c.is_overdue, c.apr_percent,
           c.last_payment_cents, c.minimum_payment_cents, c.next_payment_due_on
    FROM card_signals AS c
    JOIN accounts AS a USING (user_id, account_id)
    WHERE c.user_id = ANY(%s::uuid[])
    ORDER BY c.user_id, c.account_id
"""

_SHAPES: Final[list[tuple[str, Callable[..., Group], int]]] = [
    (group, cls, len(fields(cls))) for group, (cls, _) in GROUPS.items()
]


def load(
    session: Session, user_ids: Iterable[uuid.UUID], windows: Sequence[int] = WINDOW_DAYS
) -> dict[Key, UserSignals]:
    """(user, window in days) → signals, for those that were measured. Two statements, however many people."""
    ids = [str(user_id) for user_id in user_ids]
    with raw_cursor(session) as cursor:
        cursor.execute(_CARDS, (ids,))
        cards: dict[str, list[tuple[Any, ...]]] = {}
        for row in cursor:
            cards.setdefault(row[0], []).append(row)
        cursor.execute(_SIGNALS, (ids, list(windows)))
        return {(uuid.UUID(row[0]), row[1]): _signals(row, cards.get(row[0], [])) for row in cursor}


def _signals(row: tuple[Any, ...], card_rows: list[tuple[Any, ...]]) -> UserSignals:
    window_days: int = row[1]
    groups: dict[str, Any] = {}
    start = 2
    for group, make, width in _SHAPES:
        groups[group] = make(
            *(tuple(value) if isinstance(value, list) else value for value in row[start : start + width])
        )
        start += width
    return UserSignals(window_days, cards=tuple(_card(card, window_days) for card in card_rows), **groups)


def _card(row: tuple[Any, ...], window_days: int) -> Card:
    interest_cents = row[1 + WINDOW_DAYS.index(window_days)]
    account_id, name, mask, *figures = row[4:]
    values: list[Any] = [account_id, _in_a_line(name) or "card", mask and _in_a_line(mask), *figures, interest_cents]
    return Card(*values)


def _in_a_line(text: str) -> str:
    """The text as it can stand in a sentence. Here, and not where it is said: what a trace has is said as it was."""
    return text if text.isprintable() else _CONTROLS.sub(" ", _TURNS.sub("", text)).strip()
