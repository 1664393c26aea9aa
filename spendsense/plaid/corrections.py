"""The categories that people gave their transactions: what each row counts as, whatever the bank sends again.

A row keeps the bank's own category; its kind, purpose and transfer mark follow the person's where there is one.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID, uuid4

import psycopg2.extensions
from psycopg2.extras import execute_values
from sqlalchemy.orm import Session

from spendsense.consent import ledger
from spendsense.consent.people import lock_user
from spendsense.errors import NotFound
from spendsense.plaid.categories import Category, check
from spendsense.plaid.kinds import base_kind, is_transfer_like
from spendsense.plaid.purposes import purpose_of
from spendsense.plaid.records import TransactionRecord
from spendsense.store import audit
from spendsense.store.models import Account, Correction, Transaction

Corrections = dict[str, Category]  # by transaction_id
NONE: Final[Mapping[str, Category]] = {}


def recategorise(
    session: Session, user_id: UUID, transaction_id: str, category: Category | None, at: datetime
) -> tuple[Transaction, Correction | None]:
    """Gives a transaction the person's category; None takes it back, and the bank's counts again. Audited.

    The person is stale then, and measured anew with it. What was said already is not said again. Returns the row and
    what the person says of it now. Raises NotFound, ConsentMissing, and InvalidInput for an unknown category.
    """
    user = lock_user(session, user_id)
    ledger.require(session, user_id, "analysis", at)
    is_possible = "\x00" not in transaction_id  # which no text of the store can hold
    row = session.get(Transaction, (user_id, transaction_id), populate_existing=True) if is_possible else None
    if row is None:
        raise NotFound("There is no such transaction.")
    if category is not None:
        check(category)
    correction = session.get(Correction, (user_id, transaction_id))
    said = Category(correction.category_primary, correction.category_detailed) if correction else None
    if category == said:
        return row, correction
    correction = _keep(session, row, correction, category, at)
    _classify(row, session.get_one(Account, (user_id, row.account_id)), category or _of_bank(row))
    user.data_version += 1
    session.flush()
    return row, correction


def stored_corrections(cursor: psycopg2.extensions.cursor, user_ids: Iterable[UUID]) -> dict[UUID, Corrections]:
    """The corrections of those of these people who made any."""
    cursor.execute(
        "SELECT user_id::text, transaction_id, category_primary, category_detailed"
        " FROM corrections WHERE user_id = ANY(%s::uuid[])",
        ([str(user_id) for user_id in user_ids],),
    )
    found: dict[UUID, Corrections] = {}
    for user_id, transaction_id, primary, detailed in cursor:
        found.setdefault(UUID(user_id), {})[transaction_id] = Category(primary, detailed)
    return found


def carry_to_posted(
    cursor: psycopg2.extensions.cursor, user_id: UUID, rows: Sequence[TransactionRecord], corrections: Corrections
) -> None:
    """Moves what the person said of a pending row to the posted one that names it, here and in the store.

    What the posted row superseded is deleted before. A row that is still there keeps what was said of it, and so does
    one that these rows say is posted itself.
    """
    named = [row for row in rows if row.pending_transaction_id in corrections]
    if not named:
        return
    kept = _stored_among(cursor, user_id, named) | {row.transaction_id for row in rows if row.pending is False}
    moves = []
    for row in named:
        pending = row.pending_transaction_id
        if pending in corrections and pending not in kept and row.transaction_id not in corrections:
            corrections[row.transaction_id] = corrections.pop(pending)
            moves.append((str(user_id), pending, row.transaction_id))
    if moves:
        execute_values(
            cursor,
            "UPDATE corrections SET transaction_id = new.posted FROM (VALUES %s) AS new (user_id, pending, posted)"
            " WHERE corrections.user_id = new.user_id::uuid AND corrections.transaction_id = new.pending",
            moves,
        )


def _stored_among(cursor: psycopg2.extensions.cursor, user_id: UUID, named: Iterable[TransactionRecord]) -> set[str]:
    """Which of the ids that these rows name as pending have a stored row."""
    cursor.execute(
        "SELECT transaction_id FROM transactions WHERE user_id = %s AND transaction_id = ANY(%s)",
        (str(user_id), [row.pending_transaction_id for row in named]),
    )
    return {transaction_id for (transaction_id,) in cursor}


def _keep(
    session: Session, row: Transaction, correction: Correction | None, category: Category | None, at: datetime
) -> Correction | None:
    """Writes or deletes the correction, and its record in the audit, which names it by an id of its own."""
    if category is None:
        assert correction is not None
        session.delete(correction)
        detail = {"correction_id": str(correction.correction_id)}
        audit.record(session, row.user_id, "correction.taken_back", actor="person", at=at, detail=detail)
        return None
    if correction is None:
        correction = Correction(user_id=row.user_id, transaction_id=row.transaction_id, correction_id=uuid4())
        session.add(correction)
    assert category.primary is not None  # checked
    correction.category_primary, correction.category_detailed = category.primary, category.detailed
    correction.corrected_at = at
    detail = {"correction_id": str(correction.correction_id), **category._asdict()}
    audit.record(session, row.user_id, "transaction.recategorised", actor="person", at=at, detail=detail)
    return correction


def _classify(row: Transaction, account: Account, category: Category) -> None:
    """What the row counts as by itself; the next measuring looks at it beside the others."""
    is_inflow = row.amount_cents < 0
    row.base_kind = row.kind = int(base_kind(account.type, *category, row.name, is_inflow))
    row.is_transfer_like = is_transfer_like(*category, row.name)
    row.purpose = purpose_of(*category, row.merchant_name, row.name, is_inflow)


def _of_bank(row: Transaction) -> Category:
    return Category(row.category_primary, row.category_detailed)
