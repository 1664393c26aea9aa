"""Groups that the database keeps back, since they could hold no stream: none of them does."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, timedelta
from uuid import uuid4

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from spendsense.signals.amounts import Group
from spendsense.signals.cadence import to_day
from spendsense.signals.compute import measure
from spendsense.signals.streams import find_streams
from spendsense.store.kinds import Kind, Purpose
from spendsense.store.models import Stream
from spendsense.store.session import raw_cursor
from tests.oracle.person import Account, Person, Row
from tests.oracle.tables import write
from tests.signals.streams.test_against_the_oracle import LAST_DAYS, group_of

pytestmark = pytest.mark.no_cover  # many cases of what others cover, and tracing doubles its time

AS_OF = max(LAST_DAYS).replace(year=2027)
PURPOSES = (Purpose.SHOP, Purpose.CASH, Purpose.SHOP, *Purpose)  # most are habits: there the gate is narrowest
Streams = list[tuple[str, bool, list[str]]]
"""Cadence, whether it is an early sign, and the ids of the charges."""


@pytest.mark.parametrize("start", [0, 500_000])
def test_no_stream_is_kept_back(session: Session, start: int) -> None:
    assert differences(session, range(start, start + 2_000)) == {}


@pytest.mark.long
@pytest.mark.parametrize("start", range(1_000_000, 1_100_000, 10_000))
def test_no_stream_is_kept_back_of_many(session: Session, start: int) -> None:
    assert differences(session, range(start, start + 10_000)) == {}


@pytest.mark.parametrize(
    ("days", "most_prices"),
    [
        ((0, 31, 61), 14),  # 30.4² = 924 = 64 · 14.4
        ((0, 31, 61, 92), 438),  # 30.4³ = 28,094 = 64 · 438.97
        ((0, 7, 14, 21), 1),  # 7³ = 343 = 256 · 1.3
        ((0, 7, 14, 21, 28), 9),  # 7⁴ = 2,401 = 256 · 9.4
        ((0, 14, 28, 42), 10),  # 14³ = 2,744 = 256 · 10.7
        ((0, 92, 184), 130),  # 91.3² = 8,336 = 64 · 130.2
    ],
)
def test_a_price_on_a_beat_stands_out_among_so_many_and_no_more(
    session: Session, days: Sequence[int], most_prices: int
) -> None:
    """At a shop each further price that recurs makes it likelier that one of them keeps a beat by chance."""
    first = date(2025, 3, 1)
    groups = {}
    for key, prices in ((2, most_prices), (4, most_prices + 1)):
        beat = [(first + timedelta(day), 450) for day in days]
        twice = [(first + timedelta(day), 1_000 + price) for price in range(prices - 1) for day in (1, 3)]
        groups[key] = [
            _row(f"{key}-{place:04d}", on, cents, key, Purpose.SHOP)
            for place, (on, cents) in enumerate(sorted(beat + twice))
        ]
    assert {key: len(streams_of(rows)) for key, rows in groups.items()} == {2: 1, 4: 0}
    stored = stored_streams(session, customer_of(groups))
    assert {key: len(stored[key]) for key in groups} == {2: 1, 4: 0}


@pytest.mark.parametrize(("cents", "found"), [(10_000, 1), (10_001, 0)])
def test_a_yearly_bill_varies_as_far_as_a_firm_one_may(session: Session, cents: int, found: int) -> None:
    # 2 years to the day say 8.5 bits, more than twice what a bill needs: its amounts may be 1 : 10.
    charges = [(date(2024, 2, 29), 1_000), (date(2025, 2, 28), cents)]
    rows = [_row(f"t{place}", on, paid, 2, Purpose.BILL) for place, (on, paid) in enumerate(charges)]
    assert (len(streams_of(rows)), len(stored_streams(session, customer_of({2: rows}))[2])) == (found, found)


def differences(session: Session, seeds: range) -> dict[int, tuple[Streams, Streams]]:
    """The counterparties of whom a run stores other streams than their charges alone show, and both."""
    groups = counterparties(seeds)
    stored = stored_streams(session, customer_of(groups))
    found = {key: streams_of(rows) for key, rows in groups.items()}
    return {
        key: (sorted(stored[key]), sorted(streams))
        for key, streams in found.items()
        if sorted(stored[key]) != sorted(streams)
    }


def stored_streams(session: Session, person: Person) -> dict[int, Streams]:
    """What a run stores of that person's counterparties."""
    user_id = uuid4()
    with raw_cursor(session) as cursor:
        write(cursor, {user_id: person})
    measure(session, [user_id], AS_OF)
    stored: dict[int, Streams] = defaultdict(list)
    for stream in session.scalars(select(Stream).where(Stream.user_id == user_id)):
        stored[stream.counterparty_key].append((stream.cadence, stream.is_early, list(stream.transaction_ids)))
    return stored


def counterparties(seeds: range) -> dict[int, list[Row]]:
    """The rows of a counterparty for each of these groups, paid as the group goes."""
    groups: dict[int, list[Row]] = {}
    for seed in seeds:
        charges, *_ = group_of(seed)
        purpose = PURPOSES[seed % len(PURPOSES)]
        groups[2 * seed] = [
            _row(f"{seed:07d}-{place:05d}", on, cents, 2 * seed, purpose) for place, (on, cents) in enumerate(charges)
        ]
    return groups


def customer_of(groups: dict[int, list[Row]]) -> Person:
    """A person who pays all of them."""
    accounts = (Account("checking", "depository", "checking", "USD"),)
    return Person(accounts, (), (), tuple(row for rows in groups.values() for row in rows))


def streams_of(rows: list[Row]) -> Streams:
    """What the charges of one counterparty show."""
    group = Group([to_day(row.date) for row in rows], [row.amount_cents for row in rows], rows[0].purpose)
    return [
        (str(one.cadence), one.is_early, [rows[place].transaction_id for place in one.members])
        for one in find_streams(group)
    ]


def _row(transaction_id: str, on: date, cents: int, key: int, purpose: Purpose) -> Row:
    return Row(
        transaction_id=transaction_id,
        account_id="checking",
        date=on,
        amount_cents=cents,
        currency="USD",
        name="Corner Shop",
        merchant_name=None,
        category_primary="FOOD_AND_DRINK",
        category_detailed="FOOD_AND_DRINK_GROCERIES",
        pending=False,
        counterparty_key=key,
        is_transfer_like=False,
        on_savings=False,
        base_kind=Kind.SPENDING,
        purpose=purpose,
    )
