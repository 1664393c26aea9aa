"""Schemas drawn from frozen dataclasses, so that what is measured and what is documented can't drift apart."""

from collections.abc import Callable, Mapping
from dataclasses import fields as fields_of
from dataclasses import is_dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from types import NoneType, UnionType
from typing import Any, Final, Literal, get_args, get_origin, get_type_hints
from uuid import UUID

from marshmallow import Schema, fields, validate
from marshmallow.fields import Boolean, Date, Dict, Field, Float, Integer, List, Nested, Raw, String

FIELD_OF_TYPE: dict[Any, Callable[..., Field[Any]]] = {
    bool: Boolean,
    int: Integer,
    Decimal: Float,
    str: String,
    date: Date,
    UUID: fields.UUID,
}
JSON_TYPES: Final[dict[Any, str]] = {
    bool: "boolean",
    int: "number",
    Decimal: "number",
    str: "string",
    date: "string",
    tuple: "array",
}


def schema_of(
    shape: type,
    only: Callable[[str], bool] | None = None,
    name: str | None = None,
    *,
    base: type[Schema] = Schema,
    prefix: str = "",
    required: bool = True,
) -> type[Schema]:
    """The schema of a dataclass: one field for each of its own that `only` picks, None allowed where it allows None.

    Those of the dataclasses in it are made alike: upon `base`, named with `prefix`, their fields `required` or not.
    """
    made = {"base": base, "prefix": prefix, "required": required}
    return base.from_dict(fields_from(shape, only, **made), name=name or prefix + shape.__name__)


def fields_from(shape: type, only: Callable[[str], bool] | None = None, **made: Any) -> dict[str, Field[Any]]:
    """The fields of that schema by name, to stand beside others; `made` as for `schema_of`."""
    if not is_dataclass(shape):
        raise TypeError(f"{shape} is no dataclass.")
    hints = get_type_hints(shape)
    return {
        field.name: _field_of(hints[field.name], made) for field in fields_of(shape) if only is None or only(field.name)
    }


def one_of_types(hint: Any, **options: Any) -> Field[Any]:
    """A field for a union of simple types, and of lists of texts."""
    types = list(dict.fromkeys(JSON_TYPES[get_origin(one) or one] for one in get_args(hint) if one is not NoneType))
    metadata: dict[str, Any] = {"type": types}
    if "array" in types:
        metadata["items"] = {"type": "string"}
    return Raw(metadata=metadata, **options)


def _field_of(hint: Any, made: Mapping[str, Any]) -> Field[Any]:
    known = _without_none(hint)
    options = {"required": made.get("required", True), "allow_none": NoneType in get_args(hint)}
    if len(known) > 1:
        return one_of_types(hint, **options)
    (kind,) = known
    parts = get_args(kind)
    if get_origin(kind) in (tuple, list):
        return List(_field_of(parts[0], made), **options)
    if get_origin(kind) is Mapping:
        return Dict(keys=String(), values=_field_of(parts[1], made), **options)
    if get_origin(kind) is Literal:
        return String(validate=validate.OneOf(parts), **options)
    if is_dataclass(kind):
        return Nested(schema_of(kind, **made), **options)  # type: ignore[arg-type]
    return _simple(kind, options)


def _simple(kind: Any, options: Mapping[str, Any]) -> Field[Any]:
    if issubclass(kind, StrEnum):
        return String(validate=validate.OneOf([str(word) for word in kind]), **options)
    return FIELD_OF_TYPE[kind](**options)


def _without_none(hint: Any) -> list[Any]:
    is_union = NoneType in get_args(hint) or get_origin(hint) is UnionType
    return [one for one in get_args(hint) if one is not NoneType] if is_union else [hint]
