"""What is usual: a loop that loads one person after the other through the ORM and works in Python. It is the oracle."""

from collections.abc import Iterable
from datetime import date
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from spendsense.store.models import Account, Balance, Liability, Transaction
from spendsense.store.session import raw_cursor, transaction
from tests.bench.population import user_id_of
from tests.oracle.comparison import compare, read_stored
from tests.oracle.person import Person
from tests.oracle.signals import Measured, measure_person


def orm_loop(numbers: Iterable[int], as_of: date) -> dict[UUID, Measured]:
    """One SELECT a person and table through the ORM, then the oracle."""
    found: dict[UUID, Measured] = {}
    for number in numbers:
        user_id = user_id_of(number)
        with transaction() as session:
            found[user_id] = measure_person(_read(session, user_id), as_of)
            session.expunge_all()
    return found


def _read(session: Session, user_id: UUID) -> Person:
    def rows(model: type) -> tuple[object, ...]:
        return tuple(session.scalars(select(model).where(model.user_id == user_id)))  # type: ignore[attr-defined]

    return Person(rows(Account), rows(Balance), rows(Liability), rows(Transaction))  # type: ignore[arg-type]


def check_agreement(expected: dict[UUID, Measured], as_of: date) -> None:
    """Ends the bench unless what is stored is what the loop found, for all of its people."""
    with transaction() as session, raw_cursor(session) as cursor:
        found = list(compare(read_stored(cursor, list(expected), as_of), expected))
    if found or not expected:
        raise SystemExit(f"The engine and the oracle do not agree: {len(found)} differences, the first: {found[:3]}")
