"""The groups of charges of a shard as they come out of the database, in COPY's text form."""

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

import msgspec
import psycopg2.extensions
from msgspec import Struct

from spendsense.store.copying import Taking
from spendsense.store.kinds import Kind, Purpose
from spendsense.store.sql import arrays, load

SEPARATOR = "\x1f"  # between the transaction ids of a group: no id holds a control character


class Packed(Struct, frozen=True, gc=False):
    """The charges of one person, counterparty and direction, by day and id; amounts are positive cents.

    A code is day · 256 + kind · 8 + purpose, days as signals.cadence counts them. `may_have_stream`: nothing simple
    speaks against one. `may_have_flag`: a merchant, whose last charges are even enough for a simple flag. A struct
    rather than a dataclass: a shard holds ten thousand.
    """

    user_id: str
    counterparty_key: int
    is_inflow: bool
    codes: list[int]
    cents: list[int]
    may_have_stream: bool
    may_have_flag: bool
    joined_ids: str

    @property
    def is_opaque(self) -> bool:
        """The counterparty's name says nothing."""
        return self.counterparty_key % 2 == 1

    @property
    def days(self) -> list[int]:
        """The day number of each charge."""
        return [code >> 8 for code in self.codes]

    def days_of(self, kind: Kind) -> list[int]:
        """The distinct day numbers, ascending, of the charges that count as that kind."""
        wanted = int(kind)
        return sorted({code >> 8 for code in self.codes if (code & 255) >> 3 == wanted})

    @property
    def purposes(self) -> list[Purpose]:
        """What a stream of each charge would be."""
        return purposes_of(self.codes)

    @property
    def kinds(self) -> list[int]:
        """What each charge counts as: `store.kinds.Kind`."""
        return kinds_of(self.codes)

    @property
    def transaction_ids(self) -> list[str]:
        """The id of each charge."""
        return self.joined_ids.split(SEPARATOR)


def kinds_of(codes: Sequence[int]) -> list[int]:
    """What each charge counts as: `store.kinds.Kind`."""
    return [(code & 255) >> 3 for code in codes]


def purposes_of(codes: Sequence[int]) -> list[Purpose]:
    """What a stream of each charge would be; what a row turned out to be comes before its name."""
    return [_PURPOSES[code & 255] for code in codes]


def _purpose(kind: int, purpose: int) -> Purpose:
    if kind in (Kind.TRANSFER, Kind.OWN_TRANSFER):
        return Purpose.TRANSFER
    if kind == Kind.INCOME:
        return Purpose.INCOME
    return Purpose(purpose) if purpose in list(Purpose) else Purpose.UNKNOWN


_PURPOSES = [_purpose(code >> 3, code & 7) for code in range(256)]
"""By the low byte of a code, kind · 8 + purpose."""


def read_groups(
    cursor: psycopg2.extensions.cursor,
    user_ids: Sequence[str],
    as_of: date,
    asked_for: Sequence[tuple[Any, ...]],
    take: Callable[[Packed], None],
) -> None:
    """Hands over every group of these people that could hold a stream or a simple flag, person by person.

    `take` has each as soon as it comes, so that the database packs the next one meanwhile. `asked_for`: groups
    (person, counterparty, is inflow, …) that are wanted whether or not they could.
    """
    parameters = arrays(("asked_users", "asked_keys", "asked_inflow"), asked_for)
    parameters |= {"user_ids": list(user_ids), "as_of": as_of}
    query = cursor.mogrify(load("spendsense.signals", "stream_groups.sql"), parameters)
    take_lines(cursor, query, lambda line: take(_packed(line)))


def _packed(line: bytes) -> Packed:
    user_id, key, is_inflow, codes, cents, may_have_stream, may_have_flag, joined_ids = line.split(b"\t")
    return Packed(
        user_id.decode(),
        int(key),
        is_inflow == b"t",
        _numbers(b"[%b]" % codes[1:-1]),
        _numbers(b"[%b]" % cents[1:-1]),
        may_have_stream == b"t",
        may_have_flag == b"t",
        unescaped(joined_ids[:-1].decode()),
    )


_numbers = msgspec.json.Decoder(list[int]).decode  # an array of PostgreSQL's is one of JSON's but for its brackets


def take_lines(cursor: psycopg2.extensions.cursor, query: bytes, take: Callable[[bytes], None]) -> None:
    """Hands over each row that a finished query gives as it comes: a line, columns between tabs."""
    cursor.copy_expert(f"COPY ({query.decode()}) TO STDOUT", Taking(take))


def unescaped(text: str) -> str:
    """A column of ids as they are. Of COPY's escapes only the backslash's occurs: ids hold no control character."""
    return text.replace("\\\\", "\\") if "\\" in text else text
