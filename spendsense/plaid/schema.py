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
from spendsense.plaid.document import begins, decode_object, decode_record, require_at_most, split_document, split_list
from spendsense.plaid.files import FILE_LIMITS, Limits
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
_LIABILITIES = msgspec.json.Decoder(wire.Liabilities)
_MARKS = msgspec.json.Decoder(wire.Marks)

KNOWN_PARTS = ("accounts", "added", "modified", "removed", "transactions", "liabilities", "override_accounts")
NOTHING_FOUND = (
    "Nothing in Plaid's shape was found: no accounts, transactions, added, liabilities or override_accounts."
)


def parse(
    data: bytes,
    *,
    filename: str | None,
    media: Media | None,
    received_on: date,
    source_label: str,
    limits: Limits = FILE_LIMITS,
) -> Batch:
    """The records of one payload, good and bad apart.

    `media` says what the payload is, else the file's name or its first character does. `received_on` dates balances
    that carry no day and bounds the dates; `source_label` tells one custom user's file from another's. Raises
    InvalidInput when the payload can't be read as a whole, TooLarge when it holds too much: nothing of it counts.
    """
    reader = _Reader(received_on, source_label, limits.records)
    if (media or _media_of(data, filename)) == "csv":
        reader.read_table(read_table(data, limits.values))
    else:
        require_at_most(limits.values, data)
        _read_json(reader, data.removeprefix(BOM_UTF8))
    return reader.assembly.batch()


def _media_of(data: bytes, filename: str | None) -> Media:
    name = (filename or "").lower().removesuffix(".gz")
    if name.endswith((".csv", ".json")):
        return "csv" if name.endswith(".csv") else "json"
    return "json" if data.removeprefix(BOM_UTF8).lstrip()[:1] in (b"{", b"[") else "csv"


def _read_json(reader: "_Reader", data: bytes) -> None:
    document = split_document(data)
    if is_pascal_case(data):
        document = split_document(respell(data))
    if isinstance(document, list):
        reader.read_mixed(document)
    elif any(getattr(document, name) is not wire.ABSENT for name in KNOWN_PARTS):
        reader.read_answer(document)
    else:
        raise InvalidInput(NOTHING_FOUND)


def _marks(raw: Raw) -> wire.Marks:
    """Which fields a record has; none when it is no object."""
    return _MARKS.decode(raw) if begins(raw, b"{") else wire.Marks()


class _Reader:
    """Reads the parts of one payload into an assembly; a record that can't be taken is listed and left out."""

    def __init__(self, received_on: date, source_label: str, most_records: int) -> None:
        self.received_on = received_on
        self.source_label = source_label
        self.read_day = day_reader(received_on)
        self.assembly = Assembly(most_records)

    def read_answer(self, parts: wire.Answer) -> None:
        """An answer of one of Plaid's endpoints, or an object of plain lists."""
        if parts.item is not wire.ABSENT:
            self.assembly.item = self._item(parts.item)
        for position, raw in enumerate(self._split(parts.accounts, "/accounts")):
            self._account(raw, f"/accounts/{position}")
        self._transactions(parts.added, "/added", is_revised=False)
        self._transactions(parts.modified, "/modified", is_revised=True)
        self._transactions(parts.transactions, "/transactions", is_revised=True)
        self._removed(parts.removed)
        if parts.liabilities is not wire.ABSENT:
            self._liabilities(parts.liabilities)
        for position, raw in enumerate(self._split(parts.override_accounts, "/override_accounts")):
            self._custom_account(raw, f"/override_accounts/{position}")

    def read_mixed(self, records: list[Raw]) -> None:
        """A plain list: each record is a transaction when it has an amount or a transaction_id, else an account."""
        self.assembly.expect(len(records))
        marks = [_marks(raw) for raw in records]
        if records and all(one.account_id is one.transaction_id is wire.ABSENT for one in marks):
            raise InvalidInput(NOTHING_FOUND)
        for position, (raw, one) in enumerate(zip(records, marks, strict=True)):
            if one.transaction_id is one.amount is wire.ABSENT:
                self._account(raw, f"/{position}")
            else:
                self._transaction(raw, f"/{position}", is_revised=True)

    def read_table(self, table: Table) -> None:
        """A CSV of transactions or of accounts."""
        for row in table.rows:
            self.assembly.expect(1)
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

    def _split(self, raw: Raw, pointer: str) -> list[Raw]:
        """The records of a list, counted; none when it is absent."""
        records = [] if raw is wire.ABSENT else split_list(raw, pointer)
        self.assembly.expect(len(records))
        return records

    def _account(self, raw: Raw, place: str) -> None:
        try:
            self._take_account(decode_record(_ACCOUNT, raw), place)
        except Refused as refused:
            self.assembly.reject(place, refused)

    def _take_account(self, account: wire.Account, place: str) -> None:
        if not holds_bank_data(account.type):
            self.assembly.note(f"{place}: left out, a {account.type} account holds no bank data.")
            return
        item = self.assembly.item
        item_id = item.item_id if item else None
        self.assembly.add_account(read_account(account, place, item_id, self.received_on, self.read_day))

    def _custom_account(self, raw: Raw, place: str) -> None:
        try:
            custom = decode_custom_account(raw)
            if not holds_bank_data(custom.type):
                self.assembly.note(f"{place}: left out, a {custom.type} account holds no bank data.")
                return
            account = read_custom_account(custom, place, self.source_label, self.received_on, self.read_day)
            self.assembly.add_account(account)
        except Refused as refused:
            self.assembly.reject(place, refused)
            return
        if bytes(custom.inflow_model) != b"null":
            self.assembly.note(f"{place}/inflow_model: left out, only transactions that took place are read.")
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
        records = custom.transactions or []
        self.assembly.expect(len(records))
        for position, raw in enumerate(records):
            place = f"{account.place}/transactions/{position}"
            try:
                self.assembly.add_transaction(reader.read(raw, place))
            except Refused as refused:
                self.assembly.reject(place, refused)

    def _transactions(self, records: Raw, pointer: str, is_revised: bool) -> None:
        for position, raw in enumerate(self._split(records, pointer)):
            self._transaction(raw, f"{pointer}/{position}", is_revised)

    def _transaction(self, raw: Raw, place: str, is_revised: bool) -> None:
        try:
            transaction = decode_record(_TRANSACTION, raw)
            self.assembly.add_transaction(read_transaction(transaction, place, self.read_day, is_revised=is_revised))
        except Refused as refused:
            self.assembly.reject(place, refused)

    def _removed(self, raw: Raw) -> None:
        for position, record in enumerate(self._split(raw, "/removed")):
            place = f"/removed/{position}"
            try:
                removed = decode_record(_REMOVED, record)
                self.assembly.remove_transaction(identifier(removed.transaction_id, "transaction_id"), place)
            except Refused as refused:
                self.assembly.reject(place, refused)

    def _liabilities(self, raw: Raw) -> None:
        parts = decode_object(_LIABILITIES, raw, "/liabilities")
        for name, kind in KINDS.items() if parts else ():
            for position, record in enumerate(self._split(getattr(parts, name), f"/liabilities/{name}")):
                place = f"/liabilities/{name}/{position}"
                try:
                    liability = decode_record(_LIABILITY, record)
                    self.assembly.add_liability(read_liability(liability, kind, place, self.read_day))
                except Refused as refused:
                    self.assembly.reject(place, refused)

    def _item(self, raw: Raw) -> Item | None:
        try:
            item = decode_record(_ITEM, raw)
            item_id = optional_identifier(item.item_id or item.id, "item_id")
            institution_id = optional_identifier(item.institution_id, "institution_id")
            return Item(item_id, institution_id) if item_id else None
        except Refused as refused:
            self.assembly.reject("/item", refused)
            return None
