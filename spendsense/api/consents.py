"""What the person agrees to: the text, the state, the history; to agree, and to take it back."""

import ipaddress
from datetime import datetime
from typing import Any
from uuid import UUID

from flask import request
from marshmallow import Schema, fields, validate
from sqlalchemy import select
from sqlalchemy.orm import Session

from spendsense import clock
from spendsense.api import etags
from spendsense.api.auth import current_user
from spendsense.api.chain import Followed, refresh_person
from spendsense.api.database import request_transaction
from spendsense.api.resource import CONSUMER, Resource
from spendsense.consent import ledger, term, texts
from spendsense.consent.people import lock_user
from spendsense.recommendations.forgetting import forget_offers
from spendsense.rulebook.load import load_rulebook
from spendsense.store.models import Consent, User

consents = Resource("consents", "What you agree to. Nothing is stored, computed or shown before.")

METHOD = "api"
MOST_EVENTS = 200  # of the history: whoever agrees over and over could not read it any more


class ConsentState(Schema):
    """What is agreed to at this moment, and until when."""

    analysis = fields.Boolean(required=True)
    offers = fields.Boolean(required=True)
    analysis_until = fields.AwareDateTime(required=True, allow_none=True)
    offers_until = fields.AwareDateTime(required=True, allow_none=True)


class ConsentNotice(Schema):
    """Word that a consent is about to end; a renewal takes it away."""

    purpose = fields.String(required=True, validate=validate.OneOf(ledger.PURPOSES))
    expires_at = fields.AwareDateTime(required=True)
    days_before = fields.Integer(required=True, metadata={"description": "Which notice it is: 30, 7 or 1 days before"})
    made_at = fields.AwareDateTime(required=True)


class ConsentStanding(ConsentState):
    """What is agreed to at this moment, until when, and what ends soon."""

    notices = fields.List(fields.Nested(ConsentNotice), required=True, metadata={"description": "Nearest end first"})


class ConsentEvent(Schema):
    """One grant or revocation."""

    purpose = fields.String(required=True, validate=validate.OneOf(ledger.PURPOSES))
    action = fields.String(required=True, validate=validate.OneOf(["grant", "revoke"]))
    text_version = fields.String(required=True)
    method = fields.String(
        required=True,
        metadata={"description": "`api`, `import`, …; `expiry`: the analysis was over, and offers with it"},
    )
    ip_address = fields.String(required=True, allow_none=True)
    at = fields.AwareDateTime(required=True)
    expires_at = fields.AwareDateTime(required=True, allow_none=True)


class ConsentText(Schema):
    """What a purpose is agreed to with, word for word."""

    purpose = fields.String(required=True)
    version = fields.String(required=True)
    title = fields.String(required=True)
    text = fields.String(required=True)


class ConsentTexts(Schema):
    """The texts of one version."""

    is_in_force = fields.Boolean(required=True, metadata={"description": "Whether this version can be agreed to now"})
    texts = fields.List(fields.Nested(ConsentText), required=True)


class ConsentOverview(Schema):
    """State, notices, history and the text in force for each purpose."""

    state = fields.Nested(ConsentState, required=True)
    notices = fields.List(fields.Nested(ConsentNotice), required=True, metadata={"description": "What ends soon"})
    history = fields.List(
        fields.Nested(ConsentEvent),
        required=True,
        metadata={"description": f"Newest first, up to {MOST_EVENTS}; the export has all"},
    )
    texts = fields.List(fields.Nested(ConsentText), required=True)


class NewConsent(Schema):
    """An agreement to one or both purposes. `text_version` is the version that was shown; it must be in force."""

    purposes = fields.List(
        fields.String(validate=validate.OneOf(ledger.PURPOSES)), required=True, validate=validate.Length(1, 2)
    )
    text_version = fields.String(required=True, validate=validate.Length(1, 50))


class Granted(Followed):
    """The state after an agreement."""

    state = fields.Nested(ConsentState, required=True)


class Revoked(Schema):
    """The state after taking an agreement back, and how many rows were deleted of each table."""

    state = fields.Nested(ConsentState, required=True)
    deleted = fields.Dict(keys=fields.String(), values=fields.Integer(), required=True)


@consents.operation("GET", "/users/me/consents", to=CONSUMER, answers=ConsentOverview, is_tagged=True)
def read_consents() -> dict[str, Any]:
    """Your consents: the state, the history and the text."""
    with request_transaction() as session:
        user, at = current_user(session), clock.now()
        etags.tag(_tag(session, user, at))
        return {
            "state": ledger.state(session, user.user_id, at),
            "notices": term.notices(session, user.user_id, at),
            "history": _history(session, user),
            "texts": list(load_rulebook().consent_texts.values()),
        }


@consents.operation("GET", "/users/me/consents/texts/<version>", to=CONSUMER, answers=ConsentTexts)
def read_consent_texts(version: str) -> dict[str, Any]:
    """The texts of any version, such as one that you agreed to before it changed."""
    found = texts.texts_of(load_rulebook(), version)
    return {"is_in_force": version == texts.version_in_force(load_rulebook()), "texts": list(found.values())}


@consents.operation(
    "POST", "/users/me/consents", to=CONSUMER, body=NewConsent, answers=Granted, status=201, takes_match=True
)
def grant_consent(body: dict[str, Any]) -> dict[str, Any]:
    """Agree to the analysis of your data, or to partner offers beside it, for a year from now; or renew it."""
    texts.require_in_force(load_rulebook(), body["text_version"])
    with request_transaction() as session:
        user_id, at = _matching(session), clock.now()
        ledger.grant(
            session,
            user_id,
            body["purposes"],
            method=METHOD,
            text_version=body["text_version"],
            at=at,
            ip_address=_ip_address(),
        )
        state = ledger.state(session, user_id, at)
    return {"state": state, "is_up_to_date": refresh_person(user_id)}


@consents.operation(
    "DELETE", "/users/me/consents/<any(analysis,offers):purpose>", to=CONSUMER, answers=Revoked, takes_match=True
)
def revoke_consent(purpose: str) -> dict[str, Any]:
    """Take a consent back. It ends at once, and what was made under it is deleted."""
    with request_transaction() as session:
        user_id, at = _matching(session), clock.now()
        deleted = ledger.revoke(
            session,
            user_id,
            purpose,
            method=METHOD,
            text_version=texts.version_in_force(load_rulebook()),
            at=at,
            ip_address=_ip_address(),
        )
        if purpose == "offers":
            forget_offers(session, [user_id])
        return {"state": ledger.state(session, user_id, at), "deleted": deleted}


def _matching(session: Session) -> UUID:
    """The person who calls, held until the transaction ends, once If-Match fits their consents. Raises Outdated."""
    user = lock_user(session, current_user(session).user_id)
    if "If-Match" in request.headers:
        etags.require_match(_tag(session, user, clock.now()))
    return user.user_id


def _tag(session: Session, user: User, at: datetime) -> str:
    """Of what is agreed to, what ends soon, and the text in force."""
    state, notices = ledger.state(session, user.user_id, at), term.notices(session, user.user_id, at)
    made = [(one.purpose, one.days_before) for one in notices]
    return etags.etag_of("consents", user.user_id, user.consent_version, state, made, load_rulebook().version)


def _history(session: Session, user: User) -> list[Consent]:
    newest_first = select(Consent).where(Consent.user_id == user.user_id).order_by(Consent.at.desc(), Consent.purpose)
    return list(session.scalars(newest_first.limit(MOST_EVENTS)))


def _ip_address() -> str | None:
    """Where the request came from, or None when that is no address (a local socket)."""
    try:
        return str(ipaddress.ip_address(request.remote_addr or ""))
    except ValueError:
        return None
