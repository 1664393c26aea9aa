"""Schemas drawn from frozen dataclasses, so that what is measured and what is documented can't drift apart."""

from collections.abc import Callable
from dataclasses import fields as fields_of
from dataclasses import is_dataclass
from datetime import date
from decimal import Decimal
from types import NoneType
from typing import Any, get_args, get_origin, get_type_hints
from uuid import UUID

from marshmallow import Schema, fields
from marshmallow.fields import Boolean, Date, Field, Float, Integer, List, Nested, String

FIELD_OF_TYPE: dict[Any, Callable[..., Field[Any]]] = {
    bool: Boolean,
    int: Integer,
    Decimal: Float,
    str: String,
    date: Date,
    UUID: fields.UUID,
}


def schema_of(shape: type, only: Callable[[str], bool] | None = None, name: str | None = None) -> type[Schema]:
    """The schema of a dataclass: one field for each of its own that `only` picks, None allowed where it allows None."""
    if not is_dataclass(shape):
        raise TypeError(f"{shape} is no dataclass.")
    hints = get_type_hints(shape)
    chosen = {
        field.name: _field_of(hints[field.name]) for field in fields_of(shape) if only is None or only(field.name)
    }
    return Schema.from_dict(chosen, name=name or shape.__name__)


def _field_of(hint: Any) -> Field[Any]:
    options = get_args(hint)
    if get_origin(hint) is tuple:
        return List(_field_of(options[0]), required=True)
    known = [option for option in options if option is not NoneType] or [hint]
    if is_dataclass(known[0]):
        return Nested(schema_of(known[0]), required=True, allow_none=NoneType in options)  # type: ignore[arg-type]
    return FIELD_OF_TYPE[known[0]](required=True, allow_none=NoneType in options)
