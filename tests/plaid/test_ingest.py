"""Payloads into tables."""

import json
from datetime import UTC, date, datetime
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from spendsense.consent import ledger
from spendsense.consent.people import find_or_create_user
from spendsense.plaid.ingest import IngestReport, ingest
from spendsense.plaid.schema import parse
from spendsense.store.models import Account, Balance, Transaction, User

AT = datetime(2026, 11, 20, 12, tzinfo=UTC)


@pytest.fixture
def user_id(session: Session) -> UUID:
    """A person who agrees to the analysis."""
    user = find_or_create_user(session, "ann@example.com")
    ledger.grant(session, user.user_id, ["analysis"], method="api", text_version="1", at=AT)
    return user.user_id


def load(session: Session, user_id: UUID, payload: object) -> IngestReport:
    """Parses and stores one JSON payload."""
    batch = parse(
        json.dumps(payload).encode(), filename=None, media="json", received_on=AT.date(), source_label="test"
    )
    return ingest(session, user_id, batch, source="api", at=AT)


def account(account_id: str = "chk", **changes: object) -> dict[str, object]:
    return {
        "account_id": account_id,
        "name": "Checking",
        "type": "depository",
        "subtype": "checking",
        "balances": {"current": 110.55, "available": 100, "limit": None, "iso_currency_code": "USD"},
    } | changes


def transaction(transaction_id: str = "t1", **changes: object) -> dict[str, object]:
    return {
        "transaction_id": transaction_id,
        "account_id": "chk",
        "date": "2026-11-03",
        "amount": 12.34,
        "name": "Coffee Shop",
        "iso_currency_code": "USD",
        "pending": False,
    } | changes


def test_a_sync_page_is_stored(session: Session, user_id: UUID) -> None:
    report = load(session, user_id, {"accounts": [account()], "added": [transaction()]})
    assert (report.accepted["accounts"], report.accepted["transactions"], report.rejected) == (1, 1, ())
    row = session.scalars(select(Transaction)).one()
    assert (row.amount_cents, row.date, row.name, row.currency) == (1234, date(2026, 11, 3), "Coffee Shop", "USD")
    assert session.scalars(select(Account.name)).one() == "Checking"
    balance = session.scalars(select(Balance)).one()
    assert (balance.observed_on, balance.current_cents, balance.limit_cents) == (AT.date(), 11055, None)
    assert session.scalars(select(User.data_version)).one() == 1


def test_a_replay_changes_nothing(session: Session, user_id: UUID) -> None:
    payload = {"accounts": [account()], "transactions": [transaction(), transaction("t2")]}
    load(session, user_id, payload)
    assert load(session, user_id, payload).changed_rows == 0
    assert session.scalars(select(User.data_version)).one() == 1
