"""Streams and simple flags as they stand in the database: read as lines, compared with those just found, and written
only where they differ. Of ten thousand streams of a shard a day changes few."""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from uuid import UUID

import psycopg2.extensions

from spendsense.signals.cadence import to_date
from spendsense.signals.flags import Flag
from spendsense.signals.judged import Judged, most_common
from spendsense.signals.overlay import Choices
from spendsense.signals.packing import SEPARATOR, Packed, take_lines, unescaped
from spendsense.signals.streams import PriceChange, stream_kind
from spendsense.store.copying import copy_lines, flag, text
from spendsense.store.kinds import Kind
from spendsense.store.sql import load

FOUND_STREAMS = """
CREATE TEMPORARY TABLE IF NOT EXISTS found_streams (
    user_id uuid, counterparty_key bigint, direction text, plan smallint, kind text, is_income_by_rhythm boolean,
    cadence text, is_early boolean, typical_amount_cents bigint, last_amount_cents bigint, first_on date, last_on date,
    next_on date, lapse_on date, price_changes jsonb, joined_ids text
) ON COMMIT DROP
"""
FOUND_FLAGS = """
CREATE TEMPORARY TABLE IF NOT EXISTS found_flags (
    user_id uuid, counterparty_key bigint, last_id text COLLATE "C", cadence text, flag_from date, flag_until date
) ON COMMIT DROP
"""
STREAM_COLUMNS = (
    "user_id, counterparty_key, direction, plan, kind, is_income_by_rhythm, cadence, is_early, typical_amount_cents, "
    "last_amount_cents, first_on, last_on, next_on, lapse_on, price_changes, joined_ids"
)
FLAG_COLUMNS = "user_id, counterparty_key, last_id, cadence, flag_from, flag_until"
STORED_STREAMS = f"""
SELECT {STREAM_COLUMNS.replace("joined_ids", "ARRAY_TO_STRING(transaction_ids, %s)")}
FROM streams WHERE user_id = ANY(%s::uuid[])
"""  # noqa: S608  our own columns, no input

DELETE_STREAMS = """
DELETE FROM streams
USING UNNEST(%s::uuid[], %s::bigint[], %s::text[], %s::smallint[]) AS gone (user_id, counterparty_key, direction, plan)
WHERE (streams.user_id, streams.counterparty_key, streams.direction, streams.plan)
    = (gone.user_id, gone.counterparty_key, gone.direction, gone.plan)
RETURNING streams.user_id
"""

_INFLOWS = {Kind.INFLOW, Kind.REFUND}  # a refund is none where it is a part of income: marked as such afterwards

Group = tuple[str, int, bool]
"""Person, counterparty, is inflow."""
Known = list[tuple[int, str]]
"""The known streams of a group: the number of each among the plans, and a line that ends with its transaction ids."""


class StoredStreams:
    """The streams of a shard as they are stored, and what of those just found differs from them."""

    def __init__(
        self, cursor: psycopg2.extensions.cursor, user_ids: Sequence[str], choices: Mapping[str, Choices]
    ) -> None:
        """Reads them. Those of people who said something of theirs are taken to differ from all that is found."""
        self._user_ids = list(user_ids)
        self._choices = choices
        self._known: dict[Group, Known] = defaultdict(list)
        self._left: dict[str, str] = {}  # slot (the first four columns) → the whole line, until it is found
        self._differing: list[str] = []
        take_lines(cursor, cursor.mogrify(STORED_STREAMS, (SEPARATOR, self._user_ids)), self._take)
        self._know_choices()

    def of_group(self, packed: Packed) -> Known:
        """The streams of the group: those stored, and those that are not but of which the person said something."""
        return self._known.get((packed.user_id, packed.counterparty_key, packed.is_inflow), [])

    def compare(self, found: Judged) -> None:
        """One stream that was found: it is written if it is not stored just so."""
        slot, rest = stream_line(found)
        line = f"{slot}\t{rest}"
        if self._left.pop(slot, None) != line:
            self._differing.append(line)

    def write(self, cursor: psycopg2.extensions.cursor) -> set[str]:
        """Writes what differs and deletes what was not found. Returns the ids of those for whom it did."""
        changed = self._delete_gone(cursor) if self._left else []
        cursor.execute(FOUND_STREAMS)
        cursor.execute("TRUNCATE found_streams")
        copy_lines(cursor, "found_streams", STREAM_COLUMNS, self._differing)
        cursor.execute("ANALYZE found_streams (user_id, counterparty_key)")
        cursor.execute(load("spendsense.signals", "write_streams.sql"), {"user_ids": self._user_ids})
        return {str(user_id) for (user_id,) in [*changed, *cursor.fetchall()]}

    def _delete_gone(self, cursor: psycopg2.extensions.cursor) -> list[tuple[UUID]]:
        user_ids, keys, directions, plans = zip(*[slot.split("\t") for slot in self._left], strict=True)
        cursor.execute(DELETE_STREAMS, (list(user_ids), list(map(int, keys)), list(directions), list(map(int, plans))))
        return cursor.fetchall()

    def _take(self, line: bytes) -> None:
        text = line[:-1].decode()
        user_id, key, direction, number, _ = text.split("\t", 4)
        self._known[user_id, int(key), direction == "inflow"].append((int(number), text))
        self._left[f"{user_id}\t{key}\t{direction}\t{number}"] = "" if user_id in self._choices else text

    def _know_choices(self) -> None:
        for one in self._choices.values():
            for choice in one.choices:
                *_, plan = choice.slot
                stored = self._known[choice.slot[:3]]
                if all(number != plan for number, _ in stored):
                    stored.append((plan, text_of_ids(choice.transaction_ids)))


def write_flags(cursor: psycopg2.extensions.cursor, user_ids: Sequence[str], found: Iterable[str]) -> set[str]:
    """Makes the flags of these people equal to the lines found. Returns the ids of those for whom it wrote."""
    cursor.execute(FOUND_FLAGS)
    cursor.execute("TRUNCATE found_flags")
    copy_lines(cursor, "found_flags", FLAG_COLUMNS, found)
    cursor.execute("ANALYZE found_flags (user_id)")
    cursor.execute(load("spendsense.signals", "write_flags.sql"), {"user_ids": list(user_ids)})
    return {str(user_id) for (user_id,) in cursor.fetchall()}


def stream_line(stream: Judged) -> tuple[str, str]:
    """The stream in the columns of found_streams, as COPY writes them too: its slot, and what follows.

    No value holds a tab or the end of a line: they are numbers, truths, words and JSON of ours, and ids.
    """
    found = stream.found
    kind = stream_kind(most_common(stream.purposes), found, is_inflow=stream.is_inflow)
    is_income_by_rhythm = kind == "income" and not _INFLOWS.isdisjoint(stream.kinds)
    sign = -1 if stream.is_inflow else 1
    direction = "inflow" if stream.is_inflow else "outflow"
    return (
        f"{stream.user_id}\t{stream.counterparty_key}\t{direction}\t{stream.plan}",
        f"{kind}\t{flag(is_income_by_rhythm)}\t{found.cadence.value}\t{flag(found.is_early)}\t"
        f"{sign * found.typical_cents}\t{sign * found.last_cents}\t"
        f"{iso_day(stream.codes[0] >> 8)}\t{iso_day(stream.codes[-1] >> 8)}\t"
        f"{iso_day(found.next_day)}\t{iso_day(found.lapse_day)}\t"
        f"{_price_changes(found.price_changes, sign)}\t{text_of_ids(stream.transaction_ids)}",
    )


def flag_line(packed: Packed, transaction_id: str, found: Flag) -> str:
    """The flag in the columns of found_flags. `transaction_id` is that of the merchant's last charge."""
    return (
        f"{packed.user_id}\t{packed.counterparty_key}\t{text(transaction_id)}\t{found.cadence.value}\t"
        f"{iso_day(found.flag_from)}\t{iso_day(found.flag_until)}"
    )


def text_of_ids(transaction_ids: Sequence[str]) -> str:
    """The ids, joined. Of COPY's escapes only the backslash's can occur: ids hold no control character."""
    joined = SEPARATOR.join(transaction_ids)
    return joined.replace("\\", "\\\\") if "\\" in joined else joined


def ids_of_line(line: str) -> list[str]:
    """The transaction ids at the end of a line of a stream."""
    return unescaped(line.rpartition("\t")[2]).split(SEPARATOR)


@lru_cache(maxsize=20_000)
def iso_day(day: int) -> str:
    """The date of a day number as text."""
    return to_date(day).isoformat()


def _price_changes(changes: Sequence[PriceChange], sign: int) -> str:
    """As jsonb writes them: its keys by length, then by letter."""
    if not changes:
        return "[]"
    return json.dumps(
        [
            {"on": iso_day(one.day), "new_cents": sign * one.new_cents, "old_cents": sign * one.old_cents}
            for one in changes
        ]
    )
