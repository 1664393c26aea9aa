"""One value at a time, at its bounds."""

from datetime import date
from decimal import Decimal

import pytest
from msgspec import Raw

from spendsense.plaid.values import Refused, cents, currency, day_reader, identifier, label, percent


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0", 0),
        ("-0", 0),
        ("12", 1200),
        ("12.3", 1230),
        ("-12.34", -1234),
        ("0.1", 10),
        ("1e2", 10000),
        ("1.5E-1", 15),
        ("999999999999.99", 99999999999999),
        # Half-even: a half goes to the even cent, what is above or below it to the nearer one.
        ("0.005", 0),
        ("0.015", 2),
        ("0.025", 2),
        ("-0.025", -2),
        ("0.0250000000000000000001", 3),
        ("0.0349999999999999999999", 3),
        ("1.115", 112),  # a float would hold 1.115 as 1.11499… and give 111
        ("23631.9805", 2363198),
    ],
)
def test_money_is_read_exactly_and_rounded_half_even(text: str, expected: int) -> None:
    assert cents(Raw(text.encode()), "amount") == expected


@pytest.mark.parametrize(
    "text", ["1000000000000", "-1000000000000", "999999999999.995e1", '"1"', "[]", "true", "1e101"]
)
def test_money_that_no_account_holds_is_refused(text: str) -> None:
    with pytest.raises(Refused) as caught:
        cents(Raw(text.encode()), "amount")
    assert caught.value.field == "amount"


def test_no_money_is_none() -> None:
    assert cents(Raw(b"null"), "amount") is None


def test_a_rate_has_four_decimals() -> None:
    assert percent(Raw(b"12.34565"), "apr") == Decimal("12.3456")
    assert percent(Raw(b"0"), "apr") == 0
    assert percent(Raw(b"null"), "apr") is None
    with pytest.raises(Refused):
        percent(Raw(b"10000"), "apr")


@pytest.mark.parametrize("day", ["1970-01-01", "2026-11-20", "2024-02-29", "2027-11-21"])
def test_days_within_the_bounds_are_read(day: str) -> None:
    # 366 days after 2026-11-20 is 2027-11-21.
    assert day_reader(date(2026, 11, 20))(day, "date") == date.fromisoformat(day)


@pytest.mark.parametrize("day", ["1969-12-31", "2027-11-22", "2026-13-01", "2026-1-1", "", "2026-11-20 "])
def test_days_beyond_the_bounds_are_refused(day: str) -> None:
    with pytest.raises(Refused):
        day_reader(date(2026, 11, 20))(day, "date")


def test_an_id_has_at_most_128_characters() -> None:
    assert identifier("i" * 128, "id") == "i" * 128
    assert identifier("no\u00a0break", "id") == "no\u00a0break"
    for bad in ("i" * 129, "", "a\tb", "a\x7f", "a\x85"):
        with pytest.raises(Refused):
            identifier(bad, "id")


def test_a_name_has_at_most_500_characters_and_is_trimmed() -> None:
    assert label("n" * 500, "name") == "n" * 500
    assert label("  Two\nlines ", "name") == "Two\nlines"
    assert label("   ", "name") is None
    for bad in ("n" * 501, "a\0"):
        with pytest.raises(Refused):
            label(bad, "name")


def test_a_currency_is_iso_or_unofficial() -> None:
    assert currency("EUR", "BTC") == "EUR"
    assert currency(None, "BTC") == "BTC"
    assert currency("", None) is None
    with pytest.raises(Refused):
        currency("BTC", None)
