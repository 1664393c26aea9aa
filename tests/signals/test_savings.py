"""Savings: what is put by, how fast it grows, and how long it would last."""

from decimal import Decimal

import pytest
from sqlalchemy.orm import Session

from tests.signals.rows import account, ago, balance, measured, person, receive, row, savings, spend


@pytest.mark.parametrize("subtype", ["savings", "money market", "cd", "hsa", "cash management"])
def test_what_is_savings(session: Session, subtype: str) -> None:
    ana = person(session)
    savings(session, ana, 70_000, subtype=subtype)
    receive(session, ana, ago(5), 10_000, "Transfer", account="savings")
    found = measured(session, ana)[30].savings
    assert (found.account_count, found.balance_cents, found.net_inflow_cents) == (1, 70_000, 10_000)
    assert found.account_ids == ("savings",)


@pytest.mark.parametrize(
    ("kind", "subtype"),
    [
        ("depository", "checking"),
        ("depository", "prepaid"),
        ("depository", "paypal"),
        ("depository", None),
        ("investment", "hsa"),
        ("investment", "brokerage"),
        ("credit", "savings"),
    ],
)
def test_what_is_not(session: Session, kind: str, subtype: str | None) -> None:
    ana = person(session)
    account(session, ana, "other", kind, subtype)
    balance(session, ana, "other", ago(0), 70_000)
    receive(session, ana, ago(5), 10_000, "Transfer", account="other")
    found = measured(session, ana)[30].savings
    assert (found.account_count, found.balance_cents, found.net_inflow_cents, found.account_ids) == (0, None, None, ())
    assert (found.growth_ratio, found.emergency_fund_months, found.emergency_fund_level) == (None, None, None)


class TestNetInflow:
    """The net flow of the savings accounts in the window, transfers in included."""

    @pytest.mark.parametrize("window", [30, 90, 180])
    def test_the_window_has_both_ends(self, session: Session, window: int) -> None:
        ana = person(session)
        savings(session, ana, 500_000)
        for age, cents in ((0, 1), (window - 1, 10), (window, 100), (-1, 1_000)):
            receive(session, ana, ago(age), cents, account="savings")
        assert measured(session, ana)[window].savings.net_inflow_cents == 11

    def test_an_account_in_another_currency_takes_no_part(self, session: Session) -> None:
        ana = person(session)
        savings(session, ana, 500_000)
        savings(session, ana, 90_000, "euros", currency="EUR")
        receive(session, ana, ago(9), 5_000, account="savings")
        receive(session, ana, ago(8), 7_000, account="euros", currency="USD")  # a dollar row on the euro account
        found = measured(session, ana)[30].savings
        assert (found.net_inflow_cents, found.balance_cents, found.account_ids) == (5_000, 500_000, ("savings",))

    def test_out_counts_against_in(self, session: Session) -> None:
        ana = person(session)
        savings(session, ana, 500_000)
        receive(session, ana, ago(9), 5_000, account="savings")
        spend(session, ana, ago(8), 7_000, account="savings")
        assert measured(session, ana)[30].savings.net_inflow_cents == -2_000

    def test_a_transfer_from_checking_counts(self, session: Session) -> None:
        ana = person(session)
        savings(session, ana, 500_000)
        row(session, ana, ago(9), 5_000, "Transfer to savings")
        row(session, ana, ago(9), -5_000, "Transfer from checking", account="savings")
        row(session, ana, ago(5), -3_000, "Deposit", category="TRANSFER_IN_SAVINGS", account="savings")
        signals = measured(session, ana)[30]
        assert (signals.savings.net_inflow_cents, signals.spending.cents) == (8_000, 0)

    def test_of_all_such_accounts(self, session: Session) -> None:
        ana = person(session)
        savings(session, ana, 100_000, "a")
        savings(session, ana, 200_000, "b", subtype="cd")
        receive(session, ana, ago(9), 5_000, account="a")
        receive(session, ana, ago(9), 600, account="b")
        found = measured(session, ana)[30].savings
        assert (found.net_inflow_cents, found.balance_cents, found.account_count) == (5_600, 300_000, 2)

    def test_nothing_moved_is_zero_and_known(self, session: Session) -> None:
        ana = person(session)
        savings(session, ana, 100_000)
        assert measured(session, ana)[30].savings.net_inflow_cents == 0

    @pytest.mark.parametrize(
        ("first", "cents", "monthly_cents"),
        [
            (28, 1_000, None),  # 29 days seen
            (29, 1_000, 1_000),  # 30 days: x 30 / 30
            (30, 1_000, 967),  # 31 days: 1,000 x 30 / 31 = 967.7
            (89, 1_000, 333),  # 90 days
            (89, -1_000, -334),  # floored, below zero too
        ],
    )
    def test_a_month(self, session: Session, first: int, cents: int, monthly_cents: int | None) -> None:
        ana = person(session)
        savings(session, ana, 500_000)
        spend(session, ana, ago(first), 1)
        row(session, ana, ago(3), -cents, "Anna", account="savings")
        assert measured(session, ana)[90].savings.net_inflow_monthly_cents == monthly_cents

    def test_rows_and_accounts_in_another_currency_are_left_out(self, session: Session) -> None:
        ana = person(session)
        account(session, ana, "second")
        savings(session, ana, 100_000)
        savings(session, ana, 900_000, "euro", currency="EUR")
        receive(session, ana, ago(5), 10_000, account="euro")
        receive(session, ana, ago(5), 700, account="savings", currency="EUR")
        receive(session, ana, ago(5), 50, account="savings")
        found = measured(session, ana)[30].savings
        assert (found.net_inflow_cents, found.balance_cents, found.account_ids) == (50, 100_000, ("savings",))


class TestGrowth:
    """Net inflow / balance at the window's start, which is the balance at its end less the net inflow."""

    @pytest.mark.parametrize(
        ("end", "inflow", "growth"),
        [
            (10_199, 199, "0.0199"),  # 199 / 10,000
            (10_200, 200, "0.0200"),
            (10_201, 201, "0.0201"),
            (1_020_000 - 1, 20_000 - 1, "0.0199"),  # 19,999 / 1,000,000 = 0.019999
            (1_020_000, 20_000, "0.0200"),
            (30_000, 10_000, "0.5000"),
            (10_000, 0, "0.0000"),
            (29_999, -1, "-0.0001"),  # -1 / 30,000 = -0.00003, floored
            (0, -10_000, "-1.0000"),
            (501, 500, "500.0000"),  # it began with 0.01
        ],
    )
    def test_growth(self, session: Session, end: int, inflow: int, growth: str) -> None:
        ana = person(session)
        savings(session, ana, end)
        row(session, ana, ago(3), -inflow, "Anna", account="savings")
        found = measured(session, ana)[30].savings
        assert (found.growth_ratio, found.start_balance_cents) == (Decimal(growth), end - inflow)

    @pytest.mark.parametrize(("end", "inflow"), [(500, 500), (499, 500), (-100, 500)])
    def test_from_nothing_it_is_unknown(self, session: Session, end: int, inflow: int) -> None:
        ana = person(session)
        savings(session, ana, end)
        receive(session, ana, ago(3), inflow, account="savings")
        found = measured(session, ana)[30].savings
        assert (found.growth_ratio, found.start_balance_cents) == (None, end - inflow)

    def test_each_window_has_its_own(self, session: Session) -> None:
        ana = person(session)
        savings(session, ana, 10_000)
        receive(session, ana, ago(3), 2_000, account="savings")
        receive(session, ana, ago(60), 3_000, account="savings")
        signals = measured(session, ana)
        # 2,000 / 8,000 and 5,000 / 5,000
        assert [signals[window].savings.growth_ratio for window in (30, 90)] == [Decimal("0.25"), Decimal(1)]

    def test_one_unknown_balance_makes_the_sum_unknown(self, session: Session) -> None:
        ana = person(session)
        savings(session, ana, 10_000, "a")
        account(session, ana, "b", subtype="savings")
        spend(session, ana, ago(29), 1_000)
        receive(session, ana, ago(3), 2_000, account="a")
        found = measured(session, ana)[30].savings
        assert (found.balance_cents, found.start_balance_cents, found.growth_ratio) == (None, None, None)
        assert (found.emergency_fund_months, found.emergency_fund_level) == (None, None)
        assert (found.net_inflow_cents, found.account_count) == (2_000, 2)

    def test_the_balance_is_the_last_one_seen_by_then(self, session: Session) -> None:
        ana = person(session)
        savings(session, ana, 20_000)  # on as_of
        balance(session, ana, "savings", ago(5), 10_000)
        balance(session, ana, "savings", ago(-1), 90_000)
        assert measured(session, ana, ago(6))[30].savings.balance_cents is None
        assert measured(session, ana, ago(1))[30].savings.balance_cents == 10_000
        assert measured(session, ana, ago(0))[30].savings.balance_cents == 20_000


class TestEmergencyFund:
    """Balance / monthly spending: low < 1 <= building < 3 <= good < 6 <= excellent."""

    @pytest.mark.parametrize(
        ("cents", "months", "level"),
        [
            (-1, "-0.0001", "low"),
            (0, "0.0000", "low"),
            (9_999, "0.9999", "low"),
            (10_000, "1.0000", "building"),
            (29_999, "2.9999", "building"),
            (30_000, "3.0000", "good"),
            (59_999, "5.9999", "good"),
            (60_000, "6.0000", "excellent"),
        ],
    )
    def test_levels(self, session: Session, cents: int, months: str, level: str) -> None:
        ana = person(session)
        savings(session, ana, cents)
        spend(session, ana, ago(29), 10_000)  # 100.00 a month
        found = measured(session, ana)[30].savings
        assert (found.emergency_fund_months, found.emergency_fund_level) == (Decimal(months), level)

    @pytest.mark.parametrize(("cents", "level"), [(299_999, "low"), (300_000, "building")])
    def test_a_level_is_exact_where_the_month_is_not(self, session: Session, cents: int, level: str) -> None:
        ana = person(session)
        savings(session, ana, cents)
        spend(session, ana, ago(89), 900_000)  # 90 days: 3,000.00 a month
        assert measured(session, ana)[90].savings.emergency_fund_level == level

    def test_it_is_of_the_days_that_were_seen(self, session: Session) -> None:
        ana = person(session)
        savings(session, ana, 10_000)
        spend(session, ana, ago(44), 15_000)  # 45 days: 15,000 x 30 / 45 = 10,000 a month
        assert measured(session, ana)[90].savings.emergency_fund_months == 1

    @pytest.mark.parametrize(("age", "cents"), [(28, 10_000), (29, 0)])
    def test_without_a_month_of_spending_it_is_unknown(self, session: Session, age: int, cents: int) -> None:
        ana = person(session)
        savings(session, ana, 10_000)
        spend(session, ana, ago(age), cents)  # 29 days seen; nothing spent
        found = measured(session, ana)[30].savings
        assert (found.emergency_fund_months, found.emergency_fund_level) == (None, None)
