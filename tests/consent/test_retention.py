"""How long bank data stays after a person's consent has ended, and whom the nightly purge leaves alone."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from spendsense.config import load_settings
from spendsense.consent.holdings import BANK
from spendsense.consent.people import find_or_create_user
from spendsense.errors import ConfigurationError, ConsentMissing
from spendsense.pipeline import upkeep
from spendsense.pipeline.claims import Job
from spendsense.pipeline.run import run_job
from spendsense.plaid.ingest import ingest
from spendsense.plaid.records import Batch
from spendsense.store.models import AuditEvent, Consent, Transaction, Upload, User
from tests.consent.nights import AS_OF, BOTH, ENDS, GRANTED, count, end, grant, night, revoke
from tests.pipeline.people import a_month_of_shopping

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
    end(session, analysis=late + timedelta(microseconds=1))
    assert night(late)["bank_data_purged"] == 0


@pytest.mark.usefixtures("retention")
def test_the_job_purges_more_than_one_shard(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upkeep, "SHARD_SIZE", 2)
    long_ago = datetime.now(UTC) - timedelta(days=400)
    for number in range(5):
        grant(session, a_month_of_shopping(session, f"p{number}@example.com", consent=()), "analysis", at=long_ago)
        session.execute(update(Consent).values(expires_at=long_ago + timedelta(days=10)))
        end(session, analysis=long_ago + timedelta(days=10))
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
