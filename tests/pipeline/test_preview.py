"""Streams as of any day: from the rows up to it, with nothing stored."""

from datetime import UTC, date, datetime

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.orm import Session

from spendsense.pipeline import preview
from spendsense.pipeline.preview import streams_on
from spendsense.store.models import Progress, Stream, Transaction
from tests.pipeline.people import a_month_of_shopping, break_data, run_all

NOW = datetime.now(UTC)


def test_a_stream_is_there_from_its_third_charge_on(session: Session) -> None:
    a_month_of_shopping(session, "ann@example.com")  # 15.99 on 1 December, 1 January and 1 February
    run_all(session, date(2026, 3, 1))
    assert [stream.last_on for stream in streams_on(date(2026, 2, 1), NOW)] == [date(2026, 2, 1)]
    assert [stream.status(date(2026, 1, 31)) for stream in streams_on(date(2026, 1, 31), NOW)] == ["EARLY_DETECTION"]
    assert list(streams_on(date(2025, 12, 31), NOW)) == []


def test_nothing_is_stored_for_the_day_asked_about(session: Session) -> None:
    ann = a_month_of_shopping(session, "ann@example.com")
    run_all(session, date(2026, 3, 1))
    before = session.execute(text("SELECT stream_id, xmin::text FROM streams")).all()
    list(streams_on(date(2026, 1, 31), NOW))
    assert session.execute(text("SELECT stream_id, xmin::text FROM streams")).all() == before
    assert session.get_one(Progress, ann).measured_as_of == date(2026, 3, 1)


def test_rows_that_no_job_has_seen_are_looked_at_too(session: Session) -> None:
    a_month_of_shopping(session, "ann@example.com")
    assert len(list(streams_on(date(2026, 2, 10), NOW))) == 1
    assert session.scalars(select(Stream)).all() == []


def test_nobody_is_shown_without_consent(session: Session) -> None:
    a_month_of_shopping(session, "ann@example.com", consent=())
    assert list(streams_on(date(2026, 2, 10), NOW)) == []


def test_everybody_comes_in_shards_and_one_person_alone(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    people = sorted(a_month_of_shopping(session, f"p{number}@example.com") for number in range(5))
    monkeypatch.setattr(preview, "SHARD_SIZE", 2)
    assert [stream.user_id for stream in streams_on(date(2026, 2, 10), NOW)] == people
    assert [stream.user_id for stream in streams_on(date(2026, 2, 10), NOW, people[3])] == [people[3]]


def test_whose_data_breaks_it_is_left_out_and_the_others_are_shown(session: Session) -> None:
    people = sorted(a_month_of_shopping(session, f"p{number}@example.com") for number in range(5))
    break_data(session, people[3], date(2026, 2, 10))
    assert [stream.user_id for stream in streams_on(date(2026, 2, 10), NOW)] == [*people[:3], people[4]]
    assert list(streams_on(date(2026, 2, 10), NOW, people[3])) == []
    assert [stream.user_id for stream in streams_on(date(2026, 2, 9), NOW)] == people


def test_names_that_an_older_version_read_are_read_anew(session: Session) -> None:
    user_id = a_month_of_shopping(session, "ann@example.com")
    session.execute(update(Transaction).values(counterparty_key=None))
    session.execute(update(Progress).values(naming_version=1))
    session.commit()
    assert [stream.name for stream in streams_on(date(2026, 2, 1), NOW, user_id)] == ["Flix"]
    assert session.scalars(select(Progress.naming_version)).one() == 1  # nothing of it is stored
