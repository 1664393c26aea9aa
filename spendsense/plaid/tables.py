"""CSVs of accounts or transactions with Plaid's column names, read as strictly as a bank file deserves. Pure.

Comma-separated UTF-8 with a header line. What a spreadsheet tends to make of such a file is refused with its cure: a
byte order mark, semicolons, another encoding, formulas, rows of another length.
"""

import codecs
import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass

from msgspec import Raw

from spendsense.errors import InvalidInput, TooLarge
from spendsense.plaid import wire
from spendsense.plaid.document import require_utf8
from spendsense.plaid.values import Refused

LONGEST_ROW = 1 << 21  # characters, with all of its lines
MOST_COLUMNS = 500
LONGEST_COLUMN = 200  # characters of a column's name
_FORMULA = re.compile(r"=|[+\-@]\s*[A-Za-z_][\w.]*\(|[+\-@].*[|!]", re.DOTALL)
_TRUTHS = {"": None, "true": True, "t": True, "1": True, "false": False, "f": False, "0": False}

_SHORT_NAMES = {
    "pfc_primary": "personal_finance_category.primary",
    "pfc_detailed": "personal_finance_category.detailed",
    "category_primary": "personal_finance_category.primary",
    "category_detailed": "personal_finance_category.detailed",
    "current": "balances.current",
    "current_balance": "balances.current",
    "available": "balances.available",
    "available_balance": "balances.available",
    "limit": "balances.limit",
    "credit_limit": "balances.limit",
    "id": "transaction_id",
    "currency": "iso_currency_code",
}


@dataclass(frozen=True, slots=True)
class Row:
    """One row under Plaid's column names, or the reason why it can't be taken."""

    place: str  # "line 3": where the row begins
    cells: dict[str, str]
    refused: Refused | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """A CSV's kind and its rows."""

    is_transactions: bool
    rows: Iterator[Row]


class _Lines:
    """The lines of a CSV, one at a time, so that neither the text nor a row is held whole."""

    def __init__(self, data: bytes) -> None:
        self._read = io.TextIOWrapper(io.BytesIO(data), encoding="utf-8", newline="").readline
        self._left = LONGEST_ROW
        self._number = 0

    def __iter__(self) -> Iterator[str]:
        while line := self._read(LONGEST_ROW + 1):
            self._number += 1
            self._left -= len(line)
            if self._left < 0:
                raise InvalidInput(f"line {self._number}: a row of more than {LONGEST_ROW:,} characters.")
            yield line

    def begin_row(self) -> int:
        """The line on which the next row begins, counted from 1."""
        self._left = LONGEST_ROW
        return self._number + 1


def read_table(data: bytes, most_values: int) -> Table:
    """The table that the CSV holds. Raises InvalidInput that names line and column when it can't be read at all.

    Reading the rows raises InvalidInput too, and TooLarge when they have more cells than `most_values`.
    """
    if data.startswith(codecs.BOM_UTF8):
        raise InvalidInput("line 1, column 1: a byte order mark; save the file as UTF-8 without BOM.")
    require_utf8(data)
    csv.field_size_limit(LONGEST_ROW)
    lines = _Lines(data)
    reader = csv.reader(lines, strict=True)
    header = _header(reader)
    columns = [_plaid_name(cell) for cell in header]
    _refuse_bad_header(header, columns)
    if "amount" in columns and "date" in columns:
        return Table(True, _rows(reader, lines, columns, most_values))
    if "type" in columns and "account_id" in columns:
        return Table(False, _rows(reader, lines, columns, most_values))
    raise InvalidInput(
        "line 1: the header must name Plaid's columns: transaction_id, account_id, date and amount of transactions, "
        "or account_id and type of accounts."
    )


def _header(reader: "csv._reader") -> list[str]:  # type: ignore[name-defined]
    try:
        return next(reader)
    except StopIteration:
        raise InvalidInput("line 1: the file is empty; a header line is needed.") from None
    except csv.Error as error:
        raise InvalidInput(f"line 1: {error}.") from error


def _plaid_name(cell: str) -> str:
    name = re.sub(r"[\s/]+", "_", cell.strip().lower())
    for group in ("personal_finance_category", "balances"):
        if name.startswith(group + "_"):
            name = f"{group}.{name.removeprefix(group + '_')}"
    return _SHORT_NAMES.get(name, name)


def _refuse_bad_header(header: list[str], columns: list[str]) -> None:
    for separator, word in ((";", "semicolons"), ("\t", "tabs"), ("|", "bars")):
        if len(header) == 1 and separator in header[0]:
            column = header[0].index(separator) + 1
            raise InvalidInput(f"line 1, column {column}: separated by {word}; save the file with commas.")
    if len(header) > MOST_COLUMNS:
        raise InvalidInput(f"line 1, column {MOST_COLUMNS + 1}: more than {MOST_COLUMNS} columns.")
    for position, cell in enumerate(header):
        if len(cell) > LONGEST_COLUMN:
            raise InvalidInput(f"line 1, column {position + 1}: a name of more than {LONGEST_COLUMN} characters.")
        if is_formula(cell):
            raise InvalidInput(f"line 1, column {position + 1}: looks like a formula; name the column.")
        if columns.index(columns[position]) != position and columns[position]:
            raise InvalidInput(f"line 1, column {position + 1}: names {columns[position]} a second time.")


def _rows(
    reader: "csv._reader",  # type: ignore[name-defined]
    lines: _Lines,
    columns: list[str],
    most_values: int,
) -> Iterator[Row]:
    values = 0
    while True:
        line = lines.begin_row()
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise InvalidInput(f"line {line}: {error}; is a quotation mark not closed?") from error
        values += len(cells) or 1  # an empty line takes its time too
        if values > most_values:
            raise TooLarge(f"The payload holds more than {most_values:,} cells; send it in parts.")
        if cells:
            yield _row(f"line {line}", columns, cells)


def _row(place: str, columns: list[str], cells: list[str]) -> Row:
    if len(cells) != len(columns):
        column = min(len(cells), len(columns)) + 1
        reason = f"has {len(cells)} cells and the header {len(columns)}; put text that holds a comma in quotation marks"
        return Row(place, {}, Refused(f"column {column}", reason))
    for name, cell in zip(columns, cells, strict=True):
        if is_formula(cell):
            return Row(place, {}, Refused(name, "looks like a spreadsheet formula; give its value as plain text"))
    return Row(place, dict(zip(columns, cells, strict=True)))


def is_formula(cell: str) -> bool:
    """A cell that a spreadsheet would run: `=…`, or a sign before a function call, a pipe or a sheet reference."""
    return bool(_FORMULA.match(cell.lstrip()))


def account_of(cells: dict[str, str]) -> wire.Account:
    """The row as an account. Raises Refused."""
    return wire.Account(
        account_id=cells.get("account_id") or None,
        item_id=cells.get("item_id") or None,
        name=cells.get("name") or None,
        official_name=cells.get("official_name") or None,
        mask=cells.get("mask") or None,
        type=cells.get("type") or None,
        subtype=cells.get("subtype") or None,
        balances=wire.Balances(
            current=_number(cells, "balances.current"),
            available=_number(cells, "balances.available"),
            limit=_number(cells, "balances.limit"),
            iso_currency_code=cells.get("balances.iso_currency_code") or cells.get("iso_currency_code") or None,
            unofficial_currency_code=cells.get("balances.unofficial_currency_code")
            or cells.get("unofficial_currency_code")
            or None,
            last_updated_datetime=cells.get("balances.last_updated_datetime") or None,
        ),
    )


def transaction_of(cells: dict[str, str]) -> wire.Transaction:
    """The row as a transaction. Raises Refused."""
    texts = {name: cells.get(name) or None for name in _TRANSACTION_TEXTS}
    return wire.Transaction(
        amount=_number(cells, "amount"),
        pending=_truth(cells, "pending"),
        personal_finance_category=wire.Category(
            primary=cells.get("personal_finance_category.primary") or None,
            detailed=cells.get("personal_finance_category.detailed") or None,
        ),
        category=wire.NULL,  # a column cannot hold a path
        **texts,
    )


_TRANSACTION_TEXTS = (
    "transaction_id",
    "account_id",
    "date",
    "authorized_date",
    "iso_currency_code",
    "unofficial_currency_code",
    "name",
    "original_description",
    "merchant_name",
    "merchant_entity_id",
    "payment_channel",
    "pending_transaction_id",
)


def _number(cells: dict[str, str], column: str) -> Raw:
    text = cells.get(column, "").strip()
    if not text:
        return wire.NULL
    if not re.fullmatch(r"-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?", text, re.ASCII):
        raise Refused(column, "must be a plain number such as -1234.56")
    sign, digits = ("-", text[1:]) if text.startswith("-") else ("", text)
    whole, dot, part = digits.partition(".")
    return Raw(f"{sign}{whole.lstrip('0') or '0'}{dot}{part}".encode("ascii"))


def _truth(cells: dict[str, str], column: str) -> bool | None:
    try:
        return _TRUTHS[cells.get(column, "").strip().lower()]
    except KeyError:
        raise Refused(column, "must be true or false") from None
