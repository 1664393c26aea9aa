"""How PostgreSQL finds what operators and auditors read: a page from an index of its order, never all there is."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from typing import Any

import psycopg2.extensions
import pytest
from sqlalchemy import Connection, event
from sqlalchemy.orm import Session

from spendsense import clock
from spendsense.audit.records import Wanted, chosen
from spendsense.operators import counting, review
from spendsense.operators.people import NEVER, Search, find_people
from spendsense.operators.review import Place, queue
from spendsense.rulebook.load import load_rulebook
from spendsense.store.identity import DatabaseRole
from spendsense.store.models import User
from spendsense.store.session import raw_cursor
from tests.api.rows import add_recommendation, add_signals

PEOPLE, RECORDS, LIMIT = 4_000, 30_000, 20
BIG = ("users", "personas", "persona_history", "signals", "recommendations", "audit_events", "audit_links")
BOOK = load_rulebook()
FIRST, LAST = "00000000-0000-0000-0000-000000000000", "ffffffff-ffff-ffff-ffff-ffffffffffff"

# All but the first tenth agree; one in a hundred is flagged, and one in ten has something that waits.
CROWD = f"""
INSERT INTO users (user_id, email, analysis_until, offers_until)
SELECT md5(n::text)::uuid, md5(n::text) || '@bank.example',
    CASE WHEN n > {PEOPLE // 10} THEN 'infinity'::timestamptz END,
    CASE WHEN n % 2 = 0 THEN 'infinity'::timestamptz END
FROM generate_series(1, {PEOPLE}) AS n;
INSERT INTO progress (user_id) SELECT user_id FROM users;
INSERT INTO flags (user_id, action_id, reason_code, flagged_at)
SELECT md5(n::text)::uuid, gen_random_uuid(), 'complaint', now() FROM generate_series(1, {PEOPLE}, 100) AS n;
INSERT INTO personas (user_id, window_days, persona, reason, criteria, rulebook_version, as_of)
SELECT md5(n::text)::uuid, days, CASE WHEN n = 4000 THEN 'fee_pressured' ELSE 'high_utilization' END, 'criteria',
    jsonb_build_array(repeat('criterion ', 100)), '', '2026-11-20'
FROM generate_series(1, {PEOPLE}) AS n CROSS JOIN unnest(ARRAY[30, 90, 180]) AS days;
INSERT INTO persona_history (user_id, window_days, persona, reason, criteria, rulebook_version, as_of, changed_at)
SELECT user_id, window_days, persona, reason, criteria, '', as_of,
    now() - abs(hashtext(user_id::text)) * interval '5 ms'
FROM personas;
INSERT INTO uploads (user_id, received_at, source, counts, rejects)
SELECT user_id, now(), 'api', '{{}}', '[]' FROM users;
"""
RECORDED = f"""
INSERT INTO audit_events (subject, at, actor, event, detail)
SELECT md5((n % 3000)::text)::uuid, '2026-11-20'::timestamptz - ({RECORDS} - n) * interval '10 minutes',
    CASE n % 2 WHEN 0 THEN 'person' ELSE 'job' END, CASE n % 2 WHEN 0 THEN 'export' ELSE 'purge' END, '{{}}'
FROM generate_series(1, {RECORDS}) AS n;
INSERT INTO audit_links SELECT event_id, event_id, sha256('') FROM audit_events;
"""


class Noting(psycopg2.extensions.cursor):
    """A cursor that remembers what was asked."""

    asked: list[str]

    def execute(self, query: Any, values: Any = None) -> None:
        """As ever."""
        self.asked.append(self.mogrify(query, values).decode())
        super().execute(query, values)


@pytest.fixture
def crowd(session: Session) -> Session:
    """Four thousand people and thirty thousand records, as the planner knows them."""
    with raw_cursor(session) as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(CROWD)
        cursor.execute(RECORDED)
    _multiply(session)
    with raw_cursor(session) as cursor:
        cursor.execute(f"ANALYZE {', '.join(BIG)}, flags, progress, uploads")
    return session


def _multiply(session: Session) -> None:
    """Everybody has the signals and the recommendations of one."""
    model = session.query(User).filter(User.email.like("%@bank.example")).order_by(User.user_id).limit(1).one()
    add_signals(session, model, 90)
    add_recommendation(session, model, content="A content. " * 100)
    with raw_cursor(session) as cursor:
        for table in ("signals", "recommendations"):
            cursor.execute(
                "SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) FROM pg_attribute"
                " WHERE attrelid = %s::regclass AND attnum > 0 AND attname NOT IN ('user_id', 'recommendation_id')",
                (table,),
            )
            (columns,) = cursor.fetchone() or ("",)
            values = columns.replace("created_at", "created_at - row_number() OVER () * interval '1 minute'")
            values = values.replace("status,", "CASE hashtext(u.email) %% 10 WHEN 0 THEN 'held' ELSE 'active' END,")
            values = values.replace("credit_is_overdue", "hashtext(u.email) %% 4 = 0")
            cursor.execute(
                f"INSERT INTO {table} (user_id, {columns}) SELECT u.user_id, {values} FROM {table} AS m CROSS JOIN "
                "(SELECT user_id, email FROM users) AS u WHERE m.user_id = %(model)s AND u.user_id <> m.user_id",
                {"model": str(model.user_id)},
            )


@contextmanager
def noted(session: Session, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """What is asked of the database in the block, as it is sent."""
    asked: list[str] = []

    def note(_connection: Connection, cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        asked.append(cursor.mogrify(statement, parameters).decode())

    @contextmanager
    def noting(session: Session) -> Iterator[psycopg2.extensions.cursor]:
        driver: Any = session.connection().connection.driver_connection
        with driver.cursor(cursor_factory=Noting) as cursor:
            cursor.asked = asked
            yield cursor

    connection = session.connection()
    event.listen(connection, "before_cursor_execute", note)
    for module in (review, counting):
        monkeypatch.setattr(module, "raw_cursor", noting)
    yield asked
    event.remove(connection, "before_cursor_execute", note)


def nodes_of(session: Session, asked: list[str]) -> list[dict[str, Any]]:
    """The nodes of the plans under the operators' role, run."""
    found: list[dict[str, Any]] = []
    with raw_cursor(session) as cursor:
        cursor.execute(f"SET LOCAL ROLE {DatabaseRole.OPERATOR}")
        for query in asked:
            cursor.execute("EXPLAIN (ANALYZE, FORMAT JSON) " + query)
            ((explained,),) = cursor.fetchall()
            waiting = [explained[0]["Plan"]]
            while waiting:
                node = waiting.pop()
                found.append(node)
                waiting += node.get("Plans", [])
        cursor.execute("RESET ROLE")
    return found


def assert_reads_little(name: str, nodes: list[dict[str, Any]], most: int) -> None:
    """No big table is read from end to end, and none of its indexes further than that many rows."""
    assert nodes
    for node in nodes:
        if node.get("Relation Name") in BIG:
            read = (node["Actual Rows"] + node.get("Rows Removed by Filter", 0)) * node["Actual Loops"]
            told = f"{name}: {json.dumps(node, indent=1)}"
            assert "Seq Scan" not in node["Node Type"], told
            assert read <= most, told


SEARCHES = {
    "email": Search(),
    "persona": Search(persona="high_utilization"),
    "rare persona": Search(persona="fee_pressured"),
    "by persona": Search(sort="persona"),
    "by persona, later": Search(sort="persona", after=("high_utilization", "80000000-0000-0000-0000-000000000000")),
    "by persona, those without": Search(sort="persona", after=("", FIRST)),
    "by change": Search(sort="changed"),
    "by change, later": Search(sort="changed", after=(clock.now() - timedelta(days=50), LAST)),
    "by change, rare persona": Search(sort="changed", persona="fee_pressured"),
    "by change, those without": Search(sort="changed", after=(NEVER, LAST)),
}


def test_a_page_of_people_reads_little_more_than_the_page(crowd: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, search in SEARCHES.items():
        with noted(crowd, monkeypatch) as asked:
            found = find_people(crowd, search, 90, clock.now(), LIMIT)
        assert len(found) == (1 if "rare" in name else LIMIT), name
        most = 40 * LIMIT if "without" in name else 5 * LIMIT  # one in ten is without
        assert_reads_little(name, nodes_of(crowd, asked), most)


def test_a_page_of_the_queue_reads_little_more_than_the_page(crowd: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    for by_age in (False, True):
        after: Place | None = None
        for number in range(2):
            with noted(crowd, monkeypatch) as asked:
                found = queue(crowd, BOOK, clock.now(), by_age=by_age, after=after, limit=LIMIT)
            assert len(found) == LIMIT
            after = found[-1].place
            assert_reads_little(f"page {number}, by_age={by_age}", nodes_of(crowd, asked), 10 * LIMIT)


WANTED = {
    "all": Wanted(),
    "actor": Wanted(actor="person"),
    "operator": Wanted(actor="operator:nobody"),
    "event": Wanted(event="purge"),
    "no such event": Wanted(event="nothing"),
    "actor without event": Wanted(event="nothing", actor="job"),
    "until a day": Wanted(last_day=date(2026, 6, 1)),
    "before the first": Wanted(last_day=date(2020, 6, 1)),
    "from a day": Wanted(first_day=date(2026, 6, 1)),
    "after the last": Wanted(first_day=date(2030, 6, 1)),
    "between": Wanted(first_day=date(2026, 6, 1), last_day=date(2026, 6, 3)),
    "later": Wanted(before=9_000),
}


def test_a_page_of_the_audit_reads_little_more_than_the_page(crowd: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    days = RECORDS // 144 + 1  # each is looked for once or twice where days are asked for, and none of its records read
    for name, wanted in WANTED.items():
        with noted(crowd, monkeypatch) as asked:
            crowd.execute(chosen(wanted, LIMIT)).all()
        assert_reads_little(name, nodes_of(crowd, asked), 5 * LIMIT + LIMIT * LIMIT + days)


def test_all_that_the_numbers_count_stands_in_indexes(crowd: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    """Recommendations and personas are wide. What was vacuumed is counted without them, which a test's rows never are:
    so the planner is told not to prefer the tables."""
    with noted(crowd, monkeypatch) as asked:
        counting.measure(crowd, BOOK, clock.now())
    with raw_cursor(crowd) as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off")
    wide = [node for node in nodes_of(crowd, asked) if node.get("Relation Name") in ("recommendations", "personas")]
    assert len(wide) >= 5
    assert {node["Node Type"] for node in wide} == {"Index Only Scan"}
