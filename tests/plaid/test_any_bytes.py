"""Whatever the bytes are, a payload is read or refused with InvalidInput: nothing else comes out of the reader."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spendsense.errors import InvalidInput
from spendsense.plaid.records import Batch
from tests.plaid.payloads import account, read, transaction

WHOLE = json.dumps(
    {
        "item": {"item_id": "it"},
        "accounts": [account(), account("card", type="credit", subtype="credit card")],
        "added": [transaction("a", name="Caf\u00e9 \U0001f600"), transaction("b", pending_transaction_id="a")],
        "removed": [{"transaction_id": "x"}],
        "liabilities": {"credit": [{"account_id": "card", "aprs": [{"apr_percentage": 12.5}]}]},
        "override_accounts": [{"type": "loan", "subtype": "student", "transactions": [{"amount": 1}]}],
    }
).encode()
PASCAL = WHOLE.replace(b'"item"', b'"Item"').replace(b'"accounts"', b'"Accounts"').replace(b'"added"', b'"Added"')
PASCAL = PASCAL.replace(b'"removed"', b'"Removed"').replace(b'"liabilities"', b'"Liabilities"')
PASCAL = PASCAL.replace(b'"override_accounts"', b'"OverrideAccounts"')
TABLE = b'transaction_id,account_id,date,amount,name,pending\na,chk,2026-11-01,-5,"Shop, Inc",true\nb,chk,,1,x,\n'

anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(sorted(transaction())), inner),
    max_leaves=8,
)


@pytest.mark.parametrize("whole", [WHOLE, PASCAL, TABLE])
@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_damaged_bytes(whole: bytes, data: st.DataObject) -> None:
    damaged = bytearray(whole)
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(damaged)))
        end = data.draw(st.integers(start, min(len(damaged), start + 8)))
        damaged[start:end] = data.draw(
            st.binary(max_size=4) | st.sampled_from([b'"', b"\\ud800", b"{", b"NaN", b",,", b"1e99999999999999999999"])
        )
    _read_or_refuse(bytes(damaged))


@settings(max_examples=150, deadline=None)
@given(
    value=anything, part=st.sampled_from(["added", "accounts", "removed", "liabilities", "item", "override_accounts"])
)
def test_any_json_in_any_part(value: Any, part: str) -> None:
    _read_or_refuse({part: value})
    _read_or_refuse({part: [value, {"type": value, "transactions": [value], "account_id": value, "balances": value}]})


@settings(max_examples=100, deadline=None)
@given(value=anything, field=st.sampled_from(sorted(transaction())))
def test_any_value_in_any_field(value: Any, field: str) -> None:
    batch = _read_or_refuse([transaction("good"), transaction("other") | {field: value}])
    assert batch is not None and batch.transactions[0].transaction_id == "good"


def _read_or_refuse(payload: Any) -> Batch | None:
    try:
        return read(payload, media=None)
    except InvalidInput:
        return None
