"""A posted row supersedes the pending one that it names, and no other."""

from collections.abc import Sequence
from itertools import permutations
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy.orm import Session

from spendsense.plaid.corrections import recategorise
from tests.plaid.payloads import AT, account, ids, load, stored, transaction
from tests.plaid.test_corrections import RENT, corrections

RENT_PAID = transaction("p", name="Rent", amount=50)
PENDING = {**RENT_PAID, "pending": True}
NAMES_IT = transaction("q", pending_transaction_id="p")
UNSAID = b"transaction_id,account_id,date,amount\np,chk,2026-11-03,50\n"


def load_each(session: Session, user_id: UUID, payloads: Sequence[Any]) -> list[int]:
    """How many records of each payload were skipped."""
    load(session, user_id, {"accounts": [account()]})
    return [load(session, user_id, one, "csv" if isinstance(one, bytes) else "json").skipped for one in payloads]


@pytest.mark.parametrize("has_rows", [True, False])
@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_a_posted_row_is_kept_whoever_names_it(
    session: Session, user_id: UUID, order: tuple[int, int], has_rows: bool
) -> None:
    if has_rows:
        load(session, user_id, {"accounts": [account()], "added": [transaction("other")]})
    pages = [{"added": [RENT_PAID]}, {"added": [NAMES_IT]}]
    assert load_each(session, user_id, [pages[position] for position in order]) == [0, 0]
    assert ids(session) == [*["other"] * has_rows, "p", "q"]
    assert load(session, user_id, {"added": [RENT_PAID, NAMES_IT]}).changed_rows == 0


def test_two_posted_rows_that_name_each_other_are_both_kept(session: Session, user_id: UUID) -> None:
    rows = [NAMES_IT, {**RENT_PAID, "pending_transaction_id": "q"}]
    assert load_each(session, user_id, [{"added": rows}]) == [0]
    assert ids(session) == ["p", "q"]


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_a_pending_row_is_superseded_until_it_is_posted_itself(
    session: Session, user_id: UUID, order: tuple[int, ...]
) -> None:
    pages = [{"added": [PENDING]}, {"added": [NAMES_IT]}, {"modified": [RENT_PAID]}]
    load_each(session, user_id, [pages[position] for position in order])
    assert ids(session) == ["p", "q"]
    load(session, user_id, {"added": [PENDING]})
    assert ids(session) == ["p", "q"]


@pytest.mark.parametrize("has_rows", [True, False])
@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_a_row_that_does_not_say_whether_it_is_pending_is_so_by_who_names_it(
    session: Session, user_id: UUID, order: tuple[int, int], has_rows: bool
) -> None:
    if has_rows:
        load(session, user_id, {"accounts": [account()], "added": [transaction("a")]})
    pages = [UNSAID, {"added": [NAMES_IT]}]
    load_each(session, user_id, [pages[position] for position in order])
    assert ids(session) == [*["a"] * has_rows, "q"]


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_what_the_bank_removed_is_gone_though_it_is_posted(
    session: Session, user_id: UUID, order: tuple[int, ...]
) -> None:
    pages = [{"added": [RENT_PAID]}, {"added": [NAMES_IT]}, {"removed": [{"transaction_id": "p"}]}]
    load_each(session, user_id, [pages[position] for position in order])
    assert ids(session) == ["q"]
    before = stored(session)
    load_each(session, user_id, pages)
    assert stored(session)["removed_transactions"] == before["removed_transactions"]
    assert ids(session) == ["q"]


@pytest.mark.parametrize(("first", "holder"), [(PENDING, "q"), (RENT_PAID, "p")])
def test_what_a_person_says_goes_along_only_from_a_row_that_is_superseded(
    session: Session, user_id: UUID, first: dict[str, Any], holder: str
) -> None:
    load_each(session, user_id, [{"added": [first]}])
    recategorise(session, user_id, "p", RENT, AT)
    load(session, user_id, {"added": [NAMES_IT]})
    assert corrections(session) == [(holder, "RENT_AND_UTILITIES")]


def test_what_a_person_says_stays_with_a_row_that_posts_itself(session: Session, user_id: UUID) -> None:
    load_each(session, user_id, [{"added": [PENDING]}])
    recategorise(session, user_id, "p", RENT, AT)
    load(session, user_id, {"added": [NAMES_IT], "modified": [RENT_PAID]})
    assert corrections(session) == [("p", "RENT_AND_UTILITIES")]
