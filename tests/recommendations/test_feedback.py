"""What a person says of an item needs the consent that the item was shown under."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from spendsense.errors import ConsentMissing
from spendsense.recommendations.feedback import record_feedback
from spendsense.store.models import Feedback, User
from tests.recommendations.advised import AT, LATER, find, high_person, states

OFFER = "offer-fernhill-balance-transfer"


@pytest.mark.parametrize("verdict", ["helpful", "clicked", "dismissed"])
def test_of_an_offer_nothing_is_said_once_offers_are_not_agreed_to(session: Session, verdict: str) -> None:
    user_id = high_person(session, offers=True)
    offer, item = find(session, user_id, OFFER), find(session, user_id)
    session.execute(update(User).values(offers_until=LATER))  # it ends at this very moment
    before = states(session)
    with pytest.raises(ConsentMissing) as refused:
        record_feedback(session, user_id, offer.recommendation_id, verdict, LATER)
    assert refused.value.purpose == "offers"
    assert states(session) == before
    assert session.scalars(select(Feedback)).all() == []
    record_feedback(session, user_id, item.recommendation_id, "helpful", LATER)
    record_feedback(session, user_id, offer.recommendation_id, verdict, LATER - timedelta(seconds=1))
    assert len(session.scalars(select(Feedback)).all()) == 2


def test_without_consent_to_the_analysis_nothing_is_said_at_all(session: Session) -> None:
    user_id = high_person(session)
    item = find(session, user_id)
    session.execute(update(User).values(analysis_until=AT))
    with pytest.raises(ConsentMissing) as refused:
        record_feedback(session, user_id, item.recommendation_id, "helpful", AT)
    assert refused.value.purpose == "analysis"
