"""What one transaction counts as. Stored as a small number, so that the windows can be summed from an index alone."""

from enum import IntEnum


class Kind(IntEnum):
    """A row's part in the signals.

    `transactions.base_kind` is what the row says by itself (category, then name, then direction and account);
    `transactions.kind` is that, or what the row turned out to be beside the person's other rows: REFUND,
    OWN_TRANSFER, OTHER_CURRENCY. All up to REFUND are spending, by Plaid's sign: a negative amount lowers it.
    """

    SPENDING = 1  # a purchase, a bill, rent, a loan payment, cash taken out, any other bank fee
    INTEREST = 2  # interest charged, and its reversal
    FEE_OVERDRAFT = 3
    FEE_NSF = 4
    FEE_LATE = 5
    FEE_ATM = 6
    FEE_FOREIGN = 7
    REFUND = 9  # an inflow that takes back an earlier outflow of the same counterparty, and is no income by its rhythm
    INCOME = 10  # an inflow that its category or its name calls income
    INFLOW = 11  # any other inflow: a gift, a cash deposit, or income that only its rhythm shows
    INTEREST_EARNED = 12  # interest and dividends received: income, but no pay, so no part of its rhythm
    TRANSFER = 20  # its own category calls it an account transfer, savings, investment or a card payment
    OWN_TRANSFER = 21  # matched with the other side on another account of the same person
    OFF_SCOPE = 22  # on a loan, investment or other account that is neither depository nor card
    OTHER_CURRENCY = 23  # not in the currency in which the person is analysed


FEE_KINDS = (Kind.FEE_OVERDRAFT, Kind.FEE_NSF, Kind.FEE_LATE, Kind.FEE_ATM, Kind.FEE_FOREIGN)
SPENDING_KINDS = (Kind.SPENDING, Kind.INTEREST, *FEE_KINDS, Kind.REFUND)
EVENT_KINDS = (Kind.INTEREST, *FEE_KINDS, Kind.INCOME, Kind.INTEREST_EARNED)  # named one by one as evidence

SAVINGS_SUBTYPES = ("savings", "money market", "cd", "hsa", "cash management")


CHARGES_A_YEAR = {"WEEKLY": 52, "BIWEEKLY": 26, "SEMI_MONTHLY": 24, "MONTHLY": 12, "QUARTERLY": 4, "ANNUALLY": 1}
"""By the cadence of a stream."""


class Purpose(IntEnum):
    """What a stream of such rows would be, as far as the row alone tells: `transactions.purpose`."""

    UNKNOWN = 0  # neither category nor name says: out of an account it would be a subscription
    SUBSCRIPTION = 1
    BILL = 2  # rent, utilities, insurance, telephone, loans: its amounts may vary
    INCOME = 3
    TRANSFER = 4  # between accounts, to savings or a card, to other people
    SHOP = 5  # where people buy now and then: only a fixed amount at a fixed beat is a plan there
    CASH = 6  # taken out: a habit, as at a shop
    COLLECTED = 7  # as UNKNOWN, but by direct debit or a payment slip: for a contract or a bill, seldom at a shop


STREAM_KINDS = {
    Purpose.UNKNOWN: "subscription",
    Purpose.SUBSCRIPTION: "subscription",
    Purpose.BILL: "bill",
    Purpose.INCOME: "income",
    Purpose.TRANSFER: "transfer",
    Purpose.SHOP: "subscription",
    Purpose.CASH: "transfer",
    Purpose.COLLECTED: "subscription",
}
