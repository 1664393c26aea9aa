"""Finds streams and simple flags of people whose rows changed: SQL packs the groups, `streams` judges, SQL writes."""

import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

import psycopg2.extensions

from spendsense.signals.streams import (
    Charges,
    Flag,
    Rhythm,
    find_flag,
    find_rhythm,
    is_stable,
    lapse_day,
    next_day,
    one_a_day,
    to_date,
)
from spendsense.store.kinds import stream_kind
from spendsense.store.sql import load

FOUND_STREAMS = """
CREATE TEMPORARY TABLE IF NOT EXISTS found_streams (
    user_id uuid, counterparty_key bigint, direction text, plan smallint, account_id text COLLATE "C", name text,
    kind text, cadence text, is_early boolean, currency text, typical_amount_cents bigint, last_amount_cents bigint,
    first_on date, last_on date, next_on date, lapse_on date
) ON COMMIT DELETE ROWS
"""
FOUND_FLAGS = """
CREATE TEMPORARY TABLE IF NOT EXISTS found_flags (
    user_id uuid, counterparty_key bigint, name text, cadence text, flag_from date, flag_until date
) ON COMMIT DELETE ROWS
"""
VARYING_KINDS = ("bill", "income")  # firm in cadence, free in amount


@dataclass(frozen=True, slots=True)
class Group:
    """One person, counterparty and direction, with what its days showed."""

    user_id: str
    counterparty_key: int
    is_inflow: bool
    charges: Charges
    rhythm: Rhythm | None
    flag: Flag | None

    @property
    def identity(self) -> tuple[str, int, bool]:
        """What tells one group from another."""
        return self.user_id, self.counterparty_key, self.is_inflow


@dataclass(frozen=True, slots=True)
class LatestRow:
    """How a group's last row shows itself."""

    name: str
    account_id: str
    currency: str
    category_primary: str | None
    category_detailed: str | None


def find_streams(cursor: psycopg2.extensions.cursor, user_ids: Sequence[UUID], as_of: date) -> set[str]:
    """Rebuilds the streams and flags of these people from their rows up to `as_of`.

    Returns the ids of those for whom something was written.
    """
    groups = list(_regular_groups(cursor, user_ids, as_of))
    latest = _latest_rows(cursor, groups)
    cursor.execute(FOUND_STREAMS)
    cursor.execute(FOUND_FLAGS)
    cursor.execute("TRUNCATE found_streams, found_flags")
    _copy(cursor, "found_streams", (row for group in groups if (row := _stream_row(group, latest[group.identity]))))
    _copy(cursor, "found_flags", (_flag_row(group, latest[group.identity]) for group in groups if group.flag))
    cursor.execute("ANALYZE found_streams; ANALYZE found_flags")
    changed: set[str] = set()
    for name in ("write_streams.sql", "write_flags.sql"):
        cursor.execute(load("spendsense.signals", name), {"user_ids": [str(user_id) for user_id in user_ids]})
        changed.update(str(user_id) for (user_id,) in cursor.fetchall())
    return changed


def _regular_groups(cursor: psycopg2.extensions.cursor, user_ids: Sequence[UUID], as_of: date) -> Iterator[Group]:
    parameters = {"user_ids": [str(user_id) for user_id in user_ids], "as_of": as_of}
    query = cursor.mogrify(load("spendsense.signals", "stream_groups.sql"), parameters).decode()
    packed = io.StringIO()
    cursor.copy_expert(f"COPY ({query}) TO STDOUT", packed)
    packed.seek(0)
    for line in packed:
        user_id, key, is_inflow, days, cents = line.rstrip("\n").split("\t")
        charges = one_a_day(_numbers(days), _numbers(cents))
        rhythm = find_rhythm(charges.days)
        flag = find_flag(charges.days) if is_inflow == "f" else None
        if rhythm or flag:
            yield Group(user_id, int(key), is_inflow == "t", charges, rhythm, flag)


def _numbers(array: str) -> list[int]:
    """The numbers of an array in PostgreSQL's text form, `{1,2,3}`."""
    return list(map(int, array[1:-1].split(",")))


def _latest_rows(cursor: psycopg2.extensions.cursor, groups: Sequence[Group]) -> dict[tuple[str, int, bool], LatestRow]:
    cursor.execute(
        load("spendsense.signals", "latest_rows.sql"),
        {
            "user_ids": [group.user_id for group in groups],
            "counterparty_keys": [group.counterparty_key for group in groups],
            "are_inflow": [group.is_inflow for group in groups],
            "last_days": [to_date(group.charges.days[-1]) for group in groups],
        },
    )
    return {(str(user_id), key, is_inflow): LatestRow(*shown) for user_id, key, is_inflow, *shown in cursor.fetchall()}


def _stream_row(group: Group, latest: LatestRow) -> tuple[Any, ...] | None:
    """The stream of a group in the columns of found_streams, or None: no rhythm, or random amounts at a shop."""
    if group.rhythm is None:
        return None
    kind = stream_kind(latest.category_primary, latest.category_detailed, latest.name, group.is_inflow)
    days = group.charges.days[group.rhythm.start :]
    cents = group.charges.cents[group.rhythm.start :]
    if kind not in VARYING_KINDS and not is_stable(cents):
        return None
    sign = -1 if group.is_inflow else 1
    return (
        group.user_id,
        group.counterparty_key,
        "inflow" if group.is_inflow else "outflow",
        0,
        latest.account_id,
        latest.name,
        kind,
        group.rhythm.cadence,
        False,
        latest.currency,
        sign * sorted(cents)[(len(cents) - 1) // 2],
        sign * cents[-1],
        to_date(days[0]),
        to_date(days[-1]),
        to_date(next_day(group.rhythm.cadence, days)),
        to_date(lapse_day(group.rhythm.cadence, days)),
    )


def _flag_row(group: Group, latest: LatestRow) -> tuple[Any, ...]:
    flag = group.flag
    assert flag is not None
    return (
        group.user_id,
        group.counterparty_key,
        latest.name,
        flag.cadence,
        to_date(flag.flag_from),
        to_date(flag.flag_until),
    )


def _copy(cursor: psycopg2.extensions.cursor, table: str, rows: Iterable[tuple[Any, ...]]) -> None:
    lines = io.StringIO("".join("\t".join(map(_text, row)) + "\n" for row in rows))
    cursor.copy_expert(f"COPY {table} FROM STDIN", lines)


def _text(value: Any) -> str:
    """A value in COPY's text form."""
    if value is None:
        return r"\N"
    if isinstance(value, str):
        return value.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n").replace("\r", "\\r")
    return str(value)
