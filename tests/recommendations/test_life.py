"""The life of a recommendation: which status may follow which, that each change is recorded, and what operators do."""

import itertools
import uuid
from collections.abc import Callable
from contextlib import nullcontext
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from spendsense.consent import ledger
from spendsense.errors import Conflict, ConsentMissing, InvalidInput, NotFound
from spendsense.personas.assign import name_people
from spendsense.recommendations import life
from spendsense.recommendations.changes import Change, change
from spendsense.recommendations.feedback import record_feedback
from spendsense.recommendations.generate import advise
from spendsense.recommendations.moves import MOVES, may_move
from spendsense.rulebook.load import FOLDER, load_rulebook, read_files, rulebook_of
from spendsense.rulebook.types import Delivery, Rulebook
from spendsense.store.models import Progress, Recommendation, RecommendationEvent, User
from spendsense.store.session import raw_cursor
from spendsense.store.statuses import LIVE, OPERATOR_REASONS, Reason, Status
from tests.samples import make_card, make_signals, store_person, store_signals

BOOK = load_rulebook()
AT = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
LATER = AT + timedelta(days=1)
HIGH = {
    "credit.card_count": 1,
    "credit.known_limit_count": 1,
    "credit.max_utilization_ratio": Decimal("0.6800"),
    "credit.is_overdue": False,
}
CARD = make_card(balance_cents=340_000, utilization_ratio=Decimal("0.6800"), utilization_flag_percent=50)
OLGA = "operator:olga"


def run(
    session: Session, user_id: uuid.UUID, days: int = 0, book: Rulebook = BOOK, delivery: Delivery = "auto"
) -> None:
    at = AT + timedelta(days=days)
    name_people(session, [user_id], at.date(), book, at)
    advise(session, [user_id], at.date(), book, at, None, delivery)
    session.expire_all()


def high_person(session: Session, *, offers: bool = False, card_name: str = "Visa", **how: Delivery) -> uuid.UUID:
    """Somebody with a card at 68 % of its limit, advised."""
    card = make_card(
        name=card_name, balance_cents=340_000, utilization_ratio=Decimal("0.6800"), utilization_flag_percent=50
    )
    user_id = store_person(session, "a@example.com", make_signals(HIGH, cards=(card,)), AT, offers=offers)
    run(session, user_id, **how)  # type: ignore[arg-type]
    return user_id


def find(session: Session, user_id: uuid.UUID, item_id: str = "utilization-explained") -> Recommendation:
    session.expire_all()
    query = select(Recommendation).where(Recommendation.user_id == user_id, Recommendation.item_id == item_id)
    return session.scalars(query).one()


def life_of(session: Session, row: Recommendation) -> list[tuple[str, str | None, str, str]]:
    """The events of one recommendation: actor, from, to, reason code."""
    events = session.scalars(
        select(RecommendationEvent)
        .where(RecommendationEvent.recommendation_id == row.recommendation_id)
        .order_by(RecommendationEvent.event_id)
    )
    return [(event.actor, event.from_status, event.to_status, event.reason_code) for event in events]


def states(session: Session) -> list[tuple[str, ...]]:
    """Every recommendation and event, as they stand."""
    return [
        tuple(map(str, row))
        for table in ("recommendations", "recommendation_events", "traces")
        for row in session.execute(text(f"SELECT t.ctid, t.xmin, t.* FROM {table} AS t ORDER BY 3, 4, 5"))
    ]


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


def _dismissed(session: Session, user_id: uuid.UUID) -> None:
    record_feedback(session, user_id, find(session, user_id).recommendation_id, "dismissed", LATER)


@pytest.mark.parametrize(
    ("happens", "actor", "status", "code"),
    [
        (_trigger_gone, "job", "expired", "trigger_gone"),
        (_figure_unknown, "job", "expired", "figure_unknown"),
        (_rulebook_changed, "job", "superseded", "rulebook_changed"),
        (_time_over, "job", "expired", "time_over"),
        (_dismissed, "person", "dismissed", "dismissed"),
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


def act(session: Session, name: str, row: Recommendation, **more: object) -> None:
    options = {"actor": OLGA, "reason": Reason.TEXT_CHECKED, "at": LATER, **more}
    if name == "override":
        options.setdefault("replacement", None)
    getattr(life, name)(session, row.user_id, row.recommendation_id, **options)
    session.expire_all()


def test_what_waits_is_shown_once_it_is_approved(session: Session) -> None:
    row = find(session, high_person(session, delivery="approval"))
    act(session, "approve", row)
    assert (row.status, row.status_reason, row.ended_at) == ("active", None, None)
    assert life_of(session, row)[-1] == (OLGA, "pending_approval", "active", "text_checked")
    run(session, row.user_id, 1)  # and the next night leaves it so
    assert find(session, row.user_id).status == "active"


def test_what_is_rejected_does_not_return_and_another_takes_its_place(session: Session) -> None:
    row = find(session, high_person(session, delivery="approval"))
    act(session, "reject", row, reason=Reason.UNSUITABLE)
    assert (row.status, row.ended_at) == ("rejected", LATER)
    assert life_of(session, row)[-1] == (OLGA, "pending_approval", "rejected", "unsuitable")
    assert session.get_one(Progress, row.user_id).revisit_on == LATER.date()
    run(session, row.user_id, 2, delivery="approval")
    assert find(session, row.user_id).status == "rejected"
    waiting = select(Recommendation.item_id).where(Recommendation.status == "pending_approval")
    assert len(session.scalars(waiting).all()) >= 3


def test_a_held_text_is_not_approved_while_it_fails(session: Session) -> None:
    row = find(session, high_person(session, card_name="Act Now Card"))
    before = states(session)
    with pytest.raises(Conflict, match='does not pass: rationale: pressure: "act now"'):
        act(session, "approve", row)
    assert states(session) == before
    act(session, "reject", row, reason=Reason.UNCLEAR_TEXT)
    assert life_of(session, row)[-1] == (OLGA, "held", "rejected", "unclear_text")


@pytest.mark.parametrize(("delivery", "card_name"), [("auto", "Visa"), ("approval", "Visa"), ("auto", "Act Now Card")])
def test_an_override_ends_what_is_live_with_nothing_in_its_place(
    session: Session, delivery: Delivery, card_name: str
) -> None:
    row = find(session, high_person(session, delivery=delivery, card_name=card_name))
    was = row.status
    act(session, "override", row, reason=Reason.PERSON_ASKED)
    assert row.status == "overridden"
    assert life_of(session, row)[-1] == (OLGA, was, "overridden", "person_asked")
    run(session, row.user_id, 2)
    assert find(session, row.user_id).status == "overridden"


def test_a_replacement_takes_the_place_and_is_shown(session: Session) -> None:
    row = find(session, high_person(session, delivery="approval"))
    act(session, "override", row, replacement="scam-signs", reason=Reason.UNSUITABLE)
    new = find(session, row.user_id, "scam-signs")
    assert (new.status, new.position, new.chosen_on) == ("active", row.position, LATER.date())
    assert "90 days to 23 November 2026" in new.rationale
    assert life_of(session, new) == [(OLGA, None, "active", "chosen")]
    run(session, row.user_id, 2)
    assert find(session, row.user_id, "scam-signs").status == "active"


@pytest.mark.parametrize(
    ("replacement", "said"),
    [
        ("overdue-card-payment", "trigger does not hold"),
        ("offer-fernhill-balance-transfer", "no such item of education"),
        ("no-such-item", "no such item of education"),
        ("utilization-explained", "has this item already"),
        ("savings-in-steps", "trigger does not hold"),
    ],
)
def test_a_replacement_must_fit_the_person(session: Session, replacement: str, said: str) -> None:
    row = find(session, high_person(session))
    before = states(session)
    with pytest.raises(Conflict, match=said):
        act(session, "override", row, replacement=replacement, reason=Reason.UNSUITABLE)
    assert states(session) == before


def test_a_replacement_that_rests_or_fails_its_checks_is_refused(session: Session) -> None:
    user_id = high_person(session)
    gone, other = session.scalars(select(Recommendation).order_by(Recommendation.position).limit(2)).all()
    record_feedback(session, user_id, gone.recommendation_id, "dismissed", AT)
    with pytest.raises(Conflict, match="ended or dismissed lately"):
        act(session, "override", other, replacement=gone.item_id, reason=Reason.UNSUITABLE)
    session.execute(
        update(Recommendation).values(ended_at=AT - timedelta(days=60)).where(Recommendation.status == "dismissed")
    )
    session.execute(text("UPDATE accounts SET name = 'Act Now Card'"))
    with pytest.raises(Conflict, match='does not pass: rationale: pressure: "act now"'):
        act(session, "override", other, replacement=gone.item_id, reason=Reason.UNSUITABLE)


@pytest.mark.parametrize("name", ["approve", "reject"])
def test_what_is_shown_already_is_neither_approved_nor_rejected(session: Session, name: str) -> None:
    row = find(session, high_person(session))
    with pytest.raises(Conflict, match="active can't become"):
        act(session, name, row)


@pytest.mark.parametrize("name", ["approve", "reject", "override"])
def test_what_has_ended_stays_ended(session: Session, name: str) -> None:
    user_id = high_person(session)
    _dismissed(session, user_id)
    with pytest.raises(Conflict, match="dismissed can't become"):
        act(session, name, find(session, user_id))


@pytest.mark.parametrize("name", ["approve", "reject", "override"])
def test_operators_need_a_reason_of_theirs_a_recommendation_and_consent(session: Session, name: str) -> None:
    row = find(session, high_person(session, delivery="approval"))
    with pytest.raises(InvalidInput):
        act(session, name, row, reason=Reason.TIME_OVER)
    stranger = store_person(session, "b@example.com", make_signals(), AT)
    with pytest.raises(NotFound):
        getattr(life, name)(
            session,
            stranger,
            row.recommendation_id,
            actor=OLGA,
            reason=Reason.OTHER,
            at=LATER,
            **({"replacement": None} if name == "override" else {}),
        )
    session.execute(update(User).values(analysis_until=AT))
    with pytest.raises(ConsentMissing):
        act(session, name, row)


def test_what_has_run_out_is_not_approved(session: Session) -> None:
    row = find(session, high_person(session, delivery="approval"))
    with pytest.raises(Conflict, match="run out"):
        act(session, "approve", row, at=AT + timedelta(days=30))
    act(session, "approve", row, at=AT + timedelta(days=29))
    assert row.status == "active"


def test_the_operators_reasons_are_on_the_list() -> None:
    assert set(OPERATOR_REASONS) < set(Reason)
