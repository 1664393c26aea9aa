"""Credit: each card as it stands on the day, and all of them together."""

from datetime import date
from decimal import Decimal

import pytest
from sqlalchemy.orm import Session

from spendsense.signals.types import Card
from tests.signals.rows import account, ago, balance, card, liability, measured, person, row

INTEREST = "BANK_FEES_INTEREST_CHARGE"


class TestUtilization:
    """Balance / limit, floored to four decimals, with flags at 30, 50 and 80 %."""

    @pytest.mark.parametrize(
        ("cents", "limit", "ratio", "flag_percent"),
        [
            (0, 100_000, "0.0000", 0),
            (29_999, 100_000, "0.2999", 0),
            (30_000, 100_000, "0.3000", 30),
            (30_001, 100_000, "0.3000", 30),
            (49_999, 100_000, "0.4999", 30),
            (50_000, 100_000, "0.5000", 50),
            (79_999, 100_000, "0.7999", 50),
            (80_000, 100_000, "0.8000", 80),
            (150_000, 100_000, "1.5000", 80),
            (2_999_999, 10_000_000, "0.2999", 0),  # 0.2999999: a cent below is below, however large the limit
            (3_000_000, 10_000_000, "0.3000", 30),
            (4_999_999, 10_000_000, "0.4999", 30),
            (7_999_999, 10_000_000, "0.7999", 50),
            (20_000, 30_000, "0.6666", 50),  # two thirds, floored
            (-1, 100_000, "0.0000", 0),  # a credit balance
            (-50_000, 100_000, "0.0000", 0),
        ],
    )
    def test_of_one_card(self, session: Session, cents: int, limit: int, ratio: str, flag_percent: int) -> None:
        ana = person(session)
        card(session, ana, cents, limit)
        signals = measured(session, ana)[90]
        (visa,) = signals.cards
        assert (visa.utilization_ratio, visa.utilization_flag_percent) == (Decimal(ratio), flag_percent)
        assert (visa.balance_cents, visa.limit_cents) == (cents, limit)
        assert signals.credit.max_utilization_ratio == signals.credit.total_utilization_ratio == Decimal(ratio)
        assert (signals.credit.card_count, signals.credit.known_limit_count) == (1, 1)

    @pytest.mark.parametrize(("cents", "limit"), [(30_000, None), (30_000, 0), (30_000, -1), (None, 100_000)])
    def test_is_unknown_without_a_limit_or_a_balance(
        self, session: Session, cents: int | None, limit: int | None
    ) -> None:
        ana = person(session)
        card(session, ana, cents, limit)
        signals = measured(session, ana)[90]
        (visa,) = signals.cards
        assert (visa.utilization_ratio, visa.utilization_flag_percent) == (None, None)
        assert (signals.credit.max_utilization_ratio, signals.credit.total_utilization_ratio) == (None, None)
        assert (signals.credit.card_count, signals.credit.known_limit_count) == (1, 0)
        assert signals.credit.max_utilization_account_id is None

    def test_of_all_is_over_those_with_a_known_limit(self, session: Session) -> None:
        ana = person(session)
        card(session, ana, 5_000, 10_000, "a")
        card(session, ana, 1_000, 20_000, "b")
        card(session, ana, 90_000, None, "c")
        card(session, ana, -3_000, 3_000, "d")  # owes nothing, and its limit counts
        credit = measured(session, ana)[90].credit
        assert credit.total_utilization_ratio == Decimal("0.1818")  # 6,000 / 33,000
        assert (credit.max_utilization_ratio, credit.max_utilization_account_id) == (Decimal("0.5000"), "a")
        assert (credit.card_count, credit.known_limit_count) == (4, 3)
        assert credit.account_ids == ("a", "b", "c", "d")

    def test_of_all_is_exact_at_a_threshold(self, session: Session) -> None:
        ana = person(session)
        card(session, ana, 1, 3, "a")
        card(session, ana, 2, 7, "b")
        assert measured(session, ana)[90].credit.total_utilization_ratio == Decimal("0.3000")  # 3 / 10

    def test_the_first_by_id_of_two_that_are_equal(self, session: Session) -> None:
        ana = person(session)
        card(session, ana, 5_000, 10_000, "b")
        card(session, ana, 1_000, 2_000, "a")
        assert measured(session, ana)[90].credit.max_utilization_account_id == "a"

    def test_the_balance_is_the_last_one_seen_by_then(self, session: Session) -> None:
        ana = person(session)
        card(session, ana, 20_000, 100_000)  # on as_of
        balance(session, ana, "visa", ago(5), 10_000, 100_000)
        balance(session, ana, "visa", ago(-1), 90_000, 100_000)
        assert measured(session, ana, ago(6))[90].cards[0].balance_cents is None
        assert measured(session, ana, ago(5))[90].cards[0].balance_cents == 10_000
        assert measured(session, ana, ago(1))[90].cards[0].balance_cents == 10_000
        assert measured(session, ana, ago(0))[90].cards[0].balance_cents == 20_000
        assert measured(session, ana, ago(-1))[90].cards[0].balance_cents == 90_000

    def test_a_later_balance_that_is_unknown_hides_the_earlier(self, session: Session) -> None:
        ana = person(session)
        card(session, ana, None, 100_000)
        balance(session, ana, "visa", ago(5), 10_000, 100_000)
        assert measured(session, ana)[90].cards[0].utilization_ratio is None


class TestMinimumPayment:
    """Minimum payments only: 0 < last payment <= minimum + 5.00, and the last statement was larger than the payment."""

    @pytest.mark.parametrize(
        ("paid", "expected"),
        [(0, False), (1, True), (2_500, True), (2_999, True), (3_000, True), (3_001, False), (None, None)],
    )
    def test_the_payment(self, session: Session, paid: int | None, expected: bool | None) -> None:
        assert self._flag(session, paid, minimum=2_500, statement=90_000) is expected

    @pytest.mark.parametrize(("statement", "expected"), [(2_999, False), (3_000, False), (3_001, True), (None, None)])
    def test_the_statement(self, session: Session, statement: int | None, expected: bool | None) -> None:
        assert self._flag(session, 3_000, minimum=2_500, statement=statement) is expected

    @pytest.mark.parametrize(("minimum", "expected"), [(2_499, False), (2_500, True), (None, None)])
    def test_the_minimum(self, session: Session, minimum: int | None, expected: bool | None) -> None:
        assert self._flag(session, 3_000, minimum=minimum, statement=90_000) is expected

    def test_one_card_is_enough(self, session: Session) -> None:
        ana = person(session)
        card(session, ana, 1, 2, "a")
        card(session, ana, 1, 2, "b")
        card(session, ana, 1, 2, "c")
        for account_id, paid in (("a", 90_000), ("b", 2_500)):
            liability(
                session,
                ana,
                account_id,
                last_payment_cents=paid,
                minimum_payment_cents=2_500,
                last_statement_balance_cents=99_000,
            )
        signals = measured(session, ana)[90]
        assert [one.is_minimum_payment_only for one in signals.cards] == [False, True, None]
        assert signals.credit.has_minimum_payment_only is True

    def _flag(self, session: Session, paid: int | None, *, minimum: int | None, statement: int | None) -> bool | None:
        ana = person(session)
        card(session, ana, 90_000, 100_000)
        liability(
            session,
            ana,
            last_payment_cents=paid,
            minimum_payment_cents=minimum,
            last_statement_balance_cents=statement,
        )
        signals = measured(session, ana)[90]
        assert signals.credit.has_minimum_payment_only is signals.cards[0].is_minimum_payment_only
        return signals.credit.has_minimum_payment_only


class TestInterest:
    """Interest charged on the cards in the window, net of reversals."""

    @pytest.mark.parametrize("window", [30, 90, 180])
    def test_the_window_has_both_ends(self, session: Session, window: int) -> None:
        ana = person(session)
        card(session, ana, 0, 100_000)
        last = row(session, ana, ago(0), 1, "Interest", category=INTEREST, account="visa")
        first = row(session, ana, ago(window - 1), 10, "Interest", category=INTEREST, account="visa")
        row(session, ana, ago(window), 100, "Interest", category=INTEREST, account="visa")
        row(session, ana, ago(-1), 1_000, "Interest", category=INTEREST, account="visa")
        signals = measured(session, ana)[window]
        assert signals.credit.interest_cents == signals.cards[0].interest_cents == 11
        assert signals.credit.interest_transaction_ids == (first, last)

    def test_a_reversal_takes_it_back(self, session: Session) -> None:
        ana = person(session)
        card(session, ana, 0, 100_000)
        row(session, ana, ago(40), 2_000, "Interest", category=INTEREST, account="visa")
        row(session, ana, ago(10), -500, "Interest", category=INTEREST, account="visa")
        signals = measured(session, ana)
        assert [signals[window].credit.interest_cents for window in (30, 90)] == [-500, 1_500]
        assert signals[90].spending.cents == 1_500

    def test_each_card_has_its_own(self, session: Session) -> None:
        ana = person(session)
        card(session, ana, 0, 100_000, "a")
        card(session, ana, 0, 100_000, "b")
        row(session, ana, ago(1), 300, "Interest", category=INTEREST, account="a")
        row(session, ana, ago(1), 20, "Interest", category=INTEREST, account="b")
        signals = measured(session, ana)[30]
        assert [one.interest_cents for one in signals.cards] == [300, 20]
        assert signals.credit.interest_cents == 320

    def test_an_overdrafts_is_spending_and_no_cards(self, session: Session) -> None:
        ana = person(session)
        card(session, ana, 0, 100_000)
        row(session, ana, ago(1), 300, "Interest", category=INTEREST)
        signals = measured(session, ana)[30]
        assert (signals.credit.interest_cents, signals.credit.interest_transaction_ids) == (0, ())
        assert signals.spending.cents == 300


@pytest.mark.parametrize(
    ("cards", "expected"),
    [
        ([True], True),
        ([True, False], True),
        ([True, None], True),
        ([False, False], False),
        ([False, None], False),
        ([None], None),
        ([], None),
    ],
)
def test_overdue_is_any_or_none_or_unknown(session: Session, cards: list[bool | None], expected: bool | None) -> None:
    ana = person(session)
    for place, is_overdue in enumerate(cards):
        card(session, ana, 0, 100_000, f"card-{place}")
        liability(session, ana, f"card-{place}", is_overdue=is_overdue)
    signals = measured(session, ana)[90]
    assert [one.is_overdue for one in signals.cards] == cards
    assert signals.credit.is_overdue is expected


@pytest.mark.parametrize(
    ("due", "expected"),
    [
        ([ago(1)], None),  # it has passed
        ([ago(0)], ago(0)),
        ([ago(-1)], ago(-1)),
        ([ago(1), ago(-9), ago(-5)], ago(-5)),
        ([None], None),
    ],
)
def test_the_next_payment_due(session: Session, due: list[date | None], expected: date | None) -> None:
    ana = person(session)
    for place, on in enumerate(due):
        card(session, ana, 0, 100_000, f"card-{place}")
        liability(session, ana, f"card-{place}", next_payment_due_on=on)
    assert measured(session, ana)[90].credit.next_payment_due_on == expected


def test_the_highest_rate(session: Session) -> None:
    ana = person(session)
    for account_id, percent in (("a", "19.99"), ("b", "24.24"), ("c", None)):
        card(session, ana, 0, 100_000, account_id)
        liability(session, ana, account_id, apr_percent=percent and Decimal(percent))
    assert measured(session, ana)[90].credit.max_apr_percent == Decimal("24.24")


def test_cards_in_another_currency_and_other_accounts_are_left_out(session: Session) -> None:
    ana = person(session)
    account(session, ana, "second")
    card(session, ana, 50_000, 100_000, "euro", currency="EUR")
    card(session, ana, 10_000, 100_000, "unsaid", currency=None)
    account(session, ana, "loan", "loan", "auto")
    balance(session, ana, "loan", ago(0), 90_000, 100_000)
    signals = measured(session, ana)[90]
    assert [one.account_id for one in signals.cards] == ["unsaid"]
    assert signals.credit.max_utilization_ratio == Decimal("0.1000")


def test_without_a_card_all_is_unknown_but_the_interest(session: Session) -> None:
    ana = person(session)
    signals = measured(session, ana)[90]
    credit = signals.credit
    assert (credit.card_count, credit.known_limit_count, credit.interest_cents, credit.account_ids) == (0, 0, 0, ())
    assert (credit.max_utilization_ratio, credit.has_minimum_payment_only, credit.is_overdue) == (None, None, None)
    assert signals.cards == ()


def test_a_card_without_a_liability_is_known_by_its_balance(session: Session) -> None:
    ana = person(session)
    card(session, ana, 10_000, 100_000)
    assert measured(session, ana)[90].cards == (
        Card("visa", "visa", None, 10_000, 100_000, Decimal("0.1"), 0, None, None, None, None, None, None, 0),
    )
