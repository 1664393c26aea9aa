"""Names as banks send them: a statement's text for each charge, and Plaid's clean name for half of the merchants."""

from random import Random
from typing import NamedTuple

SHOPS = 1_500  # counterparties below this are shops
BRANCHES = 90
NAMED_BY_PLAID = 5  # of ten merchants

FIRST = "Amber", "Blue", "Cedar", "Copper", "Eagle", "Garden", "Golden", "Harbor", "Juniper", "Metro", "Ocean", "Pine"
SECOND = "Anchor", "Bear", "Bell", "Castle", "Crown", "Feather", "Fern", "Fox", "Lantern", "Lion", "Owl", "Willow"
THIRD = "Bridge", "Canyon", "Door", "Gate", "Hill", "House", "Lane", "Mill", "Pier", "Stone", "Table", "Tower"
SORTS = ("Market", "Trading", "Services", "Media", "Works", "Partners")
CITIES = ("SEATTLE WA", "PORTLAND OR", "AUSTIN TX", "DENVER CO", "BOSTON MA", "CHICAGO IL")


class Named(NamedTuple):
    """What a row says of its other side: the bank's text, and Plaid's name of the merchant where it has one."""

    name: str
    merchant_name: str | None


def name_of(counterparty: int, random: Random) -> Named:
    """One way to write that counterparty: a shop has branches and towns, each merchant its terminal's manner."""
    merchant = merchant_of(counterparty)
    branch = random.randrange(BRANCHES) if counterparty < SHOPS else 0
    text = _text(merchant.upper(), counterparty % 6, branch)
    return Named(text, merchant if counterparty % 10 < NAMED_BY_PLAID else None)


def merchant_of(counterparty: int) -> str:
    """The merchant's own name: another one for each of the first 10,368 numbers."""
    rest, first = divmod(counterparty, len(FIRST))
    rest, second = divmod(rest, len(SECOND))
    sort, third = divmod(rest, len(THIRD))
    return f"{FIRST[first]} {SECOND[second]} {THIRD[third]} {SORTS[sort % len(SORTS)]}"


def _text(merchant: str, manner: int, branch: int) -> str:
    city = CITIES[branch % len(CITIES)]
    return (
        f"POS PURCHASE {merchant} #{1041 + 37 * branch} {city}",
        f"CHECKCARD {branch % 12 + 1:02}{branch % 28 + 1:02} {merchant} {city} 554327{branch:02}80041",
        f"SQ *{merchant} {city}",
        f"{merchant} 00{211 + branch}",
        f"PAYPAL *{merchant}",
        f"ACH DEBIT {merchant} WEB ID: 94002847{branch:02}",
    )[manner]
