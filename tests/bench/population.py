"""A seeded population in the tables: 2,000 people go in by COPY, more of them repeat those under new ids, in SQL."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

from psycopg2.extensions import cursor as Cursor

from tests.bench.people import make_person
from tests.bench.tables import columns_of
from tests.oracle.tables import write

TEMPLATES = 2_000
CHUNK = 200
COPIED_TABLES = ("users", "progress", "accounts", "balances", "liabilities", "transactions")


def user_id_of(number: int) -> UUID:
    """The id of the person of that number: spread over all UUIDs, as ids are."""
    return UUID(bytes=hashlib.blake2b(number.to_bytes(8, "big"), digest_size=16).digest())


def load(cursor: Cursor, people: int) -> None:
    """That many people: the first 2,000, or a multiple of them."""
    with _bulk(cursor):
        made = min(people, TEMPLATES)
        for start in range(0, made, CHUNK):
            numbers = range(start, min(start + CHUNK, made))
            write(cursor, {user_id_of(number): make_person(number) for number in numbers})
    if people > TEMPLATES:
        _grow(cursor, people)


def _grow(cursor: Cursor, people: int) -> None:
    """Repeats the templates under new ids until there are that many people. Each person's rows lie together, as the
    first upload brings them."""
    with _bulk(cursor):
        cursor.execute("SELECT COUNT(*) FROM users")
        copies = (cursor.fetchone() or (0,))[0] // TEMPLATES
        templates = [str(user_id_of(number)) for number in range(TEMPLATES)]
        for table in COPIED_TABLES:
            columns = [name for name in columns_of(cursor, table) if not name.startswith("measured")]
            # Kinds start again from what rows say alone: the first run has its work to do for the new people too.
            new = {"user_id": "md5(user_id::text || %(copy)s)::uuid", "email": "%(copy)s || '-' || email"}
            new |= {"kind": "base_kind"} if table == "transactions" else {}
            new |= {"audit_subject": "gen_random_uuid()"}
            for copy in range(copies, people // TEMPLATES):
                cursor.execute(
                    f"INSERT INTO {table} ({', '.join(columns)}) "
                    f"SELECT {', '.join(new.get(column, column) for column in columns)} "
                    f"FROM {table} WHERE user_id = ANY(%(templates)s::uuid[])",
                    {"copy": str(copy), "templates": templates},
                )


@contextmanager
def _bulk(cursor: Cursor) -> Iterator[None]:
    """Without the checks of foreign keys and the secondary indexes of transactions, which are built again after."""
    cursor.execute("SET LOCAL session_replication_role = replica")
    cursor.execute(
        "SELECT indexname, indexdef FROM pg_indexes WHERE tablename = 'transactions' AND indexname LIKE 'ix_%'"
    )
    indexes = cursor.fetchall()
    for name, _ in indexes:
        cursor.execute(f"DROP INDEX {name}")
    yield
    for _, definition in indexes:
        cursor.execute(definition)
