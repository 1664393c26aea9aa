from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from spendsense import clock
from spendsense.api.consents import MOST_EVENTS
from spendsense.consent import ledger
from spendsense.pipeline.claims import Job
from spendsense.pipeline.run import run_job
from spendsense.rulebook.load import load_rulebook
from spendsense.store.models import Consent, User
from tests.api.conftest import Headers

CONSENTS = "/api/v1/users/me/consents"
VERSION = load_rulebook().consent_texts["analysis"].version


def agree(client: FlaskClient, headers: Headers, *purposes: str, version: str = VERSION) -> int:
    body = {"purposes": list(purposes), "text_version": version}
    return client.post(CONSENTS, headers=headers, json=body).status_code


def test_before_and_after_a_consent(client: FlaskClient, ann: Headers) -> None:
    before = client.get(CONSENTS, headers=ann).json
    assert before["state"] == {"analysis": False, "offers": False, "analysis_until": None, "offers_until": None}
    assert before["history"] == []
    assert {text["purpose"] for text in before["texts"]} == {"analysis", "offers"}
    assert all(text["text"] and text["version"] == VERSION for text in before["texts"])

    assert agree(client, ann, "analysis") == 201
    after = client.get(CONSENTS, headers=ann).json
    assert (after["state"]["analysis"], after["state"]["offers"]) == (True, False)
    (event,) = after["history"]
    assert (event["purpose"], event["action"], event["method"]) == ("analysis", "grant", "api")
    assert (event["text_version"], event["ip_address"]) == (VERSION, "127.0.0.1")


def test_the_history_ends_however_often_somebody_agrees(
    client: FlaskClient, ann: Headers, person: Callable[..., User], session: Session
) -> None:
    user_id, start = person().user_id, clock.now()
    for number in range(MOST_EVENTS + 1):
        at = start + timedelta(seconds=number)
        ledger.grant(session, user_id, ["analysis"], method="api", text_version=VERSION, at=at)
    session.commit()
    history = client.get(CONSENTS, headers=ann).json["history"]
    assert len(history) == MOST_EVENTS == 200
    moments = [datetime.fromisoformat(event["at"]) for event in history]
    assert (moments[0], moments[-1]) == (start + timedelta(seconds=MOST_EVENTS), start + timedelta(seconds=1))


def test_a_consent_ends_after_a_year(client: FlaskClient, ann: Headers, monkeypatch: pytest.MonkeyPatch) -> None:
    start = clock.now()
    agree(client, ann, "analysis")
    until = datetime.fromisoformat(client.get(CONSENTS, headers=ann).json["state"]["analysis_until"])
    assert timedelta(days=365) <= until - start <= timedelta(days=366, minutes=1)


def test_a_text_that_is_not_in_force_can_not_be_agreed_to(client: FlaskClient, ann: Headers, session: Session) -> None:
    body = {"purposes": ["analysis"], "text_version": "1999-01"}
    refused = client.post(CONSENTS, headers=ann, json=body)
    assert (refused.status_code, refused.json["current_version"]) == (409, VERSION)
    assert session.scalars(select(Consent)).all() == []


def test_the_words_of_a_version_can_be_read(client: FlaskClient, ann: Headers) -> None:
    found = client.get(f"{CONSENTS}/texts/{VERSION}", headers=ann)
    assert (found.status_code, found.json["is_in_force"]) == (200, True)
    assert found.json["texts"] == client.get(CONSENTS, headers=ann).json["texts"]
    assert client.get(f"{CONSENTS}/texts/1999-01", headers=ann).status_code == 404


def test_a_renewal_is_for_a_year_from_now(client: FlaskClient, ann: Headers, session: Session) -> None:
    agree(client, ann, "analysis")
    soon = clock.now() + timedelta(days=5)
    session.execute(update(User).values(analysis_until=soon))
    assert agree(client, ann, "analysis") == 201
    until = datetime.fromisoformat(client.get(CONSENTS, headers=ann).json["state"]["analysis_until"])
    assert until > soon + timedelta(days=355)


def test_notices_are_shown_until_the_renewal(client: FlaskClient, ann: Headers, session: Session) -> None:
    agree(client, ann, "analysis")
    until = clock.now() + timedelta(days=5)
    session.execute(update(User).values(analysis_until=until))
    session.commit()
    run_job(Job.COMPUTE_FEATURES)
    for notices in (
        client.get(CONSENTS, headers=ann).json["notices"],
        client.get("/api/v1/users/me", headers=ann).json["consent"]["notices"],
    ):
        (notice,) = notices
        assert (notice["purpose"], notice["days_before"]) == ("analysis", 7)
        assert datetime.fromisoformat(notice["expires_at"]) == until
    agree(client, ann, "analysis")
    assert client.get("/api/v1/users/me", headers=ann).json["consent"]["notices"] == []


def test_offers_only_with_analysis(client: FlaskClient, ann: Headers) -> None:
    assert agree(client, ann, "offers") == 403
    assert agree(client, ann, "offers", "analysis") == 201


def test_revoking_ends_at_once_and_again_does_no_harm(client: FlaskClient, ann: Headers) -> None:
    agree(client, ann, "analysis", "offers")
    assert client.get("/api/v1/users/me/accounts", headers=ann).status_code == 200
    for _ in range(2):
        revoked = client.delete(f"{CONSENTS}/analysis", headers=ann)
        assert revoked.status_code == 200
        assert (revoked.json["state"]["analysis"], revoked.json["state"]["offers"]) == (False, False)
        assert client.get("/api/v1/users/me/accounts", headers=ann).status_code == 403
    actions = [event["action"] for event in client.get(CONSENTS, headers=ann).json["history"]]
    assert actions.count("grant") == 2
    assert "revoke" in actions


def test_revoking_offers_leaves_the_analysis(client: FlaskClient, ann: Headers) -> None:
    agree(client, ann, "analysis", "offers")
    state = client.delete(f"{CONSENTS}/offers", headers=ann).json["state"]
    assert (state["analysis"], state["offers"]) == (True, False)


def test_an_unknown_purpose_is_not_found(client: FlaskClient, ann: Headers) -> None:
    assert client.delete(f"{CONSENTS}/sale", headers=ann).status_code == 404


def test_the_profile_shows_data_only_under_consent(
    client: FlaskClient, ann: Headers, person: Callable[..., User]
) -> None:
    person("ann@example.com")
    profile = client.get("/api/v1/users/me", headers=ann).json
    assert (profile["email"], profile["data"]) == ("ann@example.com", None)
    agree(client, ann, "analysis")
    assert client.get("/api/v1/users/me", headers=ann).json["data"]["account_count"] == 0


def test_a_caller_without_an_address_may_agree(client: FlaskClient, ann: Headers) -> None:
    body = {"purposes": ["analysis"], "text_version": VERSION}
    answer = client.post(CONSENTS, headers=ann, json=body, environ_overrides={"REMOTE_ADDR": ""})
    assert answer.status_code == 201
    assert client.get(CONSENTS, headers=ann).json["history"][0]["ip_address"] is None


def test_times_are_in_utc(client: FlaskClient, ann: Headers) -> None:
    created = datetime.fromisoformat(client.get("/api/v1/users/me", headers=ann).json["created_at"])
    assert created.utcoffset() == UTC.utcoffset(None)
