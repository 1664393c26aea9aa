"""Income of one window. Pay dates, frequency and the last pay look at 180 days in every window."""

import math
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from typing import Any

from spendsense.store.kinds import Kind
from tests.oracle.history import History
from tests.oracle.numbers import floor4, median, monthly, months_covered
from tests.oracle.person import Row

FREQUENCIES = {"WEEKLY": "weekly", "BIWEEKLY": "biweekly", "SEMI_MONTHLY": "semi-monthly", "MONTHLY": "monthly"}
BONUS_FACTOR = Fraction(3, 2)


def income_columns(history: History, rows: list[Row], spent: int, days_seen: int) -> dict[str, Any]:
    """Pay in the window, its rhythm and spread, and how long the checking balance lasts."""
    pay = [row for row in rows if row.transaction_id in history.income_ids]
    received = [row for row in rows if row in pay or history.kinds[row.transaction_id] == Kind.INTEREST_EARNED]
    total = -sum(row.amount_cents for row in received)
    accounts = [
        account
        for account in history.person.accounts
        if account.type == "depository" and account.subtype in ("checking", None) and history.is_ours(account)
    ]
    checking = history.balance_sum(accounts)
    buffer = months_covered(checking, spent, days_seen)
    return (
        {
            "income_cents": total,
            "income_monthly_cents": monthly(total, days_seen),
            "income_pay_count": len(pay),
            "income_checking_balance_cents": checking,
            "income_buffer_months": floor4(buffer) if buffer is not None else None,
            "income_checking_account_ids": sorted(account.account_id for account in accounts),
            "income_transaction_ids": [row.transaction_id for row in received],
        }
        | _spread([-row.amount_cents for row in pay])
        | _rhythm(history)
    )


def _spread(amounts: list[int]) -> dict[str, Any]:
    """Bonuses, and how far the base pay varies."""
    amounts = [cents for cents in amounts if cents > 0]
    ceiling = BONUS_FACTOR * median(amounts) if amounts else Fraction(0)
    base = [cents for cents in amounts if cents <= ceiling]
    bonuses = [cents for cents in amounts if cents > ceiling]
    return {
        "income_bonus_count": len(bonuses),
        "income_bonus_cents": sum(bonuses),
        "income_variability_ratio": _variability(base) if len(base) >= 3 else None,
    }


def _variability(base: list[int]) -> Decimal:
    """Population standard deviation ÷ mean, rounded down: √(n·Σx² − (Σx)²) ÷ Σx, in integers."""
    squared = len(base) * sum(cents * cents for cents in base) - sum(base) ** 2
    return Decimal(math.isqrt(squared * 10_000**2 // sum(base) ** 2)).scaleb(-4)


def _rhythm(history: History) -> dict[str, Any]:
    since = history.as_of - timedelta(days=180)
    pay = [
        row
        for row in history.rows
        if row.transaction_id in history.income_ids and row.date > since and row.amount_cents < 0
    ]
    dates = sorted({row.date for row in pay})
    gaps = [(later - earlier).days for earlier, later in pairwise(dates)]
    last = pay[-1] if pay else None
    return {
        "income_frequency": _main_cadence(history) or ("irregular" if len(dates) >= 3 else None),
        "income_median_gap_days": Decimal(str(float(median(gaps)))) if len(dates) >= 3 else None,
        "income_last_pay_cents": -last.amount_cents if last else None,
        "income_last_pay_on": last.date if last else None,
    }


def _main_cadence(history: History) -> str | None:
    """Of the active income streams the one that brought most in 180 days, then the one with the smallest key.

    Nobody lives from pay to pay by the quarter or year: those are none.
    """
    since = history.as_of - timedelta(days=180)
    streams = [
        (
            sum(row.amount_cents for row in stream.rows if row.date > since),
            stream.counterparty_key,
            stream.found.cadence,
        )
        for stream in history.streams
        if stream.direction == "inflow" and stream.kind == "income" and stream.is_active(history.as_of)
        if stream.found.cadence in FREQUENCIES
    ]
    return FREQUENCIES[min(streams)[2]] if streams else None
