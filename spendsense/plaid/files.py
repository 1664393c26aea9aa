"""The bytes of payloads: from files and folders, from an HTTP body, unpacked when they are gzipped, up to a limit."""

import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from spendsense.errors import InvalidInput, TooLarge, UnsupportedMediaType

MEGABYTE = 1 << 20
GZIP_MAGIC = b"\x1f\x8b"
SUFFIXES = (".json", ".csv", ".json.gz", ".csv.gz")
_STEP = 1 << 18


@dataclass(frozen=True, slots=True)
class Limits:
    """The most bytes that are taken, as they come and unpacked."""

    packed: int
    unpacked: int
    ratio: int | None = None  # unpacked to packed, beyond the first megabyte; None: any

    def of(self, packed: int) -> int:
        """The most bytes that so many packed ones may become."""
        return self.unpacked if self.ratio is None else min(self.unpacked, max(MEGABYTE, packed * self.ratio))


BODY_LIMITS = Limits(packed=4 * MEGABYTE, unpacked=64 * MEGABYTE, ratio=100)  # bank data packs to a tenth
FILE_LIMITS = Limits(packed=1024 * MEGABYTE, unpacked=1024 * MEGABYTE)


@dataclass(frozen=True, slots=True)
class Source:
    """One payload: its path, and a label that is the same wherever its folder lies."""

    path: Path
    label: str  # the path below the folder that was named, or the file's own name, without .gz
    data: bytes


def iter_sources(paths: Iterable[Path | str], limits: Limits = FILE_LIMITS) -> Iterator[Source]:
    """The payloads in files and folders, unpacked, one at a time: in a folder by name, accounts before the rest.

    In a folder only .json and .csv count, gzipped too; a file that is named is read whatever it is called. Raises
    InvalidInput for a path that is not there or can't be read, TooLarge.
    """
    for path in map(Path, paths):
        if path.is_dir():
            found = (file for file in path.rglob("*") if file.name.lower().endswith(SUFFIXES) and file.is_file())
            for file in sorted(found, key=reading_order):
                yield _source(file, str(file.relative_to(path)), limits)
        elif path.is_file():
            yield _source(path, path.name, limits)
        else:
            raise InvalidInput(f"{path}: there is no such file or folder.")


def read_body(data: bytes, content_encoding: str | None, limits: Limits = BODY_LIMITS) -> bytes:
    """An HTTP body, unpacked when it is gzipped. Raises UnsupportedMediaType for another encoding, TooLarge."""
    if (content_encoding or "identity").strip().lower() not in ("identity", "gzip", "x-gzip"):
        raise UnsupportedMediaType("The body may be sent plain or with Content-Encoding: gzip.")
    return unpack(data, limits)


def unpack(data: bytes, limits: Limits) -> bytes:
    """The data, unpacked when its first bytes say gzip. Raises TooLarge before more than the limit is held."""
    if len(data) > limits.packed:
        raise TooLarge(f"The payload is larger than {limits.packed // MEGABYTE} MB.")
    return _gunzip(data, limits.of(len(data))) if data.startswith(GZIP_MAGIC) else data


def _gunzip(data: bytes, most: int) -> bytes:
    """All members of a gzip file."""
    parts: list[bytes] = []
    size = 0
    while data:
        member = zlib.decompressobj(wbits=31)
        while not member.eof:
            try:
                part = member.decompress(data, _STEP)
            except zlib.error as error:
                raise InvalidInput("The gzip file is damaged.") from error
            size += len(part)
            if size > most:
                raise TooLarge(f"The payload is larger than {most / MEGABYTE:.3g} MB when it is unpacked.")
            parts.append(part)
            data = member.unconsumed_tail
            if not part and not data and not member.eof:
                raise InvalidInput("The gzip file ends too early.")
        data = member.unused_data
    return b"".join(parts)


def reading_order(file: Path) -> tuple[str, bool, str]:
    """Sorts the files of a folder: folder by folder, accounts before the rest, then by name."""
    return str(file.parent), not file.name.lower().startswith("account"), file.name


def _source(path: Path, label: str, limits: Limits) -> Source:
    try:
        if path.stat().st_size > limits.packed:
            raise TooLarge(f"{path}: larger than {limits.packed // MEGABYTE} MB.")
        data = unpack(path.read_bytes(), limits)
    except OSError as error:
        raise InvalidInput(f"{path}: can't be read: {error.strerror}.") from error
    except (InvalidInput, TooLarge) as error:
        raise type(error)(f"{path}: {error}") from error
    return Source(path, label.removesuffix(".gz"), data)
