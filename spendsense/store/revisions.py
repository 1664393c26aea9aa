"""At which migration the tables stand, and at which this code expects them, without Alembic: requests ask it too."""

from functools import cache
from pathlib import Path

from sqlalchemy import text
from sqlalchemy.orm import Session

VERSIONS = Path(__file__).resolve().parent.parent.parent / "migrations" / "versions"


def applied(session: Session) -> str | None:
    """The revision of the database, such as `0014`; None before the first."""
    found: str | None = session.scalar(text("SELECT version_num FROM alembic_version"))
    return found


@cache
def newest() -> str | None:
    """The last revision of this code: files are named by their revision, which are numbered. None without any file."""
    return max((file.name.partition("_")[0] for file in VERSIONS.glob("[0-9]*_*.py")), default=None)
