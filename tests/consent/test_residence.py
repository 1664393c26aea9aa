"""Where a person lives is theirs to say, and offers are looked at again."""

import uuid
from datetime import UTC, date, datetime

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from spendsense.consent.holdings import delete_bank_data
from spendsense.consent.residence import set_state
from spendsense.errors import ConsentMissing, InvalidInput, NotFound
from spendsense.store.models import AuditEvent, Progress, User
from tests.samples import make_signals, store_person

AT = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
LATER = date(2027, 1, 1)


def test_a_change_makes_the_person_stale_and_the_same_again_does_not(session: Session) -> None:
    user_id = store_person(session, "a@example.com", make_signals(), AT)
    revisits = []
    for state in ("CA", "CA", "NV", None):
        session.execute(update(Progress).values(revisit_on=LATER))
        set_state(session, user_id, state, AT)
        session.expire_all()
        revisits.append(session.get_one(Progress, user_id).revisit_on)
    assert revisits == [AT.date(), LATER, AT.date(), AT.date()]
    assert len(session.scalars(select(AuditEvent)).all()) == 3


def test_nobody_is_moved_without_consent_or_to_nowhere(session: Session) -> None:
    user_id = store_person(session, "a@example.com", make_signals(), AT)
    with pytest.raises(InvalidInput):
        set_state(session, user_id, "XX", AT)
    session.execute(update(User).values(analysis_until=AT))
    with pytest.raises(ConsentMissing):
        set_state(session, user_id, "CA", AT)
    assert set_state(session, user_id, None, AT) is None
    with pytest.raises(NotFound):
        set_state(session, uuid.uuid4(), "CA", AT)
    session.expire_all()
    assert session.get_one(User, user_id).state is None


def test_it_goes_with_the_bank_data_and_nobody_elses_does(session: Session) -> None:
    one, other = (store_person(session, email, make_signals(), AT) for email in ("a@example.com", "b@example.com"))
    for user_id in (one, other):
        set_state(session, user_id, "CA", AT)
    delete_bank_data(session, [one])
    session.expire_all()
    assert [session.get_one(User, user_id).state for user_id in (one, other)] == [None, "CA"]
