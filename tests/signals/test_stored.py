"""What is written of a shard's streams: those that differ, those that are gone, and last charges that read anew."""

from datetime import date
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, text, update
from sqlalchemy.orm import Session

from spendsense.signals import find_streams as finding
from spendsense.signals.packing import SEPARATOR
from spendsense.signals.stored import StoredStreams
from spendsense.store.models import Stream, Transaction
from spendsense.store.session import raw_cursor
from tests.signals.rows import AS_OF, account, by_gaps, charge, day, measured, pay, person, receive, spend, streams

FIVE_MONTHS = ["2026-02-15", "2026-03-15", "2026-04-15", "2026-05-15", "2026-06-15"]


@pytest.fixture
def ana(session: Session) -> UUID:
    """A person with a stream of each sort: a price that rose, two plans, early ones, pay that only its rhythm shows."""
    ana = person(session)
    charge(session, ana, [*FIVE_MONTHS], 999, 999, 999, 1_599, merchant="Netflix")
    charge(session, ana, [*FIVE_MONTHS], 999, merchant="Prime")
    charge(session, ana, by_gaps("2026-01-20", 30, 31, 30, 30), 1_299, merchant="Prime")
    charge(session, ana, ["2026-05-20", "2026-06-20"], 700, merchant="Hulu")
    pay(session, ana, by_gaps("2026-04-03", 14, 14, 14, 14, 14), 200_000)
    for on in FIVE_MONTHS:
        receive(session, ana, on, 30_000, "Harbour Cafe")
        spend(session, ana, on, 4_000, "Odd ids", category="ENTERTAINMENT_OTHER", transaction_id=f'"a\\b,{{{on}}}')
    measured(session, ana)
    return ana


def test_a_stream_reads_as_it_is_stored(session: Session, ana: UUID, monkeypatch: pytest.MonkeyPatch) -> None:
    differing: list[list[str]] = []

    class Watched(StoredStreams):
        def write(self, cursor: object) -> set[str]:
            differing.append([*self._differing, *self._left])
            return set()

    monkeypatch.setattr(finding, "StoredStreams", Watched)
    with raw_cursor(session) as cursor:
        finding.rebuild_streams(cursor, [str(ana)], AS_OF, {})
    assert len(streams(session, ana)) >= 6
    assert differing == [[]]


def test_a_last_charge_that_reads_anew_is_shown_and_the_stream_stays(session: Session, ana: UUID) -> None:
    before = _by_name(session, ana)["Netflix"]
    account(session, ana, "visa", "credit", "credit card")
    _change_last(session, ana, "Netflix", name="NETFLIX.COM", merchant_name="Netflix Inc", account_id="visa")
    measured(session, ana)
    after = _by_name(session, ana)["Netflix Inc"]
    assert (after.stream_id, after.account_id) == (before.stream_id, "visa")


def test_a_rename_of_an_earlier_charge_changes_nothing(session: Session, ana: UUID) -> None:
    session.execute(
        update(Transaction)
        .where(Transaction.user_id == ana, Transaction.name == "Netflix", Transaction.date == day("2026-03-15"))
        .values(merchant_name="Old Name")
    )
    places = _places(session, ana)
    _revise(session, ana)
    measured(session, ana)
    assert _places(session, ana) == places


def test_a_stream_whose_charges_are_gone_goes_and_the_others_stay(session: Session, ana: UUID) -> None:
    before = _by_name(session, ana)
    session.execute(text("DELETE FROM transactions WHERE user_id = :ana AND name = 'Netflix'"), {"ana": ana})
    _revise(session, ana)
    measured(session, ana)
    after = _by_name(session, ana)
    assert before.keys() - after.keys() == {"Netflix"}
    assert {name: one.stream_id for name, one in after.items()} == {
        name: one.stream_id for name, one in before.items() if name != "Netflix"
    }


def test_a_charge_that_changes_hands_leaves_no_stream_behind(session: Session, ana: UUID) -> None:
    session.execute(
        text("UPDATE transactions SET counterparty_key = 4711000, name = 'Elsewhere' WHERE name = 'Netflix'")
    )
    _revise(session, ana)
    measured(session, ana)
    assert "Netflix" not in _by_name(session, ana)
    assert _by_name(session, ana)["Elsewhere"].counterparty_key == 4711000


def _by_name(session: Session, user_id: UUID) -> dict[str, Stream]:
    session.expire_all()
    return {one.name: one for one in session.scalars(select(Stream).where(Stream.user_id == user_id))}


def _places(session: Session, user_id: UUID) -> list[tuple[str, str]]:
    rows = session.execute(text("SELECT stream_id::text, ctid::text FROM streams WHERE user_id = :id"), {"id": user_id})
    return sorted((one, place) for one, place in rows)


def _change_last(session: Session, user_id: UUID, called: str, **values: str) -> None:
    last: date | None = session.scalar(
        select(Transaction.date)
        .where(Transaction.user_id == user_id, Transaction.name == called)
        .order_by(Transaction.date.desc())
        .limit(1)
    )
    session.execute(
        update(Transaction)
        .where(Transaction.user_id == user_id, Transaction.name == called, Transaction.date == last)
        .values(**values)
    )
    _revise(session, user_id)


def _revise(session: Session, user_id: UUID) -> None:
    session.execute(text("UPDATE users SET data_version = data_version + 1 WHERE user_id = :id"), {"id": user_id})


id_sets = st.sets(st.sampled_from("abcdefgh"), min_size=1, max_size=5)


@given(
    st.lists(st.integers(0, 3), min_size=8, max_size=8).map(
        lambda plans: [[one for one, plan in zip("abcdefgh", plans, strict=True) if plan == at] for at in range(4)]
    ),
    st.dictionaries(st.integers(0, 9), id_sets, max_size=5),
)
def test_a_plan_keeps_the_number_of_the_stream_with_which_it_shares_most(
    plans: list[list[str]], known: dict[int, set[str]]
) -> None:
    found = [ids for ids in plans if ids]
    numbers = finding.number_plans(found, [(plan, f"x\t{SEPARATOR.join(ids)}") for plan, ids in known.items()])
    assert len(set(numbers)) == len(found)
    if len(found) == 1 and len(known) == 1:
        assert numbers == list(known)  # nothing to choose from: they need not share a row
        return
    left, free = dict(enumerate(found)), dict(known)
    while pairs := [(len(free[plan].intersection(left[at])), -plan, -at) for plan in free for at in left]:
        shared, plan, at = max(pairs)
        if not shared:
            break
        assert numbers[-at] == -plan
        del left[-at], free[-plan]
    assert not {numbers[at] for at in left} & set(known)
    assert sorted(numbers[at] for at in left) == [numbers[at] for at in left]
