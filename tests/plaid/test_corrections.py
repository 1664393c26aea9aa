"""What a person calls a transaction: counted as if the bank had said so, whatever the bank sends afterwards."""

from datetime import date
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from spendsense.consent import ledger
from spendsense.errors import ConsentMissing, InvalidInput, NotFound
from spendsense.pipeline.run import refresh
from spendsense.plaid import kinds
from spendsense.plaid.categories import DETAILED, Category
from spendsense.plaid.corrections import recategorise
from spendsense.store.kinds import Kind
from spendsense.store.models import AuditEvent, Correction, Transaction, User, WindowSignals
from spendsense.store.session import raw_cursor
from tests.plaid.conftest import consenting_person
from tests.plaid.payloads import AT, account, load, stored, transaction

SAVINGS = Category("TRANSFER_OUT", "TRANSFER_OUT_SAVINGS")
RENT = Category("RENT_AND_UTILITIES", "RENT_AND_UTILITIES_RENT")
COFFEE = {"primary": "FOOD_AND_DRINK", "detailed": "FOOD_AND_DRINK_COFFEE"}
ALL = [Category(primary, detailed) for primary, known in DETAILED.items() for detailed in (None, *known)]


def correct(session: Session, user_id: UUID, category: Category | None, transaction_id: str = "t1") -> None:
    recategorise(session, user_id, transaction_id, category, AT)
    session.commit()


def row_of(session: Session, user_id: UUID, transaction_id: str = "t1") -> Transaction:
    return session.get_one(Transaction, (user_id, transaction_id), populate_existing=True)


def counts_as(row: Transaction) -> tuple[Any, ...]:
    return row.base_kind, row.kind, row.purpose, row.is_transfer_like


def corrections(session: Session) -> list[tuple[str, str]]:
    rows = select(Correction.transaction_id, Correction.category_primary).order_by(Correction.transaction_id)
    return [(transaction_id, primary) for transaction_id, primary in session.execute(rows)]


@pytest.fixture
def ann(session: Session, user_id: UUID) -> UUID:
    """Bought a coffee; the bank says so."""
    load(session, user_id, {"accounts": [account()], "added": [transaction(personal_finance_category=COFFEE)]})
    session.commit()
    return user_id


def test_each_category_counts_as_if_the_bank_had_said_it(session: Session, user_id: UUID) -> None:
    bob = consenting_person(session, "bob@example.com")
    plain = [transaction(f"t{number}", amount=(-1) ** number * 12.5) for number in range(len(ALL))]
    said = [{**row, "personal_finance_category": one._asdict()} for row, one in zip(plain, ALL, strict=True)]
    load(session, user_id, {"accounts": [account()], "added": plain})
    load(session, bob, {"accounts": [account()], "added": said})
    for number, category in enumerate(ALL):
        recategorise(session, user_id, f"t{number}", category, AT)
    for number, category in enumerate(ALL):
        mine, theirs = row_of(session, user_id, f"t{number}"), row_of(session, bob, f"t{number}")
        assert counts_as(mine) == counts_as(theirs), category
        assert mine.category_primary is None


def test_the_banks_category_stays_beside_the_persons(session: Session, ann: UUID) -> None:
    version = session.get_one(User, ann).data_version
    correct(session, ann, SAVINGS)
    row = row_of(session, ann)
    assert (row.category_primary, row.category_detailed) == ("FOOD_AND_DRINK", "FOOD_AND_DRINK_COFFEE")
    assert (row.base_kind, row.kind) == (Kind.TRANSFER, Kind.TRANSFER)
    assert corrections(session) == [("t1", "TRANSFER_OUT")]
    assert session.get_one(User, ann).data_version == version + 1


def test_the_signals_follow(session: Session, ann: UUID) -> None:
    def spending() -> int:
        refresh(ann, date(2026, 11, 20))
        return session.get_one(WindowSignals, (ann, 30), populate_existing=True).spending_cents

    assert spending() == 1_234
    correct(session, ann, SAVINGS)
    assert spending() == 0
    correct(session, ann, None)
    assert spending() == 1_234


def test_taking_it_back_makes_the_banks_count_again(session: Session, ann: UUID) -> None:
    before = counts_as(row_of(session, ann))
    correct(session, ann, SAVINGS)
    assert counts_as(row_of(session, ann)) != before
    correct(session, ann, None)
    assert counts_as(row_of(session, ann)) == before
    assert corrections(session) == []


def test_saying_it_again_changes_nothing(session: Session, ann: UUID) -> None:
    correct(session, ann, None)  # nothing was said
    assert session.scalars(select(AuditEvent)).all() == []
    correct(session, ann, SAVINGS)
    before = stored(session)
    correct(session, ann, SAVINGS)
    assert stored(session) == before
    assert len(session.scalars(select(AuditEvent)).all()) == 1


def test_each_change_is_audited_without_the_banks_ids(session: Session, ann: UUID) -> None:
    for category in (SAVINGS, RENT, None):
        correct(session, ann, category)
    events = session.scalars(select(AuditEvent).order_by(AuditEvent.event_id)).all()
    assert [event.event for event in events] == [*["transaction.recategorised"] * 2, "correction.taken_back"]
    assert {event.subject for event in events} == {session.get_one(User, ann).audit_subject}
    assert events[1].detail["detailed"] == "RENT_AND_UTILITIES_RENT"
    assert len({event.detail["correction_id"] for event in events}) == 1
    assert not any("t1" in event.detail.values() for event in events)


# --- what the bank sends afterwards ----------------------------------------------------------------------------------


def test_it_survives_a_modified_row_and_a_second_upload(session: Session, ann: UUID) -> None:
    correct(session, ann, SAVINGS)
    changed = transaction(amount=99, name="Coffee House", personal_finance_category=RENT._asdict())
    load(session, ann, {"modified": [changed]})
    row = row_of(session, ann)
    assert (row.amount_cents, row.category_detailed, row.kind) == (9_900, "RENT_AND_UTILITIES_RENT", Kind.TRANSFER)
    assert load(session, ann, {"modified": [changed]}).changed_rows == 0  # a replay is one still
    correct(session, ann, None)
    assert row_of(session, ann).kind == Kind.SPENDING


def test_it_survives_a_snapshot_and_a_csv(session: Session, ann: UUID) -> None:
    correct(session, ann, SAVINGS)
    load(session, ann, {"transactions": [transaction(amount=5, personal_finance_category=COFFEE)]})
    load(session, ann, b"transaction_id,account_id,date,amount,name\nt1,chk,2026-11-03,7.00,Coffee\n", "csv")
    row = row_of(session, ann)
    assert (row.amount_cents, row.kind) == (700, Kind.TRANSFER)
    assert corrections(session) == [("t1", "TRANSFER_OUT")]


def test_a_pending_rows_goes_to_the_row_that_posts_it(session: Session, ann: UUID) -> None:
    load(session, ann, {"added": [transaction("p1", pending=True)]})
    correct(session, ann, SAVINGS, "p1")
    posted = {"added": [transaction("t9", pending_transaction_id="p1")], "removed": [{"transaction_id": "p1"}]}
    load(session, ann, posted)
    assert row_of(session, ann, "t9").kind == Kind.TRANSFER
    assert corrections(session) == [("t9", "TRANSFER_OUT")]
    assert load(session, ann, posted).changed_rows == 0


def test_it_survives_that_the_row_is_removed_and_comes_anew(session: Session, ann: UUID) -> None:
    """A removed id is not used again; once its row is forgotten (a purge), the same upload brings it back."""
    correct(session, ann, SAVINGS)
    load(session, ann, {"removed": [{"transaction_id": "t1"}]})
    assert corrections(session) == [("t1", "TRANSFER_OUT")]
    assert load(session, ann, {"added": [transaction()]}).skipped == 1
    with raw_cursor(session) as cursor:
        cursor.execute("DELETE FROM removed_transactions")
    load(session, ann, {"added": [transaction()]})  # the person's first row again: copied, not upserted
    assert row_of(session, ann).kind == Kind.TRANSFER
    load(session, ann, {"added": [transaction("t2")]})
    assert row_of(session, ann, "t2").kind == Kind.SPENDING


def test_it_holds_when_the_account_becomes_another_sort(session: Session, ann: UUID) -> None:
    correct(session, ann, SAVINGS)
    load(session, ann, {"accounts": [account(type="loan", subtype="student")]})
    assert row_of(session, ann).kind == Kind.OFF_SCOPE
    load(session, ann, {"accounts": [account()]})
    assert row_of(session, ann).kind == Kind.TRANSFER


def test_it_holds_when_names_are_read_anew(session: Session, ann: UUID) -> None:
    correct(session, ann, RENT)
    before = counts_as(row_of(session, ann))
    session.execute(text("UPDATE progress SET naming_version = 0"))
    session.execute(text("UPDATE transactions SET purpose = 0"))
    refresh(ann, date(2026, 11, 20))
    assert counts_as(row_of(session, ann)) == before


def test_it_is_one_persons_alone(session: Session, ann: UUID) -> None:
    bob = consenting_person(session, "bob@example.com")
    load(session, bob, {"accounts": [account()], "added": [transaction()]})
    correct(session, ann, SAVINGS)
    load(session, bob, {"modified": [transaction(amount=3)]})
    assert row_of(session, bob).kind == Kind.SPENDING


# --- what is refused -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("category", "pointer"),
    [
        (Category("COFFEE", None), "/personal_finance_category/primary"),
        (Category(None, None), "/personal_finance_category/primary"),
        (Category("TRAVEL", "FOOD_AND_DRINK_COFFEE"), "/personal_finance_category/detailed"),
        (Category("TRAVEL", ""), "/personal_finance_category/detailed"),
    ],
)
def test_a_category_that_plaid_has_not_is_refused(
    session: Session, ann: UUID, category: Category, pointer: str
) -> None:
    with pytest.raises(InvalidInput) as refusal:
        correct(session, ann, category)
    assert [fault.pointer for fault in refusal.value.errors] == [pointer]
    assert corrections(session) == []


@pytest.mark.parametrize("transaction_id", ["nowhere", "", "t\x001"])
def test_a_row_that_is_not_there_is_not_found(session: Session, ann: UUID, transaction_id: str) -> None:
    with pytest.raises(NotFound):
        correct(session, ann, SAVINGS, transaction_id)


def test_without_consent_nothing_is_corrected(session: Session, ann: UUID) -> None:
    ledger.revoke(session, ann, "analysis", method="api", text_version="1", at=AT)
    with pytest.raises(ConsentMissing):
        correct(session, ann, SAVINGS)
    assert corrections(session) == []


def test_the_list_has_each_category_that_means_something_here() -> None:
    """Both versions of Plaid's list: 104 and 26 more."""
    known = {detailed for details in DETAILED.values() for detailed in details}
    assert len(known) == 130
    assert set(kinds._SETTLED) <= known
