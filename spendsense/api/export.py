"""All that is kept of the person, to take along: one document, or its parts where an answer could not hold it."""

import json
import zlib
from collections.abc import Iterable, Iterator
from typing import Any, Final
from uuid import UUID

from flask import Response, request
from marshmallow import RAISE, Schema, fields
from sqlalchemy import (
    ARRAY,
    Boolean,
    Column,
    Date,
    DateTime,
    Integer,
    Numeric,
    SmallInteger,
    String,
    Table,
    Uuid,
)
from sqlalchemy.dialects.postgresql import INET, JSONB
from sqlalchemy.orm import Session

from spendsense import clock
from spendsense.api import json_columns
from spendsense.api.auth import current_user
from spendsense.api.database import request_transaction
from spendsense.api.pagination import decode_mark, encode_mark
from spendsense.api.resource import CONSUMER, Resource
from spendsense.consent import export
from spendsense.consent.export import Part, Place
from spendsense.consent.people import lock_user
from spendsense.errors import Conflict, FieldError, InvalidInput
from spendsense.recommendations import serving
from spendsense.store.session import Base

exports = Resource("export", "All that is kept of you.")

FIELD_OF_TYPE: Final[dict[type, type[fields.Field[Any]]]] = {
    Uuid: fields.UUID,
    Boolean: fields.Boolean,
    DateTime: fields.AwareDateTime,
    Date: fields.Date,
    Numeric: fields.Float,
    SmallInteger: fields.Integer,
    Integer: fields.Integer,
    String: fields.String,
    INET: fields.String,
}


class _Strict(Schema):
    """A schema that says that nothing else may be there."""

    class Meta:
        unknown = RAISE


def _table_schema(table: Table) -> fields.List[Any]:
    row = _Strict.from_dict(
        {column.name: _field_of(column) for column in export.columns_of(table)},
        name="Exported" + "".join(word.capitalize() for word in table.name.split("_")),
    )
    return fields.List(fields.Nested(row), metadata={"description": _meaning_of(table)})


def _field_of(column: Column[Any]) -> fields.Field[Any]:
    allows_null = bool(column.nullable) or export.may_be_withheld(column)
    if isinstance(column.type, JSONB):
        return json_columns.field_of(column.table.name, column.name, required=True, allow_none=allows_null)
    if isinstance(column.type, ARRAY):
        return fields.List(fields.String(), required=True, allow_none=allows_null)
    kind = next(FIELD_OF_TYPE[known] for known in type(column.type).__mro__ if known in FIELD_OF_TYPE)
    return kind(required=True, allow_none=allows_null)


def _meaning_of(table: Table) -> str:
    """The first line of what the model says of the table."""
    (model,) = [mapper.class_ for mapper in Base.registry.mappers if mapper.local_table is table]
    return str(model.__doc__).partition("\n")[0]


class PartSeen(Schema):
    """One part of an export that is too large for one answer."""

    part = fields.String(required=True, metadata={"description": "What to ask for"})
    rows = fields.Integer(required=True)
    bytes = fields.Integer(required=True, metadata={"description": "Of JSON, before it is packed; about"})


class Export(Schema):
    """Every row that is kept of the person, by table. The operation says how parts fit together."""

    exported_at = fields.AwareDateTime(required=True)
    state = fields.String(required=True, metadata={"description": "Changes when the person's data does"})
    parts = fields.List(
        fields.Nested(PartSeen),
        required=True,
        metadata={"description": "Empty: this is all, or one part. Else `tables` is empty: ask for each of these"},
    )
    tables = fields.Nested(
        _Strict.from_dict({table.name: _table_schema(table) for table in export.tables()}, name="ExportedTables"),
        required=True,
    )


@exports.operation("GET", "/users/me/export", to=CONSUMER, answers=Export)
def export_everything() -> Response:
    """Everything that is kept of you, with or without consent: JSON, gzipped where you accept that.

    Up to 4 MB it is one document. Above, it names its parts, to be asked for one by one. Each row is in exactly one
    part. All parts are of one state of your data: when it has changed since, a part is refused with 409; begin again.
    Recommendations that are not shown to you at the moment are there without their texts.
    """
    with request_transaction() as session:
        user_id = current_user(session).user_id
        head, served = _begin(session, user_id)
        parts = export.split(session, user_id, served)
        if len(parts) == 1:
            rows = export.read(session, user_id, served, parts[0])
            return _answer(export.write(head, rows, [table.name for table in export.tables()]))
    listed = [{"part": _mark(head["state"], part), "rows": part.rows, "bytes": part.size} for part in parts]
    return _answer(export.write({**head, "parts": listed}, ()))


@exports.operation("GET", "/users/me/export/parts/<part>", to=CONSUMER, answers=Export)
def export_part(part: str) -> Response:
    """One part of the export, as the export names it. 409 when your data has changed since."""
    state, wanted = _read_mark(part)
    with request_transaction() as session:
        user_id = current_user(session).user_id
        head, served = _begin(session, user_id)
        if state != head["state"]:
            raise Conflict("Your data has changed since; ask for the export again.")
        return _answer(export.write(head, export.read(session, user_id, served, wanted)))


def _begin(session: Session, user_id: UUID) -> tuple[dict[str, Any], list[UUID]]:
    """The first members of the document, and the recommendations that are shown: of the others no text is exported.

    Holds the person's row, so that nothing changes while the rest is read.
    """
    lock_user(session, user_id)
    at = clock.now()
    served = [item.recommendation_id for item in serving.served(session, user_id, at)]  # first: it may hold one back
    return {"exported_at": at, "state": export.state(session, user_id, served), "parts": []}, served


def _answer(pieces: Iterable[bytes]) -> Response:
    """The document as a file to keep, packed as it is made where the caller takes that.

    It is made whole before a byte of it is sent. API Gateway hands on whole answers alone, and a part is 4 MB at most.
    Where a server could stream, that would hold the person's row and a link to the database for as long as the caller
    takes to read, and a fault in the middle would end a document that began with 200. This way it is a problem.
    """
    is_packed = request.accept_encodings.quality("gzip") > 0
    body = b"".join(_gzipped(pieces) if is_packed else pieces)
    response = Response(body, mimetype="application/json")
    response.headers["Content-Disposition"] = 'attachment; filename="spendsense-export.json"'
    response.headers["Vary"] = "Accept-Encoding"
    if is_packed:
        response.headers["Content-Encoding"] = "gzip"
    return response


def _gzipped(pieces: Iterable[bytes]) -> Iterator[bytes]:
    packer = zlib.compressobj(wbits=31)  # with gzip's header
    for piece in pieces:
        yield packer.compress(piece)
    yield packer.flush()


def _mark(state: str, part: Part) -> str:
    end = part.end or Place("")
    places = (part.first.table, json.dumps(part.first.key), end.table, json.dumps(end.key))
    return encode_mark((state, *places))


def _read_mark(mark: str) -> tuple[str, Part]:
    """The state and the stretch of rows that a part names. Raises InvalidInput for what no export gave."""
    state, *places = decode_mark(mark, 5)
    try:
        first, end = (Place(places[at], tuple(json.loads(places[at + 1]))) for at in (0, 2))
        part = Part(first, end if end.table else None)
        export.check(part)
    except (ValueError, TypeError, RecursionError) as error:
        fault = FieldError("/part", "This is not a part of an export.")
        raise InvalidInput("The part asked for does not exist.", [fault]) from error
    return state, part
