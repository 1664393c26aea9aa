"""Brings the tables up to date from inside the cloud: `zappa invoke dev spendsense.ops.migrate`.

Safe to run twice, twice at once, and while the old code serves: each revision is one transaction with a lock timeout,
and revisions only ever add first and take away later.
"""

import time
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from psycopg2 import sql
from psycopg2.extensions import encrypt_password

from spendsense.aws.secrets import DatabaseSecret, Login, Secret, read_database
from spendsense.config import Settings, load_settings
from spendsense.logs import log
from spendsense.store import migrations
from spendsense.store.session import db
from spendsense.worker import create_worker

# What the serving login of an earlier release held by itself. It holds nothing now: it acts in one role or another.
TAKEN_BACK = (
    "REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {0}",
    "REVOKE ALL ON ALL SEQUENCES IN SCHEMA public FROM {0}",
    "ALTER DEFAULT PRIVILEGES IN SCHEMA public REVOKE ALL ON TABLES FROM {0}",
    "ALTER DEFAULT PRIVILEGES IN SCHEMA public REVOKE ALL ON SEQUENCES FROM {0}",
)


def run(_event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """Applies what is pending and reports {"from", "to", "applied", "is_ahead", "duration_ms"}.

    Raises what a revision raises; what came before it stays applied.
    """
    began = time.perf_counter()
    settings = load_settings()
    logins = _logins(settings)
    with create_worker(settings, is_migration=True).app_context(), migrations.locked() as connection:
        if logins is not None:
            _make_login(connection, logins.serving)
        done = migrations.upgrade_under_lock(connection, logins.serving.user if logins else None)
        if logins is not None:
            _execute(connection, TAKEN_BACK, logins.serving.user)
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
    """The two logins of the secret; None where one login owns the tables and serves."""
    if settings.database_url is not None or settings.database_secret_arn is None:
        return None
    logins = read_database(Secret("database", settings.database_secret_arn))
    return logins if logins.serving.user != logins.migrating.user else None


def _make_login(connection: sa.Connection, login: Login) -> None:
    """Makes the serving login where nobody has: it owns nothing, and may do nothing by itself.

    The password goes to the server as its verifier alone, so that no log can show it.
    """
    if connection.scalar(sa.text("SELECT to_regrole(quote_ident(:login))"), {"login": login.user}) is not None:
        return
    driver: Any = connection.connection.driver_connection
    verifier = encrypt_password(login.password, login.user, driver, "scram-sha-256")
    _execute(connection, ("CREATE ROLE {0} LOGIN NOINHERIT PASSWORD {1}",), login.user, verifier)


def _execute(connection: sa.Connection, statements: Sequence[str], login: str, verifier: str = "") -> None:
    driver: Any = connection.connection.driver_connection
    with driver.cursor() as cursor:
        for statement in statements:
            cursor.execute(sql.SQL(statement).format(sql.Identifier(login), sql.Literal(verifier)))
