"""Client libraries spell Plaid's fields their own way (`AccountId`, `ISOCurrencyCode`): back to Plaid's. Pure."""

import json
import re
from decimal import Decimal, InvalidOperation
from typing import Any

import msgspec

from spendsense.errors import InvalidInput
from spendsense.plaid.document import mark_lone_surrogates

_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_OTHER_NAMES = {"sub_type": "subtype", "balance": "balances", "student_loans": "student"}
_ENCODER = msgspec.json.Encoder(decimal_format="number")


def is_pascal_case(names: list[str]) -> bool:
    """The top-level names begin with capitals, as no answer of Plaid's own does."""
    return bool(names) and all(name[:1].isupper() for name in names)


def to_snake_case(name: str) -> str:
    """Plaid's spelling of a name: `ISOCurrencyCode` → `iso_currency_code`."""
    snake = _HUMP.sub("_", name).lower()
    return _OTHER_NAMES.get(snake, snake)


def respell(data: bytes) -> bytes:
    """The document, JSON without fault, with Plaid's names; numbers keep their exact value. Raises InvalidInput."""
    try:
        document = json.loads(mark_lone_surrogates(data), parse_float=_exact, parse_int=_exact)
        return _ENCODER.encode(_respelled(document))
    except RecursionError as error:
        raise InvalidInput("The document is nested too deeply.") from error


def _respelled(value: Any) -> Any:
    if isinstance(value, dict):
        named = {to_snake_case(name): _respelled(part) for name, part in value.items()}
        if isinstance(named.get("item"), dict) and "id" in named["item"]:
            named["item"].setdefault("item_id", named["item"]["id"])
        return named
    if isinstance(value, list):
        return [_respelled(part) for part in value]
    return value


def _exact(number: str) -> Decimal:
    """The number; one that no Decimal holds becomes one that no account does."""
    try:
        return Decimal(number)
    except InvalidOperation:
        return Decimal("1e9999")
