"""Typed records as COPY lines, with what a row takes from its account: currency, savings mark and kind."""

from collections.abc import Iterable, Iterator, Mapping

from spendsense.plaid.categories import Category
from spendsense.plaid.kinds import base_kind, is_transfer_like
from spendsense.plaid.known_accounts import Known, KnownAccount
from spendsense.plaid.purposes import purpose_of
from spendsense.plaid.records import AccountRecord, Item, LiabilityRecord, TransactionRecord
from spendsense.store.copying import NULL, day, flag, moment, number, text

DEFAULT_CURRENCY = "USD"  # payloads from before Plaid named currencies

ITEM_COLUMNS = "user_id, item_id, institution_id"
ACCOUNT_COLUMNS = (
    "user_id, account_id, item_id, name, official_name, mask, type, subtype, currency, observed_on, "
    "observed_at, is_dated, current_cents, available_cents, limit_cents, has_balance"
)
LIABILITY_COLUMNS = (
    "user_id, account_id, kind, apr_percent, is_overdue, last_payment_cents, last_payment_on, "
    "last_statement_balance_cents, last_statement_on, minimum_payment_cents, next_payment_due_on, past_due_cents"
)
TRANSACTION_COLUMNS = (
    "user_id, transaction_id, account_id, date, authorized_date, amount_cents, currency, name, merchant_name, "
    "merchant_entity_id, payment_channel, category_primary, category_detailed, pending, pending_transaction_id, "
    "is_revised, counterparty_key, is_transfer_like, on_savings, base_kind, purpose, is_partial, is_currency_assumed"
)
REMOVAL_COLUMNS = "user_id, transaction_id, is_superseded"


def item_lines(user_id: str, item: Item | None) -> Iterator[str]:
    """The line of ITEM_COLUMNS, if the payload names its bank connection."""
    if item:
        yield f"{user_id}\t{text(item.item_id)}\t{text(item.institution_id)}"


def account_lines(user_id: str, accounts: Iterable[AccountRecord]) -> Iterator[str]:
    """Lines of ACCOUNT_COLUMNS."""
    for a in accounts:
        yield "\t".join(
            (user_id, text(a.account_id), text(a.item_id), text(a.name), text(a.official_name), text(a.mask))
            + (text(a.type), text(a.subtype), text(a.currency), day(a.observed_on), moment(a.observed_at))
            + (
                flag(a.is_dated),
                number(a.current_cents),
                number(a.available_cents),
                number(a.limit_cents),
                flag(a.has_balance),
            )
        )


def liability_lines(user_id: str, liabilities: Iterable[LiabilityRecord]) -> Iterator[str]:
    """Lines of LIABILITY_COLUMNS."""
    for one in liabilities:
        yield "\t".join(
            (user_id, text(one.account_id), one.kind, number(one.apr_percent), flag(one.is_overdue))
            + (number(one.last_payment_cents), day(one.last_payment_on), number(one.last_statement_balance_cents))
            + (day(one.last_statement_on), number(one.minimum_payment_cents), day(one.next_payment_due_on))
            + (number(one.past_due_cents),)
        )


def removal_lines(user_id: str, removed: Iterable[str], superseded: Iterable[str]) -> Iterator[str]:
    """Lines of REMOVAL_COLUMNS, no id twice: what was removed is gone, whether it was superseded or not."""
    is_superseded = dict.fromkeys(superseded, True) | dict.fromkeys(removed, False)
    for transaction_id, is_only_superseded in is_superseded.items():
        yield f"{user_id}\t{text(transaction_id)}\t{flag(is_only_superseded)}"


def transaction_lines(
    user_id: str,
    transactions: Iterable[TransactionRecord],
    known: Known,
    aliases: Mapping[int, int],
    corrections: Mapping[str, Category],
) -> Iterator[str]:
    """Lines of TRANSACTION_COLUMNS.

    Each account must be known. `aliases` say which names stand for which merchant (plaid.naming). A row in
    `corrections` counts as what the person calls it; its category stays the bank's.
    This is the hot path of a large load.
    """
    accounts = {account_id: _account_part(account) for account_id, account in known.items()}
    for t in transactions:
        account_type, currency, on_savings = accounts[t.account_id]
        key = t.counterparty_key
        primary, detailed = corrections.get(t.transaction_id) or (t.category_primary, t.category_detailed)
        kind = base_kind(account_type, primary, detailed, t.name, t.amount_cents < 0).value
        yield (
            f"{user_id}\t{text(t.transaction_id)}\t{text(t.account_id)}\t{day(t.date)}\t{day(t.authorized_date)}\t"
            f"{t.amount_cents}\t{text(t.currency or currency)}\t{text(t.name)}\t{text(t.merchant_name)}\t"
            f"{text(t.merchant_entity_id)}\t{text(t.payment_channel)}\t{text(t.category_primary)}\t"
            f"{text(t.category_detailed)}\t{flag(t.pending)}\t{text(t.pending_transaction_id)}\t"
            f"{'t' if t.is_revised else 'f'}\t{NULL if key is None else aliases.get(key, key)}\t"
            f"{'t' if is_transfer_like(primary, detailed, t.name) else 'f'}\t"
            f"{on_savings}\t{kind}\t"
            f"{purpose_of(primary, detailed, t.merchant_name, t.name, t.amount_cents < 0)}\t"
            f"{'t' if t.is_partial else 'f'}\t{'f' if t.currency else 't'}"
        )


def _account_part(account: KnownAccount) -> tuple[str, str, str]:
    return account.type, account.currency or DEFAULT_CURRENCY, "t" if account.is_savings else "f"
