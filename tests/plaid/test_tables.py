"""CSVs: what is read, and what a spreadsheet does to them that is refused with its cure."""

from uuid import UUID

import pytest
from sqlalchemy.orm import Session

from spendsense.errors import InvalidInput
from spendsense.plaid.tables import is_formula
from tests.plaid.payloads import account, ids, load, read, stored

HEADER = "transaction_id,account_id,date,amount,name,pfc_primary,pfc_detailed,iso_currency_code,pending\n"
GOOD = "good,chk,2026-11-03,-12.345,Coffee,FOOD_AND_DRINK,FOOD_AND_DRINK_COFFEE,USD,false\n"


def table(*lines: str, header: str = HEADER) -> bytes:
    """The header, the good row on line 2, and these lines."""
    return (header + GOOD + "".join(f"{line}\n" for line in lines)).encode()


def test_a_row_of_transactions_is_read() -> None:
    (row,) = read(table(), "csv").transactions
    assert (row.transaction_id, row.account_id, row.amount_cents, row.name) == ("good", "chk", -1234, "Coffee")
    assert (row.category_primary, row.category_detailed) == ("FOOD_AND_DRINK", "FOOD_AND_DRINK_COFFEE")
    assert (row.currency, row.pending, row.is_revised, row.is_partial) == ("USD", False, True, True)


def test_rows_of_accounts_are_read() -> None:
    text = b"account_id,type,subtype,balances.current,limit,iso_currency_code\ncard,credit,credit card,340,500,USD\n"
    (row,) = read(text, "csv").accounts
    assert (row.type, row.subtype, row.current_cents, row.limit_cents) == ("credit", "credit card", 34000, 50000)
    assert (row.currency, row.available_cents) == ("USD", None)


@pytest.mark.parametrize(
    "column",
    [
        "personal_finance_category.primary",
        "personal_finance_category_primary",
        "personal_finance_category/primary",
        "PFC_Primary",
        " category_primary ",
    ],
)
def test_nested_fields_may_be_flattened_in_several_ways(column: str) -> None:
    (row,) = read(table(header=HEADER.replace("pfc_primary", column)), "csv").transactions
    assert row.category_primary == "FOOD_AND_DRINK"


def test_quoted_cells_may_hold_commas_quotes_and_lines() -> None:
    batch = read(table('q,chk,2026-11-04,1,"a, ""b""\nc",,,,', "r,chk,nodate,1,x,,,,"), "csv")
    assert batch.transactions[1].name == 'a, "b"\nc'
    assert [error.pointer for error in batch.rejected] == ["line 5, date"]  # the quoted cell takes lines 3 and 4


@pytest.mark.parametrize(
    ("line", "place", "reason"),
    [
        ("bad,chk,2026-11-04,1", "line 3, column 5", "4 cells"),
        ("bad,chk,2026-11-04,1,a,b,c,USD,false,more", "line 3, column 10", "10 cells"),
        ("bad,chk,2026-11-04,=1+1,x,,,,", "line 3, amount", "formula"),
        ("bad,chk,2026-11-04,1,=HYPERLINK(1),,,,", "line 3, name", "formula"),
        ("bad,chk,2026-11-04,1,@SUM(A1),,,,", "line 3, name", "formula"),
        ("bad,chk,2026-11-04,1,+cmd|' /C calc'!A0,,,,", "line 3, name", "formula"),
        ("bad,chk,2026-11-04,1,-2+3+cmd|x,,,,", "line 3, name", "formula"),
        ('bad,chk,2026-11-04,"1,234.56",x,,,,', "line 3, amount", "plain number"),
        ("bad,chk,2026-11-04,$5,x,,,,", "line 3, amount", "plain number"),
        ("bad,chk,2026-11-04,NaN,x,,,,", "line 3, amount", "plain number"),
        ("bad,chk,2026-11-04,inf,x,,,,", "line 3, amount", "plain number"),
        ("bad,chk,2026-11-04,1e18,x,,,,", "line 3, amount", "10^12"),
        ("bad,chk,2026-11-04,,x,,,,", "line 3, amount", "missing"),
        (",chk,2026-11-04,1,x,,,,", "line 3, transaction_id", "missing"),
        ("good,chk,2026-11-04,1,x,,,,", "line 3, transaction_id", "line 2"),
        ("bad,nobody,2026-11-04,1,x,,,,", "line 3, account_id", "not an account"),
        ("bad,chk,04.11.2026,1,x,,,,", "line 3, date", "YYYY-MM-DD"),
        ("bad,chk,2026-11-04,1,x,,,US,", "line 3, iso_currency_code", "ISO 4217"),
        ("bad,chk,2026-11-04,1,x,,,,maybe", "line 3, pending", "true or false"),
        (f"bad,chk,2026-11-04,1,{'n' * 1_000_000},,,,", "line 3, name", "500"),
        ("bad,chk,2026-11-04,1,a\0b,,,,", "line 3, name", "NUL"),
        (f"bad,chk,2026-11-04,1,x,{'c' * 101},,,", "line 3, personal_finance_category.primary", "100"),
    ],
)
def test_a_bad_row_is_told_by_line_and_column_and_the_good_one_is_kept(
    session: Session, user_id: UUID, line: str, place: str, reason: str
) -> None:
    load(session, user_id, {"accounts": [account()]})
    report = load(session, user_id, table(line), "csv")
    assert [error.pointer for error in report.rejected] == [place]
    assert reason in report.rejected[0].detail
    assert ids(session) == ["good"]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"\xef\xbb\xbf" + table(), "line 1, column 1: a byte order mark"),
        (table().replace(b",", b";"), "line 1, column 15: separated by semicolons"),
        (table().replace(b",", b"\t"), "line 1, column 15: separated by tabs"),
        (table("x,chk,2026-11-04,1,Café,,,,").decode().encode("latin-1"), "line 3, byte 23: not UTF-8"),
        (table().decode().encode("utf-16"), "UTF-16"),
        (b"", "line 1: the file is empty"),
        (b"\n\n", "line 1"),
        (b"hello world", "line 1: the header"),
        (b"date,amount_usd\n2026-01-01,5\n", "line 1: the header"),
        (table(header=HEADER.replace("name", "amount")), "line 1, column 5: names amount a second time"),
        (table(header=HEADER.replace("name", "=name")), "line 1, column 5: looks like a formula"),
        (table('open,chk,2026-11-04,1,"never closed,,,,'), "line 3"),
    ],
)
def test_a_broken_table_stores_nothing(session: Session, user_id: UUID, data: bytes, words: str) -> None:
    load(session, user_id, {"accounts": [account()]})
    before = stored(session)
    with pytest.raises(InvalidInput, match=words):
        load(session, user_id, data, "csv")
    assert stored(session) == before


@pytest.mark.parametrize("cell", ["-12.34", "+1 555 123", "@home", "- none -", "a=b", "Mail+Print (2)", "5-10 = x"])
def test_what_only_begins_like_a_formula_is_none(cell: str) -> None:
    assert not is_formula(cell)
