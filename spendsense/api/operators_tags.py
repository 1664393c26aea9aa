"""The tags of what operators act on: they change with whatever an operator sees of it, and with every action."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from spendsense.api.etags import etag_of
from spendsense.operators.person import version_of_person, version_of_recommendation


def tag_of_person(session: Session, user_id: UUID, at: datetime) -> str:
    """Of a person in full."""
    return etag_of("person", *version_of_person(session, user_id, at))


def tag_of_recommendation(session: Session, user_id: UUID, recommendation_id: UUID, at: datetime) -> str:
    """Of one recommendation with its trace."""
    return etag_of("recommendation", *version_of_recommendation(session, user_id, recommendation_id, at))
