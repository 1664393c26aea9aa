"""What may be shown to a person: the one way to read it, for the API, the export and whoever else shows anything."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import Select, Text, cast, select, update
from sqlalchemy.orm import Session

from spendsense.consent import ledger
from spendsense.consent.people import lock_user
from spendsense.recommendations import changes, recheck
from spendsense.recommendations.guardrails import Texts
from spendsense.recommendations.kept import made_by
from spendsense.rulebook.load import load_rulebook
from spendsense.store.models import Progress, Recommendation, Trace
from spendsense.store.session import raw_cursor
from spendsense.store.statuses import Reason, Status

ACTOR: Final = "serving"  # who acts, in the events


def served(session: Session, user_id: UUID, at: datetime) -> list[Recommendation]:
    """The recommendations that may be shown at `at`: education first, then offers, each in their order.

    Active ones alone, before they expire, and as far as the person agrees at this moment: nothing without live consent
    to the analysis, no offer without live consent to offers. Each is held against the guardrails once more; one that
    fails is moved to held in this transaction, with its event, and left out.
    """
    rows = looked_at(session, user_id, at)
    failed = {row: faults for row, faults in rows if faults}
    if failed:
        _hold(session, user_id, failed, at)
    return [row for row, faults in rows if not faults]


def looked_at(session: Session, user_id: UUID, at: datetime) -> list[tuple[Recommendation, list[str]]]:
    """The rows that `served` looks at, in its order, each with the faults that keep it from being shown.

    Changes nothing: for those who may only read.
    """
    agreed = ledger.state(session, user_id, at)
    if not agreed.analysis:
        return []
    kinds = ("education", "offer") if agreed.offers else ("education",)
    rows = session.execute(
        traced(user_id)
        .where(
            Recommendation.kind.in_(kinds),
            Recommendation.status == Status.ACTIVE,
            Recommendation.expires_on > at.date(),
        )
        .order_by(Recommendation.kind, Recommendation.position, Recommendation.recommendation_id)
    ).all()
    return [(row, faults_of(session, row, trace, digest)) for row, trace, digest in rows]


def traced(user_id: UUID) -> Select[Recommendation, str | None, str | None]:
    """The person's recommendations, each with its trace as JSON text and the digest stored with that."""
    its_own = (Trace.user_id == Recommendation.user_id) & (Trace.recommendation_id == Recommendation.recommendation_id)
    columns = Recommendation, cast(Trace.trace, Text), Trace.digest
    return select(*columns).outerjoin(Trace, its_own).where(Recommendation.user_id == user_id)


def faults_of(session: Session, row: Recommendation, trace: str | None, digest: str | None) -> list[str]:
    """Each fault that the stored item has by the rulebook in force; `trace` is its trace as JSON text."""
    in_force = load_rulebook()
    texts = Texts(row.kind, row.title, row.rationale, row.content, row.disclosure)
    return recheck.faults(texts, trace, digest, in_force, made_by(session, row.rulebook_version, in_force))


def look_again(session: Session, user_id: UUID, at: datetime) -> None:
    """Makes the person stale for generate_recommendations, as an expiry on this day would: a place has become free."""
    session.execute(update(Progress).where(Progress.user_id == user_id).values(revisit_on=at.date()))


def _hold(session: Session, user_id: UUID, failed: Mapping[Recommendation, list[str]], at: datetime) -> None:
    lock_user(session, user_id)
    steps = [
        changes.Change(
            str(user_id),
            str(row.recommendation_id),
            Status.ACTIVE,
            Status.HELD,
            Reason.TEXT_FAILED_LATER,
            "; ".join(faults),
        )
        for row, faults in failed.items()
    ]
    with raw_cursor(session) as cursor:
        changes.change(cursor, steps, actor=ACTOR, at=at)
    look_again(session, user_id, at)
    for row in failed:
        session.expire(row)
