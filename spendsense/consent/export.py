"""All that is kept of a person as JSON, read row by row, in parts that an answer of the API can hold.

The rows stand in one fixed order: table by table, transactions last, by key within each. A part is a stretch of that
order with a first place (included) and an end (not included), so that parts side by side hold each row exactly once.
The caller holds the person's row of `users`, as all who write do: what one part shows is of one moment. Parts that are
asked for one after the other are of one `state`, or the later ones are none.

Left out are who on the bank's side acted, the pseudonym in the audit and what leads to it (an old export would lead
from the audit to the person), and the person's own id on every row but their own. Of recommendations that are not
served now there are id, kind, item, status and times alone; what hangs on those (traces, events) is left out, but for
the person's own feedback.
"""

import hashlib
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from typing import Any, Final
from uuid import UUID

import msgspec
from sqlalchemy import (
    Column,
    ColumnElement,
    Select,
    Table,
    Text,
    case,
    cast,
    func,
    literal,
    literal_column,
    null,
    select,
    tuple_,
    union_all,
)
from sqlalchemy.orm import Session

from spendsense import clock
from spendsense.consent.rights import personal_tables
from spendsense.store.models import AuditEvent, Feedback, Recommendation, Transaction, User

PART_BYTES: Final = 4_000_000  # of JSON, before it is packed; Lambda's answers may have six millions
ROWS_AT_ONCE: Final = 1_000
OF_OTHERS: Final = frozenset({"actor"})
PSEUDONYMS: Final = frozenset({"audit_subject", "subject", "note_salt"})
OF_ANY_RECOMMENDATION: Final = frozenset(
    {"recommendation_id", "kind", "item_id", "status", "chosen_on", "expires_on", "created_at", "ended_at"}
)
_ENCODER: Final = msgspec.json.Encoder(decimal_format="number")
_AUDIT: Final[Table] = AuditEvent.__table__  # type: ignore[assignment]
_RECOMMENDATIONS: Final[Table] = Recommendation.__table__  # type: ignore[assignment]
_READERS: Final[dict[type, Callable[[str], Any]]] = {
    UUID: UUID,
    date: date.fromisoformat,
    datetime: clock.parse,
    int: int,
    str: str,
}


@dataclass(frozen=True, slots=True)
class Place:
    """Where a row stands in the order: its table, and its key there as texts, without the person's id."""

    table: str
    key: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of the rows. `end` is where the next part begins; None in the last one."""

    first: Place
    end: Place | None
    rows: int = 0
    size: int = 0  # bytes of JSON


def tables() -> list[Table]:
    """The tables of an export in their order, whatever is added later."""
    last = Transaction.__table__
    return [*(table for table in personal_tables() if table is not last), _AUDIT, last]  # type: ignore[list-item]


def columns_of(table: Table) -> list[Column[Any]]:
    """The columns of a table that an export shows."""
    hidden = OF_OTHERS | PSEUDONYMS | (frozenset() if table is User.__table__ else frozenset({"user_id"}))
    return [column for column in table.columns if column.name not in hidden]


def may_be_withheld(column: Column[Any]) -> bool:
    """Whether a column is null where its recommendation is not served."""
    return column.table is _RECOMMENDATIONS and column.name not in OF_ANY_RECOMMENDATION


def check(part: Part) -> None:
    """Raises ValueError for a part of which no export can have spoken."""
    known = {table.name: table for table in tables()}
    for place in (part.first, part.end):
        if place is None:
            continue
        if place.table not in known or not all(isinstance(text, str) for text in place.key):
            raise ValueError("no table or no key of one")
        for text in place.key:
            text.encode()  # half a character raises UnicodeEncodeError, which is a ValueError
            if "\x00" in text:
                raise ValueError("no text that the store can hold")
        if place.key:
            _literals(known[place.table], place.key)


def state(session: Session, user_id: UUID, served: Collection[UUID]) -> str:
    """A mark of all that an export holds at this moment, 32 letters; another one after any change of it.

    PostgreSQL notes on each row which transaction wrote it (`xmin`): a row that is new or changed bears a number that
    no row bore before, and one that is gone leaves its own out. So the numbers of a table's rows tell of every change
    to it, without its content being read, and without a counter that somebody must think of. A row that is written
    again as it was counts as changed. What is served is part of it, since it depends on the day and the rulebook too.
    """
    subject = _subject_of(session, user_id)
    written = union_all(
        *(
            select(literal(table.name), func.sum(func.hashtextextended(cast(_written_by(table), Text), 0)))
            .select_from(table)
            .where(_of_person(table, user_id, subject))
            for table in tables()
        )
    )
    rows = sorted(f"{name} {numbers}" for name, numbers in session.execute(written))
    shown = sorted(str(recommendation_id) for recommendation_id in served)
    return hashlib.blake2b("\n".join([*rows, *shown]).encode(), digest_size=16).hexdigest()


def split(session: Session, user_id: UUID, served: Collection[UUID], part_bytes: int = PART_BYTES) -> list[Part]:
    """The parts of the export, each of at most `part_bytes` of rows (or one row). `served`: ids of recommendations."""
    parts: list[Part] = []
    first, count, size = Place(tables()[0].name), 0, 0
    for place, row in read(session, user_id, served, Part(first, None)):
        if count and size + len(row) + 1 > part_bytes:
            parts.append(Part(first, place, count, size))
            first, count, size = place, 0, 0
        count, size = count + 1, size + len(row) + 1
    return [*parts, Part(first, None, count, size)]


def read(session: Session, user_id: UUID, served: Collection[UUID], part: Part) -> Iterator[tuple[Place, bytes]]:
    """The rows of a part in their order, each with its place and as a JSON object."""
    subject = _subject_of(session, user_id)
    for table in _tables_of(part):
        key = _key_of(table)
        of_person = _of_person(table, user_id, subject)
        query = _select(table, served).where(of_person, *_bounds(table, part)).order_by(*key)
        names = [column.name for column in key]
        for row in session.execute(query, execution_options={"yield_per": ROWS_AT_ONCE}).mappings():
            yield Place(table.name, tuple(str(row[name]) for name in names)), _ENCODER.encode(dict(row))


def write(head: dict[str, Any], rows: Iterable[tuple[Place, bytes]], named: Iterable[str] = ()) -> Iterator[bytes]:
    """The document, piece by piece: the head's members, then `tables`: those with rows, and the `named` ones empty."""
    yield _ENCODER.encode(head)[:-1] + b',"tables":{'
    separator, written = b"", set()
    for table, group in groupby(rows, key=lambda row: row[0].table):
        yield separator + f'"{table}":['.encode()
        for number, (_, row) in enumerate(group):
            yield b"," + row if number else row
        yield b"]"
        separator = b","
        written.add(table)
    for table in named:
        if table not in written:
            yield separator + f'"{table}":[]'.encode()
            separator = b","
    yield b"}}"


def _subject_of(session: Session, user_id: UUID) -> UUID:
    return session.scalars(select(User.audit_subject).where(User.user_id == user_id)).one()


def _of_person(table: Table, user_id: UUID, subject: UUID) -> ColumnElement[bool]:
    return table.c.subject == subject if table is _AUDIT else table.c.user_id == user_id


def _written_by(table: Table) -> ColumnElement[int]:
    return literal_column(f"{table.name}.xmin")


def _tables_of(part: Part) -> list[Table]:
    """The tables of which a part may hold rows."""
    order = [table.name for table in tables()]
    last = len(order) if part.end is None else order.index(part.end.table) + bool(part.end.key)
    return tables()[order.index(part.first.table) : last]


def _select(table: Table, served: Collection[UUID]) -> Select[Any]:
    if table is _RECOMMENDATIONS:
        is_served = table.c.recommendation_id.in_(served)
        return select(
            *(
                case((is_served, column), else_=null()).label(column.name) if may_be_withheld(column) else column
                for column in columns_of(table)
            )
        )
    query = select(*columns_of(table))
    hangs_on_one = any(key.column.table is _RECOMMENDATIONS for key in table.foreign_keys)
    if hangs_on_one and table is not Feedback.__table__:
        query = query.where(table.c.recommendation_id.in_(served))
    return query


def _key_of(table: Table) -> list[Column[Any]]:
    return [column for column in table.primary_key.columns if column.name != "user_id"]


def _bounds(table: Table, part: Part) -> Iterator[Any]:
    if part.first.table == table.name and part.first.key:
        yield tuple_(*_key_of(table)) >= _literals(table, part.first.key)
    if part.end is not None and part.end.table == table.name:
        yield tuple_(*_key_of(table)) < _literals(table, part.end.key)


def _literals(table: Table, key: tuple[str, ...]) -> Any:
    """The key's values in the types of their columns. Raises ValueError for a text that is none."""
    pairs = zip(_key_of(table), key, strict=True)
    return tuple_(*(literal(_READERS[column.type.python_type](text), column.type) for column, text in pairs))
