"""CSVs beside fuller payloads: what a CSV gives lies over the rest, and what it has no column for is kept."""

from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from spendsense.plaid.corrections import recategorise
from spendsense.plaid.kinds import Kind
from spendsense.plaid.naming import NAMING_VERSION
from spendsense.store.models import Progress
from tests.plaid.conftest import consenting_person
from tests.plaid.payloads import AT, account, load, stored, transaction
from tests.plaid.test_corrections import RENT, row_of

FILM = {"primary": "ENTERTAINMENT", "detailed": "ENTERTAINMENT_TV_AND_MOVIES"}
FULL = transaction(
    name="NETFLIX.COM 0417",
    merchant_name="Netflix",
    merchant_entity_id="e1",
    payment_channel="online",
    authorized_date="2026-11-02",
    personal_finance_category=FILM,
    pending=True,
)
FOUR_COLUMNS = b"transaction_id,account_id,date,amount\nt1,chk,2026-11-03,12.34\n"


def csv(**cells: Any) -> bytes:
    """A CSV of the four columns that a row needs, and these."""
    columns = {"transaction_id": "t1", "account_id": "chk", "date": "2026-11-03", "amount": "12.34", **cells}
    return f"{','.join(columns)}\n{','.join(columns.values())}\n".encode()


def rows_after(session: Session, *payloads: Any) -> list[str]:
    """The rows of a new person after these payloads, without whose they are."""
    user_id = consenting_person(session, f"{uuid4().hex}@example.com")
    load(session, user_id, {"accounts": [account(), account("card", type="credit", subtype="credit card")]})
    for payload in payloads:
        load(session, user_id, payload, "csv" if isinstance(payload, bytes) else "json")
    return [text.replace(str(user_id), "") for text in stored(session)["transactions"] if str(user_id) in text]


def test_a_full_row_fills_a_partial_one(session: Session, user_id: UUID) -> None:
    load(session, user_id, {"accounts": [account()]})
    load(session, user_id, FOUR_COLUMNS, "csv")
    row = row_of(session, user_id)
    assert (row.name, row.pending, row.is_partial, row.is_pending_assumed) == ("", False, True, True)
    assert load(session, user_id, {"added": [FULL]}).changed_rows == 1
    row = row_of(session, user_id)
    assert (row.name, row.merchant_name, row.merchant_entity_id) == ("NETFLIX.COM 0417", "Netflix", "e1")
    assert (row.category_detailed, row.pending, row.is_partial) == (FILM["detailed"], True, False)
    assert load(session, user_id, {"added": [FULL]}).changed_rows == 0


def test_a_csv_without_a_column_for_it_leaves_a_pending_row_pending(session: Session, user_id: UUID) -> None:
    load(session, user_id, {"accounts": [account()], "added": [FULL]})
    load(session, user_id, FOUR_COLUMNS, "csv")
    row = row_of(session, user_id)
    assert (row.pending, row.merchant_name, row.category_primary) == (True, "Netflix", "ENTERTAINMENT")
    load(session, user_id, csv(pending="false"), "csv")
    assert row_of(session, user_id).pending is False


def test_another_amount_in_a_csv_wipes_nothing(session: Session, user_id: UUID) -> None:
    load(session, user_id, {"accounts": [account()], "transactions": [FULL]})
    before = row_of(session, user_id)
    key, purpose = before.counterparty_key, before.purpose
    load(session, user_id, csv(amount="13.00"), "csv")
    row = row_of(session, user_id)
    assert (row.amount_cents, row.name, row.merchant_entity_id) == (1_300, "NETFLIX.COM 0417", "e1")
    assert (row.category_detailed, row.counterparty_key, row.purpose) == (FILM["detailed"], key, purpose)


@pytest.mark.parametrize("second", [csv(category_primary="ENTERTAINMENT"), csv(merchant_name="Netflix"), FOUR_COLUMNS])
def test_what_a_csv_gives_again_changes_nothing(session: Session, user_id: UUID, second: bytes) -> None:
    load(session, user_id, {"accounts": [account()], "modified": [FULL]})
    before = stored(session)
    assert load(session, user_id, second, "csv").changed_rows == 0
    assert stored(session) == before


def test_a_later_snapshot_replaces_what_a_csv_gave(session: Session, user_id: UUID) -> None:
    load(session, user_id, {"accounts": [account()]})
    load(session, user_id, csv(amount="7", merchant_name="Other"), "csv")
    load(session, user_id, {"transactions": [transaction()]})
    row = row_of(session, user_id)
    assert (row.amount_cents, row.merchant_name, row.is_partial) == (1_234, None, False)


def test_a_category_of_another_sort_takes_the_detailed_one_along(session: Session, user_id: UUID) -> None:
    load(session, user_id, {"accounts": [account()], "transactions": [FULL]})
    load(session, user_id, csv(category_primary="TRAVEL"), "csv")
    row = row_of(session, user_id)
    assert (row.category_primary, row.category_detailed) == ("TRAVEL", None)


def test_what_a_completed_row_counts_as_is_told_from_all_of_it(session: Session, user_id: UUID) -> None:
    load(session, user_id, {"accounts": [account()]})
    load(session, user_id, csv(name="ONLINE TRANSFER TO SAVINGS"), "csv")
    assert row_of(session, user_id).base_kind == Kind.TRANSFER
    load(session, user_id, {"added": [{**FULL, "name": None}]})
    row = row_of(session, user_id)
    assert (row.name, row.base_kind, row.kind) == ("ONLINE TRANSFER TO SAVINGS", Kind.SPENDING, Kind.SPENDING)
    recategorise(session, user_id, "t1", RENT, AT)
    before = stored(session)
    load(session, user_id, csv(name="ONLINE TRANSFER TO SAVINGS"), "csv")
    assert stored(session)["transactions"] == before["transactions"]


CSVS = (
    FOUR_COLUMNS,
    csv(name="Netflix", pending="false"),
    csv(merchant_name="Netflix Inc", amount="13.00"),
    csv(account_id="card", category_primary="TRAVEL", iso_currency_code="EUR"),
)


@pytest.mark.parametrize("one", CSVS)
@pytest.mark.parametrize("full", [FULL, transaction(iso_currency_code=None, merchant_name="Coffee Shop")])
def test_a_csv_and_an_added_page_in_any_order_give_the_same_rows(
    session: Session, one: bytes, full: dict[str, Any]
) -> None:
    page = {"added": [full]}
    expected = rows_after(session, page, one)
    assert len(expected) == 1
    for payloads in ((one, page), (one, page, one), (page, one, page), (one, one, page, page)):
        assert rows_after(session, *payloads) == expected


def test_names_read_anew_say_of_completed_rows_what_they_said(session: Session, user_id: UUID) -> None:
    load(session, user_id, {"accounts": [account()], "added": [FULL, transaction("t2", name="NETFLIX.COM 9999")]})
    load(session, user_id, csv(amount="13.00"), "csv")
    before = stored(session)["transactions"]
    progress = session.scalars(select(Progress).where(Progress.user_id == user_id)).one()
    progress.naming_version = NAMING_VERSION - 1
    session.flush()
    load(session, user_id, {"accounts": [account()]})
    assert stored(session)["transactions"] == before
