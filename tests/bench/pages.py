"""A person as the pages of Plaid's /transactions/sync, in files."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.oracle.person import Account, Balance, Person, Row

PAGE = 500  # the most that Plaid sends at once


def write_pages(folder: Path, person: Person) -> None:
    """The pages in a folder of that person, each with the accounts, as Plaid repeats them."""
    folder.mkdir()
    balances = {balance.account_id: balance for balance in person.balances}
    accounts = [_account(account, balances[account.account_id]) for account in person.accounts]
    for number, start in enumerate(range(0, len(person.rows), PAGE)):
        rows = person.rows[start : start + PAGE]
        has_more = start + PAGE < len(person.rows)
        (folder / f"sync_{number}.json").write_text(json.dumps(_page(accounts, rows, number, has_more=has_more)))


def _page(accounts: list[dict[str, Any]], rows: Sequence[Row], number: int, *, has_more: bool) -> dict[str, Any]:
    return {
        "accounts": accounts,
        "added": [_added(row) for row in rows],
        "modified": [],
        "removed": [],
        "next_cursor": f"cursor-{number}",
        "has_more": has_more,
        "request_id": f"request-{number}",
    }


def _account(account: Account, balance: Balance) -> dict[str, Any]:
    return {
        "account_id": account.account_id,
        "balances": {
            "available": None,
            "current": _dollars(balance.current_cents),
            "limit": _dollars(balance.limit_cents),
            "iso_currency_code": account.currency,
            "unofficial_currency_code": None,
        },
        "mask": "0000",
        "name": account.account_id.title(),
        "official_name": None,
        "type": account.type,
        "subtype": account.subtype,
    }


def _added(row: Row) -> dict[str, Any]:
    return {
        "transaction_id": row.transaction_id,
        "account_id": row.account_id,
        "account_owner": None,
        "amount": _dollars(row.amount_cents),
        "iso_currency_code": row.currency,
        "unofficial_currency_code": None,
        "authorized_date": row.date.isoformat(),
        "date": row.date.isoformat(),
        "name": row.name,
        "merchant_name": row.merchant_name,
        "merchant_entity_id": None,
        "logo_url": None,
        "website": None,
        "payment_channel": "online",
        "payment_meta": {"payee": None, "payer": None, "payment_method": None, "reference_number": None},
        "location": {"address": None, "city": None, "country": None, "postal_code": None, "region": None},
        "personal_finance_category": {
            "primary": row.category_primary,
            "detailed": row.category_detailed,
            "confidence_level": "HIGH",
        },
        "pending": row.pending,
        "pending_transaction_id": None,
        "transaction_code": None,
    }


def _dollars(cents: int | None) -> float | None:
    """As JSON has it; the shortest text of the quotient is the amount itself."""
    return None if cents is None else cents / 100
