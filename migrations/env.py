"""Alembic's environment: the models' metadata, one transaction a migration, lock and statement timeouts."""

from alembic import context
from flask import current_app
from sqlalchemy import text

from spendsense.store.session import db

LOCK_TIMEOUT = "5s"
STATEMENT_TIMEOUT = "4min"  # a function has five


def run_migrations() -> None:
    """Applies each pending revision in a transaction of its own."""
    with db.engine.connect() as connection:
        connection.detach()  # what is set here ends with the connection
        connection.execute(text(f"SET lock_timeout = '{LOCK_TIMEOUT}'"))
        connection.execute(text(f"SET statement_timeout = '{STATEMENT_TIMEOUT}'"))
        connection.execute(text("SET spendsense.migration = 'on'"))  # row-level security holds the owner too
        connection.commit()
        context.configure(
            connection=connection,
            target_metadata=db.metadata,
            transaction_per_migration=True,
            **current_app.extensions["migrate"].configure_args,
        )
        with context.begin_transaction():
            context.run_migrations()


run_migrations()
