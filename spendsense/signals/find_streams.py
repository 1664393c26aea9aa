"""Finds streams and simple flags of people whose rows changed: SQL packs the groups, `streams` judges, SQL writes."""

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from functools import lru_cache
from typing import Any
from uuid import UUID

import psycopg2.extensions

from spendsense.signals.cadence import to_date, to_day
from spendsense.signals.flags import find_flag
from spendsense.signals.judged import Judged, judge, judged, most_common
from spendsense.signals.overlay import Choices, choices_of, lay_over
from spendsense.signals.packing import SEPARATOR, Packed, line_of, read_groups, take_lines, unescaped
from spendsense.signals.streams import PriceChange
from spendsense.store.copying import copy_lines
from spendsense.store.kinds import STREAM_KINDS, Kind
from spendsense.store.sql import load

FOUND_STREAMS = """
CREATE TEMPORARY TABLE IF NOT EXISTS found_streams (
    user_id uuid, counterparty_key bigint, direction text, plan smallint, kind text, is_income_by_rhythm boolean,
    cadence text, is_early boolean, typical_amount_cents bigint, last_amount_cents bigint, first_on date, last_on date,
    next_on date, lapse_on date, price_changes jsonb, transaction_ids varchar[] COLLATE "C"
) ON COMMIT DELETE ROWS
"""
FOUND_FLAGS = """
CREATE TEMPORARY TABLE IF NOT EXISTS found_flags (
    user_id uuid, counterparty_key bigint, last_id text COLLATE "C", cadence text, flag_from date, flag_until date
) ON COMMIT DELETE ROWS
"""

STREAM_COLUMNS = (
    "user_id, counterparty_key, direction, plan, kind, is_income_by_rhythm, cadence, is_early, typical_amount_cents, "
    "last_amount_cents, first_on, last_on, next_on, lapse_on, price_changes, transaction_ids"
)
FLAG_COLUMNS = "user_id, counterparty_key, last_id, cadence, flag_from, flag_until"

_Group = tuple[str, int, bool]  # person, counterparty, is inflow
_Known = list[tuple[int, str]]
"""The known streams of a group: the number of each among the plans, and its transaction ids, joined."""


def find_streams(cursor: psycopg2.extensions.cursor, user_ids: Sequence[UUID], as_of: date) -> set[str]:
    """Rebuilds the streams and flags of these people from their rows up to `as_of`.

    Returns the ids of those for whom something was written.
    """
    choices = choices_of(cursor, user_ids)
    found = _Shard(to_day(as_of), choices, _known_streams(cursor, user_ids, choices))
    chosen = [choice.slot for said in choices.values() for choice in said.choices]
    read_groups(cursor, user_ids, as_of, chosen, found.take)
    return _write(cursor, user_ids, [*found.streams, *found.chosen_streams()], found.flags)


class _Shard:
    """What is found of a shard, group by group, as lines to be written: a shard has ten thousand streams.

    People who said something of their streams are kept apart.
    """

    def __init__(self, today: int, choices: Mapping[str, Choices], known: Mapping[_Group, _Known]) -> None:
        self.streams: list[str] = []
        self.flags: list[str] = []
        self._today = today
        self._choices = choices
        self._known = known
        self._chosen: dict[str, list[tuple[Packed, list[Judged]]]] = {user_id: [] for user_id in choices}

    def take(self, packed: Packed) -> None:
        """Judges one group."""
        known = self._known.get((packed.user_id, packed.counterparty_key, packed.is_inflow), [])
        streams = _numbered(packed, known)
        self.flags += map(line_of, _flag_rows(packed, self._today))
        if packed.user_id in self._chosen:
            self._chosen[packed.user_id].append((packed, streams))
        else:
            self.streams += [line_of(_stream_row(stream)) for stream in streams]

    def chosen_streams(self) -> Iterator[str]:
        """The streams of those who said something, as they have them."""
        for user_id, groups in self._chosen.items():
            streams = [stream for _, found in groups for stream in found]
            packed = {(group.counterparty_key, group.is_inflow): group for group, _ in groups}
            yield from (line_of(_stream_row(one)) for one in lay_over(self._choices[user_id], streams, packed))


def _write(
    cursor: psycopg2.extensions.cursor,
    user_ids: Sequence[UUID],
    streams: Sequence[str],
    flags: Sequence[str],
) -> set[str]:
    cursor.execute(FOUND_STREAMS)
    cursor.execute(FOUND_FLAGS)
    cursor.execute("TRUNCATE found_streams, found_flags")
    copy_lines(cursor, "found_streams", STREAM_COLUMNS, streams)
    copy_lines(cursor, "found_flags", FLAG_COLUMNS, flags)
    cursor.execute("ANALYZE found_streams (user_id, counterparty_key); ANALYZE found_flags (user_id)")
    changed: set[str] = set()
    for name in ("write_streams.sql", "write_flags.sql"):
        cursor.execute(load("spendsense.signals", name), {"user_ids": [str(user_id) for user_id in user_ids]})
        changed.update(str(user_id) for (user_id,) in cursor.fetchall())
    return changed


def _known_streams(
    cursor: psycopg2.extensions.cursor, user_ids: Sequence[UUID], choices: Mapping[str, Choices]
) -> dict[_Group, _Known]:
    """The stored streams, and those that are not there but of which a person has said something."""
    query = cursor.mogrify(
        "SELECT user_id, counterparty_key, direction = 'inflow', plan, array_to_string(transaction_ids, %s)"
        " FROM streams WHERE user_id = ANY(%s::uuid[])",
        (SEPARATOR, [str(user_id) for user_id in user_ids]),
    )
    known: dict[_Group, _Known] = defaultdict(list)

    def take(line: bytes) -> None:
        user_id, key, is_inflow, number, joined_ids = line.split(b"\t")
        known[user_id.decode(), int(key), is_inflow == b"t"].append((int(number), unescaped(joined_ids)))

    take_lines(cursor, query, take)
    for one in choices.values():
        for choice in one.choices:
            *_, plan = choice.slot
            stored = known[choice.slot[:3]]
            if all(number != plan for number, _ in stored):
                stored.append((plan, SEPARATOR.join(choice.transaction_ids)))
    return known


def _numbered(packed: Packed, known: _Known) -> list[Judged]:
    """The streams of a group, each under its number among the plans."""
    found = judge(packed)
    if not found:
        return []
    plans = number_plans([ids for _, ids in found], known)
    return [judged(packed, one, ids, plan) for (one, ids), plan in zip(found, plans, strict=True)]


def number_plans(found: Sequence[Sequence[str]], known: _Known) -> list[int]:
    """The number of each plan: that of the known stream with which it shares most rows, so that a stream stays itself.

    `found` are the transaction ids of each plan. A new one takes the smallest number that is free.
    """
    if len(found) == 1 and len(known) <= 1:
        return [known[0][0] if known else 0]
    ids_of = [(plan, set(joined_ids.split(SEPARATOR))) for plan, joined_ids in known]
    shared = sorted(
        (-len(known_ids.intersection(ids)), plan, place)
        for place, ids in enumerate(found)
        for plan, known_ids in ids_of
    )
    numbers: dict[int, int] = {}
    for overlap, plan, place in shared:
        if overlap and place not in numbers and plan not in numbers.values():
            numbers[place] = plan
    free = iter(sorted(set(range(len(found) + len(known))) - {plan for plan, _ in known}))
    return [numbers[place] if place in numbers else next(free) for place in range(len(found))]


def _stream_row(stream: Judged) -> tuple[Any, ...]:
    """The stream in the columns of found_streams."""
    found = stream.found
    kind = STREAM_KINDS[most_common(stream.purposes)]
    sign = -1 if stream.is_inflow else 1
    return (
        stream.user_id,
        stream.counterparty_key,
        "inflow" if stream.is_inflow else "outflow",
        stream.plan,
        kind,
        kind == "income" and Kind.INFLOW in stream.kinds,
        found.cadence.value,
        found.is_early,
        sign * found.typical_cents,
        sign * found.last_cents,
        iso_day(stream.codes[0] >> 8),
        iso_day(stream.codes[-1] >> 8),
        iso_day(found.next_day),
        iso_day(found.lapse_day),
        _price_changes(found.price_changes, sign),
        stream.transaction_ids,
    )


@lru_cache(maxsize=20_000)
def iso_day(day: int) -> str:
    """The date of a day number as text."""
    return to_date(day).isoformat()


def _price_changes(changes: Sequence[PriceChange], sign: int) -> str:
    if not changes:
        return "[]"
    return json.dumps(
        [
            {"on": iso_day(one.day), "old_cents": sign * one.old_cents, "new_cents": sign * one.new_cents}
            for one in changes
        ]
    )


def _flag_rows(packed: Packed, today: int) -> Iterator[tuple[Any, ...]]:
    """The flag of a merchant in the columns of found_flags, unless it is over. Transfers and names that say nothing are
    no merchants."""
    if packed.is_inflow or packed.is_opaque:
        return
    places = [place for place, kind in enumerate(packed.kinds) if kind == Kind.SPENDING]
    flag = find_flag(sorted({packed.codes[place] >> 8 for place in places}))
    if flag and flag.flag_until > today:
        yield (
            packed.user_id,
            packed.counterparty_key,
            packed.transaction_ids[places[-1]],
            flag.cadence.value,
            iso_day(flag.flag_from),
            iso_day(flag.flag_until),
        )
