"""Connections to the database whose login lies in a secret, which may be rotated at any time."""

from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any

import psycopg2
import psycopg2.extensions

from spendsense.aws.secrets import Secret, read_database

Connect = Callable[[], psycopg2.extensions.connection]


def connector(secret: Secret, options: Mapping[str, Any], *, is_migration: bool = False) -> Connect:
    """Opens connections with the login in the secret. One that is refused has the secret read again: rotated, it is
    tried once more. Raises what psycopg2 raises, and Unavailable where the secret can't be used."""

    def connect() -> psycopg2.extensions.connection:
        used = secret.text()
        try:
            return _open(secret, options, is_migration)
        except psycopg2.OperationalError:
            secret.refresh()
            if secret.text() == used:  # not what refresh says: another thread may have read the new one
                raise
        return _open(secret, options, is_migration)

    return connect


def _open(secret: Secret, options: Mapping[str, Any], is_migration: bool) -> psycopg2.extensions.connection:
    found = read_database(secret)
    login = found.migrating if is_migration else found.serving
    opened: psycopg2.extensions.connection = psycopg2.connect(**asdict(login), **options)
    return opened
