"""The demo people come out as the personas that their histories are written for, whatever the day."""

from datetime import date, timedelta
from uuid import UUID

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from spendsense.local.demo import load
from spendsense.local.demo_people import PEOPLE, payload_of
from spendsense.local.report import format_report, make_report
from spendsense.personas.rules import assign
from spendsense.pipeline.run import refresh
from spendsense.rulebook.load import load_rulebook
from spendsense.signals.compute import measure
from spendsense.signals.read import load as load_signals
from spendsense.store.models import Account, Recommendation, Transaction, User


def _ids(session: Session) -> dict[str, UUID]:
    return {user.email: user.user_id for user in session.scalars(select(User))}


@pytest.mark.parametrize("on", [date(2026, 11, 22) + timedelta(days=31 * number) for number in range(0, 12, 2)])
def test_each_person_is_their_persona(session: Session, on: date) -> None:
    load(on)
    ids = _ids(session)
    loaded = [person for person in PEOPLE if person.purposes]
    measure(session, [ids[person.email] for person in loaded], on)
    signals = load_signals(session, [ids[person.email] for person in loaded], [90])
    rulebook = load_rulebook()
    found = {person.email: assign(signals[ids[person.email], 90], rulebook).persona for person in loaded}
    assert found == {person.email: person.persona for person in loaded}


def test_who_has_not_agreed_has_nothing_stored(session: Session) -> None:
    report = load(date(2026, 11, 22))
    hal = select(User.user_id).where(User.email == "hal@demo.example").scalar_subquery()
    assert report.refused == ("hal@demo.example",)
    assert session.scalar(select(func.count()).select_from(Account).where(Account.user_id == hal)) == 0


def test_loading_again_changes_nothing_and_the_next_day_adds_to_it(session: Session) -> None:
    on = date(2026, 11, 22)
    first, again = load(on), load(on)
    rows = session.scalar(select(func.count()).select_from(Transaction))
    next_day = load(on + timedelta(days=1))
    assert first.changed_rows > 2_000
    assert again.changed_rows == 0
    assert 0 < next_day.changed_rows < 100
    assert (session.scalar(select(func.count()).select_from(Transaction)) or 0) - (rows or 0) in range(30)


def test_histories_hold_what_a_bank_would_send() -> None:
    text = "".join(payload_of(person, date(2026, 11, 22)).decode() for person in PEOPLE)
    for part in ("BONUS", "Shoe House", "-pending", "INTEREST CHARGE", "TRANSFER TO SAVINGS", "PAYMENT - THANK YOU"):
        assert part in text


def test_the_table_names_persona_figures_and_reason(session: Session) -> None:
    on = date(2026, 11, 22)
    load(on)
    for user_id in _ids(session).values():
        refresh(user_id, on)
    report = make_report(session)
    ada = report.rows[0]
    assert (ada.email, ada.persona, len(ada.figures)) == ("ada@demo.example", "high_utilization", 3)
    # 3,400 of 5,000 is 68 %
    assert ada.figures[0] == "credit.max_utilization_ratio 68 % (>= 50 %)"
    assert {len(row.figures) for row in report.rows if row.persona} == {3}
    assert ada.title in session.scalars(select(Recommendation.title)).all()
    assert ada.rationale
    gia = next(row for row in report.rows if row.email == "gia@demo.example")
    assert (gia.persona, gia.figures) == (None, ("coverage.days_seen 12 (not >= 30)",))
    lines = format_report(report, 120)
    assert max(map(len, lines)) <= 120
    assert lines[-1] == "Not agreed, so nothing is stored: hal@demo.example"
    assert "and 6 more" in format_report(make_report(session, 2))


def test_two_people_of_one_persona_read_different_texts(session: Session) -> None:
    on = date(2026, 11, 22)
    load(on)
    for user_id in _ids(session).values():
        refresh(user_id, on)
    ada, ivy = (row for row in make_report(session).rows if row.persona == "high_utilization")
    assert (ada.email, ivy.email) == ("ada@demo.example", "ivy@demo.example")
    assert ada.title != ivy.title
    shown = {
        email: set(session.scalars(select(Recommendation.item_id).where(Recommendation.user_id == user_id)).all())
        for email, user_id in _ids(session).items()
    }
    assert shown[ada.email] - shown[ivy.email]
    assert shown[ivy.email] - shown[ada.email]
