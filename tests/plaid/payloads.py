"""Small payloads in Plaid's shape, and what is stored after them."""

import json
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from spendsense.plaid.ingest import IngestReport, ingest
from spendsense.plaid.records import Batch
from spendsense.plaid.schema import Media, parse
from spendsense.store.session import raw_cursor

AT = datetime(2026, 11, 20, 12, tzinfo=UTC)
RECEIVED_ON = date(2026, 11, 20)
BANK_TABLES = ("items", "accounts", "balances", "liabilities", "transactions", "removed_transactions", "users")


def account(account_id: Any = "chk", **changes: Any) -> dict[str, Any]:
    """A checking account with 110.55 on it."""
    return {
        "account_id": account_id,
        "name": "Checking",
        "mask": "0001",
        "type": "depository",
        "subtype": "checking",
        "balances": {"current": 110.55, "available": 100, "limit": None, "iso_currency_code": "USD"},
    } | changes


def transaction(transaction_id: Any = "t1", **changes: Any) -> dict[str, Any]:
    """12.34 USD spent at a coffee shop on 3 November 2026."""
    return {
        "transaction_id": transaction_id,
        "account_id": "chk",
        "date": "2026-11-03",
        "amount": 12.34,
        "name": "Coffee Shop",
        "iso_currency_code": "USD",
        "pending": False,
    } | changes


def read(payload: Any, media: Media | None = "json", label: str = "test") -> Batch:
    """The parsed payload: bytes as they are, anything else as JSON."""
    data = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    return parse(data, filename=None, media=media, received_on=RECEIVED_ON, source_label=label)


def load(session: Session, user_id: UUID, payload: Any, media: Media | None = "json") -> IngestReport:
    """Parses and stores a payload."""
    return ingest(session, user_id, read(payload, media), source="api", at=AT)


def stored(session: Session) -> dict[str, list[str]]:
    """Every row of every table with bank data, as text."""
    rows: dict[str, list[str]] = {}
    with raw_cursor(session) as cursor:
        for table in BANK_TABLES:
            cursor.execute(f"SELECT row::text FROM {table} AS row ORDER BY 1")
            rows[table] = [text for (text,) in cursor]
    return rows


def ids(session: Session) -> list[str]:
    """The ids of the stored transactions."""
    with raw_cursor(session) as cursor:
        cursor.execute("SELECT transaction_id FROM transactions ORDER BY 1")
        return [text for (text,) in cursor]
