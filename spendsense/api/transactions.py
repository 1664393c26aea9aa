"""The person's transactions, newest first."""

from collections.abc import Callable
from datetime import date
from typing import Any

from marshmallow import Schema, ValidationError, fields, validate, validates_schema
from sqlalchemy import Select, or_, select, tuple_

from spendsense.api.auth import current_user
from spendsense.api.database import request_transaction
from spendsense.api.pagination import PageQuery, decode_day_mark, page
from spendsense.api.resource import CONSUMER, Resource, printable
from spendsense.store.kinds import Kind
from spendsense.store.models import Transaction

transactions = Resource("transactions", "Your transactions.")


WORDS: list[Callable[[Any], Any]] = [validate.Length(1, 200), printable]


class TransactionQuery(PageQuery):
    """Which transactions."""

    first_day = fields.Date(data_key="from", load_default=None, metadata={"description": "First day, included"})
    last_day = fields.Date(data_key="to", load_default=None, metadata={"description": "Last day, included"})
    category = fields.String(
        load_default=None, validate=WORDS, metadata={"description": "Plaid's primary or detailed category"}
    )
    merchant = fields.String(
        load_default=None, validate=WORDS, metadata={"description": "Part of the merchant's or the row's name"}
    )
    account_id = fields.String(load_default=None, validate=WORDS)

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
    category_primary = fields.String(required=True, allow_none=True)
    category_detailed = fields.String(required=True, allow_none=True)
    pending = fields.Boolean(required=True)
    counted_as = fields.Function(
        lambda row: Kind(row.kind).name.lower(),
        required=True,
        metadata={"type": "string", "description": "What the row counts as in the signals"},
    )


class TransactionPage(Schema):
    """A page of transactions, newest day first, then by id downwards."""

    data = fields.List(fields.Nested(TransactionSeen), required=True)
    next = fields.String(required=True, allow_none=True)


@transactions.operation("GET", "/users/me/transactions", to=CONSUMER, query=TransactionQuery, answers=TransactionPage)
def list_transactions(query: dict[str, Any]) -> dict[str, Any]:
    """Your transactions, newest first."""
    with request_transaction() as session:
        user = current_user(session, needs="analysis")
        rows = _chosen(query).where(Transaction.user_id == user.user_id)
        return page(session.scalars(rows).all(), query["limit"], _sort_key)


def _chosen(query: dict[str, Any]) -> Select[Transaction]:
    rows = select(Transaction).order_by(Transaction.date.desc(), Transaction.transaction_id.desc())
    if query["first_day"]:
        rows = rows.where(Transaction.date >= query["first_day"])
    if query["last_day"]:
        rows = rows.where(Transaction.date <= query["last_day"])
    if query["account_id"]:
        rows = rows.where(Transaction.account_id == query["account_id"])
    if category := query["category"]:
        rows = rows.where(or_(Transaction.category_primary == category, Transaction.category_detailed == category))
    if merchant := query["merchant"]:
        names = (Transaction.merchant_name, Transaction.name)
        rows = rows.where(or_(*(name.icontains(merchant, autoescape=True) for name in names)))
    if query["after"]:
        rows = rows.where(tuple_(Transaction.date, Transaction.transaction_id) < decode_day_mark(query["after"]))
    return rows.limit(query["limit"] + 1)


def _sort_key(row: Transaction) -> tuple[date, str]:
    return row.date, row.transaction_id
