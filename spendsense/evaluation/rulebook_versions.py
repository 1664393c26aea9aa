"""A rulebook by whatever name a person gives it: a folder, a version that decided once, or the one in force."""

from pathlib import Path
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from spendsense.errors import InvalidInput, NotFound
from spendsense.recommendations.kept import kept_rulebook
from spendsense.rulebook.load import load_rulebook
from spendsense.rulebook.types import Rulebook
from spendsense.store.models import RulebookVersion

CURRENT: Final = "current"


def find_rulebook(session: Session, name: str) -> Rulebook:
    """The rulebook of that name; of a version the first digits are enough.

    Raises NotFound, InvalidInput for digits that begin several versions, and ConfigurationError for files that are no
    rulebook.
    """
    if name == CURRENT:
        return load_rulebook()
    if name and Path(name).is_dir():
        return load_rulebook(Path(name))
    query = select(RulebookVersion.version).where(RulebookVersion.version.startswith(name, autoescape=True))
    versions = session.scalars(query.order_by(RulebookVersion.version).limit(10)).all() if name else []
    if not versions:
        raise NotFound(f"'{name}' is neither '{CURRENT}', nor a folder, nor a rulebook version that ever decided.")
    if len(versions) > 1:
        raise InvalidInput(f"'{name}' begins several rulebook versions: {', '.join(versions)}.")
    return kept_rulebook(session, versions[0])
