"""A payload in one part for each account: for files in which every account is somebody else's. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Protocol, TypeVar

from spendsense.plaid.records import Batch


class _OfAnAccount(Protocol):
    @property
    def account_id(self) -> str: ...


Record = TypeVar("Record", bound=_OfAnAccount)


def split_by_account(batch: Batch, holders: Mapping[str, str]) -> dict[str, Batch]:
    """The parts by account id. Rejects and notes stay with the whole.

    `holders` names the accounts of stored rows among the removed ids. A removed id that no account is known for goes
    into every part, so that its row is not taken when it comes later.
    """
    accounts, liabilities = _grouped(batch.accounts), _grouped(batch.liabilities)
    transactions = _grouped(batch.transactions)
    named = {t.pending_transaction_id: t.account_id for t in batch.transactions if t.pending_transaction_id}
    known = {**holders, **named, **{t.transaction_id: t.account_id for t in batch.transactions}}
    removed, superseded = _ids_by_account(batch.removed, known), _ids_by_account(batch.superseded, known)
    return {
        account_id: Batch(
            accounts=tuple(accounts[account_id]),
            liabilities=tuple(liabilities[account_id]),
            transactions=tuple(transactions[account_id]),
            removed=(*removed[account_id], *removed[None]),
            superseded=(*superseded[account_id], *superseded[None]),
            item=batch.item,
        )
        for account_id in sorted({*accounts, *liabilities, *transactions, *removed, *superseded} - {None}, key=str)
        if account_id is not None
    }


def _grouped(records: Iterable[Record]) -> dict[str | None, list[Record]]:
    groups: dict[str | None, list[Record]] = defaultdict(list)
    for record in records:
        groups[record.account_id].append(record)
    return groups


def _ids_by_account(ids: Iterable[str], known: Mapping[str, str]) -> dict[str | None, list[str]]:
    groups: dict[str | None, list[str]] = defaultdict(list)
    for transaction_id in ids:
        groups[known.get(transaction_id)].append(transaction_id)
    return groups
