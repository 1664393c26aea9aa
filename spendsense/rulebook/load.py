"""Loads the rulebook from its TOML files. What loads is whole; what is wrong is named by file and key."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Final

from spendsense.errors import ConfigurationError
from spendsense.rulebook.read import INSUFFICIENT_HISTORY, read, version_of
from spendsense.rulebook.types import Rulebook

FOLDER: Final = Path(__file__).resolve().parent


def load_rulebook(folder: Path | None = None) -> Rulebook:
    """The rulebook of the folder, else the one that is shipped. Raises ConfigurationError that names file and key."""
    return _shipped() if folder is None else rulebook_of(read_files(folder))


@cache
def _shipped() -> Rulebook:
    return rulebook_of(read_files(FOLDER))


def read_files(folder: Path) -> dict[str, str]:
    """Name below the folder → text, of every TOML file in it: what the version is the hash of."""
    paths = sorted(folder.rglob("*.toml"))
    if not paths:
        raise ConfigurationError(f"The rulebook folder {folder.name} holds no .toml file.")
    return {path.relative_to(folder).as_posix(): _text_of(path) for path in paths}


def _text_of(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise ConfigurationError(f"{path.name}: is not a text in UTF-8.") from error
    except OSError as error:
        raise ConfigurationError(f"{path.name}: can't be read: {error.strerror}.") from error


def rulebook_of(content: Mapping[str, str], *, with_wording: bool = True) -> Rulebook:
    """The rulebook out of its files' texts; an earlier version that was kept `with_wording=False`, see `read`.

    Raises ConfigurationError.
    """
    reading = read(content, with_wording=with_wording)
    if reading.rulebook is None or reading.faults:
        first, *others = reading.faults
        more = f" (and {len(others)} more: `spendsense rulebook check` names all)" if others else ""
        raise ConfigurationError(first + more)
    return reading.rulebook


__all__ = ["FOLDER", "INSUFFICIENT_HISTORY", "load_rulebook", "read_files", "rulebook_of", "version_of"]
