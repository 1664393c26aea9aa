"""Matching of own transfers where many sums are equal, beside a list of all pairs gone through in their order."""

from collections.abc import Sequence
from itertools import product
from random import Random
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from spendsense.signals.compute import measure
from spendsense.signals.transfers import ENOUGH, MAX_DAYS_APART, Side, match_sides
from spendsense.store.kinds import Kind
from spendsense.store.models import Transaction
from tests.signals.rows import AS_OF, account, ago, person, row, savings

ACCOUNTS = ("checking", "savings", "second")
ids = st.text("abcé", min_size=1, max_size=3)
sides = st.builds(
    Side,
    user_id=st.sampled_from(["ana", "bo"]),
    amount_cents=st.sampled_from([100, -100, 250, -250]),
    transaction_id=ids,
    account_id=st.sampled_from(ACCOUNTS),
    day=st.integers(0, 9),
    is_transfer_like=st.booleans(),
    is_plain=st.booleans(),
)


@given(st.lists(sides, max_size=40, unique_by=lambda side: (side.user_id, side.transaction_id)))
def test_matches_are_those_of_all_pairs_in_their_order(rows: list[Side]) -> None:
    matched = match_sides(rows)
    assert len(matched) == len(set(matched))
    assert set(matched) == plain_of_all_pairs(rows)


def test_equal_sums_of_one_day_are_no_square() -> None:
    many = 50_000  # each way, on three accounts: a billion pairs and more
    out = [Side("ana", 100, f"o{number:05d}", f"{number % 3}", 0, True, True) for number in range(many)]
    back = [Side("ana", -100, f"i{number:05d}", f"{number % 3}", 0, True, True) for number in range(many)]
    assert len(match_sides([*out, *back])) == 2 * many


@pytest.mark.parametrize("seed", range(6))
def test_a_person_with_a_crowd_of_equal_sums(session: Session, seed: int) -> None:
    random = Random(seed)
    ana = person(session)
    bo = person(session, "bo@example.com")  # in the same shard, and no crowd
    for user_id in (ana, bo):
        savings(session, user_id, 0)
        account(session, user_id, "second")
    account(session, ana, "car", "loan", "auto")
    account(session, ana, "broker", "investment", "brokerage")
    for _ in range(100):
        where, like = random.choice((*ACCOUNTS, "car", "broker")), random.random() < 0.4
        cents = random.choice([100, -100, 100, -100, 250, -250])
        row(session, ana, ago(random.randrange(12)), cents, "Transfer" if like else "Green Dot", account=where)
    row(session, bo, ago(3), 100, "Transfer", account="savings")
    row(session, bo, ago(2), -100, "Green Dot")
    assert max_pairs_of_one_inflow(sides_of(session, ana)) > ENOUGH
    measure(session, [ana, bo], AS_OF)
    for user_id in (ana, bo):
        rows = sides_of(session, user_id)
        assert own_transfers(session, user_id) == {found for _, found in plain_of_all_pairs(rows)}


def sides_of(session: Session, user_id: UUID) -> list[Side]:
    """The person's rows; none is called a transfer by its category."""
    return [
        Side(
            str(user_id), one.amount_cents, one.transaction_id, one.account_id, one.date.toordinal(),
            one.is_transfer_like, True,
        )
        for one in session.scalars(select(Transaction).where(Transaction.user_id == user_id))
        if one.account_id != "car"
    ]  # fmt: skip


def own_transfers(session: Session, user_id: UUID) -> set[str]:
    """The ids of the rows that count as matched."""
    of_user = select(Transaction.transaction_id).where(Transaction.user_id == user_id)
    return set(session.scalars(of_user.where(Transaction.kind == Kind.OWN_TRANSFER)))


def max_pairs_of_one_inflow(rows: Sequence[Side]) -> int:
    """The most outflows that could go with one inflow."""
    return max(sum(could_be_one(out, back) for out in rows) for back in rows)


def could_be_one(out: Side, back: Side) -> bool:
    """Whether the two rows could be the sides of a transfer."""
    return (
        out.user_id == back.user_id
        and out.amount_cents == -back.amount_cents > 0
        and out.account_id != back.account_id
        and abs(out.day - back.day) <= MAX_DAYS_APART
        and (out.is_transfer_like or back.is_transfer_like)
    )


def plain_of_all_pairs(rows: Sequence[Side]) -> set[tuple[str, str]]:
    """The rule word for word: every pair that could be, nearest day first, then smallest ids, each row once."""
    pairs = sorted(
        (abs(out.day - back.day), out.transaction_id, back.transaction_id, out, back)
        for out, back in product(rows, rows)
        if could_be_one(out, back)
    )
    taken: set[Side] = set()
    for *_, out, back in pairs:
        if not taken & {out, back}:
            taken |= {out, back}
    return {(side.user_id, side.transaction_id) for side in taken if side.is_plain}
