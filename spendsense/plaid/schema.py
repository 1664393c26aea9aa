"""A payload in Plaid's shape becomes typed, checked records. Pure: bytes in, a `Batch` out.

Known shapes: the answers of /transactions/sync, /transactions/get, /accounts/get and /liabilities/get, sandbox custom
users, plain lists of accounts or transactions, and CSVs with Plaid's column names.
"""

from codecs import BOM_UTF8
from datetime import date
from typing import Literal

import msgspec
from msgspec import Raw

from spendsense.errors import InvalidInput
from spendsense.plaid import wire
from spendsense.plaid.accounts import holds_bank_data, read_account
from spendsense.plaid.assembly import Assembly
from spendsense.plaid.custom_users import (
    CustomTransactions,
    decode_custom_account,
    read_custom_account,
    read_custom_liability,
)
from spendsense.plaid.document import decode_record, split_document, split_fields, split_list, split_object
from spendsense.plaid.liabilities import KINDS, read_liability
from spendsense.plaid.records import AccountRecord, Batch, Item
from spendsense.plaid.spelling import is_pascal_case, respell
from spendsense.plaid.tables import Table, account_of, read_table, transaction_of
from spendsense.plaid.transactions import read_transaction
from spendsense.plaid.values import Refused, day_reader, identifier, optional_identifier

Media = Literal["json", "csv"]

_ACCOUNT = msgspec.json.Decoder(wire.Account)
_TRANSACTION = msgspec.json.Decoder(wire.Transaction)
_REMOVED = msgspec.json.Decoder(wire.Removed)
_LIABILITY = msgspec.json.Decoder(wire.Liability)
_ITEM = msgspec.json.Decoder(wire.Item)

KNOWN_PARTS = ("accounts", "added", "modified", "removed", "transactions", "liabilities", "override_accounts")
NOTHING_FOUND = (
    "Nothing in Plaid's shape was found: no accounts, transactions, added, liabilities or override_accounts."
)


def parse(data: bytes, *, filename: str | None, media: Media | None, received_on: date, source_label: str) -> Batch:
    """The records of one payload, good and bad apart.

    `media` says what the payload is, else the file's name or its first character does. `received_on` dates balances
    that carry no day and bounds the dates; `source_label` tells one custom user's file from another's. Raises
    InvalidInput when the payload can't be read as a whole: nothing of it counts.
    """
    reader = _Reader(received_on, source_label)
    if (media or _media_of(data, filename)) == "csv":
        reader.read_table(read_table(data))
    else:
        _read_json(reader, data)
    return reader.assembly.batch()


def _media_of(data: bytes, filename: str | None) -> Media:
    name = (filename or "").lower().removesuffix(".gz")
    if name.endswith((".csv", ".json")):
        return "csv" if name.endswith(".csv") else "json"
    return "json" if data.removeprefix(BOM_UTF8).lstrip()[:1] in (b"{", b"[") else "csv"


def _read_json(reader: "_Reader", data: bytes) -> None:
    document = split_document(data)
    if is_pascal_case(_names(document)):
        document = split_document(respell(data.removeprefix(BOM_UTF8)))
    if isinstance(document, list):
        reader.read_mixed(document)
    elif any(name in document for name in KNOWN_PARTS):
        reader.read_answer(document)
    else:
        raise InvalidInput(NOTHING_FOUND)


def _names(document: dict[str, Raw] | list[Raw]) -> list[str]:
    """The names at the top, or in the first record of a list."""
    if isinstance(document, list):
        return list(split_fields(document[0])) if document else []
    return list(document)


class _Reader:
    """Reads the parts of one payload into an assembly; a record that can't be taken is listed and left out."""

    def __init__(self, received_on: date, source_label: str) -> None:
        self.received_on = received_on
        self.source_label = source_label
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
        if "override_accounts" in parts:
            for position, record in enumerate(split_list(parts["override_accounts"], "/override_accounts")):
                self._custom_account(record, f"/override_accounts/{position}")

    def read_mixed(self, records: list[Raw]) -> None:
        """A plain list: each record is a transaction when it has an amount or a transaction_id, else an account."""
        fields = [split_fields(raw) for raw in records]
        if records and not any("account_id" in names or "transaction_id" in names for names in fields):
            raise InvalidInput(NOTHING_FOUND)
        for position, (raw, names) in enumerate(zip(records, fields, strict=True)):
            if "transaction_id" in names or "amount" in names:
                self._transaction(raw, f"/{position}", is_revised=True)
            else:
                self._account(raw, f"/{position}")

    def read_table(self, table: Table) -> None:
        """A CSV of transactions or of accounts."""
        for row in table.rows:
            try:
                if row.refused:
                    raise row.refused
                if table.is_transactions:
                    transaction = transaction_of(row.cells)
                    self.assembly.add_transaction(
                        read_transaction(transaction, row.place, self.read_day, is_revised=True, is_partial=True)
                    )
                else:
                    self._take_account(account_of(row.cells), row.place)
            except Refused as refused:
                self.assembly.reject(row.place, refused)

    def _accounts(self, raw: Raw | None) -> None:
        for position, record in enumerate(split_list(raw, "/accounts") if raw is not None else []):
            self._account(record, f"/accounts/{position}")

    def _account(self, raw: Raw, place: str) -> None:
        try:
            self._take_account(decode_record(_ACCOUNT, raw), place)
        except Refused as refused:
            self.assembly.reject(place, refused)

    def _take_account(self, account: wire.Account, place: str) -> None:
        if not holds_bank_data(account.type):
            self.assembly.notes.append(f"{place}: left out, a {account.type} account holds no bank data.")
            return
        item = self.assembly.item
        item_id = item.item_id if item else None
        self.assembly.add_account(read_account(account, place, item_id, self.received_on, self.read_day))

    def _custom_account(self, raw: Raw, place: str) -> None:
        try:
            custom = decode_custom_account(raw)
            if not holds_bank_data(custom.type):
                self.assembly.notes.append(f"{place}: left out, a {custom.type} account holds no bank data.")
                return
            account = read_custom_account(custom, place, self.source_label, self.received_on, self.read_day)
            self.assembly.add_account(account)
        except Refused as refused:
            self.assembly.reject(place, refused)
            return
        if bytes(custom.inflow_model) != b"null":
            self.assembly.notes.append(f"{place}/inflow_model: left out, only transactions that took place are read.")
        self._custom_liability(custom, account)
        self._custom_transactions(custom, account)

    def _custom_liability(self, custom: wire.CustomAccount, account: AccountRecord) -> None:
        try:
            liability = read_custom_liability(custom, account, self.read_day)
            if liability:
                self.assembly.add_liability(liability)
        except Refused as refused:
            self.assembly.reject(account.place, refused)

    def _custom_transactions(self, custom: wire.CustomAccount, account: AccountRecord) -> None:
        reader = CustomTransactions(account, self.read_day)
        for position, raw in enumerate(custom.transactions or []):
            place = f"{account.place}/transactions/{position}"
            try:
                self.assembly.add_transaction(reader.read(raw, place))
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
