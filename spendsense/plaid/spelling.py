"""Client libraries spell Plaid's fields their own way (`AccountId`, `ISOCurrencyCode`): back to Plaid's. Pure."""

import re
from functools import lru_cache

_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_OTHER_NAMES = {"sub_type": "subtype", "balance": "balances", "student_loans": "student"}
# In JSON without fault a quotation mark before such a word opens a text, and a colon after that says that it is a name.
_NAME = re.compile(rb'(?<!\\)"(\w+)"(?=\s*:)', re.ASCII)
_CAPITAL_FIRST = re.compile(rb'\s*(?:\[\s*)?\{\s*"[A-Z]')


def is_pascal_case(data: bytes) -> bool:
    """The first name of the document begins with a capital, as that of no answer of Plaid's own does."""
    return bool(_CAPITAL_FIRST.match(data))


def to_snake_case(name: str) -> str:
    """Plaid's spelling of a name: `ISOCurrencyCode` → `iso_currency_code`."""
    snake = _HUMP.sub("_", name).lower()
    return _OTHER_NAMES.get(snake, snake)


def respell(data: bytes) -> bytes:
    """The document, JSON without fault, with Plaid's names; all values keep their text."""
    written, position = bytearray(), 0
    for match in _NAME.finditer(data):
        start, end = match.span(1)
        written += data[position:start]
        written += _respelled(match[1])
        position = end
    return bytes(written + data[position:])


@lru_cache(maxsize=1_000)
def _respelled(name: bytes) -> bytes:
    return to_snake_case(name.decode("ascii")).encode("ascii")
