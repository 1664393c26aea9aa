"""How PostgreSQL does the work of a shard: by indexes, never by reading or sorting all transactions."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any
from uuid import UUID

import psycopg2.extensions
import pytest
from sqlalchemy.orm import Session

from spendsense.signals import compute
from spendsense.store.session import raw_cursor
from tests.bench.people import make_person
from tests.oracle.tables import write

PEOPLE, MADE, SHARD = 400, 20, 40
AS_OF = date(2026, 6, 30)


class Noting(psycopg2.extensions.cursor):
    """A cursor that remembers what was asked of `transactions`."""

    asked: list[str]

    def execute(self, query: Any, values: Any = None) -> None:
        """As ever."""
        self._note(self.mogrify(query, values).decode())
        super().execute(query, values)

    def copy_expert(self, sql: Any, file: Any, size: int = 8192) -> None:
        """As ever."""
        if str(sql).endswith("TO STDOUT"):
            self._note(str(sql).removeprefix("COPY (").removesuffix(") TO STDOUT"))
        super().copy_expert(sql, file, size)

    def _note(self, query: str) -> None:
        if "transactions" in query:
            self.asked.append(query)


@pytest.fixture
def crowd(session: Session) -> list[UUID]:
    """Four hundred people with 540 rows each, as the planner knows them."""
    people = [UUID(int=number + 1) for number in range(PEOPLE)]
    made = [make_person(number) for number in range(MADE)]
    with raw_cursor(session) as cursor:
        write(cursor, {user_id: made[place % MADE] for place, user_id in enumerate(people)})
    return people


def test_no_shard_reads_or_sorts_all_transactions(
    session: Session, crowd: list[UUID], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    @contextmanager
    def noting(session: Session) -> Iterator[psycopg2.extensions.cursor]:
        session.flush()
        driver: Any = session.connection().connection.driver_connection
        with driver.cursor(cursor_factory=Noting) as cursor:
            cursor.asked = asked
            yield cursor

    monkeypatch.setattr(compute, "raw_cursor", noting)
    assert compute.measure(session, crowd[:SHARD], AS_OF).rebuilt == SHARD
    assert len(asked) >= 9  # histories, transfers, kinds, refunds, groups, streams, flags, cards, windows
    with raw_cursor(session) as cursor:
        bad = [fault for query in asked for fault in faults(cursor, query)]
    assert bad == []


def faults(cursor: psycopg2.extensions.cursor, query: str) -> list[str]:
    """Each node of the query's plan that reads all of `transactions`, or sorts on disk, with the query's first line."""
    cursor.execute("SAVEPOINT asked")
    cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {query}")
    explained = (cursor.fetchone() or ([],))[0]
    cursor.execute("ROLLBACK TO SAVEPOINT asked")
    plan = (explained if isinstance(explained, list) else json.loads(explained))[0]["Plan"]
    return [f"{fault}: {query.strip().splitlines()[0]}" for node in nodes(plan) if (fault := fault_of(node))]


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The plan's nodes, from the top."""
    yield plan
    for part in plan.get("Plans", ()):
        yield from nodes(part)


def fault_of(node: dict[str, Any]) -> str | None:
    """What a shard must not do."""
    if node["Node Type"] == "Seq Scan" and node.get("Relation Name") == "transactions":
        return "reads all transactions"
    if node.get("Sort Space Type") == "Disk" or node.get("Disk Usage", 0) > 0:
        return "works on disk"
    return None


def test_a_sequential_scan_would_be_seen(session: Session, crowd: list[UUID]) -> None:
    with raw_cursor(session) as cursor:
        assert faults(cursor, "SELECT SUM(amount_cents) FROM transactions") == [
            "reads all transactions: SELECT SUM(amount_cents) FROM transactions"
        ]
        cursor.execute("SET LOCAL work_mem = '64kB'")
        (fault,) = faults(cursor, "SELECT * FROM (SELECT generate_series(1, 9999) AS n) AS t ORDER BY n DESC")
        assert fault.startswith("works on disk")
