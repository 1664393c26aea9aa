"""Text goes to the database and back as it is, whatever encoding its surroundings would choose."""

import pytest
from sqlalchemy import text

from spendsense.config import load_settings
from spendsense.store.session import db
from spendsense.worker import create_worker

TEXT = "Žluťoučký kůň 馬 \U0001f40e"


@pytest.mark.parametrize("encoding", ["SQL_ASCII", "LATIN1"])
@pytest.mark.parametrize("said_by", ["environment", "url"])
def test_neither_the_environment_nor_the_url_chooses_the_encoding(
    database_url: str, encoding: str, said_by: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if said_by == "environment":
        monkeypatch.setenv("PGCLIENTENCODING", encoding)
    else:
        database_url += f"{'&' if '?' in database_url else '?'}client_encoding={encoding}"
    worker = create_worker(load_settings({"DATABASE_URL": database_url}))
    with worker.app_context(), db.engine.connect() as connection:
        assert connection.scalar(text("SELECT :it"), {"it": TEXT}) == TEXT
        db.engine.dispose()
