"""What each row counts as beside the person's other rows: currency first, then own transfers, then refunds."""

from collections import Counter, defaultdict
from datetime import date, timedelta

from spendsense.store.kinds import Kind
from tests.oracle.person import Person, Row

LONGEST_TRANSFER_DAYS = 4
LONGEST_REFUND_DAYS = 90
REFUNDABLE = (
    Kind.SPENDING,
    Kind.INTEREST,
    Kind.FEE_OVERDRAFT,
    Kind.FEE_NSF,
    Kind.FEE_LATE,
    Kind.FEE_ATM,
    Kind.FEE_FOREIGN,
)


def analysis_currency(person: Person, as_of: date) -> str | None:
    """The currency most accounts hold, then the one with most rows in the 180 days up to `as_of`, then the first."""
    votes = Counter(account.currency for account in person.accounts if account.currency is not None)
    known = [row for row in person.rows if row.date <= as_of]
    if not votes:
        votes = Counter({row.currency: 0 for row in known})
    recent = Counter(row.currency for row in known if row.date > as_of - timedelta(days=180))
    ranked = sorted(votes, key=lambda code: (-votes[code], -recent[code], code))
    return ranked[0] if ranked else None


def settle(person: Person, as_of: date) -> dict[str, Kind]:
    """Transaction id → what the row counts as on `as_of`. Rows dated later are not in it."""
    currency = analysis_currency(person, as_of)
    rows = [row for row in person.rows if row.date <= as_of]
    ours = [row for row in rows if row.currency == currency]
    kinds = {row.transaction_id: Kind(row.base_kind) for row in ours}
    kinds |= {row.transaction_id: Kind.OTHER_CURRENCY for row in rows if row.currency != currency}
    moved = _own_transfers(ours, {a.account_id for a in person.accounts if a.type == "loan"})
    kinds |= dict.fromkeys(moved, Kind.OWN_TRANSFER)
    kinds |= dict.fromkeys(_refunds([row for row in ours if row.transaction_id not in moved]), Kind.REFUND)
    return kinds


def _own_transfers(rows: list[Row], loan_accounts: set[str]) -> set[str]:
    """Ids of the rows that are the two sides of one movement: the nearest day first, then the smallest ids."""
    income = (Kind.INCOME, Kind.INTEREST_EARNED)
    eligible = [row for row in rows if row.account_id not in loan_accounts and row.base_kind not in income]
    inflows = defaultdict(list)
    for row in eligible:
        if row.amount_cents < 0:
            inflows[-row.amount_cents].append(row)
    pairs = [
        (abs((out.date - back.date).days), out.transaction_id.encode(), back.transaction_id.encode(), out, back)
        for out in eligible
        for back in inflows.get(out.amount_cents, ())
        if out.account_id != back.account_id
        and abs((out.date - back.date).days) <= LONGEST_TRANSFER_DAYS
        and (_says_transfer(out) or _says_transfer(back))
    ]
    taken: set[str] = set()
    for *_, out, back in sorted(pairs, key=lambda pair: pair[:3]):
        if out.transaction_id not in taken and back.transaction_id not in taken:
            taken |= {out.transaction_id, back.transaction_id}
    return taken


def _says_transfer(row: Row) -> bool:
    return row.is_transfer_like or row.base_kind == Kind.TRANSFER


def _refunds(rows: list[Row]) -> set[str]:
    """Ids of the inflows that take back an outflow of the same counterparty, at most 90 days old and no smaller."""
    outflows = defaultdict(list)
    for row in rows:
        if row.base_kind in REFUNDABLE and row.amount_cents > 0:
            outflows[row.counterparty_key].append(row)
    return {
        back.transaction_id
        for back in rows
        if back.base_kind == Kind.INFLOW and back.amount_cents < 0
        if back.counterparty_key is not None and back.counterparty_key % 2 == 0
        if any(
            out.amount_cents >= -back.amount_cents and 0 <= (back.date - out.date).days <= LONGEST_REFUND_DAYS
            for out in outflows[back.counterparty_key]
        )
    }
