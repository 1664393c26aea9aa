"""What stands in the tables: as rows are, and as they lie there."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

# Made up anew with each run.
PASSING = ("recommendation_id", "stream_id", "subscription_stream_ids", "created_at", "job_run_id")


def physical(session: Session) -> dict[str, list[Any]]:
    """Table → place and writer of each row: any write shows, even one that changes nothing."""
    session.expire_all()
    tables = session.scalars(text("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1")).all()
    return {
        table: session.execute(text(f"SELECT ctid::text, xmin::text FROM {table} ORDER BY 1")).all() for table in tables
    }


def contents(session: Session, tables: Iterable[str]) -> dict[str, list[Any]]:
    """Table → its rows as JSON text in an order of their own, without what is made up anew with each run."""
    found = {}
    for table in tables:
        row = f"to_jsonb(t) - '{{{','.join(PASSING)}}}'::text[]"
        if table == "traces":
            row = (
                "to_jsonb(t) - '{recommendation_id,digest}'::text[] #- '{trace,job_run_id}'"
                " #- '{trace,decision,signals,subscriptions,stream_ids}'"
            )
        found[table] = list(session.scalars(text(f"SELECT ({row})::text FROM {table} AS t ORDER BY 1")))
    return found
