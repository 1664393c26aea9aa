"""Finds streams and simple flags of people whose rows changed: SQL packs the groups, `streams` judges, SQL writes."""

import gc
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date

import psycopg2.extensions

from spendsense.signals.cadence import to_day
from spendsense.signals.flags import LEAST_CHARGES, WINDOW_DAYS, find_flag
from spendsense.signals.judged import Judged, judge, judge_received, judged
from spendsense.signals.overlay import Choices, choices_of, lay_over
from spendsense.signals.packing import Packed, read_groups
from spendsense.signals.refunds import Refunds
from spendsense.signals.stored import Known, StoredStreams, flag_line, ids_of_line, write_flags
from spendsense.store.kinds import Kind
from spendsense.store.sql import load


def rebuild_streams(
    cursor: psycopg2.extensions.cursor, user_ids: Sequence[str], as_of: date, refunds: Refunds
) -> set[str]:
    """Rebuilds the streams and flags of these people from their rows up to `as_of`, some of which may be refunds.

    Returns the ids of those for whom something was written.
    """
    cursor.execute(load("spendsense.signals", "move_streams.sql"), {"user_ids": list(user_ids)})
    choices = choices_of(cursor, user_ids)
    with _collector_at_rest():
        stored = StoredStreams(cursor, user_ids, choices)
        shard = _Shard(to_day(as_of), choices, stored, refunds)
        chosen = [choice.slot for said in choices.values() for choice in said.choices]
        read_groups(cursor, user_ids, as_of, chosen, shard.take)
        shard.lay_over_choices()
    return stored.write(cursor) | write_flags(cursor, user_ids, shard.flags)


@contextmanager
def _collector_at_rest() -> Iterator[None]:
    """Nothing that a shard makes refers to itself: counting references frees all of it, and the collector would only go
    through tens of thousands of lists again and again."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


class _Shard:
    """What is found of a shard, group by group. People who said something of their streams are kept apart."""

    def __init__(self, today: int, choices: Mapping[str, Choices], stored: StoredStreams, refunds: Refunds) -> None:
        self.flags: list[str] = []
        self._today = today
        self._choices = choices
        self._stored = stored
        self._refunds = refunds
        self._chosen: dict[str, list[tuple[Packed, list[Judged]]]] = {user_id: [] for user_id in choices}

    def take(self, packed: Packed) -> None:
        """Judges one group."""
        self.flags += _flags(packed, self._today)
        streams = _numbered(packed, self._refunds.get(packed.user_id), self._stored.of_group(packed))
        if packed.user_id in self._chosen:
            self._chosen[packed.user_id].append((packed, streams))
        else:
            for stream in streams:
                self._stored.compare(stream)

    def lay_over_choices(self) -> None:
        """The streams of those who said something, as they have them, once all groups are there."""
        for user_id, groups in self._chosen.items():
            streams = [stream for _, found in groups for stream in found]
            packed = {(group.counterparty_key, group.is_inflow): group for group, _ in groups}
            for stream in lay_over(self._choices[user_id], streams, packed):
                self._stored.compare(stream)


def _numbered(packed: Packed, refunds: set[str] | None, known: Known) -> list[Judged]:
    """The streams of a group, each under its number among the plans."""
    if refunds and packed.is_inflow:
        packed, found = judge_received(packed, refunds)
    else:
        found = judge(packed)
    if not found:
        return []
    plans = number_plans([ids for _, ids in found], known)
    return [judged(packed, one, ids, plan) for (one, ids), plan in zip(found, plans, strict=True)]


def number_plans(found: Sequence[Sequence[str]], known: Known) -> list[int]:
    """The number of each plan: that of the known stream with which it shares most rows, so that a stream stays itself.

    `found` are the transaction ids of each plan. A new one takes the smallest number that is free.
    """
    if len(found) == 1 and len(known) <= 1:
        return [known[0][0]] if known else [0]
    plans_of: dict[str, list[int]] = defaultdict(list)
    for plan, line in known:
        for transaction_id in ids_of_line(line):
            plans_of[transaction_id].append(plan)
    shared = Counter((plan, place) for place, ids in enumerate(found) for one in ids for plan in plans_of.get(one, ()))
    numbers: dict[int, int] = {}
    given: set[int] = set()
    for (plan, place), _ in sorted(shared.items(), key=lambda pair: (-pair[1], pair[0])):
        if place not in numbers and plan not in given:
            numbers[place] = plan
            given.add(plan)
    free = iter(sorted(set(range(len(found) + len(known))) - {plan for plan, _ in known}))
    return [numbers[place] if place in numbers else next(free) for place in range(len(found))]


def _flags(packed: Packed, today: int) -> list[str]:
    """The line of a merchant's flag, unless it is over. Transfers and names that say nothing are no merchants."""
    if not packed.may_have_flag or packed.codes[-LEAST_CHARGES] >> 8 <= today - WINDOW_DAYS:
        return []  # the last three charges of any kind are not within 90 days: no three purchases are
    found = find_flag(packed.days_of(Kind.SPENDING))
    if found is None or found.flag_until <= today:
        return []
    kinds = packed.kinds
    last = len(kinds) - 1 - kinds[::-1].index(Kind.SPENDING)
    return [flag_line(packed, packed.transaction_ids[last], found)]
