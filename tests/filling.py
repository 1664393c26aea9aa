"""A row of a person in any table, whatever is added later, with something in each of its columns."""

import re
import uuid
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Session

from spendsense import clock


def fill(session: Session, table: sa.Table, user_id: uuid.UUID, mark: str = "zqx") -> None:
    """Puts a row into a table that has none of the person, with the mark in each text that may hold one."""
    if session.scalar(sa.select(sa.func.count()).select_from(table).where(table.c.user_id == user_id)):
        return
    row: dict[str, Any] = {"user_id": user_id}
    for key in table.foreign_keys:  # the row hangs on one that is there
        other, column = key.column.table, key.column
        row[key.parent.name] = session.scalars(sa.select(column).where(other.c.user_id == user_id).limit(1)).one()
    checks = " ".join(str(one.sqltext) for one in table.constraints if isinstance(one, sa.CheckConstraint))
    for column in table.columns:
        allowed = re.search(rf"\b{column.name} IN \('?(\w+)", checks)
        value = column.type.python_type(allowed.group(1)) if allowed else a_value(column, mark)
        if column.name not in row and value is not None:
            row[column.name] = value
    try:
        with session.begin_nested():
            session.execute(sa.insert(table).values(row))
    except sa.exc.IntegrityError:  # a check of several columns at once: what may be left out is left out
        needed = {name: value for name, value in row.items() if not table.c[name].nullable}
        session.execute(sa.insert(table).values(needed))


def a_value(column: sa.Column[Any], mark: str) -> Any:
    """Something that the column may hold, marked where it is a text; None where it fills itself."""
    if isinstance(column.type, sa.String):
        return f"{mark}-{column.name}"
    if column.server_default is not None or column.nullable:
        return None
    if isinstance(column.type, sa.ARRAY):
        return [uuid.uuid4() if isinstance(column.type.item_type, sa.Uuid) else f"{mark}-item"]
    if isinstance(column.type, JSONB):
        return {f"{mark}-key": f"{mark}-value"}
    values: list[Any] = [1, True, uuid.uuid4(), clock.now(), clock.today()]
    return next(value for value in values if type(value) is column.type.python_type)
