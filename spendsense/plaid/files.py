"""The bytes of payloads: from files and folders, from an HTTP body, unpacked when they are gzipped, up to a limit."""

import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from spendsense.errors import InvalidInput, TooLarge, UnsupportedMediaType

MEGABYTE = 1 << 20
GZIP_MAGIC = b"\x1f\x8b"
SUFFIXES = (".json", ".csv", ".json.gz", ".csv.gz")
_STEP = 1 << 18  # unpacked bytes at once
_FEED = 1 << 14  # packed bytes at once: what lies behind the end of a member is copied, and is no more than this


@dataclass(frozen=True, slots=True)
class Limits:
    """The most that is taken of one payload: bytes, as they come and unpacked, and what they hold."""

    packed: int
    unpacked: int
    ratio: int | None = None  # unpacked to packed, beyond the first megabyte; None: any
    members: int = 1 << 16  # of a gzip file: the tools that write many put up to 64 kB into each
    records: int = 10_000_000  # in all lists together, or rows of a CSV
    values: int = 1 << 26  # fields and elements, whether they are read or not, or cells of a CSV: one in 16 bytes

    def of(self, packed: int) -> int:
        """The most bytes that so many packed ones may become."""
        return self.unpacked if self.ratio is None else min(self.unpacked, max(MEGABYTE, packed * self.ratio))


# Bank data packs to a tenth. A transaction whose ids are Plaid's packs to 41 bytes at the least and so 4 MB hold fewer
# than 100,000 of them; as Plaid sends it, it has 1.5 kB, and 64 MB hold 44,000 with 60 fields each.
BODY_LIMITS = Limits(
    packed=4 * MEGABYTE,
    unpacked=64 * MEGABYTE,
    ratio=100,
    members=4_096,
    records=100_000,
    values=4_000_000,
)
FILE_LIMITS = Limits(packed=1024 * MEGABYTE, unpacked=1024 * MEGABYTE)


def list_files(paths: Iterable[Path]) -> list[tuple[Path, Path | None]]:
    """The files to read, each with the named folder that it was found in; accounts before the rest of their folder.

    In a folder only .json and .csv count, gzipped too, and nothing hidden; a file that is named is read whatever it is
    called. Raises InvalidInput for a folder without any data.
    """
    found: list[tuple[Path, Path | None]] = []
    for path in paths:
        if not path.is_dir():
            found.append((path, None))
            continue
        inside = [file for file in path.rglob("*") if _is_data(file.relative_to(path)) and file.is_file()]
        if not inside:
            raise InvalidInput(f"{path}: there is no .json or .csv file in this folder.")
        found += [(file, path) for file in sorted(inside, key=_reading_order)]
    return found


def read_file(path: Path, limits: Limits = FILE_LIMITS) -> bytes:
    """The file's content, unpacked. Raises InvalidInput for one that is not there or can't be read, TooLarge."""
    if not path.is_file():
        raise InvalidInput(f"{path}: there is no such file or folder.")
    try:
        if path.stat().st_size > limits.packed:
            raise TooLarge(f"{path}: larger than {limits.packed // MEGABYTE} MB.")
        return unpack(path.read_bytes(), limits)
    except OSError as error:
        raise InvalidInput(f"{path}: can't be read: {error.strerror}.") from error
    except (InvalidInput, TooLarge) as error:
        raise type(error)(f"{path}: {error}") from error


def read_body(data: bytes, content_encoding: str | None, limits: Limits = BODY_LIMITS) -> bytes:
    """An HTTP body, unpacked when it is gzipped. Raises UnsupportedMediaType for another encoding, TooLarge."""
    if (content_encoding or "identity").strip().lower() not in ("identity", "gzip", "x-gzip"):
        raise UnsupportedMediaType("The body may be sent plain or with Content-Encoding: gzip.")
    return unpack(data, limits)


def unpack(data: bytes, limits: Limits) -> bytes:
    """The data, unpacked when its first bytes say gzip. Raises TooLarge before more than the limit is held."""
    if len(data) > limits.packed:
        raise TooLarge(f"The payload is larger than {limits.packed // MEGABYTE} MB.")
    return _gunzip(data, limits.of(len(data)), limits.members) if data.startswith(GZIP_MAGIC) else data


def _gunzip(data: bytes, most: int, most_members: int) -> bytes:
    """All members of a gzip file."""
    parts: list[bytes] = []
    size = position = members = 0
    while position < len(data):
        members += 1
        if members > most_members:
            raise TooLarge(f"The gzip file has more than {most_members:,} members.")
        member = zlib.decompressobj(wbits=31)
        while not member.eof:
            packed = member.unconsumed_tail
            if not packed:
                packed = data[position : position + _FEED]
                position += len(packed)
            part = _decompress(member, packed)
            size += len(part)
            if size > most:
                raise TooLarge(f"The payload is larger than {most / MEGABYTE:.3g} MB when it is unpacked.")
            if part:
                parts.append(part)
        position -= len(member.unused_data)
    return b"".join(parts)


def _decompress(member: "zlib._Decompress", packed: bytes) -> bytes:
    """The next bytes of a member, of which these are the next packed ones; none are left when there are none."""
    try:
        part = member.decompress(packed, _STEP)
    except zlib.error as error:
        raise InvalidInput("The gzip file is damaged.") from error
    if not part and not packed and not member.eof:
        raise InvalidInput("The gzip file ends too early.")
    return part


def _is_data(file: Path) -> bool:
    """Whether a file below a folder counts. A name that begins with a dot is some tool's, as `._a.json` is."""
    return file.name.lower().endswith(SUFFIXES) and not any(part.startswith(".") for part in file.parts)


def _reading_order(file: Path) -> tuple[str, bool, str]:
    """Folder by folder, accounts before the rest, then by name."""
    return str(file.parent), not file.name.lower().startswith("account"), file.name
