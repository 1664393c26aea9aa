"""Plaid's older categories, as its personal finance categories."""

import json

import pytest

from spendsense.plaid.categories import DETAILED
from spendsense.plaid.legacy_categories import LONGEST_PATH, NEWER, newer_category
from spendsense.plaid.wire import Category

IN, OUT = True, False


def newer(path: list[str], is_inflow: bool) -> str | None:
    """The detailed category that the path stands for."""
    return newer_category(json.dumps(path).encode(), is_inflow).detailed


@pytest.mark.parametrize(
    ("path", "is_inflow", "expected"),
    [
        (["Bank Fees", "Overdraft"], OUT, "BANK_FEES_OVERDRAFT_FEES"),
        (["Bank Fees", "Overdraft"], IN, "BANK_FEES_OVERDRAFT_FEES"),  # taken back
        (["Bank Fees", "Excess Activity"], OUT, "BANK_FEES_OTHER_BANK_FEES"),  # by what is above it
        (["Payment", "Credit Card"], OUT, "LOAN_PAYMENTS_CREDIT_CARD_PAYMENT"),
        (["Food and Drink", "Restaurants", "Thai"], OUT, "FOOD_AND_DRINK_RESTAURANT"),
        (["Service", "Subscription"], OUT, None),
        (["Shops", "Digital Purchase"], OUT, None),
        (["Shops", "Toys"], OUT, "GENERAL_MERCHANDISE_OTHER_GENERAL_MERCHANDISE"),
        (["Transfer", "Internal Account Transfer"], OUT, "TRANSFER_OUT_ACCOUNT_TRANSFER"),
        (["Transfer", "Internal Account Transfer"], IN, "TRANSFER_IN_ACCOUNT_TRANSFER"),
        (["Transfer", "Third Party", "Square"], IN, "TRANSFER_IN_TRANSFER_IN_FROM_APPS"),
        (["Transfer", "Payroll", "Benefits"], IN, "INCOME_WAGES"),
        # Not in this direction
        (["Transfer", "Payroll"], OUT, None),
        (["Transfer", "Deposit"], OUT, None),
        (["Transfer", "Withdrawal", "ATM"], IN, None),
        # Nearly everything was one of these
        (["Transfer"], OUT, None),
        (["Transfer", "Debit"], OUT, None),
        (["Transfer", "Credit"], IN, None),
        (["Service"], OUT, None),
        ([], OUT, None),
    ],
)
def test_what_a_path_stands_for(path: list[str], is_inflow: bool, expected: str | None) -> None:
    assert newer(path, is_inflow) == expected


@pytest.mark.parametrize("is_inflow", [IN, OUT])
@pytest.mark.parametrize("path", NEWER)
def test_all_are_categories_of_plaid(path: str, is_inflow: bool) -> None:
    category = newer_category(json.dumps(path.split(" > ")).encode(), is_inflow)
    if category != Category():
        assert category.primary and category.detailed in DETAILED[category.primary]


@pytest.mark.parametrize("text", ["null", '"Shops"', "[1]", '{"a": []}', '["Shops", null]', "[[[]]]", "7"])
def test_what_is_no_path_is_left_out_like_an_unknown_field(text: str) -> None:
    assert newer_category(text.encode(), OUT) == Category()


def test_a_path_longer_than_any_is_left_out() -> None:
    path = ["Shops", "x" * (LONGEST_PATH - len('["Shops", ""]'))]
    assert newer(path, OUT) == "GENERAL_MERCHANDISE_OTHER_GENERAL_MERCHANDISE"
    assert newer([*path[:1], path[1] + "x"], OUT) is None
