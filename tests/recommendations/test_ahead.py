"""A run for a day yet to come, tried out: the next run of today leaves what there would be without it."""

import uuid
from datetime import date, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from spendsense.personas.assign import name_people
from spendsense.recommendations.generate import AdviseCounts, advise
from spendsense.recommendations.reading import read_people
from spendsense.recommendations.replay import replay
from spendsense.rulebook.types import Delivery
from spendsense.store.models import Progress, Recommendation
from spendsense.store.statuses import Reason, Status
from tests.recommendations.advised import (
    AS_OF,
    AT,
    BOOK,
    CARD,
    HIGH,
    active,
    dismiss,
    find,
    high_person,
    life_of,
    rows,
    run,
    states,
)
from tests.samples import make_card, make_signals, store_signals

ITEM = "utilization-explained"
YEAR = 365
LOW = {**HIGH, "credit.max_utilization_ratio": Decimal("0.1000")}
LOW_CARD = make_card(balance_cents=50_000, utilization_ratio=Decimal("0.1000"), utilization_flag_percent=0)


def try_out(session: Session, user_id: uuid.UUID, days: int, delivery: Delivery = "auto") -> AdviseCounts:
    """Names and advises the person at the first moment, for `days` after it."""
    as_of = AS_OF + timedelta(days=days)
    name_people(session, [user_id], as_of, BOOK, AT)
    counts = advise(session, [user_id], as_of, BOOK, AT, None, delivery)
    session.expire_all()
    return counts


def shown(session: Session, user_id: uuid.UUID) -> list[tuple[str, str, int, date]]:
    """What is shown to the person: item, text, place, day of the choice."""
    found = rows(session, user_id, "active")
    return [(row.item_id, row.rationale, row.position, row.chosen_on) for row in found]


@pytest.mark.parametrize("days", [2, 20, 89, 90, 91, YEAR])
@pytest.mark.parametrize("offers", [False, True])
def test_the_next_run_of_today_shows_what_there_was(session: Session, days: int, offers: bool) -> None:
    user_id = high_person(session, offers=offers)
    before = shown(session, user_id)
    try_out(session, user_id, days)
    run(session, user_id)
    assert shown(session, user_id) == before
    kept = states(session)
    run(session, user_id)
    assert states(session) == kept
    assert all(replay(session, row.recommendation_id).is_identical for row in rows(session, user_id))


def test_what_was_chosen_for_that_day_is_withdrawn_with_its_reason(session: Session) -> None:
    user_id = high_person(session)
    try_out(session, user_id, YEAR)
    (ended,) = [row for row in rows(session, user_id, "expired") if row.item_id == ITEM]
    assert ended.ended_at == AT + timedelta(days=YEAR)
    tried = rows(session, user_id, "active")
    assert {row.chosen_on for row in tried} == {AS_OF + timedelta(days=YEAR)}
    counts = run(session, user_id)
    assert counts.ended == len(tried)
    for row in rows(session, user_id, "superseded"):
        assert life_of(session, row)[-1] == ("job", "active", Status.SUPERSEDED, Reason.OTHER)
        assert (row.status_reason, row.ended_at) == ("chosen for a day that is yet to come", AT)
    assert session.get_one(Recommendation, (user_id, ended.recommendation_id)).ended_at == AT


def test_who_was_first_advised_for_that_day_gets_what_there_would_be(session: Session) -> None:
    user_id = high_person(session)
    expected = shown(session, user_id)
    for row in rows(session, user_id):
        session.delete(row)
    session.get_one(Progress, user_id).advised_on = None
    session.commit()
    try_out(session, user_id, YEAR)
    run(session, user_id)
    assert shown(session, user_id) == expected


def test_what_was_dismissed_before_or_meanwhile_does_not_return(session: Session) -> None:
    user_id = high_person(session)
    dismiss(session, user_id)
    run(session, user_id)
    assert ITEM not in active(session, user_id)
    try_out(session, user_id, YEAR)
    assert ITEM in active(session, user_id)
    run(session, user_id)
    assert ITEM not in active(session, user_id)
    run(session, user_id, days=29)
    assert ITEM not in active(session, user_id)


def test_what_was_dismissed_of_the_tried_rests(session: Session) -> None:
    user_id = high_person(session)
    for row in rows(session, user_id):
        session.delete(row)
    session.commit()
    try_out(session, user_id, YEAR)
    dismiss(session, user_id)  # a day later than AT
    run(session, user_id, days=1)
    assert find(session, user_id).status == "dismissed"


def test_what_waits_for_approval_waits_anew(session: Session) -> None:
    user_id = high_person(session, delivery="approval")
    before = [(row.item_id, row.position) for row in rows(session, user_id, "pending_approval")]
    try_out(session, user_id, YEAR, "approval")
    run(session, user_id, delivery="approval")
    after = rows(session, user_id, "pending_approval")
    assert [(row.item_id, row.position) for row in after] == before
    assert {row.chosen_on for row in after} == {AS_OF}


def test_nothing_of_it_rests_when_the_day_has_come(session: Session) -> None:
    user_id = high_person(session)
    try_out(session, user_id, 20)
    run(session, user_id)
    later = AT + timedelta(days=20)
    (subject,) = read_people(session, [user_id], later.date(), BOOK, later, "auto")
    assert subject.person is not None
    ended = {row.item_id for row in subject.person.rows if row.ended_on}
    assert ended <= set(active(session, user_id))


def test_days_yet_to_come_that_follow_each_other_keep_the_rest(session: Session) -> None:
    user_id = high_person(session)
    seen = []
    for days, high in ((5, False), (10, True), (34, True), (35, True)):
        values, card = (HIGH, CARD) if high else (LOW, LOW_CARD)
        store_signals(session, user_id, make_signals(values, cards=(card,)), (30, 90, 180))
        try_out(session, user_id, days)
        seen.append(ITEM in active(session, user_id))
    assert seen == [False, False, False, True]  # it ended on day 5, and rests for 30 days


def test_an_earlier_day_counts_what_ended_since(session: Session) -> None:
    user_id = high_person(session)
    dismiss(session, user_id)
    earlier = AS_OF - timedelta(days=100)
    at = AT + timedelta(days=2)
    advise(session, [user_id], earlier, BOOK, at, None)
    assert ITEM not in active(session, user_id)
    assert session.scalars(select(Progress.advised_on)).one() == earlier
