"""Why an item was chosen is told by the rulebook that chose it, whatever is in force by now."""

import uuid

import pytest
from sqlalchemy.orm import Session

from spendsense.recommendations import told
from tests.recommendations.advised import LATER, find, for_nobody, high_person

ITEM = "utilization-explained"


@pytest.fixture
def user_id(session: Session, monkeypatch: pytest.MonkeyPatch) -> uuid.UUID:
    """Somebody who was advised before the item was taken from everybody's persona."""
    user_id = high_person(session)
    monkeypatch.setattr(told, "load_rulebook", lambda: for_nobody(ITEM))
    return user_id


def test_operators_are_told_what_held_then(session: Session, user_id: uuid.UUID) -> None:
    found = told.tell_operator(session, user_id, LATER, None, 20)
    (one,) = [one for one in found if one.recommendation.item_id == ITEM]
    assert one.why.is_for_persona


def test_the_person_is_told_what_held_then(session: Session, user_id: uuid.UUID) -> None:
    found = told.tell_why(session, user_id, find(session, user_id, ITEM).recommendation_id, LATER)
    assert "It was written for the pattern that your data shows: Card balances." in found.sentences
