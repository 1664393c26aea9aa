"""What time does to consents: notices, the end of each purpose, and how long bank data stays after it."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import delete, func, select, text
from sqlalchemy.orm import Session

from spendsense.consent import ledger, term
from spendsense.consent.holdings import BANK, DERIVED
from spendsense.consent.people import find_or_create_user
from spendsense.consent.rights import personal_tables
from spendsense.pipeline import upkeep
from spendsense.pipeline.claims import Job, Moment, Scope, Shard
from spendsense.pipeline.run import run_job
from spendsense.store.models import (
    AuditEvent,
    ConsentNotice,
    Recommendation,
    Trace,
    Transaction,
    User,
    WindowSignals,
)
from tests.consent.nights import AS_OF, BOTH, ENDS, count, end, grant, night, revoke
from tests.pipeline.people import a_month_of_shopping, run_all


def before_the_end(**difference: int) -> datetime:
    return ENDS - timedelta(**difference)


@pytest.fixture
def ann(session: Session) -> UUID:
    """Agreed to both purposes at noon of 1 March 2026."""
    user_id = find_or_create_user(session, "ann@example.com").user_id
    grant(session, user_id, *BOTH)
    return user_id


def steps(session: Session, user_id: UUID, purpose: str = "analysis") -> list[int]:
    """The notices that were made, in the order in which they were."""
    made = select(ConsentNotice.days_before).where(ConsentNotice.user_id == user_id, ConsentNotice.purpose == purpose)
    return list(session.scalars(made.order_by(ConsentNotice.made_at)))


# --- notices ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        (before_the_end(days=30, microseconds=1), []),
        (before_the_end(days=30), [30]),
        (before_the_end(days=7, microseconds=1), [30]),
        (before_the_end(days=7), [7]),
        (before_the_end(days=1, microseconds=1), [7]),
        (before_the_end(days=1), [1]),
        (before_the_end(microseconds=1), [1]),
        (ENDS, []),
    ],
)
def test_a_notice_is_due_from_its_step_on(session: Session, ann: UUID, at: datetime, expected: list[int]) -> None:
    night(at)
    assert steps(session, ann) == expected
    assert steps(session, ann, "offers") == expected


def test_thirty_nights_make_three_notices_a_purpose(session: Session, ann: UUID) -> None:
    told = [night(before_the_end(days=days))["consent_notices"] for days in range(40, 0, -1)]
    assert sum(told) == 3
    assert steps(session, ann) == [30, 7, 1]
    assert steps(session, ann, "offers") == [30, 7, 1]


def test_a_renewal_gives_a_year_from_now_and_takes_the_notice_away(session: Session, ann: UUID) -> None:
    renewed_at = before_the_end(days=20)
    night(before_the_end(days=30))
    assert [(one.purpose, one.days_before) for one in term.notices(session, ann, renewed_at)] == [
        ("analysis", 30),
        ("offers", 30),
    ]
    grant(session, ann, "analysis", at=renewed_at)
    state = ledger.state(session, ann, renewed_at)
    assert (state.analysis_until, state.offers_until) == (renewed_at.replace(year=2028), ENDS)
    assert [one.purpose for one in term.notices(session, ann, renewed_at)] == ["offers"]
    assert night(before_the_end(days=1))["consent_notices"] == 1  # the offers' last
    assert steps(session, ann) == [30]


def test_nobody_is_told_of_a_consent_that_is_gone(session: Session, ann: UUID) -> None:
    night(before_the_end(days=30))
    revoke(session, ann, before_the_end(days=29))
    assert term.notices(session, ann, before_the_end(days=29)) == []
    assert night(before_the_end(days=7))["consent_notices"] == 0


# --- the end ---------------------------------------------------------------------------------------------------------


def advised(session: Session, email: str, *purposes: str) -> UUID:
    """A person with everything derived, one offer among it."""
    user_id = a_month_of_shopping(session, email, consent=purposes)
    run_all(session, AS_OF)
    shown = select(Recommendation).where(Recommendation.user_id == user_id)
    offer = session.scalars(shown.where(Recommendation.kind == "offer")).first() or session.scalars(shown).first()
    assert offer is not None
    offer.kind = "offer"
    session.commit()
    return user_id


def test_an_analysis_that_ended_leaves_nothing_derived_and_is_audited(session: Session) -> None:
    ann, now = advised(session, "ann@example.com", *BOTH), datetime.now(UTC)
    subject = session.get_one(User, ann).audit_subject
    end(session, analysis=now)
    assert night(now - timedelta(microseconds=1))["consents_expired"] == 0
    assert night(now)["consents_expired"] == 1
    assert {model.__tablename__: count(session, model, ann) for model in DERIVED} == dict.fromkeys(
        (model.__tablename__ for model in DERIVED), 0
    )
    assert count(session, Transaction, ann) == 6
    (event,) = session.scalars(select(AuditEvent).where(AuditEvent.subject == subject)).all()
    assert (event.event, event.actor, event.detail["deleted"]["signals"]) == ("consent.analysis.expired", "job", 3)
    assert night(now)["consents_expired"] == 0  # once


def test_offers_that_ended_leave_the_analysis(session: Session) -> None:
    ann, now = advised(session, "ann@example.com", *BOTH), datetime.now(UTC)
    education = count(session, Recommendation, ann) - 1
    end(session, offers=now)
    assert night(now - timedelta(microseconds=1))["offers_expired"] == 0
    assert night(now)["offers_expired"] == 1
    assert (count(session, Recommendation, ann), count(session, WindowSignals, ann)) == (education, 3)
    (event,) = session.scalars(select(AuditEvent)).all()
    assert (event.event, event.detail) == ("consent.offers.expired", {"deleted": {"recommendations": 1}})
    assert [trace["decision"]["offers"] for trace in session.scalars(select(Trace.trace))] == [{}] * education
    assert night(now)["offers_expired"] == 0


def test_traces_that_tell_of_offers_are_reason_enough_where_none_was_shown(session: Session) -> None:
    ann, now = advised(session, "ann@example.com", *BOTH), datetime.now(UTC)
    session.execute(delete(Recommendation).where(Recommendation.kind == "offer"))
    assert any(trace["decision"]["offers"] for trace in session.scalars(select(Trace.trace)))
    end(session, offers=now)
    assert night(now)["offers_expired"] == 1
    assert not any(trace["decision"]["offers"] for trace in session.scalars(select(Trace.trace)))
    assert (count(session, Trace, ann) > 0, night(now)["offers_expired"]) == (True, 0)


def test_more_than_one_shard_of_people_ends(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    people = [a_month_of_shopping(session, f"p{number}@example.com") for number in range(7)]
    run_all(session, AS_OF)
    monkeypatch.setattr(upkeep, "SHARD_SIZE", 2)
    now = datetime.now(UTC)
    end(session, analysis=now)
    assert run_job(Job.COMPUTE_FEATURES, as_of=AS_OF).counts["consents_expired"] == len(people)
    assert session.scalars(select(WindowSignals)).all() == []
    assert session.scalar(select(func.count()).select_from(AuditEvent)) == len(people)


def test_a_run_out_of_time_goes_on_in_the_next(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(5):
        a_month_of_shopping(session, f"p{number}@example.com")
    run_all(session, AS_OF)
    monkeypatch.setattr(upkeep, "SHARD_SIZE", 2)
    now = datetime.now(UTC)
    end(session, analysis=now)
    moment = Moment(AS_OF, now, "v1")
    done = [upkeep.keep_up(Scope(), moment, lambda: True).done["consents_expired"] for _ in range(4)]
    assert done == [2, 2, 1, 0]


def test_whose_data_breaks_it_is_named_and_the_others_are_done(session: Session) -> None:
    people = sorted(a_month_of_shopping(session, f"p{number}@example.com") for number in range(5))
    run_all(session, AS_OF)
    now = datetime.now(UTC)
    end(session, analysis=now)
    refused = "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''refused''; END'"
    only = f"BEFORE DELETE ON signals FOR EACH ROW WHEN (OLD.user_id = '{people[1]}') EXECUTE FUNCTION refuse()"
    session.execute(text(refused))
    session.execute(text(f"CREATE TRIGGER refuse {only}"))
    session.commit()
    try:
        summary = run_job(Job.COMPUTE_FEATURES, as_of=AS_OF)
    finally:
        session.rollback()
        session.execute(text("DROP FUNCTION refuse() CASCADE"))
        session.commit()
    assert (summary.counts["consents_expired"], summary.set_aside) == (4, [str(people[1])])
    assert [count(session, WindowSignals, user_id) > 0 for user_id in people] == [False, True, False, False, False]
    assert night(datetime.now(UTC))["consents_expired"] == 1


def test_a_run_ends_the_consents_of_its_own_people(session: Session) -> None:
    people = sorted(a_month_of_shopping(session, f"p{number}@example.com") for number in range(6))
    run_all(session, AS_OF)
    now = datetime.now(UTC)
    end(session, analysis=now)
    assert night(now, Scope(user_ids=(people[0],)))["consents_expired"] == 1
    assert sum(night(now, Scope(shard=Shard(index, 2)))["consents_expired"] for index in range(2)) == 5


# --- nothing is forgotten --------------------------------------------------------------------------------------------


def test_every_table_of_people_has_its_end() -> None:
    """A new table must say whether it is derived, bank data, or stays until erasure: or hang on one that does."""
    until_erasure = {"users", "progress", "consents", "consent_notices", "operator_actions", "flags"}
    known = {model.__tablename__ for model in (*DERIVED, *BANK)} | until_erasure
    hanging = {
        table.name
        for table in personal_tables()
        if {key.column.table.name for key in table.foreign_keys} & {model.__tablename__ for model in DERIVED}
    }
    assert {table.name for table in personal_tables()} == known | hanging


def test_every_table_of_people_goes_with_the_person() -> None:
    for table in personal_tables():
        if table.name != "users":
            assert table.foreign_keys, table.name
            assert all(key.ondelete == "CASCADE" for key in table.foreign_keys), table.name
