"""What one transaction counts as. Stored as a small number, so that the windows can be summed from an index alone."""

import re
from enum import IntEnum

from spendsense.store.names import folded


class Kind(IntEnum):
    """A row's part in the signals.

    `transactions.base_kind` is what the row says by itself (category, then name, then direction and account);
    `transactions.kind` is that, or what the row turned out to be beside the person's other rows: REFUND,
    OWN_TRANSFER, OTHER_CURRENCY. All of 1 to 9 are spending, by Plaid's sign: a negative amount lowers it.
    """

    SPENDING = 1  # a purchase, a bill, rent, a loan payment, cash taken out, any other bank fee
    INTEREST = 2  # interest charged, and its reversal
    FEE_OVERDRAFT = 3
    FEE_NSF = 4
    FEE_LATE = 5
    FEE_ATM = 6
    FEE_FOREIGN = 7
    REFUND = 9  # an inflow that takes back an earlier outflow of the same counterparty
    INCOME = 10  # an inflow that its category or its name calls income
    INFLOW = 11  # any other inflow: a gift, a cash deposit, or income that only its rhythm shows
    INTEREST_EARNED = 12  # interest and dividends received: income, but no pay, so no part of its rhythm
    TRANSFER = 20  # its own category calls it an account transfer, savings, investment or a card payment
    OWN_TRANSFER = 21  # matched with the other side on another account of the same person
    OFF_SCOPE = 22  # on a loan, investment or other account that is neither depository nor card
    OTHER_CURRENCY = 23  # not in the currency in which the person is analysed


SPENDING_KINDS = (
    Kind.SPENDING,
    Kind.INTEREST,
    Kind.FEE_OVERDRAFT,
    Kind.FEE_NSF,
    Kind.FEE_LATE,
    Kind.FEE_ATM,
    Kind.FEE_FOREIGN,
    Kind.REFUND,
)
FEE_KINDS = (Kind.FEE_OVERDRAFT, Kind.FEE_NSF, Kind.FEE_LATE, Kind.FEE_ATM, Kind.FEE_FOREIGN)

SAVINGS_SUBTYPES = ("savings", "money market", "cd", "hsa", "cash management")


_TRANSFER_CATEGORIES = ("TRANSFER_IN", "TRANSFER_OUT")
_BILL_CATEGORIES = ("RENT_AND_UTILITIES", "LOAN_PAYMENTS", "BANK_FEES")
_BILL_DETAILS = (
    "GENERAL_SERVICES_INSURANCE",
    "GENERAL_SERVICES_CHILDCARE",
    "GOVERNMENT_AND_NON_PROFIT_TAX_PAYMENT",
)
_SUBSCRIPTION_CATEGORIES = ("ENTERTAINMENT",)
_SUBSCRIPTION_DETAILS = ("PERSONAL_CARE_GYMS_AND_FITNESS_CENTERS",)

_TRANSFER_WORDS = re.compile(
    r"\b(?:transfer|xfer|trnsfr|tfr|umbuchung|traspaso|prevod|(?:mutual|provident|index) funds?|investments?|brokerage"
    r"|(?:recurring|fixed|term) deposit|savings account|payment thank|payment - thank|(?:card|crd) autopay"
    r"|credit (?:card|crd)\b.*(?:payment|pymt|pmt|auto ?pay))\b"
)
_BILL_WORDS = re.compile(
    r"\b(?:rent|rental|mortgage|landlord|apartments?|hoa|insurance|assurance|electric(?:ity)?|energy|natural gas"
    r"|(?:gas|power|light|water|phone|utility|telephone) (?:company|co|bill|charges?|works|dept|utility|payment)"
    r"|utilit(?:y|ies)|sewer|sewage|trash|waste|internet|broadband|cable|phone|telephone|mobile|cellular|wireless"
    r"|telecom|loan|tuition|miete|strom|versicherung|loyer|assurances?|electricite|alquiler|hipoteca|seguros?|najem(?:ne)?"
    r"|pojist(?:eni|ne|ovna)|uver|kredit|leasing)\b"
)


def stream_kind(category_primary: str | None, category_detailed: str | None, name: str, inflow: bool) -> str:
    """What a recurring stream is: subscription, bill, income or transfer; by category, then name, then direction."""
    detailed = category_detailed or ""
    primary = category_primary or ""
    words = folded(name)
    is_vague_transfer = "OTHER" in detailed or primary == detailed
    if detailed == "LOAN_PAYMENTS_CREDIT_CARD_PAYMENT":
        return "transfer"
    if primary in _TRANSFER_CATEGORIES and not is_vague_transfer:
        return "transfer"
    if inflow:
        return "transfer" if primary != "INCOME" and _TRANSFER_WORDS.search(words) else "income"
    if primary in _BILL_CATEGORIES or detailed in _BILL_DETAILS:
        return "bill"
    if primary in _SUBSCRIPTION_CATEGORIES or detailed in _SUBSCRIPTION_DETAILS:
        return "subscription"
    if _TRANSFER_WORDS.search(words):
        return "transfer"
    if _BILL_WORDS.search(words):
        return "bill"
    return "transfer" if primary in _TRANSFER_CATEGORIES else "subscription"
