"""A person on one day: what is known then, what each row counts as, which streams there are."""

from dataclasses import dataclass
from datetime import date

from spendsense.store.kinds import Kind
from tests.oracle.person import Account, Balance, Person, Row
from tests.oracle.settle import analysis_currency, settle
from tests.oracle.streams import Flag, Stream, find_streams, group_rows, simple_flags


@dataclass(frozen=True, slots=True)
class History:
    """`rows`: all dated on or before `as_of`, by date and id, in any currency."""

    person: Person
    as_of: date
    currency: str | None
    rows: tuple[Row, ...]
    kinds: dict[str, Kind]
    streams: tuple[Stream, ...]
    flags: tuple[Flag, ...]
    income_ids: frozenset[str]

    def days_seen(self, window_days: int) -> int:
        """Days of the window since the first day of history."""
        if self.first_row_on is None:
            return 0
        return min(window_days, (self.as_of - self.first_row_on).days + 1)

    @property
    def first_row_on(self) -> date | None:
        """The day of the first row that could count: in the analysis currency, on a depository account or a card."""
        ours = (row.date for row in self.rows if row.currency == self.currency and row.base_kind != Kind.OFF_SCOPE)
        return next(ours, None)

    def of_kind(self, rows: list[Row], *kinds: Kind) -> list[Row]:
        """Those of the rows that count as one of the kinds."""
        return [row for row in rows if self.kinds[row.transaction_id] in kinds]

    def is_ours(self, account: Account) -> bool:
        """The account is held in the analysis currency, or does not say in which."""
        return account.currency is None or account.currency == self.currency

    def last_balance(self, account_id: str) -> Balance | None:
        """The last observation on or before `as_of`."""
        seen = [b for b in self.person.balances if b.account_id == account_id and b.observed_on <= self.as_of]
        return max(seen, key=lambda balance: balance.observed_on, default=None)

    def balance_sum(self, accounts: list[Account]) -> int | None:
        """What the accounts hold together; unknown when one is, or when there is none."""
        balances = [self.last_balance(account.account_id) for account in accounts]
        cents = [balance.current_cents if balance else None for balance in balances]
        known = [value for value in cents if value is not None]
        return sum(known) if cents and len(known) == len(cents) else None


def look_at(person: Person, as_of: date) -> History:
    """What is known of the person on that day."""
    by_date = sorted(person.rows, key=lambda row: (row.date, row.transaction_id.encode()))
    rows = tuple(row for row in by_date if row.date <= as_of)
    currency = analysis_currency(person, as_of)
    kinds = settle(person, as_of)
    ours = [row for row in rows if row.currency == currency]
    groups = group_rows(ours, kinds)
    streams = tuple(find_streams(groups, kinds))
    flags = tuple(flag for flag in simple_flags(groups, kinds) if flag.flag_until > as_of)
    by_rhythm = {row.transaction_id for stream in streams if stream.is_income_by_rhythm for row in stream.rows}
    kinds |= {one: Kind.INFLOW for one in by_rhythm if kinds[one] == Kind.REFUND}
    income = frozenset(
        transaction_id
        for transaction_id, kind in kinds.items()
        if kind == Kind.INCOME or (kind == Kind.INFLOW and transaction_id in by_rhythm)
    )
    return History(person, as_of, currency, rows, kinds, streams, flags, income)
