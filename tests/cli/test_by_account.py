from datetime import date

from spendsense.cli.by_account import split_by_account
from spendsense.plaid.records import Batch
from spendsense.plaid.schema import parse
from tests.cli.payloads import account, row


def read(payload: str) -> Batch:
    return parse(payload.encode(), filename=None, media="json", received_on=date(2026, 6, 1), source_label="test")


def test_every_part_holds_its_account_alone() -> None:
    import json

    batch = read(
        json.dumps(
            {
                "accounts": [account("a"), account("b")],
                "added": [row("t1", "a"), row("t2", "b", pending_transaction_id="p2")],
                "removed": [{"transaction_id": "stored"}, {"transaction_id": "unheard"}],
            }
        )
    )
    parts = split_by_account(batch, {"stored": "a"})
    assert sorted(parts) == ["a", "b"]
    assert [t.transaction_id for t in parts["a"].transactions] == ["t1"]
    assert [a.account_id for a in parts["b"].accounts] == ["b"]
    # A stored row's id goes to its account; an id that nobody has yet is kept for all.
    assert (parts["a"].removed, parts["b"].removed) == (("stored", "unheard"), ("unheard",))
    assert (parts["a"].superseded, parts["b"].superseded) == ((), ("p2",))
