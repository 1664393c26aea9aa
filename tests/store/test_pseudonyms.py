"""The migration that takes people's ids out of the audit, with records that were there before it."""

from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask_migrate import downgrade, upgrade

from spendsense.store.session import db
from tests.databases import application_before

KNOWN, GONE = "00000000-0000-4000-8000-000000000001", "00000000-0000-4000-8000-000000000002"
RECORD = "INSERT INTO audit_events (user_id, at, actor, event, detail) VALUES (:user_id, now(), 'person', :event, '{}')"


@pytest.fixture
def app_before() -> Iterator[Flask]:
    """The application on a database as it was before."""
    with application_before("0013") as app:
        yield app


def ask(statement: str) -> list[tuple[Any, ...]]:
    with db.engine.connect() as connection:
        return [tuple(row) for row in connection.execute(sa.text(statement))]


@pytest.mark.usefixtures("app_before")
def test_each_person_gets_one_pseudonym_and_who_is_gone_stays_unknown() -> None:
    with db.engine.begin() as connection:
        connection.execute(sa.text("INSERT INTO users (user_id, email) VALUES (:id, 'ann@example.com')"), {"id": KNOWN})
        for user_id, event in ((KNOWN, "first"), (KNOWN, "second"), (GONE, "third"), (GONE, "fourth"), (None, "fifth")):
            connection.execute(sa.text(RECORD), {"user_id": user_id, "event": event})
    upgrade(revision="0014")
    subjects = [subject for (subject,) in ask("SELECT subject FROM audit_events ORDER BY event_id")]
    assert (subjects[0], subjects[2], subjects[4]) == (subjects[1], subjects[3], None)
    assert subjects[0] != subjects[2]
    assert ask("SELECT audit_subject FROM users") == [(subjects[0],)]
    everything = " ".join(row for (row,) in ask("SELECT audit_events::text FROM audit_events"))
    assert KNOWN not in everything
    assert GONE not in everything
    downgrade(revision="0013")
    owners = [user_id and str(user_id) for (user_id,) in ask("SELECT user_id FROM audit_events ORDER BY event_id")]
    assert owners == [KNOWN, KNOWN, None, None, None]
