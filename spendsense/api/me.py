"""The person's own profile, and what is known of them."""

from typing import Any

import msgspec
from flask import Response
from marshmallow import Schema, fields
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from spendsense import clock
from spendsense.api.auth import current_user
from spendsense.api.consents import ConsentState
from spendsense.api.database import request_transaction
from spendsense.api.resource import CONSUMER, Resource
from spendsense.consent import ledger, rights
from spendsense.store.models import Account, Progress, Upload, User

ENCODER = msgspec.json.Encoder(decimal_format="number")

me = Resource("me", "You, and your rights over your data.")


class DataSummary(Schema):
    """How much is known of the person."""

    account_count = fields.Integer(required=True)
    currency = fields.String(required=True, allow_none=True, metadata={"description": "In which you are analysed"})
    first_day = fields.Date(required=True, allow_none=True, metadata={"description": "First day of history"})
    measured_on = fields.Date(required=True, allow_none=True, metadata={"description": "The day signals were made for"})
    last_upload_at = fields.AwareDateTime(required=True, allow_none=True)


class Profile(Schema):
    """A person, what they agree to, and, when they agree to the analysis, what is known of them."""

    user_id = fields.UUID(required=True)
    email = fields.String(required=True)
    created_at = fields.AwareDateTime(required=True)
    state = fields.String(required=True, allow_none=True, metadata={"description": "Where you live, two letters"})
    consent = fields.Nested(ConsentState, required=True)
    data = fields.Nested(DataSummary, required=True, allow_none=True)


class Export(Schema):
    """Every row that is kept of the person, by table, with the columns' names."""

    exported_at = fields.AwareDateTime(required=True)
    tables = fields.Dict(keys=fields.String(), values=fields.List(fields.Dict()), required=True)


class Erasure(Schema):
    """That everything is gone: how many rows of each table, and the number of the record that stays."""

    event_id = fields.Integer(required=True)
    erased_at = fields.AwareDateTime(required=True)
    deleted = fields.Dict(keys=fields.String(), values=fields.Integer(), required=True)


@me.operation("GET", "/users/me", to=CONSUMER, answers=Profile)
def read_profile() -> dict[str, Any]:
    """Your profile and your consent state."""
    with request_transaction() as session:
        user = current_user(session)
        state = ledger.state(session, user.user_id, clock.now())
        return {
            "user_id": user.user_id,
            "email": user.email,
            "created_at": user.created_at,
            "state": user.state,
            "consent": state,
            "data": _summary(session, user) if state.analysis else None,
        }


@me.operation("GET", "/users/me/export", to=CONSUMER, answers=Export)
def export_everything() -> Response:
    """Everything that is kept of you, as JSON, with or without consent."""
    with request_transaction() as session:
        tables = rights.export(session, current_user(session).user_id)
    document = {"exported_at": clock.now(), "tables": tables}
    response = Response(ENCODER.encode(document), mimetype="application/json")
    response.headers["Content-Disposition"] = 'attachment; filename="spendsense-export.json"'
    return response


@me.operation("DELETE", "/users/me", to=CONSUMER, answers=Erasure)
def erase_everything() -> rights.Receipt:
    """Erase everything that is kept of you. It can't be undone."""
    with request_transaction() as session:
        return rights.erase(session, current_user(session).user_id, clock.now())


def _summary(session: Session, user: User) -> dict[str, Any]:
    progress = session.get(Progress, user.user_id)
    accounts = select(func.count()).select_from(Account).where(Account.user_id == user.user_id)
    last_upload = select(func.max(Upload.received_at)).where(Upload.user_id == user.user_id)
    return {
        "account_count": session.scalar(accounts),
        "currency": progress.currency if progress else None,
        "first_day": progress.first_row_on if progress else None,
        "measured_on": progress.measured_as_of if progress else None,
        "last_upload_at": session.scalar(last_upload),
    }
