"""Puts the records of one payload together: no id twice, `modified` over `added`, rejects with places."""

from dataclasses import dataclass, field

from spendsense.errors import FieldError, TooLarge
from spendsense.plaid.records import LISTED, AccountRecord, Batch, Item, LiabilityRecord, TransactionRecord
from spendsense.plaid.values import Refused


@dataclass(slots=True)
class Assembly:
    """A payload half read. Of two records with one id in one list the first is kept and the second refused."""

    most_records: int
    accounts: dict[str, AccountRecord] = field(default_factory=dict)
    liabilities: dict[str, LiabilityRecord] = field(default_factory=dict)
    added: dict[str, TransactionRecord] = field(default_factory=dict)
    modified: dict[str, TransactionRecord] = field(default_factory=dict)
    removed: dict[str, str] = field(default_factory=dict)  # id → place
    superseded: dict[str, None] = field(default_factory=dict)
    item: Item | None = None
    rejected: list[FieldError] = field(default_factory=list)
    further_rejects: int = 0
    notes: list[str] = field(default_factory=list)
    further_notes: int = 0
    records: int = 0

    def expect(self, records: int) -> None:
        """Counts records before they are read. Raises TooLarge when there are too many with those before."""
        self.records += records
        if self.records > self.most_records:
            raise TooLarge(f"The payload holds more than {self.most_records:,} records; send it in parts.")

    def reject(self, place: str, refused: Refused) -> None:
        """Lists a record that can't be taken, or counts it when enough are listed."""
        if len(self.rejected) < LISTED:
            self.rejected.append(FieldError(at(place, refused.field), refused.reason))
        else:
            self.further_rejects += 1

    def note(self, text: str) -> None:
        """Lists what was left out, or counts it when enough is listed."""
        if len(self.notes) < LISTED:
            self.notes.append(text)
        else:
            self.further_notes += 1

    def add_account(self, account: AccountRecord) -> None:
        """Takes an account. Refuses an id that the payload already gave."""
        first = self.accounts.setdefault(account.account_id, account)
        _refuse_second(first is account, "account_id", first.place)

    def add_liability(self, liability: LiabilityRecord) -> None:
        """Takes what is owed on an account. Refuses a second one for the same account."""
        first = self.liabilities.setdefault(liability.account_id, liability)
        _refuse_second(first is liability, "account_id", first.place)

    def add_transaction(self, transaction: TransactionRecord) -> None:
        """Takes a transaction. Refuses an id that the same list already gave."""
        rows = self.modified if transaction.is_revised else self.added
        first = rows.setdefault(transaction.transaction_id, transaction)
        _refuse_second(first is transaction, "transaction_id", first.place)
        if transaction.pending_transaction_id and not transaction.pending:
            self.superseded[transaction.pending_transaction_id] = None

    def remove_transaction(self, transaction_id: str, place: str) -> None:
        """Takes an id that the bank withdrew. Refuses one that is listed twice."""
        first = self.removed.setdefault(transaction_id, place)
        _refuse_second(first is place, "transaction_id", first)

    def batch(self) -> Batch:
        """The payload as one set of records. Rows that are removed or superseded are still there: ingest skips them."""
        transactions = {**self.added, **self.modified}
        more = [f"{self.further_notes:,} more of such notes."] if self.further_notes else []
        return Batch(
            accounts=tuple(self.accounts.values()),
            liabilities=tuple(self.liabilities.values()),
            transactions=tuple(transactions.values()),
            removed=tuple(self.removed),
            superseded=tuple(self.superseded),
            item=self.item,
            rejected=tuple(self.rejected),
            further_rejects=self.further_rejects,
            notes=(*self.notes, *more),
        )


def at(place: str, path: str) -> str:
    """The place of a field: `/added/3/amount` in JSON, `line 3, amount` in a CSV."""
    if not path:
        return place
    return f"{place}/{path}" if place.startswith("/") else f"{place}, {path.replace('/', '.')}"


def _refuse_second(is_first: bool, field_name: str, first_place: str) -> None:
    if not is_first:
        raise Refused(field_name, f"is the same as that of {first_place}, which was kept")
