"""A key to sign the audit's anchors with, for a laptop: made when first asked for, readable by its owner alone."""

import os
import secrets
from pathlib import Path

from spendsense.errors import ConfigurationError
from spendsense.local.home import default_home, prepare_home

KEY_FILE = "audit-anchor.key"
KEY_BYTES = 32


def anchor_key(*, is_made: bool) -> bytes | None:
    """The key of this folder; None where there is none and none is to be made. Raises ConfigurationError."""
    path = default_home() / KEY_FILE
    if not path.exists():
        if not is_made:
            return None
        prepare_home(path.parent)
        _write(path)
    key = path.read_bytes()
    if len(key) != KEY_BYTES:
        raise ConfigurationError(
            f"{KEY_FILE} holds no key; delete it, and anchors of before can't be checked any more."
        )
    return key


def _write(path: Path) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(secrets.token_bytes(KEY_BYTES))
