"""Transactions from the wire to typed records, with the counterparty worked out. Pure."""

from spendsense.plaid import wire
from spendsense.plaid.legacy_categories import newer_category
from spendsense.plaid.merchants import counterparty
from spendsense.plaid.records import TransactionRecord
from spendsense.plaid.values import (
    LONGEST_CODE,
    DayReader,
    Refused,
    currency,
    identifier,
    label,
    optional_identifier,
    required_cents,
)


def read_transaction(
    raw: wire.Transaction, place: str, read_day: DayReader, *, is_revised: bool, is_partial: bool = False
) -> TransactionRecord:
    """The transaction as one record. Raises Refused."""
    transaction_id = identifier(raw.transaction_id, "transaction_id")
    pending_transaction_id = optional_identifier(raw.pending_transaction_id, "pending_transaction_id")
    if pending_transaction_id == transaction_id:
        raise Refused("pending_transaction_id", "names the transaction itself")
    if not raw.date:
        raise Refused("date", "is missing")
    amount_cents = required_cents(raw.amount, "amount")
    category = raw.personal_finance_category
    if category is None or not (category.primary or category.detailed):
        category = newer_category(bytes(raw.category), amount_cents < 0)
    merchant_name = label(raw.merchant_name, "merchant_name")
    merchant_entity_id = optional_identifier(raw.merchant_entity_id, "merchant_entity_id")
    name = label(raw.name, "name") or label(raw.original_description, "original_description") or merchant_name or ""
    return TransactionRecord(
        place=place,
        transaction_id=transaction_id,
        account_id=identifier(raw.account_id, "account_id"),
        date=read_day(raw.date, "date"),
        authorized_date=read_day(raw.authorized_date, "authorized_date") if raw.authorized_date else None,
        amount_cents=amount_cents,
        currency=currency(raw.iso_currency_code, raw.unofficial_currency_code),
        name=name,
        merchant_name=merchant_name,
        merchant_entity_id=merchant_entity_id,
        payment_channel=label(raw.payment_channel, "payment_channel", LONGEST_CODE),
        category_primary=label(category.primary, "personal_finance_category/primary", LONGEST_CODE),
        category_detailed=label(category.detailed, "personal_finance_category/detailed", LONGEST_CODE),
        pending=raw.pending if is_partial else bool(raw.pending),
        pending_transaction_id=pending_transaction_id,
        is_revised=is_revised,
        is_partial=is_partial,
        counterparty_key=counterparty(merchant_entity_id, merchant_name, name).key,
    )
