"""The person's accounts, with what they hold and what is owed on them, as last reported."""

from typing import Any

from marshmallow import Schema, fields
from sqlalchemy import and_, select, true
from sqlalchemy.orm import Session, aliased

from spendsense.api.auth import current_user
from spendsense.api.database import request_transaction
from spendsense.api.pagination import PageQuery, decode_mark, page
from spendsense.api.resource import CONSUMER, Resource
from spendsense.store.models import Account, Balance, Liability, User

accounts = Resource("accounts", "Your accounts.")


class BalanceSeen(Schema):
    """What an account held on a day."""

    observed_on = fields.Date(required=True)
    current_cents = fields.Integer(required=True, allow_none=True)
    available_cents = fields.Integer(required=True, allow_none=True)
    limit_cents = fields.Integer(required=True, allow_none=True)


class LiabilitySeen(Schema):
    """What is owed on a card, mortgage or student loan."""

    kind = fields.String(required=True)
    apr_percent = fields.Float(required=True, allow_none=True)
    is_overdue = fields.Boolean(required=True, allow_none=True)
    last_payment_cents = fields.Integer(required=True, allow_none=True)
    last_payment_on = fields.Date(required=True, allow_none=True)
    last_statement_balance_cents = fields.Integer(required=True, allow_none=True)
    last_statement_on = fields.Date(required=True, allow_none=True)
    minimum_payment_cents = fields.Integer(required=True, allow_none=True)
    next_payment_due_on = fields.Date(required=True, allow_none=True)


class AccountSeen(Schema):
    """One account."""

    account_id = fields.String(required=True)
    name = fields.String(required=True)
    official_name = fields.String(required=True, allow_none=True)
    mask = fields.String(required=True, allow_none=True)
    type = fields.String(required=True)
    subtype = fields.String(required=True, allow_none=True)
    currency = fields.String(required=True, allow_none=True)
    balance = fields.Nested(BalanceSeen, required=True, allow_none=True)
    liability = fields.Nested(LiabilitySeen, required=True, allow_none=True)


class AccountPage(Schema):
    """A page of accounts, by id."""

    data = fields.List(fields.Nested(AccountSeen), required=True)
    next = fields.String(required=True, allow_none=True)


@accounts.operation("GET", "/users/me/accounts", to=CONSUMER, query=PageQuery, answers=AccountPage)
def list_accounts(query: dict[str, Any]) -> dict[str, Any]:
    """Your accounts, with their last balances and liabilities."""
    with request_transaction() as session:
        user = current_user(session, needs="analysis")
        rows = _accounts(session, user, query["after"], query["limit"] + 1)
        return page(rows, query["limit"], lambda row: [row["account_id"]])


def _accounts(session: Session, user: User, after: str | None, count: int) -> list[dict[str, Any]]:
    of_account = Balance.user_id == Account.user_id, Balance.account_id == Account.account_id
    newest = select(Balance).where(*of_account).order_by(Balance.observed_on.desc()).limit(1).lateral()
    last_balance = aliased(Balance, newest)
    rows = (
        select(Account, last_balance, Liability)
        .select_from(Account)
        .outerjoin(last_balance, true())
        .outerjoin(Liability, and_(Liability.user_id == Account.user_id, Liability.account_id == Account.account_id))
        .where(Account.user_id == user.user_id)
        .order_by(Account.account_id)
        .limit(count)
    )
    if after is not None:
        rows = rows.where(Account.account_id > decode_mark(after, 1)[0])
    return [_seen(account, balance, liability) for account, balance, liability in session.execute(rows)]


def _seen(account: Account, balance: Balance | None, liability: Liability | None) -> dict[str, Any]:
    return {
        "account_id": account.account_id,
        "name": account.name,
        "official_name": account.official_name,
        "mask": account.mask,
        "type": account.type,
        "subtype": account.subtype,
        "currency": account.currency,
        "balance": balance,
        "liability": liability,
    }
