"""What time does to consents: notices, the end of each purpose, and how long bank data stays after it."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from spendsense.config import load_settings
from spendsense.consent import ledger, term
from spendsense.consent.holdings import BANK, DERIVED
from spendsense.consent.people import find_or_create_user
from spendsense.consent.rights import personal_tables
from spendsense.errors import ConfigurationError, ConsentMissing
from spendsense.pipeline import upkeep
from spendsense.pipeline.claims import Job, Moment, Scope, Shard
from spendsense.pipeline.run import run_job
from spendsense.plaid.ingest import ingest
from spendsense.plaid.records import Batch
from spendsense.store.models import (
    AuditEvent,
    Consent,
    ConsentNotice,
    Recommendation,
    Transaction,
    Upload,
    User,
    WindowSignals,
)
from tests.pipeline.people import a_month_of_shopping, run_all

AS_OF = date(2026, 3, 1)
GRANTED = datetime(2026, 3, 1, 12, tzinfo=UTC)
ENDS = datetime(2027, 3, 1, 12, tzinfo=UTC)
BOTH = ("analysis", "offers")


def before_the_end(**difference: int) -> datetime:
    return ENDS - timedelta(**difference)


@pytest.fixture
def ann(session: Session) -> UUID:
    """Agreed to both purposes at noon of 1 March 2026."""
    user_id = find_or_create_user(session, "ann@example.com").user_id
    grant(session, user_id, *BOTH)
    return user_id


def grant(session: Session, user_id: UUID, *purposes: str, at: datetime = GRANTED) -> None:
    ledger.grant(session, user_id, purposes, method="web", text_version="1", at=at)
    session.commit()


def revoke(session: Session, user_id: UUID, at: datetime) -> None:
    ledger.revoke(session, user_id, "analysis", method="web", text_version="1", at=at)
    session.commit()


def night(at: datetime, scope: Scope | None = None) -> dict[str, int]:
    """What the nightly run does about consents at that moment."""
    return upkeep.keep_up(scope or Scope(), Moment(at.date(), at, "v1"), lambda: False)


def steps(session: Session, user_id: UUID, purpose: str = "analysis") -> list[int]:
    """The notices that were made, in the order in which they were."""
    made = select(ConsentNotice.days_before).where(ConsentNotice.user_id == user_id, ConsentNotice.purpose == purpose)
    return list(session.scalars(made.order_by(ConsentNotice.made_at)))


def count(session: Session, model: Any, user_id: UUID) -> int:
    return session.scalar(select(func.count()).select_from(model).where(model.user_id == user_id)) or 0


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


def end(session: Session, at: datetime, **purposes: datetime) -> None:
    """Moves the end of everybody's consents."""
    session.execute(update(User).values({f"{name}_until": until for name, until in purposes.items()}))
    session.commit()


def test_an_analysis_that_ended_leaves_nothing_derived_and_is_audited(session: Session) -> None:
    ann, now = advised(session, "ann@example.com", *BOTH), datetime.now(UTC)
    subject = session.get_one(User, ann).audit_subject
    end(session, now, analysis=now)
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
    end(session, now, offers=now)
    assert night(now - timedelta(microseconds=1))["offers_expired"] == 0
    assert night(now)["offers_expired"] == 1
    assert (count(session, Recommendation, ann), count(session, WindowSignals, ann)) == (education, 3)
    (event,) = session.scalars(select(AuditEvent)).all()
    assert (event.event, event.detail) == ("consent.offers.expired", {"deleted": {"recommendations": 1}})
    assert night(now)["offers_expired"] == 0


def test_more_than_one_shard_of_people_ends(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    people = [a_month_of_shopping(session, f"p{number}@example.com") for number in range(7)]
    run_all(session, AS_OF)
    monkeypatch.setattr(upkeep, "SHARD_SIZE", 2)
    now = datetime.now(UTC)
    end(session, now, analysis=now)
    assert run_job(Job.COMPUTE_FEATURES, as_of=AS_OF).counts["consents_expired"] == len(people)
    assert session.scalars(select(WindowSignals)).all() == []
    assert session.scalar(select(func.count()).select_from(AuditEvent)) == len(people)


def test_a_run_out_of_time_goes_on_in_the_next(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(5):
        a_month_of_shopping(session, f"p{number}@example.com")
    run_all(session, AS_OF)
    monkeypatch.setattr(upkeep, "SHARD_SIZE", 2)
    now = datetime.now(UTC)
    end(session, now, analysis=now)
    moment = Moment(AS_OF, now, "v1")
    done = [upkeep.keep_up(Scope(), moment, lambda: True)["consents_expired"] for _ in range(4)]
    assert done == [2, 2, 1, 0]


def test_a_run_ends_the_consents_of_its_own_people(session: Session) -> None:
    people = sorted(a_month_of_shopping(session, f"p{number}@example.com") for number in range(6))
    run_all(session, AS_OF)
    now = datetime.now(UTC)
    end(session, now, analysis=now)
    assert night(now, Scope(user_ids=(people[0],)))["consents_expired"] == 1
    assert sum(night(now, Scope(shard=Shard(index, 2)))["consents_expired"] for index in range(2)) == 5


# --- how long bank data stays ----------------------------------------------------------------------------------------

DAYS = 90


@pytest.fixture
def retention(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONSENT_RETENTION_DAYS", str(DAYS))


@pytest.fixture
def gone(session: Session) -> UUID:
    """A person with bank data of all sorts who agreed on 1 March 2026 and revoked ten days later."""
    user_id = a_month_of_shopping(session, "gone@example.com", consent=())
    grant(session, user_id, *BOTH)
    session.execute(update(User).where(User.user_id == user_id).values(state="OR"))
    session.add(Upload(user_id=user_id, source="api", counts={}, rejects=[{"pointer": "/x", "detail": "y"}]))
    revoke(session, user_id, REVOKED)
    return user_id


REVOKED = GRANTED + timedelta(days=10)


def held(session: Session, user_id: UUID) -> int:
    return sum(count(session, model, user_id) for model in BANK)


@pytest.mark.usefixtures("retention")
def test_bank_data_goes_so_many_days_after_a_revocation(session: Session, gone: UUID) -> None:
    before, version = held(session, gone), session.get_one(User, gone).data_version
    assert night(REVOKED + timedelta(days=DAYS, microseconds=-1))["bank_data_purged"] == 0
    assert held(session, gone) == before > 0
    assert night(REVOKED + timedelta(days=DAYS))["bank_data_purged"] == 1
    assert held(session, gone) == 0
    event = session.scalars(select(AuditEvent).where(AuditEvent.event == "bank_data.purged")).one()
    assert (event.detail["deleted"]["transactions"], event.detail["deleted"]["uploads"]) == (6, 1)
    person = session.get_one(User, gone, populate_existing=True)
    assert (person.data_version, person.state) == (version + 1, None)
    assert count(session, Consent, gone) == 4  # what was agreed to, and taken back
    assert night(REVOKED + timedelta(days=DAYS))["bank_data_purged"] == 0  # once


@pytest.mark.usefixtures("retention")
def test_bank_data_goes_so_many_days_after_an_expiry(session: Session) -> None:
    user_id = a_month_of_shopping(session, "expired@example.com", consent=())
    grant(session, user_id, "analysis")
    assert night(ENDS + timedelta(days=DAYS, microseconds=-1))["bank_data_purged"] == 0
    assert night(ENDS + timedelta(days=DAYS))["bank_data_purged"] == 1


@pytest.mark.usefixtures("retention")
def test_a_revocation_after_the_expiry_does_not_put_it_off(session: Session) -> None:
    user_id = a_month_of_shopping(session, "late@example.com", consent=())
    grant(session, user_id, "analysis")
    revoke(session, user_id, ENDS + timedelta(days=50))
    assert night(ENDS + timedelta(days=DAYS))["bank_data_purged"] == 1


@pytest.mark.usefixtures("retention")
def test_who_agrees_again_before_is_kept(session: Session, gone: UUID) -> None:
    grant(session, gone, "analysis", at=REVOKED + timedelta(days=DAYS - 1))
    before = held(session, gone)
    assert night(REVOKED + timedelta(days=DAYS + 1))["bank_data_purged"] == 0
    assert held(session, gone) == before
    # From then on the new agreement's end counts.
    revoke(session, gone, REVOKED + timedelta(days=DAYS + 2))
    assert night(REVOKED + timedelta(days=DAYS + 3))["bank_data_purged"] == 0
    assert night(REVOKED + timedelta(days=2 * DAYS + 2))["bank_data_purged"] == 1


@pytest.mark.usefixtures("retention")
def test_who_agrees_is_never_purged(session: Session) -> None:
    user_id = a_month_of_shopping(session, "live@example.com")
    night(datetime.now(UTC) + timedelta(days=300))
    assert held(session, user_id) > 0


@pytest.mark.usefixtures("retention")
def test_what_stands_on_the_persons_row_is_looked_at_last(session: Session, gone: UUID) -> None:
    """Who agrees while the night looks for people is not purged: their row is read again once it is locked."""
    late = REVOKED + timedelta(days=2 * DAYS)
    end(session, late, analysis=late + timedelta(microseconds=1))
    assert night(late)["bank_data_purged"] == 0


@pytest.mark.usefixtures("retention")
def test_the_job_purges_more_than_one_shard(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upkeep, "SHARD_SIZE", 2)
    long_ago = datetime.now(UTC) - timedelta(days=400)
    for number in range(5):
        grant(session, a_month_of_shopping(session, f"p{number}@example.com", consent=()), "analysis", at=long_ago)
        session.execute(update(Consent).values(expires_at=long_ago + timedelta(days=10)))
        end(session, long_ago, analysis=long_ago + timedelta(days=10))
    assert run_job(Job.COMPUTE_FEATURES, as_of=AS_OF).counts["bank_data_purged"] == 5
    assert session.scalars(select(Transaction)).all() == []


def test_without_the_setting_bank_data_stays(session: Session, gone: UUID, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CONSENT_RETENTION_DAYS", raising=False)
    before = held(session, gone)
    assert "bank_data_purged" not in night(REVOKED + timedelta(days=36_500))
    assert held(session, gone) == before


def test_zero_days_is_the_next_night(session: Session, gone: UUID, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONSENT_RETENTION_DAYS", "0")
    assert night(REVOKED)["bank_data_purged"] == 1


@pytest.mark.parametrize("value", ["-1", "soon", "1.5", "99999999"])
def test_a_setting_that_is_no_number_of_days_stops_the_start(value: str) -> None:
    with pytest.raises(ConfigurationError, match="CONSENT_RETENTION_DAYS"):
        load_settings({"CONSENT_RETENTION_DAYS": value})


def test_data_of_who_never_agreed_is_not_taken(session: Session) -> None:
    user_id = find_or_create_user(session, "never@example.com").user_id
    with pytest.raises(ConsentMissing):
        ingest(session, user_id, Batch(), source="api", at=GRANTED)
    assert held(session, user_id) == 0


# --- nothing is forgotten --------------------------------------------------------------------------------------------


def test_every_table_of_people_has_its_end() -> None:
    """A new table must say whether it is derived, bank data, or stays until erasure: or hang on one that does."""
    until_erasure = {"users", "progress", "consents", "consent_notices", "operator_actions"}
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
