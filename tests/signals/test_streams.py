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
    spend,
    streams,
)

RENT = "RENT_AND_UTILITIES_RENT"
THREE_MONTHS: list[Day] = ["2026-03-15", "2026-04-15", "2026-05-15"]


class TestCadence:
    """The longest run of charge days up to the last whose gaps fit one cadence."""

    @pytest.mark.parametrize(
        ("gaps", "cadence"),
        [
            ((5, 5), None),
            ((7, 5), None),
            ((5, 7), None),
            ((6, 6), "WEEKLY"),
            ((7, 7), "WEEKLY"),
            ((8, 8), "WEEKLY"),
            ((6, 8), "WEEKLY"),
            ((7, 9), None),
            ((9, 7), None),
            ((10, 10), None),
            ((14, 11), None),
            ((11, 14), None),
            ((14, 12), "BIWEEKLY"),
            ((12, 14), "BIWEEKLY"),
            ((14, 14), "BIWEEKLY"),
            ((16, 14), "BIWEEKLY"),
            ((14, 16), "BIWEEKLY"),
            ((14, 17), None),
            ((17, 14), None),
            ((11, 16), None),  # 16 and 27 days before the last: within 2 of a fortnight's grid, but for the gap of 11
            ((17, 12), None),
            ((20, 20), None),
            ((26, 30), None),
            ((30, 26), None),
            ((27, 27), "MONTHLY"),
            ((30, 31), "MONTHLY"),
            ((33, 33), "MONTHLY"),
            ((33, 34), None),
            ((34, 33), None),
            ((30, 34), None),
            ((34, 30), None),
            ((60, 60), None),
        ],
    )
    def test_the_gaps_of_each_cadence(self, session: Session, gaps: tuple[int, ...], cadence: str | None) -> None:
        ana = person(session)
        charge(session, ana, by_gaps("2026-01-05", *gaps), 1_599)
        measured(session, ana)
        assert cadences(session, ana) == ([cadence] if cadence else [])

    @pytest.mark.parametrize(
        ("gaps", "expected"),
        [
            ((15, 15), True),  # 15 and 30 days before the last: 1 and 2 off the grid of fourteen days
            ((15, 16), False),  # 16 and 31: 2 and 3 off
            ((13, 13), True),  # 13 and 26: 1 and 2 off
            ((12, 13), False),  # 13 and 25: 1 and 3 off
        ],
    )
    def test_two_weeks_do_not_drift(self, session: Session, gaps: tuple[int, ...], expected: bool) -> None:
        ana = person(session)
        charge(session, ana, by_gaps("2026-01-05", *gaps), 1_599)
        measured(session, ana)
        assert cadences(session, ana) == (["BIWEEKLY"] if expected else [])

    @pytest.mark.parametrize(
        ("days", "cadence"),
        [
            # The 1st and the 15th: gaps of 14, 17, 14.
            (["2026-05-01", "2026-05-15", "2026-06-01", "2026-06-15"], "SEMI_MONTHLY"),
            # The last three gaps are fortnights only because February is short.
            (["2026-01-01", "2026-01-15", "2026-02-01", "2026-02-15", "2026-03-01", "2026-03-15"], "SEMI_MONTHLY"),
            (["2026-05-15", "2026-06-01", "2026-06-15"], None),  # three are too few
            # The 15th and the last: gaps of 16, 15, 15; two weeks apart they would drift by 1, 2, 4 days.
            (["2026-03-15", "2026-03-31", "2026-04-15", "2026-04-30"], "SEMI_MONTHLY"),
            # Around a February of 28 days, the last four are a fortnight apart; those before tell.
            (["2026-01-15", "2026-02-01", "2026-02-15", "2026-03-01", "2026-03-15"], "SEMI_MONTHLY"),
            (["2026-02-01", "2026-02-15", "2026-03-01", "2026-03-15"], "BIWEEKLY"),
            (["2026-01-18", "2026-02-01", "2026-02-15", "2026-03-01", "2026-03-15"], "BIWEEKLY"),
            # Every fourteen days.
            (["2026-05-04", "2026-05-18", "2026-06-01", "2026-06-15"], "BIWEEKLY"),
            (by_gaps("2026-03-02", 12, 15, 12), "SEMI_MONTHLY"),
            (by_gaps("2026-03-02", 11, 16, 11), None),  # a gap of 11
            (by_gaps("2026-03-02", 12, 14, 12), None),  # every other one 26 days apart, and 12 + 26 off the fortnight
            (by_gaps("2026-03-02", 19, 14, 19), "SEMI_MONTHLY"),
            (by_gaps("2026-03-02", 20, 13, 20), None),  # a gap of 20
            (by_gaps("2026-03-02", 19, 15, 19), None),  # every other one 34 days apart
        ],
    )
    def test_twice_a_month(self, session: Session, days: list[Day], cadence: str | None) -> None:
        ana = person(session)
        pay(session, ana, days, 150_000)
        measured(session, ana)
        assert cadences(session, ana) == ([cadence] if cadence else [])

    @pytest.mark.parametrize("gap", [7, 14, 30])
    def test_two_charges_are_none(self, session: Session, gap: int) -> None:
        ana = person(session)
        charge(session, ana, by_gaps("2026-05-01", gap), 1_599)
        measured(session, ana)
        assert streams(session, ana) == []

    def test_what_came_before_the_run_is_no_part_of_it(self, session: Session) -> None:
        ana = person(session)
        charge(session, ana, by_gaps("2026-01-05", 3, 40, 30, 30), 1_599)  # the last three keep a month
        measured(session, ana)
        (netflix,) = streams(session, ana)
        assert (netflix.first_on, netflix.last_on) == (date(2026, 2, 17), date(2026, 4, 18))
        assert len(netflix.transaction_ids) == 3

    def test_a_charge_off_the_beat_at_the_end_breaks_it(self, session: Session) -> None:
        ana = person(session)
        charge(session, ana, [*THREE_MONTHS], 1_599)
        assert measured(session, ana)[90].subscriptions.count == 1
        charge(session, ana, ["2026-05-26"], 1_599)  # 11 days on
        assert measured(session, ana)[90].subscriptions.count == 0
        assert streams(session, ana) == []

    def test_charges_of_one_day_are_one_occasion(self, session: Session) -> None:
        ana = person(session)
        charge(session, ana, ["2026-04-15", "2026-05-15", "2026-05-15"], 800)
        measured(session, ana)
        assert streams(session, ana) == []  # three charges, two days

    def test_charges_of_one_day_are_summed(self, session: Session) -> None:
        ana = person(session)
        charge(session, ana, ["2026-03-15", "2026-04-15", "2026-05-15", "2026-05-15"], 1_000, 1_000, 600, 400)
        signals = measured(session, ana)[90]
        (netflix,) = streams(session, ana)
        assert (netflix.last_amount_cents, len(netflix.transaction_ids)) == (1_000, 4)
        assert signals.subscriptions.monthly_cents == 1_000

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

    @pytest.mark.parametrize(
        "category",
        [
            "TRANSFER_OUT_SAVINGS",
            "LOAN_PAYMENTS_CREDIT_CARD_PAYMENT",
            "BANK_FEES_LATE_FEES",
            "BANK_FEES_INTEREST_CHARGE",
        ],
    )
    def test_transfers_fees_and_interest_are_none(self, session: Session, category: str) -> None:
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


class TestAmount:
    """Stable within max(5 %, 0.50) in three quarters of the steps; bills and income may vary."""

    @pytest.mark.parametrize(
        ("before", "after", "expected"),
        [
            (2_000, 2_100, True),  # 5 % = 1.00
            (2_000, 2_101, False),
            (2_000, 1_900, True),
            (2_000, 1_899, False),
            (1_040, 1_092, True),  # 5 % = 0.52
            (1_040, 1_093, False),
            (1_019, 1_069, True),  # 5 % = 0.5095
            (1_019, 1_070, False),
            (1_000, 1_050, True),  # 5 % = 0.50
            (1_000, 1_051, False),
            (500, 550, True),  # 5 % = 0.25, so 0.50
            (500, 551, False),
            (500, 450, True),
            (500, 449, False),
        ],
    )
    def test_a_step(self, session: Session, before: int, after: int, expected: bool) -> None:
        ana = person(session)
        charge(session, ana, [*THREE_MONTHS], before, after)  # one such step, and one without a change
        measured(session, ana)
        assert cadences(session, ana) == (["MONTHLY"] if expected else [])

    @pytest.mark.parametrize(
        ("cents", "expected"),
        [
            ((1_000, 1_000, 1_000, 1_000, 1_500), True),  # 3 steps of 4 fit
            ((1_000, 1_500, 1_500, 1_500, 1_500), True),
            ((1_000, 1_000, 1_000, 1_500), False),  # 2 of 3
            ((1_000, 1_000, 1_000, 1_500, 1_000), False),  # 2 of 4
            ((1_000, 1_000, 1_000, 1_000, 1_000, 1_500, 1_000), False),  # 4 of 6
            ((1_000, 1_000, 1_000, 1_000, 1_000, 1_000, 1_500, 1_000), False),  # 5 of 7
            ((1_000, 1_000, 1_000, 1_000, 1_000, 1_000, 1_000, 1_500, 1_000), True),  # 6 of 8
        ],
    )
    def test_three_quarters_of_the_steps(self, session: Session, cents: tuple[int, ...], expected: bool) -> None:
        ana = person(session)
        charge(session, ana, by_gaps("2026-04-06", *[7] * (len(cents) - 1)), *cents)
        measured(session, ana)
        assert cadences(session, ana) == (["WEEKLY"] if expected else [])

    def test_a_price_change_keeps_the_stream_with_its_last_amount(self, session: Session) -> None:
        ana = person(session)
        charge(session, ana, by_gaps("2026-04-06", *[7] * 4), 1_599, 1_599, 1_599, 1_599, 1_999)
        assert measured(session, ana, "2026-05-04")[90].subscriptions.monthly_cents == 1_999 * 52 // 12
        (netflix,) = streams(session, ana)
        assert (netflix.typical_amount_cents, netflix.last_amount_cents) == (1_599, 1_999)

    @pytest.mark.parametrize(
        ("merchant", "category", "kind"),
        [("Landlord", RENT, "bill"), ("City Water Company", None, "bill"), ("Grocer", None, None), ("Hulu", "", None)],
    )
    def test_bills_may_vary(self, session: Session, merchant: str, category: str | None, kind: str | None) -> None:
        ana = person(session)
        charge(session, ana, [*THREE_MONTHS], 6_000, 9_000, 2_500, merchant=merchant, category=category)
        measured(session, ana)
        assert [stream.kind for stream in streams(session, ana)] == ([kind] if kind else [])

    @pytest.mark.parametrize(("name", "category"), [("Acme Payroll", "INCOME_WAGES"), ("Acme", None)])
    def test_income_may_vary(self, session: Session, name: str, category: str | None) -> None:
        ana = person(session)
        pay(session, ana, [*THREE_MONTHS], 60_000, 90_000, 25_000, name=name, category=category)
        measured(session, ana)
        (acme,) = streams(session, ana)
        assert (acme.kind, acme.direction, acme.last_amount_cents) == ("income", "inflow", -25_000)

    def test_transfers_may_not(self, session: Session) -> None:
        ana = person(session)
        category = "TRANSFER_OUT_OTHER_TRANSFER_OUT"
        charge(session, ana, [*THREE_MONTHS], 6_000, merchant="Anna", category=category)
        charge(session, ana, [*THREE_MONTHS], 6_000, 9_000, merchant="Berta", category=category)
        measured(session, ana)
        assert [(stream.name, stream.kind) for stream in streams(session, ana)] == [("Anna", "transfer")]


class TestDates:
    """When the next charge is due; when two of them and their tolerance have passed."""

    @pytest.mark.parametrize(
        ("days", "next_on", "lapse_on"),
        [
            (by_gaps("2026-05-04", 7, 7), "2026-05-25", "2026-06-03"),  # second expected 1 June, + 1 day, and gone
            (by_gaps("2026-05-04", 7, 8), "2026-05-26", "2026-06-04"),
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
    """A stream keeps its id as long as its person, counterparty and direction stay."""

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
