"""Which rows are the two sides of a transfer between a person's own accounts.

Most people have few pairs of rows that could be that: the database lists them, and they are taken in their order. A
thousand transfers of one sum on one day make a million pairs; there the next match is looked up in queues.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from heapq import heapify, heappop, heappush, heapreplace
from operator import attrgetter
from typing import NamedTuple

import psycopg2.extensions

from spendsense.store.sql import load

MAX_DAYS_APART = 4  # between the two sides (spec)
ENOUGH = 9  # outflows of the sum of one inflow, about its day: whoever has so many may have very many

Pair = tuple[str, str, str, bool, bool, bool]  # user_id, outflow_id, inflow_id, is each plain, is_crowded

_by_id = attrgetter("transaction_id")


class Side(NamedTuple):
    """A row that could be one side, as transfer_sides.sql gives it."""

    user_id: str
    amount_cents: int  # with Plaid's sign
    transaction_id: str
    account_id: str
    day: int  # counted from any one day
    is_transfer_like: bool
    is_plain: bool  # not called a transfer by its category


def match_transfers(cursor: psycopg2.extensions.cursor, user_ids: Sequence[str], as_of: date) -> list[tuple[str, str]]:
    """Returns (user_id, transaction_id) of the rows that only their match shows to be a transfer.

    An outflow and an inflow of one sum match when they are at most 4 days apart, on different accounts, and at least
    one of them is like a transfer: nearest day first, then smallest outflow id, then smallest inflow id, each row once.
    Rows that their category calls a transfer match too, but are left out of spending anyway and not returned.
    """
    parameters = {"user_ids": user_ids, "as_of": as_of, "most_days": MAX_DAYS_APART, "enough": ENOUGH}
    cursor.execute(load("spendsense.signals", "transfer_pairs.sql"), parameters)
    pairs = cursor.fetchall()
    crowded = {pair[0] for pair in pairs if pair[-1]}
    found = match_pairs(pair for pair in pairs if pair[0] not in crowded)
    for user_id in crowded:  # one at a time: each may have very many rows
        cursor.execute(load("spendsense.signals", "transfer_sides.sql"), parameters | {"user_ids": [user_id]})
        found += match_sides(cursor.fetchall())
    return found


def match_pairs(pairs: Iterable[Pair]) -> list[tuple[str, str]]:
    """The same from all pairs in the order of transfer_pairs.sql: one whose rows are both still free is a match."""
    taken: set[tuple[str, str]] = set()
    found: list[tuple[str, str]] = []
    for user_id, outflow_id, inflow_id, outflow_is_plain, inflow_is_plain, _ in pairs:
        outflow, inflow = (user_id, outflow_id), (user_id, inflow_id)
        if outflow in taken or inflow in taken:
            continue
        taken |= {outflow, inflow}
        if outflow_is_plain:
            found.append(outflow)
        if inflow_is_plain:
            found.append(inflow)
    return found


def match_sides(sides: Iterable[tuple[str, int, str, str, int, bool, bool]]) -> list[tuple[str, str]]:
    """The same from what transfer_sides.sql gives, in any order, without going through the pairs."""
    sums: dict[tuple[str, int], tuple[list[Side], list[Side]]] = defaultdict(lambda: ([], []))
    for side in map(Side._make, sides):
        sums[side.user_id, abs(side.amount_cents)][side.amount_cents < 0].append(side)
    return [
        (side.user_id, side.transaction_id)
        for outflows, inflows in sums.values()
        for pair in _matches(outflows, inflows)
        for side in pair
        if side.is_plain
    ]


def _matches(outflows: Sequence[Side], inflows: Sequence[Side]) -> Iterator[tuple[Side, Side]]:
    """The matches among rows of one person and one sum."""
    inflows_by_day = defaultdict(list)
    for inflow in inflows:
        inflows_by_day[inflow.day, inflow.is_transfer_like].append(inflow)
    queues = {lot: _Queue(inflows) for lot, inflows in inflows_by_day.items()}
    left = sorted(outflows, key=_by_id)
    for days_apart in range(MAX_DAYS_APART + 1):
        outflows, left = left, []
        for outflow in outflows:
            if queue := _first_queue(queues, outflow, days_apart):
                yield outflow, queue.take(outflow.account_id)
            else:
                left.append(outflow)


def _first_queue(queues: dict[tuple[int, bool], "_Queue"], outflow: Side, days_apart: int) -> "_Queue | None":
    """The queue with the smallest id of all that this outflow may take at that distance."""
    found, smallest = None, None
    for day in {outflow.day - days_apart, outflow.day + days_apart}:
        for is_transfer_like in (True, False) if outflow.is_transfer_like else (True,):
            queue = queues.get((day, is_transfer_like))
            first = queue.first_id(outflow.account_id) if queue else None
            if first is not None and (smallest is None or first < smallest):
                found, smallest = queue, first
    return found


class _Queue:
    """Inflows of one sum and day, all like a transfer or none of them, that no outflow has taken yet.

    They are kept by account, since an outflow takes nothing from its own; `_firsts` is a heap of the smallest id of
    each account, with the account.
    """

    def __init__(self, inflows: Iterable[Side]) -> None:
        self._accounts: dict[str, list[Side]] = defaultdict(list)
        for inflow in sorted(inflows, key=_by_id, reverse=True):  # the next of an account stands last
            self._accounts[inflow.account_id].append(inflow)
        self._firsts = [(waiting[-1].transaction_id, account_id) for account_id, waiting in self._accounts.items()]
        heapify(self._firsts)

    def first_id(self, own_account_id: str) -> str | None:
        """The smallest id on another account; None when there is none."""
        firsts = self._firsts
        if firsts and firsts[0][1] != own_account_id:
            return firsts[0][0]
        return min(firsts[1:3])[0] if len(firsts) > 1 else None  # the second of a heap is one of these two

    def take(self, own_account_id: str) -> Side:
        """Takes out what `first_id` names."""
        own = heappop(self._firsts) if self._firsts[0][1] == own_account_id else None
        waiting = self._accounts[self._firsts[0][1]]
        taken = waiting.pop()
        if waiting:
            heapreplace(self._firsts, (waiting[-1].transaction_id, taken.account_id))
        else:
            heappop(self._firsts)
        if own:
            heappush(self._firsts, own)
        return taken
