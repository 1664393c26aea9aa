"""The rulebooks that ever decided, as they were."""

from collections.abc import Mapping
from functools import lru_cache

from sqlalchemy.orm import Session

from spendsense.errors import ConfigurationError, NotFound
from spendsense.rulebook.load import rulebook_of
from spendsense.rulebook.types import Rulebook
from spendsense.store.models import RulebookVersion


def kept_rulebook(session: Session, version: str) -> Rulebook:
    """The rulebook of that version, out of the files that were kept with it.

    Raises NotFound when it was not kept, and ConfigurationError when it can't be read any more or is not what it was.
    """
    kept = session.get(RulebookVersion, version)
    if kept is None:
        raise NotFound(f"The rulebook version {version} was not kept.")
    rulebook = _read(tuple(sorted(kept.content.items())))
    if rulebook.version != version:
        raise ConfigurationError(f"The rulebook kept as {version} has been changed: it is {rulebook.version} now.")
    return rulebook


def made_by(session: Session, version: str, in_force: Rulebook) -> Rulebook:
    """The rulebook that made an item; the one in force where that is the one, or the old one can't be read."""
    if version == in_force.version:
        return in_force
    try:
        return kept_rulebook(session, version)
    except (NotFound, ConfigurationError):
        return in_force


@lru_cache(maxsize=16)
def _read(content: tuple[tuple[str, str], ...]) -> Rulebook:
    files: Mapping[str, str] = dict(content)
    return rulebook_of(files, with_wording=False)
