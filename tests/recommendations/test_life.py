"""The life of a recommendation: which status may follow which, and that each change is recorded."""

import itertools
import uuid
from collections.abc import Callable
from contextlib import nullcontext
from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from spendsense.consent import ledger
from spendsense.errors import Conflict
from spendsense.recommendations.changes import Change, change
from spendsense.recommendations.feedback import record_feedback
from spendsense.recommendations.moves import MOVES, may_move
from spendsense.rulebook.load import FOLDER, read_files, rulebook_of
from spendsense.rulebook.types import Delivery
from spendsense.store.models import Recommendation, RecommendationEvent, User
from spendsense.store.session import raw_cursor
from spendsense.store.statuses import LIVE, Reason, Status
from tests.recommendations.advised import AT, CARD, HIGH, LATER, dismiss, find, high_person, life_of, run, states
from tests.samples import make_card, make_signals, store_person, store_signals


def test_the_database_refuses_what_the_table_of_moves_does(session: Session) -> None:
    row = find(session, high_person(session))
    statement = text(
        "INSERT INTO recommendation_events"
        " (user_id, recommendation_id, at, actor, from_status, to_status, reason_code)"
        " VALUES (:user, :id, now(), 'test', :before, :after, 'other')"
    )
    for before, after in itertools.product([None, *Status], Status):
        parameters = {"user": row.user_id, "id": row.recommendation_id, "before": before, "after": after}
        fate = nullcontext() if may_move(before, after) else pytest.raises(IntegrityError, match="events_move")
        with fate, session.begin_nested():
            session.execute(statement, parameters)


def test_what_has_ended_has_ended_and_everything_live_can_end() -> None:
    assert set(MOVES) == {None, *LIVE}
    assert MOVES[None] == set(LIVE)
    for status in LIVE:
        assert {Status.SUPERSEDED, Status.EXPIRED, Status.OVERRIDDEN} <= MOVES[status]
    assert Status.DISMISSED not in MOVES[Status.HELD]  # nobody has seen it
    assert Status.REJECTED not in MOVES[Status.ACTIVE]  # somebody has


def test_a_reason_that_is_not_on_the_list_is_refused(session: Session) -> None:
    row = find(session, high_person(session))
    with pytest.raises(IntegrityError, match="reason_code"):
        session.execute(
            text(
                "INSERT INTO recommendation_events (user_id, recommendation_id, at, actor, to_status, reason_code)"
                " VALUES (:user, :id, now(), 'test', 'active', 'because')"
            ),
            {"user": row.user_id, "id": row.recommendation_id},
        )


@pytest.mark.parametrize(
    ("how", "status", "code"),
    [
        ({}, "active", "chosen"),
        ({"delivery": "approval"}, "pending_approval", "awaits_approval"),
        ({"card_name": "Act Now Card"}, "held", "text_failed"),
        ({"card_name": "Act Now Card", "delivery": "approval"}, "held", "text_failed"),
    ],
)
def test_the_first_event_says_how_it_began(session: Session, how: dict[str, str], status: str, code: str) -> None:
    row = find(session, high_person(session, **how))  # type: ignore[arg-type]
    assert row.status == status
    assert life_of(session, row) == [("job", None, status, code)]


@pytest.mark.parametrize(("stage", "item", "status"), [
    ("auto", "auto", "active"),
    ("approval", "auto", "pending_approval"),
    ("auto", "approval", "pending_approval"),
    ("approval", "approval", "pending_approval"),
])  # fmt: skip
def test_of_stage_and_item_the_stricter_delivery_wins(
    session: Session, stage: Delivery, item: str, status: str
) -> None:
    content = read_files(FOLDER)
    name = "education/card_balances.toml"
    content[name] = content[name].replace('topic = "credit"', f'topic = "credit"\ndelivery = "{item}"', 1)
    user_id = store_person(session, "a@example.com", make_signals(HIGH, cards=(CARD,)), AT)
    run(session, user_id, 0, rulebook_of(content), stage)
    assert find(session, user_id).status == status


def _trigger_gone(session: Session, user_id: uuid.UUID) -> None:
    store_signals(
        session, user_id, make_signals(HIGH | {"credit.max_utilization_ratio": Decimal("0.1")}), (30, 90, 180)
    )
    run(session, user_id, 1)


def _figure_unknown(session: Session, user_id: uuid.UUID) -> None:
    card = make_card(limit_cents=None, balance_cents=340_000, utilization_ratio=Decimal("0.6800"))
    store_signals(session, user_id, make_signals(HIGH, cards=(card,)), (30, 90, 180))
    run(session, user_id, 1)


def _rulebook_changed(session: Session, user_id: uuid.UUID) -> None:
    content = read_files(FOLDER)
    name = "education/card_balances.toml"
    content[name] = content[name].replace('topic = "credit"', 'topic = "cards"', 1)
    session.execute(update(Recommendation).values(rulebook_version="an earlier one"))
    run(session, user_id, 1, rulebook_of(content))


def _time_over(session: Session, user_id: uuid.UUID) -> None:
    run(session, user_id, 30)


@pytest.mark.parametrize(
    ("happens", "actor", "status", "code"),
    [
        (_trigger_gone, "job", "expired", "trigger_gone"),
        (_figure_unknown, "job", "expired", "figure_unknown"),
        (_rulebook_changed, "job", "superseded", "rulebook_changed"),
        (_time_over, "job", "expired", "time_over"),
        (dismiss, "person", "dismissed", "dismissed"),
    ],
)
def test_each_end_is_recorded_with_actor_and_reason(
    session: Session, happens: Callable[[Session, uuid.UUID], None], actor: str, status: str, code: str
) -> None:
    user_id = high_person(session)
    row = find(session, user_id)
    happens(session, user_id)
    session.refresh(row)
    assert row.status == status
    assert row.ended_at is not None
    assert life_of(session, row) == [("job", None, "active", "chosen"), (actor, "active", status, code)]


def test_a_new_wording_of_the_disclosure_is_issued_anew(session: Session) -> None:
    user_id = high_person(session)
    before = find(session, user_id)
    content = read_files(FOLDER)
    content["disclosures.toml"] = content["disclosures.toml"].replace("some of it may be", "parts of it may be")
    book = rulebook_of(content)
    run(session, user_id, 1, book)
    session.refresh(before)
    assert life_of(session, before)[-1] == ("job", "active", "superseded", "rulebook_changed")
    query = select(Recommendation.disclosure).where(Recommendation.status == "active")
    assert set(session.scalars(query)) == {book.disclosures.education}


def test_offers_end_with_the_reason_that_ended_them(session: Session) -> None:
    user_id = high_person(session, offers=True)
    offer = find(session, user_id, "offer-fernhill-balance-transfer")
    session.execute(update(User).values(offers_until=None, consent_version=User.consent_version + 1))
    run(session, user_id, 1)
    assert life_of(session, offer)[-1] == ("job", "active", "superseded", "consent_ended")


def test_every_life_is_whole(session: Session) -> None:
    """A life begins once, each step starts where the last one ended, and the last one is where the row stands."""
    user_id = high_person(session, offers=True, card_name="Act Now Card")
    for days in range(1, 100, 7):
        card = make_card(
            balance_cents=1, utilization_ratio=Decimal(days % 4) / 4, name="Act Now Card" if days % 2 else "V"
        )
        changes = {"credit.max_utilization_ratio": Decimal(days % 4) / 4, "fees.count": days % 3, "fees.cents": 700}
        store_signals(session, user_id, make_signals(HIGH | changes, cards=(card,)), (30, 90, 180))
        run(session, user_id, days, delivery="approval" if days % 3 == 0 else "auto")
        store_day = AT + timedelta(days=days)
        shown = session.scalars(select(Recommendation).where(Recommendation.status == "active")).first()
        if shown is not None and days % 5 == 0:
            record_feedback(session, user_id, shown.recommendation_id, "dismissed", store_day)
    session.expire_all()
    rows = session.scalars(select(Recommendation)).all()
    assert len({row.status for row in rows}) >= 4
    for row in rows:
        steps = life_of(session, row)
        assert steps[0][1] is None
        assert [step[2] for step in steps[:-1]] == [step[1] for step in steps[1:]]
        assert steps[-1][2] == row.status
        assert (row.ended_at is None) == (row.status in LIVE)


def test_a_rerun_records_nothing(session: Session) -> None:
    user_id = high_person(session, offers=True)
    before = states(session)
    run(session, user_id)
    assert states(session) == before


def test_a_move_that_is_not_allowed_changes_nothing(session: Session) -> None:
    row = find(session, high_person(session))
    before = states(session)
    step = Change(str(row.user_id), str(row.recommendation_id), Status.ACTIVE, Status.REJECTED, Reason.OTHER, None)
    with raw_cursor(session) as cursor, pytest.raises(Conflict, match="active can't become rejected"):
        change(cursor, [step], actor="test", at=AT)
    assert states(session) == before


def test_a_status_that_has_changed_meanwhile_is_left_alone(session: Session) -> None:
    row = find(session, high_person(session))
    before = states(session)
    step = Change(str(row.user_id), str(row.recommendation_id), Status.HELD, Status.REJECTED, Reason.OTHER, None)
    with raw_cursor(session) as cursor:
        assert change(cursor, [step], actor="test", at=AT) == 0
    assert states(session) == before


def test_events_go_with_the_person(session: Session) -> None:
    user_id = high_person(session)
    ledger.revoke(session, user_id, "analysis", method="api", text_version="1", at=LATER)
    assert session.scalars(select(RecommendationEvent)).all() == []
