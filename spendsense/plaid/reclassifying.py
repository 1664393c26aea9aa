"""What stored rows count as by themselves, told anew: their account has changed, or names are read anew."""

from uuid import UUID

import psycopg2.extensions
from psycopg2.extras import execute_values

from spendsense.plaid.kinds import base_kind, is_transfer_like
from spendsense.plaid.known_accounts import KnownAccount

# A row's category is the person's, where they gave it one.
WITH_CORRECTIONS = "transactions LEFT JOIN corrections USING (user_id, transaction_id)"
CATEGORY = ", ".join(
    f"CASE WHEN corrections.user_id IS NULL THEN transactions.{column} ELSE corrections.{column} END"
    for column in ("category_primary", "category_detailed")
)


def reclassify(cursor: psycopg2.extensions.cursor, user_id: UUID, account_id: str | None = None) -> int:
    """Writes kind, transfer mark and savings mark of the person's rows, or of one account's, where they differ.

    The next measuring looks at a row that changed beside the others. Gives the number of rows that changed.
    """
    cursor.execute(
        f"SELECT transaction_id, type, subtype, {CATEGORY}, transactions.name, amount_cents < 0,"  # noqa: S608  ours
        f" base_kind, is_transfer_like, on_savings FROM {WITH_CORRECTIONS} JOIN accounts USING (user_id, account_id)"
        " WHERE transactions.user_id = %s AND account_id = COALESCE(%s, account_id)",
        (str(user_id), account_id),
    )
    differing = []
    for transaction_id, account_type, subtype, primary, detailed, name, is_inflow, *present in cursor:
        marks = [
            int(base_kind(account_type, primary, detailed, name, is_inflow)),
            is_transfer_like(primary, detailed, name),
            KnownAccount(account_type, subtype, None).is_savings,
        ]
        if marks != present:
            differing.append((str(user_id), transaction_id, *marks))
    if differing:
        execute_values(
            cursor,
            "UPDATE transactions SET base_kind = new.kind, kind = new.kind, is_transfer_like = new.is_like,"
            " on_savings = new.on_savings"
            " FROM (VALUES %s) AS new (user_id, transaction_id, kind, is_like, on_savings)"
            " WHERE transactions.user_id = new.user_id::uuid AND transactions.transaction_id = new.transaction_id",
            differing,
            page_size=10_000,
        )
    return len(differing)


def assume_currency(cursor: psycopg2.extensions.cursor, user_id: UUID, account_id: str, currency: str) -> int:
    """Writes the account's currency to its rows that came without one. Gives the number of rows that changed."""
    cursor.execute(
        "UPDATE transactions SET currency = %(currency)s, kind = base_kind"
        " WHERE user_id = %(user_id)s AND account_id = %(account_id)s AND is_currency_assumed"
        " AND currency <> %(currency)s",
        {"currency": currency, "user_id": str(user_id), "account_id": account_id},
    )
    return cursor.rowcount
