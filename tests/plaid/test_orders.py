"""The same payloads in any order, any number of times, give the same rows."""

from typing import Any
from uuid import UUID, uuid4

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from spendsense.plaid.ingest import ingest
from spendsense.store.session import raw_cursor
from tests.plaid.conftest import consenting_person
from tests.plaid.payloads import AT, account, read, transaction

PAGES = 4
page_numbers = st.integers(0, PAGES - 1)


@st.composite
def histories(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Sync pages: rows that are added, perhaps twice; changed at most once; removed; posted over a pending row."""
    pages: list[dict[str, Any]] = [
        {"accounts": [account(), account("sav", subtype="savings")], "added": [], "modified": [], "removed": []}
        for _ in range(PAGES)
    ]
    for number in range(draw(st.integers(1, 6))):
        row = transaction(f"t{number}", account_id=draw(st.sampled_from(["chk", "sav"])), name=f"Shop {number}")
        named = draw(st.none() | st.integers(0, 6).filter(lambda other, own=number: other != own))
        row["pending_transaction_id"] = None if named is None else f"t{named}"
        row["pending"] = draw(st.booleans())
        for page in draw(st.sets(page_numbers, max_size=2)):
            pages[page]["added"].append(row)
        if draw(st.booleans()):
            pages[draw(page_numbers)]["modified"].append({**row, "amount": draw(st.sampled_from([12.34, 99]))})
        if draw(st.integers(0, 3)) == 0:
            pages[draw(page_numbers)]["removed"].append({"transaction_id": f"t{number}"})
    return pages


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(pages=histories(), data=st.data())
def test_pages_in_any_order_give_the_same_rows(
    session: Session, pages: list[dict[str, Any]], data: st.DataObject
) -> None:
    in_order = _rows_after(session, pages)
    shuffled = data.draw(st.permutations(pages + data.draw(st.lists(st.sampled_from(pages), max_size=3))))
    assert _rows_after(session, shuffled) == in_order


def _rows_after(session: Session, pages: list[dict[str, Any]]) -> dict[str, list[Any]]:
    """The rows of a new person after these pages, without whose they are."""
    user_id = consenting_person(session, f"{uuid4().hex}@example.com")
    for page in pages:
        ingest(session, user_id, read(page), source="api", at=AT)
    return {table: _rows(session, table, user_id) for table in ("transactions", "removed_transactions", "balances")}


def _rows(session: Session, table: str, user_id: UUID) -> list[Any]:
    with raw_cursor(session) as cursor:
        cursor.execute(
            f"SELECT (to_jsonb(row) - 'user_id')::text FROM {table} AS row WHERE user_id = %s ORDER BY 1",
            (str(user_id),),
        )
        return cursor.fetchall()
