"""The audit as operators and auditors see it: filtered, page by page, as CSV, and verified."""

import csv
import io
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import jsonschema_rs
import pytest
from flask.testing import FlaskClient
from sqlalchemy import text
from sqlalchemy.orm import Session

from spendsense.api import audit as api_audit
from spendsense.api.pagination import encode_mark
from spendsense.audit import anchors, chain
from spendsense.consent.rights import erase
from spendsense.store import audit
from spendsense.store.models import AuditEvent, User
from tests.api.conftest import Headers, Pool

AUDIT = "/api/v1/operator/audit"
AT = datetime(2026, 11, 24, 23, 59, 59, 999_999, UTC)
SUB = str(uuid4())


@pytest.fixture
def axel(pool: Pool) -> Headers:
    """The headers of an auditor."""
    return pool.bearer("axel@example.com", "auditors")


@pytest.fixture
def ann_user(person: Callable[..., User], session: Session) -> User:
    """Ann with records 1 … 5, a second apart at the end of a day, and one of somebody else at its beginning."""
    ann, bob = person("ann@example.com"), person("bob@example.com")
    session.execute(text("SET CONSTRAINTS ALL IMMEDIATE"))  # linked at once: a test's transaction never commits
    for number in range(1, 6):
        actor = f"operator:{SUB}" if number == 5 else "person"
        at = AT + timedelta(seconds=number - 3)
        audit.record(session, ann.user_id, f"event.{number}", actor=actor, at=at, detail={"number": number})
    audit.record(session, bob.user_id, "event.1", actor="job", at=AT - timedelta(days=1), detail={})
    session.commit()
    return ann


def events(answer: Any) -> list[str]:
    assert answer.status_code == 200, answer.json
    return [row["event"] for row in answer.json["data"]]


def test_records_are_shown_newest_first_with_their_place(
    client: FlaskClient, ann_user: User, axel: Headers, session: Session
) -> None:
    answer = client.get(AUDIT, headers=axel)
    assert events(answer) == ["event.1", "event.5", "event.4", "event.3", "event.2", "event.1"]
    row = answer.json["data"][2]
    head, last_event_id = chain.head(session)
    assert answer.json["data"][0]["event_id"] == last_event_id
    assert answer.json["data"][0]["hash"] == head.hash.hex()
    assert row["position"] == head.position - 2
    assert row["user_id"] == str(ann_user.user_id)
    assert row["subject"] == str(ann_user.audit_subject)
    assert (row["at"], row["actor"], row["detail"]) == ("2026-11-25T00:00:00.999999+00:00", "person", {"number": 4})


def test_operators_see_the_same(client: FlaskClient, ann_user: User, axel: Headers, pool: Pool) -> None:
    olga = pool.bearer("olga@example.com", "operators")
    assert client.get(AUDIT, headers=olga).json == client.get(AUDIT, headers=axel).json


@pytest.mark.parametrize(
    ("query", "numbers"),
    [
        ({"from": "2026-11-25"}, [5, 4]),  # 23:59:59.999999 is the last moment of the 24th
        ({"to": "2026-11-24", "from": "2026-11-24"}, [3, 2, 1]),
        ({"to": "2026-11-23"}, []),
        ({"to": "9999-12-31", "from": "0001-01-01"}, [5, 4, 3, 2, 1]),
        ({"event": "event.2"}, [2]),
        ({"event": "event"}, []),
        ({"actor": "person"}, [4, 3, 2, 1]),
        ({"actor": f"operator:{SUB}"}, [5]),
        ({"actor": audit.pseudonym(f"operator:{SUB}")}, [5]),
        ({"actor": "operator:"}, []),
        ({"actor": "person", "event": "event.5"}, []),
    ],
)
def test_filters(query: dict[str, str], numbers: list[int], client: FlaskClient, ann_user: User, axel: Headers) -> None:
    answer = client.get(AUDIT, headers=axel, query_string={"user_id": ann_user.user_id, **query})
    assert events(answer) == [f"event.{number}" for number in numbers]


def test_who_is_erased_is_found_by_nobody(client: FlaskClient, ann_user: User, axel: Headers, session: Session) -> None:
    user_id = ann_user.user_id
    erase(session, user_id, AT)
    session.commit()
    assert events(client.get(AUDIT, headers=axel, query_string={"user_id": user_id})) == []
    shown = client.get(AUDIT, headers=axel).json["data"]
    assert [row["user_id"] for row in shown if row["event"] == "event.4"] == [None]
    assert str(user_id) not in str(shown)
    assert chain.verify(session).is_intact


def test_pages_hold_each_record_once(client: FlaskClient, ann_user: User, axel: Headers) -> None:
    found: list[str] = []
    after: dict[str, str] = {}
    while True:
        answer = client.get(AUDIT, headers=axel, query_string={"limit": 2, **after})
        found += events(answer)
        if answer.json["next"] is None:
            break
        after = {"after": answer.json["next"]}
    assert found == events(client.get(AUDIT, headers=axel))


@pytest.mark.parametrize(
    "query",
    [
        {"after": "nonsense"},
        {"after": "WyLCsiJd"},  # ["²"]
        {"after": "WyIxIiwgIjIiXQ"},  # ["1", "2"]
        {"limit": 501},
        {"limit": 0},
        {"from": "2026-11-25", "to": "2026-11-24"},
        {"from": "yesterday"},
        {"user_id": "1"},
        {"format": "xml"},
        {"actor": "a\nb"},
        {"subject": "x"},
    ],
)
def test_a_bad_query_is_refused(query: dict[str, str], client: FlaskClient, axel: Headers) -> None:
    assert client.get(AUDIT, headers=axel, query_string=query).status_code == 422


def test_it_is_no_business_of_consumers(client: FlaskClient, ann: Headers) -> None:
    for path in (AUDIT, f"{AUDIT}/verification"):
        assert client.get(path, headers=ann).status_code == 403
        assert client.get(path).status_code == 401


# --- CSV -------------------------------------------------------------------------------------------------------------


def rows_of(answer: Any) -> list[dict[str, str]]:
    assert answer.status_code == 200
    assert answer.mimetype == "text/csv"
    return list(csv.DictReader(io.StringIO(answer.data.decode(), newline="")))


@pytest.mark.parametrize(
    ("headers", "query", "is_csv"),
    [
        ({}, {}, False),
        ({"Accept": "*/*"}, {}, False),
        ({"Accept": "text/csv"}, {}, True),
        ({"Accept": "text/csv;q=0.5, application/json"}, {}, False),
        ({"Accept": "text/csv"}, {"format": "json"}, False),
        ({"Accept": "application/json"}, {"format": "csv"}, True),
        ({"Accept": "image/png"}, {}, False),
    ],
)
def test_csv_is_for_who_asks_for_it(
    headers: Headers, query: dict[str, str], is_csv: bool, client: FlaskClient, ann_user: User, axel: Headers
) -> None:
    answer = client.get(AUDIT, headers={**axel, **headers}, query_string=query)
    assert (answer.mimetype == "text/csv") == is_csv


def test_csv_has_the_same_records(client: FlaskClient, ann_user: User, axel: Headers) -> None:
    shown = client.get(AUDIT, headers=axel).json["data"]
    answer = client.get(AUDIT, headers=axel, query_string={"format": "csv", "limit": 1})
    table = rows_of(answer)
    assert [row["hash"] for row in table] == [row["hash"] for row in shown]
    assert list(table[0]) == list(api_audit.COLUMNS)
    assert (table[1]["detail"], table[1]["at"]) == ('{"number": 5}', "2026-11-25T00:00:01.999999+00:00")
    assert "attachment" in answer.headers["Content-Disposition"]
    assert "Link" not in answer.headers


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_what_a_spreadsheet_would_run_is_defused(
    start: str, client: FlaskClient, axel: Headers, session: Session
) -> None:
    cell = f'{start}HYPERLINK("https://evil.example";"a, b")'
    session.add(AuditEvent(at=AT, actor=cell, event=cell, detail={"=1+1": "=1"}))
    session.commit()
    (row,) = rows_of(client.get(AUDIT, headers=axel, query_string={"format": "csv"}))
    assert row["actor"] == row["event"] == "'" + cell
    assert row["detail"] == '{"=1+1": "=1"}'  # begins with a bracket
    assert (row["user_id"], row["subject"]) == ("", "")


def test_long_csv_goes_on_at_a_link(
    client: FlaskClient, ann_user: User, axel: Headers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(api_audit, "CSV_ROWS", 2)
    address = f"{AUDIT}?user_id={ann_user.user_id}&actor=person&from=2026-11-24&format=csv"
    numbers: list[str] = []
    answer = client.get(address, headers=axel)
    while True:
        numbers += [row["event"] for row in rows_of(answer)]
        if "Link" not in answer.headers:
            break
        assert answer.headers["Link"].endswith('>; rel="next"')
        answer = client.get(AUDIT + answer.headers["Link"][1:].partition(">")[0], headers=axel)
    assert numbers == ["event.4", "event.3", "event.2", "event.1"]


# --- verification ----------------------------------------------------------------------------------------------------


def verified(client: FlaskClient, headers: Headers, **query: str) -> dict[str, Any]:
    answer = client.get(f"{AUDIT}/verification", headers=headers, query_string=query)
    assert answer.status_code == 200
    body: dict[str, Any] = answer.json
    components = client.get("/api/v1/openapi.json").json["components"]
    jsonschema_rs.validate({"$ref": "#/components/schemas/VerificationSeen", "components": components}, body)
    return body


def test_it_verifies_and_goes_on_with_what_is_new(
    client: FlaskClient, ann_user: User, axel: Headers, session: Session
) -> None:
    place, last_event_id = chain.head(session)
    anchors.keep(session, anchors.sign(place.position, last_event_id, place.hash, AT, bytes(32)))
    session.commit()
    first = verified(client, axel)
    assert (first["is_intact"], first["is_whole"], first["last_position"]) == (True, True, place.position)
    assert (first["head"], first["anchors"], first["fault"]) == (place.hash.hex(), 1, None)
    audit.record(session, ann_user.user_id, "new", actor="person", at=AT, detail={})
    session.commit()
    later = verified(client, axel, after=first["next"])
    assert (later["after_position"], later["last_position"]) == (place.position, place.position + 1)
    assert later["is_intact"]
    lost = encode_mark([str(place.position), "00" * 32])
    assert verified(client, axel, after=lost)["fault"]["kind"] == "anchor differs"


def test_it_names_the_first_bad_record(client: FlaskClient, ann_user: User, axel: Headers, session: Session) -> None:
    place, last_event_id = chain.head(session)
    session.execute(text("ALTER TABLE audit_events DISABLE TRIGGER audit_events_append_only"))
    session.execute(text("UPDATE audit_events SET actor = 'job' WHERE event_id = :id"), {"id": last_event_id - 1})
    session.commit()
    answer = verified(client, axel)
    assert (answer["is_intact"], answer["is_whole"], answer["next"]) == (False, True, None)
    assert (answer["fault"]["kind"], answer["fault"]["event_id"]) == ("record changed", last_event_id - 1)
    assert answer["last_position"] == place.position - 2


def test_it_stops_in_time_and_goes_on(
    client: FlaskClient, ann_user: User, axel: Headers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(api_audit, "VERIFIES_FOR_SECONDS", -1)
    monkeypatch.setattr(chain, "LINKS_AT_ONCE", 4)
    first = verified(client, axel)
    assert (first["is_intact"], first["is_whole"], first["last_position"]) == (True, False, 4)
    rest = verified(client, axel, after=first["next"])
    assert (rest["is_intact"], rest["is_whole"], rest["last_position"]) == (True, True, 6)


@pytest.mark.parametrize("after", ["nonsense", "WyIxIiwgIjAwIl0", "WyJ4IiwgIngiXQ"])  # ["1", "00"], ["x", "x"]
def test_a_place_that_no_verification_gave_is_refused(after: str, client: FlaskClient, axel: Headers) -> None:
    answer = client.get(f"{AUDIT}/verification", headers=axel, query_string={"after": after})
    assert answer.status_code == 422
