"""The person's transactions, newest first; and what they call one that the bank calls otherwise."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from flask import request
from marshmallow import Schema, ValidationError, fields, validate, validates_schema
from sqlalchemy import Select, and_, case, or_, select, tuple_
from sqlalchemy.orm import Session

from spendsense import clock
from spendsense.api import etags
from spendsense.api.auth import current_user
from spendsense.api.chain import Followed, refresh_person
from spendsense.api.database import request_transaction
from spendsense.api.pagination import PageQuery, decode_day_mark, page
from spendsense.api.resource import CONSUMER, Resource, printable, storable
from spendsense.consent.people import lock_user
from spendsense.errors import NotFound
from spendsense.plaid.categories import DETAILED, Category
from spendsense.plaid.corrections import recategorise
from spendsense.store.kinds import Kind
from spendsense.store.models import Correction, Transaction

transactions = Resource("transactions", "Your transactions.")


WORDS: list[Callable[[Any], Any]] = [validate.Length(1, 200), printable]


class TransactionQuery(PageQuery):
    """Which transactions."""

    first_day = fields.Date(data_key="from", load_default=None, metadata={"description": "First day, included"})
    last_day = fields.Date(data_key="to", load_default=None, metadata={"description": "Last day, included"})
    category = fields.String(
        load_default=None,
        validate=WORDS,
        metadata={"description": "Plaid's primary or detailed category: yours where you gave one, else the bank's"},
    )
    merchant = fields.String(
        load_default=None, validate=WORDS, metadata={"description": "Part of the merchant's or the row's name"}
    )
    account_id = fields.String(
        load_default=None,
        validate=[validate.Length(1, 200), storable],  # as a bank writes its ids
        metadata={"description": "Of one account alone"},
    )

    @validates_schema
    def check_days(self, data: dict[str, Any], **_kwargs: Any) -> None:
        """Raises ValidationError when the days are the wrong way round."""
        first, last = data["first_day"], data["last_day"]
        if first and last and first > last:
            raise ValidationError("This is after `to`.", "from")


class TransactionSeen(Schema):
    """One transaction. Its sign is Plaid's: a positive amount is money out."""

    transaction_id = fields.String(required=True)
    account_id = fields.String(required=True)
    date = fields.Date(required=True)
    authorized_date = fields.Date(required=True, allow_none=True)
    amount_cents = fields.Integer(required=True, metadata={"description": "Positive: money out"})
    currency = fields.String(required=True)
    name = fields.String(required=True)
    merchant_name = fields.String(required=True, allow_none=True)
    payment_channel = fields.String(required=True, allow_none=True)
    category_primary = fields.String(required=True, allow_none=True, metadata={"description": "The bank's own"})
    category_detailed = fields.String(required=True, allow_none=True)
    corrected_primary = fields.String(
        required=True, allow_none=True, metadata={"description": "What you call it; null: as the bank does"}
    )
    corrected_detailed = fields.String(required=True, allow_none=True)
    pending = fields.Boolean(required=True)
    counted_as = fields.String(required=True, metadata={"description": "What the row counts as in the signals"})
    etag = fields.String(required=True, metadata={"description": "For If-Match, when you correct it"})


class TransactionCorrected(TransactionSeen, Followed):
    """The transaction as it stands after what you said of it."""


TRANSACTION_FIELDS = set(TransactionSeen().fields) & set(Transaction.__table__.columns.keys())


class TransactionPage(Schema):
    """A page of transactions, newest day first, then by id downwards."""

    data = fields.List(fields.Nested(TransactionSeen), required=True)
    next = fields.String(required=True, allow_none=True)


class NewCategory(Schema):
    """One of Plaid's personal finance categories."""

    primary = fields.String(required=True, validate=validate.OneOf(list(DETAILED)))
    detailed = fields.String(
        load_default=None, allow_none=True, metadata={"description": "One of that primary's, or null"}
    )


class NewCorrection(Schema):
    """What you call a transaction; null takes it back, and the bank's category counts again."""

    personal_finance_category = fields.Nested(NewCategory, required=True, allow_none=True)


@transactions.operation(
    "GET", "/users/me/transactions", to=CONSUMER, query=TransactionQuery, answers=TransactionPage, is_tagged=True
)
def list_transactions(query: dict[str, Any]) -> dict[str, Any]:
    """Your transactions, newest first."""
    with request_transaction() as session:
        user = current_user(session, needs="analysis")
        etags.tag_by_person(session, user.user_id)
        rows = _chosen(query).where(Transaction.user_id == user.user_id)
        found = [_seen(row, correction) for row, correction in session.execute(rows)]
    return page(found, query["limit"], lambda row: (row["date"], row["transaction_id"]))


@transactions.operation(
    "PATCH",
    "/users/me/transactions/<path:transaction_id>",
    to=CONSUMER,
    body=NewCorrection,
    answers=TransactionCorrected,
    once=True,
    takes_match=True,
)
def correct_transaction(body: dict[str, Any], transaction_id: str) -> dict[str, Any]:
    """Say what a transaction is where the bank has it wrong. It holds whatever the bank sends; the signals follow."""
    said = body["personal_finance_category"]
    with request_transaction() as session:
        user_id = current_user(session, needs="analysis").user_id
        category = Category(**said) if said else None
        _require_match(session, user_id, transaction_id)
        recategorise(session, user_id, transaction_id, category, clock.now())
    is_up_to_date = refresh_person(user_id)
    with request_transaction() as session:
        current_user(session, needs="analysis")  # who has revoked meanwhile is shown nothing
        seen = _seen(*_one(session, user_id, transaction_id))
    etags.tag(seen["etag"])
    return {**seen, "is_up_to_date": is_up_to_date}


def _require_match(session: Session, user_id: UUID, transaction_id: str) -> None:
    """Holds If-Match, where it is sent, against the row as it stands, and keeps it standing so. Raises Outdated."""
    if "If-Match" in request.headers:
        lock_user(session, user_id)
        etags.require_match(_etag(*_one(session, user_id, transaction_id)))


def _one(session: Session, user_id: UUID, transaction_id: str) -> tuple[Transaction, Correction | None]:
    key = (Transaction.user_id == user_id, Transaction.transaction_id == transaction_id)
    is_possible = "\x00" not in transaction_id  # which no text of the store can hold
    found = session.execute(_with_corrections().where(*key)).one_or_none() if is_possible else None
    if found is None:
        raise NotFound("There is no such transaction.")
    return found[0], found[1]


def _etag(row: Transaction, correction: Correction | None) -> str:
    """The tag of all that a row is shown with."""
    said = (correction.category_primary, correction.category_detailed) if correction else ()
    return etags.etag_of(*(getattr(row, name) for name in sorted(TRANSACTION_FIELDS)), row.kind, *said)


def _with_corrections() -> Select[Transaction, Correction]:
    is_of_row = and_(Correction.user_id == Transaction.user_id, Correction.transaction_id == Transaction.transaction_id)
    return select(Transaction, Correction).outerjoin(Correction, is_of_row)


def _chosen(query: dict[str, Any]) -> Select[Transaction, Correction]:
    rows = _with_corrections().order_by(Transaction.date.desc(), Transaction.transaction_id.desc())
    if query["first_day"]:
        rows = rows.where(Transaction.date >= query["first_day"])
    if query["last_day"]:
        rows = rows.where(Transaction.date <= query["last_day"])
    if query["account_id"]:
        rows = rows.where(Transaction.account_id == query["account_id"])
    if category := query["category"]:
        said = Correction.transaction_id.is_not(None)
        primary = case((said, Correction.category_primary), else_=Transaction.category_primary)
        detailed = case((said, Correction.category_detailed), else_=Transaction.category_detailed)
        rows = rows.where(or_(primary == category, detailed == category))
    if merchant := query["merchant"]:
        names = (Transaction.merchant_name, Transaction.name)
        rows = rows.where(or_(*(name.icontains(merchant, autoescape=True) for name in names)))
    if query["after"]:
        rows = rows.where(tuple_(Transaction.date, Transaction.transaction_id) < decode_day_mark(query["after"]))
    return rows.limit(query["limit"] + 1)


def _seen(row: Transaction, correction: Correction | None) -> dict[str, Any]:
    return {
        **{name: getattr(row, name) for name in TRANSACTION_FIELDS},
        "corrected_primary": correction.category_primary if correction else None,
        "corrected_detailed": correction.category_detailed if correction else None,
        "counted_as": Kind(row.kind).name.lower(),
        "etag": _etag(row, correction),
    }
