"""Plaid's records as they stand in a payload: types are checked, values not yet. Fields that are not used are ignored.

Numbers stay `Raw`, the bytes of their own text: money is never read through a float.
"""

from msgspec import Raw, Struct

NULL = Raw(b"null")
ABSENT = Raw()  # no text at all: the name does not occur


class Answer(Struct):
    """The parts of an answer, each still its own text. Whatever else it holds takes no memory."""

    item: Raw = ABSENT
    accounts: Raw = ABSENT
    added: Raw = ABSENT
    modified: Raw = ABSENT
    removed: Raw = ABSENT
    transactions: Raw = ABSENT
    liabilities: Raw = ABSENT
    override_accounts: Raw = ABSENT


class Liabilities(Struct):
    """The lists of `liabilities`."""

    credit: Raw = NULL
    mortgage: Raw = NULL
    student: Raw = NULL
    student_loans: Raw = NULL


class Marks(Struct):
    """What tells a transaction in a plain list from an account."""

    account_id: Raw = ABSENT
    transaction_id: Raw = ABSENT
    amount: Raw = ABSENT


class Balances(Struct):
    """The balances of an account."""

    current: Raw = NULL
    available: Raw = NULL
    limit: Raw = NULL
    iso_currency_code: str | None = None
    unofficial_currency_code: str | None = None
    last_updated_datetime: str | None = None


class Account(Struct):
    """An account of /accounts/get, /transactions/get, /transactions/sync or /liabilities/get."""

    account_id: str | None = None
    item_id: str | None = None
    name: str | None = None
    official_name: str | None = None
    mask: str | None = None
    type: str | None = None
    subtype: str | None = None
    balances: Balances | None = None


class Category(Struct):
    """Plaid's personal finance category."""

    primary: str | None = None
    detailed: str | None = None


class Transaction(Struct):
    """A transaction of /transactions/sync or /transactions/get."""

    transaction_id: str | None = None
    account_id: str | None = None
    date: str | None = None
    authorized_date: str | None = None
    amount: Raw = NULL
    iso_currency_code: str | None = None
    unofficial_currency_code: str | None = None
    name: str | None = None
    original_description: str | None = None
    merchant_name: str | None = None
    merchant_entity_id: str | None = None
    payment_channel: str | None = None
    personal_finance_category: Category | None = None
    category: Raw = NULL  # Plaid's older one, a list of names
    pending: bool | None = None
    pending_transaction_id: str | None = None


class Removed(Struct):
    """An entry of `removed`."""

    transaction_id: str | None = None


class Apr(Struct):
    """One of a card's rates."""

    apr_percentage: Raw = NULL
    apr_type: str | None = None


class InterestRate(Struct):
    """A mortgage's rate."""

    percentage: Raw = NULL


class Liability(Struct):
    """A card, mortgage or student loan of /liabilities/get: the fields of all three."""

    account_id: str | None = None
    is_overdue: bool | None = None
    last_payment_amount: Raw = NULL
    last_payment_date: str | None = None
    last_statement_balance: Raw = NULL
    last_statement_issue_date: str | None = None
    minimum_payment_amount: Raw = NULL
    next_monthly_payment: Raw = NULL
    next_payment_due_date: str | None = None
    past_due_amount: Raw = NULL
    aprs: list[Apr] | None = None
    interest_rate: InterestRate | None = None
    interest_rate_percentage: Raw = NULL


class Item(Struct):
    """The bank connection."""

    item_id: str | None = None
    id: str | None = None  # as client libraries call item_id
    institution_id: str | None = None


class CustomTransaction(Struct):
    """A transaction of a sandbox custom user."""

    date_transacted: str | None = None
    date_posted: str | None = None
    amount: Raw = NULL
    description: str | None = None
    currency: str | None = None


class CustomMeta(Struct):
    """What a custom user's account is called."""

    name: str | None = None
    official_name: str | None = None
    limit: Raw = NULL
    mask: str | None = None


class CustomLiability(Struct):
    """What a custom user owes on an account."""

    type: str | None = None
    purchase_apr: Raw = NULL
    cash_apr: Raw = NULL
    balance_transfer_apr: Raw = NULL
    special_apr: Raw = NULL
    nominal_apr: Raw = NULL
    last_payment_amount: Raw = NULL
    minimum_payment_amount: Raw = NULL
    is_overdue: bool | None = None


class CustomAccount(Struct):
    """An entry of `override_accounts`."""

    type: str | None = None
    subtype: str | None = None
    starting_balance: Raw = NULL
    force_available_balance: Raw = NULL
    currency: str | None = None
    meta: CustomMeta | None = None
    liability: Raw = NULL
    inflow_model: Raw = NULL
    transactions: list[Raw] | None = None
