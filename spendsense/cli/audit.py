"""`spendsense audit`: whether the records of what was done are what they were, and how far they go, signed."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from spendsense.cli.context import application
from spendsense.errors import ConfigurationError, InvalidInput

if TYPE_CHECKING:
    from spendsense.audit.anchors import Anchor
    from spendsense.audit.chain import Verification

FILE = click.Path(dir_okay=False, path_type=Path)


@click.group()
def audit() -> None:
    """The records of what was done, chained by their hashes."""


@audit.command()
@click.option("--out", type=FILE, help="Write it to this file, which must be new; else it is printed.")
def anchor(out: Path | None) -> None:
    """Sign how far the audit goes now, to be kept where nobody who owns the database can write.

    The key is AUDIT_ANCHOR_KEY; development makes one of its own.
    """
    from spendsense import clock
    from spendsense.audit import anchors
    from spendsense.audit.anchoring import anchor as anchor_now
    from spendsense.store.session import transaction

    if out is not None and out.exists():
        raise InvalidInput(f"{out} is there already.")
    with application(), transaction() as session:
        made = anchor_now(session, _private_key(), clock.now())
        if out is not None:  # what can't be written is not stored either
            with out.open("xb") as file:
                file.write(anchors.encode(made))
    if out is None:
        click.echo(anchors.encode(made), nl=False)
    else:
        click.echo(f"{made.count} records, signed by {made.public_key.hex()}")


@audit.command()
@click.option("--anchor", "files", type=FILE, multiple=True, help="An anchor that was kept; may be given repeatedly.")
@click.option("--public-key", metavar="HEX", help="Of who signed the anchors; by default that of AUDIT_ANCHOR_KEY.")
@click.option("--json", "is_json", is_flag=True, help="Print the result as JSON.")
def verify(files: tuple[Path, ...], public_key: str | None, is_json: bool) -> None:
    """Hash all records anew: says that they are what was linked, or names the first that is not (exit code 1).

    Compares with the stored anchors and with those that are given. Without a given one, whoever owns the database may
    have cut the end off, or written all of it anew.
    """
    from spendsense.audit.anchoring import verify_with
    from spendsense.store.session import transaction

    key = _public_key(public_key)
    given = [_read(path, key) for path in files]
    with application(), transaction() as session:
        result = verify_with(session, given, key)
    click.echo(_json(result) if is_json else _told(result))
    if not result.is_intact:
        sys.exit(1)


def _private_key() -> bytes:
    """Raises ConfigurationError where there is none."""
    from spendsense.config import load_settings
    from spendsense.local.anchor_key import anchor_key

    settings = load_settings()
    key = settings.audit_anchor_key or (anchor_key(is_made=True) if settings.is_dev else None)
    if key is None:
        raise ConfigurationError("AUDIT_ANCHOR_KEY is missing; outside dev it signs the anchors.")
    return key


def _public_key(given: str | None) -> bytes | None:
    """The key whose signatures count; None: there is none. Raises InvalidInput for a text that is no key."""
    from spendsense.audit.anchors import public_key_of
    from spendsense.config import load_settings
    from spendsense.local.anchor_key import anchor_key

    if given is not None:
        try:
            return bytes.fromhex(given)
        except ValueError as error:
            raise InvalidInput("--public-key is not hex.") from error
    settings = load_settings()
    key = settings.audit_anchor_key or (anchor_key(is_made=False) if settings.is_dev else None)
    return public_key_of(key) if key else None


def _read(path: Path, key: bytes | None) -> "Anchor":
    """The anchor in a file. Raises InvalidInput unless the key has signed it."""
    from spendsense.audit.anchors import LARGEST_FILE, decode

    if key is None:
        raise ConfigurationError("Name the anchor's signer: --public-key, or AUDIT_ANCHOR_KEY.")
    try:
        with path.open("rb") as file:
            found = decode(file.read(LARGEST_FILE))
    except OSError as error:
        raise InvalidInput(f"{path}: {error.strerror}.") from error
    if not found.is_signed_by(key):
        raise InvalidInput(f"{path} was not signed by {key.hex()}, or was changed since.")
    return found


def _told(result: "Verification") -> str:
    if result.fault is not None:
        return f"broken: {result.fault.kind}: {result.fault.detail}"
    compared = f"{result.anchors} anchors agree" if result.anchors else "no anchor to compare with"
    return f"intact: {result.end.position} records, head {result.end.hash.hex()}, {compared}"


def _json(result: "Verification") -> str:
    import msgspec

    told: dict[str, Any] = {
        "is_intact": result.is_intact,
        "records": result.end.position,
        "head": result.end.hash.hex(),
        "anchors": result.anchors,
        "fault": msgspec.to_builtins(result.fault),
    }
    return msgspec.json.encode(told).decode()
