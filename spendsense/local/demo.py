"""Loads the demo people through the same door as everybody: consent first, then ingest."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from spendsense import clock
from spendsense.consent import ledger
from spendsense.consent.people import find_or_create_user
from spendsense.consent.texts import version_in_force
from spendsense.errors import ConsentMissing
from spendsense.local.demo_people import PEOPLE, DemoPerson, payload_of
from spendsense.plaid.ingest import ingest
from spendsense.plaid.schema import parse
from spendsense.rulebook.load import load_rulebook
from spendsense.store.models import Consent
from spendsense.store.session import transaction


@dataclass(frozen=True, slots=True)
class DemoReport:
    """Emails of the people whose data was taken, and of those for whom it was refused: they have not agreed."""

    loaded: tuple[str, ...]
    refused: tuple[str, ...]
    changed_rows: int


def load(on: date | None = None) -> DemoReport:
    """Loads everybody's history up to that day (today by default). Loading it again on the same day changes nothing."""
    on = on or clock.today()
    loaded, refused, changed_rows = [], [], 0
    for person in PEOPLE:
        with transaction() as session:
            user_id = _register(session, person)
        try:
            with transaction() as session:
                changed_rows += _ingest(session, user_id, person, on)
            loaded.append(person.email)
        except ConsentMissing:
            refused.append(person.email)
    return DemoReport(tuple(loaded), tuple(refused), changed_rows)


def _register(session: Session, person: DemoPerson) -> UUID:
    """The person's record, with what they agreed to when it is new; who has revoked since is left alone."""
    user_id = find_or_create_user(session, person.email).user_id
    has_decided = session.scalars(select(Consent.consent_id).where(Consent.user_id == user_id).limit(1)).first()
    if person.purposes and not has_decided:
        version = version_in_force(load_rulebook())
        ledger.grant(session, user_id, person.purposes, method="import", text_version=version, at=clock.now())
    return user_id


def _ingest(session: Session, user_id: UUID, person: DemoPerson, on: date) -> int:
    """Stores the person's history. Returns the changed rows; raises ConsentMissing, and stores nothing then."""
    batch = parse(payload_of(person, on), filename=None, media="json", received_on=on, source_label="demo")
    return ingest(session, user_id, batch, source="cli", at=clock.now()).changed_rows
