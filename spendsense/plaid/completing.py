"""Partial rows, a CSV's, and what else is known of them become one row, whichever came first."""

from collections.abc import Mapping
from uuid import UUID

import psycopg2.extensions
from psycopg2.extras import execute_values

from spendsense.plaid.categories import Category
from spendsense.plaid.corrections import NONE, Corrections
from spendsense.plaid.kinds import base_kind, is_transfer_like
from spendsense.plaid.known_accounts import Known
from spendsense.plaid.merchants import counterparty
from spendsense.plaid.naming import Aliases
from spendsense.plaid.purposes import purpose_of
from spendsense.store import sql


def has_partial_rows(cursor: psycopg2.extensions.cursor, user_ids: list[UUID]) -> bool:
    """Some of these people have a row that is known from CSVs alone."""
    cursor.execute(
        "SELECT EXISTS (SELECT 1 FROM transactions WHERE user_id = ANY(%s::uuid[]) AND is_partial)",
        ([str(user_id) for user_id in user_ids],),
    )
    return bool((cursor.fetchone() or (False,))[0])


def complete_partial(
    cursor: psycopg2.extensions.cursor,
    known: Mapping[UUID, Known],
    aliases: Mapping[UUID, Aliases],
    said: Mapping[UUID, Corrections],
) -> None:
    """Fills staged rows from the stored ones, and tells anew what those that were filled count as by themselves."""
    cursor.execute(sql.load("spendsense.plaid", "complete_partial.sql"))
    differing = []
    for user, transaction_id, account_id, is_inflow, name, merchant_name, entity, primary, detailed, *staged in cursor:
        user_id = UUID(user)
        account = known[user_id][account_id]
        category = said.get(user_id, NONE).get(transaction_id) or Category(primary, detailed)
        key = counterparty(entity, merchant_name, name).key
        marks = [
            None if key is None else aliases[user_id].get(key, key),
            is_transfer_like(*category, name),
            account.is_savings,
            int(base_kind(account.type, *category, name, is_inflow)),
            purpose_of(*category, merchant_name, name, is_inflow),
        ]
        if marks != staged:
            differing.append((user, transaction_id, *marks))
    if differing:
        execute_values(
            cursor,
            "UPDATE staged_transactions AS staged SET counterparty_key = new.key::bigint,"
            " is_transfer_like = new.is_like, on_savings = new.on_savings, base_kind = new.kind, purpose = new.purpose"
            " FROM (VALUES %s) AS new (user_id, transaction_id, key, is_like, on_savings, kind, purpose)"
            " WHERE staged.user_id = new.user_id::uuid AND staged.transaction_id = new.transaction_id",
            differing,
            page_size=10_000,
        )
