"""Measuring after each of several loads ends where one measuring of all rows does: nothing depends on the way there."""

import json
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy.orm import Session

from spendsense.plaid.ingest import ingest_many
from spendsense.plaid.schema import parse
from spendsense.signals.compute import measure
from spendsense.store.session import raw_cursor
from tests.oracle import stories
from tests.oracle.comparison import TABLES, Stored, read_stored
from tests.oracle.person import Person
from tests.oracle.tables import write

pytestmark = pytest.mark.no_cover  # many cases of what others cover, and tracing doubles its time

FIRST_DAY = date(2026, 3, 20)  # on which the first load comes; later ones come some days after it
AT = datetime(2026, 3, 20, 12, tzinfo=UTC)
NOT_COMPARED = ("user_id", "stream_id", "plan")
ACCOUNTS = [
    {"account_id": "chk", "name": "Checking", "type": "depository", "subtype": "checking"},
    {"account_id": "sav", "name": "Savings", "type": "depository", "subtype": "savings"},
    {"account_id": "visa", "name": "Visa", "type": "credit", "subtype": "credit card"},
]
# name, merchant's id, detailed category, sign
OTHERS = (
    ("Netflix", "m-netflix", "ENTERTAINMENT_TV_AND_MOVIES", 1),
    ("Quillfeather", None, None, 1),
    ("Northern Power", "m-power", "RENT_AND_UTILITIES_GAS_AND_ELECTRICITY", 1),
    ("Corner Grocer", None, "FOOD_AND_DRINK_GROCERIES", 1),
    ("Transfer", None, "TRANSFER_OUT_ACCOUNT_TRANSFER", 1),
    ("Acme Payroll", None, "INCOME_WAGES", -1),
    ("Lindholm Ltd", "m-lindholm", None, -1),
    ("Corner Grocer", None, "FOOD_AND_DRINK_GROCERIES", -1),
    ("Transfer", None, "TRANSFER_IN_ACCOUNT_TRANSFER", -1),
)


@dataclass(slots=True)
class Page:
    """What one load brings."""

    added: list[dict[str, Any]] = field(default_factory=list)
    modified: list[dict[str, Any]] = field(default_factory=list)
    removed: list[dict[str, Any]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Life:
    """The loads of one person, and what is left of their rows after all."""

    pages: list[Page]
    final: list[dict[str, Any]]


@pytest.mark.parametrize("start", range(0, 200, 50))
def test_steps_end_where_one_measuring_does(session: Session, start: int) -> None:
    check_people(session, range(start, start + 30))


@pytest.mark.long
@pytest.mark.parametrize("start", range(1_000, 5_000, 100))
def test_steps_end_where_one_measuring_does_for_many(session: Session, start: int) -> None:
    check_people(session, range(start, start + 100))


def check_people(session: Session, seeds: range) -> None:
    """Loads and measures in steps, then all at once for people of the same rows."""
    random = Random(seeds.start)
    count = random.randint(2, 5)
    lives = {UUID(int=seed + 1): life(Random(seed), count) for seed in seeds}
    fresh = {UUID(int=seed + 1 + 10**9): lives[UUID(int=seed + 1)] for seed in seeds}
    with raw_cursor(session) as cursor:
        write(cursor, dict.fromkeys([*lives, *fresh], Person((), (), (), ())), analyze=False)
    as_of, before = FIRST_DAY, read(session, [], FIRST_DAY)
    for step in range(count):
        as_of += timedelta(days=random.choice((0, 0, 1, 3, 10, 30)))
        load(session, {user_id: one.pages[step] for user_id, one in lives.items()})
        measure(session, list(lives), as_of)
        after = read(session, list(lives), as_of)
        assert renamed_streams(before, after) == []
        before = after
    load(session, {user_id: Page(added=one.final) for user_id, one in fresh.items()})
    measure(session, list(fresh), as_of)
    at_once = read(session, list(fresh), as_of)
    for user_id, other_id in zip(lives, fresh, strict=True):
        for table in TABLES:
            assert plain(before[user_id][table]) == plain(at_once[other_id][table]), (user_id, table)


def life(random: Random, steps: int) -> Life:
    """Some counterparties' charges in any order: rows that come late, change, are removed, or are first pending."""
    pages = [Page() for _ in range(steps)]
    final = []
    for name, merchant, category, sign in random.sample(OTHERS, k=random.randint(1, 5)):
        shares = random.choice(((1, 1, 1, 1, 1), (8, 1, 1, 1, 1), (1, 1, 1, 1, 8)))[:steps]
        changes = random.random() < 0.5
        for number, (day, cents) in enumerate(stories.charges(random, FIRST_DAY + timedelta(days=20))):
            row = {
                "transaction_id": f"{name}{sign}-{random.randrange(10**6)}-{number}",
                "account_id": random.choice(("chk", "chk", "chk", "sav", "visa")),
                "date": day.isoformat(),
                "amount": sign * cents / 100,
                "name": name,
                "merchant_entity_id": merchant,
                "personal_finance_category": category and {"primary": _primary(category), "detailed": category},
                "iso_currency_code": "USD",
                "pending": False,
            }
            kept = _spread(random, pages, row, random.choices(range(steps), weights=shares)[0], changes)
            final += [kept] if kept else []
    return Life(pages, final)


def _spread(random: Random, pages: list[Page], row: dict[str, Any], step: int, changes: bool) -> dict[str, Any] | None:
    """Puts the row on its page, and what becomes of it on later ones. Returns it as it is in the end, if it stays."""
    later = random.randint(step, len(pages) - 1)
    fate = random.random() if changes and later > step else 1.0
    if fate < 0.1:
        pages[step].added.append(row)
        pages[later].removed.append({"transaction_id": row["transaction_id"]})
        return None
    if fate < 0.25:
        posted = row
        row = row | {"transaction_id": f"{row['transaction_id']}-pending", "pending": True}
        pages[step].added.append(row)
        pages[later].added.append(posted | {"pending_transaction_id": row["transaction_id"]})
        return posted | {"pending_transaction_id": row["transaction_id"]}
    pages[step].added.append(row)
    if fate < 0.4:
        moved = date.fromisoformat(row["date"]) + timedelta(days=random.choice((0, 0, 1, 5, -30)))
        amount = random.choice((row["amount"], row["amount"] * 2, -row["amount"], 9.99))
        row = row | {"date": moved.isoformat(), "amount": amount}
        pages[later].modified.append(row)
    return row


def _primary(detailed: str) -> str:
    known = ("ENTERTAINMENT", "RENT_AND_UTILITIES", "FOOD_AND_DRINK", "TRANSFER_OUT", "TRANSFER_IN", "INCOME")
    return next(one for one in known if detailed.startswith(one))


def load(session: Session, pages: dict[UUID, Page]) -> None:
    """Ingests the pages as a sync brings them."""
    balances = {"current": 500, "limit": 2_000, "iso_currency_code": "USD"}
    batches = {}
    for user_id, page in pages.items():
        payload = {
            "accounts": [account | {"balances": balances} for account in ACCOUNTS],
            "added": page.added,
            "modified": page.modified,
            "removed": page.removed,
        }
        data = json.dumps(payload).encode()
        batches[user_id] = parse(data, filename=None, media="json", received_on=FIRST_DAY, source_label="test")
        assert not batches[user_id].rejected
    ingest_many(session, batches, source="api", at=AT)
    with raw_cursor(session) as cursor:
        cursor.execute("ANALYZE users, progress, accounts, balances, transactions")  # else plans are for empty tables


def read(session: Session, user_ids: list[UUID], as_of: date) -> Stored:
    """What is stored of these people and holds on that day."""
    with raw_cursor(session) as cursor:
        return read_stored(cursor, user_ids, as_of)


def plain(rows: dict[Any, dict[str, Any]]) -> dict[Any, dict[str, Any]]:
    """Without whose they are and which number they have."""
    return {where: {c: value for c, value in row.items() if c not in NOT_COMPARED} for where, row in rows.items()}


def renamed_streams(before: Stored, after: Stored) -> list[str]:
    """Streams that have another id than before, though they are the only plan of their group and kept a row."""
    found = []
    for user_id, tables in after.items():
        old = by_group(before.get(user_id, {}).get("streams", {}))
        for group, streams in by_group(tables["streams"]).items():
            if len(streams) == len(old.get(group, [])) == 1:
                one, other = old[group][0], streams[0]
                if {*one["transaction_ids"]} & {*other["transaction_ids"]} and one["stream_id"] != other["stream_id"]:
                    found.append(f"{user_id} {group}")
    return found


def by_group(streams: dict[str, dict[str, Any]]) -> dict[tuple[int, str], list[dict[str, Any]]]:
    """The streams of each counterparty and direction."""
    groups: dict[tuple[int, str], list[dict[str, Any]]] = {}
    for stream in streams.values():
        groups.setdefault((stream["counterparty_key"], stream["direction"]), []).append(stream)
    return groups
