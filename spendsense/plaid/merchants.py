"""Who is on the other side of a transaction: a name becomes a key that is the same for every charge of one merchant.

How a name is read from a bank's text is in `statement_text`; here it is chosen among what Plaid sends, and hashed.
"""

from functools import lru_cache
from hashlib import blake2b
from typing import NamedTuple

from spendsense.plaid.statement_text import normalise
from spendsense.plaid.statement_words import ACCOUNTS, BEFORE_NUMBERS, CHANNELS, LINKS, PURPOSES, WEAK_CHANNELS

__all__ = ["Counterparty", "counterparty", "is_opaque", "normalise"]

_PAYS = CHANNELS | {"cash", "check", "checks", "card", "order", "ref", "reference"}
_SAYS_NOTHING = (_PAYS | WEAK_CHANNELS | LINKS | ACCOUNTS | BEFORE_NUMBERS) - PURPOSES


class Counterparty(NamedTuple):
    """The other side of a transaction, in keys of signed 64 bits. The lowest bit of `key` is 1 exactly when opaque."""

    key: int | None  # of Plaid's merchant, else of the normalised name; None when nobody is named
    name_key: int | None  # of the normalised name whatever Plaid's merchant is; None when there is none or it is opaque
    is_opaque: bool  # the key was made of a name that tells nobody apart: TRANSFER


@lru_cache(maxsize=100_000)
def counterparty(merchant_entity_id: str | None, merchant_name: str | None, name: str) -> Counterparty:
    """The keys of the other side. Plaid's merchant comes before its merchant name, and that before the bank's text."""
    normal = _telling_name(merchant_name, name)
    says_nothing = is_opaque(normal)
    name_key = _key("n:" + normal) if normal and not says_nothing else None
    if merchant_entity_id:
        return Counterparty(_key("e:" + merchant_entity_id), name_key, False)
    if says_nothing:
        return Counterparty(_key("o:" + normal) | 1, None, True)
    return Counterparty(name_key, name_key, False)


def _telling_name(merchant_name: str | None, name: str) -> str:
    """The merchant name, normalised; the bank's text instead where that says more."""
    of_merchant = normalise(merchant_name) if merchant_name else ""
    if of_merchant and not is_opaque(of_merchant):
        return of_merchant
    of_text = normalise(name)
    return of_text if of_text and not (of_merchant and is_opaque(of_text)) else of_merchant


@lru_cache(maxsize=100_000)
def is_opaque(normal: str) -> bool:
    """The normalised name tells nobody apart: TRANSFER, PAYMENT, ATM WITHDRAWAL."""
    words = normal.split()
    if "credit" in words and ("card" in words or "crd" in words):
        return False  # a card is paid: that is somebody
    return not _PAYS.isdisjoint(words) and _SAYS_NOTHING.issuperset(words[:-1] if words[-1].isdecimal() else words)


def _key(text: str) -> int:
    """An even number: the odd ones are for opaque names."""
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "big", signed=True) & ~1
