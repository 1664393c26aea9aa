"""A payload in Plaid's shape becomes typed, checked records. Pure: bytes in, a `Batch` out.

Known shapes: the answers of /transactions/sync, /transactions/get, /accounts/get and /liabilities/get, sandbox custom
users, plain lists of accounts or transactions, and CSVs with Plaid's column names.
"""

from datetime import date
from typing import Literal

import msgspec
from msgspec import Raw

from spendsense.errors import InvalidInput
from spendsense.plaid import wire
from spendsense.plaid.accounts import read_account
from spendsense.plaid.assembly import Assembly
from spendsense.plaid.document import decode_record, split_document, split_list, split_object
from spendsense.plaid.liabilities import KINDS, read_liability
from spendsense.plaid.records import Batch, Item
from spendsense.plaid.transactions import read_transaction
from spendsense.plaid.values import Refused, day_reader, identifier, optional_identifier

Media = Literal["json", "csv"]

_ACCOUNT = msgspec.json.Decoder(wire.Account)
_TRANSACTION = msgspec.json.Decoder(wire.Transaction)
_REMOVED = msgspec.json.Decoder(wire.Removed)
_LIABILITY = msgspec.json.Decoder(wire.Liability)
_ITEM = msgspec.json.Decoder(wire.Item)

SNAPSHOT_OR_SYNC = ("accounts", "added", "modified", "removed", "transactions", "liabilities")


def parse(data: bytes, *, filename: str | None, media: Media | None, received_on: date, source_label: str) -> Batch:
    """The records of one payload, good and bad apart.

    `received_on` dates balances that carry no day and bounds the dates; `source_label` tells one custom user's file
    from another's. Raises InvalidInput when the payload can't be read as a whole: nothing of it counts.
    """
    return _parse_json(data, received_on, source_label)


def _parse_json(data: bytes, received_on: date, source_label: str) -> Batch:
    document = split_document(data)
    reader = _Reader(received_on)
    if isinstance(document, list):
        reader.read_mixed(document)
    elif any(name in document for name in SNAPSHOT_OR_SYNC):
        reader.read_answer(document)
    else:
        raise InvalidInput("Nothing in Plaid's shape was found: no accounts, transactions, added, or liabilities.")
    return reader.assembly.batch()


class _Reader:
    """Reads the parts of one payload into an assembly; a record that can't be taken is listed and left out."""

    def __init__(self, received_on: date) -> None:
        self.received_on = received_on
        self.read_day = day_reader(received_on)
        self.assembly = Assembly()

    def read_answer(self, parts: dict[str, Raw]) -> None:
        """An answer of one of Plaid's endpoints, or an object of plain lists."""
        if "item" in parts:
            self.assembly.item = self._item(parts["item"])
        self._accounts(parts.get("accounts"))
        for name, is_revised in (("added", False), ("modified", True), ("transactions", True)):
            if name in parts:
                self._transactions(split_list(parts[name], f"/{name}"), f"/{name}", is_revised)
        if "removed" in parts:
            self._removed(parts["removed"])
        if "liabilities" in parts:
            self._liabilities(parts["liabilities"])

    def read_mixed(self, records: list[Raw]) -> None:
        """A plain list: each record is a transaction when it has an amount or a transaction_id, else an account."""
        for position, raw in enumerate(records):
            try:
                fields = split_object(raw, f"/{position}")
            except InvalidInput:
                self.assembly.reject(f"/{position}", Refused("", "must be an object"))
                continue
            if "transaction_id" in fields or "amount" in fields:
                self._transaction(raw, f"/{position}", is_revised=True)
            else:
                self._account(raw, f"/{position}")

    def _accounts(self, raw: Raw | None) -> None:
        for position, record in enumerate(split_list(raw, "/accounts") if raw is not None else []):
            self._account(record, f"/accounts/{position}")

    def _account(self, raw: Raw, place: str) -> None:
        item = self.assembly.item
        try:
            account = decode_record(_ACCOUNT, raw)
            record = read_account(account, place, item.item_id if item else None, self.received_on)
            self.assembly.add_account(record)
        except Refused as refused:
            self.assembly.reject(place, refused)

    def _transactions(self, records: list[Raw], pointer: str, is_revised: bool) -> None:
        for position, raw in enumerate(records):
            self._transaction(raw, f"{pointer}/{position}", is_revised)

    def _transaction(self, raw: Raw, place: str, is_revised: bool) -> None:
        try:
            transaction = decode_record(_TRANSACTION, raw)
            self.assembly.add_transaction(read_transaction(transaction, place, self.read_day, is_revised=is_revised))
        except Refused as refused:
            self.assembly.reject(place, refused)

    def _removed(self, raw: Raw) -> None:
        for position, record in enumerate(split_list(raw, "/removed")):
            place = f"/removed/{position}"
            try:
                removed = decode_record(_REMOVED, record)
                self.assembly.remove_transaction(identifier(removed.transaction_id, "transaction_id"), place)
            except Refused as refused:
                self.assembly.reject(place, refused)

    def _liabilities(self, raw: Raw) -> None:
        for name, records in split_object(raw, "/liabilities").items():
            if name not in KINDS:
                continue
            for position, record in enumerate(split_list(records, f"/liabilities/{name}")):
                place = f"/liabilities/{name}/{position}"
                try:
                    liability = decode_record(_LIABILITY, record)
                    self.assembly.add_liability(read_liability(liability, KINDS[name], place, self.read_day))
                except Refused as refused:
                    self.assembly.reject(place, refused)

    def _item(self, raw: Raw) -> Item | None:
        try:
            item = decode_record(_ITEM, raw)
            item_id = optional_identifier(item.item_id, "item_id")
            institution_id = optional_identifier(item.institution_id, "institution_id")
            return Item(item_id, institution_id) if item_id else None
        except Refused as refused:
            self.assembly.reject("/item", refused)
            return None
