"""Ingest of validated rows beside a plain COPY of the same rows into the same indexed table, and beside the ORM."""

import io
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from spendsense import clock
from spendsense.plaid.ingest import ingest_many
from spendsense.plaid.records import Batch, TransactionRecord
from spendsense.store.models import Transaction
from spendsense.store.session import db, raw_cursor
from tests.bench.population import make_person
from tests.bench.timing import Times
from tests.oracle.person import Person, Row
from tests.oracle.tables import write

PEOPLE = 100
ORM_PEOPLE = 20
ROUNDS = 3


def measure_ingest() -> dict[str, float]:
    """Ratios of rows a second. Everything is rolled back."""
    people = {UUID(int=number + 1): make_person(10_000_000 + number) for number in range(PEOPLE)}
    batches = {user_id: _batch(person) for user_id, person in people.items()}
    rows = sum(len(person.rows) for person in people.values())
    session, times = db.session(), Times()
    lines, objects = _stored_form(session, people, batches)
    orm_rows = len(objects)
    for _ in range(ROUNDS):
        _prepare(session, people)
        times.run("copy", _copy, session, lines)
        session.rollback()
        _prepare(session, people)
        times.run("ingest", ingest_many, session, batches, source="cli", at=clock.now())
        session.rollback()
        _prepare(session, people)
        times.run("orm", _add_all, session, objects)
        session.rollback()
        session.expunge_all()
    return {
        "ingest.rows_per_second": rows / times["ingest"],
        "ingest.vs_copy": times["copy"] / times["ingest"],
        "ingest.vs_orm": (times["orm"] / orm_rows) / (times["ingest"] / rows),
    }


def _prepare(session: Session, people: dict[UUID, Person]) -> None:
    """The people with their accounts, as an earlier page of the sync left them."""
    with raw_cursor(session) as cursor:
        write(cursor, {user_id: Person(one.accounts, (), (), ()) for user_id, one in people.items()}, analyze=False)


def _stored_form(
    session: Session, people: dict[UUID, Person], batches: dict[UUID, Batch]
) -> tuple[str, list[dict[str, Any]]]:
    """The rows as ingest stores them: as lines for COPY, and those of the first few people as columns for the ORM."""
    _prepare(session, people)
    ingest_many(session, batches, source="cli", at=clock.now())
    buffer = io.StringIO()
    ids = ", ".join(f"'{user_id}'" for user_id in people)
    with raw_cursor(session) as cursor:
        cursor.copy_expert(f"COPY (SELECT * FROM transactions WHERE user_id IN ({ids})) TO STDOUT", buffer)
    few = session.execute(select(Transaction.__table__).where(Transaction.user_id.in_(list(people)[:ORM_PEOPLE])))
    objects = [dict(row) for row in few.mappings()]
    session.rollback()
    return buffer.getvalue(), objects


def _copy(session: Session, lines: str) -> None:
    with raw_cursor(session) as cursor:
        cursor.copy_expert("COPY transactions FROM STDIN", io.StringIO(lines))


def _add_all(session: Session, objects: list[dict[str, Any]]) -> None:
    session.add_all([Transaction(**columns) for columns in objects])
    session.flush()


def _batch(person: Person) -> Batch:
    return Batch(transactions=tuple(_record(row, number) for number, row in enumerate(person.rows)))


def _record(row: Row, number: int) -> TransactionRecord:
    return TransactionRecord(
        place=f"/added/{number}",
        transaction_id=row.transaction_id,
        account_id=row.account_id,
        date=row.date,
        authorized_date=row.date,
        amount_cents=row.amount_cents,
        currency=row.currency,
        name=row.name,
        merchant_name=row.merchant_name,
        merchant_entity_id=None,
        payment_channel="online",
        category_primary=row.category_primary,
        category_detailed=row.category_detailed,
        pending=row.pending,
        pending_transaction_id=None,
        is_revised=False,
        is_partial=False,
        counterparty_key=row.counterparty_key,
        is_opaque=row.is_opaque,
    )
