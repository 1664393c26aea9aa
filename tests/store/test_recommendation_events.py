"""The migration that records the lives of recommendations, with recommendations that were there before it."""

from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from flask import Flask
from flask_migrate import downgrade, upgrade

from spendsense.store.session import db
from spendsense.store.statuses import LIVE, Status
from tests.databases import application_before

ANN = "00000000-0000-4000-8000-000000000001"
ITEM = """
    INSERT INTO recommendations (
        user_id, kind, item_id, position, title, rationale, content, disclosure, status, status_reason,
        rulebook_version, chosen_on, expires_on, created_at, ended_at
    )
    VALUES (
        :user, 'education', :status, 1, '', '', '', '', :status, 'a reason', 'v1', '2026-11-01', '2026-12-01',
        '2026-11-01 12:00Z', :ended
    )
"""


@pytest.fixture
def app_before() -> Iterator[Flask]:
    """The application on a database as it was before."""
    with application_before("0012") as app:
        yield app


@pytest.mark.usefixtures("app_before")
def test_what_was_there_gets_a_life_that_ends_where_it_stands() -> None:
    before = [*LIVE, Status.SUPERSEDED, Status.EXPIRED, Status.DISMISSED]  # the others could not be reached yet
    with db.engine.begin() as connection:
        connection.execute(sa.text("INSERT INTO users (user_id, email) VALUES (:id, 'ann@example.com')"), {"id": ANN})
        for status in before:
            ended = None if status in LIVE else "2026-11-09 12:00Z"
            connection.execute(sa.text(ITEM), {"user": ANN, "status": status, "ended": ended})
    upgrade(revision="0013")
    query = sa.text(
        "SELECT r.status, e.from_status, e.to_status, e.reason_code, to_char(e.at AT TIME ZONE 'UTC', 'DD')"
        " FROM recommendations AS r JOIN recommendation_events AS e USING (user_id, recommendation_id)"
        " ORDER BY r.status, e.event_id"
    )
    with db.engine.connect() as connection:
        found = [tuple(row) for row in connection.execute(query)]
    expected = [(status, None, status, "before_records", "01") for status in LIVE]
    for status in before[len(LIVE) :]:
        expected.append((status, None, "active", "before_records", "01"))
        expected.append((status, "active", status, "before_records", "09"))
    assert sorted(found, key=str) == sorted(expected, key=str)
    downgrade(revision="0012")
    assert "recommendation_events" not in sa.inspect(db.engine).get_table_names()
