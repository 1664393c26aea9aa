"""Names of counterparties: what varies goes, what tells two merchants apart stays."""

import string
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spendsense.plaid.kinds import base_kind
from spendsense.plaid.merchants import counterparty, is_opaque, normalise


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Blue Bottle", "blue bottle"),
        ("  BLUE   BOTTLE ", "blue bottle"),
        ("Café Zoë", "cafe zoe"),
        ("Joe's Diner", "joes diner"),
        # Processors and channels before the name
        ("SQ *BLUE BOTTLE COFFEE", "blue bottle coffee"),
        ("TST* Joe's Diner", "joes diner"),
        ("PAYPAL *SPOTIFY", "spotify"),
        ("POS PURCHASE - WAL-MART #0123", "wal mart"),
        ("ACH WITHDRAWAL CITY WATER", "city water"),
        ("DEBIT CARD PURCHASE PP*HULU", "hulu"),
        # Store numbers, order and reference codes, cards
        ("WAL-MART #1234", "wal mart"),
        ("STARBUCKS STORE 01234", "starbucks"),
        ("Best Buy 00012345", "best buy"),
        ("AMZN Mktp US*2K4AB1CD3", "amzn mktp"),
        ("Power House REF 99812345", "power house"),
        ("City Gym INV-20261103", "city gym"),
        ("Sushi Bar ending in 4523", "sushi bar"),
        # Dates and times
        ("Taxi 11/03 PURCHASE", "taxi purchase"),
        ("Taxi 2026-11-03 23:15", "taxi"),
        ("Rent Payment Nov 2026", "rent payment"),
        ("Rent 3 October 2026", "rent"),
        # Telephone numbers
        ("NETFLIX.COM 866-579-7172", "netflix"),
        ("Gym (415) 555-0199", "gym"),
        # City, state, country
        ("BLUE BOTTLE SAN FRANCISCO CA", "blue bottle"),
        ("Kiosk Praha CZ", "kiosk"),
        ("Netflix London GB", "netflix"),
        ("Spotify USA", "spotify"),
        ("Acme Inc", "acme"),
        ("Hulu Hulu", "hulu"),
        # What is part of a name
        ("Mart 5", "mart 5"),
        ("Walmart", "walmart"),
        ("March of Dimes", "march of dimes"),
        ("May Department Store", "may department store"),
        ("Small cap fund 1", "small cap fund 1"),
        ("Small cap fund 2", "small cap fund 2"),
        ("Saving Bank account 1", "saving bank account 1"),
        ("Studio 54", "studio 54"),
        ("7-Eleven", "7 eleven"),
        ("H&M", "h&m"),
        ("LA Fitness", "la fitness"),
        ("London", "london"),
        ("Chicago Pizza", "chicago pizza"),
        # Nothing but a generic word, or nothing at all, would be left
        ("Store 12", "store 12"),
        ("12345", "12345"),
        ("***", "***"),
        ("", ""),
    ],
)
def test_names(name: str, expected: str) -> None:
    assert normalise(name) == expected


@pytest.mark.parametrize(
    "name", ["TRANSFER", "Payment", "PAYMENT 12345", "ATM WITHDRAWAL", "Check #1235", "PREVOD NA UCET"]
)
def test_names_that_say_nothing_are_opaque(name: str) -> None:
    assert is_opaque(normalise(name))
    five, six = counterparty(None, None, name, 500), counterparty(None, None, name, 600)
    assert five[1] and six[1] and five[0] != six[0]  # so the amount tells the streams apart


@pytest.mark.parametrize(
    "name", ["Transfer to Anna", "Rent payment", "Cash & Carry", "Credit Union Tower", "Check Point"]
)
def test_names_that_say_something_are_not(name: str) -> None:
    key, opaque = counterparty(None, None, name, 500)
    assert not opaque and key == counterparty(None, None, name, 600)[0]


def test_plaid_s_entity_comes_before_its_merchant_name_and_that_before_the_text() -> None:
    entity = counterparty("ent-1", "Spotify", "SPOTIFY P1", 1)
    assert entity == counterparty("ent-1", None, "Something else", 2)
    assert counterparty(None, "Spotify", "SPOTIFY P1", 1) == counterparty(None, None, "spotify", 1)
    assert entity[0] != counterparty(None, "Spotify", "", 1)[0]


@pytest.mark.parametrize(
    "part", ["transfer to ", "*", "id-", "card card", "ab1", "a1b2c3", "x", "sq *", "to ", "1/", "- 1"]
)
def test_no_name_of_500_characters_takes_long(part: str) -> None:
    name = (part * 500)[:500]
    started = time.perf_counter()
    counterparty(None, None, name, 1)
    base_kind("depository", None, None, name, False)
    assert time.perf_counter() - started < 1  # a few milliseconds; a runaway pattern takes minutes


def test_nothing_named_is_nobody() -> None:
    assert counterparty(None, None, "", 1) == (None, False)


def test_a_key_is_the_same_on_every_machine() -> None:
    # blake2b-64 of "n:spotify", big-endian and signed.
    assert counterparty(None, None, "Spotify", 1) == (6484245355532375591, False)


@given(st.text(alphabet=string.printable + "ščřžýáíé*#'’ß漢🙂", max_size=80))
def test_any_name_has_a_key_that_fits_and_is_found_again(name: str) -> None:
    key, _ = counterparty(None, None, name, 1)
    assert key is None or -(2**63) <= key < 2**63
    assert (key is None) == (not name.split())
    assert normalise(name) == normalise(f"  {name} ")
