"""Which tables hold what of a person, by how long it may stay; and the deleting of it, for many people at once.

derived    what was measured, named and advised: until the analysis is no longer agreed to
bank       what the bank and the person gave: until so many days after that (see `consent.term`), or erasure
the rest   the person, what they agreed to and were told, what operators decided: until erasure
"""

from collections.abc import Collection, Iterable, Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from spendsense.store.models import (
    Account,
    Balance,
    CardSignals,
    Correction,
    CounterpartyName,
    Item,
    KeptAnswer,
    Liability,
    MerchantFlag,
    Persona,
    PersonaChange,
    Progress,
    Recommendation,
    RemovedTransaction,
    SetAside,
    Stream,
    StreamChoice,
    Transaction,
    Upload,
    User,
    WindowSignals,
)

DERIVED: Final = (
    WindowSignals,
    CardSignals,
    Stream,
    StreamChoice,
    MerchantFlag,
    Persona,
    PersonaChange,
    Recommendation,
    SetAside,
)
# Children first: what an account takes along when it goes would not be counted.
BANK: Final = (
    Transaction,
    Balance,
    Liability,
    Account,
    Item,
    CounterpartyName,
    RemovedTransaction,
    Correction,
    Upload,
)

Deleted = dict[UUID, dict[str, int]]
"""Person → table → how many rows of it were deleted; each person and each table asked for is there."""


def delete_derived(session: Session, user_ids: Sequence[UUID]) -> Deleted:
    """Deletes all that was measured, named and advised of these people; the jobs will find them untouched.

    The caller holds their rows of `users`, here and below.
    """
    deleted = _delete(session, DERIVED, user_ids)
    session.execute(delete(KeptAnswer).where(KeptAnswer.caller_id.in_(user_ids)))  # they tell of what is gone
    blank = {column.name: None for column in Progress.__table__.columns if column.nullable and not column.primary_key}
    session.execute(update(Progress).where(Progress.user_id.in_(user_ids)).values(**blank))
    return deleted


def delete_offers(session: Session, user_ids: Sequence[UUID]) -> Deleted:
    """Deletes the offers of these people, with their traces and what was said of them."""
    return _delete(session, [Recommendation], user_ids, Recommendation.kind == "offer")


def delete_bank_data(session: Session, user_ids: Sequence[UUID]) -> Deleted:
    """Deletes all that the bank and these people themselves gave, and what was still derived from it."""
    derived = delete_derived(session, user_ids)
    bank = _delete(session, BANK, user_ids)
    session.execute(update(User).where(User.user_id.in_(user_ids)).values(state=None))  # where they live, as they said
    return {user_id: {**bank[user_id], **derived[user_id]} for user_id in user_ids}


def _delete(session: Session, models: Iterable[Any], user_ids: Collection[UUID], *only: Any) -> Deleted:
    deleted: Deleted = {user_id: {} for user_id in user_ids}
    for model in models:
        gone = delete(model).where(model.user_id.in_(user_ids), *only).returning(model.user_id).cte("gone")
        counts: dict[UUID, int] = dict(
            session.execute(select(gone.c.user_id, func.count()).group_by(gone.c.user_id)).all()
        )
        for user_id in user_ids:
            deleted[user_id][model.__tablename__] = counts.get(user_id, 0)
    session.expire_all()
    return deleted
