"""Files of bank data become people's records: whose each payload is, their consent, and what became of it.

One file is one transaction. A file that can't be read, or a person who has not agreed, stops nobody else. Where a file
speaks of accounts that a later one brings, it is stored once more with what is behind it, as a second import would do.
"""

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import blake2b
from pathlib import Path, PurePosixPath
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from spendsense import clock
from spendsense.cli.by_account import split_by_account
from spendsense.consent import ledger
from spendsense.consent.people import find_or_create_user
from spendsense.consent.texts import version_in_force
from spendsense.errors import ConsentMissing, FieldError, InvalidInput, TooLarge
from spendsense.plaid.assembly import at as below
from spendsense.plaid.files import read_file
from spendsense.plaid.ingest import IngestReport, ingest_many
from spendsense.plaid.records import LISTED, Batch
from spendsense.plaid.schema import parse
from spendsense.rulebook.load import load_rulebook
from spendsense.store.models import Account, Balance, Liability, Progress, Transaction, User
from spendsense.store.session import db, transaction

BULK_TABLES = (User, Progress, Account, Balance, Liability, Transaction)
BULK_ROWS = 5_000  # changed rows from which the planner is told
CUSTOM_USER = b'"override_accounts"'
LONGEST_SLUG = 60

Missing = tuple[UUID | None, str]  # the person, where it is known, and the account


@dataclass(frozen=True, slots=True)
class Rules:
    """How an import goes: whose the data is, and what is agreed to."""

    email: str | None = None  # None: a folder, a lone file or a custom user's file is a person
    is_per_account: bool = False
    consent: tuple[str, ...] = ()
    evidence: str | None = None


@dataclass(frozen=True, slots=True)
class Reject:
    """One record, or one whole file, that was not taken."""

    file: str
    pointer: str  # empty: the file as a whole
    detail: str


@dataclass(slots=True)
class Outcome:
    """What became of all files."""

    files: int = 0
    accepted: Counter[str] = field(default_factory=Counter)
    changed_rows: int = 0
    skipped: int = 0
    rejects: list[Reject] = field(default_factory=list)  # the first 100 of a payload
    further_rejects: int = 0
    notes: list[str] = field(default_factory=list)
    without_consent: list[str] = field(default_factory=list)
    people: set[UUID] = field(default_factory=set)
    changed_people: set[UUID] = field(default_factory=set)
    missing: set[Missing] = field(default_factory=set)  # accounts of refused records, which may come yet

    def add(self, label: str, reports: Mapping[UUID, IngestReport]) -> None:
        """Counts one file's reports."""
        self.files += 1
        for user_id, report in reports.items():
            self.people.add(user_id)
            self.accepted.update(report.accepted)
            self.changed_rows += report.changed_rows
            self.skipped += report.skipped
            self.refuse(label, report.rejected, report.further_rejects)
            self.notes += [f"{label}: {note}" for note in report.notes]
            self.missing |= {(user_id, account_id) for account_id in report.unknown_accounts}
            if report.changed_rows:
                self.changed_people.add(user_id)

    def take_changes(self, other: "Outcome") -> None:
        """Moves here what another one has stored already, and whose it is; its counts stay there."""
        self.changed_rows += other.changed_rows
        self.people |= other.people
        self.changed_people |= other.changed_people
        other.changed_rows = 0
        other.people, other.changed_people = set(), set()

    def take(self, other: "Outcome") -> None:
        """Moves all of another one here, but for the accounts that it misses."""
        self.take_changes(other)
        self.files += other.files
        self.accepted.update(other.accepted)
        self.skipped += other.skipped
        self.rejects += other.rejects
        self.further_rejects += other.further_rejects
        self.notes += other.notes
        self.without_consent += other.without_consent

    @property
    def rejected_count(self) -> int:
        """How many records, and whole files, were not taken."""
        return len(self.rejects) + self.further_rejects

    def refuse(self, label: str, faults: Sequence[FieldError], further: int = 0) -> None:
        """Lists what was rejected of one file, and counts what more there was."""
        self.rejects += [Reject(label, fault.pointer, fault.detail) for fault in faults]
        self.further_rejects += further


def import_files(
    files: Sequence[tuple[Path, Path | None]], rules: Rules, progress: Callable[[int, int], None]
) -> Outcome:
    """Stores the files one by one; of each owner those from the first on that missed an account once more when it came.

    Of a file that is stored twice the second time counts. `progress` is told of what is done and what there is.
    """
    outcome = Outcome()
    held: dict[str | None, list[_Held]] = {}  # by owner
    for done, (file, root) in enumerate(files, start=1):
        one = Outcome()
        import_file(file, root, rules, one)
        owner = _owner(rules, file, b"", root)  # a custom user's file brings its accounts along
        if one.missing or owner in held:
            outcome.take_changes(one)
            held.setdefault(owner, []).append(_Held(file, root, one))
        else:
            outcome.take(one)
        progress(done, len(files) + sum(map(len, held.values())))
    again = _those_that_missed_what_came(held, outcome)
    for done, late in enumerate(again, start=1):
        progress(len(files) + done - 1, len(files) + len(again))
        one = Outcome()
        import_file(late.file, late.root, rules, one)
        outcome.take(one)
    progress(len(files) + len(again), len(files) + len(again))
    return outcome


def import_file(file: Path, root: Path | None, rules: Rules, outcome: Outcome) -> None:
    """Stores one file, all or nothing but for the records that it has wrong, and notes what became of it."""
    label = str(file.relative_to(root)) if root else file.name
    at = clock.now()
    try:
        data = read_file(file)
        batch = parse(
            data, filename=file.name, media=None, received_on=at.date(), source_label=label.removesuffix(".gz")
        )
        owner = _owner(rules, file, data, root)
        del data
        with transaction() as session:
            stored = _store(session, batch, owner, rules, at)
    except ConsentMissing as error:
        outcome.without_consent.append(f"{label}: {error}")
    except (InvalidInput, TooLarge) as error:
        outcome.rejects.append(Reject(label, "", str(error)))
        if isinstance(error, InvalidInput):
            outcome.refuse(label, error.errors)
    else:
        outcome.add(label, stored.reports)
        outcome.refuse(label, stored.faults, stored.further_faults)
        outcome.changed_people |= stored.granted
        outcome.missing |= {(None, account_id) for account_id in stored.strangers}


def analyze_tables() -> None:
    """Tells the planner of a bulk load at once: until autovacuum does, it plans for empty tables and takes minutes."""
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        for model in BULK_TABLES:
            connection.execute(text(f"ANALYZE {model.__tablename__}"))


def grant_missing(session: Session, user_id: UUID, rules: Rules, at: datetime) -> bool:
    """Records the consents of the import that are not live yet; True when there were any."""
    state = ledger.state(session, user_id, at)
    missing = [purpose for purpose in rules.consent if not getattr(state, purpose)]
    if missing:
        version = version_in_force(load_rulebook())
        ledger.grant(session, user_id, missing, method="import", text_version=version, at=at, evidence=rules.evidence)
    return bool(missing)


def email_of_path(file: Path, root: Path | None, *, is_custom_user: bool) -> str:
    """The person that a file stands for: its folder, or the file when it is a custom user's or was named alone.

    A mark is added where a letter of its name does not survive in an email: of two such names neither is the other.
    """
    if root is None:
        return f"{_marked(_stem(file))}@files.example"
    below_root = PurePosixPath(file.relative_to(root))
    parts = [*below_root.parent.parts, _stem(file)] if is_custom_user else list(below_root.parent.parts)
    return f"{_marked('-'.join(parts) or root.resolve().name)}@files.example"


def email_of_account(account_id: str) -> str:
    """The person that an account stands for; a mark is added where the id's spelling does not survive in an email."""
    name = slug(account_id)
    return f"{name if name == account_id else name + _mark(account_id)}@accounts.example"


def slug(name: str) -> str:
    """The name in lower case, with nothing in it that an email can't carry."""
    return re.sub(r"[^a-z0-9_]+", "-", name.lower()).strip("-")[:LONGEST_SLUG] or "unnamed"


def _marked(name: str) -> str:
    is_whole = name.isascii() and len(name) <= LONGEST_SLUG and any(map(str.isalnum, name))
    return slug(name) if is_whole else slug(name) + _mark(name)


def _mark(name: str) -> str:
    return "-" + blake2b(name.encode(errors="surrogateescape"), digest_size=4).hexdigest()


def _store(session: Session, batch: Batch, email: str | None, rules: Rules, at: datetime) -> "_Stored":
    parts, strangers = ({email: batch}, {}) if email else _parts(session, batch)
    people: dict[UUID, Batch] = {}
    granted: set[UUID] = set()
    for person, part in parts.items():
        user_id = find_or_create_user(session, person).user_id
        people[user_id] = part
        if rules.consent and grant_missing(session, user_id, rules, at):
            granted.add(user_id)
    reports = ingest_many(session, people, source="cli", at=at)
    if email:
        return _Stored(reports, granted)
    places = [place for part in strangers.values() for place in _places(part)]
    return _Stored(reports, granted, *_faults(batch, places), frozenset(strangers))


@dataclass(frozen=True, slots=True)
class _Stored:
    """What one file's transaction did."""

    reports: dict[UUID, IngestReport]
    granted: set[UUID]
    faults: Sequence[FieldError] = ()  # those of no person, the first 100
    further_faults: int = 0
    strangers: frozenset[str] = frozenset()  # the accounts of these


@dataclass(frozen=True, slots=True)
class _Held:
    """A file that may have to be stored once more, and what became of it."""

    file: Path
    root: Path | None
    outcome: Outcome


def _those_that_missed_what_came(held: Mapping[str | None, Sequence[_Held]], outcome: Outcome) -> list[_Held]:
    """The files to store once more. What became of the others is final, and goes into the outcome."""
    missing = {pair for files in held.values() for one in files for pair in one.outcome.missing}
    came = _now_there(missing) if missing else set()
    again: list[_Held] = []
    for files in held.values():
        if any(one.outcome.missing & came for one in files):
            again += files
        else:
            for one in files:
                outcome.take(one.outcome)
    return again


def _now_there(missing: set[Missing]) -> set[Missing]:
    """Those of the accounts that are stored by now."""
    account_ids = {account_id for _, account_id in missing}
    query = select(Account.user_id, Account.account_id).where(Account.account_id.in_(account_ids))
    with transaction() as session:
        stored = {(row.user_id, row.account_id) for row in session.execute(query)}
    return missing & (stored | {(None, account_id) for _, account_id in stored})


def _parts(session: Session, batch: Batch) -> tuple[dict[str, Batch], dict[str, Batch]]:
    """The payload's parts by person, one for each account; and by account the parts of accounts that nobody has."""
    ids = (*batch.removed, *batch.superseded)
    stored = select(Transaction.transaction_id, Transaction.account_id).where(Transaction.transaction_id.in_(ids))
    holders = {row.transaction_id: row.account_id for row in session.execute(stored)} if ids else {}
    parts = split_by_account(batch, holders)
    emails = {account_id: email_of_account(account_id) for account_id in parts}
    people = set(session.scalars(select(User.email).where(User.email.in_(emails.values()))))
    known = {account_id for account_id, part in parts.items() if part.accounts or emails[account_id] in people}
    strangers = {account_id: parts[account_id] for account_id in sorted(parts.keys() - known)}
    return {emails[account_id]: parts[account_id] for account_id in sorted(known)}, strangers


def _faults(batch: Batch, strangers: Sequence[str]) -> tuple[list[FieldError], int]:
    """The faults of the whole, then those of accounts that nobody has: the first 100, and how many more there are."""
    reason = "is not an account of anybody: neither stored nor in this payload"
    listed = [FieldError(below(place, "account_id"), reason) for place in strangers[: LISTED - len(batch.rejected)]]
    return [*batch.rejected, *listed], batch.further_rejects + len(strangers) - len(listed)


def _places(part: Batch) -> list[str]:
    return [record.place for record in part.liabilities] + [record.place for record in part.transactions]


def _owner(rules: Rules, file: Path, data: bytes, root: Path | None) -> str | None:
    """The email of the person whose file it is; None when each account is a person."""
    if rules.email or rules.is_per_account:
        return rules.email
    return email_of_path(file, root, is_custom_user=CUSTOM_USER in data)


def _stem(file: Path | PurePosixPath) -> str:
    return re.sub(r"(\.(json|csv))?(\.gz)?$", "", file.name, flags=re.IGNORECASE)
