"""Where a laptop's server lives and as whom it runs: PostgreSQL refuses root, so root's runs as somebody else."""

import hashlib
import os
import pwd
import re
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from spendsense.errors import ConfigurationError

PROJECT = Path(__file__).resolve().parents[2]
# Everybody may pass through it and, unlike /tmp, it survives a reboot. A folder of ours there is checked for its owner.
FALLBACK_PARENT = Path("/var/tmp")  # noqa: S108


@dataclass(frozen=True, slots=True)
class Account:
    """The unprivileged user that owns the data files and runs the server."""

    uid: int
    gid: int


def default_home() -> Path:
    """SPENDSENSE_HOME; else `.spendsense` in the project; where that can't be used, a folder of ours in /var/tmp."""
    named = os.environ.get("SPENDSENSE_HOME")
    if named:
        return Path(named).absolute()
    home = PROJECT / ".spendsense"
    return home if _is_usable(home) else fallback_home(home)


def fallback_home(home: Path) -> Path:
    """The folder in /var/tmp that stands in for `home`; one for each user and project."""
    digest = hashlib.sha256(os.fsencode(home)).hexdigest()[:8]
    return FALLBACK_PARENT / f"spendsense-{os.geteuid()}-{digest}"


def server_account(home: Path) -> Account | None:
    """Whose server it is when root starts it: the owner of the data, else `postgres` or `nobody`. None: our own."""
    if os.geteuid() != 0:
        return None
    data = home / "data"
    owner = data.stat() if data.exists() else None
    if owner and owner.st_uid != 0:
        return Account(owner.st_uid, owner.st_gid)
    for name in ("postgres", "nobody"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(entry.pw_uid, entry.pw_gid)
    raise ConfigurationError(
        "PostgreSQL refuses to run as root, and there is no user 'nobody': run make as another user."
    )


def prepare_home(home: Path) -> Account | None:
    """Makes the folder, passable for the server's user, who is returned. Raises ConfigurationError with the cure."""
    if re.search(r'["\\$`]', str(home)):
        raise ConfigurationError(
            f"{home}: PostgreSQL can't be started in a folder with one of \" \\ $ ` in its path;"
            " set SPENDSENSE_HOME to another."
        )
    try:
        is_new = not home.exists()
        home.mkdir(parents=True, exist_ok=True)
        owner = home.stat().st_uid
        if is_new and owner == os.geteuid():
            home.chmod(0o711 if owner == 0 else 0o700)
    except OSError as error:
        raise ConfigurationError(
            f"{error.filename}: {error.strerror}; set SPENDSENSE_HOME to a folder of yours."
        ) from None
    if not os.access(home, os.W_OK) or (home.parent == FALLBACK_PARENT and owner != os.geteuid() != 0):
        raise ConfigurationError(f"{home} belongs to somebody else; set SPENDSENSE_HOME to a folder of yours.")
    account = server_account(home)
    closed = closed_folder(home, account) if account else None
    if closed:
        raise ConfigurationError(
            f"Running as root, the database server's user can't pass through {closed}: "
            f"`chmod o+x {closed}`, or set SPENDSENSE_HOME={fallback_home(home)}."
        )
    return account


def closed_folder(path: Path, account: Account) -> Path | None:
    """The outermost folder on the way into `path` that `account` may not pass through."""
    for folder in reversed([path, *path.parents]):
        if folder.exists() and not _may_pass(folder.stat(), account):
            return folder
    return None


def _is_usable(home: Path) -> bool:
    """Whether we can write there and the server's user can get there."""
    existing = next(_existing([home, *home.parents]))
    if not os.access(existing, os.W_OK | os.X_OK):
        return False
    if existing == home and os.geteuid() not in (0, home.stat().st_uid):
        return False
    account = server_account(home)
    return account is None or closed_folder(home.parent, account) is None


def _existing(folders: list[Path]) -> Iterator[Path]:
    return (folder for folder in folders if folder.exists())


def _may_pass(folder: os.stat_result, account: Account) -> bool:
    if folder.st_uid == account.uid:
        return bool(folder.st_mode & stat.S_IXUSR)
    if folder.st_gid == account.gid:
        return bool(folder.st_mode & stat.S_IXGRP)
    return bool(folder.st_mode & stat.S_IXOTH)
