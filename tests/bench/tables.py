"""What the benches do to the tables themselves: reading all that a job reads, and making people stale."""

from datetime import date

from psycopg2.extensions import cursor as Cursor
from sqlalchemy import text

from spendsense.store.session import raw_cursor, transaction
from tests.bench.timing import Nowhere

# Whoever computes outside the database must take these out of it first: the ids are the signals' evidence.
NIGHTLY_COLUMNS = "user_id, transaction_id, account_id, date, amount_cents, kind"
# The same for whoever looks at all rows anew, of the whole history: own transfers are matched by account, amount, date
# and currency, refunds and streams by counterparty, and a stream bears the name of its last row, which is not known
# beforehand.
REBUILD_COLUMNS = (
    "user_id, transaction_id, account_id, date, amount_cents, currency, counterparty_key, base_kind, kind, purpose, "
    "pending, is_transfer_like, on_savings, name, merchant_name"
)
WRITTEN_TABLES = ("streams", "merchant_flags", "signals", "card_signals", "transactions")  # by the job; and progress

EVERY = 20
ADD_ROWS = """
WITH chosen AS (
    SELECT user_id FROM (SELECT user_id, ROW_NUMBER() OVER (ORDER BY user_id) AS number FROM users) AS numbered
    WHERE number %% %(every)s = 0
),
changed AS (
    UPDATE users SET data_version = data_version + 1 FROM chosen WHERE users.user_id = chosen.user_id
)
INSERT INTO transactions ({columns})
SELECT {values}
FROM chosen
CROSS JOIN LATERAL (
    SELECT transactions.*, ROW_NUMBER() OVER (ORDER BY transaction_id) - 1 AS place
    FROM transactions
    WHERE transactions.user_id = chosen.user_id AND base_kind = 1 AND counterparty_key IS NOT NULL AND NOT pending
    ORDER BY transaction_id
    LIMIT 3
) AS model
"""
"""Three more purchases where every 20th person has bought already: any three rows, since ids are random, as if they had
been made again on the last three days."""


def copy_out(columns: str, as_of: date, days: int | None = None) -> None:
    """CSV of these columns of all rows up to `as_of`, or of that many days."""
    with transaction() as session, raw_cursor(session) as cursor:
        window = cursor.mogrify("date <= %s::date", (as_of,)).decode()
        if days:
            window += cursor.mogrify(" AND date > %s::date - %s", (as_of, days)).decode()
        cursor.execute("SET LOCAL max_parallel_workers_per_gather = 0")
        cursor.copy_expert(
            f"COPY (SELECT {columns} FROM transactions WHERE {window}) TO STDOUT (FORMAT csv)", Nowhere()
        )


def seq_scan() -> None:
    """One pass over the table."""
    with transaction() as session:
        session.execute(text("SET LOCAL max_parallel_workers_per_gather = 0"))
        session.execute(text("SET LOCAL enable_indexscan = off; SET LOCAL enable_indexonlyscan = off"))
        session.execute(text("SELECT SUM(amount_cents) FROM transactions"))


def make_stale() -> None:
    """As if every person's data had changed."""
    with transaction() as session:
        session.execute(text("UPDATE users SET data_version = data_version + 1"))


def add_rows(as_of: date) -> int:
    """Gives every 20th person three transactions, as an ingest would. Returns how many people are stale by that."""
    with transaction() as session, raw_cursor(session) as cursor:
        columns = columns_of(cursor, "transactions")
        new = {
            "user_id": "chosen.user_id",
            "transaction_id": "'zz_' || %(as_of)s::date || model.transaction_id",  # behind all others
            "date": "%(as_of)s::date - model.place::int",
            "kind": "model.base_kind",
        }
        values = ", ".join(new.get(column, f"model.{column}") for column in columns)
        query = ADD_ROWS.format(columns=", ".join(columns), values=values)
        cursor.execute(query, {"every": EVERY, "as_of": as_of})
        return cursor.rowcount // 3


def columns_of(cursor: Cursor, table: str) -> list[str]:
    """The names of the columns in their order."""
    cursor.execute(
        "SELECT column_name FROM information_schema.columns WHERE table_schema = 'public' AND table_name = %s "
        "ORDER BY ordinal_position",
        (table,),
    )
    return [str(name) for (name,) in cursor.fetchall()]


def count_writes() -> dict[str, int]:
    """How many rows of each table were ever inserted, updated or deleted."""
    with transaction() as session:
        session.execute(text("SELECT pg_stat_force_next_flush()"))
    with transaction() as session:
        counted = session.execute(
            text(
                "SELECT relname, n_tup_ins + n_tup_upd + n_tup_del FROM pg_stat_user_tables"
                " WHERE schemaname = 'public' AND relname = ANY(:tables)"
            ),
            {"tables": list(WRITTEN_TABLES)},
        )
        return {name: int(count) for name, count in counted}


def vacuum() -> None:
    """What autovacuum does in time."""
    with transaction() as session:
        engine = session.get_bind()
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:  # type: ignore[union-attr]
        connection.execute(text("VACUUM ANALYZE"))
