"""Coverage, spending, subscriptions, savings and fees of one window. `rows` are the window's, in any currency."""

import math
from collections import Counter
from fractions import Fraction
from typing import Any

from spendsense.store.kinds import FEE_KINDS, SAVINGS_SUBTYPES, SPENDING_KINDS, Kind
from tests.oracle.history import History
from tests.oracle.numbers import floor4, monthly, months_covered
from tests.oracle.person import Row

TIMES_A_YEAR = {"WEEKLY": 52, "BIWEEKLY": 26, "SEMI_MONTHLY": 24, "MONTHLY": 12, "QUARTERLY": 4, "ANNUALLY": 1}
FEE_COLUMNS = {
    Kind.FEE_OVERDRAFT: "fee_overdraft_count",
    Kind.FEE_NSF: "fee_nsf_count",
    Kind.FEE_LATE: "fee_late_count",
    Kind.FEE_ATM: "fee_atm_count",
    Kind.FEE_FOREIGN: "fee_foreign_count",
}


def coverage_columns(history: History, rows: list[Row], days_seen: int) -> dict[str, Any]:
    """What was seen and what was left out."""
    counts = Counter(history.kinds[row.transaction_id] for row in rows)
    neutral = [row for row in history.of_kind(rows, Kind.INFLOW) if row.transaction_id not in history.income_ids]
    return {
        "currency": history.currency,
        "first_row_on": history.first_row_on,
        "days_seen": days_seen,
        "rows_seen": len(rows) - counts[Kind.OTHER_CURRENCY],
        "rows_other_currency": counts[Kind.OTHER_CURRENCY],
        "rows_own_transfer": counts[Kind.TRANSFER] + counts[Kind.OWN_TRANSFER],
        "rows_off_scope": counts[Kind.OFF_SCOPE],
        "rows_neutral": len(neutral),
        "rows_future": len(history.person.rows) - len(history.rows),
    }


def spending_columns(history: History, rows: list[Row], days_seen: int) -> dict[str, Any]:
    """Outflows less refunds."""
    spent = sum(row.amount_cents for row in history.of_kind(rows, *SPENDING_KINDS))
    return {
        "spending_cents": spent,
        "spending_refund_cents": -sum(row.amount_cents for row in history.of_kind(rows, Kind.REFUND)),
        "spending_monthly_cents": monthly(spent, days_seen),
    }


def subscription_columns(history: History, spent: int, days_seen: int) -> dict[str, Any]:
    """Active outflow streams of the kind subscription, by counterparty and first row; the same in every window."""
    streams = [
        stream
        for stream in history.streams
        if stream.direction == "outflow" and stream.kind == "subscription" and stream.is_active(history.as_of)
    ]
    yearly = sum(stream.last_amount_cents * TIMES_A_YEAR[stream.found.cadence] for stream in streams)
    is_known = days_seen >= 30 and spent > 0
    return {
        "subscription_count": len({stream.counterparty_key for stream in streams}),
        "subscription_monthly_cents": math.floor(Fraction(yearly, 12)),
        "subscription_share_ratio": floor4(Fraction(yearly * days_seen, 12 * 30 * spent)) if is_known else None,
        "subscription_simple_count": sum(flag.flag_from <= history.as_of < flag.flag_until for flag in history.flags),
        "subscription_stream_ids": sorted(stream.name for stream in streams),
    }


def savings_columns(history: History, rows: list[Row], spent: int, days_seen: int) -> dict[str, Any]:
    """Net inflow, growth and the emergency fund over the savings accounts."""
    accounts = [
        account
        for account in history.person.accounts
        if account.type == "depository" and account.subtype in SAVINGS_SUBTYPES and history.is_ours(account)
    ]
    ids = sorted(account.account_id for account in accounts)
    ours = [row for row in rows if row.account_id in ids and row.currency == history.currency]
    inflow = -sum(row.amount_cents for row in ours) if accounts else None
    balance = history.balance_sum(accounts)
    start = balance - inflow if balance is not None and inflow is not None else None
    months = months_covered(balance, spent, days_seen)
    return {
        "savings_account_count": len(accounts),
        "savings_net_inflow_cents": inflow,
        "savings_net_inflow_monthly_cents": monthly(inflow, days_seen),
        "savings_balance_cents": balance,
        "savings_start_balance_cents": start,
        "savings_growth_ratio": floor4(Fraction(inflow or 0, start)) if start is not None and start > 0 else None,
        "savings_emergency_fund_months": floor4(months) if months is not None else None,
        "savings_emergency_fund_level": _level(months) if months is not None else None,
        "savings_account_ids": ids,
    }


def _level(months: Fraction) -> str:
    if months < 1:
        return "low"
    if months < 3:
        return "building"
    return "good" if months < 6 else "excellent"


def fee_columns(history: History, rows: list[Row]) -> dict[str, Any]:
    """Fees charged less fees taken back, kind by kind."""
    fees = history.of_kind(rows, *FEE_KINDS)
    counts = {}
    for kind, column in FEE_COLUMNS.items():
        amounts = [row.amount_cents for row in history.of_kind(fees, kind)]
        counts[column] = max(0, sum(cents > 0 for cents in amounts) - sum(cents < 0 for cents in amounts))
    return counts | {
        "fee_count": sum(counts.values()),
        "fee_cents": sum(row.amount_cents for row in fees),
        "fee_transaction_ids": [row.transaction_id for row in fees],
    }
