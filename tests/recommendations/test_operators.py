"""What operators decide about a recommendation: approve, reject, override, each with a reason, within the rules."""

from datetime import timedelta

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.orm import Session

from spendsense.errors import Conflict, ConsentMissing, InvalidInput, NotFound
from spendsense.recommendations import life
from spendsense.recommendations.feedback import record_feedback
from spendsense.recommendations.kept import kept_rulebook
from spendsense.recommendations.replay import replay
from spendsense.rulebook.load import FOLDER, read_files, rulebook_of
from spendsense.rulebook.types import Delivery
from spendsense.store.models import Progress, Recommendation, User
from spendsense.store.statuses import OPERATOR_REASONS, Reason
from tests.recommendations.advised import AT, LATER, dismiss, find, high_person, life_of, run, states
from tests.samples import make_signals, store_person

OLGA = "operator:olga"


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


def test_what_takes_the_place_of_a_held_item_has_a_place_among_the_shown(session: Session) -> None:
    row = find(session, high_person(session, card_name="Act Now Card"))
    assert (row.status, row.position) == ("held", 0)  # held items stand beside those that are shown
    act(session, "override", row, replacement="scam-signs", reason=Reason.UNSUITABLE)
    assert find(session, row.user_id, "scam-signs").position == 1


def test_the_rulebook_of_a_replacement_is_kept_and_decides_it_again(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An operator may be the first to decide by a new rulebook, before any job does."""
    row = find(session, high_person(session))
    files = read_files(FOLDER)
    book = rulebook_of({**files, "offers.toml": f"# Read again\n{files['offers.toml']}"})
    monkeypatch.setattr(life, "load_rulebook", lambda: book)
    act(session, "override", row, replacement="scam-signs", reason=Reason.UNSUITABLE)
    new = find(session, row.user_id, "scam-signs")
    assert new.rulebook_version == book.version
    assert kept_rulebook(session, book.version).content == book.content
    assert replay(session, new.recommendation_id).differences == ()


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
    dismiss(session, user_id)
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
