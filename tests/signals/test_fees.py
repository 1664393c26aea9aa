"""Bank fees: which kinds are counted, when, and what a reversal takes back."""

import pytest
from sqlalchemy.orm import Session

from tests.signals.rows import ago, card, measured, person, row

KINDS = {
    "overdraft_count": "BANK_FEES_OVERDRAFT_FEES",
    "nsf_count": "BANK_FEES_INSUFFICIENT_FUNDS",
    "late_count": "BANK_FEES_LATE_FEES",
    "atm_count": "BANK_FEES_ATM_FEES",
    "foreign_count": "BANK_FEES_FOREIGN_TRANSACTION_FEES",
}
LATE = KINDS["late_count"]
ATM = KINDS["atm_count"]


@pytest.mark.parametrize("field", KINDS)
def test_each_kind_is_counted(session: Session, field: str) -> None:
    ana = person(session)
    one = row(session, ana, ago(3), 3_500, "Bank", category=KINDS[field])
    two = row(session, ana, ago(2), 300, "Bank", category=KINDS[field])
    signals = measured(session, ana)[30]
    assert (signals.fees.count, signals.fees.cents, signals.fees.transaction_ids) == (2, 3_800, (one, two))
    assert {name: getattr(signals.fees, name) for name in KINDS} == dict.fromkeys(KINDS, 0) | {field: 2}
    assert signals.spending.cents == 3_800


def test_a_name_says_so_too(session: Session) -> None:
    ana = person(session)
    row(session, ana, ago(3), 3_500, "OVERDRAFT FEE")
    row(session, ana, ago(3), 250, "NON-NETWORK ATM FEE")
    fees = measured(session, ana)[30].fees
    assert (fees.count, fees.overdraft_count, fees.atm_count, fees.cents) == (2, 1, 1, 3_750)


def test_the_kinds_are_summed(session: Session) -> None:
    ana = person(session)
    for place, category in enumerate(KINDS.values()):
        row(session, ana, ago(place), 10**place, "Bank", category=category)
    fees = measured(session, ana)[30].fees
    assert (fees.count, fees.cents) == (5, 11_111)


@pytest.mark.parametrize("window", [30, 90, 180])
def test_the_window_has_both_ends(session: Session, window: int) -> None:
    ana = person(session)
    last = row(session, ana, ago(0), 1, "Bank", category=LATE)
    first = row(session, ana, ago(window - 1), 10, "Bank", category=LATE)
    row(session, ana, ago(window), 100, "Bank", category=LATE)
    row(session, ana, ago(-1), 1_000, "Bank", category=LATE)
    fees = measured(session, ana)[window].fees
    assert (fees.count, fees.cents, fees.transaction_ids) == (2, 11, (first, last))


def test_a_reversal_takes_back_one_fee_and_its_sum(session: Session) -> None:
    ana = person(session)
    row(session, ana, ago(9), 3_500, "Bank", category=LATE)
    row(session, ana, ago(8), 3_500, "Bank", category=LATE)
    row(session, ana, ago(7), -3_500, "Bank", category=LATE)
    signals = measured(session, ana)[30]
    assert (signals.fees.count, signals.fees.late_count, signals.fees.cents) == (1, 1, 3_500)
    assert len(signals.fees.transaction_ids) == 3
    assert (signals.spending.cents, signals.income.cents) == (3_500, 0)


def test_a_reversal_takes_no_fee_of_another_kind(session: Session) -> None:
    ana = person(session)
    row(session, ana, ago(9), 3_500, "Bank", category=LATE)
    row(session, ana, ago(7), -250, "Bank", category=ATM)
    fees = measured(session, ana)[30].fees
    assert (fees.count, fees.late_count, fees.atm_count, fees.cents) == (1, 1, 0, 3_250)


def test_a_reversal_of_an_earlier_window_counts_no_fee_below_zero(session: Session) -> None:
    ana = person(session)
    row(session, ana, ago(30), 3_500, "Bank", category=LATE)
    row(session, ana, ago(29), -3_500, "Bank", category=LATE)
    signals = measured(session, ana)
    assert (signals[30].fees.count, signals[30].fees.cents) == (0, -3_500)
    assert (signals[90].fees.count, signals[90].fees.cents) == (0, 0)


@pytest.mark.parametrize("category", ["BANK_FEES_OTHER_BANK_FEES", "BANK_FEES_INTEREST_CHARGE"])
def test_other_charges_of_the_bank_are_spending_and_no_fees(session: Session, category: str) -> None:
    ana = person(session)
    row(session, ana, ago(3), 1_200, "Monthly service", category=category)
    signals = measured(session, ana)[30]
    assert (signals.fees.count, signals.fees.cents, signals.spending.cents) == (0, 0, 1_200)


def test_a_cards_fees_count_too(session: Session) -> None:
    ana = person(session)
    card(session, ana, 0, 100_000)
    row(session, ana, ago(3), 3_500, "Late fee", category=LATE, account="visa")
    assert measured(session, ana)[30].fees.late_count == 1


def test_fees_in_another_currency_do_not(session: Session) -> None:
    ana = person(session)
    row(session, ana, ago(3), 3_500, "Bank", category=LATE, currency="EUR")
    fees = measured(session, ana)[30].fees
    assert (fees.count, fees.cents, fees.transaction_ids) == (0, 0, ())
