"""Brings the tables up to date from inside the cloud: `zappa invoke dev spendsense.ops.migrate`.

Safe to run twice, twice at once, and while the old code serves: each revision is one transaction with a lock timeout,
and revisions only ever add first and take away later.
"""

import time
from typing import Any

import sqlalchemy as sa
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask_migrate import upgrade
from psycopg2 import sql

from spendsense.app import create_app
from spendsense.aws.secrets import Secret, read_database
from spendsense.config import load_settings
from spendsense.logs import log
from spendsense.store.session import db

LOCK = "SELECT pg_advisory_lock(hashtext('spendsense migration'))"
UNLOCK = "SELECT pg_advisory_unlock(hashtext('spendsense migration'))"
# What the serving login needs where another one owns the tables; later tables get it by themselves.
GRANTS = (
    "GRANT USAGE ON SCHEMA public TO {0}",
    "GRANT SELECT, INSERT, UPDATE, DELETE, TRUNCATE ON ALL TABLES IN SCHEMA public TO {0}",
    "GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {0}",
    "ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE, TRUNCATE ON TABLES TO {0}",
    "ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES TO {0}",
)


def run(_event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """Applies what is pending and reports {"from", "to", "applied", "duration_ms"}; raises what a revision raises."""
    began = time.perf_counter()
    settings = load_settings()
    app = create_app(settings, is_migration=True)
    with app.app_context():
        script = ScriptDirectory.from_config(app.extensions["migrate"].migrate.get_config())
        with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(sa.text(LOCK))
            try:
                before = _current(connection)
                upgrade()
                after = _current(connection)
                if settings.database_url is None and settings.database_secret_arn is not None:
                    _grant(connection, Secret("database", settings.database_secret_arn))
            finally:
                connection.execute(sa.text(UNLOCK))
    applied = [step.revision for step in script.iterate_revisions(after, before)][::-1] if after else []
    report = {
        "from": before,
        "to": after,
        "applied": applied,
        "duration_ms": round((time.perf_counter() - began) * 1000),
    }
    log.info("migrated", answer=report)
    return report


def _current(connection: sa.Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def _grant(connection: sa.Connection, secret: Secret) -> None:
    """Lets the serving login use the tables where it is not the one that owns them."""
    logins = read_database(secret)
    if logins.serving.user == logins.migrating.user:
        return
    driver: Any = connection.connection.driver_connection
    with driver.cursor() as cursor:
        for grant in GRANTS:
            cursor.execute(sql.SQL(grant).format(sql.Identifier(logins.serving.user)))
