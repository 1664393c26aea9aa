"""One value at a time: the text of a payload becomes cents, a day, a currency, or is refused with the reason. Pure.

Money is read from the number's own text, never through a float, and rounded half-even to the cent, once, here.
"""

import re
from collections.abc import Callable
from datetime import date, timedelta
from decimal import ROUND_HALF_EVEN, Context, Decimal, InvalidOperation
from functools import lru_cache

from msgspec import Raw

from spendsense.plaid.currencies import ISO_4217
from spendsense.store.texts import UNSTORABLE

LONGEST_ID = 128
LONGEST_NAME = 500
LONGEST_CODE = 100
FIRST_DAY = date(1970, 1, 1)
DAYS_AHEAD = 366
MOST_CENTS = 10**14  # 10^12 units: no amount or balance of a person reaches it

_PLAIN = re.compile(rb"(-?)(\d{1,11})(?:\.(\d{1,2}))?")
_NUMBER = re.compile(rb"-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d{1,4})?")
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_CENT = Decimal("0.01")
_EXACT = Context(prec=200, rounding=ROUND_HALF_EVEN)
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")


class Refused(Exception):
    """A record that can't be taken: which field, as the path below the record, and why."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(field, reason)
        self.field = field
        self.reason = reason


def cents(raw: Raw, field: str) -> int | None:
    """Hundredths from a JSON number, half-even; None from null. Refuses text, the non-finite and 10^12 units."""
    text = bytes(raw)
    plain = _PLAIN.fullmatch(text)
    if plain:
        sign, units, part = plain.groups()
        amount = int(units) * 100 + (int(part.ljust(2, b"0")) if part else 0)
        return -amount if sign else amount
    if text == b"null":
        return None
    exact = _number(text, field)
    if abs(exact) >= MOST_CENTS // 100:
        raise Refused(field, "is 10^12 or more: no amount of a person's account")
    return int(exact.quantize(_CENT, context=_EXACT).scaleb(2))


def percent(raw: Raw, field: str) -> Decimal | None:
    """A rate in percent to four decimals, half-even; None from null. Refuses what is below 0 or not below 10,000."""
    if bytes(raw) == b"null":
        return None
    rate = _number(bytes(raw), field)
    if not 0 <= rate < 10_000:
        raise Refused(field, "must be a percentage from 0 to 10,000")
    return rate.quantize(Decimal("0.0001"), context=_EXACT)


def _number(text: bytes, field: str) -> Decimal:
    if not _NUMBER.fullmatch(text):
        raise Refused(field, f"must be a number, not {_type_name(text)}")
    try:
        number = Decimal(text.decode("ascii"))
    except InvalidOperation as error:  # pragma: no cover  the pattern admits only what Decimal reads
        raise Refused(field, "must be a number") from error
    if number and not -100 < number.adjusted() < 100:
        raise Refused(field, "is not a sensible number")
    return number


def _type_name(text: bytes) -> str:
    names = {b'"': "text", b"{": "an object", b"[": "a list", b"t": "true", b"f": "false"}
    return names.get(text[:1], "this")


def required_cents(raw: Raw, field: str) -> int:
    """As `cents`, and refuses null and absence."""
    amount = cents(raw, field)
    if amount is None:
        raise Refused(field, "is missing")
    return amount


DayReader = Callable[[str, str], date]  # text, field → day; raises Refused


def day_reader(received_on: date) -> DayReader:
    """A reader of ISO days from 1970 to 366 days after `received_on`; it remembers the days that it has read."""
    last_day = received_on + timedelta(days=DAYS_AHEAD)

    @lru_cache(maxsize=20_000)
    def read(text: str, field: str) -> date:
        try:
            day = date.fromisoformat(text) if _DAY.fullmatch(text) else None
        except ValueError:
            day = None
        if day is None:
            raise Refused(field, "must be a day that exists, as YYYY-MM-DD")
        if not FIRST_DAY <= day <= last_day:
            raise Refused(field, f"must lie between {FIRST_DAY} and {last_day}")
        return day

    return read


def identifier(text: str | None, field: str) -> str:
    """An id that can be a key: not empty, at most 128 characters, none of them a control character."""
    if not text:
        raise Refused(field, "is missing" if text is None else "is empty")
    if len(text) > LONGEST_ID:
        raise Refused(field, f"is longer than {LONGEST_ID} characters")
    if not text.isprintable() and _CONTROLS.search(text):
        raise Refused(field, "holds a control character or half a character (a lone surrogate)")
    return text


def optional_identifier(text: str | None, field: str) -> str | None:
    """As `identifier`; absence and an empty text are None."""
    return identifier(text, field) if text else None


def label(text: str | None, field: str, longest: int = LONGEST_NAME) -> str | None:
    """A text to show, trimmed; None when there is nothing in it."""
    if not text:
        return None
    if len(text) > longest:
        raise Refused(field, f"is longer than {longest} characters")
    if not text.isprintable() and UNSTORABLE.search(text):
        raise Refused(field, "holds a NUL or half a character (a lone surrogate)")
    return text.strip() or None


def currency(iso: str | None, unofficial: str | None, prefix: str = "") -> str | None:
    """The ISO 4217 code, else the unofficial one (a coin's, at most 16 characters), else None."""
    if iso:
        if iso not in ISO_4217:
            raise Refused(f"{prefix}iso_currency_code", "is not a currency code of ISO 4217")
        return iso
    return label(unofficial, f"{prefix}unofficial_currency_code", longest=16)
