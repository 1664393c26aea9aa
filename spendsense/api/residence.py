"""Where the person lives: they say it, and take it back."""

from typing import Any

from marshmallow import Schema, fields, validate

from spendsense import clock
from spendsense.api.chain import Followed, refresh_person
from spendsense.api.database import request_transaction
from spendsense.api.me import matching_person
from spendsense.api.resource import CONSUMER, Resource
from spendsense.consent.residence import set_state
from spendsense.rulebook.states import STATES

residence = Resource("residence", "Where you live, which some offers ask for.")


class Residence(Schema):
    """A state or territory of the United States by its two letters; null: not said."""

    state = fields.String(required=True, allow_none=True, validate=validate.OneOf(sorted(STATES)))


class ResidenceTaken(Residence, Followed):
    """What is known of it now."""


@residence.operation("PATCH", "/users/me", to=CONSUMER, body=Residence, answers=ResidenceTaken, takes_match=True)
def say_where(body: dict[str, Any]) -> dict[str, Any]:
    """Say in which state you live, or take it back with null; offers that ask for it are looked at again."""
    with request_transaction() as session:
        user = matching_person(session)
        user_id, before = user.user_id, user.state
        state = set_state(session, user_id, body["state"], clock.now())
    return {"state": state, "is_up_to_date": state == before or refresh_person(user_id)}
