"""Every shape in which Plaid's data comes is read into the same records."""

from datetime import date
from typing import Any

import pytest

from spendsense.plaid.records import Batch
from spendsense.plaid.schema import parse
from tests.plaid.payloads import RECEIVED_ON, account, read, transaction


def summary(batch: Batch) -> tuple[list[str], list[str], list[str]]:
    """The ids of accounts, transactions and liabilities."""
    return (
        [one.account_id for one in batch.accounts],
        [one.transaction_id for one in batch.transactions],
        [one.account_id for one in batch.liabilities],
    )


@pytest.mark.parametrize(
    "payload",
    [
        {"accounts": [account()], "added": [transaction()], "modified": [], "removed": [], "has_more": False},
        {"accounts": [account()], "transactions": [transaction()], "total_transactions": 1, "request_id": "r"},
        [account(), transaction()],
        {"accounts": [account()], "transactions": [transaction()]},
    ],
)
def test_accounts_and_transactions_of_every_json_shape(payload: Any) -> None:
    assert summary(read(payload)) == (["chk"], ["t1"], [])


def test_only_what_a_sync_page_adds_is_no_revision() -> None:
    sync = read({"added": [transaction("a")], "modified": [transaction("m")], "transactions": [transaction("t")]})
    assert [(row.transaction_id, row.is_revised) for row in sync.transactions] == [
        ("a", False),
        ("m", True),
        ("t", True),
    ]


def test_modified_wins_over_added_in_one_page() -> None:
    (row,) = read({"added": [transaction(amount=1)], "modified": [transaction(amount=2)]}).transactions
    assert (row.amount_cents, row.is_revised) == (200, True)


def test_a_byte_order_mark_before_json_is_no_fault() -> None:
    assert summary(read(b'\xef\xbb\xbf{"added": []}')) == ([], [], [])


def test_an_item_names_the_connection_of_its_accounts() -> None:
    batch = read({"item": {"item_id": "it", "institution_id": "ins_3"}, "accounts": [account()]})
    assert batch.item is not None and batch.item.institution_id == "ins_3"
    assert batch.accounts[0].item_id == "it"


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("Coffee", {"name": "Coffee", "original_description": "COFFEE 12"}),
        ("COFFEE 12", {"name": None, "original_description": "COFFEE 12"}),
        ("Bean", {"name": "", "merchant_name": "Bean"}),
        ("", {"name": None}),
    ],
)
def test_a_transaction_is_called_by_the_first_name_it_has(name: str, given: dict[str, Any]) -> None:
    assert read([transaction(**given)]).transactions[0].name == name


def test_old_payloads_without_categories_and_currencies_are_read() -> None:
    (row,) = read([transaction(category=None, category_id=None, iso_currency_code=None)]).transactions
    assert (row.category_primary, row.category_detailed, row.currency) == (None, None, None)


@pytest.mark.parametrize("newer", [None, {"primary": None, "detailed": None}])
def test_an_older_category_counts_where_there_is_no_other(newer: Any) -> None:
    old = transaction(category=["Food and Drink", "Restaurants"], personal_finance_category=newer)
    (row,) = read([old]).transactions
    assert (row.category_primary, row.category_detailed) == ("FOOD_AND_DRINK", "FOOD_AND_DRINK_RESTAURANT")
    (row,) = read([old | {"personal_finance_category": {"primary": "TRAVEL"}}]).transactions
    assert (row.category_primary, row.category_detailed) == ("TRAVEL", None)


@pytest.mark.parametrize(
    ("aprs", "expected"),
    [
        ([("cash_apr", 27.95), ("purchase_apr", 12.5)], "12.5000"),
        ([("cash_apr", 27.95), ("special", 30)], "30.0000"),
        ([("special", None)], "None"),
        ([], "None"),
    ],
)
def test_a_card_s_rate_is_that_of_purchases_else_the_highest(aprs: list[tuple[str, Any]], expected: str) -> None:
    rates = [{"apr_type": kind, "apr_percentage": rate} for kind, rate in aprs]
    (row,) = read({"liabilities": {"credit": [{"account_id": "card", "aprs": rates}]}}).liabilities
    assert str(row.apr_percent) == expected


def test_mortgages_and_student_loans_are_read() -> None:
    batch = read(
        {
            "liabilities": {
                "mortgage": [
                    {
                        "account_id": "house",
                        "interest_rate": {"percentage": 3.99},
                        "next_monthly_payment": 3141.54,
                        "past_due_amount": 2304,
                    }
                ],
                "student": [{"account_id": "study", "interest_rate_percentage": 5.25, "minimum_payment_amount": 25}],
                "other": 5,
            }
        }
    )
    house, study = batch.liabilities
    assert (house.kind, str(house.apr_percent), house.minimum_payment_cents, house.past_due_cents) == (
        "mortgage",
        "3.9900",
        314154,
        230400,
    )
    assert (study.kind, str(study.apr_percent), study.minimum_payment_cents) == ("student", "5.2500", 2500)


def test_a_payroll_account_is_left_out_with_a_note() -> None:
    batch = read([account("pay", type="payroll")])
    assert (batch.accounts, batch.rejected) == ((), ())
    assert batch.notes == ("/0: left out, a payroll account holds no bank data.",)


def test_brokerage_is_plaid_s_older_word_for_investment() -> None:
    assert read([account(type="brokerage")]).accounts[0].type == "investment"


PASCAL = b"""{
  "Accounts": [{"AccountId": "card", "Name": "Visa", "Type": "Credit", "SubType": "credit card",
    "Balance": {"Current": 410.005, "Limit": 2000.0, "ISOCurrencyCode": "USD"}}],
  "Item": {"Id": "it", "InstitutionId": "ins_3"},
  "Transactions": [
    {"TransactionId": "t1", "AccountId": "card", "Date": "2026-11-03", "Amount": 6.33, "IsoCurrencyCode": "USD",
     "Name": "Taxi", "PersonalFinanceCategory": {"Primary": "TRAVEL"}},
    {"Amount": 1, "Name": "No id"}],
  "Liabilities": {"Credit": [{"AccountId": "card", "Aprs": [{"AprPercentage": 12.5, "AprType": "purchase_apr"}]}],
    "StudentLoans": [{"AccountId": "study", "InterestRatePercentage": 5.25}]}
}"""


def test_the_spelling_of_client_libraries_is_read() -> None:
    batch = read(PASCAL)
    (card,) = batch.accounts
    assert (card.type, card.subtype, card.limit_cents, card.current_cents) == ("credit", "credit card", 200000, 41000)
    assert (card.currency, card.item_id) == ("USD", "it")
    assert batch.transactions[0].category_primary == "TRAVEL"
    assert [(one.account_id, one.kind) for one in batch.liabilities] == [("card", "credit"), ("study", "student")]
    assert [error.pointer for error in batch.rejected] == ["/transactions/1/transaction_id"]


def test_a_list_in_the_spelling_of_client_libraries_is_read() -> None:
    (row,) = read(b'[{"TransactionId": "t", "AccountId": "a", "Date": "2026-11-03", "Amount": 0.1}]').transactions
    assert row.amount_cents == 10


CUSTOM: dict[str, Any] = {
    "override_accounts": [
        {
            "type": "credit",
            "subtype": "credit card",
            "starting_balance": 1245.67,
            "force_available_balance": 8754.33,
            "meta": {"name": "Card", "official_name": "Rewards Card", "limit": 10000, "mask": "4444"},
            "inflow_model": {"type": "monthly-balance-payment"},
            "liability": {"type": "credit", "purchase_apr": 16.99, "cash_apr": 24.99, "minimum_payment_amount": 35},
            "transactions": [
                {"date_transacted": "2026-07-20", "date_posted": "2026-07-21", "amount": 87.43, "description": "Shoes"},
                {"date_transacted": "2026-07-20", "date_posted": "July", "amount": 1, "description": "Bad"},
            ],
        },
        {"type": "payroll", "subtype": "payroll", "income": {}},
        {"type": "loan", "subtype": "student", "liability": {"type": "student", "nominal_apr": 4.23}},
    ]
}


def test_a_custom_user_is_read() -> None:
    batch = read(CUSTOM)
    card, loan = batch.accounts
    assert (card.name, card.official_name, card.mask) == ("Card", "Rewards Card", "4444")
    assert (card.current_cents, card.available_cents, card.limit_cents) == (124567, 875433, 1000000)
    assert (loan.name, loan.has_balance) == ("Student", False)
    (row,) = batch.transactions
    assert (row.account_id, row.date, row.authorized_date) == (card.account_id, date(2026, 7, 21), date(2026, 7, 20))
    assert [(one.kind, str(one.apr_percent)) for one in batch.liabilities] == [
        ("credit", "16.9900"),
        ("student", "4.2300"),
    ]
    assert [error.pointer for error in batch.rejected] == ["/override_accounts/0/transactions/1/date_posted"]
    assert [note.split(":")[0] for note in batch.notes] == [
        "/override_accounts/0/inflow_model",
        "/override_accounts/1",
    ]


def test_a_custom_user_s_ids_last_and_differ_from_another_file_s() -> None:
    again, other = read(CUSTOM), read(CUSTOM, label="other.json")
    assert summary(again) == summary(read(CUSTOM))
    assert not set(summary(again)[0]) & set(summary(other)[0])
    assert not set(summary(again)[1]) & set(summary(other)[1])


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"type": "piggy bank"}, "/override_accounts/0/type"),
        ({"starting_balance": "1"}, "/override_accounts/0/starting_balance"),
        ({"meta": {"name": "n" * 501}}, "/override_accounts/0/meta/name"),
        ({"currency": "ZZZ"}, "/override_accounts/0/currency"),
        ({"transactions": 5}, "/override_accounts/0/transactions"),
        ({"liability": {"type": "car"}}, "/override_accounts/0/liability/type"),
        ({"liability": {"type": "credit", "purchase_apr": "low"}}, "/override_accounts/0/liability/purchase_apr"),
        ({"liability": 5}, "/override_accounts/0/liability"),
        ({"transactions": [{"amount": 1}]}, "/override_accounts/0/transactions/0/date_posted"),
        ({"transactions": [{"date_posted": "2026-07-01"}]}, "/override_accounts/0/transactions/0/amount"),
    ],
)
def test_what_is_wrong_in_a_custom_user_is_told_by_its_place(change: dict[str, Any], place: str) -> None:
    entry = {"type": "depository", "subtype": "checking"} | change
    assert [error.pointer for error in read({"override_accounts": [entry]}).rejected] == [place]


@pytest.mark.parametrize(
    ("data", "filename", "is_csv"),
    [
        (b"account_id,type\nchk,depository\n", "accounts.CSV", True),
        (b"account_id,type\nchk,depository\n", "accounts.csv.gz", True),
        (b"account_id,type\nchk,depository\n", None, True),
        (b'\n [{"account_id": "chk", "type": "depository"}]', None, False),
        (b'[{"account_id": "chk", "type": "depository"}]', "accounts.json", False),
        (b'[{"account_id": "chk", "type": "depository"}]', "export", False),
    ],
)
def test_name_or_first_character_tell_csv_from_json(data: bytes, filename: str | None, is_csv: bool) -> None:
    batch = parse(data, filename=filename, media=None, received_on=RECEIVED_ON, source_label="x")
    assert batch.accounts[0].place == ("line 2" if is_csv else "/0")


def test_a_client_librarys_spelling_leaves_all_values_as_they_are() -> None:
    # A text that reads like a name, one that ends in a backslash, and one whose quotation marks are escaped.
    texts = ["AccountId", "back\\", 'say "AccountId": 1', "", '{"Name": 1}']
    rows = [
        {"TransactionId": str(n), "AccountId": "chk", "Date": "2026-11-01", "Amount": 1, "Name": text or "x"}
        for n, text in enumerate(texts)
    ]
    batch = read({"Added": rows, "Accounts": [{"AccountId": "chk", "Type": "depository"}]})
    assert [row.name for row in batch.transactions] == [text or "x" for text in texts]
    assert (batch.rejected, batch.accounts[0].account_id) == ((), "chk")


@pytest.mark.parametrize("number", ["12.345", "1.2e1", "-0.005", "123456789.99", "12"])
def test_a_client_librarys_numbers_keep_their_text(number: str) -> None:
    plain = b'{"added": [{"transaction_id": "t", "account_id": "a", "date": "2026-11-01", "name": "x", "amount": %s}]}'
    other = plain.replace(b"added", b"Added").replace(b"amount", b"Amount")
    (one,), (two,) = (read(text % number.encode()).transactions for text in (plain, other))
    assert one.amount_cents == two.amount_cents
