"""Personas as they are stored: one a window, a history of changes, and no write without a change."""

import uuid
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from spendsense.personas.assign import NameCounts, name_people
from spendsense.rulebook.load import FOLDER, load_rulebook, read_files, rulebook_of
from spendsense.store.models import Persona, PersonaChange, Progress, RulebookVersion, User
from tests.samples import make_signals, store_person, store_signals

BOOK = load_rulebook()
AT = datetime(2026, 11, 22, 1, 5, tzinfo=UTC)
NEXT = AT + timedelta(days=1)
INTEREST = {"credit.interest_cents": 1234}


def name(session: Session, user_ids: list[uuid.UUID], at: datetime = AT) -> NameCounts:
    counts = name_people(session, user_ids, at.date(), BOOK, at)
    session.expire_all()
    return counts


def changes(session: Session, user_id: uuid.UUID, window_days: int = 90) -> list[tuple[Any, ...]]:
    query = (
        select(PersonaChange.previous_persona, PersonaChange.persona, PersonaChange.as_of)
        .where(PersonaChange.user_id == user_id, PersonaChange.window_days == window_days)
        .order_by(PersonaChange.changed_at)
    )
    return [tuple(row) for row in session.execute(query)]


def test_each_window_has_its_own_persona(session: Session) -> None:
    user_id = store_person(session, "a@example.com", make_signals(), AT, windows=(90, 180))
    store_signals(session, user_id, make_signals(INTEREST), (30,))
    assert name(session, [user_id]) == NameCounts(people=1, written=3, changed=3)
    stored = {row.window_days: row for row in session.scalars(select(Persona))}
    assert {window: row.persona for window, row in stored.items()} == {
        30: "high_utilization",
        90: "general_wellness",
        180: "general_wellness",
    }
    assert stored[30].criteria[1] == {
        "persona": "high_utilization",
        "signal": "credit.interest_cents",
        "operator": ">",
        "threshold": 0,
        "unit": "cents",
        "value": 1234,
        "holds": True,
        "note": None,
    }
    assert (stored[90].reason, stored[90].as_of) == ("none_of_the_criteria", AT.date())


def test_a_change_of_persona_is_a_new_row_in_the_history(session: Session) -> None:
    user_id = store_person(session, "a@example.com", make_signals(), AT)
    name(session, [user_id])
    store_signals(session, user_id, make_signals(INTEREST), (90,))
    assert name(session, [user_id], NEXT) == NameCounts(people=1, written=1, changed=1)
    assert changes(session, user_id) == [
        (None, "general_wellness", AT.date()),
        ("general_wellness", "high_utilization", NEXT.date()),
    ]
    assert changes(session, user_id, 30) == [(None, "general_wellness", AT.date())]


def test_a_value_that_moves_updates_the_criteria_without_a_change(session: Session) -> None:
    user_id = store_person(session, "a@example.com", make_signals({"fees.cents": 100}), AT)
    name(session, [user_id])
    store_signals(session, user_id, make_signals({"fees.cents": 101}), (90,))
    assert name(session, [user_id], NEXT) == NameCounts(people=1, written=1, changed=0)
    assert session.get_one(Progress, user_id).persona_version == 2
    assert len(changes(session, user_id)) == 1


def test_a_rerun_writes_nothing(session: Session) -> None:
    user_id = store_person(session, "a@example.com", make_signals({"income.buffer_months": Decimal("2.5")}), AT)
    name(session, [user_id])
    assert name(session, [user_id], NEXT) == NameCounts(0, 0, 0)
    assert session.get_one(Persona, (user_id, 90)).as_of == AT.date()


def test_signals_that_change_no_criterion_write_no_persona_and_are_passed_on(session: Session) -> None:
    """The version of the persona moves all the same: a recommendation may rest on a signal that is no criterion."""
    user_id = store_person(session, "a@example.com", make_signals(), AT)
    name(session, [user_id])
    store_signals(session, user_id, make_signals({"coverage.rows_seen": 121}), (90,))
    assert name(session, [user_id], NEXT) == NameCounts(people=1, written=0, changed=0)
    progress = session.get_one(Progress, user_id)
    assert progress.named_signals_version == progress.signals_version
    assert progress.persona_version == 2


def test_nobody_without_live_consent_is_named(session: Session) -> None:
    one = store_person(session, "a@example.com", make_signals(), AT)
    other = store_person(session, "b@example.com", make_signals(), AT)
    session.execute(update(User).where(User.user_id == other).values(analysis_until=None))
    assert name(session, [one, other]).people == 1
    assert session.scalars(select(Persona.user_id).distinct()).all() == [one]
    assert session.get_one(Progress, other).named_signals_version is None


def test_only_the_people_that_were_asked_for(session: Session) -> None:
    one = store_person(session, "a@example.com", make_signals(), AT)
    store_person(session, "b@example.com", make_signals(), AT)
    name(session, [one])
    assert session.scalars(select(Persona.user_id).distinct()).all() == [one]
    assert name(session, []) == NameCounts(0, 0, 0)


def test_the_rulebook_that_decided_is_kept(session: Session) -> None:
    user_id = store_person(session, "a@example.com", make_signals(), AT)
    name(session, [user_id])
    content = read_files(FOLDER)
    content["personas.toml"] += "\n# A remark.\n"
    changed = rulebook_of(content)
    assert name_people(session, [user_id], NEXT.date(), changed, NEXT).written == 3
    session.expire_all()
    kept = {row.version: row.content for row in session.scalars(select(RulebookVersion))}
    assert kept == {BOOK.version: dict(BOOK.content), changed.version: content}
    assert session.get_one(Progress, user_id).named_rulebook == changed.version
