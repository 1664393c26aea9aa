"""A person whose data may come in."""

from uuid import UUID

import pytest
from sqlalchemy.orm import Session

from spendsense.consent import ledger
from spendsense.consent.people import find_or_create_user
from tests.plaid.payloads import AT


def consenting_person(session: Session, email: str) -> UUID:
    """A person who agrees to the analysis."""
    user = find_or_create_user(session, email)
    ledger.grant(session, user.user_id, ["analysis"], method="api", text_version="1", at=AT)
    return user.user_id


@pytest.fixture
def user_id(session: Session) -> UUID:
    """A person who agrees to the analysis."""
    return consenting_person(session, "ann@example.com")
