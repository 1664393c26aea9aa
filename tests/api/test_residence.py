"""A person says where they live, and takes it back."""

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from spendsense.rulebook.states import STATES
from spendsense.store.models import AuditEvent, User
from tests.api.conftest import Headers

ME = "/api/v1/users/me"


def test_a_state_is_said_changed_and_taken_back(
    client: FlaskClient, session: Session, person: Callable[..., User], ann: Headers
) -> None:
    subject = person("ann@example.com", "analysis").audit_subject
    assert client.get(ME, headers=ann).json["state"] is None
    for state in ("CA", "PR", None):
        answer = client.patch(ME, json={"state": state}, headers=ann)
        assert (answer.status_code, answer.json) == (200, {"state": state, "is_up_to_date": True})
        assert client.get(ME, headers=ann).json["state"] == state
    events = session.scalars(select(AuditEvent).where(AuditEvent.subject == subject).order_by(AuditEvent.event_id))
    told = [(event.event, event.detail) for event in events]
    assert told == [("residence.changed", {"is_known": known}) for known in (True, True, False)]


@pytest.mark.parametrize("state", ["ca", "XX", "CAL", "", " CA", 5, ["CA"]])
def test_what_is_no_state_is_refused(
    state: object, client: FlaskClient, person: Callable[..., User], ann: Headers
) -> None:
    person("ann@example.com", "analysis")
    answer = client.patch(ME, json={"state": state}, headers=ann)
    assert answer.status_code == 422
    assert answer.json["errors"][0]["pointer"].startswith("/state")
    assert client.get(ME, headers=ann).json["state"] is None


@pytest.mark.parametrize("body", [{}, {"state": "CA", "city": "Fresno"}])
def test_a_body_says_the_state_and_nothing_else(
    body: dict[str, str], client: FlaskClient, person: Callable[..., User], ann: Headers
) -> None:
    person("ann@example.com", "analysis")
    assert client.patch(ME, json=body, headers=ann).status_code == 422


def test_without_consent_it_can_be_taken_back_and_not_be_said(
    client: FlaskClient, session: Session, person: Callable[..., User], ann: Headers
) -> None:
    user_id = person("ann@example.com").user_id
    assert client.patch(ME, json={"state": "CA"}, headers=ann).status_code == 403
    session.execute(update(User).where(User.user_id == user_id).values(state="CA"))
    session.commit()
    assert client.patch(ME, json={"state": None}, headers=ann).json["state"] is None


def test_there_are_fifty_states_one_district_and_five_territories() -> None:
    assert len(STATES) == 56
    assert {"AS", "GU", "MP", "PR", "VI", "DC"} < STATES.keys()
