"""Puts people into the tables by COPY, and reads one back with one SELECT a table."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from psycopg2.extensions import cursor as Cursor

from tests.oracle.person import Account, Balance, Liability, Person, Row

ROW_COLUMNS = tuple(Row.__dataclass_fields__)
COLUMNS = {
    "accounts": ("account_id", "type", "subtype", "currency"),
    "balances": ("account_id", "observed_on", "current_cents", "limit_cents"),
    "liabilities": tuple(Liability.__dataclass_fields__),
    "transactions": ROW_COLUMNS,
}


def write(cursor: Cursor, people: Mapping[UUID, Person], *, analyze: bool = True) -> None:
    """Adds the people, with consent to analysis, as if they had just been ingested."""
    users = [(user, f"{user}@oracle.example", "infinity", 1) for user in people]
    copy(cursor, "users", ("user_id", "email", "analysis_until", "data_version"), users)
    copy(cursor, "progress", ("user_id",), [(user,) for user in people])
    copy(
        cursor,
        "accounts",
        ("user_id", *COLUMNS["accounts"], "name"),
        [(user, *_values(account, "accounts"), "Account") for user, p in people.items() for account in p.accounts],
    )
    for table, part in (("balances", "balances"), ("transactions", "rows")):
        extra = ("kind", "is_revised") if table == "transactions" else ()
        records = [
            (user, *_values(one, table), *((one.base_kind, False) if extra else ()))
            for user, person in people.items()
            for one in getattr(person, part)
        ]
        copy(cursor, table, ("user_id", *COLUMNS[table], *extra), records)
    liabilities = [
        (user, *_values(one, "liabilities"), "credit") for user, p in people.items() for one in p.liabilities
    ]
    copy(cursor, "liabilities", ("user_id", *COLUMNS["liabilities"], "kind"), liabilities)
    if analyze:
        cursor.execute("ANALYZE users, progress, accounts, balances, liabilities, transactions")


def copy(cursor: Cursor, table: str, columns: Sequence[str], records: Iterable[Sequence[Any]]) -> None:
    """COPY of the records; None becomes NULL."""
    buffer = io.StringIO()
    csv.writer(buffer).writerows(["\\N" if value is None else value for value in record] for record in records)
    buffer.seek(0)
    cursor.copy_expert(f"COPY {table} ({', '.join(columns)}) FROM STDIN (FORMAT csv, NULL '\\N')", buffer)


def read(cursor: Cursor, user_id: UUID) -> Person:
    """One person, with one SELECT a table."""
    return Person(
        accounts=tuple(Account(*one) for one in _select(cursor, "accounts", user_id)),
        balances=tuple(Balance(*one) for one in _select(cursor, "balances", user_id)),
        liabilities=tuple(Liability(*one) for one in _select(cursor, "liabilities", user_id)),
        rows=tuple(Row(*one) for one in _select(cursor, "transactions", user_id)),
    )


def _select(cursor: Cursor, table: str, user_id: UUID) -> list[tuple[Any, ...]]:
    cursor.execute(f"SELECT {', '.join(COLUMNS[table])} FROM {table} WHERE user_id = %s", (str(user_id),))
    return cursor.fetchall()


def _values(one: Any, table: str) -> tuple[Any, ...]:
    return tuple(getattr(one, column) for column in COLUMNS[table])
