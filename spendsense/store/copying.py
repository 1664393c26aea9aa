"""Rows as the text that PostgreSQL's COPY reads: one line a row, tabs between, `\\N` for NULL."""

from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime
from functools import lru_cache
from itertools import islice
from typing import Any

import psycopg2.extensions

NULL = "\\N"
_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})
_LINES_AT_ONCE = 2_000


def text(value: str | None) -> str:
    """A text, escaped; None is NULL, and an empty text stays one."""
    if value is None:
        return NULL
    return value if value.isprintable() and "\\" not in value else value.translate(_ESCAPES)


@lru_cache(maxsize=20_000)
def day(value: date | None) -> str:
    """A day in ISO form."""
    return NULL if value is None else value.isoformat()


def moment(value: datetime | None) -> str:
    """A moment in ISO form; it says its zone."""
    return NULL if value is None else value.isoformat()


def flag(value: bool | None) -> str:
    """A boolean."""
    return NULL if value is None else "t" if value else "f"


def number(value: object) -> str:
    """An integer or a Decimal."""
    return NULL if value is None else str(value)


class _Lines:
    """A file that COPY reads, made of lines as they are asked for, so that a large load is never held as one text."""

    def __init__(self, lines: Iterator[str]) -> None:
        self._lines = lines
        self._rest = ""

    def read(self, size: int) -> str:
        while len(self._rest) < size:
            more = "\n".join(islice(self._lines, _LINES_AT_ONCE))
            if not more:
                break
            self._rest += more + "\n"
        piece, self._rest = self._rest[:size], self._rest[size:]
        return piece


def copy_lines(cursor: psycopg2.extensions.cursor, table: str, columns: str, lines: Iterable[str]) -> None:
    """Appends finished lines to a table. `table` and `columns` are words of this project, never of a payload."""
    source: Any = _Lines(iter(lines))
    cursor.copy_expert(f"COPY {table} ({columns}) FROM STDIN", source, 1 << 17)


class Taking:
    """A file that COPY writes to, a line at a time."""

    def __init__(self, take: Callable[[bytes], None]) -> None:
        self.write = take
