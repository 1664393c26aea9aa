"""Payloads into tables: what is written, what a replay leaves, what supersedes what."""

from datetime import date, timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from spendsense.consent import ledger
from spendsense.consent.people import find_or_create_user
from spendsense.errors import ConsentMissing, NotFound
from spendsense.plaid.ingest import MOST_ACCOUNTS, ingest, ingest_many
from spendsense.plaid.schema import parse
from spendsense.store.kinds import Kind
from spendsense.store.models import Account, Balance, Item, Liability, Transaction, Upload, User
from tests.plaid.conftest import consenting_person
from tests.plaid.payloads import AT, account, ids, load, read, stored, transaction


def test_a_sync_page_is_stored(session: Session, user_id: UUID) -> None:
    report = load(session, user_id, {"accounts": [account()], "added": [transaction()], "next_cursor": "c1"})
    assert (report.accepted["accounts"], report.accepted["transactions"], report.rejected) == (1, 1, ())
    assert report.changed_rows == 3  # the account, its balance, the transaction
    row = session.scalars(select(Transaction)).one()
    assert (row.amount_cents, row.date, row.name, row.currency) == (1234, date(2026, 11, 3), "Coffee Shop", "USD")
    assert (row.base_kind, row.kind, row.is_revised, row.on_savings) == (Kind.SPENDING, Kind.SPENDING, False, False)
    assert session.scalars(select(Account.name)).one() == "Checking"
    balance = session.scalars(select(Balance)).one()
    assert (balance.observed_on, balance.current_cents, balance.available_cents) == (AT.date(), 11055, 10000)
    assert balance.limit_cents is None
    assert session.scalars(select(User.data_version)).one() == 1


def test_a_replay_changes_nothing_but_the_upload_log(session: Session, user_id: UUID) -> None:
    payload = {
        "item": {"item_id": "item-1", "institution_id": "ins_3"},
        "accounts": [account(), account("card", type="credit", subtype="credit card")],
        "transactions": [transaction(), transaction("t2")],
        "liabilities": {"credit": [{"account_id": "card", "is_overdue": False}]},
        "removed": [{"transaction_id": "gone"}],
    }
    load(session, user_id, payload)
    before = stored(session)
    assert load(session, user_id, payload).changed_rows == 0
    assert stored(session) == before
    assert len(session.scalars(select(Upload)).all()) == 2


def test_a_replay_on_a_later_day_writes_no_balance_that_only_repeats_the_last(session: Session, user_id: UUID) -> None:
    payload = b'{"accounts": [{"account_id": "chk", "type": "depository", "balances": {"current": %s}}]}'
    for days, current in enumerate((b"10", b"10", b"12", b"10")):
        at = AT + timedelta(days=days)
        batch = parse(payload % current, filename=None, media=None, received_on=at.date(), source_label="x")
        ingest(session, user_id, batch, source="cli", at=at)
    seen = session.execute(select(Balance.observed_on, Balance.current_cents).order_by(Balance.observed_on)).all()
    assert [(day.day, cents) for day, cents in seen] == [(20, 1000), (22, 1200), (23, 1000)]


def test_a_balance_counts_for_the_day_that_the_bank_gave(session: Session, user_id: UUID) -> None:
    balances = {"current": 5, "last_updated_datetime": "2026-11-18T23:59:59Z"}
    load(session, user_id, {"accounts": [account(balances=balances)]})
    assert session.scalars(select(Balance.observed_on)).one() == date(2026, 11, 18)


def test_modified_replaces_and_removed_deletes(session: Session, user_id: UUID) -> None:
    load(session, user_id, {"accounts": [account()], "added": [transaction("a"), transaction("b")]})
    load(session, user_id, {"modified": [transaction("a", amount=9.99)], "removed": [{"transaction_id": "b"}]})
    row = session.scalars(select(Transaction)).one()
    assert (row.transaction_id, row.amount_cents, row.is_revised) == ("a", 999, True)


def test_added_after_modified_does_not_bring_the_old_row_back(session: Session, user_id: UUID) -> None:
    load(session, user_id, {"accounts": [account()], "modified": [transaction("a", amount=9.99)]})
    assert load(session, user_id, {"added": [transaction("a", amount=12.34)]}).changed_rows == 0
    assert session.scalars(select(Transaction.amount_cents)).one() == 999


def test_a_removed_id_does_not_come_back_with_a_late_page(session: Session, user_id: UUID) -> None:
    load(session, user_id, {"accounts": [account()], "removed": [{"transaction_id": "a"}]})
    report = load(session, user_id, {"added": [transaction("a"), transaction("b")]})
    assert (ids(session), report.skipped) == (["b"], 1)
    report = load(session, user_id, {"modified": [transaction("a")]})
    assert (ids(session), report.skipped) == (["b"], 1)


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_a_posted_row_supersedes_its_pending_one_in_any_order(
    session: Session, user_id: UUID, order: tuple[int, int]
) -> None:
    load(session, user_id, {"accounts": [account()]})
    pages = (
        {"added": [transaction("pend", pending=True, amount=10)]},
        {"added": [transaction("post", pending_transaction_id="pend", amount=12)]},
    )
    for position in order:
        load(session, user_id, pages[position])
    assert ids(session) == ["post"]


def test_a_posted_row_supersedes_its_pending_one_within_a_page(session: Session, user_id: UUID) -> None:
    rows = [transaction("pend", pending=True), transaction("post", pending_transaction_id="pend")]
    report = load(session, user_id, {"accounts": [account()], "transactions": rows})
    assert (ids(session), report.skipped) == (["post"], 1)


def test_a_refused_row_supersedes_nothing(session: Session, user_id: UUID) -> None:
    rows = [
        transaction("pend", pending=True),
        transaction("old", pending=True),
        transaction("stranger", account_id="nobody's", pending_transaction_id="pend"),
        transaction("posted", pending_transaction_id="old"),
    ]
    load(session, user_id, {"accounts": [account()], "added": rows})
    assert ids(session) == ["pend", "posted"]


def test_a_pending_row_supersedes_nothing(session: Session, user_id: UUID) -> None:
    rows = [transaction("old", pending=True), transaction("new", pending=True, pending_transaction_id="old")]
    load(session, user_id, {"accounts": [account()], "added": rows})
    assert ids(session) == ["new", "old"]


def test_look_alikes_are_both_kept(session: Session, user_id: UUID) -> None:
    load(session, user_id, {"accounts": [account()], "added": [transaction("a"), transaction("b")]})
    assert ids(session) == ["a", "b"]


def test_look_alikes_of_a_custom_user_are_both_kept_and_replayed(session: Session, user_id: UUID) -> None:
    coffee = {"date_posted": "2026-11-02", "amount": 3.5, "description": "Coffee", "currency": "USD"}
    payload = {"override_accounts": [{"type": "depository", "subtype": "checking", "transactions": [coffee, coffee]}]}
    load(session, user_id, payload)
    before = stored(session)
    assert len(before["transactions"]) == 2
    load(session, user_id, payload)
    assert stored(session) == before


def test_a_csv_that_repeats_what_is_stored_keeps_the_fields_it_has_no_column_for(
    session: Session, user_id: UUID
) -> None:
    load(session, user_id, {"accounts": [account()], "transactions": [transaction("a", merchant_name="Bean")]})
    before = stored(session)
    csv = b"transaction_id,account_id,date,amount,name\na,chk,2026-11-03,12.34,Coffee Shop\n"
    assert load(session, user_id, csv, "csv").changed_rows == 0
    assert stored(session) == before
    load(session, user_id, csv.replace(b"12.34", b"12.35"), "csv")
    assert session.scalars(select(Transaction.amount_cents)).one() == 1235


def test_the_kind_that_a_row_was_found_to_have_survives_a_replay(session: Session, user_id: UUID) -> None:
    payload = {"accounts": [account()], "transactions": [transaction("a"), transaction("b")]}
    load(session, user_id, payload)
    row = session.scalars(select(Transaction).where(Transaction.transaction_id == "a")).one()
    row.kind = Kind.OWN_TRANSFER
    session.flush()
    load(session, user_id, payload)
    session.refresh(row)
    assert (row.kind, row.base_kind) == (Kind.OWN_TRANSFER, Kind.SPENDING)
    load(session, user_id, {"modified": [transaction("a", amount=1)]})
    session.refresh(row)
    assert row.kind == Kind.SPENDING


def test_an_account_of_another_type_gives_its_rows_another_kind(session: Session, user_id: UUID) -> None:
    load(session, user_id, {"accounts": [account()], "added": [transaction("a")]})
    load(session, user_id, {"accounts": [account(type="loan", subtype="student")]})
    assert session.scalars(select(Transaction.kind)).one() == Kind.OFF_SCOPE
    load(session, user_id, {"accounts": [account(subtype="savings")]})
    row = session.execute(select(Transaction.kind, Transaction.on_savings)).one()
    assert tuple(row) == (Kind.SPENDING, True)


def test_what_an_account_leaves_out_stays_known(session: Session, user_id: UUID) -> None:
    load(session, user_id, {"accounts": [account(official_name="Everyday Checking")]})
    bare = {"account_id": "chk", "type": "depository"}
    assert load(session, user_id, {"accounts": [bare]}).changed_rows == 0
    kept = session.scalars(select(Account)).one()
    assert (kept.name, kept.official_name, kept.mask, kept.subtype, kept.currency) == (
        "Checking",
        "Everyday Checking",
        "0001",
        "checking",
        "USD",
    )


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ({"official_name": "Everyday", "subtype": "checking"}, "Everyday"),
        ({"subtype": "checking"}, "checking"),
        ({}, "depository"),
    ],
)
def test_an_account_without_a_name_is_called_by_what_it_has(
    session: Session, user_id: UUID, given: dict[str, str], name: str
) -> None:
    load(session, user_id, {"accounts": [{"account_id": "chk", "type": "depository"} | given]})
    assert session.scalars(select(Account.name)).one() == name
    load(session, user_id, {"accounts": [account()]})
    assert session.scalars(select(Account.name)).one() == "Checking"


def test_the_account_s_currency_stands_in_for_a_missing_one_and_usd_for_both(session: Session, user_id: UUID) -> None:
    euro = account("euro", balances={"current": 1, "iso_currency_code": "EUR"})
    bare = account("bare", balances={"current": 1})
    rows = [
        transaction("e", account_id="euro", iso_currency_code=None),
        transaction("u", account_id="bare", iso_currency_code=None),
        transaction("b", account_id="euro", iso_currency_code=None, unofficial_currency_code="BTC"),
    ]
    load(session, user_id, {"accounts": [euro, bare], "added": rows})
    found = session.execute(select(Transaction.transaction_id, Transaction.currency)).all()
    assert dict(tuple(row) for row in found) == {"e": "EUR", "u": "USD", "b": "BTC"}


def test_a_currency_that_was_assumed_follows_the_account_s(session: Session, user_id: UUID) -> None:
    rows = [transaction("bare", iso_currency_code=None), transaction("said", iso_currency_code="GBP")]
    early = {"accounts": [account(balances={"current": 1})], "added": rows}
    load(session, user_id, early)
    as_assumed = session.execute(select(Transaction.transaction_id, Transaction.currency)).all()
    assert dict(tuple(row) for row in as_assumed) == {"bare": "USD", "said": "GBP"}
    euro = {"accounts": [account(balances={"iso_currency_code": "EUR"})]}
    assert load(session, user_id, euro).changed_rows == 2  # the account and the row
    before = stored(session)["transactions"]
    assert load(session, user_id, early).changed_rows == 0
    assert stored(session)["transactions"] == before
    found = session.execute(select(Transaction.transaction_id, Transaction.currency)).all()
    assert dict(tuple(row) for row in found) == {"bare": "EUR", "said": "GBP"}


def test_an_unknown_account_is_refused_with_its_place(session: Session, user_id: UUID) -> None:
    load(session, user_id, {"accounts": [account()]})
    payload = {
        "added": [transaction("a"), transaction("b", account_id="nobody's")],
        "liabilities": {"credit": [{"account_id": "nobody's"}]},
    }
    report = load(session, user_id, payload)
    assert [error.pointer for error in report.rejected] == ["/liabilities/credit/0/account_id", "/added/1/account_id"]
    assert ids(session) == ["a"]


def test_another_person_s_account_is_unknown(session: Session, user_id: UUID) -> None:
    load(session, user_id, {"accounts": [account()]})
    other = consenting_person(session, "bob@example.com")
    assert load(session, other, {"added": [transaction()]}).rejected_count == 1


def test_a_person_has_so_many_accounts_and_those_stay_theirs(session: Session, user_id: UUID) -> None:
    # All but two are there; of the four that come one is known, two find room, and one does not, nor its row and debt.
    load(session, user_id, {"accounts": [account(f"a{number}") for number in range(MOST_ACCOUNTS - 2)]})
    names = ["new-1", "a0", "new-2", "new-3"]
    payload = {
        "accounts": [account(name, mask="4523") for name in names],
        "added": [transaction(name, account_id=name) for name in names],
        "liabilities": {"credit": [{"account_id": "new-3"}]},
    }
    report = load(session, user_id, payload)
    assert [error.pointer for error in report.rejected] == [
        "/accounts/3/account_id",
        "/liabilities/credit/0/account_id",
        "/added/3/account_id",
    ]
    assert report.rejected[0].detail == "is one too many: a person has up to 5,000"
    assert report.accepted == {"accounts": 3, "liabilities": 0, "transactions": 3, "removed": 0}
    assert ids(session) == ["a0", "new-1", "new-2"]
    assert len(session.scalars(select(Account.account_id)).all()) == MOST_ACCOUNTS
    assert load(session, user_id, {"accounts": [account("a1", mask="1")]}).changed_rows == 1


def test_of_many_accounts_too_many_the_first_hundred_are_listed(session: Session, user_id: UUID) -> None:
    report = load(session, user_id, {"accounts": [account(f"a{number}") for number in range(MOST_ACCOUNTS + 150)]})
    assert (len(report.rejected), report.rejected_count) == (100, 150)


def test_liabilities_are_stored(session: Session, user_id: UUID) -> None:
    card = account("card", type="credit", subtype="credit card")
    owed = {
        "account_id": "card",
        "aprs": [
            {"apr_percentage": 27.95, "apr_type": "cash_apr"},
            {"apr_percentage": 12.5, "apr_type": "purchase_apr"},
        ],
        "is_overdue": True,
        "last_payment_amount": 168.25,
        "last_payment_date": "2026-10-22",
        "last_statement_balance": 1708.77,
        "last_statement_issue_date": "2026-10-28",
        "minimum_payment_amount": 20,
        "next_payment_due_date": "2026-11-28",
    }
    load(session, user_id, {"accounts": [card], "liabilities": {"credit": [owed], "mortgage": None, "student": []}})
    row = session.scalars(select(Liability)).one()
    assert (row.kind, row.apr_percent, row.is_overdue, row.minimum_payment_cents) == ("credit", 12.5, True, 2000)
    assert (row.last_payment_cents, row.last_payment_on) == (16825, date(2026, 10, 22))
    assert (row.last_statement_balance_cents, row.last_statement_on) == (170877, date(2026, 10, 28))
    assert row.next_payment_due_on == date(2026, 11, 28)


def test_the_item_is_kept(session: Session, user_id: UUID) -> None:
    load(session, user_id, {"item": {"item_id": "it", "institution_id": "ins"}, "accounts": [account()]})
    load(session, user_id, {"item": {"item_id": "it"}, "accounts": [account()], "next_cursor": "c"})
    item = session.scalars(select(Item)).one()
    assert (item.item_id, item.institution_id) == ("it", "ins")
    assert session.scalars(select(Account.item_id)).one() == "it"


def test_texts_that_copy_reads_as_something_else_are_kept(session: Session, user_id: UUID) -> None:
    name = "tab\there \\N back\\slash\nline \\. ünï 🙂 'quote\" end\\"
    load(session, user_id, {"accounts": [account()], "added": [transaction("a\\N", name=name)]})
    row = session.scalars(select(Transaction)).one()
    assert (row.transaction_id, row.name) == ("a\\N", name)
    load(session, user_id, {"added": [transaction("a\\N", name=name + "!")]})  # and through the staging table
    session.refresh(row)
    assert row.name == name + "!"


def test_without_consent_nothing_is_stored(session: Session) -> None:
    user = find_or_create_user(session, "no@example.com")
    before = stored(session)
    with pytest.raises(ConsentMissing):
        load(session, user.user_id, {"accounts": [account()], "added": [transaction()]})
    assert stored(session) == before
    assert session.scalars(select(Upload)).all() == []


def test_an_ended_consent_is_none(session: Session, user_id: UUID) -> None:
    ledger.revoke(session, user_id, "analysis", method="api", text_version="1", at=AT)
    with pytest.raises(ConsentMissing):
        load(session, user_id, {"accounts": [account()]})


def test_nobody_is_not_found(session: Session) -> None:
    with pytest.raises(NotFound):
        load(session, uuid4(), {"accounts": [account()]})


def test_many_people_in_one_go_are_all_written_or_none(session: Session, user_id: UUID) -> None:
    other = consenting_person(session, "bob@example.com")
    batches = {
        user_id: read({"accounts": [account("a")]}),
        other: read({"accounts": [account("b")], "transactions": [transaction("t", account_id="b")]}),
    }
    reports = ingest_many(session, batches, source="cli", at=AT)
    assert (reports[user_id].changed_rows, reports[other].changed_rows) == (2, 3)
    assert ingest_many(session, batches, source="cli", at=AT)[other].changed_rows == 0
    assert session.scalars(select(Transaction.user_id)).one() == other
    assert ingest_many(session, {}, source="cli", at=AT) == {}


def test_the_upload_log_lists_the_first_hundred_rejects(session: Session, user_id: UUID) -> None:
    bad = [transaction(f"t{number}", amount="much") for number in range(120)]
    report = load(session, user_id, {"accounts": [account()], "added": bad})
    log = session.scalars(select(Upload)).one()
    assert (report.rejected_count, log.counts["rejected"], len(log.rejects)) == (120, 120, 100)
    assert log.rejects[0] == {"pointer": "/added/0/amount", "detail": "must be a number, not text"}
