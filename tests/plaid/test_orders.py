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
TABLES = ("accounts", "balances", "liabilities", "transactions", "removed_transactions")
page_numbers = st.integers(0, PAGES - 1)
Page = dict[str, Any] | bytes  # JSON, or a CSV


@st.composite
def histories(draw: st.DrawFn) -> list[Page]:
    """Sync pages: rows that are added, perhaps twice; changed at most once; removed; posted over a row that they name.

    The account's currency comes with some of them, its balance and what is owed with a time each. Then CSVs.
    """
    pages = [_page(draw, number) for number in range(PAGES)]
    csvs: list[Page] = []
    for number in range(draw(st.integers(1, 6))):
        row = transaction(f"t{number}", account_id=draw(st.sampled_from(["chk", "sav"])), name=f"Shop {number}")
        named = draw(st.none() | st.integers(0, 6).filter(lambda other, own=number: other != own))
        row["pending_transaction_id"] = None if named is None else f"t{named}"
        row["pending"] = draw(st.booleans())
        row["iso_currency_code"] = draw(st.sampled_from([None, "USD"]))
        _put(draw, pages, row)
    for number in range(draw(st.integers(0, 3))):  # of rows that nobody names
        row = transaction(f"c{number}", merchant_name="Netflix", merchant_entity_id="e1", pending=draw(st.booleans()))
        row["iso_currency_code"] = draw(st.sampled_from([None, "USD"]))
        last = _put(draw, pages, row)
        csvs += [_csv(draw, last) for _ in range(draw(st.integers(1, 2)))]
    return [*pages, *csvs]


def _page(draw: st.DrawFn, number: int) -> dict[str, Any]:
    """A page without transactions, of what the bank knew at that hour and on that day."""
    cents = draw(st.integers(0, 3))
    balances = {"current": cents, "limit": 3, "last_updated_datetime": f"2026-11-19T{number + 8:02}:00:00Z"}
    balances["iso_currency_code"] = draw(st.sampled_from([None, "EUR"]))
    owed = {"account_id": "card", "is_overdue": draw(st.booleans()), "last_payment_date": f"2026-11-0{number + 1}"}
    owed["last_statement_issue_date"] = f"2026-10-0{number // 2 + 1}"
    return {
        "accounts": [account(balances=balances), account("sav", subtype="savings")],
        "liabilities": {"credit": [owed] if draw(st.booleans()) else []},
        "added": [],
        "modified": [],
        "removed": [],
    }


def _put(draw: st.DrawFn, pages: list[dict[str, Any]], row: dict[str, Any]) -> dict[str, Any]:
    """Spreads a row over the pages. Gives its last state."""
    last = row
    for page in draw(st.sets(page_numbers, max_size=2)):
        pages[page]["added"].append(row)
    if draw(st.booleans()):
        last = {**row, "amount": draw(st.sampled_from([12.34, 99]))}
        pages[draw(page_numbers)]["modified"].append(last)
    if draw(st.integers(0, 3)) == 0:
        pages[draw(page_numbers)]["removed"].append({"transaction_id": row["transaction_id"]})
    return last


def _csv(draw: st.DrawFn, row: dict[str, Any]) -> bytes:
    """The row with some of its columns."""
    optional = ("name", "merchant_name", "merchant_entity_id", "iso_currency_code", "pending")
    names = ["transaction_id", "account_id", "date", "amount", *sorted(draw(st.sets(st.sampled_from(optional))))]
    texts = {**row, "iso_currency_code": row["iso_currency_code"] or "", "pending": "t" if row["pending"] else "f"}
    cells = [str(texts[name]) for name in names]
    return f"{','.join(names)}\n{','.join(cells)}\n".encode()


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(pages=histories(), data=st.data())
def test_pages_in_any_order_give_the_same_rows(session: Session, pages: list[Page], data: st.DataObject) -> None:
    in_order = _rows_after(session, pages)
    shuffled = data.draw(st.permutations(pages + data.draw(st.lists(st.sampled_from(pages), max_size=3))))
    assert _rows_after(session, shuffled) == in_order


def _rows_after(session: Session, pages: list[Page]) -> dict[str, list[Any]]:
    """The rows of a new person after these pages, without whose they are."""
    user_id = consenting_person(session, f"{uuid4().hex}@example.com")
    bare = [account(balances=None), account("sav", balances=None), account("card", type="credit", balances=None)]
    for page in ({"accounts": bare}, *pages):
        ingest(session, user_id, read(page, "csv" if isinstance(page, bytes) else "json"), source="api", at=AT)
    return {table: _rows(session, table, user_id) for table in TABLES}


def _rows(session: Session, table: str, user_id: UUID) -> list[Any]:
    with raw_cursor(session) as cursor:
        cursor.execute(
            f"SELECT (to_jsonb(row) - 'user_id')::text FROM {table} AS row WHERE user_id = %s ORDER BY 1",
            (str(user_id),),
        )
        return cursor.fetchall()
