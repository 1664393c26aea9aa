"""Whatever is done to 20,000 chained records behind the triggers' back is found, and the first bad one is named."""

from datetime import UTC, datetime

import pytest
from flask import Flask

from spendsense.audit import anchoring, anchors, chain
from spendsense.audit.anchors import Anchor
from spendsense.audit.chain import Fault, Place, Verification
from spendsense.store.session import db, transaction
from tests.audit.conftest import RECORDS, Attacker

KEY = bytes(range(32))
AT = datetime(2026, 11, 25, 1, tzinfo=UTC)

pytestmark = pytest.mark.parametrize("app", ["filled_template"], indirect=True)

# The chain as its owner would write it anew after a change: the same function that links new records, from a place on.
REWRITE = """
DO $$
DECLARE
    later audit_events;
    events bigint[];
    one bigint;
BEGIN
    SELECT array_agg(event_id ORDER BY position) INTO events FROM audit_links WHERE position >= {position};
    DELETE FROM audit_links WHERE position >= {position};
    FOREACH one IN ARRAY events LOOP
        SELECT * INTO later FROM audit_events WHERE event_id = one;
        IF FOUND THEN PERFORM append_audit_link(later); END IF;
    END LOOP;
END
$$
"""
SHIFT = "UPDATE audit_links SET position = -position WHERE position {which}"
RENUMBER = "UPDATE audit_links SET position = -position {by} WHERE position < 0"
PUT_IN = (
    "INSERT INTO audit_events (event_id, at, actor, event, detail) "
    "OVERRIDING SYSTEM VALUE VALUES (900000, now(), 'job', 'x', '{}')"
)
LINK_IT = "INSERT INTO audit_links VALUES ({position}, 900000, sha256('anything'))"
SWAPPED = (
    "UPDATE audit_links AS link SET event_id = -other.event_id FROM audit_links AS other "
    "WHERE (link.position, other.position) IN ((500, 501), (501, 500))",
    "UPDATE audit_links SET event_id = -event_id WHERE event_id < 0",
)


def event_change(column: str, value: str) -> str:
    return f"UPDATE audit_events SET {column} = {value} WHERE event_id = 777"


CASES: dict[str, tuple[tuple[str, ...], str, int | None]] = {
    # what was done, the fault's kind, its position
    "event": ((event_change("event", "'consent.offers.revoked'"),), "record changed", 777),
    "actor": ((event_change("actor", "'job2'"),), "record changed", 777),
    "a microsecond": ((event_change("at", "at + interval '1 microsecond'"),), "record changed", 777),
    "subject": ((event_change("subject", "gen_random_uuid()"),), "record changed", 777),
    "no subject": ((event_change("subject", "NULL"),), "record changed", 777),
    "detail": ((event_change("detail", "detail || '{\"more\": 1}'"),), "record changed", 777),
    "detail, one number": (
        ("UPDATE audit_events SET detail = jsonb_set(detail, '{deleted,signals}', '778') WHERE event_id = 777",),
        "record changed",
        777,
    ),
    "hash": (("UPDATE audit_links SET hash = sha256('x') WHERE position = 777",), "record changed", 777),
    "the first": (("UPDATE audit_events SET event = 'x' WHERE event_id = 1",), "record changed", 1),
    "the last": ((f"UPDATE audit_events SET event = 'x' WHERE event_id = {RECORDS}",), "record changed", RECORDS),
    "two": (("UPDATE audit_events SET event = 'x' WHERE event_id IN (900, 800)",), "record changed", 800),
    "words moved": (
        ("UPDATE audit_events SET actor = actor || event, event = '' WHERE event_id = 5",),
        "record changed",
        5,
    ),
    "record deleted": (("DELETE FROM audit_events WHERE event_id = 300",), "record missing", 300),
    "link deleted": (("DELETE FROM audit_links WHERE position = 300",), "link missing", 300),
    "record and link deleted": (
        ("DELETE FROM audit_events WHERE event_id = 300", "DELETE FROM audit_links WHERE position = 300"),
        "link missing",
        300,
    ),
    "deleted and renumbered": (
        (
            "DELETE FROM audit_events WHERE event_id = 300",
            "DELETE FROM audit_links WHERE position = 300",
            SHIFT.format(which="> 300"),
            RENUMBER.format(by="- 1"),
        ),
        "record changed",
        300,
    ),
    "all but the tail deleted": (
        ("DELETE FROM audit_events WHERE event_id < 15000", "DELETE FROM audit_links WHERE position < 15000"),
        "link missing",
        1,
    ),
    "ids swapped": (SWAPPED, "record changed", 500),
    "positions swapped": (
        (SHIFT.format(which="IN (500, 501)"), "UPDATE audit_links SET position = 1001 + position WHERE position < 0"),
        "record changed",
        500,
    ),
    "put in without a link": ((PUT_IN,), "record unlinked", None),
    "put in with a link at the end": (
        (PUT_IN, LINK_IT.format(position=RECORDS + 1)),
        "record changed",
        RECORDS + 1,
    ),
    "put in with a link in the middle": (
        (PUT_IN, SHIFT.format(which=">= 600"), RENUMBER.format(by="+ 1"), LINK_IT.format(position=600)),
        "record changed",
        600,
    ),
    "a link put in for a record that is none": (
        (f"INSERT INTO audit_links VALUES ({RECORDS + 1}, 900000, sha256('x'))",),
        "record missing",
        RECORDS + 1,
    ),
}
ONLY_WITH_ANCHOR: dict[str, tuple[tuple[str, ...], str, int]] = {
    "tail cut off": (
        ("DELETE FROM audit_links WHERE position > 19990", "DELETE FROM audit_events WHERE event_id > 19990"),
        "cut",
        19_991,
    ),
    "all cut off": (("DELETE FROM audit_links", "DELETE FROM audit_events"), "cut", 1),
    "truncated": (("TRUNCATE audit_links, audit_events RESTART IDENTITY",), "cut", 1),
    "changed and rewritten": (
        ("UPDATE audit_events SET event = 'x' WHERE event_id = 19900", REWRITE.format(position=19_900)),
        "anchor differs",
        RECORDS,
    ),
    "deleted and rewritten": (
        ("DELETE FROM audit_events WHERE event_id = 19900", REWRITE.format(position=19_900)),
        "cut",
        RECORDS,
    ),
}


def anchor_now(*, is_kept: bool = False) -> Anchor:
    with transaction() as session:
        place, last_event_id = chain.head(session)
        made = anchors.sign(place.position, last_event_id, place.hash, AT, KEY)
        if is_kept:
            anchors.keep(session, made)
    return made


def verify(*given: Anchor) -> Verification:
    with transaction() as session:
        return anchoring.verify_with(session, given, anchors.public_key_of(KEY))


def fault_of(*given: Anchor) -> Fault:
    fault = verify(*given).fault
    assert fault is not None
    return fault


@pytest.mark.usefixtures("app")
def test_what_nobody_touched_is_intact() -> None:
    anchor = anchor_now(is_kept=True)
    result = verify(anchor)
    assert (result.is_intact, result.is_whole, result.end.position, result.anchors) == (True, True, RECORDS, 2)
    assert result.end.hash == anchor.head


@pytest.mark.parametrize("case", CASES)
@pytest.mark.usefixtures("app")
def test_tampering_is_found_without_any_anchor(case: str, attacker: Attacker) -> None:
    statements, kind, position = CASES[case]
    attacker.run(*statements)
    fault = fault_of()
    assert (fault.kind, fault.position) == (kind, position), fault
    assert str(fault.position or fault.event_id) in fault.detail


@pytest.mark.parametrize("is_kept", [False, True])
@pytest.mark.parametrize("case", ONLY_WITH_ANCHOR)
@pytest.mark.usefixtures("app")
def test_a_cut_or_rewritten_chain_is_found_with_an_anchor(case: str, is_kept: bool, attacker: Attacker) -> None:
    statements, kind, position = ONLY_WITH_ANCHOR[case]
    anchor = anchor_now(is_kept=is_kept)
    attacker.run(*statements)
    fault = fault_of(*(() if is_kept else (anchor,)))
    assert (fault.kind, fault.position) == (kind, position), fault


@pytest.mark.parametrize("case", ONLY_WITH_ANCHOR)
@pytest.mark.usefixtures("app")
def test_it_is_the_anchor_that_finds_it(case: str, attacker: Attacker) -> None:
    attacker.run(*ONLY_WITH_ANCHOR[case][0])
    assert verify().is_intact


@pytest.mark.usefixtures("app")
def test_a_stored_anchor_that_was_changed_is_found(attacker: Attacker) -> None:
    anchor_now(is_kept=True)
    attacker.run("UPDATE audit_anchors SET count = 10")
    assert fault_of().kind == "anchor forged"


@pytest.mark.usefixtures("app")
def test_a_stored_anchor_of_another_key_says_nothing(attacker: Attacker) -> None:
    with transaction() as session:
        anchors.keep(session, anchors.sign(RECORDS + 5, 1, bytes(32), AT, bytes(32)))
    assert verify().is_intact
    with transaction() as session:
        result = anchoring.verify_with(session, (), None)
    assert result.fault is not None
    assert result.fault.kind == "cut"  # with no key to tell by, every anchor counts


@pytest.mark.usefixtures("app")
def test_each_of_several_anchors_of_one_place_counts() -> None:
    """One was made before the chain was written anew, and one after."""
    after = anchor_now()
    before = anchors.sign(RECORDS, RECORDS, bytes(32), AT, KEY)
    for given in ((before, after), (after, before)):
        assert fault_of(*given).kind == "anchor differs"


@pytest.mark.parametrize("links_at_once", [7_000, 10_000, RECORDS])
@pytest.mark.usefixtures("app")
def test_it_makes_no_difference_how_many_are_read_at_once(
    links_at_once: int, attacker: Attacker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chain, "LINKS_AT_ONCE", links_at_once)
    assert verify().end.position == RECORDS
    attacker.run("DELETE FROM audit_links WHERE position = 10001")  # the first of a stretch
    assert fault_of().position == 10_001
    attacker.run("DELETE FROM audit_links WHERE position BETWEEN 6000 AND 19000")  # whole stretches
    assert (fault_of().kind, fault_of().position) == ("link missing", 6_000)


@pytest.mark.usefixtures("app")
def test_it_goes_on_from_where_it_stopped(attacker: Attacker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chain, "LINKS_AT_ONCE", 6_000)
    with transaction() as session:
        first = chain.verify(session, is_over=lambda: True)
        assert (first.is_whole, first.end.position) == (False, 6_000)
        passed = Anchor(6_000, 6_000, first.end.hash, datetime.now(UTC), b"", b"")
        rest = chain.verify(session, [passed], first.end)
        assert (rest.is_intact, rest.is_whole, rest.end.position) == (True, True, RECORDS)
        assert rest.anchors == 0  # none of those positions
        for lost, kind in ((Place(6_000, bytes(32)), "anchor differs"), (Place(RECORDS + 1, bytes(32)), "cut")):
            fault = chain.verify(session, begin=lost).fault
            assert fault is not None
            assert (fault.kind, fault.position) == (kind, lost.position)
    db.session.remove()


def test_new_records_go_on_from_the_old_ones(app: Flask) -> None:
    with db.engine.begin() as connection:
        connection.exec_driver_sql("INSERT INTO audit_events (at, actor, event, detail) VALUES (now(), 'a', 'b', '{}')")
    assert (verify().is_intact, verify().end.position) == (True, RECORDS + 1)
