"""Work for many people in one transaction: whose data breaks it is left out, and the others are done."""

from collections.abc import Callable, Sequence
from uuid import UUID

from sqlalchemy.orm import Session

from spendsense.logs import describe, log
from spendsense.store.session import is_outage


def apart(session: Session, people: Sequence[UUID], work: Callable[[Sequence[UUID]], object]) -> list[UUID]:
    """Does the work for these people, by halves where it breaks. Returns those for whom it was done, in their order.

    Nothing is left of an attempt that broke; the log names the person. Raises what the database itself raises.
    """
    if not people:
        return []
    try:
        with session.begin_nested():
            work(people)
    except Exception as error:
        if is_outage(error):
            raise
        if len(people) == 1:
            (user_id,) = people
            log.error("person_left_out", user_id=str(user_id), **describe(error))
            return []
        middle = len(people) // 2
        return [*apart(session, people[:middle], work), *apart(session, people[middle:], work)]
    return list(people)
