"""Consent: two purposes, append-only, live for a year, and what a revocation leaves."""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from spendsense.consent import ledger
from spendsense.consent.holdings import DERIVED
from spendsense.consent.people import find_or_create_user
from spendsense.errors import ConsentMissing, InvalidInput
from spendsense.store.models import AuditEvent, Consent, Progress, Stream, User, WindowSignals
from tests.pipeline.people import a_month_of_shopping, run_all

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def ann(session: Session) -> UUID:
    return find_or_create_user(session, "ann@example.com").user_id


def grant(session: Session, user_id: UUID, *purposes: str, at: datetime = NOON) -> None:
    ledger.grant(session, user_id, purposes, method="web", text_version="1", at=at)


def revoke(session: Session, user_id: UUID, purpose: str, at: datetime = NOON) -> dict[str, int]:
    return ledger.revoke(session, user_id, purpose, method="web", text_version="1", at=at)


def test_nobody_has_agreed_to_anything_at_first(session: Session, ann: UUID) -> None:
    assert ledger.state(session, ann, NOON) == ledger.ConsentState(False, False, None, None)
    with pytest.raises(ConsentMissing, match="analysis"):
        ledger.require(session, ann, "analysis", NOON)


def test_a_grant_is_live_from_its_moment_until_the_same_moment_a_year_later(session: Session, ann: UUID) -> None:
    grant(session, ann, "analysis")
    a_year_on = datetime(2027, 3, 1, 12, tzinfo=UTC)
    assert ledger.state(session, ann, NOON).analysis
    assert ledger.state(session, ann, a_year_on - timedelta(microseconds=1)).analysis
    assert not ledger.state(session, ann, a_year_on).analysis


def test_a_year_after_a_leap_day_is_the_first_of_march() -> None:
    assert ledger.a_year_after(datetime(2028, 2, 29, 8, tzinfo=UTC)) == datetime(2029, 3, 1, 8, tzinfo=UTC)


def test_offers_need_analysis(session: Session, ann: UUID) -> None:
    with pytest.raises(ConsentMissing, match="analysis"):
        grant(session, ann, "offers")
    grant(session, ann, "analysis", "offers")
    assert ledger.state(session, ann, NOON).offers


def test_offers_can_be_added_later(session: Session, ann: UUID) -> None:
    grant(session, ann, "analysis")
    grant(session, ann, "offers", at=NOON + timedelta(days=1))
    assert ledger.state(session, ann, NOON + timedelta(days=2)).offers


def test_offers_end_with_an_analysis_that_expired(session: Session, ann: UUID) -> None:
    grant(session, ann, "analysis")
    grant(session, ann, "offers", at=NOON + timedelta(days=30))
    assert not ledger.state(session, ann, datetime(2027, 3, 2, tzinfo=UTC)).offers


@pytest.mark.parametrize("purposes", [[], ["marketing"], ["analysis", "marketing"]])
def test_a_grant_names_known_purposes(session: Session, ann: UUID, purposes: list[str]) -> None:
    with pytest.raises(InvalidInput):
        grant(session, ann, *purposes)
    assert session.scalar(select(func.count()).select_from(Consent)) == 0


def test_revoking_analysis_ends_offers_too_and_is_recorded(session: Session, ann: UUID) -> None:
    grant(session, ann, "analysis", "offers")
    revoke(session, ann, "analysis", at=NOON + timedelta(hours=1))
    assert ledger.state(session, ann, NOON + timedelta(hours=1)) == ledger.ConsentState(False, False, None, None)
    rows = session.execute(select(Consent.purpose, Consent.action).order_by(Consent.at, Consent.purpose)).all()
    assert [tuple(row) for row in rows] == [
        ("analysis", "grant"),
        ("offers", "grant"),
        ("analysis", "revoke"),
        ("offers", "revoke"),
    ]


def test_revoking_offers_leaves_analysis(session: Session, ann: UUID) -> None:
    grant(session, ann, "analysis", "offers")
    revoke(session, ann, "offers")
    assert ledger.state(session, ann, NOON).analysis
    assert not ledger.state(session, ann, NOON).offers


def test_each_change_moves_the_version_on(session: Session, ann: UUID) -> None:
    grant(session, ann, "analysis")
    revoke(session, ann, "analysis")
    assert session.scalars(select(User.consent_version).where(User.user_id == ann)).one() == 2


def test_revoking_deletes_what_was_derived_and_audits_the_counts(session: Session) -> None:
    ann = a_month_of_shopping(session, "ann@example.com")
    bob = a_month_of_shopping(session, "bob@example.com")
    run_all(session, date(2026, 3, 1))
    deleted = ledger.revoke(session, ann, "analysis", method="web", text_version="1", at=NOON)
    assert deleted["signals"] == 3
    assert deleted["streams"] == 1
    assert deleted["personas"] == 3
    assert deleted["recommendations"] >= 3
    for model in DERIVED:
        assert session.scalars(select(model.user_id).where(model.user_id == ann)).all() == [], model.__tablename__
    progress = session.get_one(Progress, ann)
    assert (progress.measured_as_of, progress.named_signals_version, progress.advised_on) == (None, None, None)
    event = session.scalars(select(AuditEvent)).one()
    subject = session.get_one(User, ann).audit_subject
    assert (event.subject, event.event, event.detail) == (subject, "consent.analysis.revoked", {"deleted": deleted})
    for model in (WindowSignals, Stream):
        assert session.scalars(select(model.user_id).where(model.user_id == bob)).all() != []


def test_after_a_new_grant_everything_is_measured_again(session: Session) -> None:
    ann = a_month_of_shopping(session, "ann@example.com")
    run_all(session, date(2026, 3, 1))
    ledger.revoke(session, ann, "analysis", method="web", text_version="1", at=NOON)
    ledger.grant(session, ann, ["analysis"], method="web", text_version="1", at=NOON)
    run_all(session, date(2026, 3, 1))
    assert len(session.scalars(select(WindowSignals.window_days).where(WindowSignals.user_id == ann)).all()) == 3
