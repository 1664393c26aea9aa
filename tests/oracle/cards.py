"""Credit: each card as it stands, and the cards together in one window."""

from collections.abc import Iterable
from datetime import timedelta
from fractions import Fraction
from typing import Any

from spendsense.store.kinds import Kind
from tests.oracle.history import History
from tests.oracle.numbers import MOST_RATIO, floor4
from tests.oracle.person import Account, Liability, Row

MINIMUM_PAYMENT_MARGIN_CENTS = 500
NOTHING_REPORTED = Liability("", None, None, None, None, None, None)


def cards_of(history: History) -> dict[str, dict[str, Any]]:
    """Account id → the columns of `card_signals`."""
    cards = [a for a in history.person.accounts if a.type == "credit" and history.is_ours(a)]
    return {card.account_id: _card(history, card) for card in sorted(cards, key=lambda card: card.account_id)}


def _card(history: History, account: Account) -> dict[str, Any]:
    balance = history.last_balance(account.account_id)
    owed, limit = (balance.current_cents, balance.limit_cents) if balance else (None, None)
    used = utilization(owed, limit)
    reported = [one for one in history.person.liabilities if one.account_id == account.account_id]
    liability = reported[0] if reported else NOTHING_REPORTED
    return {
        "balance_cents": owed,
        "limit_cents": limit,
        "utilization_ratio": floor4(used) if used is not None else None,
        "utilization_flag_percent": _flag(used) if used is not None else None,
        "is_minimum_payment_only": _pays_the_minimum(liability),
        "is_overdue": liability.is_overdue,
        "apr_percent": liability.apr_percent,
        "last_payment_cents": liability.last_payment_cents,
        "minimum_payment_cents": liability.minimum_payment_cents,
        "next_payment_due_on": liability.next_payment_due_on,
    } | {f"interest_{days}_cents": _interest(history, account, days) for days in (30, 90, 180)}


def utilization(owed: int | None, limit: int | None) -> Fraction | None:
    """The part of the limit that is used; a credit balance uses none, and without a limit it is unknown."""
    if owed is None or limit is None or limit <= 0:
        return None
    return min(Fraction(max(owed, 0), limit), MOST_RATIO)


def _flag(used: Fraction) -> int:
    return next((percent for percent in (80, 50, 30) if used >= Fraction(percent, 100)), 0)


def _pays_the_minimum(liability: Liability) -> bool | None:
    """Something paid, at most the minimum and 5.00, of a larger statement. One part that is false decides by itself."""
    paid, minimum = liability.last_payment_cents, liability.minimum_payment_cents
    statement = liability.last_statement_balance_cents
    parts = (
        None if paid is None else paid > 0,
        None if paid is None or minimum is None else paid <= minimum + MINIMUM_PAYMENT_MARGIN_CENTS,
        None if paid is None or statement is None else statement > paid,
    )
    if False in parts:
        return False
    return None if None in parts else True


def _interest(history: History, account: Account, days: int) -> int:
    since = history.as_of - timedelta(days=days)
    rows = [row for row in history.rows if row.account_id == account.account_id and row.date > since]
    return sum(row.amount_cents for row in history.of_kind(rows, Kind.INTEREST))


def credit_columns(history: History, rows: list[Row], cards: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """The cards together; utilization over those where it is known."""
    used = {
        account_id: share
        for account_id, card in cards.items()
        if (share := utilization(card["balance_cents"], card["limit_cents"])) is not None
    }
    most = min(used, key=lambda account_id: (-used[account_id], account_id.encode()), default=None)
    interest = [row for row in history.of_kind(rows, Kind.INTEREST) if row.account_id in cards]
    aprs = [card["apr_percent"] for card in cards.values() if card["apr_percent"] is not None]
    due = [card["next_payment_due_on"] for card in cards.values() if card["next_payment_due_on"] is not None]
    return {
        "credit_card_count": len(cards),
        "credit_known_limit_count": len(used),
        "credit_max_utilization_ratio": floor4(used[most]) if most is not None else None,
        "credit_max_utilization_account_id": most,
        "credit_total_utilization_ratio": _together([cards[account_id] for account_id in used]),
        "credit_has_minimum_payment_only": _any(card["is_minimum_payment_only"] for card in cards.values()),
        "credit_interest_cents": sum(row.amount_cents for row in interest),
        "credit_is_overdue": _any(card["is_overdue"] for card in cards.values()),
        "credit_next_payment_due_on": min((day for day in due if day >= history.as_of), default=None),
        "credit_max_apr_percent": max(aprs, default=None),
        "credit_account_ids": list(cards),
        "credit_interest_transaction_ids": [row.transaction_id for row in interest],
    }


def _together(cards: list[dict[str, Any]]) -> Any:
    if not cards:
        return None
    return floor4(Fraction(sum(max(c["balance_cents"], 0) for c in cards), sum(c["limit_cents"] for c in cards)))


def _any(answers: Iterable[bool | None]) -> bool | None:
    """True when one is; else unknown when none is known; else False."""
    known = [answer for answer in answers if answer is not None]
    return any(known) if known else None
