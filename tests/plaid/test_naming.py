"""Names that came with a merchant's id stand for that merchant where they come alone; old names are read anew."""

from itertools import permutations
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.orm import Session

from spendsense.plaid.merchants import counterparty
from spendsense.plaid.naming import NAMING_VERSION, reread_stale
from spendsense.store.kinds import Kind, Purpose
from spendsense.store.models import CounterpartyName, Progress, Transaction, User
from spendsense.store.session import raw_cursor
from tests.plaid.payloads import account, load, transaction

FILMBOX = counterparty("ent-filmbox", None, "").key
OTHER = counterparty("ent-other", None, "").key
BARE = counterparty(None, None, "Filmbox").key


def with_id(
    transaction_id: str, entity: str = "ent-filmbox", name: str = "FILMBOX 0421", **more: Any
) -> dict[str, Any]:
    """A row that Plaid knows the merchant of."""
    return transaction(transaction_id, name=name, merchant_name=None, merchant_entity_id=entity, **more)


def bare(transaction_id: str, name: str = "Filmbox 0815", **more: Any) -> dict[str, Any]:
    """A row with the bank's text alone."""
    return transaction(transaction_id, name=name, merchant_name=None, **more)


def keys(session: Session) -> dict[str, int | None]:
    """Transaction → counterparty."""
    return {row.transaction_id: row.counterparty_key for row in session.scalars(select(Transaction))}


@pytest.fixture(autouse=True)
def checking(session: Session, user_id: UUID) -> None:
    """The account of all rows."""
    load(session, user_id, {"accounts": [account()]})


def test_half_of_the_rows_with_an_id_are_one_counterparty(session: Session, user_id: UUID) -> None:
    load(session, user_id, {"added": [with_id("a"), bare("b"), with_id("c"), bare("d", name="FILMBOX.COM")]})
    assert keys(session) == dict.fromkeys("abcd", FILMBOX)


def test_the_pages_may_come_in_any_order(session: Session, user_id: UUID) -> None:
    pages = [[bare("a")], [with_id("b")], [bare("c"), with_id("d", entity="ent-other", name="Other")]]
    found = []
    for order in permutations(pages):
        with session.begin_nested() as attempt:
            for page in order:
                load(session, user_id, {"added": page})
            found.append(keys(session))
            attempt.rollback()
    assert found == [{"a": FILMBOX, "b": FILMBOX, "c": FILMBOX, "d": OTHER}] * len(found)


def test_a_name_with_two_ids_stands_for_neither(session: Session, user_id: UUID) -> None:
    load(session, user_id, {"added": [bare("a"), with_id("b")]})
    assert keys(session)["a"] == FILMBOX
    load(session, user_id, {"added": [with_id("c", entity="ent-other")]})
    assert keys(session) == {"a": BARE, "b": FILMBOX, "c": OTHER}
    load(session, user_id, {"added": [bare("d")]})
    assert keys(session)["d"] == BARE


def test_a_name_that_says_nothing_stands_for_nobody(session: Session, user_id: UUID) -> None:
    load(session, user_id, {"added": [with_id("a", name="PAYMENT"), bare("b", name="PAYMENT")]})
    assert keys(session) == {"a": FILMBOX, "b": counterparty(None, None, "PAYMENT").key}


def test_the_merchants_name_and_the_banks_text_both_stand_for_it(session: Session, user_id: UUID) -> None:
    known = transaction("a", name="FLMBX DIGITAL", merchant_name="Filmbox", merchant_entity_id="ent-filmbox")
    load(session, user_id, {"added": [known, bare("b", name="FLMBX DIGITAL"), bare("c", name="Filmbox")]})
    assert keys(session) == dict.fromkeys("abc", FILMBOX)


def test_a_text_that_came_with_a_merchants_name_stands_for_it(session: Session, user_id: UUID) -> None:
    text = "FBX STREAMING 800-555-0199"
    named = transaction("a", name=text, merchant_name="Filmbox")
    load(session, user_id, {"added": [named, bare("b", name=text), bare("c", name="Other")]})
    assert keys(session) == {"a": BARE, "b": BARE, "c": counterparty(None, None, "Other").key}
    load(session, user_id, {"added": [with_id("d", name="Filmbox")]})
    assert [keys(session)[one] for one in "abd"] == [FILMBOX] * 3  # the merchant's name stands for its id


def test_a_text_that_came_with_two_merchants_names_stands_for_neither(session: Session, user_id: UUID) -> None:
    text = "FBX GROUP"
    rows = [transaction(one, name=text, merchant_name=of) for one, of in (("a", "Filmbox"), ("b", "Gamebox"))]
    for order in permutations([*rows, bare("c", name=text)]):
        with session.begin_nested() as attempt:
            for row in order:
                load(session, user_id, {"added": [row]})
            assert keys(session)["c"] == counterparty(None, None, text).key
            attempt.rollback()


def test_a_replay_changes_nothing(session: Session, user_id: UUID) -> None:
    page = {"added": [bare("a"), with_id("b")]}
    load(session, user_id, page)
    assert load(session, user_id, page).changed_rows == 0


def test_a_corrected_row_makes_the_person_stale(session: Session, user_id: UUID) -> None:
    load(session, user_id, {"added": [bare("a")]})
    before = session.scalars(select(User.data_version)).one()
    assert (
        load(session, user_id, {"added": [with_id("b")]}).changed_rows == 2
    )  # the new row, and the old one's merchant
    session.expire_all()
    assert session.scalars(select(User.data_version)).one() == before + 1


class TestOldNames:
    """Rows that an older version named are read anew when the person is next looked at."""

    @pytest.fixture(autouse=True)
    def named_long_ago(self, session: Session, user_id: UUID) -> None:
        """Three rows as an older version left them."""
        load(session, user_id, {"added": [bare("a"), with_id("b"), bare("c", name="City Water Charges")]})
        session.execute(update(Transaction).values(counterparty_key=5, purpose=0))
        session.execute(update(Progress).values(naming_version=NAMING_VERSION - 1))
        session.execute(text("DELETE FROM counterparty_names"))

    def test_they_are_read_anew_once(self, session: Session, user_id: UUID) -> None:
        before = session.scalars(select(User.data_version)).one()
        with raw_cursor(session) as cursor:
            reread_stale(cursor, [user_id])
            reread_stale(cursor, [user_id])
        session.expire_all()
        water = counterparty(None, None, "City Water Charges").key
        assert keys(session) == {"a": FILMBOX, "b": FILMBOX, "c": water}
        assert session.get_one(Transaction, (user_id, "c")).purpose == Purpose.BILL
        assert session.scalars(select(Progress.naming_version)).one() == NAMING_VERSION
        assert session.scalars(select(User.data_version)).one() == before + 1
        assert session.scalars(select(CounterpartyName.counterparty_key)).all() == [FILMBOX]

    def test_so_is_what_they_count_as(self, session: Session, user_id: UUID) -> None:
        session.execute(
            update(Transaction).values(base_kind=Kind.TRANSFER, kind=Kind.OWN_TRANSFER, is_transfer_like=True)
        )
        with raw_cursor(session) as cursor:
            reread_stale(cursor, [user_id])
        session.expire_all()
        rows = session.scalars(select(Transaction)).all()
        assert {(row.base_kind, row.kind, row.is_transfer_like) for row in rows} == {
            (Kind.SPENDING, Kind.SPENDING, False)
        }

    def test_new_data_finds_them_read(self, session: Session, user_id: UUID) -> None:
        load(session, user_id, {"added": [bare("d")]})
        assert {keys(session)[one] for one in "abd"} == {FILMBOX}


def test_a_new_person_is_named_by_this_version(session: Session, user_id: UUID) -> None:
    assert session.scalars(select(Progress.naming_version)).one() == NAMING_VERSION
