"""Tables as CSV (RFC 4180) that a spreadsheet opens without running anything."""

import csv
import io
import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Final

FORMULA_STARTS: Final = ("=", "+", "-", "@", "\t", "\r")


def write_csv(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> bytes:
    """The table with its heading, UTF-8. None is an empty cell, a moment is ISO 8601, an object is JSON."""
    written = io.StringIO()
    writer = csv.writer(written)
    writer.writerow(columns)
    writer.writerows([_cell(value) for value in row] for row in rows)
    return written.getvalue().encode()


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, int):
        return str(value)
    if isinstance(value, dict | list):
        return _defused(json.dumps(value, ensure_ascii=False))
    return _defused(value.isoformat() if isinstance(value, datetime) else str(value))


def _defused(text: str) -> str:
    """A text that spreadsheets take for a text: none begins as a formula does."""
    return "'" + text if text.startswith(FORMULA_STARTS) else text
