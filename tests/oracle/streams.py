"""The recurring streams and simple flags of a person: every group of charges is looked at."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

from spendsense.store.kinds import STREAM_KINDS, Kind, Purpose
from tests.oracle.amounts import UNSAID, Charge, Group
from tests.oracle.due import next_and_lapse
from tests.oracle.person import Row
from tests.oracle.plans import find_plans
from tests.oracle.prices import prices_of

RECURRING_KINDS = (Kind.SPENDING, Kind.REFUND, Kind.INCOME, Kind.INFLOW, Kind.TRANSFER, Kind.OWN_TRANSFER)
FLAG_GAPS = {"WEEKLY": (6, 8), "MONTHLY": (27, 33)}


@dataclass(frozen=True, slots=True)
class Found:
    """A stream of one group without its rows: `places` among the group's charges. Cents are positive."""

    places: tuple[int, ...]
    cadence: str
    is_early: bool
    typical_cents: int
    last_cents: int
    next_on: date
    lapse_on: date
    price_changes: tuple[tuple[date, int, int], ...]
    varies: bool = False


@dataclass(frozen=True, slots=True)
class Stream:
    """One counterparty, one direction, one plan, as it stands with all rows up to a day."""

    counterparty_key: int
    direction: str
    kind: str
    rows: tuple[Row, ...]
    is_income_by_rhythm: bool
    found: Found

    def is_active(self, as_of: date) -> bool:
        """Counts in the totals: not early, not ended."""
        return not self.found.is_early and as_of < self.found.lapse_on

    @property
    def last_amount_cents(self) -> int:
        """Plaid's sign."""
        return self.sign * self.found.last_cents

    @property
    def columns(self) -> dict[str, Any]:
        """The columns of `streams`, but for its ids and numbers."""
        found = self.found
        last = self.rows[-1]
        return {
            "counterparty_key": self.counterparty_key,
            "direction": self.direction,
            "account_id": last.account_id,
            "name": last.merchant_name or last.name,
            "verdict": None,
            "kind": self.kind,
            "is_income_by_rhythm": self.is_income_by_rhythm,
            "cadence": found.cadence,
            "is_early": found.is_early,
            "currency": last.currency,
            "typical_amount_cents": self.sign * found.typical_cents,
            "last_amount_cents": self.last_amount_cents,
            "first_on": self.rows[0].date,
            "last_on": last.date,
            "next_on": found.next_on,
            "lapse_on": found.lapse_on,
            "price_changes": [
                {"on": on.isoformat(), "old_cents": self.sign * old, "new_cents": self.sign * new}
                for on, old, new in found.price_changes
            ],
            "transaction_ids": [row.transaction_id for row in self.rows],
        }

    @property
    def name(self) -> str:
        """What tells the streams of a person apart: counterparty and first row."""
        return f"{self.counterparty_key} {self.rows[0].transaction_id}"

    @property
    def sign(self) -> int:
        """Plaid's: inflows are negative."""
        return -1 if self.direction == "inflow" else 1


@dataclass(frozen=True, slots=True)
class Flag:
    """The simple flag of a merchant: it holds from the first day until the day before the second."""

    counterparty_key: int
    name: str
    cadence: str
    flag_from: date
    flag_until: date


RowGroup = tuple[int, str]  # counterparty and direction


def group_rows(rows: Iterable[Row], kinds: Mapping[str, Kind]) -> dict[RowGroup, list[Row]]:
    """The posted rows that could recur, by counterparty and direction; each group by date and id."""
    groups: dict[RowGroup, list[Row]] = defaultdict(list)
    for row in sorted(rows, key=lambda row: (row.date, row.transaction_id.encode())):
        if row.pending or row.counterparty_key is None or row.amount_cents == 0:
            continue
        if kinds[row.transaction_id] in RECURRING_KINDS:
            groups[row.counterparty_key, "inflow" if row.amount_cents < 0 else "outflow"].append(row)
    return groups


def find_streams(groups: Mapping[RowGroup, Sequence[Row]], kinds: Mapping[str, Kind]) -> list[Stream]:
    """The streams of all groups."""
    found = []
    for (key, direction), rows in groups.items():
        for one, members in _of_rows(key, direction, rows, kinds):
            of_members = _most_common([_purpose(row, kinds) for row in members])
            if of_members in UNSAID and one.varies and direction == "outflow":
                of_members = Purpose.BILL
            kind = STREAM_KINDS[of_members]
            is_by_rhythm = (
                kind == "income"
                and not one.is_early
                and any(kinds[row.transaction_id] in (Kind.INFLOW, Kind.REFUND) for row in members)
            )
            found.append(Stream(key, direction, kind, members, is_by_rhythm, one))
    return found


def _of_rows(
    key: int, direction: str, rows: Sequence[Row], kinds: Mapping[str, Kind]
) -> list[tuple[Found, tuple[Row, ...]]]:
    """The streams of one group with their rows. Only those of six charges or more at one price may hold refunds."""
    found = _of_all(key, direction, rows, kinds)
    refunds = [row for row in rows if kinds[row.transaction_id] == Kind.REFUND]
    if not refunds:
        return found
    kept = [
        (one, members)
        for one, members in found
        if (len(members) >= 6 and not one.is_early and not one.varies) or not any(row in refunds for row in members)
    ]
    if any(row in refunds for _, members in kept for row in members):
        return kept
    return _of_all(key, direction, [row for row in rows if row not in refunds], kinds)


def _of_all(
    key: int, direction: str, rows: Sequence[Row], kinds: Mapping[str, Kind]
) -> list[tuple[Found, tuple[Row, ...]]]:
    if not rows:
        return []
    charges = [(row.date, abs(row.amount_cents)) for row in rows]
    purpose = _most_common([_purpose(row, kinds) for row in rows])
    return [
        (one, tuple(rows[place] for place in one.places))
        for one in streams_of_group(charges, purpose, direction == "inflow", key % 2 == 1)
    ]


def streams_of_group(
    charges: Sequence[tuple[date, int]], purpose: Purpose, is_inflow: bool, is_opaque: bool
) -> list[Found]:
    """The streams of one group of charges (day and positive cents, by date), by first charge."""
    numbered = tuple(Charge(number, on, cents) for number, (on, cents) in enumerate(charges))
    found = []
    for plan in find_plans(Group(numbered, purpose, is_inflow, is_opaque)):
        prices = prices_of(plan.charges, is_inflow)
        found.append(
            Found(
                tuple(charge.number for charge in plan.charges),
                plan.rhythm.cadence.name,
                plan.is_early,
                prices.typical_cents,
                prices.last_cents,
                *next_and_lapse(plan),
                prices.changes,
                prices.varies,
            )
        )
    return found


def _purpose(row: Row, kinds: Mapping[str, Kind]) -> Purpose:
    """What a stream of such rows would be; what the row turned out to be comes first."""
    kind = kinds[row.transaction_id]
    if kind in (Kind.TRANSFER, Kind.OWN_TRANSFER):
        return Purpose.TRANSFER
    return Purpose.INCOME if kind == Kind.INCOME else Purpose(row.purpose)


def _most_common(purposes: Sequence[Purpose]) -> Purpose:
    """The last one's if at least half say so, else the most common, the later of equals."""
    counts = Counter(purposes)
    if 2 * counts[purposes[-1]] >= len(purposes):
        return purposes[-1]
    most = max(counts.values())
    return next(purpose for purpose in reversed(purposes) if counts[purpose] == most)


def simple_flags(groups: Mapping[RowGroup, Sequence[Row]], kinds: Mapping[str, Kind]) -> list[Flag]:
    """Merchants with three or more days of charges within 90 days, each a week ± 1 or a month ± 3 after the other."""
    flags = []
    for (key, direction), rows in groups.items():
        if direction == "inflow" or key % 2 == 1:
            continue
        spent = [row for row in rows if kinds[row.transaction_id] == Kind.SPENDING]
        days = sorted({row.date for row in spent})
        for cadence, (least, most) in FLAG_GAPS.items():
            for flag_from, flag_until in _holding(days, least, most):
                flags.append(Flag(key, spent[-1].merchant_name or spent[-1].name, cadence, flag_from, flag_until))
    return flags


def _holding(days: Sequence[date], least: int, most: int) -> list[tuple[date, date]]:
    """The days, from the last charge on, on which the charges of 90 days are such: one time, if any."""
    holding = []
    for passed in range(91 if days else 0):
        on = days[-1] + timedelta(days=passed)
        recent = [day for day in days if on - timedelta(days=90) < day]
        if len(recent) >= 3 and all(least <= (after - before).days <= most for before, after in pairwise(recent)):
            holding.append(on)
    if not holding:
        return []
    assert len(holding) == (holding[-1] - holding[0]).days + 1
    return [(holding[0], holding[-1] + timedelta(days=1))]
