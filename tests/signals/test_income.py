"""Income: what was earned, how regularly, how evenly, and how long the checking balance would last."""

from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy.orm import Session

from tests.signals.rows import (
    WAGES,
    Day,
    account,
    ago,
    balance,
    by_gaps,
    card,
    day,
    measured,
    pay,
    person,
    receive,
    row,
    savings,
    spend,
)


class TestWhatIsIncome:
    """Rows that category or name call income, and inflow streams that only their rhythm shows."""

    @pytest.mark.parametrize("window", [30, 90, 180])
    def test_the_window_has_both_ends(self, session: Session, window: int) -> None:
        ana = person(session)
        last = receive(session, ana, ago(0), 1, category=WAGES)
        first = receive(session, ana, ago(window - 1), 10, category=WAGES)
        receive(session, ana, ago(window), 100, category=WAGES)
        receive(session, ana, ago(-1), 1_000, category=WAGES)
        income = measured(session, ana)[window].income
        assert (income.cents, income.pay_count, income.transaction_ids) == (11, 2, (first, last))

    @pytest.mark.parametrize(
        ("name", "category", "expected"),
        [
            ("Acme", WAGES, True),
            ("Bank", "INCOME_INTEREST_EARNED", True),
            ("ACME PAYROLL", None, True),
            ("Acme", None, False),
            ("Anna", "TRANSFER_IN_TRANSFER_IN_FROM_APPS", False),
            ("Bank", "TRANSFER_IN_ACCOUNT_TRANSFER", False),
        ],
    )
    def test_by_category_then_name(self, session: Session, name: str, category: str | None, expected: bool) -> None:
        ana = person(session)
        receive(session, ana, ago(3), 50_000, name, category=category)
        assert measured(session, ana)[30].income.cents == (50_000 if expected else 0)

    @pytest.mark.parametrize("category", ["INCOME_INTEREST_EARNED", "INCOME_DIVIDENDS"])
    def test_interest_and_dividends_are_income_but_no_pay(self, session: Session, category: str) -> None:
        ana = person(session)
        pay(session, ana, [ago(28), ago(14), ago(1)], 100_000)
        expected = measured(session, ana)[30].income
        receive(session, ana, ago(20), 30, "Bank", category=category)
        receive(session, ana, ago(0), 40, "Bank", category=category)
        income = measured(session, ana)[30].income
        assert (expected.cents, income.cents) == (300_000, 300_070)
        assert (income.pay_count, income.bonus_count, income.variability_ratio) == (3, 0, 0)
        assert (income.median_gap_days, income.frequency) == (Decimal("13.5"), expected.frequency)  # 14 and 13
        assert (income.last_pay_cents, income.last_pay_on) == (100_000, ago(1))
        assert len(income.transaction_ids) == 5

    def test_by_rhythm(self, session: Session) -> None:
        ana = person(session)
        for on in (ago(60), ago(30)):
            receive(session, ana, on, 90_000, "Acme")
        assert measured(session, ana)[90].income.cents == 0  # two payments keep no rhythm yet
        receive(session, ana, ago(0), 90_000, "Acme")
        signals = measured(session, ana)
        assert [signals[window].income.cents for window in (30, 90)] == [90_000, 270_000]
        assert [signals[window].income.pay_count for window in (30, 90)] == [1, 3]
        assert signals[90].income.frequency == "monthly"
        assert signals[90].coverage.rows_neutral == 0

    def test_a_transfer_that_recurs_is_no_income(self, session: Session) -> None:
        ana = person(session)
        for on in (ago(60), ago(30), ago(0)):
            receive(session, ana, on, 90_000, "Transfer from Anna")
        signals = measured(session, ana)[90]
        assert (signals.income.cents, signals.income.frequency, signals.coverage.rows_neutral) == (0, None, 3)

    @pytest.mark.parametrize("category", ["TRANSFER_IN_CASH_ADVANCES_AND_LOANS", "LOAN_DISBURSEMENTS_EWA"])
    def test_what_is_lent_week_by_week_is_no_income(self, session: Session, category: str) -> None:
        ana = person(session)
        for age in range(0, 70, 7):
            receive(session, ana, ago(age), 10_000, "Advance Co", category=category)
        income = measured(session, ana)[90].income
        assert (income.cents, income.pay_count, income.frequency) == (0, 0, None)

    def test_a_refund_is_no_income(self, session: Session) -> None:
        ana = person(session)
        spend(session, ana, ago(70), 100_000, "Acme")
        for on in (ago(60), ago(30), ago(0)):
            receive(session, ana, on, 90_000, "Acme")
        assert measured(session, ana)[90].income.cents == 0

    def test_money_onto_a_card_is_no_income(self, session: Session) -> None:
        ana = person(session)
        card(session, ana, 0, 100_000)
        receive(session, ana, ago(3), 50_000, "Acme", category=WAGES, account="visa")
        assert measured(session, ana)[30].income.cents == 0

    @pytest.mark.parametrize(
        ("first", "monthly_cents"),
        [(28, None), (29, 100_000), (30, 96_774), (89, 33_333)],  # 100,000 x 30 / 31 = 96,774.2
    )
    def test_a_month(self, session: Session, first: int, monthly_cents: int | None) -> None:
        ana = person(session)
        spend(session, ana, ago(first), 1)
        receive(session, ana, ago(3), 100_000, category=WAGES)
        assert measured(session, ana)[90].income.monthly_cents == monthly_cents

    def test_no_income_is_zero_a_month(self, session: Session) -> None:
        ana = person(session)
        spend(session, ana, ago(29), 1)
        income = measured(session, ana)[30].income
        assert (income.cents, income.monthly_cents, income.pay_count, income.last_pay_on) == (0, 0, 0, None)


class TestMedianGap:
    """Between distinct pay dates of 180 days, the same for every window."""

    @pytest.mark.parametrize(
        ("ages", "gap_days"),
        [
            ([28, 14, 0], "14"),
            ([29, 15, 0], "14.5"),  # 14 and 15
            ([45, 30, 14, 0], "15"),  # 15, 16, 14
            ([170, 100, 5], "82.5"),  # 70 and 95
            ([28, 14, 14, 0], "14"),  # two payments on one day
            ([14, 0], None),
            ([14, 14, 0], None),  # two dates
            ([14], None),
            ([], None),
        ],
    )
    def test_the_gap(self, session: Session, ages: list[int], gap_days: str | None) -> None:
        ana = person(session)
        pay(session, ana, [ago(age) for age in ages], 100_000)
        for signals in measured(session, ana).values():
            assert signals.income.median_gap_days == (gap_days and Decimal(gap_days))

    @pytest.mark.parametrize(
        ("oldest", "newest", "gap_days"),
        [(179, 0, "89.5"), (180, 0, None), (179, -1, None)],  # 79 and 100
    )
    def test_of_180_days(self, session: Session, oldest: int, newest: int, gap_days: str | None) -> None:
        ana = person(session)
        pay(session, ana, [ago(oldest), ago(100), ago(newest)], 100_000)
        for signals in measured(session, ana).values():
            assert signals.income.median_gap_days == (gap_days and Decimal(gap_days))


class TestFrequency:
    """The cadence of the active stream that brings most; irregular from three pay dates on."""

    @pytest.mark.parametrize(
        ("days", "frequency"),
        [
            (by_gaps(ago(14), 7, 7), "weekly"),
            (by_gaps(ago(28), 14, 14), "biweekly"),
            (["2026-05-01", "2026-05-15", "2026-06-01", "2026-06-15"], "semi-monthly"),
            (["2026-04-30", "2026-05-31", "2026-06-30"], "monthly"),
            (by_gaps(ago(80), 70, 10), "irregular"),
            (by_gaps(ago(40), 20, 20), "irregular"),
            (by_gaps(ago(14), 14), None),
            ([], None),
        ],
    )
    def test_words(self, session: Session, days: list[Day], frequency: str | None) -> None:
        ana = person(session)
        pay(session, ana, days, 100_000)
        for signals in measured(session, ana).values():
            assert signals.income.frequency == frequency

    def test_single_payers_together_are_irregular(self, session: Session) -> None:
        ana = person(session)
        for age, name in ((50, "Ann's"), (30, "Bob's"), (0, "Cleo's")):
            receive(session, ana, ago(age), 100_000, name, category=WAGES)
        assert measured(session, ana)[90].income.frequency == "irregular"

    @pytest.mark.parametrize(("as_of", "frequency"), [("2026-07-18", "monthly"), ("2026-07-19", "irregular")])
    def test_a_stream_that_lapsed_counts_no_more(self, session: Session, as_of: Day, frequency: str) -> None:
        ana = person(session)
        pay(session, ana, ["2026-03-15", "2026-04-15", "2026-05-15"], 100_000)  # 15 July + 3 days
        assert measured(session, ana, as_of)[90].income.frequency == frequency

    @pytest.mark.parametrize(("weekly_cents", "frequency"), [(99_999, "monthly"), (100_001, "weekly")])
    def test_of_two_employers_the_one_that_pays_more(self, session: Session, weekly_cents: int, frequency: str) -> None:
        ana = person(session)
        pay(session, ana, [ago(60), ago(30), ago(0)], 100_000, name="Acme Payroll")
        pay(session, ana, by_gaps(ago(15), 7, 7), weekly_cents, name="Bistro Payroll")
        signals = measured(session, ana)
        assert [signals[window].income.frequency for window in (30, 90, 180)] == [frequency] * 3

    @pytest.mark.parametrize(
        ("gaps", "frequency"), [((29, 30, 30, 30, 30), "monthly"), ((30, 30, 30, 30, 30), "weekly")]
    )
    def test_what_was_paid_in_180_days_counts(self, session: Session, gaps: tuple[int, ...], frequency: str) -> None:
        ana = person(session)
        # The first payment, the large one, is 179 or 180 days back.
        pay(session, ana, by_gaps(ago(sum(gaps) + 30), *gaps), 900_000, 1_000, name="Acme Payroll")
        pay(session, ana, by_gaps(ago(15), 7, 7), 100_000, name="Bistro Payroll")
        assert measured(session, ana)[90].income.frequency == frequency


class TestBonus:
    """More than 1.5 times the window's median pay; reported apart from the base."""

    @pytest.mark.parametrize(
        ("cents", "bonus_cents"),
        [
            ((1_000, 1_000, 1_000, 1_500), 0),
            ((1_000, 1_000, 1_000, 1_501), 1_501),
            ((1_001, 1_001, 1_001, 1_501), 0),  # 1.5 x 1,001 = 1,501.5
            ((1_001, 1_001, 1_001, 1_502), 1_502),
            ((1_000, 1_000, 1_002, 1_501), 0),  # the median of four is 1,001
            ((1_000, 1_000, 1_002, 1_502), 1_502),
            ((1_000,), 0),
        ],
    )
    def test_a_bonus(self, session: Session, cents: tuple[int, ...], bonus_cents: int) -> None:
        ana = person(session)
        pay(session, ana, by_gaps(ago(21), *[7] * (len(cents) - 1)), *cents)
        income = measured(session, ana)[30].income
        assert (income.bonus_count, income.bonus_cents) == (1 if bonus_cents else 0, bonus_cents)
        assert income.cents == sum(cents)

    @pytest.mark.parametrize("window", [30, 90, 180])
    @pytest.mark.parametrize("outside", [0, 1])
    def test_the_window_has_both_ends(self, session: Session, window: int, outside: int) -> None:
        ana = person(session)
        pay(session, ana, [ago(14), ago(7), ago(0)], 900, 1_000, 1_100)
        pay(session, ana, [ago(window - 1 + outside)], 9_000)
        income = measured(session, ana)[window].income
        assert (income.bonus_count, income.bonus_cents) == ((0, 0) if outside else (1, 9_000))
        assert income.variability_ratio == Decimal("0.0816")  # sqrt(20,000 / 3) / 1,000, the bonus apart

    def test_each_window_has_its_own_median(self, session: Session) -> None:
        ana = person(session)
        pay(session, ana, by_gaps(ago(84), *[14] * 6), 1_000, 1_000, 1_000, 1_000, 1_600)
        # 30 days: 1,600 three times. 90 days: 1,000 four times, 1,600 three times, median 1,000.
        signals = measured(session, ana)
        assert [signals[window].income.bonus_count for window in (30, 90)] == [0, 3]


class TestVariability:
    """Population standard deviation / mean of the base pay, from three payments on."""

    @pytest.mark.parametrize(
        ("cents", "ratio"),
        [
            ((1_000, 1_000, 1_000), "0.0000"),
            ((900, 1_000, 1_100), "0.0816"),  # sqrt(20,000 / 3) = 81.65
            ((1_000, 1_100, 1_000, 1_100), "0.0476"),  # 50 / 1,050 = 0.04762
            ((900, 1_000, 1_100, 5_000), "0.0816"),  # the bonus is apart
            ((1_000, 1_000, 1_000, 1_500), "0.1924"),  # no bonus: 216.5 / 1,125 = 0.19245
            ((1_000, 1_000, 1_000, 1_501), "0.0000"),  # a bonus
            ((1_000, 1_100), None),
            ((1_000, 1_000, 5_000), None),  # two are left
            ((1_000,), None),
        ],
    )
    def test_the_base(self, session: Session, cents: tuple[int, ...], ratio: str | None) -> None:
        ana = person(session)
        pay(session, ana, by_gaps(ago(21), *[7] * (len(cents) - 1)), *cents)
        assert measured(session, ana)[30].income.variability_ratio == (ratio and Decimal(ratio))

    @pytest.mark.parametrize(("age", "ratio"), [(29, Decimal("0.0816")), (30, None)])
    def test_of_the_window(self, session: Session, age: int, ratio: Decimal | None) -> None:
        ana = person(session)
        pay(session, ana, [ago(age), ago(7), ago(0)], 900, 1_000, 1_100)  # three payments, or two
        assert measured(session, ana)[30].income.variability_ratio == ratio


class TestLastPay:
    """The latest payment of 180 days, in every window."""

    def test_the_latest(self, session: Session) -> None:
        ana = person(session)
        pay(session, ana, [ago(60), ago(40), ago(-1)], 1_000, 2_000, 3_000)
        for signals in measured(session, ana).values():
            assert (signals.income.last_pay_cents, signals.income.last_pay_on) == (2_000, ago(40))

    def test_of_one_day_the_largest_id(self, session: Session) -> None:
        ana = person(session)
        receive(session, ana, ago(3), 1_000, category=WAGES, transaction_id="b")
        receive(session, ana, ago(3), 2_000, category=WAGES, transaction_id="a")
        assert measured(session, ana)[30].income.last_pay_cents == 1_000

    @pytest.mark.parametrize(("age", "cents"), [(179, 1_000), (180, None)])
    def test_of_180_days(self, session: Session, age: int, cents: int | None) -> None:
        ana = person(session)
        receive(session, ana, ago(age), 1_000, category=WAGES)
        assert measured(session, ana)[30].income.last_pay_cents == cents

    def test_by_rhythm_too(self, session: Session) -> None:
        ana = person(session)
        for on, cents in ((ago(60), 900), (ago(30), 910), (ago(0), 920)):
            receive(session, ana, on, cents, "Acme")
        income = measured(session, ana)[30].income
        assert (income.last_pay_cents, income.last_pay_on) == (920, ago(0))


class TestBuffer:
    """Checking balance / monthly spending."""

    @pytest.mark.parametrize(
        ("cents", "months"),
        [
            (9_999, "0.9999"),
            (10_000, "1.0000"),
            (10_001, "1.0001"),
            (25_000, "2.5000"),
            (0, "0.0000"),
            (-1, "-0.0001"),
        ],
    )
    def test_months(self, session: Session, cents: int, months: str) -> None:
        ana = person(session)
        balance(session, ana, "checking", ago(0), cents)
        savings(session, ana, 900_000)  # no part of it
        spend(session, ana, ago(29), 10_000)  # 100.00 a month
        income = measured(session, ana)[30].income
        assert (income.checking_balance_cents, income.buffer_months) == (cents, Decimal(months))
        assert income.checking_account_ids == ("checking",)

    def test_it_is_floored_from_the_exact_month(self, session: Session) -> None:
        ana = person(session)
        balance(session, ana, "checking", ago(0), 3_000)
        spend(session, ana, ago(89), 9_001)  # 3,000.33 a month: 3,000 / 3,000.33 = 0.99988…
        assert measured(session, ana)[90].income.buffer_months == Decimal("0.9998")

    @pytest.mark.parametrize(("subtype", "cents"), [("checking", 30_000), (None, 30_000), ("prepaid", 10_000)])
    def test_which_accounts(self, session: Session, subtype: str | None, cents: int) -> None:
        ana = person(session)
        balance(session, ana, "checking", ago(0), 10_000)
        account(session, ana, "other", subtype=subtype)
        balance(session, ana, "other", ago(0), 20_000)
        assert measured(session, ana)[30].income.checking_balance_cents == cents

    def test_the_balance_is_the_last_one_seen_by_then(self, session: Session) -> None:
        ana = person(session)
        for age, cents in ((5, 10_000), (0, 20_000), (-1, 90_000)):
            balance(session, ana, "checking", ago(age), cents)
        assert measured(session, ana, ago(6))[30].income.checking_balance_cents is None
        assert measured(session, ana, ago(1))[30].income.checking_balance_cents == 10_000
        assert measured(session, ana, ago(0))[30].income.checking_balance_cents == 20_000

    def test_one_unknown_balance_makes_it_unknown(self, session: Session) -> None:
        ana = person(session)
        balance(session, ana, "checking", ago(0), 10_000)
        account(session, ana, "second")
        spend(session, ana, ago(29), 10_000)
        income = measured(session, ana)[30].income
        assert (income.checking_balance_cents, income.buffer_months) == (None, None)

    @pytest.mark.parametrize(("age", "cents"), [(28, 10_000), (29, 0)])
    def test_without_a_month_of_spending_it_is_unknown(self, session: Session, age: int, cents: int) -> None:
        ana = person(session)
        balance(session, ana, "checking", ago(0), 10_000)
        spend(session, ana, ago(age), cents)  # 29 days seen; nothing spent
        income = measured(session, ana)[30].income
        assert (income.checking_balance_cents, income.buffer_months) == (10_000, None)


def test_irregular_pay_with_a_thin_buffer(session: Session) -> None:
    """A whole story: three jobs in 180 days, rent and food, little on the account."""
    ana = person(session)
    balance(session, ana, "checking", ago(0), 60_000)
    first = day(ago(150))
    for offset, cents, client in (
        (0, 300_000, "Ann's"),
        (61, 180_000, "Bob's"),
        (130, 240_000, "Cleo's"),
    ):
        receive(session, ana, first + timedelta(days=offset), cents, client, category=WAGES)
    for month in range(5):
        row(
            session,
            ana,
            first + timedelta(days=30 * month + 2),
            100_000,
            "Landlord",
            category="RENT_AND_UTILITIES_RENT",
        )
    income = measured(session, ana)[180].income
    assert (income.frequency, income.median_gap_days) == ("irregular", Decimal(65))  # 61 and 69
    # 151 days seen: 500,000 x 30 / 151 = 99,337.7 a month; 60,000 / 99,337.7 = 0.604
    assert income.buffer_months == Decimal("0.6040")
    assert (income.cents, income.monthly_cents) == (720_000, 143_046)  # x 30 / 151 = 143,046.4
    assert (income.bonus_count, income.last_pay_cents, income.last_pay_on) == (0, 240_000, ago(20))
