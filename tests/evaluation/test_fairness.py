"""Rates by group are right, and groups are no input to anything that is decided."""

import itertools
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import msgspec
import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from spendsense.clock import today
from spendsense.consent.holdings import delete_derived
from spendsense.errors import InvalidInput
from spendsense.evaluation.evaluate import evaluate
from spendsense.evaluation.fairness import GroupCounts, group_of, read_groups
from spendsense.evaluation.report import as_values
from spendsense.evaluation.shares import Share, newcombe, wilson
from spendsense.pipeline.claims import Job
from spendsense.pipeline.run import run_job
from spendsense.rulebook.load import load_rulebook
from spendsense.signals.types import CARD_UNITS, SIGNAL_UNITS
from spendsense.store.models import User
from tests.evaluation.demo import load_demo
from tests.evaluation.tables import contents, physical
from tests.test_layers import MODULES, reach_of, within

DECIDING = ("signals", "personas", "recommendations", "rulebook", "plaid", "consent", "pipeline", "store")


def test_people_are_counted_into_their_groups() -> None:
    counts = GroupCounts()
    for group, persona, is_open, has_offer in (
        ("a", "fee_pressured", True, True),
        ("a", "fee_pressured", True, False),
        ("a", None, False, False),
        ("b", "fee_pressured", False, True),  # an offer without consent is not counted among those who agree
        ("b", "general_wellness", True, True),
        (None, "fee_pressured", True, True),
    ):
        counts.add(group, persona, is_open, has_offer)
    found = counts.rates()
    shares = {(rate.of, rate.group): rate.share for rate in (*found.personas, *found.offers)}
    assert shares == {
        ("fee_pressured", "a"): Share(2, 3),
        ("fee_pressured", "b"): Share(1, 2),
        ("general_wellness", "a"): Share(0, 3),
        ("general_wellness", "b"): Share(1, 2),
        ("none yet", "a"): Share(1, 3),
        ("none yet", "b"): Share(0, 2),
        ("any offer", "a"): Share(1, 2),
        ("any offer", "b"): Share(1, 1),
    }
    assert (found.grouped, found.ungrouped) == (5, 1)
    first = found.personas[0]
    assert (first.interval, first.difference) == (wilson(Share(2, 3)), newcombe(Share(2, 3), Share(1, 2)))


@pytest.mark.parametrize(
    ("parts", "differs"), [((50, 50), False), ((60, 50), False), ((75, 50), True), ((25, 50), True)]
)
def test_only_a_difference_beyond_chance_is_marked(parts: tuple[int, int], differs: bool) -> None:
    """Of 100 people each: 60 % against 50 % may be chance (−3.7 to 23.2 points), 75 % against 50 % is not."""
    counts = GroupCounts()
    for group, part in zip("ab", parts, strict=True):
        for number in range(100):
            counts.add(group, "one" if number < part else "other", False, False)
    assert {rate.differs for rate in counts.rates().personas} == {differs}


def test_one_group_alone_has_nothing_to_differ_from() -> None:
    counts = GroupCounts()
    counts.add("a", "one", False, False)
    (rate,) = counts.rates().personas
    assert (rate.difference, rate.differs) == (None, False)


def test_groups_are_read_by_email_or_id() -> None:
    assert read_groups(b"\xef\xbb\xbfEmail,Group\r\nAnn@Example.com , a\r\n\r\nbo@example.com,b\r\n") == {
        "ann@example.com": "a",
        "bo@example.com": "b",
    }
    user_id = str(UUID(int=10))
    groups = read_groups(f"user_id,group\n{user_id.upper()},a".encode())
    assert group_of(user_id, "ann@example.com", groups) == "a"
    assert group_of(str(UUID(int=11)), "ann@example.com", groups) is None


@pytest.mark.parametrize(
    ("content", "pointers"),
    [
        (b"name,group", []),
        (b"", []),
        (b"email,group\n\xff@example.com,a", []),
        (b'email,group\n"ann@example.com,a', []),
        (b"email,group\nann@example.com,", ["line 2"]),
        (b"email,group\na@x.com,a\na@x.com,a\na@x.com,b\nb@x.com,a,c", ["line 4", "line 5"]),
    ],
)
def test_a_file_that_is_no_list_of_groups_is_refused(content: bytes, pointers: list[str]) -> None:
    with pytest.raises(InvalidInput) as refused:
        read_groups(content)
    assert [fault.pointer for fault in refused.value.errors] == pointers


@pytest.fixture
def groups_of_demo(session: Session) -> dict[str, str]:
    """Four demo people loaded, every other one in the same group."""
    load_demo(session, "ada", "ben", "dan", "gia", on=today())
    emails = session.scalars(select(User.email).order_by(User.email)).all()
    return dict(zip(emails, itertools.cycle("ab")))


def decide_all(session: Session) -> dict[str, list[Any]]:
    """Everything that is measured, named and advised, from nothing; without ids and times of day."""
    for user_id in session.scalars(select(User.user_id)).all():
        delete_derived(session, [user_id])
    session.commit()
    assert [run_job(job).people for job in Job] == [4, 4, 4]
    return contents(session, ("signals", "card_signals", "streams", "personas", "recommendations", "traces"))


def test_groups_change_nothing_that_is_decided(session: Session, groups_of_demo: dict[str, str]) -> None:
    """The same to the byte, whether a bank supplies groups or not, and whichever way round."""
    at = datetime.now(UTC)
    permuted = {email: {"a": "b", "b": "a"}[group] for email, group in groups_of_demo.items()}
    decided, answers = [], []
    for groups in (None, groups_of_demo, permuted):
        evaluate(at, groups=groups, sample=1)
        decided.append(decide_all(session))
        before = physical(session)
        values = as_values(evaluate(at, groups=groups, sample=1))
        assert physical(session) == before  # not a row is written, moved or touched
        assert (values["fairness"] is None) == (groups is None)
        answers.append({name: value for name, value in values.items() if name not in ("fairness", "latency")})
    assert decided[0]["recommendations"]
    assert decided[0] == decided[1] == decided[2]
    assert msgspec.json.encode(answers[0]) == msgspec.json.encode(answers[1]) == msgspec.json.encode(answers[2])


def test_groups_are_stored_nowhere(session: Session, groups_of_demo: dict[str, str]) -> None:
    canary = "a-group-that-nobody-else-has"
    evaluate(datetime.now(UTC), groups=dict.fromkeys(groups_of_demo, canary), sample=1)
    tables = session.scalars(text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")).all()
    assert len(tables) > 20
    for table in tables:
        assert session.scalar(text(f"SELECT count(*) FROM {table} AS t WHERE t::text LIKE '%{canary}%'")) == 0


@pytest.mark.parametrize("part", DECIDING)
def test_nothing_that_decides_can_see_groups(part: str) -> None:
    """No module that decides reaches the evaluation, which alone reads groups, by any chain of imports."""
    modules = [module for module in MODULES if within(module, {f"spendsense.{part}"})]
    assert modules
    for module in modules:
        assert not [name for name in reach_of(module) if within(name, {"spendsense.evaluation"})]


def test_no_rule_can_name_a_group() -> None:
    """Rules and texts name signals of this list alone, and each is measured from bank data."""
    assert set(load_rulebook().vocabulary) <= {*SIGNAL_UNITS, *CARD_UNITS, "window.days", "window.end"}
