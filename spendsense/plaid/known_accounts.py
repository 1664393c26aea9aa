"""The accounts that a payload may speak of: those stored for the person and those it brings along."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

import psycopg2.extensions

from spendsense.plaid.records import AccountRecord
from spendsense.store.kinds import SAVINGS_SUBTYPES


@dataclass(frozen=True, slots=True)
class KnownAccount:
    """What a transaction's kind and currency depend on."""

    type: str
    subtype: str | None
    currency: str | None

    @property
    def is_savings(self) -> bool:
        """A savings, money market, CD, HSA or cash management account."""
        return self.type == "depository" and self.subtype in SAVINGS_SUBTYPES


Known = dict[str, KnownAccount]  # by account_id


def stored_accounts(cursor: psycopg2.extensions.cursor, user_ids: Sequence[UUID]) -> dict[UUID, Known]:
    """The stored accounts of each of these people."""
    cursor.execute(
        "SELECT user_id::text, account_id, type, subtype, currency FROM accounts WHERE user_id = ANY(%s::uuid[])",
        ([str(user_id) for user_id in user_ids],),
    )
    known: dict[UUID, Known] = {user_id: {} for user_id in user_ids}
    for user_id, account_id, kind, subtype, currency in cursor:
        known[UUID(user_id)][account_id] = KnownAccount(kind, subtype, currency)
    return known


def with_payload(stored: Known, accounts: Iterable[AccountRecord]) -> Known:
    """The stored accounts with those of the payload over them; what the payload leaves out stays known."""
    known = dict(stored)
    for account in accounts:
        before = known.get(account.account_id)
        known[account.account_id] = KnownAccount(
            account.type,
            account.subtype or (before.subtype if before else None),
            account.currency or (before.currency if before else None),
        )
    return known


def with_another_currency(stored: Known, known: Known) -> dict[str, str]:
    """The currencies of the stored accounts whose currency the payload changes or gives for the first time."""
    return {
        account_id: currency
        for account_id, before in stored.items()
        if (currency := known[account_id].currency) and currency != before.currency
    }


def retyped(stored: Known, known: Known) -> list[str]:
    """The stored accounts whose type or subtype the payload changes: their rows count as something else from now on."""
    return [
        account_id
        for account_id, before in stored.items()
        if (before.type, before.subtype) != (known[account_id].type, known[account_id].subtype)
    ]
