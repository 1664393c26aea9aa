"""Groups that the database keeps back, since they could hold no stream: none of them does."""

from collections import defaultdict
from datetime import date
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


def differences(session: Session, seeds: range) -> dict[int, tuple[Streams, Streams]]:
    """The counterparties of whom a run stores other streams than their charges alone show, and both."""
    person, groups = customer(seeds)
    user_id = uuid4()
    with raw_cursor(session) as cursor:
        write(cursor, {user_id: person}, analyze=False)
    measure(session, [user_id], AS_OF)
    stored: dict[int, Streams] = defaultdict(list)
    for stream in session.scalars(select(Stream).where(Stream.user_id == user_id)):
        stored[stream.counterparty_key].append((stream.cadence, stream.is_early, list(stream.transaction_ids)))
    found = {key: streams_of(rows) for key, rows in groups.items()}
    return {
        key: (sorted(stored[key]), sorted(streams))
        for key, streams in found.items()
        if sorted(stored[key]) != sorted(streams)
    }


def customer(seeds: range) -> tuple[Person, dict[int, list[Row]]]:
    """A person who pays somebody as each of these groups goes, and the rows of each of those counterparties."""
    groups: dict[int, list[Row]] = {}
    for seed in seeds:
        charges, *_ = group_of(seed)
        purpose = PURPOSES[seed % len(PURPOSES)]
        groups[2 * seed] = [
            _row(f"{seed:07d}-{place:05d}", on, cents, 2 * seed, purpose) for place, (on, cents) in enumerate(charges)
        ]
    accounts = (Account("checking", "depository", "checking", "USD"),)
    return Person(accounts, (), (), tuple(row for rows in groups.values() for row in rows)), groups


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
