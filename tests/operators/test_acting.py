"""What an operator does is done, recorded and audited together, or not at all."""

import uuid

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.orm import Session

from spendsense.consent import ledger, rights
from spendsense.consent.export import Part, Place, read, tables
from spendsense.errors import Conflict, ConsentMissing, InvalidInput, NotFound
from spendsense.operators.acting import Asked, act, hash_of
from spendsense.store.audit import pseudonym
from spendsense.store.models import Flag, OperatorAction, User
from spendsense.store.statuses import ACTION_REASONS, REASONS_FOR, Action
from tests.operators.acted import OLGA, audited, do
from tests.recommendations.advised import AT, LATER, find, high_person, life_of, states

CANARY = "zqx called us about her rent"
OF_RECOMMENDATIONS = (Action.APPROVE, Action.REJECT, Action.OVERRIDE)
OF_PEOPLE = (Action.FLAG, Action.UNFLAG, Action.NOTE)


@pytest.mark.parametrize(
    ("action", "ends_as"), [(Action.APPROVE, "active"), (Action.REJECT, "rejected"), (Action.OVERRIDE, "overridden")]
)
def test_a_decision_is_made_recorded_and_audited(session: Session, action: Action, ends_as: str) -> None:
    row = find(session, high_person(session, delivery="approval"))
    done = do(session, action, row, reason_code="unsuitable", note=CANARY)
    assert row.status == ends_as
    assert life_of(session, row)[-1] == (f"operator:{OLGA}", "pending_approval", ends_as, "unsuitable")
    assert (done.actor, done.action, done.reason_code, done.note) == (OLGA, action, "unsuitable", CANARY)
    assert (done.from_status, done.to_status) == ("pending_approval", ends_as)
    assert (done.recommendation_id, done.at) == (row.recommendation_id, LATER)
    (event,) = audited(session)
    subject = session.scalars(select(User.audit_subject)).one()
    assert (event.subject, event.actor, event.event) == (subject, pseudonym(f"operator:{OLGA}"), f"operator.{action}")
    assert event.detail == {
        "reason_code": "unsuitable",
        "from_status": "pending_approval",
        "to_status": ends_as,
        "note_hash": hash_of(CANARY, done.note_salt),
        "kind": "education",
        "item": "utilization-explained",
    }


def test_an_override_names_what_took_the_place(session: Session) -> None:
    row = find(session, high_person(session, delivery="approval"))
    done = do(session, Action.OVERRIDE, row, replacement="scam-signs")
    new = find(session, row.user_id, "scam-signs")
    assert (done.replacement_id, new.status) == (new.recommendation_id, "active")
    assert audited(session)[0].detail["replacement"] == "scam-signs"


def test_a_flag_stands_until_it_is_taken_away(session: Session) -> None:
    user_id = high_person(session)
    done = do(session, Action.FLAG, user_id, reason_code="vulnerable")
    flag = session.get_one(Flag, user_id)
    assert (flag.action_id, flag.reason_code, flag.flagged_at) == (done.action_id, "vulnerable", LATER)
    with pytest.raises(Conflict, match="flagged already"):
        do(session, Action.FLAG, user_id)
    do(session, Action.UNFLAG, user_id, reason_code="resolved")
    assert session.get(Flag, user_id) is None
    with pytest.raises(Conflict, match="not flagged"):
        do(session, Action.UNFLAG, user_id)
    assert [(event.event, event.detail["to_status"]) for event in audited(session)] == [
        ("operator.flag", "flagged"),
        ("operator.unflag", "unflagged"),
    ]


def test_a_note_is_kept_beside_its_hash(session: Session) -> None:
    user_id = high_person(session)
    done = do(session, Action.NOTE, user_id, note=CANARY)
    assert (done.note, done.from_status, done.to_status) == (CANARY, None, None)
    assert audited(session)[0].detail == {"reason_code": "other", "note_hash": hash_of(CANARY, done.note_salt)}


def test_the_same_text_has_another_hash_each_time(session: Session) -> None:
    user_id = high_person(session)
    for _ in range(2):
        do(session, Action.NOTE, user_id, note=CANARY)
    first, second = audited(session)
    assert first.detail["note_hash"] != second.detail["note_hash"]


@pytest.mark.parametrize("note", [None, ""])
def test_a_note_needs_a_text(session: Session, note: str | None) -> None:
    with pytest.raises(InvalidInput, match="needs a text"):
        do(session, Action.NOTE, high_person(session), note=note)


@pytest.mark.parametrize("action", [*OF_RECOMMENDATIONS, *OF_PEOPLE])
def test_a_reason_is_one_of_the_list_of_the_action(session: Session, action: Action) -> None:
    user_id = high_person(session, delivery="approval")
    target = find(session, user_id) if action in OF_RECOMMENDATIONS else user_id
    before = states(session)
    for code in {*ACTION_REASONS, "", "because", "trigger_gone"} - {*REASONS_FOR[action]}:
        with pytest.raises(InvalidInput, match="a reason is one of"):
            do(session, action, target, reason_code=code, note="a text")
    assert (states(session), audited(session)) == (before, [])


@pytest.mark.parametrize("action", [*OF_RECOMMENDATIONS, *OF_PEOPLE])
def test_nobody_acts_on_a_person_who_does_not_agree(session: Session, action: Action) -> None:
    user_id = high_person(session, delivery="approval")
    target = find(session, user_id) if action in OF_RECOMMENDATIONS else user_id
    session.execute(update(User).values(analysis_until=AT))
    before = states(session)
    with pytest.raises(ConsentMissing):
        do(session, action, target, note="a text")
    assert (states(session), audited(session)) == (before, [])
    assert session.scalars(select(OperatorAction)).all() == []


def test_an_offer_is_acted_on_under_consent_to_offers_alone(session: Session) -> None:
    user_id = high_person(session, offers=True, delivery="approval")
    offer = find(session, user_id, "offer-fernhill-balance-transfer")
    session.execute(update(User).values(offers_until=AT))
    with pytest.raises(ConsentMissing, match="offers"):
        do(session, Action.APPROVE, offer)
    do(session, Action.APPROVE, find(session, user_id))  # education is no offer


def test_who_or_what_is_not_there_is_not_found(session: Session) -> None:
    for asked in (
        Asked(Action.APPROVE, "other", recommendation_id=uuid.uuid4()),
        Asked(Action.FLAG, "other", user_id=uuid.uuid4()),
    ):
        with pytest.raises(NotFound):
            act(session, asked, operator=OLGA, at=LATER)


def test_a_second_approval_finds_nothing_to_approve(session: Session) -> None:
    row = find(session, high_person(session, delivery="approval"))
    do(session, Action.APPROVE, row)
    with pytest.raises(Conflict, match="active can't become active"):
        do(session, Action.APPROVE, row)
    assert len(audited(session)) == 1


def test_after_erasure_the_text_is_nowhere_and_the_codes_stay(session: Session) -> None:
    user_id = high_person(session, delivery="approval")
    row = find(session, user_id)
    done = do(session, Action.REJECT, row, note=CANARY)
    do(session, Action.FLAG, user_id, note=CANARY)
    gone = [CANARY, str(done.action_id), str(done.note_salt), str(row.recommendation_id), str(user_id)]
    rights.erase(session, user_id, LATER)
    names = session.scalars(
        text("SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'")
    ).all()
    everything = " ".join(
        row for name in names for row in session.scalars(text(f'SELECT r::text FROM "{name}" AS r')).all()
    )
    assert [mark for mark in gone if mark in everything] == []
    assert [event.event for event in audited(session)] == ["operator.reject", "operator.flag"]


def test_a_flag_and_the_notes_stay_when_consent_ends(session: Session) -> None:
    """They are the operators' word, not derived: shown to nobody until the person agrees again."""
    user_id = high_person(session)
    do(session, Action.FLAG, user_id, note="a text")
    ledger.revoke(session, user_id, "analysis", method="api", text_version="1", at=LATER)
    assert session.get(Flag, user_id) is not None
    assert session.scalars(select(OperatorAction.note)).all() == ["a text"]


def test_an_export_has_the_text_and_neither_who_wrote_it_nor_the_salt(session: Session) -> None:
    user_id = high_person(session)
    done = do(session, Action.NOTE, user_id, note=CANARY)
    whole = Part(Place(tables()[0].name), None)
    rows = b" ".join(row for _, row in read(session, user_id, [], whole)).decode()
    assert CANARY in rows
    assert OLGA not in rows
    assert str(done.note_salt) not in rows
