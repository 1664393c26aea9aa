"""Plaid's sandbox custom users (`override_accounts`): what comes without ids is given lasting ones. Pure.

An account's id follows from the file's label, its position, type and subtype; a transaction's from its account, day,
amount and text, and from how many such rows stand before it: a replay gives the same rows, and look-alikes are kept.
"""

from collections import Counter
from datetime import date
from hashlib import blake2b

import msgspec
from msgspec import Raw

from spendsense.plaid import wire
from spendsense.plaid.accounts import account_type, read_account
from spendsense.plaid.document import decode_record
from spendsense.plaid.liabilities import read_liability
from spendsense.plaid.records import AccountRecord, LiabilityRecord, TransactionRecord
from spendsense.plaid.transactions import read_transaction
from spendsense.plaid.values import DayReader, Refused, cents, percent

_ACCOUNT = msgspec.json.Decoder(wire.CustomAccount)
_LIABILITY = msgspec.json.Decoder(wire.CustomLiability)
_TRANSACTION = msgspec.json.Decoder(wire.CustomTransaction)


def decode_custom_account(raw: Raw) -> wire.CustomAccount:
    """The entry with its types checked. Raises Refused."""
    return decode_record(_ACCOUNT, raw)


def read_custom_account(
    raw: wire.CustomAccount, place: str, label: str, received_on: date, read_day: DayReader
) -> AccountRecord:
    """The entry's account. Raises Refused."""
    kind, subtype = account_type(raw.type, raw.subtype)
    meta = raw.meta or wire.CustomMeta()
    position = place.rpartition("/")[2]
    account = wire.Account(
        account_id=_lasting_id("ca", label, position, kind, subtype or ""),
        name=meta.name or (subtype or kind).title(),
        official_name=meta.official_name,
        mask=meta.mask,
        type=kind,
        subtype=subtype,
        balances=wire.Balances(
            current=raw.starting_balance,
            available=raw.force_available_balance,
            limit=meta.limit,
            iso_currency_code=raw.currency,
        ),
    )
    try:
        return read_account(account, place, None, received_on, read_day)
    except Refused as refused:
        raise Refused(_ACCOUNT_FIELDS.get(refused.field, refused.field), refused.reason) from refused


def read_custom_liability(
    raw: wire.CustomAccount, account: AccountRecord, read_day: DayReader
) -> LiabilityRecord | None:
    """What the entry says is owed, if it does. Raises Refused with the path below the entry."""
    if bytes(raw.liability) == b"null":
        return None
    place = f"{account.place}/liability"
    try:
        owed = decode_record(_LIABILITY, raw.liability)
        if owed.type not in ("credit", "mortgage", "student"):
            raise Refused("type", "must be one of credit, mortgage, student")
        rates = [("purchase_apr", owed.purchase_apr), ("cash_apr", owed.cash_apr)]
        rates += [("balance_transfer_apr", owed.balance_transfer_apr), ("special_apr", owed.special_apr)]
        for name, rate in (*rates, ("nominal_apr", owed.nominal_apr)):
            percent(rate, name)  # names the field as this file spells it
        liability = wire.Liability(
            account_id=account.account_id,
            is_overdue=owed.is_overdue,
            last_payment_amount=owed.last_payment_amount,
            minimum_payment_amount=owed.minimum_payment_amount,
            aprs=[wire.Apr(apr_percentage=rate, apr_type=name) for name, rate in rates],
            interest_rate_percentage=owed.nominal_apr,
        )
        return read_liability(liability, owed.type, place, read_day)
    except Refused as refused:
        raise Refused(f"liability/{refused.field}".rstrip("/"), refused.reason) from refused


class CustomTransactions:
    """Reads the transactions of one entry; it counts the look-alikes as it goes."""

    def __init__(self, account: AccountRecord, read_day: DayReader) -> None:
        self.account = account
        self.read_day = read_day
        self.seen: Counter[tuple[str, int, str]] = Counter()

    def read(self, raw: Raw, place: str) -> TransactionRecord:
        """The transaction as one record. Raises Refused with the names that this kind of file uses."""
        custom = decode_record(_TRANSACTION, raw)
        if not (posted := custom.date_posted or custom.date_transacted):
            raise Refused("date_posted", "is missing")
        amount_cents = cents(custom.amount, "amount")
        look_alike = (posted, amount_cents or 0, custom.description or "")
        self.seen[look_alike] += 1
        occurrence = self.seen[look_alike]
        transaction = wire.Transaction(
            transaction_id=_lasting_id("ct", self.account.account_id, *map(str, look_alike), str(occurrence)),
            account_id=self.account.account_id,
            date=posted,
            authorized_date=custom.date_transacted,
            amount=custom.amount,
            name=custom.description,
            iso_currency_code=custom.currency,
        )
        try:
            return read_transaction(transaction, place, self.read_day, is_revised=True)
        except Refused as refused:
            raise Refused(_TRANSACTION_FIELDS.get(refused.field, refused.field), refused.reason) from refused


# What a field of Plaid's records is called in this kind of file.
_ACCOUNT_FIELDS = {
    "balances/current": "starting_balance",
    "balances/available": "force_available_balance",
    "balances/limit": "meta/limit",
    "balances/iso_currency_code": "currency",
    "name": "meta/name",
    "official_name": "meta/official_name",
    "mask": "meta/mask",
}
_TRANSACTION_FIELDS = {
    "date": "date_posted",
    "authorized_date": "date_transacted",
    "name": "description",
    "iso_currency_code": "currency",
}


def _lasting_id(prefix: str, *parts: str) -> str:
    digest = blake2b("\x1f".join(parts).encode("utf-8", "replace"), digest_size=16)
    return f"{prefix}_{digest.hexdigest()}"
