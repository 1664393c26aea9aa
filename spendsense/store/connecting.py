"""Connections to the database whose login lies in a secret, which may be rotated at any time."""

from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any

import psycopg2
import psycopg2.extensions

from spendsense.aws.secrets import Secret, read_database
from spendsense.logs import log

Connect = Callable[[], psycopg2.extensions.connection]

# What libpq and the server say, in the words of whoever has to mend it. Their own texts name host and login.
REASONS = {
    "timeout expired": "timeout: no way to it, or it is down",
    "Connection refused": "connection refused: nothing listens there",
    "could not translate host name": "unknown host",
    "authentication failed": "login refused",
    "not permitted to log in": "login refused",
    "does not exist": "no such login or database",
    "pg_hba.conf": "not let in from here, or without TLS",
    "SSL": "no TLS",
    "connection slots": "too many connections",
    "too many": "too many connections",
}


def connector(secret: Secret, options: Mapping[str, Any], *, is_migration: bool = False) -> Connect:
    """Opens connections with the login in the secret. One that is refused has the secret read again: rotated, it is
    tried once more. Raises what psycopg2 raises, once the reason is logged, and Unavailable where the secret can't be
    used."""

    def connect() -> psycopg2.extensions.connection:
        try:
            return _open_with_newest(secret, options, is_migration)
        except psycopg2.OperationalError as error:
            log.error("database_away", reason=reason_of(str(error)))
            raise

    return connect


def reason_of(text: str) -> str:
    """Why a connection failed, by what was said of it."""
    return next((reason for said, reason in REASONS.items() if said in text), "other")


def _open_with_newest(secret: Secret, options: Mapping[str, Any], is_migration: bool) -> psycopg2.extensions.connection:
    used = secret.text()
    try:
        return _open(secret, options, is_migration)
    except psycopg2.OperationalError:
        secret.refresh()
        if secret.text() == used:  # not what refresh says: another thread may have read the new one
            raise
    return _open(secret, options, is_migration)


def _open(secret: Secret, options: Mapping[str, Any], is_migration: bool) -> psycopg2.extensions.connection:
    found = read_database(secret)
    login = found.migrating if is_migration else found.serving
    opened: psycopg2.extensions.connection = psycopg2.connect(**asdict(login), **options)
    return opened
