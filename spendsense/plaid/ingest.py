"""Writes checked payloads: COPY into temporary tables, then one set-based upsert a table. Replay changes nothing.

The person's row is locked first and consent is asked under that lock. The caller owns the transaction.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from typing import Any, Final, Literal
from uuid import UUID, uuid4

from msgspec.structs import replace
from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from spendsense.consent import ledger
from spendsense.errors import FieldError, NotFound
from spendsense.plaid.assembly import at
from spendsense.plaid.known_accounts import Known, stored_accounts, with_payload
from spendsense.plaid.records import LISTED, AccountRecord, Batch, LiabilityRecord, TransactionRecord
from spendsense.plaid.writing import CheckedPayload, write
from spendsense.store.models import Upload, User
from spendsense.store.session import raw_cursor

Source = Literal["cli", "api"]
Record = AccountRecord | LiabilityRecord | TransactionRecord

MOST_ACCOUNTS: Final = 5_000
"""Of one person, and far more than anybody has. Measuring cards takes up to the square of their number: tens of
thousands of one person would hold up the night of all others."""


@dataclass(frozen=True, slots=True)
class IngestReport:
    """What became of one payload. `accepted` counts valid records by sort, whether or not they changed anything."""

    upload_id: UUID
    accepted: dict[str, int]
    changed_rows: int
    skipped: int  # valid, but removed or superseded by their posted row
    rejected: tuple[FieldError, ...]  # the first 100
    further_rejects: int = 0
    notes: tuple[str, ...] = ()
    unknown_accounts: frozenset[str] = frozenset()  # of the records that were refused for it

    @property
    def rejected_count(self) -> int:
        """How many records were refused."""
        return len(self.rejected) + self.further_rejects


def ingest(session: Session, user_id: UUID, batch: Batch, *, source: Source, at: datetime) -> IngestReport:
    """Stores one payload of one person. Raises NotFound and ConsentMissing before anything is stored."""
    return ingest_many(session, {user_id: batch}, source=source, at=at)[user_id]


def ingest_many(
    session: Session, batches: Mapping[UUID, Batch], *, source: Source, at: datetime
) -> dict[UUID, IngestReport]:
    """Stores one payload for each of many people, all or none. Raises NotFound and ConsentMissing."""
    if not batches:
        return {}
    user_ids = sorted(batches)
    _lock(session, user_ids)
    for user_id in user_ids:
        ledger.require(session, user_id, "analysis", at)
    with raw_cursor(session) as cursor:
        stored = stored_accounts(cursor, user_ids)
        checked = {user_id: _check_accounts(batches[user_id], stored[user_id]) for user_id in user_ids}
        changed, skipped = write(cursor, checked)
    _mark_changed(session, [user_id for user_id in user_ids if changed[user_id]])
    reports = {user_id: _report(checked[user_id], changed[user_id], skipped[user_id]) for user_id in user_ids}
    _record_uploads(session, reports, source, at)
    return reports


def _lock(session: Session, user_ids: Sequence[UUID]) -> None:
    """Takes the people's rows in one order, so that two loads never wait for each other. Raises NotFound."""
    locked = session.scalars(
        select(User.user_id).where(User.user_id.in_(user_ids)).order_by(User.user_id).with_for_update()
    ).all()
    if len(locked) != len(user_ids):
        raise NotFound("There is no such person.")


def _check_accounts(batch: Batch, stored: Known) -> CheckedPayload:
    batch = _within_room(batch, stored)
    known = with_payload(stored, batch.accounts)
    records: Iterable[LiabilityRecord | TransactionRecord] = chain(batch.liabilities, batch.transactions)
    strangers = [record for record in records if record.account_id not in known]
    if not strangers:
        return CheckedPayload(batch, stored, known)
    kept = replace(
        _refuse(batch, strangers, "is not an account of this person: neither stored nor in this payload"),
        liabilities=tuple(record for record in batch.liabilities if record.account_id in known),
        transactions=tuple(record for record in batch.transactions if record.account_id in known),
        superseded=_superseded_without(strangers, batch),
    )
    return CheckedPayload(kept, stored, known, frozenset(record.account_id for record in strangers))


def _within_room(batch: Batch, stored: Known) -> Batch:
    """The payload without the new accounts that would make the person have too many."""
    room = max(0, MOST_ACCOUNTS - len(stored))
    surplus = [account for account in batch.accounts if account.account_id not in stored][room:]
    if not surplus:
        return batch
    refused = {account.account_id for account in surplus}
    kept = tuple(account for account in batch.accounts if account.account_id not in refused)
    return replace(_refuse(batch, surplus, f"is one too many: a person has up to {MOST_ACCOUNTS:,}"), accounts=kept)


def _refuse(batch: Batch, records: Sequence[Record], reason: str) -> Batch:
    """The payload with these records listed as refused for their account, or counted where enough are listed."""
    listed = records[: LISTED - len(batch.rejected)]
    errors = [FieldError(at(record.place, "account_id"), reason) for record in listed]
    further = batch.further_rejects + len(records) - len(listed)
    return replace(batch, rejected=(*batch.rejected, *errors), further_rejects=further)


def _superseded_without(strangers: Iterable[LiabilityRecord | TransactionRecord], batch: Batch) -> tuple[str, ...]:
    """What the payload supersedes, but for what only a refused record names: its pending row must stay."""
    refused = {row.transaction_id for row in strangers if isinstance(row, TransactionRecord)}
    named = {row.pending_transaction_id for row in batch.transactions if row.transaction_id in refused}
    named -= {row.pending_transaction_id for row in batch.transactions if row.transaction_id not in refused}
    return tuple(transaction_id for transaction_id in batch.superseded if transaction_id not in named)


def _mark_changed(session: Session, user_ids: Sequence[UUID]) -> None:
    if user_ids:
        session.execute(update(User).where(User.user_id.in_(user_ids)).values(data_version=User.data_version + 1))


def _report(payload: CheckedPayload, changed_rows: int, skipped: int) -> IngestReport:
    batch = payload.batch
    accepted = {
        "accounts": len(batch.accounts),
        "liabilities": len(batch.liabilities),
        "transactions": len(batch.transactions),
        "removed": len(batch.removed),
    }
    rejected, further, notes = batch.rejected, batch.further_rejects, batch.notes
    return IngestReport(
        uuid4(), accepted, changed_rows, skipped, rejected, further, notes, unknown_accounts=payload.unknown
    )


def _record_uploads(session: Session, reports: Mapping[UUID, IngestReport], source: Source, at: datetime) -> None:
    session.execute(insert(Upload), [_upload(user_id, report, source, at) for user_id, report in reports.items()])


def _upload(user_id: UUID, report: IngestReport, source: Source, at: datetime) -> dict[str, Any]:
    counts = {
        **report.accepted,
        "changed": report.changed_rows,
        "skipped": report.skipped,
        "rejected": report.rejected_count,
    }
    rejects = [{"pointer": one.pointer, "detail": one.detail} for one in report.rejected]
    return {
        "user_id": user_id,
        "upload_id": report.upload_id,
        "received_at": at,
        "source": source,
        "counts": counts,
        "rejects": rejects,
    }
