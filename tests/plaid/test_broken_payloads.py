"""Broken payloads: each is told by its place, and the broken part changes nothing."""

import gzip
import json
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy.orm import Session

from spendsense.errors import InvalidInput, TooLarge
from spendsense.plaid.files import Limits, unpack
from tests.plaid.payloads import account, ids, load, read, stored, transaction

GOOD = transaction("good")
HUGE = "x" * 1_000_000


def page(*bad: Any, **parts: Any) -> bytes:
    """A sync page with one good transaction first, and the bad ones behind it."""
    return json.dumps({"accounts": [account()], "added": [GOOD, *bad], **parts}).encode()


def raw_page(field: str, value: str) -> bytes:
    """A page whose second transaction has a field of exactly these characters."""
    fields = {name: json.dumps(part) for name, part in transaction("bad").items()} | {field: value}
    body = ", ".join(f'"{name}": {text}' for name, text in fields.items())
    return page()[:-2] + b", {" + body.encode() + b"}]}"


# A payload with one bad record; the place and a word of the reason. The good record is kept.
BAD_RECORDS = {
    "amount is text": (raw_page("amount", '"12.34"'), "/added/1/amount", "not text"),
    "amount is null": (raw_page("amount", "null"), "/added/1/amount", "missing"),
    "amount is an object": (raw_page("amount", "{}"), "/added/1/amount", "not an object"),
    "amount is a list": (raw_page("amount", "[1]"), "/added/1/amount", "not a list"),
    "amount is true": (raw_page("amount", "true"), "/added/1/amount", "not true"),
    "amount of 10^12": (raw_page("amount", "1000000000000"), "/added/1/amount", "10^12"),
    "amount of 10^18": (raw_page("amount", "1e18"), "/added/1/amount", "10^12"),
    "amount of -10^18": (raw_page("amount", "-1000000000000000000"), "/added/1/amount", "10^12"),
    "amount of 10^400": (raw_page("amount", "1e400"), "/added/1/amount", "sensible"),
    "amount of 10^99999": (raw_page("amount", "1e99999"), "/added/1/amount", "number"),
    "amount of 10^-400": (raw_page("amount", "1e-400"), "/added/1/amount", "sensible"),
    "no transaction_id": (page(transaction(None)), "/added/1/transaction_id", "missing"),
    "empty transaction_id": (page(transaction("")), "/added/1/transaction_id", "empty"),
    "number for an id": (page(transaction(7)), "/added/1/transaction_id", "must be text"),
    "id with a line break": (page(transaction("a\nb")), "/added/1/transaction_id", "control"),
    "id of 129 characters": (page(transaction("i" * 129)), "/added/1/transaction_id", "128"),
    "id twice": (page(GOOD), "/added/1/transaction_id", "/added/0"),
    "removed twice": (
        page(removed=[{"transaction_id": "x"}, {"transaction_id": "x"}]),
        "/removed/1/transaction_id",
        "/removed/0",
    ),
    "removed without an id": (page(removed=[{}]), "/removed/0/transaction_id", "missing"),
    "removed is text": (page(removed=["t9"]), "/removed/0", "must be an object"),
    "no account_id": (page(transaction("bad", account_id=None)), "/added/1/account_id", "missing"),
    "unknown account": (page(transaction("bad", account_id="other")), "/added/1/account_id", "not an account"),
    "no date": (page(transaction("bad", date=None)), "/added/1/date", "missing"),
    "date of year 0": (page(transaction("bad", date="0000-01-01")), "/added/1/date", "a day that exists"),
    "date of year 9999": (page(transaction("bad", date="9999-12-31")), "/added/1/date", "between"),
    "date of 1969": (page(transaction("bad", date="1969-12-31")), "/added/1/date", "1970"),
    "date 367 days ahead": (page(transaction("bad", date="2027-11-22")), "/added/1/date", "2027-11-21"),
    "30 February": (page(transaction("bad", date="2026-02-30")), "/added/1/date", "a day that exists"),
    "29 February 2025": (page(transaction("bad", date="2025-02-29")), "/added/1/date", "a day that exists"),
    "date in American order": (page(transaction("bad", date="11/03/2026")), "/added/1/date", "YYYY-MM-DD"),
    "date without dashes": (page(transaction("bad", date="20261103")), "/added/1/date", "YYYY-MM-DD"),
    "date as a week": (page(transaction("bad", date="2026-W44-2")), "/added/1/date", "YYYY-MM-DD"),
    "date with a time": (page(transaction("bad", date="2026-11-03T10:00")), "/added/1/date", "YYYY-MM-DD"),
    "date in other digits": (page(transaction("bad", date="２０２６-11-03")), "/added/1/date", "YYYY-MM-DD"),
    "date is a number": (page(transaction("bad", date=20261103)), "/added/1/date", "must be text"),
    "bad authorized_date": (page(transaction("bad", authorized_date="soon")), "/added/1/authorized_date", "YYYY"),
    "unknown currency": (page(transaction("bad", iso_currency_code="XXQ")), "/added/1/iso_currency_code", "ISO 4217"),
    "currency in lower case": (page(transaction("bad", iso_currency_code="usd")), "/added/1/iso_currency_code", "4217"),
    "currency is a number": (page(transaction("bad", iso_currency_code=840)), "/added/1/iso_currency_code", "text"),
    "long unofficial currency": (
        page(transaction("bad", iso_currency_code=None, unofficial_currency_code="C" * 17)),
        "/added/1/unofficial_currency_code",
        "16",
    ),
    "name of 501 characters": (page(transaction("bad", name="n" * 501)), "/added/1/name", "500"),
    "name of 1 MB": (page(transaction("bad", name=HUGE)), "/added/1/name", "500"),
    "merchant name of 1 MB": (page(transaction("bad", merchant_name=HUGE)), "/added/1/merchant_name", "500"),
    "NUL in a name": (page(transaction("bad", name="a\0b")), "/added/1/name", "NUL"),
    "lone high surrogate": (raw_page("name", '"a\\ud800b"'), "/added/1/name", "surrogate"),
    "lone low surrogate": (raw_page("name", '"\\uDC00"'), "/added/1/name", "surrogate"),
    "surrogates in the wrong order": (raw_page("name", '"\\udc00\\ud800"'), "/added/1/name", "surrogate"),
    "surrogate at the end of an id": (raw_page("transaction_id", '"x\\ud83d"'), "/added/1/transaction_id", "half"),
    "name is a list": (page(transaction("bad", name=["a"])), "/added/1/name", "must be text, not a list"),
    "pending is text": (page(transaction("bad", pending="false")), "/added/1/pending", "true or false"),
    "pending is 0": (page(transaction("bad", pending=0)), "/added/1/pending", "true or false"),
    "category is text": (
        page(transaction("bad", personal_finance_category="INCOME")),
        "/added/1/personal_finance_category",
        "an object",
    ),
    "category is a number inside": (
        page(transaction("bad", personal_finance_category={"primary": 3})),
        "/added/1/personal_finance_category/primary",
        "text",
    ),
    "supersedes itself": (
        page(transaction("bad", pending_transaction_id="bad")),
        "/added/1/pending_transaction_id",
        "itself",
    ),
    "transaction is null": (page(None), "/added/1", "must be an object"),
    "transaction is a number": (page(5), "/added/1", "must be an object"),
    "transaction is a list": (page([]), "/added/1", "must be an object"),
    "account of an unknown type": (
        page(accounts=[account(), account("b", type="piggy bank")]),
        "/accounts/1/type",
        "depository",
    ),
    "account without a type": (page(accounts=[account(), account("b", type=None)]), "/accounts/1/type", "missing"),
    "account twice": (page(accounts=[account(), account()]), "/accounts/1/account_id", "/accounts/0"),
    "balance is text": (
        page(accounts=[account(), account("b", balances={"current": "1"})]),
        "/accounts/1/balances/current",
        "not text",
    ),
    "limit below 0": (
        page(accounts=[account(), account("b", balances={"limit": -1})]),
        "/accounts/1/balances/limit",
        "below 0",
    ),
    "balance day is no day": (
        page(accounts=[account(), account("b", balances={"current": 1, "last_updated_datetime": "today"})]),
        "/accounts/1/balances/last_updated_datetime",
        "YYYY-MM-DD",
    ),
    "balance day is a week": (
        page(accounts=[account(), account("b", balances={"current": 1, "last_updated_datetime": "2026-W44-2"})]),
        "/accounts/1/balances/last_updated_datetime",
        "YYYY-MM-DD",
    ),
    "account currency": (
        page(accounts=[account(), account("b", balances={"iso_currency_code": "ZZZ"})]),
        "/accounts/1/balances/iso_currency_code",
        "ISO 4217",
    ),
    "mask of 1 MB": (page(accounts=[account(), account("b", mask=HUGE)]), "/accounts/1/mask", "32"),
    "liability of nobody": (page(liabilities={"credit": [{}]}), "/liabilities/credit/0/account_id", "missing"),
    "liability twice": (
        page(liabilities={"credit": [{"account_id": "chk"}, {"account_id": "chk"}]}),
        "/liabilities/credit/1/account_id",
        "/liabilities/credit/0",
    ),
    "liability with a bad day": (
        page(liabilities={"credit": [{"account_id": "chk", "last_payment_date": "DateTime_1"}]}),
        "/liabilities/credit/0/last_payment_date",
        "YYYY-MM-DD",
    ),
    "rate below 0": (
        page(liabilities={"credit": [{"account_id": "chk", "aprs": [{"apr_percentage": -1}]}]}),
        "/liabilities/credit/0/aprs/0/apr_percentage",
        "percentage",
    ),
    "overdue is text": (
        page(liabilities={"student": [{"account_id": "chk", "is_overdue": "no"}]}),
        "/liabilities/student/0/is_overdue",
        "true or false",
    ),
    "item id is a number": (page(item={"item_id": 5}), "/item/item_id", "text"),
}


@pytest.mark.parametrize("case", BAD_RECORDS)
def test_a_bad_record_is_told_by_its_place_and_the_good_ones_are_kept(
    session: Session, user_id: UUID, case: str
) -> None:
    payload, place, reason = BAD_RECORDS[case]
    report = load(session, user_id, payload)
    assert [error.pointer for error in report.rejected] == [place]
    assert reason in report.rejected[0].detail
    with_it = stored(session)
    assert load(session, user_id, page()).changed_rows == 0  # the bad record has left nothing behind
    if "removed" not in case:
        assert with_it["removed_transactions"] == []
    assert ids(session) == ["good"]
    assert len(with_it["accounts"]) == 1


# A payload that can't be read as a whole, and words of the complaint: nothing of it is stored.
BROKEN_WHOLE = {
    "empty": (b"", "line 1, byte 1"),
    "only blanks": (b"  \n ", "line 2, byte 2"),
    "truncated": (page()[:-40], "line 1, byte"),
    "truncated in a text": (b'{"added": [{"name": "Cof', "too early"),
    "NaN": (raw_page("amount", "NaN"), "line 1, byte"),
    "Infinity": (raw_page("amount", "Infinity"), "line 1, byte"),
    "-Infinity": (raw_page("amount", "-Infinity"), "line 1, byte"),
    "a plus sign": (raw_page("amount", "+1"), "line 1, byte"),
    "a leading zero": (raw_page("amount", "012"), "line 1, byte"),
    "a comma too many": (page().replace(b"]}", b",]}"), "line 1, byte"),
    "single quotes": (b"{'added': []}", "line 1, byte 2"),
    "a comment": (b'{"added": [] // none\n}', "line 1, byte"),
    "two documents": (page() + b"\n" + page(), "line 2, byte"),
    "a line break in a text": (b'{"accounts": [\n{"name": "a\nb"}]}', "line 2, byte"),
    "Latin-1": ('{"accounts": [{"name": "Café"}]}'.encode("latin-1"), "line 1, byte 28: not UTF-8"),
    "UTF-16": (page().decode().encode("utf-16"), "UTF-16"),
    "a surrogate in UTF-8": (b'{"added": ["\xed\xa0\x80"]}', "not UTF-8"),
    "a number": (b"42", "object or a list"),
    "a text": (b'"added"', "object or a list"),
    "null": (b"null", "object or a list"),
    "nothing known": (b'{"error_code": "ITEM_LOGIN_REQUIRED"}', "Nothing in Plaid's shape"),
    "no records in a list": (b"[1, 2, 3]", "Nothing in Plaid's shape"),
    "other records in a list": (b'[{"temperature": 21}]', "Nothing in Plaid's shape"),
    "added is an object": (b'{"added": {}}', "/added must be a list"),
    "accounts is text": (b'{"accounts": "chk"}', "/accounts must be a list"),
    "liabilities is a list": (b'{"liabilities": []}', "/liabilities must be an object"),
    "credit is a number": (b'{"liabilities": {"credit": 4}}', "/liabilities/credit must be a list"),
    "removed is a number": (page(removed=5), "/removed must be a list"),
    "deep lists": (b"[" * 200_000, "nested too deeply"),
    "deep lists in a client library's spelling": (b'{"Added": ' + b"[" * 200_000, "nested too deeply"),
    "deep objects": (b'{"added":' * 200_000, "nested too deeply"),
}


@pytest.mark.parametrize("case", BROKEN_WHOLE)
def test_a_broken_document_stores_nothing_and_its_place_is_told(session: Session, user_id: UUID, case: str) -> None:
    payload, words = BROKEN_WHOLE[case]
    before = stored(session)
    with pytest.raises(InvalidInput, match=words.replace("(", r"\(")):
        load(session, user_id, payload)
    assert stored(session) == before


def test_a_whole_character_of_two_surrogates_is_kept(session: Session, user_id: UUID) -> None:
    # Beside a lone one: only that record is refused, and a backslash before "ud800" is no escape.
    lone = b'{"transaction_id": "x", "date": "2026-11-01", "amount": 1, "name": "\\ud800"}'
    payload = raw_page("name", r'"\ud83d\ude00 \\ud800"')[:-2] + b", " + lone + b"]}"
    report = load(session, user_id, payload)
    assert [error.pointer for error in report.rejected] == ["/added/2/name"]
    assert ids(session) == ["bad", "good"]


def test_a_gzip_bomb_is_refused_before_it_is_held() -> None:
    bomb = gzip.compress(b"0" * 10_000_000)
    with pytest.raises(TooLarge, match="1 MB when it is unpacked"):
        unpack(bomb, Limits(packed=1 << 20, unpacked=1 << 20))


def test_a_bomb_of_many_members_is_refused_too() -> None:
    with pytest.raises(TooLarge):
        unpack(gzip.compress(b"0" * 600_000) * 2, Limits(packed=1 << 20, unpacked=1 << 20))


@pytest.mark.parametrize("cut", [-1, -5, 12, 20])
def test_a_truncated_gzip_is_refused(cut: int) -> None:
    with pytest.raises(InvalidInput, match="too early"):
        unpack(gzip.compress(page())[:cut], Limits(1 << 20, 1 << 20))


def test_a_damaged_gzip_is_refused() -> None:
    data = bytearray(gzip.compress(page()))
    data[len(data) // 2] ^= 0xFF
    with pytest.raises(InvalidInput, match="damaged"):
        unpack(bytes(data), Limits(1 << 20, 1 << 20))


def test_empty_lists_are_fine() -> None:
    assert read(b"[]").rejected == ()
    assert read({"added": [], "modified": None, "removed": [], "accounts": []}).rejected == ()
