"""Windows, the month, the currency of analysis, and the rows that were seen and left out."""

from datetime import date, timedelta

import pytest
from sqlalchemy.orm import Session

from tests.signals.rows import AS_OF, account, ago, charge, measured, person, receive, row, spend, streams


@pytest.mark.parametrize("window", [30, 90, 180])
def test_a_window_holds_as_of_and_the_days_before_it(session: Session, window: int) -> None:
    ana = person(session)
    spend(session, ana, ago(0), 1)  # as_of itself
    spend(session, ana, ago(window - 1), 10)  # the first day of the window
    spend(session, ana, ago(window), 100)  # the day before it
    spend(session, ana, ago(-1), 1_000)  # the day after as_of
    signals = measured(session, ana)[window]
    assert signals.spending.cents == 11
    assert signals.coverage.rows_seen == 2


def test_rows_after_as_of_are_ignored_but_counted(session: Session) -> None:
    ana = person(session)
    spend(session, ana, ago(3), 500)
    spend(session, ana, ago(-1), 700)
    spend(session, ana, ago(-200), 900)
    for signals in measured(session, ana).values():
        assert (signals.coverage.rows_future, signals.coverage.rows_seen) == (2, 1)
        assert signals.spending.cents == 500


def test_a_row_counts_from_its_own_day_on(session: Session) -> None:
    ana = person(session)
    spend(session, ana, ago(40), 500)
    spend(session, ana, ago(-1), 700)
    assert measured(session, ana)[30].spending.cents == 0
    tomorrow = measured(session, ana, ago(-1))[30]
    assert (tomorrow.spending.cents, tomorrow.coverage.rows_future) == (700, 0)


@pytest.mark.parametrize(
    ("age", "seen", "monthly_cents"),
    [
        (0, (1, 1, 1), (None, None, None)),
        (28, (29, 29, 29), (None, None, None)),  # 29 days: no month is known
        (29, (30, 30, 30), (10_000, 10_000, 10_000)),  # 10,000 x 30 / 30
        (30, (30, 31, 31), (0, 9_677, 9_677)),  # out of the first window; 10,000 x 30 / 31 = 9,677.4
        (89, (30, 90, 90), (0, 3_333, 3_333)),  # 10,000 x 30 / 90 = 3,333.3
        (90, (30, 90, 91), (0, 0, 3_296)),  # 10,000 x 30 / 91 = 3,296.7
        (179, (30, 90, 180), (0, 0, 1_666)),  # 10,000 x 30 / 180 = 1,666.7
        (180, (30, 90, 180), (0, 0, 0)),
    ],
)
def test_a_month_is_thirty_days_of_those_that_were_seen(
    session: Session, age: int, seen: tuple[int, ...], monthly_cents: tuple[int | None, ...]
) -> None:
    ana = person(session)
    spend(session, ana, ago(age), 10_000)
    signals = measured(session, ana)
    assert tuple(signals[window].coverage.days_seen for window in (30, 90, 180)) == seen
    assert tuple(signals[window].spending.monthly_cents for window in (30, 90, 180)) == monthly_cents
    assert {signals[window].coverage.first_row_on for window in signals} == {ago(age)}


def test_a_monthly_value_below_zero_is_floored_too(session: Session) -> None:
    ana = person(session)
    spend(session, ana, ago(100), 10_000, "Shoe House")
    receive(session, ana, ago(60), 100, "Shoe House")
    # 90 days: -100 x 30 / 90 = -33.3, the cent below is -34.
    assert measured(session, ana)[90].spending.monthly_cents == -34


def test_a_person_without_rows_is_measured_and_nothing_is_known(session: Session) -> None:
    ana = person(session)
    for signals in measured(session, ana).values():
        assert (signals.coverage.days_seen, signals.coverage.first_row_on) == (0, None)
        assert (signals.spending.cents, signals.spending.monthly_cents) == (0, None)
        assert (signals.income.cents, signals.income.monthly_cents, signals.income.frequency) == (0, None, None)
        assert signals.subscriptions.share_ratio is None


def test_a_future_row_alone_is_no_history(session: Session) -> None:
    ana = person(session)
    spend(session, ana, ago(-1), 500)
    coverage = measured(session, ana)[30].coverage
    assert (coverage.days_seen, coverage.first_row_on, coverage.rows_future) == (0, None, 1)


def test_history_begins_with_a_row_that_could_count(session: Session) -> None:
    ana = person(session)
    account(session, ana, "loan", "loan", "student")
    account(session, ana, "savings", subtype="savings")
    row(session, ana, ago(150), -25_000, "Payment", account="loan")
    spend(session, ana, ago(120), 700, currency="EUR")
    signals = measured(session, ana)[90]
    assert (signals.coverage.days_seen, signals.coverage.first_row_on) == (0, None)
    assert (signals.spending.cents, signals.spending.monthly_cents) == (0, None)  # unknown, not zero
    spend(session, ana, ago(11), 60_000)
    signals = measured(session, ana)[90]
    assert (signals.coverage.days_seen, signals.coverage.first_row_on) == (12, ago(11))
    assert signals.spending.monthly_cents is None  # not 200.00, a third of what twelve days took
    row(session, ana, ago(59), 5_000, "To savings", category="TRANSFER_OUT_SAVINGS")
    assert measured(session, ana)[90].coverage.days_seen == 60


def test_what_was_left_out_is_counted_by_reason(session: Session) -> None:
    ana = person(session)
    account(session, ana, "loan", "loan", "auto")
    spend(session, ana, ago(1), 500)
    receive(session, ana, ago(1), 900, "Anna")  # a gift: neither income nor a refund
    row(session, ana, ago(1), 700, "To savings", category="TRANSFER_OUT_SAVINGS")
    row(session, ana, ago(1), 300, "Fees", account="loan")
    spend(session, ana, ago(1), 800, currency="EUR")
    coverage = measured(session, ana)[30].coverage
    assert (coverage.rows_seen, coverage.rows_neutral, coverage.rows_own_transfer) == (4, 1, 1)
    assert (coverage.rows_off_scope, coverage.rows_other_currency) == (1, 1)


def test_a_stream_of_pay_that_only_its_rhythm_shows_is_not_neutral(session: Session) -> None:
    ana = person(session)
    for age in (70, 40, 10):
        receive(session, ana, ago(age), 90_000, "Acme")
    receive(session, ana, ago(5), 2_000, "Berta")
    signals = measured(session, ana)
    assert [signals[window].coverage.rows_neutral for window in (30, 90, 180)] == [1, 1, 1]  # Berta's alone


class TestCurrency:
    """The currency of analysis: most accounts, then most rows of 180 days, then the first by code."""

    def test_most_accounts_hold_it(self, session: Session) -> None:
        ana = person(session)  # one account in dollars
        account(session, ana, "euro", currency="EUR")
        account(session, ana, "euro card", "credit", "credit card", currency="EUR")
        for age in (1, 2, 3):
            spend(session, ana, ago(age), 100)
        spend(session, ana, ago(1), 700, account="euro")
        signals = measured(session, ana)[30]
        assert signals.coverage.currency == "EUR"
        assert (signals.coverage.rows_seen, signals.coverage.rows_other_currency) == (1, 3)
        assert signals.spending.cents == 700

    def test_a_tie_is_settled_by_rows(self, session: Session) -> None:
        ana = person(session)
        account(session, ana, "euro", currency="EUR")
        spend(session, ana, ago(1), 100, account="euro")
        assert measured(session, ana)[30].coverage.currency == "EUR"  # 1 row to 0
        spend(session, ana, ago(1), 100)
        spend(session, ana, ago(1), 100)
        assert measured(session, ana)[30].coverage.currency == "USD"  # 2 rows to 1

    def test_no_account_that_says_its_currency_leaves_it_to_the_rows(self, session: Session) -> None:
        ana = person(session)
        session.connection().exec_driver_sql("UPDATE accounts SET currency = NULL")
        spend(session, ana, ago(1), 100, currency="EUR")
        spend(session, ana, ago(1), 100, currency="USD")
        spend(session, ana, ago(1), 100, currency="USD")
        assert measured(session, ana)[30].coverage.currency == "USD"

    @pytest.mark.parametrize(("age", "currency"), [(179, "USD"), (180, "EUR")])
    def test_only_rows_of_180_days_settle_a_tie(self, session: Session, age: int, currency: str) -> None:
        ana = person(session)
        account(session, ana, "euro", currency="EUR")
        spend(session, ana, ago(age), 100)  # the dollars' second row, or no row of theirs
        spend(session, ana, ago(1), 100)
        spend(session, ana, ago(1), 100, account="euro")
        # age 179: 2 rows to 1. age 180: 1 to 1, and EUR comes first by code.
        assert measured(session, ana)[30].coverage.currency == currency

    def test_rows_of_the_future_settle_nothing(self, session: Session) -> None:
        ana = person(session)
        account(session, ana, "euro", currency="EUR")
        spend(session, ana, ago(-1), 100)
        assert measured(session, ana)[30].coverage.currency == "EUR"  # 0 to 0
        assert measured(session, ana, ago(-1))[30].coverage.currency == "USD"  # 0 to 1

    def test_a_tie_that_time_unmakes_is_looked_at_again(self, session: Session) -> None:
        ana = person(session)
        account(session, ana, "euro", currency="EUR")
        spend(session, ana, ago(179), 100)
        assert measured(session, ana)[180].coverage.currency == "USD"
        assert measured(session, ana, AS_OF + timedelta(days=1))[180].coverage.currency == "EUR"

    def test_rows_in_another_currency_take_no_part(self, session: Session) -> None:
        ana = person(session)
        days = [date(2026, 4, 10), date(2026, 5, 10), date(2026, 6, 10)]
        charge(session, ana, [*days], 1_500, currency="EUR")
        receive(session, ana, ago(1), 50_000, "Acme Payroll", category="INCOME_WAGES", currency="EUR")
        signals = measured(session, ana)[90]
        assert signals.coverage.currency == "USD"
        assert (signals.spending.cents, signals.income.cents, signals.subscriptions.count) == (0, 0, 0)
        assert (signals.coverage.rows_seen, signals.coverage.rows_other_currency) == (0, 4)
        assert streams(session, ana) == []
