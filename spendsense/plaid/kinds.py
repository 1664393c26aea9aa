"""What a transaction counts as by itself: by Plaid's category, then by its name, then by direction and account. Pure.

`store.kinds.Kind` says what each kind means. The other rows of the person come in later, where signals are measured.
"""

import re
from functools import lru_cache

from spendsense.store.kinds import Kind

_BY_DETAIL = {
    "BANK_FEES_INTEREST_CHARGE": Kind.INTEREST,
    "BANK_FEES_OVERDRAFT_FEES": Kind.FEE_OVERDRAFT,
    "BANK_FEES_INSUFFICIENT_FUNDS": Kind.FEE_NSF,
    "BANK_FEES_LATE_FEES": Kind.FEE_LATE,
    "BANK_FEES_LATE_PAYMENT": Kind.FEE_LATE,
    "BANK_FEES_ATM_FEES": Kind.FEE_ATM,
    "BANK_FEES_FOREIGN_TRANSACTION_FEES": Kind.FEE_FOREIGN,
    "TRANSFER_IN_ACCOUNT_TRANSFER": Kind.TRANSFER,
    "TRANSFER_IN_SAVINGS": Kind.TRANSFER,
    "TRANSFER_IN_INVESTMENT_AND_RETIREMENT_FUNDS": Kind.TRANSFER,
    "TRANSFER_OUT_ACCOUNT_TRANSFER": Kind.TRANSFER,
    "TRANSFER_OUT_SAVINGS": Kind.TRANSFER,
    "TRANSFER_OUT_INVESTMENT_AND_RETIREMENT_FUNDS": Kind.TRANSFER,
    "LOAN_PAYMENTS_CREDIT_CARD_PAYMENT": Kind.TRANSFER,
}


@lru_cache(maxsize=50_000)
def base_kind(
    account_type: str, category_primary: str | None, category_detailed: str | None, name: str, is_inflow: bool
) -> Kind:
    """The kind of a row that has this category and name, on an account of this type."""
    if account_type not in ("depository", "credit"):
        return Kind.OFF_SCOPE
    kind = _BY_DETAIL.get(category_detailed or "")
    if kind is not None:
        return kind
    if is_inflow and category_primary == "INCOME" and account_type == "depository":
        return Kind.INCOME
    return Kind.INFLOW if is_inflow else Kind.SPENDING


@lru_cache(maxsize=50_000)
def is_transfer_like(category_primary: str | None, category_detailed: str | None, name: str) -> bool:
    """A transfer or a payment by its category or its name: one side of a transfer between own accounts may be that."""
    if category_primary in ("TRANSFER_IN", "TRANSFER_OUT", "LOAN_PAYMENTS"):
        return True
    return bool(re.search("transfer|payment", name.lower()))
