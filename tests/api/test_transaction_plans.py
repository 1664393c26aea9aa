"""How PostgreSQL finds a page of transactions: by the index of its order, reading no more than the page."""

import json
from datetime import date
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import Session

from spendsense.api import transactions
from spendsense.api.pagination import encode_mark
from spendsense.store.models import Transaction
from spendsense.store.session import raw_cursor
from tests.bench.people import make_person
from tests.oracle.tables import write

PEOPLE, MADE, LIMIT = 30, 3, 50
SOMEBODY = UUID(int=7)
ALL: dict[str, Any] = dict.fromkeys(("first_day", "last_day", "account_id", "category", "merchant", "after"))


@pytest.fixture(scope="module")
def made() -> list[Any]:
    return [make_person(number) for number in range(MADE)]


@pytest.fixture
def crowd(session: Session, made: list[Any]) -> Session:
    """Thirty people with 540 rows each, as the planner knows them."""
    with raw_cursor(session) as cursor:
        write(cursor, {UUID(int=number + 1): made[number % MADE] for number in range(PEOPLE)})
        cursor.execute("ANALYZE transactions")
    return session


def plan_of(session: Session, **asked: Any) -> list[dict[str, Any]]:
    """The nodes of the plan, run: what was read, and what came out."""
    query = transactions._chosen({**ALL, "limit": LIMIT, **asked}).where(Transaction.user_id == SOMEBODY)
    sql = str(query.compile(dialect=postgresql.dialect(), compile_kwargs={"literal_binds": True}))
    with raw_cursor(session) as cursor:
        cursor.execute("EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) " + sql.replace("%%", "%"))
        (found,) = cursor.fetchone() or ()
    nodes, waiting = [], [found[0]["Plan"]]
    while waiting:
        node = waiting.pop()
        nodes.append(node)
        waiting += node.get("Plans", [])
    return nodes


@pytest.mark.parametrize(
    "asked",
    [
        {},
        {"first_day": date(2026, 2, 1), "last_day": date(2026, 5, 31)},
        {"last_day": date(2026, 3, 31)},
        {"after": encode_mark((date(2026, 4, 15), "zzz"))},
        {"account_id": "card"},
    ],
    ids=lambda asked: "+".join(asked) or "all",
)
def test_a_page_is_read_from_the_index_of_its_order(asked: dict[str, Any], crowd: Session) -> None:
    nodes = plan_of(crowd, **asked)
    assert "Sort" not in {node["Node Type"] for node in nodes}, json.dumps(nodes)
    (read,) = [node for node in nodes if node.get("Relation Name") == "transactions"]
    assert (read["Node Type"], read["Index Name"]) == ("Index Scan", "ix_transactions_day")
    assert read["Scan Direction"] == "Backward"
    assert read["Actual Rows"] <= LIMIT + 1


@pytest.mark.parametrize("asked", [{"merchant": "market"}, {"category": "FOOD_AND_DRINK"}], ids=str)
def test_a_search_reads_the_rows_of_one_person_alone(asked: dict[str, Any], crowd: Session) -> None:
    (read,) = [node for node in plan_of(crowd, **asked) if node.get("Relation Name") == "transactions"]
    assert "user_id" in str(read.get("Index Cond") or read.get("Recheck Cond"))
    assert read["Actual Rows"] + read.get("Rows Removed by Filter", 0) <= 540
