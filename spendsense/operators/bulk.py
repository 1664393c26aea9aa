"""Many actions at once: all of them, or none."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from spendsense.errors import EntriesRefused, FieldError, SpendSenseError
from spendsense.operators.acting import Asked, act
from spendsense.store.models import OperatorAction, Recommendation, User

MOST_ENTRIES: Final = 500


def lock_all(session: Session, entries: Sequence[Asked]) -> list[Asked]:
    """The entries with the person of each, as far as there is one; all of these people are locked.

    Always in one order, so that two such calls never wait for each other.
    """
    asked_of = [entry.recommendation_id for entry in entries if entry.recommendation_id is not None]
    query = select(Recommendation.recommendation_id, Recommendation.user_id)
    found = session.execute(query.where(Recommendation.recommendation_id.in_(asked_of))).all()
    owners: dict[UUID | None, UUID] = dict(found)
    named = [replace(one, user_id=owners.get(one.recommendation_id, one.user_id)) for one in entries]
    people = {one.user_id for one in named}
    session.execute(select(User.user_id).where(User.user_id.in_(people)).order_by(User.user_id).with_for_update())
    return named


def act_on_all(session: Session, entries: Sequence[Asked], *, operator: str, at: datetime) -> list[OperatorAction]:
    """Does everything that is asked for, in the order given, each recorded as it would be alone.

    Raises EntriesRefused that names each entry which can't be done and why: the caller's transaction must then end with
    nothing done. The entries are those that `lock_all` gave.
    """
    done, faults = [], []
    for number, asked in enumerate(entries):
        try:
            done.append(act(session, asked, operator=operator, at=at))
        except SpendSenseError as error:
            faults.append(FieldError(f"/entries/{number}", str(error)))
    if faults:
        raise EntriesRefused(f"{len(faults)} of {len(entries)} can't be done, so none was.", faults)
    return done
