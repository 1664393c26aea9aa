"""What is left of offers when the consent to them ends. They go themselves (`consent.holdings`); what was looked at for
them stands in the traces of education items too, and goes here, in the same transaction."""

from collections.abc import Collection
from typing import Final
from uuid import UUID

from sqlalchemy import Text, cast, select
from sqlalchemy.orm import Session

from spendsense.consent.term import tells_of_offers
from spendsense.recommendations.reading import PACKAGE
from spendsense.recommendations.trace import digest, without_offers
from spendsense.store import sql
from spendsense.store.models import Trace
from spendsense.store.session import raw_cursor

NOTHING: Final = "{}"


def forget_offers(session: Session, user_ids: Collection[UUID]) -> int:
    """Rewrites the traces of these people that tell of offers, each under a new digest. Returns how many.

    Person by person, in two statements each: a trace has some 20 kB, and a person up to sixty of them a year. The
    caller holds their rows of `users`. One that was altered is no more believed afterwards than before.
    """
    forgotten = sum(_forget_offers_of(session, user_id) for user_id in user_ids)
    session.expire_all()
    return forgotten


def _forget_offers_of(session: Session, user_id: UUID) -> int:
    columns = Trace.recommendation_id, cast(Trace.trace, Text), Trace.digest
    told = session.execute(select(*columns).where(Trace.user_id == user_id, tells_of_offers()))
    left = {str(recommendation_id): _left_of(trace, stored) for recommendation_id, trace, stored in told}
    if left:
        parameters = {
            "user_id": str(user_id),
            "recommendation_ids": list(left),
            "traces": [trace for trace, _ in left.values()],
            "digests": [its_digest for _, its_digest in left.values()],
        }
        with raw_cursor(session) as cursor:
            cursor.execute(sql.load(PACKAGE, "rewrite_traces.sql"), parameters)
    return len(left)


def _left_of(trace: str, stored: str | None) -> tuple[str, str | None]:
    """What stays of a trace, and its digest: of one that was altered, nothing, and the digest that it does not have."""
    if digest(trace) != stored:
        return NOTHING, stored
    left = without_offers(trace)
    return left, digest(left)
