"""What is left of offers when the consent to them ends. They go themselves (`consent.holdings`); what was looked at for
them stands in the traces of education items too, and goes here, in the same transaction."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import Text, cast, literal, select, update
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Session

from spendsense.recommendations.trace import digest, without_offers
from spendsense.store.models import Trace


def forget_offers(session: Session, user_ids: Collection[UUID]) -> int:
    """Rewrites the traces of these people that tell of offers, each under a new digest. Returns how many.

    The caller holds their rows of `users`.
    """
    decision = Trace.trace["decision"]
    told = select(Trace.user_id, Trace.recommendation_id, cast(Trace.trace, Text)).where(
        Trace.user_id.in_(user_ids), decision["offers_until"].as_string().is_not(None), Trace.digest.is_not(None)
    )
    found = session.execute(told).all()
    for user_id, recommendation_id, trace in found:
        left = without_offers(trace)
        session.execute(
            update(Trace)
            .where(Trace.user_id == user_id, Trace.recommendation_id == recommendation_id)
            .values(trace=cast(literal(left, Text), JSONB), digest=digest(left))
        )
    session.expire_all()
    return len(found)
