"""`compute_features` beside a loop over people, a COPY OUT of the columns it reads, and a scan of the table."""

import math
from collections.abc import Iterator
from datetime import date, timedelta
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from spendsense.pipeline.claims import Job
from spendsense.pipeline.run import run_job
from spendsense.store.models import Account, Balance, Liability, Transaction
from spendsense.store.session import raw_cursor, transaction
from tests.bench.population import FIRST_AS_OF, user_id_of
from tests.bench.timing import Nowhere, Times, peak_memory
from tests.oracle.comparison import compare, read_stored
from tests.oracle.person import Person
from tests.oracle.signals import Measured, measure_person

LOOP_PEOPLE = 500
# Whoever computes outside the database must take these out of it first: the ids are the signals' evidence.
NIGHTLY_COLUMNS = "user_id, transaction_id, account_id, date, amount_cents, kind"
REBUILD_COLUMNS = (
    "user_id, transaction_id, account_id, date, amount_cents, currency, counterparty_key, base_kind, kind, pending"
)


class Population:
    """The database in whose context this is used, with that many people, and what was timed there so far."""

    def __init__(self, people: int) -> None:
        self.people = people
        self.times = Times()
        self.nightly_memory: list[float] = []
        self.rebuild_memory: list[float] = []
        self._days = days_from(FIRST_AS_OF)

    def build(self) -> None:
        """The first run, which finds everything stale."""
        run_job(Job.COMPUTE_FEATURES, as_of=next(self._days))
        vacuum()

    def nightly_round(self) -> None:
        """Rows unchanged, a day on: all windows slide. Then what it is compared with, and the check of results."""
        today = next(self._days)
        with peak_memory(self.nightly_memory):
            self.times.run("nightly", run_job, Job.COMPUTE_FEATURES, as_of=today)
        self.times.run("copy_out", copy_out, NIGHTLY_COLUMNS, today)
        self.times.run("seq_scan", seq_scan)
        expected: dict[UUID, Measured] = {}
        self.times.run("orm_loop", orm_loop, today, expected)
        check_agreement(expected)

    def rebuild_round(self) -> None:
        """As if every person's data had changed."""
        make_stale()
        today = next(self._days)
        with peak_memory(self.rebuild_memory):
            self.times.run("rebuild", run_job, Job.COMPUTE_FEATURES, as_of=today)
        self.times.run("rebuild_copy_out", copy_out, REBUILD_COLUMNS, today)

    def figures(self) -> dict[str, float]:
        """What is reported, by name."""
        return ratios(self.people, self.times) | {
            "compute.python_megabytes": max(self.nightly_memory),
            "rebuild.python_megabytes": max(self.rebuild_memory),
        }


def ratios(people: int, times: Times) -> dict[str, float]:
    """Speeds, and ratios to what was timed beside them."""
    loop = times["orm_loop"] / LOOP_PEOPLE
    return {
        "compute.seconds": times["nightly"],
        "compute.users_per_second": people / times["nightly"],
        "compute.vs_orm_loop": loop / (times["nightly"] / people),
        "compute.vs_copy_out": times["nightly"] / times["copy_out"],
        "compute.vs_seq_scan": times["nightly"] / times["seq_scan"],
        "rebuild.seconds": times["rebuild"],
        "rebuild.users_per_second": people / times["rebuild"],
        "rebuild.vs_orm_loop": loop / (times["rebuild"] / people),
        "rebuild.vs_copy_out": times["rebuild"] / times["rebuild_copy_out"],
        "rebuild.vs_seq_scan": times["rebuild"] / times["seq_scan"],
        "orm_loop.users_per_second": 1 / loop,
        "copy_out.seconds": times["copy_out"],
        "seq_scan.seconds": times["seq_scan"],
    }


def growth(small: int, large: int, figures: dict[int, dict[str, float]], name: str) -> float:
    """The exponent e in time ~ people^e between two sizes: 1 is linear."""
    return math.log(figures[large][f"{name}.seconds"] / figures[small][f"{name}.seconds"]) / math.log(large / small)


def days_from(first: date) -> Iterator[date]:
    """That day, and each day after it."""
    while True:
        yield first
        first += timedelta(days=1)


def orm_loop(as_of: date, found: dict[UUID, Measured]) -> None:
    """One SELECT a person and table through the ORM, then the oracle, into `found`."""
    for number in range(LOOP_PEOPLE):
        user_id = user_id_of(number)
        with transaction() as session:
            found[user_id] = measure_person(_read(session, user_id), as_of)
            session.expunge_all()


def _read(session: Session, user_id: UUID) -> Person:
    def rows(model: type) -> tuple[object, ...]:
        return tuple(session.scalars(select(model).where(model.user_id == user_id)))  # type: ignore[attr-defined]

    return Person(rows(Account), rows(Balance), rows(Liability), rows(Transaction))  # type: ignore[arg-type]


def check_agreement(expected: dict[UUID, Measured]) -> None:
    """Ends the bench unless the stored signals are those of the loop, for all of its people."""
    with transaction() as session, raw_cursor(session) as cursor:
        found = list(compare(read_stored(cursor, list(expected)), expected))
    if found or len(expected) != LOOP_PEOPLE:
        raise SystemExit(f"The engine and the oracle do not agree: {len(found)} differences, the first: {found[:3]}")


def copy_out(columns: str, as_of: date) -> None:
    """CSV of the columns that a run reads, of the rows that it looks at."""
    with transaction() as session, raw_cursor(session) as cursor:
        window = cursor.mogrify("date > %s::date - 180 AND date <= %s::date", (as_of, as_of)).decode()
        cursor.execute("SET LOCAL max_parallel_workers_per_gather = 0")
        cursor.copy_expert(
            f"COPY (SELECT {columns} FROM transactions WHERE {window}) TO STDOUT (FORMAT csv)", Nowhere()
        )


def seq_scan() -> None:
    """One pass over the table."""
    with transaction() as session:
        session.execute(text("SET LOCAL max_parallel_workers_per_gather = 0"))
        session.execute(text("SET LOCAL enable_indexscan = off; SET LOCAL enable_indexonlyscan = off"))
        session.execute(text("SELECT SUM(amount_cents) FROM transactions"))


def make_stale() -> None:
    """As if every person's data had changed."""
    with transaction() as session:
        session.execute(text("UPDATE users SET data_version = data_version + 1"))


def vacuum() -> None:
    """What autovacuum does in time."""
    with transaction() as session:
        engine = session.get_bind()
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:  # type: ignore[union-attr]
        connection.execute(text("VACUUM ANALYZE"))
