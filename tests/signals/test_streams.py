"""Recurring streams: which charges make one, when the next is due, when it lapses."""

from datetime import date, timedelta

import pytest
from sqlalchemy.orm import Session

from tests.signals.rows import (
    Day,
    by_gaps,
    cadences,
    charge,
    day,
    measured,
    pay,
    person,
    receive,
    savings,
    spend,
    streams,
)

THREE_MONTHS: list[Day] = ["2026-03-15", "2026-04-15", "2026-05-15"]


class TestWhatIsOne:
    """Which rows of a person are looked at together. Which of them make a stream: see tests/signals/streams."""

    def test_rows_after_as_of_are_no_part_of_it(self, session: Session) -> None:
        ana = person(session)
        charge(session, ana, [*THREE_MONTHS], 1_599)
        assert measured(session, ana, "2026-05-14")[90].subscriptions.count == 0
        assert measured(session, ana, "2026-05-15")[90].subscriptions.count == 1

    def test_each_counterparty_has_its_own(self, session: Session) -> None:
        ana = person(session)
        charge(session, ana, [*THREE_MONTHS], 1_599, merchant="Netflix")
        charge(session, ana, by_gaps("2026-05-01", 7, 7), 1_599, merchant="Hulu")
        measured(session, ana)
        assert cadences(session, ana) == ["WEEKLY", "MONTHLY"]  # Hulu, Netflix

    def test_one_merchant_in_two_spellings_is_one(self, session: Session) -> None:
        ana = person(session)
        for on, name in zip(THREE_MONTHS, ["NETFLIX.COM", "Netflix", "PAYPAL *NETFLIX"], strict=True):
            spend(session, ana, on, 1_599, name)
        measured(session, ana)
        (netflix,) = streams(session, ana)
        assert (netflix.cadence, netflix.name) == ("MONTHLY", "PAYPAL *NETFLIX")  # as the last charge shows it

    def test_names_that_say_nothing_are_told_apart_by_amount(self, session: Session) -> None:
        ana = person(session)
        for on, cents in zip(THREE_MONTHS, (1_000, 1_010, 1_000), strict=True):
            spend(session, ana, on, cents, "PURCHASE")
        measured(session, ana)
        assert streams(session, ana) == []  # two of 10.00 and one of 10.10
        spend(session, ana, "2026-04-15", 1_000, "PURCHASE")
        measured(session, ana)
        assert cadences(session, ana) == ["MONTHLY"]

    @pytest.mark.parametrize("category", ["TRANSFER_OUT_SAVINGS", "LOAN_PAYMENTS_CREDIT_CARD_PAYMENT"])
    def test_transfers_are_streams_and_no_subscriptions(self, session: Session, category: str) -> None:
        ana = person(session)
        charge(session, ana, [*THREE_MONTHS], 1_599, merchant="Bank", category=category)
        assert measured(session, ana)[90].subscriptions.count == 0
        assert [stream.kind for stream in streams(session, ana)] == ["transfer"]

    def test_a_row_that_turned_out_to_be_a_transfer_is_one(self, session: Session) -> None:
        ana = person(session)
        savings(session, ana, 0)
        for on in THREE_MONTHS:
            spend(session, ana, on, 20_000, "Payment to myself")
            receive(session, ana, on, 20_000, "Incoming", account="savings")
        assert measured(session, ana)[90].income.cents == 0
        assert {stream.kind for stream in streams(session, ana)} == {"transfer"}

    @pytest.mark.parametrize("category", ["BANK_FEES_LATE_FEES", "BANK_FEES_INTEREST_CHARGE"])
    def test_fees_and_interest_are_none(self, session: Session, category: str) -> None:
        ana = person(session)
        charge(session, ana, [*THREE_MONTHS], 1_599, merchant="Bank", category=category)
        measured(session, ana)
        assert streams(session, ana) == []

    def test_refunds_are_none(self, session: Session) -> None:
        ana = person(session)
        spend(session, ana, "2026-03-10", 9_900, "Shoe House")
        for on in THREE_MONTHS:
            receive(session, ana, on, 1_000, "Shoe House")
        measured(session, ana)
        assert streams(session, ana) == []


class TestDates:
    """When the next charge is due; when two of them and their tolerance have passed."""

    @pytest.mark.parametrize(
        ("days", "next_on", "lapse_on"),
        [
            (by_gaps("2026-05-04", 7, 7), "2026-05-25", "2026-06-03"),  # second expected 1 June, + 1 day, and gone
            (by_gaps("2026-05-04", 7, 8), "2026-05-25", "2026-06-03"),  # Mondays, and one on a Tuesday
            (by_gaps("2026-05-04", 14, 14), "2026-06-15", "2026-07-02"),  # 29 June + 2
            # 1 and 15 July are expected: 15 July + 3.
            (["2026-05-01", "2026-05-15", "2026-06-01", "2026-06-15"], "2026-07-01", "2026-07-19"),
            (["2026-03-15", "2026-04-15", "2026-05-15"], "2026-06-15", "2026-07-19"),  # 15 July + 3
            # Cut off by February, the 31st, 30th and 29th come back; the 28th stays.
            (["2025-12-31", "2026-01-31", "2026-02-28"], "2026-03-31", "2026-05-04"),  # 30 April + 3
            (["2025-12-30", "2026-01-30", "2026-02-28"], "2026-03-30", "2026-05-04"),
            (["2025-12-29", "2026-01-29", "2026-02-28"], "2026-03-29", "2026-05-03"),
            (["2025-12-28", "2026-01-28", "2026-02-28"], "2026-03-28", "2026-05-02"),
            (["2023-12-31", "2024-01-31", "2024-02-29"], "2024-03-31", "2024-05-04"),
            (["2026-02-28", "2026-03-31", "2026-04-30"], "2026-05-31", "2026-07-04"),  # 30 June + 3
            (["2026-10-31", "2026-11-30", "2026-12-31"], "2027-01-31", "2027-03-04"),  # 28 February + 3
        ],
    )
    def test_next_and_lapse(self, session: Session, days: list[Day], next_on: str, lapse_on: str) -> None:
        ana = person(session)
        pay(session, ana, days, 150_000)
        measured(session, ana, days[-1])
        (acme,) = streams(session, ana)
        assert (acme.next_on, acme.lapse_on) == (day(next_on), day(lapse_on))

    @pytest.mark.parametrize(
        ("days", "last_day"),
        [
            (by_gaps("2026-05-04", 7, 7), "2026-06-02"),
            (by_gaps("2026-05-04", 14, 14), "2026-07-01"),
            (["2026-05-01", "2026-05-15", "2026-06-01", "2026-06-15"], "2026-07-18"),
            (["2026-03-15", "2026-04-15", "2026-05-15"], "2026-07-18"),
        ],
    )
    def test_it_is_active_until_the_day_before_it_lapses(
        self, session: Session, days: list[Day], last_day: str
    ) -> None:
        ana = person(session)
        charge(session, ana, days, 1_599)
        active = measured(session, ana, last_day)[180].subscriptions
        assert (active.count, len(active.stream_ids)) == (1, 1)
        lapsed = measured(session, ana, day(last_day) + timedelta(days=1))[180].subscriptions
        assert (lapsed.count, lapsed.monthly_cents, lapsed.stream_ids) == (0, 0, ())
        assert len(streams(session, ana)) == 1  # kept, and out of all totals

    def test_a_charge_after_the_lapse_starts_anew(self, session: Session) -> None:
        ana = person(session)
        charge(session, ana, [*THREE_MONTHS], 1_599)
        charge(session, ana, ["2026-08-01"], 1_599)
        assert measured(session, ana, "2026-08-01")[180].subscriptions.count == 0


class TestIdentity:
    """A stream keeps its id as long as its person, counterparty and direction stay, and some of its rows."""

    def test_the_id_stays_when_rows_are_added(self, session: Session) -> None:
        ana = person(session)
        charge(session, ana, [*THREE_MONTHS], 1_599)
        measured(session, ana)
        first = streams(session, ana)[0].stream_id
        charge(session, ana, ["2026-06-15"], 1_599)
        signals = measured(session, ana)[90]
        (netflix,) = streams(session, ana)
        assert (netflix.stream_id, netflix.last_on) == (first, date(2026, 6, 15))
        assert signals.subscriptions.stream_ids == (str(first),)

    def test_the_id_stays_when_older_rows_arrive(self, session: Session) -> None:
        ana = person(session)
        charge(session, ana, [*THREE_MONTHS], 1_599)
        measured(session, ana)
        before = streams(session, ana)[0].stream_id
        charge(session, ana, ["2025-12-15", "2026-01-15", "2026-02-15"], 1_299)  # at the price before
        measured(session, ana)
        (netflix,) = streams(session, ana)
        assert (netflix.stream_id, netflix.first_on) == (before, date(2025, 12, 15))
        assert netflix.price_changes == [{"on": "2026-03-15", "old_cents": 1_299, "new_cents": 1_599}]

    def test_of_two_plans_each_keeps_its_id(self, session: Session) -> None:
        ana = person(session)
        charge(session, ana, [*THREE_MONTHS], 999)
        charge(session, ana, ["2026-03-27", "2026-04-27", "2026-05-27"], 1_299)
        measured(session, ana)
        before = {stream.typical_amount_cents: stream.stream_id for stream in streams(session, ana)}
        assert len(before) == 2
        charge(session, ana, ["2026-01-27", "2026-02-27"], 1_299)  # now the dearer one is the older
        measured(session, ana)
        assert {stream.typical_amount_cents: stream.stream_id for stream in streams(session, ana)} == before

    def test_in_and_out_are_two(self, session: Session) -> None:
        ana = person(session)
        charge(session, ana, [*THREE_MONTHS], 1_599, merchant="Acme")
        pay(session, ana, [*THREE_MONTHS], 90_000, name="Acme")
        measured(session, ana)
        assert sorted((one.direction, one.kind) for one in streams(session, ana)) == [
            ("inflow", "income"),
            ("outflow", "subscription"),
        ]

    def test_its_rows_are_named_by_date(self, session: Session) -> None:
        ana = person(session)
        for on, transaction_id in zip(THREE_MONTHS, "cab", strict=True):
            spend(session, ana, on, 1_599, "Netflix", transaction_id=transaction_id)
        measured(session, ana)
        assert streams(session, ana)[0].transaction_ids == ["c", "a", "b"]

    def test_ids_of_any_text_come_back_as_they_are(self, session: Session) -> None:
        ana = person(session)
        ids = ['say "hi"', "back\\slash\\", "{a,b}", "NULL", "é ü '", "\\N"]
        days = by_gaps("2026-01-05", *[7] * (len(ids) - 1))
        for on, transaction_id in zip(days, ids, strict=True):
            spend(session, ana, on, 1_599, "Netflix", transaction_id=transaction_id)
        measured(session, ana)
        before = streams(session, ana)[0].stream_id
        assert streams(session, ana)[0].transaction_ids == ids
        spend(session, ana, "2026-02-16", 1_599, "Netflix")
        measured(session, ana)
        assert streams(session, ana)[0].stream_id == before
