"""What the acceptance tests share: rows in one line, and a check that a stream is found from its third charge on."""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from decimal import Decimal

import pytest

from tests.signals.streams import finding
from tests.signals.streams.finding import Row, Stream, streams_on

DAY = timedelta(1)
both_ways = pytest.mark.parametrize("sign", [1, -1], ids=["out", "in"])


def on(text: str) -> list[date]:
    """`2026-01-30 02-28` → two dates: a year holds until the next is given."""
    year, found = "", []
    for word in text.split():
        if word.count("-") == 2:
            year = word[:4]
        found.append(date.fromisoformat(word if word.count("-") == 2 else f"{year}-{word}"))
    return found


def charges(days: Iterable[date], amount: str | Sequence[str], name: str = "Quillfeather", **more: str) -> list[Row]:
    """A row a day, of one amount or of one each, in Plaid's sign."""
    days = list(days)
    amounts = [amount] * len(days) if isinstance(amount, str) else amount
    return [Row(day, Decimal(one), name, **more) for day, one in zip(days, amounts, strict=True)]


def turned(rows: Iterable[Row], sign: int) -> list[Row]:
    """The same rows as money in, when `sign` is -1."""
    return [Row(row.on, row.amount * sign, row.name, row.category, row.account) for row in rows]


def found(as_of: date | str, rows: Sequence[Row]) -> list[Stream]:
    """What is found, whatever the order in which the rows come."""
    day = date.fromisoformat(as_of) if isinstance(as_of, str) else as_of
    streams = streams_on(day, rows)
    if finding.FINDER is not finding.pure:  # the database orders them itself
        return streams
    assert [_shown(stream) for stream in streams_on(day, rows[::-1])] == [_shown(stream) for stream in streams]
    return streams


def _shown(stream: Stream) -> tuple[object, ...]:
    rows = sorted((row.on, row.amount) for row in stream.rows)
    return rows, stream.cadence, stream.status, stream.typical, stream.last, stream.next_on, stream.changes


def one(as_of: date | str, rows: Sequence[Row]) -> Stream:
    """The only stream that is found."""
    streams = found(as_of, rows)
    assert len(streams) == 1, [(stream.cadence, stream.status, len(stream.rows)) for stream in streams]
    return streams[0]


def summary(as_of: date | str, rows: Sequence[Row]) -> list[tuple[str, str, int, str]]:
    """Cadence, status, number of charges and typical amount of each stream, in order."""
    streams = found(as_of, rows)
    return sorted((stream.cadence, stream.status, len(stream.rows), str(stream.typical)) for stream in streams)


def check_found_from_the_third_charge_on(rows: Sequence[Row], cadence: str, charges_needed: int = 3) -> None:
    """On the day of each charge and on the day before the next, one stream of all charges so far is active."""
    days = sorted({row.on for row in rows})
    for number in range(charges_needed, len(days) + 1):
        before_next = days[number] - DAY if number < len(days) else days[-1] + DAY
        for as_of in (days[number - 1], before_next):
            stream = one(as_of, rows)
            assert (stream.cadence, stream.status) == (cadence, "MATURE"), as_of
            assert len({row.on for row in stream.rows}) == number, as_of
            assert stream.next_on > as_of or stream.next_on > days[number - 1], as_of
