"""How much a payload may hold: beyond it is refused before it takes memory or time, and the limit is named."""

import json
import resource
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from spendsense.errors import InvalidInput, SpendSenseError, TooLarge
from spendsense.plaid.files import BODY_LIMITS, MEGABYTE, Limits
from spendsense.plaid.records import Batch
from spendsense.plaid.schema import Media, parse
from spendsense.plaid.tables import LONGEST_ROW
from tests.plaid.payloads import account, read, transaction

SMALL = Limits(packed=MEGABYTE, unpacked=MEGABYTE, records=10, values=1_000)
HEADER = b"transaction_id,account_id,date,amount,name\n"


def parse_within(limits: Limits, payload: Any, media: Media = "json") -> Batch:
    """The parsed payload: bytes as they are, anything else as JSON."""
    data = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    return parse(data, filename=None, media=media, received_on=date(2026, 11, 20), source_label="test", limits=limits)


def rows(count: int) -> list[dict[str, Any]]:
    return [transaction(f"t{number}") for number in range(count)]


# Ways to hold so many records.
HOLDING: dict[str, Callable[[int], Any]] = {
    "accounts": lambda count: {"accounts": [account(f"a{number}") for number in range(count)]},
    "added": lambda count: {"added": rows(count)},
    "modified": lambda count: {"modified": rows(count)},
    "transactions": lambda count: {"transactions": rows(count)},
    "removed": lambda count: {"removed": [{"transaction_id": f"t{number}"} for number in range(count)]},
    "liabilities": lambda count: {"liabilities": {"credit": [{"account_id": f"a{n}"} for n in range(count)]}},
    "a list": rows,
    "a client library's": lambda count: {"Added": rows(count)},
    "custom accounts": lambda count: {"override_accounts": [{"type": "depository"}] * count},
    "a custom account's rows": lambda count: {
        "override_accounts": [{"type": "depository", "transactions": [{"amount": 1}] * (count - 1)}]
    },
    "several lists": lambda count: {"accounts": [account()], "added": rows(2), "modified": rows(count - 3)},
    "bad ones": lambda count: {"added": [0] * count},
    "a table": lambda count: HEADER + b"t,chk,2026-11-03,1,x\n" * count,
}


@pytest.mark.parametrize("name", HOLDING)
def test_a_payload_has_so_many_records_at_most(name: str) -> None:
    media: Media = "csv" if name == "a table" else "json"
    parse_within(SMALL, HOLDING[name](10), media)
    with pytest.raises(TooLarge, match="more than 10 records"):
        parse_within(SMALL, HOLDING[name](11), media)


@pytest.mark.parametrize(
    ("payload", "media"),
    [
        (b'{"accounts": [], "x": [' + b"0," * 1_000 + b"0]}", "json"),
        (b'{"accounts": [], ' + b",".join(b'"x%d": 1' % number for number in range(1_000)) + b"}", "json"),
        (b'{"accounts": [], "x": [' + b",".join([b'{"x": {"x": 1}}'] * 600) + b"]}", "json"),
        (HEADER + b"a,b,c,d,e\n" * 201, "csv"),
        (HEADER + b"\n" * 1_001, "csv"),
    ],
)
def test_a_payload_has_so_many_values_at_most_whether_they_are_read_or_not(payload: bytes, media: Media) -> None:
    with pytest.raises(TooLarge, match=r"more than 1,000 (values|cells)"):
        parse_within(Limits(packed=MEGABYTE, unpacked=MEGABYTE, values=1_000), payload, media)


# Small when packed; each took up to 4 GB, or minutes, before there were limits.
SWOLLEN: dict[str, tuple[Callable[[], bytes], Media, type[SpendSenseError] | None]] = {
    "numbers for records": (lambda: b'{"accounts":[' + b"0," * 3_000_000 + b"0]}", "json", TooLarge),
    "names at the top": (
        lambda: b'{"accounts":[]' + b"".join(b',"x%d":0' % number for number in range(3_900_000)) + b"}",
        "json",
        None,  # whatever is no part of an answer may be there, and takes no memory
    ),
    "a client library's objects": (lambda: b'{"Accounts":[' + b'{"a":1},' * 1_500_000 + b"0]}", "json", TooLarge),
    "rates of one card": (
        lambda: b'{"liabilities":{"credit":[{"account_id":"a","aprs":[' + b"{}," * 1_000_000 + b"{}]}]}}",
        "json",
        None,
    ),
    "escapes before half a character": (lambda: b'["' + b"\\n" * 8_000_000 + b'\\ud800"]', "json", InvalidInput),
    "backslashes before half a character": (
        lambda: b'["' + b"\\" * 16_000_000 + b'\\ud800"]',
        "json",
        InvalidInput,
    ),
    "half characters": (lambda: b'["' + b"\\ud800" * 4_000_000 + b'"]', "json", InvalidInput),
    "columns": (lambda: b",".join(b"%d" % number for number in range(200_000)) + b"\n", "csv", InvalidInput),
    "a long row": (lambda: HEADER + b"ab," * 5_000_000, "csv", InvalidInput),
    "a row of many lines": (lambda: HEADER + b'"a\n",' * 1_000_000, "csv", InvalidInput),
    "rows that are too short": (lambda: HEADER + b"x\n" * 3_000_000, "csv", TooLarge),
    "empty rows": (lambda: HEADER + b"\n" * 5_000_000, "csv", TooLarge),
}


@contextmanager
def little_memory(megabytes: int) -> Iterator[None]:
    """So much more may be taken than is taken now; beyond it a MemoryError is raised."""
    limits, pages = resource.getrlimit(resource.RLIMIT_AS), int(Path("/proc/self/statm").read_text().split()[0])
    resource.setrlimit(resource.RLIMIT_AS, (pages * resource.getpagesize() + megabytes * MEGABYTE, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, limits)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells, and limits, what a process takes")
@pytest.mark.parametrize("name", SWOLLEN)
def test_what_swells_takes_little_memory(name: str) -> None:
    make, media, error = SWOLLEN[name]
    payload = make()
    with little_memory(300), pytest.raises(error) if error else nullcontext():
        parse_within(BODY_LIMITS, payload, media)


def test_a_row_has_so_many_characters_at_most_with_all_of_its_lines() -> None:
    row = b't,chk,2026-11-03,1,"%s\n%s"\n'
    half = (LONGEST_ROW - len(row % (b"", b""))) // 2
    parse_within(BODY_LIMITS, HEADER + row % (b"n" * half, b"n" * half) + row % (b"n" * half, b"n" * half), "csv")
    with pytest.raises(InvalidInput, match="line 3: a row of more than 2,097,152 characters"):
        parse_within(BODY_LIMITS, HEADER + row % (b"n" * half, b"n" * (half + 2)), "csv")


def test_a_table_has_500_columns_at_most_with_names_of_200_characters() -> None:
    others = ",".join(f"c{number}" for number in range(495))
    assert read(HEADER.replace(b"\n", f",{others}\n".encode()), "csv").rejected == ()
    with pytest.raises(InvalidInput, match="line 1, column 501: more than 500 columns"):
        read(HEADER.replace(b"\n", f",{others},more\n".encode()), "csv")
    assert read(HEADER.replace(b"\n", b"," + b"c" * 200 + b"\n"), "csv").rejected == ()
    with pytest.raises(InvalidInput, match="line 1, column 6: a name of more than 200 characters"):
        read(HEADER.replace(b"\n", b"," + b"c" * 201 + b"\n"), "csv")


@pytest.mark.parametrize(("bad", "listed"), [(99, 99), (100, 100), (101, 100), (5_000, 100)])
def test_all_rejects_are_counted_and_the_first_hundred_listed(bad: int, listed: int) -> None:
    batch = read({"accounts": [account()], "added": [0] * bad})
    assert (len(batch.rejected), len(batch.rejected) + batch.further_rejects) == (listed, bad)
    assert batch.rejected[-1].pointer == f"/added/{listed - 1}"


def test_the_first_hundred_notes_are_listed_and_the_others_counted() -> None:
    pay_slips = [account(f"a{number}", type="payroll") for number in range(103)]
    notes = read({"accounts": pay_slips}).notes
    assert (len(notes), notes[-1]) == (101, "3 more of such notes.")


@pytest.mark.parametrize("position", [0, 1, 5, (1 << 20) - 2, (1 << 20) - 1, 1 << 20, (1 << 20) + 1, 3 << 20])
def test_the_first_byte_that_is_not_utf_8_is_told_wherever_it_stands(position: int) -> None:
    text = (
        ("é" * (position // 2 + 1)).encode()[:position] if position % 2 == 0 else b"x" + "é".encode() * (position // 2)
    )
    with pytest.raises(InvalidInput, match=f"line 1, byte {len(text) + 1}: not UTF-8"):
        read(text + b"\xff" + b"x" * 10)
    for cut in (b"\xc3", b"\xf0\x9f\x98"):  # a character that is not whole at the end
        with pytest.raises(InvalidInput, match=f"line 1, byte {len(text) + 1}: not UTF-8"):
            read(text + cut)
