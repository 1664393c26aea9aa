"""The person's own profile, and what is known of them."""

from dataclasses import asdict
from typing import Any

from flask import request
from marshmallow import Schema, fields
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from spendsense import clock
from spendsense.api import etags
from spendsense.api.auth import current_user
from spendsense.api.consents import ConsentStanding
from spendsense.api.database import request_transaction
from spendsense.api.resource import CONSUMER, Resource
from spendsense.consent import ledger, rights, term
from spendsense.consent.people import lock_user
from spendsense.store.models import Account, Progress, Upload, User

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
    consent = fields.Nested(ConsentStanding, required=True)
    data = fields.Nested(DataSummary, required=True, allow_none=True)


class Erasure(Schema):
    """That everything is gone: how many rows of each table, and the number of the record that stays."""

    event_id = fields.Integer(required=True)
    erased_at = fields.AwareDateTime(required=True)
    deleted = fields.Dict(keys=fields.String(), values=fields.Integer(), required=True)


@me.operation("GET", "/users/me", to=CONSUMER, answers=Profile, is_tagged=True)
def read_profile() -> dict[str, Any]:
    """Your profile and your consent state."""
    with request_transaction() as session:
        profile = _profile(session, current_user(session))
        etags.tag(_tag(profile))
        return profile


@me.operation("DELETE", "/users/me", to=CONSUMER, answers=Erasure, takes_match=True)
def erase_everything() -> rights.Receipt:
    """Erase everything that is kept of you. It can't be undone."""
    with request_transaction() as session:
        return rights.erase(session, matching_person(session).user_id, clock.now())


def matching_person(session: Session) -> User:
    """The person who calls, held until the transaction ends, once If-Match fits their profile. Raises Outdated."""
    user = lock_user(session, current_user(session).user_id)
    if "If-Match" in request.headers:
        etags.require_match(_tag(_profile(session, user)))
    return user


def _profile(session: Session, user: User) -> dict[str, Any]:
    at = clock.now()
    state = ledger.state(session, user.user_id, at)
    return {
        "user_id": user.user_id,
        "email": user.email,
        "created_at": user.created_at,
        "state": user.state,
        "consent": {**asdict(state), "notices": term.notices(session, user.user_id, at)},
        "data": _summary(session, user) if state.analysis else None,
    }


def _tag(profile: dict[str, Any]) -> str:
    """It is short, and nothing else tells when a notice comes or goes: so the tag is of the answer itself."""
    return etags.etag_of("profile", Profile().dumps(profile))


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
