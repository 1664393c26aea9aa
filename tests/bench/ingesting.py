"""Ingest of checked rows, naming included, beside a plain COPY into the same indexed table and beside the ORM; and of
files, the whole way that the command takes."""

import io
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from spendsense import clock
from spendsense.cli.importing import Outcome, Rules, import_file
from spendsense.plaid.files import list_files
from spendsense.plaid.ingest import ingest_many
from spendsense.plaid.merchants import counterparty
from spendsense.plaid.records import Batch, TransactionRecord
from spendsense.store import identity
from spendsense.store.identity import JOB, acting_as
from spendsense.store.models import Transaction
from spendsense.store.session import db, raw_cursor
from tests.bench.pages import write_pages
from tests.bench.people import make_person
from tests.bench.timing import Times
from tests.oracle.person import Person, Row
from tests.oracle.tables import write

FIRST_PERSON = 10_000_000  # people who are in no population
PEOPLE = 100
ORM_PEOPLE = 20
FILES_PEOPLE = 50
ROUNDS = 3


def measure_ingest() -> dict[str, float]:
    """Ratios of rows a second. All is rolled back but the people of the files, who are new ones in each round."""
    people = {UUID(int=number + 1): make_person(FIRST_PERSON + number) for number in range(PEOPLE)}
    batches = {user_id: _batch(person) for user_id, person in people.items()}
    rows = sum(len(person.rows) for person in people.values())
    session, times = db.session(), Times()
    lines, objects = _stored_form(session, people, batches)
    for number in range(ROUNDS):
        _prepare(session, people)
        times.run("copy", _copy, session, lines)
        session.rollback()
        _prepare(session, people)
        _forget_names()
        times.run("ingest", _as_job, session, _name_and_ingest, batches)
        session.rollback()
        _prepare(session, people)
        times.run("orm", _as_job, session, _add_all, objects)
        session.rollback()
        session.expunge_all()
        with acting_as(JOB):
            file_rows = _time_files(number, times)
    return {
        "ingest.rows_per_second": rows / times["ingest"],
        "ingest.vs_copy": times["copy"] / times["ingest"],
        "ingest.vs_orm": (times["orm"] / len(objects)) / (times["ingest"] / rows),
        "ingest.distinct_names": len({(row.name, row.merchant_name) for one in people.values() for row in one.rows}),
        "ingest.files_rows_per_second": file_rows / times["files"],
    }


def _as_job(session: Session, work: Callable[[Session, Any], None], subject: Any) -> None:
    """In the role of a command, which row-level security holds; the COPY beside it is the owner's."""
    with acting_as(JOB):
        identity.begin(session.connection())
        work(session, subject)


def _name_and_ingest(session: Session, batches: Mapping[UUID, Batch]) -> None:
    """What happens to records once their values are checked. The counterparty is set in place, so that naming alone is
    added, and not another copy of each record."""
    for batch in batches.values():
        for one in batch.transactions:
            key = counterparty(one.merchant_entity_id, one.merchant_name, one.name).key
            msgspec.structs.force_setattr(one, "counterparty_key", key)
    ingest_many(session, batches, source="cli", at=clock.now())


def _forget_names() -> None:
    """Empties what was remembered of names, categories and texts: a process begins without it."""
    for module in [
        module for name, module in sys.modules.items() if name.startswith(("spendsense.plaid", "spendsense.store"))
    ]:
        for value in vars(module).values():
            if hasattr(value, "cache_clear"):
                value.cache_clear()


def _time_files(number: int, times: Times) -> int:
    """Times new people's JSON pages, from the disk to the commit. Gives the number of their transactions."""
    with tempfile.TemporaryDirectory(prefix="spendsense-bench-") as folder:
        people = {f"round{number}-{one:03}": make_person(FIRST_PERSON + one) for one in range(FILES_PEOPLE)}
        for name, person in people.items():
            write_pages(Path(folder) / name, person)
        _forget_names()
        outcome = times.run("files", _import_folder, Path(folder))
    rows = sum(len(person.rows) for person in people.values())
    if outcome.accepted["transactions"] != rows or outcome.rejects or len(outcome.people) != len(people):
        raise SystemExit(f"Of {rows} rows in files {outcome.accepted} were accepted, {outcome.rejects[:3]} refused.")
    return rows


def _import_folder(folder: Path) -> Outcome:
    outcome = Outcome()
    for file, root in list_files([folder]):
        import_file(file, root, Rules(consent=("analysis",)), outcome)
    return outcome


def _prepare(session: Session, people: dict[UUID, Person]) -> None:
    """The people with their accounts, as an earlier page of the sync left them."""
    with raw_cursor(session) as cursor:
        write(cursor, {user_id: Person(one.accounts, (), (), ()) for user_id, one in people.items()}, analyze=False)


def _stored_form(
    session: Session, people: dict[UUID, Person], batches: dict[UUID, Batch]
) -> tuple[str, list[dict[str, Any]]]:
    """The rows as ingest stores them: as lines for COPY, and those of the first few people as columns for the ORM."""
    _prepare(session, people)
    _name_and_ingest(session, batches)
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
        counterparty_key=None,
    )
