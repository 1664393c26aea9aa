"""Brings the tables up to date from inside the cloud: `zappa invoke dev spendsense.ops.migrate`.

Safe to run twice, twice at once, and while the old code serves: each revision is one transaction with a lock timeout,
and revisions only ever add first and take away later.
"""

import time
from typing import Any

import sqlalchemy as sa
from psycopg2 import sql

from spendsense.app import create_app
from spendsense.aws.secrets import DatabaseSecret, Secret, read_database
from spendsense.config import Settings, load_settings
from spendsense.logs import log
from spendsense.store import migrations
from spendsense.store.session import db

# What the serving login needs where another one owns the tables; later tables get it by themselves.
GRANTS = (
    "GRANT USAGE ON SCHEMA public TO {0}",
    "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {0}",
    "GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {0}",
    "ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {0}",
    "ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES TO {0}",
)


def run(_event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """Applies what is pending and reports {"from", "to", "applied", "is_ahead", "duration_ms"}.

    Raises what a revision raises; what came before it stays applied.
    """
    began = time.perf_counter()
    settings = load_settings()
    with create_app(settings, is_migration=True).app_context(), migrations.locked() as connection:
        done = migrations.upgrade_under_lock(connection)
        logins = _logins(settings)
        if logins is not None and logins.serving.user != logins.migrating.user:
            _grant(connection, logins.serving.user)
        db.session.remove()
    report = {
        "from": done.before,
        "to": done.after,
        "applied": list(done.applied),
        "is_ahead": done.is_ahead,
        "duration_ms": round((time.perf_counter() - began) * 1000),
    }
    log.info("migrated", answer=report)
    return report


def _logins(settings: Settings) -> DatabaseSecret | None:
    if settings.database_url is not None or settings.database_secret_arn is None:
        return None
    return read_database(Secret("database", settings.database_secret_arn))


def _grant(connection: sa.Connection, login: str) -> None:
    """Lets the serving login use the tables that it does not own."""
    driver: Any = connection.connection.driver_connection
    with driver.cursor() as cursor:
        for grant in GRANTS:
            cursor.execute(sql.SQL(grant).format(sql.Identifier(login)))
