"""Many actions at once: all of them, or none."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from spendsense.errors import EntriesRefused, FieldError, NotFound, SpendSenseError
from spendsense.operators.acting import Asked, act, subject_of
from spendsense.store.models import OperatorAction, User

MOST_ENTRIES: Final = 500


def act_on_all(session: Session, entries: Sequence[Asked], *, operator: str, at: datetime) -> list[OperatorAction]:
    """Does everything that is asked for, in the order given, each recorded as it would be alone.

    Raises EntriesRefused that names each entry which can't be done and why; the caller's transaction then ends with
    nothing done. The caller has locked the people with `lock_all`.
    """
    done, faults = [], []
    for number, asked in enumerate(entries):
        try:
            with session.begin_nested():
                done.append(act(session, asked, operator=operator, at=at))
        except SpendSenseError as error:
            faults.append(FieldError(f"/entries/{number}", str(error)))
    if faults:
        raise EntriesRefused(f"{len(faults)} of {len(entries)} can't be done, so none was.", faults)
    return done


def lock_all(session: Session, entries: Sequence[Asked]) -> None:
    """Locks the people of all entries, always in one order: two such calls never wait for each other."""
    subjects = set()
    for asked in entries:
        try:
            subjects.add(subject_of(session, asked))
        except NotFound:
            continue  # told of in its turn
    session.execute(select(User.user_id).where(User.user_id.in_(subjects)).order_by(User.user_id).with_for_update())
