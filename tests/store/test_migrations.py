"""The migrations build the store from nothing, exactly as the models have it, and take it down to nothing."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from flask import Flask
from flask_migrate import downgrade

from spendsense.app import create_app
from spendsense.config import load_settings
from spendsense.errors import ConfigurationError
from spendsense.store import migrations
from spendsense.store.session import db
from tests.databases import new_database


@pytest.fixture
def empty_app() -> Iterator[Flask]:
    """The application on a database with nothing in it."""
    with new_database() as url:
        app = create_app(load_settings({**os.environ, "ENVIRONMENT": "dev", "DATABASE_URL": url}))
        with app.app_context():
            yield app
            db.session.remove()
            db.engine.dispose()


def tables() -> set[str]:
    """The tables that are there."""
    return set(sa.inspect(db.engine).get_table_names())


def indexes() -> set[str]:
    """The indexes of all tables, as the database would make them again."""
    with db.engine.connect() as connection:
        return set(connection.scalars(sa.text("SELECT indexdef FROM pg_indexes WHERE schemaname = 'public'")))


@pytest.mark.usefixtures("empty_app")
def test_the_migrations_build_what_the_models_say() -> None:
    migrations.upgrade()
    with db.engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), db.metadata) == []
    migrated = {index for index in indexes() if "alembic_version" not in index}
    downgrade(revision="base")
    db.metadata.create_all(db.engine)
    assert {index for index in indexes() if "alembic_version" not in index} == migrated
    db.metadata.drop_all(db.engine)


@pytest.mark.parametrize("encoding", ["SQL_ASCII", "LATIN1"])
def test_a_database_that_has_not_every_letter_is_refused(encoding: str) -> None:
    with new_database("template0", f"ENCODING '{encoding}' LOCALE 'C'") as url:
        app = create_app(load_settings({**os.environ, "ENVIRONMENT": "dev", "DATABASE_URL": url}))
        with app.app_context(), pytest.raises(ConfigurationError, match=f"encoding is {encoding}, and must be UTF8"):
            migrations.upgrade()
        with app.app_context():
            assert tables() == set()
            db.engine.dispose()


@pytest.mark.usefixtures("empty_app")
def test_a_folder_may_have_any_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "feature%2Fsavings, it's 50 %(here)s" / "migrations"  # build servers name some after branches
    shutil.copytree(migrations.DIRECTORY, folder)
    monkeypatch.setattr(migrations, "DIRECTORY", folder)
    assert not migrations.is_current()
    migrations.upgrade()
    assert migrations.is_current()


@pytest.mark.usefixtures("empty_app")
def test_they_go_down_to_nothing_and_up_again() -> None:
    migrations.upgrade()
    assert "transactions" in tables()
    downgrade(revision="base")
    assert tables() == {"alembic_version"}
    migrations.upgrade()
    assert tables() == set(db.metadata.tables) | {"alembic_version"}


@pytest.mark.usefixtures("empty_app")
def test_what_grows_with_people_has_the_person_first_in_its_key() -> None:
    migrations.upgrade()
    keyed_otherwise = {"users", "rulebook_versions", "job_runs", "alembic_version"}
    keyed_otherwise |= {"audit_events", "audit_links", "audit_anchors"}
    keyed_otherwise |= {"kept_answers", "request_rates"}  # by hashes, and for a day
    inspector = sa.inspect(db.engine)
    for table in tables() - keyed_otherwise:
        assert inspector.get_pk_constraint(table)["constrained_columns"][0] == "user_id", table


def test_what_hangs_on_a_row_is_found_by_an_index_when_the_row_goes() -> None:
    # Of an upload with 50,000 accounts and a row each, an erasure looked through all of the rows for each account.
    for table in db.metadata.sorted_tables:
        whole = [index for index in table.indexes if index.dialect_options["postgresql"]["where"] is None]
        keys = [table.primary_key.columns, *(index.expressions for index in whole)]
        begun = [[getattr(column, "name", None) for column in key] for key in keys]
        for foreign in table.foreign_key_constraints:
            if foreign.referred_table.name == "recommendations":
                continue  # few hang on one, and a person has few
            names = [column.name for column in foreign.columns]
            assert any(key[: len(names)] == names for key in begun), (table.name, names)
