"""All that is kept of a person, to take along: whole, packed, and without what is not shown to them."""

import gzip
import json
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import jsonschema_rs
import msgspec
import pytest
from flask.testing import FlaskClient
from sqlalchemy import insert, select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Session

from spendsense import clock
from spendsense.consent import export
from spendsense.consent.rights import personal_tables
from spendsense.local.demo_people import PEOPLE, payload_of
from spendsense.store.models import Recommendation, RecommendationEvent, Trace, Transaction, User
from tests.api.conftest import Headers, Pool
from tests.api.rows import TODAY, add_account, add_recommendation, add_transaction
from tests.api.test_chain import payload
from tests.api.test_corrections import correct

ME = "/api/v1/users/me"
OPERATOR = "/api/v1/operator"
LARGEST = 6 * 1024 * 1024  # of an answer of Lambda's
TEXTS = ("title", "rationale", "content", "disclosure", "persona", "status_reason", "rulebook_version")


def add_many(session: Session, user: User, rows: int) -> None:
    """Transactions as long as a bank sends them."""
    add_account(session, user)
    add_transaction(session, user, "t00000")
    session.flush()
    known = session.get_one(Transaction, (user.user_id, "t00000"))
    like = {column.name: getattr(known, column.name) for column in Transaction.__table__.columns}
    like |= {
        "purpose": 0,
        "merchant_name": "Corner Bakery",
        "merchant_entity_id": "m" * 37,
        "payment_channel": "online",
    }
    like |= {"category_primary": "FOOD_AND_DRINK", "category_detailed": "FOOD_AND_DRINK_GROCERIES"}
    many = [
        {**like, "transaction_id": f"t{number:05}" + "x" * 31, "date": TODAY - timedelta(days=number % 700)}
        for number in range(1, rows)
    ]
    session.execute(insert(Transaction), many)
    session.commit()


@pytest.fixture
def check(client: FlaskClient) -> Callable[[Any], None]:
    """Holds a document against the schema that the OpenAPI document has of it."""
    components = client.get("/api/v1/openapi.json").json["components"]

    def hold(document: Any) -> None:
        jsonschema_rs.validate({"$ref": "#/components/schemas/Export", "components": components}, document)

    return hold


def test_a_persons_whole_story_fits_the_schema(
    client: FlaskClient, ann: Headers, person: Callable[..., User], check: Callable[[Any], None]
) -> None:
    person("ann@example.com", "analysis", "offers")
    client.post(f"{ME}/uploads", json=payload(), headers=ann)
    correct(client, ann, {"primary": "TRAVEL"})
    document = client.get(f"{ME}/export", headers=ann).json
    check(document)
    tables = document["tables"]
    assert set(tables) == {*(table.name for table in personal_tables()), "audit_events"}
    filled = {name for name, rows in tables.items() if rows}
    assert {"users", "consents", "transactions", "corrections", "signals", "recommendations", "traces"} <= filled
    assert tables["corrections"][0]["category_primary"] == "TRAVEL"
    assert tables["audit_events"][0]["event"] == "transaction.recategorised"
    assert "audit_subject" not in tables["users"][0]


@pytest.fixture
def document_of_ada(client: FlaskClient, ann: Headers, pool: Pool, person: Callable[..., User]) -> dict[str, Any]:
    """The export of a demo person of two years who has said and done all there is, and about whom the bank has too."""
    user = person("ann@example.com", "analysis", "offers")
    ada = msgspec.json.decode(payload_of(PEOPLE[0], clock.today()))
    assert client.post(f"{ME}/uploads", json=ada, headers=ann).status_code == 201
    assert client.post(f"{ME}/uploads", json={"added": [{"transaction_id": "x"}]}, headers=ann).status_code == 422
    shown = client.get(f"{ME}/recommendations", headers=ann).json["data"]
    first, second = (item["id"] for item in shown["education"][:2])
    of_operator = pool.bearer("olga@bank.example", "operators")
    flag = {"reason_code": "person_asked", "note": "called"}
    unsuitable = {"reason_code": "unsuitable", "replacement": "scam-signs"}
    stream = client.get(f"{ME}/streams", headers=ann).json["data"][0]["stream_id"]
    row = client.get(f"{ME}/transactions?limit=1", headers=ann).json["data"][0]["transaction_id"]
    answers = [
        client.post(f"{ME}/recommendations/{first}/feedback", json={"verdict": "helpful"}, headers=ann),
        client.post(f"{ME}/recommendations/{second}/feedback", json={"verdict": "dismissed"}, headers=ann),
        client.patch(ME, json={"state": "OR"}, headers=ann),
        client.patch(f"{ME}/streams/{stream}", json={"name": "Mine"}, headers=ann),
        correct(client, ann, {"primary": "TRAVEL"}, row),
        client.post(f"{OPERATOR}/users/{user.user_id}/flag", json=flag, headers=of_operator),
    ]
    still = client.get(f"{ME}/recommendations", headers=ann).json["data"]["education"][0]["id"]
    answers.append(client.post(f"{OPERATOR}/recommendations/{still}/override", json=unsuitable, headers=of_operator))
    assert {answer.status_code for answer in answers} <= {200, 201}, [answer.text for answer in answers]
    found: dict[str, Any] = client.get(f"{ME}/export", headers=ann).json
    return found


JSON_COLUMNS = [
    (table.name, column.name)
    for table in export.tables()
    for column in export.columns_of(table)
    if isinstance(column.type, JSONB)
]


def test_a_demo_person_with_everything_fits_the_schema(
    document_of_ada: dict[str, Any], check: Callable[[Any], None]
) -> None:
    check(document_of_ada)
    tables = document_of_ada["tables"]
    for table, column in JSON_COLUMNS:
        assert any(row[column] for row in tables[table]), (table, column)
    assert {event["event"] for event in tables["audit_events"]} >= {"operator.flag", "stream.chosen"}
    assert {trace["trace"]["item"]["kind"] for trace in tables["traces"]} == {"education", "offer"}
    assert any(trace["trace"]["replaced"] for trace in tables["traces"])


def test_every_member_of_a_trace_is_described(client: FlaskClient, document_of_ada: dict[str, Any]) -> None:
    components = client.get("/api/v1/openapi.json").json["components"]
    noted = [schema for name, schema in components["schemas"].items() if name.startswith("Traced")]
    for schema in noted:
        schema |= {"additionalProperties": False, "required": list(schema["properties"])}
    traced = jsonschema_rs.validator_for({"$ref": "#/components/schemas/Traced", "components": components})
    assert len(noted) > 10
    for row in document_of_ada["tables"]["traces"]:
        assert [error.message for error in traced.iter_errors(row["trace"])] == []


@pytest.mark.parametrize(("table", "column"), JSON_COLUMNS)
def test_a_json_column_says_what_stands_in_it(client: FlaskClient, table: str, column: str) -> None:
    schemas = client.get("/api/v1/openapi.json").json["components"]["schemas"]
    name = "Exported" + "".join(word.capitalize() for word in table.split("_"))
    found = schemas[name]["properties"][column]
    assert "$ref" in found or found["type"] == "object" or "$ref" in found["items"]
    open_ended = [value for value in (found, found.get("items")) if value and value.get("additionalProperties") == {}]
    assert all("description" in value for value in open_ended)


@pytest.mark.parametrize(
    ("table", "column", "wrong"),
    [
        ("traces", "trace", {"item": {"position": "first"}}),
        ("traces", "trace", {"decision": {"signals": {"credit": {"card_count": "many"}}}}),
        ("personas", "criteria", [{"persona": "savings_builder"}]),
        ("persona_history", "criteria", {}),
        ("streams", "price_changes", [{"on": "2026-05-01", "old_cents": 999}]),
        ("uploads", "counts", {"accounts": "two"}),
        ("uploads", "rejects", [{"pointer": 1, "detail": "no text"}]),
        ("audit_events", "detail", []),
    ],
)
def test_the_schema_refuses_another_shape_in_a_json_column(
    document_of_ada: dict[str, Any], check: Callable[[Any], None], table: str, column: str, wrong: Any
) -> None:
    document_of_ada["tables"][table][0][column] = wrong
    with pytest.raises(jsonschema_rs.ValidationError):
        check(document_of_ada)


def test_the_schema_refuses_what_it_does_not_describe(
    client: FlaskClient, ann: Headers, person: Callable[..., User], check: Callable[[Any], None]
) -> None:
    person("ann@example.com")
    document = client.get(f"{ME}/export", headers=ann).json
    for changed in (
        {**document, "tables": {**document["tables"], "secrets": []}},
        {**document, "tables": {**document["tables"], "users": [{**document["tables"]["users"][0], "shoe_size": 1}]}},
        {**document, "tables": {**document["tables"], "users": [{}]}},
    ):
        with pytest.raises(jsonschema_rs.ValidationError):
            check(changed)


def test_it_is_packed_for_who_takes_that(client: FlaskClient, ann: Headers, person: Callable[..., User]) -> None:
    person("ann@example.com")
    plain = client.get(f"{ME}/export", headers=ann)
    packed = client.get(f"{ME}/export", headers={**ann, "Accept-Encoding": "br, gzip"})
    assert "Content-Encoding" not in plain.headers
    assert packed.headers["Content-Encoding"] == "gzip"
    assert json.loads(gzip.decompress(packed.data))["tables"] == plain.json["tables"]
    assert len(packed.data) < len(plain.data) / 2


def test_ten_thousand_transactions_come_in_two_seconds_and_in_parts(
    client: FlaskClient,
    ann: Headers,
    person: Callable[..., User],
    session: Session,
    check: Callable[[Any], None],
) -> None:
    user = person("ann@example.com", "analysis")
    add_many(session, user, 10_000)
    headers = {**ann, "Accept-Encoding": "gzip"}
    seconds = []
    for _ in range(3):  # the fastest counts: others may use the machine
        began = time.perf_counter()
        whole = json.loads(gzip.decompress(client.get(f"{ME}/export", headers=headers).data))
        answers = [client.get(f"{ME}/export/parts/{part['part']}", headers=headers) for part in whole["parts"]]
        seconds.append(time.perf_counter() - began)
    assert min(seconds) <= 2
    assert len(answers) > 1
    documents = [gzip.decompress(answer.data) for answer in answers]
    assert all(len(document) < LARGEST for document in documents)
    check(whole)
    parts = [json.loads(document) for document in documents]
    ids = [row["transaction_id"] for part in parts for row in part["tables"].get("transactions", [])]
    stored = select(Transaction.transaction_id).where(Transaction.user_id == user.user_id)
    assert ids == list(session.scalars(stored.order_by(Transaction.transaction_id)))
    for part, listed in zip(parts, whole["parts"], strict=True):
        check(part)
        assert sum(map(len, part["tables"].values())) == listed["rows"]


@pytest.mark.parametrize(
    ("changes", "is_shown"),
    [
        ({}, True),
        ({"status": "held"}, False),
        ({"status": "pending_approval"}, False),
        ({"status": "superseded"}, False),
        ({"status": "rejected"}, False),
        ({"status": "overridden"}, False),
        ({"status": "dismissed"}, False),
        ({"expires_on": clock.today()}, False),
        ({"kind": "offer"}, False),  # without consent to offers
    ],
)
def test_only_what_is_shown_has_its_texts_and_trace(
    client: FlaskClient,
    ann: Headers,
    person: Callable[..., User],
    session: Session,
    check: Callable[[Any], None],
    changes: dict[str, Any],
    is_shown: bool,
) -> None:
    user = person("ann@example.com", "analysis")
    item = add_recommendation(session, user, status_reason="tone: a SECRET phrase", **changes)
    trace = session.get_one(Trace, (user.user_id, item))
    trace.trace = {**trace.trace, "why": "a SECRET figure"}
    happened = {"at": clock.now(), "actor": "job", "to_status": "active", "reason_code": "chosen", "detail": "SECRET"}
    session.add(RecommendationEvent(user_id=user.user_id, recommendation_id=item, **happened))
    session.commit()
    document = client.get(f"{ME}/export", headers=ann).json
    check(document)
    (found,) = document["tables"]["recommendations"]
    assert found["recommendation_id"] == str(item)
    assert found["status"] == changes.get("status", "active")
    assert (found["item_id"], found["created_at"] is not None) == ("utilization-basics", True)
    assert [found[name] is not None for name in TEXTS] == [is_shown] * len(TEXTS)
    assert ("SECRET" in json.dumps(document)) == is_shown
    for hanging in ("traces", "recommendation_events"):
        assert len(document["tables"][hanging]) == int(is_shown), hanging


def test_what_is_exported_with_its_text_is_what_is_listed(
    client: FlaskClient, ann: Headers, person: Callable[..., User], session: Session
) -> None:
    person("ann@example.com", "analysis", "offers")
    client.post(f"{ME}/uploads", json=payload(), headers=ann)
    held = session.scalars(select(Recommendation).where(Recommendation.status == "active")).first()
    assert held is not None
    held.status = "held"
    session.commit()
    listed = client.get(f"{ME}/recommendations", headers=ann).json["data"]
    exported = client.get(f"{ME}/export", headers=ann).json["tables"]["recommendations"]
    with_text = {row["recommendation_id"] for row in exported if row["content"] is not None}
    assert with_text == {item["id"] for items in listed.values() for item in items}
    assert len(exported) > len(with_text) > 0
