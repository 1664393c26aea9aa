"""Rows as the stations leave them, each good as it stands and changed by name."""

import uuid
from datetime import date, timedelta
from typing import Any

from sqlalchemy import update
from sqlalchemy.orm import Session

from spendsense import clock
from spendsense.rulebook.load import load_rulebook
from spendsense.store.kinds import Kind
from spendsense.store.models import Account, Progress, Recommendation, Trace, Transaction, User, WindowSignals

TODAY = date(2026, 11, 20)


def add_account(session: Session, user: User, account_id: str = "visa", **changes: Any) -> None:
    columns = {"name": "Visa", "mask": "4523", "type": "credit", "subtype": "credit card", "currency": "USD", **changes}
    session.add(Account(user_id=user.user_id, account_id=account_id, **columns))
    session.flush()


def add_transaction(session: Session, user: User, transaction_id: str, **changes: Any) -> None:
    columns = {
        "account_id": "visa",
        "date": TODAY,
        "amount_cents": 1_250,
        "currency": "USD",
        "name": "Corner Bakery",
        "pending": False,
        "is_revised": False,
        "is_transfer_like": False,
        "on_savings": False,
        "base_kind": Kind.SPENDING,
        "kind": Kind.SPENDING,
        **changes,
    }
    session.add(Transaction(user_id=user.user_id, transaction_id=transaction_id, **columns))


def add_recommendation(session: Session, user: User, **changes: Any) -> uuid.UUID:
    """An item with the trace that its sentence stands on: one without figures of signals, which is its own template."""
    book = load_rulebook()
    columns = {
        "recommendation_id": uuid.uuid4(),
        "kind": "education",
        "item_id": "utilization-basics",
        "position": 0,
        "persona": "high_utilization",
        "title": "How utilization works",
        "rationale": "Your Visa is at more than half of its limit.",
        "content": "Utilization is the share of a limit that is used.",
        "disclosure": getattr(book.disclosures, changes.get("kind", "education")),
        "status": "active",
        "rulebook_version": book.version,
        "chosen_on": clock.today(),
        "expires_on": clock.today() + timedelta(days=30),
        "created_at": clock.now(),
        **changes,
    }
    item = Recommendation(user_id=user.user_id, **columns)
    session.add(item)
    session.flush()
    trace = {
        "item": {
            "id": item.item_id,
            "kind": item.kind,
            "card_account_id": None,
            "template": item.rationale,
            "values": {},
            "trigger": [],
        },
        "decision": {"persona": item.persona, "offers": {}, "signals": {"coverage": {"currency": "USD"}}},
    }
    session.add(Trace(user_id=user.user_id, recommendation_id=item.recommendation_id, trace=trace))
    session.flush()
    return item.recommendation_id


def add_signals(session: Session, user: User, window_days: int, **changes: Any) -> None:
    """A row of signals: every count 0, every list empty, unless changed."""
    columns: dict[str, Any] = {"user_id": user.user_id, "window_days": window_days}
    for column in WindowSignals.__table__.columns:
        if not column.nullable and column.name not in columns:
            columns[column.name] = [] if "ARRAY" in repr(column.type) else 0
    session.add(WindowSignals(**{**columns, **changes}))
    session.execute(update(Progress).where(Progress.user_id == user.user_id).values(measured_as_of=TODAY))
    session.flush()
