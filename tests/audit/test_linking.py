"""Records are linked when their transaction commits, without holding anybody up, and nothing of them can be changed."""

import hashlib
import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import psycopg2
import psycopg2.errors
import pytest
import sqlalchemy as sa
from flask import Flask

from spendsense.audit import anchors, chain
from spendsense.store import audit
from spendsense.store.models import AuditEvent, AuditLink, User
from spendsense.store.session import db, transaction
from tests.audit.conftest import Attacker, fill
from tests.databases import two_logins

AT = datetime(2026, 11, 24, 1, 2, 3, 4_005, UTC)


@pytest.fixture
def ann(app: Flask) -> User:
    with transaction() as session:
        user = User(email="ann@example.com")
        session.add(user)
    return user


def linked() -> list[tuple[int, int, bytes]]:
    with transaction() as session:
        found = sa.select(AuditLink.position, AuditLink.event_id, AuditLink.hash).order_by(AuditLink.position)
        return [tuple(row) for row in session.execute(found)]


def intact() -> bool:
    with transaction() as session:
        return chain.verify(session).is_intact


def test_the_form_is_the_one_that_is_described(ann: User) -> None:
    """Hashed by hand, from the description alone."""
    with transaction() as session:
        audit.record(session, ann.user_id, "first", actor="person", at=AT, detail={"b": 'ä"\\\n', "aa": [1, 2.50]})
    with db.engine.begin() as connection:
        connection.exec_driver_sql(
            "INSERT INTO audit_events (at, actor, event, detail) VALUES ('1999-12-31T23:00:00-02', 'job', '', '{}')"
        )
    first = f"1\n{ann.audit_subject}\n2026-11-24T01:02:03.004005Z\nperson\nfirst\n" + (
        '{"b": "ä\\"\\\\\\n", "aa": [1, 2.5]}'  # jsonb has shorter keys first
    )
    second = "2\n\n2000-01-01T01:00:00.000000Z\njob\n\n{}"
    one = hashlib.sha256(bytes(32) + first.encode()).digest()
    two = hashlib.sha256(one + second.encode()).digest()
    assert linked() == [(1, 1, one), (2, 2, two)]
    assert intact()


def test_records_are_linked_in_the_order_of_their_commits(app: Flask) -> None:
    insert = sa.insert(AuditEvent).values(at=AT, actor="job", event="x", detail={})
    with db.engine.connect() as early, db.engine.connect() as late:
        early.execute(insert)  # number 1
        late.execute(insert)  # number 2, and nobody waits for anybody
        assert linked() == []
        late.commit()
        early.execute(insert)  # number 3
        early.commit()
    assert [event_id for _, event_id, _ in linked()] == [2, 1, 3]
    assert intact()


def test_what_is_rolled_back_leaves_no_gap(ann: User) -> None:
    def record(event: str) -> None:
        with transaction() as session:
            audit.record(session, ann.user_id, event, actor="person", at=AT, detail={})
            if event == "not":
                raise KeyError(event)

    record("one")
    with pytest.raises(KeyError):
        record("not")
    record("two")
    assert [(position, event_id) for position, event_id, _ in linked()] == [(1, 1), (2, 3)]
    assert intact()


def test_many_at_once_make_one_chain(app: Flask) -> None:
    """Four threads, each with transactions of one record and of hundreds."""
    start = threading.Barrier(4)
    sizes = [1, 200, 1, 50, 300, 1] * 2

    def work(_number: int) -> None:
        start.wait()
        for size in sizes:
            with app.app_context():
                fill(size)

    began = time.perf_counter()
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(4)))
    assert time.perf_counter() - began < 20
    assert [position for position, _, _ in linked()] == list(range(1, 4 * sum(sizes) + 1))
    assert intact()


def test_nobody_waits_for_a_transaction_that_has_recorded_and_works_on(app: Flask) -> None:
    insert = sa.insert(AuditEvent).values(at=AT, actor="job", event="x", detail={})
    with db.engine.connect() as slow, db.engine.connect() as quick:
        slow.execute(insert)
        quick.exec_driver_sql("SET lock_timeout = '2s'")
        quick.execute(insert)
        quick.commit()  # would be refused after two seconds if `slow` held the chain
        slow.commit()
    assert len(linked()) == 2


# --- append-only -----------------------------------------------------------------------------------------------------


CHANGES = {
    "audit_events": ["UPDATE audit_events SET event = 'x'", "DELETE FROM audit_events", "TRUNCATE audit_events"],
    "audit_links": ["UPDATE audit_links SET position = 2", "DELETE FROM audit_links", "TRUNCATE audit_links"],
    "audit_anchors": ["UPDATE audit_anchors SET count = 2", "DELETE FROM audit_anchors", "TRUNCATE audit_anchors"],
}


@pytest.mark.parametrize("statement", [statement for several in CHANGES.values() for statement in several])
def test_changes_are_refused_even_for_who_owns_the_tables(statement: str, app: Flask) -> None:
    fill(3)
    with pytest.raises(sa.exc.ProgrammingError, match="is append-only") as refused, db.engine.begin() as connection:
        connection.exec_driver_sql(statement)
    assert isinstance(refused.value.orig, psycopg2.errors.InsufficientPrivilege)
    assert intact()
    assert len(linked()) == 3


def test_an_upsert_is_a_change(app: Flask) -> None:
    fill(1)
    with pytest.raises(sa.exc.ProgrammingError, match="is append-only"), db.engine.begin() as connection:
        connection.exec_driver_sql(
            "INSERT INTO audit_events (event_id, at, actor, event, detail) OVERRIDING SYSTEM VALUE "
            "VALUES (1, now(), 'job', 'x', '{}') ON CONFLICT (event_id) DO UPDATE SET event = 'x'"
        )


@pytest.mark.parametrize("column", ["actor", "event"])
def test_a_line_feed_has_no_place_in_an_actor_or_an_event(column: str, app: Flask) -> None:
    values: dict[str, Any] = {"at": AT, "actor": "job", "event": "x", "detail": {}, column: "a\nb"}
    with pytest.raises(sa.exc.IntegrityError, match="one_line"), db.engine.begin() as connection:
        connection.execute(sa.insert(AuditEvent).values(**values))


@pytest.mark.parametrize("role", ["spendsense_operator", "spendsense_job"])
def test_a_login_that_only_serves_appends_and_links_nothing_by_itself(role: str, app: Flask) -> None:
    """No role may write links: the database does so in the owner's name."""
    url = app.config["SQLALCHEMY_DATABASE_URI"]
    with two_logins(url) as login:
        Attacker(url).run(f"GRANT {role} TO {login['username']}")
        place = {name: login[name] for name in ("host", "port", "dbname", "password")}
        serving = psycopg2.connect(user=login["username"], **place)
        with serving, serving.cursor() as cursor:
            cursor.execute(f"SET ROLE {role}")
            cursor.execute("INSERT INTO audit_events (at, actor, event, detail) VALUES (now(), 'job', 'x', '{}')")
        for refused in (
            "INSERT INTO audit_links VALUES (2, 2, sha256('x'))",
            "SELECT append_audit_link(record) FROM audit_events AS record",
            "UPDATE audit_events SET event = 'y'",
            "TRUNCATE audit_events",
            "ALTER TABLE audit_events DISABLE TRIGGER ALL",
        ):
            with pytest.raises(psycopg2.errors.InsufficientPrivilege), serving, serving.cursor() as cursor:
                cursor.execute(refused)
        serving.close()
        assert len(linked()) == 1
        assert intact()


# --- who and what ----------------------------------------------------------------------------------------------------


def test_an_operator_is_known_by_a_pseudonym(ann: User) -> None:
    sub = str(uuid4())
    with transaction() as session:
        for actor in ("person", f"operator:{sub}"):
            audit.record(session, ann.user_id, "x", actor=actor, at=AT, detail={})
        audit.record_last(session, ann.audit_subject, "y", actor=f"operator:{sub}", at=AT, detail={})
    with transaction() as session:
        first, second, third = session.scalars(sa.select(AuditEvent.actor).order_by(AuditEvent.event_id))
    assert first == "person"
    assert second == third == audit.pseudonym(f"operator:{sub}")
    assert sub not in second
    assert len(second) == len("operator:") + 32
    assert audit.pseudonym(f"operator:{uuid4()}") != second


# --- anchors ---------------------------------------------------------------------------------------------------------


KEY = bytes(range(32))
ANCHOR = anchors.sign(12, 34, bytes(range(32, 64)), AT, KEY)


def test_an_anchor_is_read_as_it_was_written() -> None:
    written = anchors.encode(ANCHOR)
    assert anchors.decode(written) == ANCHOR
    assert anchors.decode(written).is_signed_by(anchors.public_key_of(KEY))
    assert json.loads(written)["count"] == 12


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("count", 13),
        ("last_event_id", 35),
        ("head", "00" * 32),
        ("made_at", "2026-11-24T01:02:03.004006+00:00"),
        ("signature", "00" * 64),
        ("signature", ""),
    ],
)
def test_a_changed_anchor_has_no_good_signature(member: str, value: Any) -> None:
    content = {**json.loads(anchors.encode(ANCHOR)), member: value}
    assert not anchors.decode(json.dumps(content).encode()).is_signed_by(anchors.public_key_of(KEY))


def test_an_anchor_can_not_vouch_for_itself() -> None:
    """Signed with another key, which it names."""
    other = anchors.sign(12, 34, ANCHOR.head, AT, bytes(32))
    assert other.is_signed_by(other.public_key)
    assert not other.is_signed_by(anchors.public_key_of(KEY))
    assert not ANCHOR.is_signed_by(b"no key")
