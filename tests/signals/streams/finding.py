"""From rows as a test writes them to the streams found in them. The one place that knows how they are found."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import uuid4

from sqlalchemy import select
from sqlalchemy.orm import Session

from spendsense.plaid.kinds import base_kind, is_transfer_like
from spendsense.plaid.merchants import counterparty, is_opaque, normalise
from spendsense.plaid.purposes import purpose
from spendsense.signals.amounts import Group
from spendsense.signals.cadence import to_date, to_day
from spendsense.signals.compute import measure
from spendsense.signals.streams import Found, find_streams, stream_kind
from spendsense.store import models
from spendsense.store.kinds import Purpose
from spendsense.store.session import raw_cursor
from tests.oracle.person import Account, Person
from tests.oracle.person import Row as StoredRow
from tests.oracle.tables import write


@dataclass(frozen=True, slots=True)
class Row:
    """One posted transaction, in Plaid's sign: a positive amount is money out."""

    on: date
    amount: Decimal
    name: str
    category: str | None = None  # the detailed one; its primary is what it begins with
    account: str = "checking"
    truth: str | None = None  # the stream of which a simulated row is a charge


@dataclass(frozen=True, slots=True)
class Stream:
    """A stream as it stands on a day. Amounts are positive in both directions; `rows` are its charges by date."""

    name: str
    kind: str
    is_inflow: bool
    cadence: str
    status: str
    rows: tuple[Row, ...]
    typical: Decimal
    last: Decimal
    next_on: date
    lapse_on: date
    changes: tuple[tuple[str, str, str], ...]

    @property
    def is_mature(self) -> bool:
        """Counts in the totals."""
        return self.status == "MATURE"


def streams_on(as_of: date, rows: Iterable[Row]) -> list[Stream]:
    """What is found in the rows up to `as_of`, by name and first charge."""
    return FINDER(as_of, list(rows))


def pure(as_of: date, rows: Iterable[Row]) -> list[Stream]:
    """By the pure functions, group by group."""
    groups: dict[tuple[str, bool, bool], list[Row]] = defaultdict(list)
    for row in rows:
        if row.on <= as_of:
            name = normalise(row.name)
            groups[name, row.amount < 0, is_opaque(name)].append(row)
    return [stream for key in sorted(groups) for stream in _streams_of(as_of, *key, groups[key])]


def _streams_of(as_of: date, name: str, is_inflow: bool, opaque: bool, rows: list[Row]) -> list[Stream]:
    rows = sorted(rows, key=lambda row: row.on)
    purposes = Counter(_purpose_of(row) for row in rows)
    group = Group(
        [to_day(row.on) for row in rows],
        [abs(int(row.amount * 100)) for row in rows],
        min(purposes, key=lambda one: (-purposes[one], one)),
        is_inflow,
        opaque,
    )
    return [_stream(as_of, name, group, rows, found) for found in find_streams(group)]


def _purpose_of(row: Row) -> Purpose:
    return purpose(_primary(row.category), row.category, row.name, row.amount < 0)


def _primary(category: str | None) -> str | None:
    return next((primary for primary in PRIMARIES if category and category.startswith(primary)), None)


PRIMARIES = (
    "INCOME",
    "TRANSFER_IN",
    "TRANSFER_OUT",
    "LOAN_PAYMENTS",
    "BANK_FEES",
    "ENTERTAINMENT",
    "FOOD_AND_DRINK",
    "GENERAL_MERCHANDISE",
    "HOME_IMPROVEMENT",
    "MEDICAL",
    "PERSONAL_CARE",
    "GENERAL_SERVICES",
    "GOVERNMENT_AND_NON_PROFIT",
    "TRANSPORTATION",
    "TRAVEL",
    "RENT_AND_UTILITIES",
)


def _stream(as_of: date, name: str, group: Group, rows: list[Row], found: Found) -> Stream:
    lapse_on = to_date(found.lapse_day)
    return Stream(
        name=name,
        kind=stream_kind(group.purpose, found, is_inflow=group.is_inflow),
        is_inflow=group.is_inflow,
        cadence=str(found.cadence),
        status="TOMBSTONED" if as_of >= lapse_on else "EARLY_DETECTION" if found.is_early else "MATURE",
        rows=tuple(rows[place] for place in found.members),
        typical=_money(found.typical_cents),
        last=_money(found.last_cents),
        next_on=to_date(found.next_day),
        lapse_on=lapse_on,
        changes=tuple(
            (f"{_money(change.old_cents)}", f"{_money(change.new_cents)}", to_date(change.day).isoformat())
            for change in found.price_changes
        ),
    )


def _money(cents: int) -> Decimal:
    return Decimal(cents).scaleb(-2)


class Stored:
    """What a run stores for a person who has these rows."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def __call__(self, as_of: date, rows: list[Row]) -> list[Stream]:
        user_id = uuid4()
        accounts = {row.account: Account(row.account, "depository", "checking", "USD") for row in rows}
        by_id = {f"tx-{number:05d}": row for number, row in enumerate(rows)}
        stored = tuple(_stored(transaction_id, row) for transaction_id, row in by_id.items())
        with raw_cursor(self._session) as cursor:
            write(cursor, {user_id: Person(tuple(accounts.values()), (), (), stored)}, analyze=False)
        measure(self._session, [user_id], as_of)
        query = select(models.Stream).where(models.Stream.user_id == user_id)
        found = [_as_found(as_of, one, by_id) for one in self._session.scalars(query)]
        return sorted(found, key=lambda one: (one.name, one.is_inflow, one.rows[0].on, min(r.amount for r in one.rows)))


def _stored(transaction_id: str, row: Row) -> StoredRow:
    """The row as ingest would store it."""
    primary, is_inflow = _primary(row.category), row.amount < 0
    kind = base_kind("depository", primary, row.category, row.name, is_inflow)
    return StoredRow(
        transaction_id=transaction_id,
        account_id=row.account,
        date=row.on,
        amount_cents=int(row.amount * 100),
        currency="USD",
        name=row.name,
        merchant_name=None,
        category_primary=primary,
        category_detailed=row.category,
        pending=False,
        counterparty_key=counterparty(None, None, row.name).key,
        is_transfer_like=is_transfer_like(primary, row.category, row.name),
        on_savings=False,
        base_kind=kind,
        purpose=_purpose_of(row),
    )


def _as_found(as_of: date, stream: models.Stream, rows: dict[str, Row]) -> Stream:
    return Stream(
        name=normalise(stream.name),
        kind=stream.kind,
        is_inflow=stream.direction == "inflow",
        cadence=stream.cadence,
        status=stream.status(as_of),
        rows=tuple(rows[transaction_id] for transaction_id in stream.transaction_ids),
        typical=_money(abs(stream.typical_amount_cents)),
        last=_money(abs(stream.last_amount_cents)),
        next_on=stream.next_on,
        lapse_on=stream.lapse_on,
        changes=tuple(
            (f"{_money(abs(change['old_cents']))}", f"{_money(abs(change['new_cents']))}", change["on"])
            for change in stream.price_changes
        ),
    )


FINDER: Callable[[date, list[Row]], list[Stream]] = pure
