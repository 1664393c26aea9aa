"""An operator's free text stands apart from the chain: changed, it is found; erased, the chain holds."""

import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from spendsense.audit import chain
from spendsense.consent import ledger
from spendsense.consent.rights import erase
from spendsense.operators.acting import Asked, act
from spendsense.store.models import AuditEvent, OperatorAction, User
from spendsense.store.session import db, transaction
from spendsense.store.statuses import Action

AT = datetime(2026, 11, 24, 9, tzinfo=UTC)
NOTE = "She rang and was upset."


@pytest.fixture
def noted(app: Flask) -> uuid.UUID:
    """A person about whom an operator has written two notes."""
    with transaction() as session:
        user = User(email="ann@example.com")
        session.add(user)
        session.flush()
        ledger.grant(session, user.user_id, ("analysis",), method="api", text_version="test", at=AT)
        for note in (NOTE, "Rang back."):
            asked = Asked(Action.NOTE, "other", user_id=user.user_id, note=note)
            act(session, asked, operator=str(uuid.uuid4()), at=AT + timedelta(minutes=1))
    return user.user_id


def change(statement: Callable[[Session], object]) -> chain.Verification:
    with transaction() as session:
        statement(session)
    with transaction() as session:
        return chain.verify(session)


def test_notes_are_in_no_record(noted: uuid.UUID) -> None:
    result = change(lambda _session: None)
    assert (result.is_intact, result.end.position) == (True, 2)
    with db.engine.connect() as connection:
        records = str(connection.execute(sa.select(AuditEvent.__table__)).all())
    assert NOTE not in records
    assert records.count("note_hash") == 2


def test_a_changed_note_is_found(noted: uuid.UUID) -> None:
    changed = sa.update(OperatorAction).where(OperatorAction.note == NOTE).values(note="She rang and was glad.")
    result = change(lambda session: session.execute(changed))
    assert result.fault is not None
    assert (result.fault.kind, result.end.position) == ("note changed", 2)


def test_a_note_that_was_put_in_later_is_found(noted: uuid.UUID) -> None:
    late = OperatorAction(user_id=noted, actor="x", action="note", reason_code="other", note="Never said.", at=AT)
    result = change(lambda session: session.add(late))
    assert result.fault is not None
    assert result.fault.kind == "note changed"


def test_an_erased_note_leaves_the_chain_as_it_is(noted: uuid.UUID) -> None:
    erased = sa.update(OperatorAction).where(OperatorAction.note == NOTE)
    assert change(lambda session: session.execute(erased.values(note=None))).is_intact
    result = change(lambda session: erase(session, noted, AT))
    assert (result.is_intact, result.end.position) == (True, 3)
