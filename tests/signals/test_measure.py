"""Measuring as a whole: a rerun writes nothing, a day or a row that changes is seen, nobody else is touched."""

import uuid
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from spendsense.signals.compute import MeasureCounts, measure
from spendsense.store.models import Account, Progress, User
from tests.signals.rows import (
    AS_OF,
    account,
    ago,
    balance,
    card,
    charge,
    liability,
    measured,
    pay,
    person,
    receive,
    row,
    savings,
    spend,
    streams,
)

# Each table with its place on disk: a row that was written anew, even with the same values, has another ctid.
WRITTEN = ("signals", "card_signals", "streams", "merchant_flags", "transactions")


def full_person(session: Session, email: str = "ana@example.com") -> UUID:
    """A person who has something of everything: pay, a subscription, a card, savings, a refund, a transfer, a fee."""
    user_id = person(session, email)
    balance(session, user_id, "checking", ago(0), 120_000)
    card(session, user_id, 40_000, 100_000)
    liability(session, user_id, last_payment_cents=2_500, minimum_payment_cents=2_500, is_overdue=False)
    savings(session, user_id, 300_000)
    charge(session, user_id, [ago(65), ago(35), ago(5)], 1_599)
    pay(session, user_id, [ago(42), ago(28), ago(14), ago(0)], 150_000)
    spend(session, user_id, ago(100), 20_000, "Shoe House")
    receive(session, user_id, ago(95), 5_000, "Shoe House")
    row(session, user_id, ago(10), 25_000, "Transfer to savings", transaction_id="out")
    row(session, user_id, ago(9), -25_000, "Green Dot", account="savings", transaction_id="in")
    row(session, user_id, ago(8), 3_500, "Bank", category="BANK_FEES_LATE_FEES", account="visa")
    spend(session, user_id, ago(3), 4_200, account="visa")
    return user_id


def stored(session: Session, user_id: UUID) -> dict[str, list[Any]]:
    """Every row of the person that measuring could write, with its place on disk."""
    found: dict[str, list[Any]] = {}
    for table in WRITTEN:
        query = text(f"SELECT ctid::text, {table}::text FROM {table} WHERE user_id = :user_id ORDER BY 2")
        found[table] = [tuple(one) for one in session.execute(query, {"user_id": user_id})]
    return found


def values(session: Session, user_id: UUID) -> dict[str, list[Any]]:
    """The same without the place on disk."""
    return {table: [one[1] for one in rows] for table, rows in stored(session, user_id).items()}


def test_a_first_measuring_counts_everyone(session: Session) -> None:
    ana, bob = full_person(session), person(session, "bob@example.com")
    assert measure(session, [ana, bob], AS_OF) == MeasureCounts(people=2, rebuilt=2, changed=2)
    assert {table: len(rows) for table, rows in stored(session, ana).items() if table != "transactions"} == {
        "signals": 3,
        "card_signals": 1,
        "streams": 2,
        "merchant_flags": 1,
    }
    assert len(stored(session, bob)["signals"]) == 3


def test_a_rerun_writes_nothing(session: Session) -> None:
    ana = full_person(session)
    measure(session, [ana], AS_OF)
    before, version = stored(session, ana), session.get_one(Progress, ana).signals_version
    assert measure(session, [ana], AS_OF) == MeasureCounts(people=1, rebuilt=0, changed=0)
    assert stored(session, ana) == before
    assert session.get_one(Progress, ana).signals_version == version


def test_another_look_at_the_same_rows_writes_nothing(session: Session) -> None:
    ana = full_person(session)
    measure(session, [ana], AS_OF)
    before, version = stored(session, ana), session.get_one(Progress, ana).signals_version
    session.get_one(User, ana).data_version += 1
    assert measure(session, [ana], AS_OF) == MeasureCounts(people=1, rebuilt=1, changed=0)
    assert stored(session, ana) == before
    assert session.get_one(Progress, ana).signals_version == version


def test_the_next_day_is_measured_without_another_look_at_the_rows(session: Session) -> None:
    ana = full_person(session)
    spend(session, ana, ago(29), 700)
    measure(session, [ana], AS_OF)
    before, version = stored(session, ana), session.get_one(Progress, ana).signals_version
    tomorrow = ago(-1)
    assert measure(session, [ana], tomorrow) == MeasureCounts(people=1, rebuilt=0, changed=1)
    after = stored(session, ana)
    assert after["signals"] != before["signals"]  # 7.00 left the window of 30 days
    assert {table: after[table] for table in WRITTEN[1:]} == {table: before[table] for table in WRITTEN[1:]}
    progress = session.get_one(Progress, ana)
    assert (progress.signals_version, progress.measured_as_of) == (version + 1, tomorrow)


def test_a_row_of_the_future_comes_into_view_on_its_day(session: Session) -> None:
    ana = full_person(session)
    spend(session, ana, ago(-2), 700)
    measure(session, [ana], AS_OF)
    assert session.get_one(Progress, ana).next_row_on == ago(-2)
    assert measure(session, [ana], ago(-1)).rebuilt == 0
    assert measure(session, [ana], ago(-2)).rebuilt == 1
    assert session.get_one(Progress, ana).next_row_on is None
    assert measure(session, [ana], ago(-3)).rebuilt == 0


def test_days_that_were_skipped_make_no_difference(session: Session) -> None:
    ana = full_person(session)
    charge(session, ana, [ago(-25)], 1_599)
    for days in range(0, 41, 5):
        measure(session, [ana], ago(-days))
    step_by_step = values(session, ana)
    session.get_one(User, ana).data_version += 1
    assert measure(session, [ana], ago(-40)).changed == 0
    assert values(session, ana) == step_by_step


def test_a_change_is_seen_and_leaves_others_alone(session: Session) -> None:
    ana, bob = full_person(session), full_person(session, "bob@example.com")
    measure(session, [ana, bob], AS_OF)
    before, version = stored(session, bob), session.get_one(Progress, bob).signals_version
    spend(session, ana, ago(2), 999)
    assert measure(session, [ana, bob], AS_OF) == MeasureCounts(people=2, rebuilt=1, changed=1)
    assert stored(session, bob) == before
    assert session.get_one(Progress, bob).signals_version == version
    assert measured(session, ana)[30].spending.cents == 4_200 + 1_599 + 3_500 + 999


def test_only_those_who_were_asked_for_are_measured(session: Session) -> None:
    ana, bob = full_person(session), full_person(session, "bob@example.com")
    measure(session, [ana], AS_OF)
    assert stored(session, bob)["signals"] == []
    assert session.get_one(Progress, bob).measured_as_of is None


def test_nobody_is_measured(session: Session) -> None:
    ana = full_person(session)
    assert measure(session, [], AS_OF) == MeasureCounts(0, 0, 0)
    assert measure(session, [uuid.uuid4()], AS_OF).changed == 0
    assert stored(session, ana)["signals"] == []


def test_people_do_not_mix(session: Session) -> None:
    alone = full_person(session)
    measure(session, [alone], AS_OF)
    expected = measured(session, alone)[90]
    # The same ids of accounts, rows and counterparties, measured together with two others.
    bob, eve = full_person(session, "bob@example.com"), full_person(session, "eve@example.com")
    spend(session, eve, ago(1), 777_700, "Netflix")
    account(session, eve, "euro", currency="EUR")
    session.get_one(User, alone).data_version += 1
    measure(session, [alone, bob, eve], AS_OF)
    found = measured(session, bob)[90]
    for group in ("coverage", "spending", "credit", "savings"):
        assert getattr(found, group) == getattr(expected, group)
    assert (found.income.cents, found.subscriptions.count) == (expected.income.cents, expected.subscriptions.count)
    assert measured(session, alone)[90] == expected


def test_an_earlier_day_looks_at_the_rows_anew_and_a_rollback_leaves_no_trace(session: Session) -> None:
    ana = full_person(session)
    measure(session, [ana], AS_OF)
    before, progress = stored(session, ana), _progress(session, ana)
    look_back = session.begin_nested()
    assert measure(session, [ana], ago(35)).rebuilt == 1
    earlier = measured(session, ana, ago(35))[90]
    assert earlier.income.cents == 150_000  # one payment by then
    assert earlier.subscriptions.count == 0  # two charges by then
    assert earlier.coverage.rows_future > 0
    assert [stream.is_early for stream in streams(session, ana)] == [True]
    look_back.rollback()
    session.expire_all()
    assert stored(session, ana) == before
    assert _progress(session, ana) == progress
    assert measure(session, [ana], AS_OF) == MeasureCounts(people=1, rebuilt=0, changed=0)


def test_there_and_back_is_the_same(session: Session) -> None:
    ana = full_person(session)
    measure(session, [ana], AS_OF)
    windows = values(session, ana)["signals"]
    ids = {stream.name: stream.stream_id for stream in streams(session, ana)}
    measure(session, [ana], ago(1))
    measure(session, [ana], AS_OF)
    assert values(session, ana)["signals"] == windows
    assert {stream.name: stream.stream_id for stream in streams(session, ana)} == ids


def test_a_row_that_changes_is_counted_anew(session: Session) -> None:
    ana = full_person(session)
    measure(session, [ana], AS_OF)
    assert measured(session, ana)[30].coverage.rows_own_transfer == 2
    # The other side is corrected by a cent: neither is a transfer any more.
    session.execute(text("UPDATE transactions SET amount_cents = -25001 WHERE transaction_id = 'in'"))
    session.get_one(User, ana).data_version += 1
    signals = measured(session, ana)[30]
    assert signals.coverage.rows_own_transfer == 1  # its name says transfer to savings
    assert signals.coverage.rows_neutral == 1


def test_a_card_that_goes_takes_its_signals_along(session: Session) -> None:
    ana = person(session)
    card(session, ana, 40_000, 100_000)
    assert measured(session, ana)[30].credit.card_count == 1
    session.delete(session.get_one(Account, (ana, "visa")))
    session.get_one(User, ana).data_version += 1
    assert measured(session, ana)[30].credit.card_count == 0
    assert stored(session, ana)["card_signals"] == []


def test_a_card_whose_currency_is_not_the_persons_has_no_signals(session: Session) -> None:
    ana = person(session)
    card(session, ana, 40_000, 100_000, currency="EUR")
    assert [one.account_id for one in measured(session, ana)[30].cards] == ["visa"]  # 1 to 1, EUR first by code
    account(session, ana, "second")
    assert measured(session, ana)[30].cards == ()


@pytest.mark.parametrize("window", [30, 90, 180])
def test_every_window_has_a_row(session: Session, window: int) -> None:
    ana = person(session)
    assert measured(session, ana).keys() == {30, 90, 180}
    assert measured(session, ana)[window].window_days == window


def _progress(session: Session, user_id: UUID) -> Any:
    return session.execute(text("SELECT progress::text FROM progress WHERE user_id = :id"), {"id": user_id}).scalar()
