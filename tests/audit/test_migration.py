"""The migration chains the records that were there before it."""

from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from flask import Flask
from flask_migrate import downgrade, upgrade

from spendsense.audit import chain
from spendsense.store.session import db, transaction
from tests.databases import application_before

RECORD = sa.text("INSERT INTO audit_events (at, actor, event, detail) VALUES (now(), 'person', :event, '{}')")


@pytest.fixture
def app_before() -> Iterator[Flask]:
    """The application on a database as it was before."""
    with application_before("0015") as app:
        yield app


def record(event: str) -> None:
    with db.engine.begin() as connection:
        connection.execute(RECORD, {"event": event})


def links() -> list[tuple[int, int]]:
    with db.engine.connect() as connection:
        found = sa.text("SELECT position, event_id FROM audit_links ORDER BY position")
        return [tuple(row) for row in connection.execute(found)]


@pytest.mark.usefixtures("app_before")
def test_earlier_records_are_chained_in_their_order_and_later_ones_after_them() -> None:
    for event in ("first", "second", "third"):
        record(event)
    upgrade(revision="0017")
    record("fourth")
    assert links() == [(1, 1), (2, 2), (3, 3), (4, 4)]
    with transaction() as session:
        whole = chain.verify(session)
    assert (whole.is_intact, whole.end.position) == (True, 4)
    downgrade(revision="0015")
    with db.engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM audit_events WHERE event_id = 2")  # nothing refuses it any more
    record("fifth")
    upgrade(revision="0017")
    assert links() == [(1, 1), (2, 3), (3, 4), (4, 5)]
    with transaction() as session:
        assert chain.verify(session).is_intact
