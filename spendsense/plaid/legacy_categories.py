"""Plaid's older categories, a path such as Bank Fees > Overdraft, as its personal finance categories. Pure.

Answers of /transactions/get from before personal finance categories carry nothing else. Source of the pairs: Plaid's
plaid.com/documents/transactions-personal-finance-category-mapping.json, but for what the old ones left open: nearly all
that was no purchase by card was a Transfer > Debit or Credit, a bill or pay as well, and so says nothing here.
"""

from functools import lru_cache
from typing import Final

import msgspec

from spendsense.plaid.categories import DETAILED
from spendsense.plaid.wire import Category

LONGEST_PATH: Final = 300  # bytes: what is remembered of any payload stays small
_PATH: Final = msgspec.json.Decoder(list[str])
_PRIMARY: Final = {detailed: primary for primary, all_of_it in DETAILED.items() for detailed in all_of_it}

# Path → detailed category of it and of all below it that does not stand here itself; "" says nothing. In the place of
# {} comes IN or OUT.
NEWER: Final = {
    "Bank Fees": "BANK_FEES_OTHER_BANK_FEES",
    "Bank Fees > ATM": "BANK_FEES_ATM_FEES",
    "Bank Fees > Cash Advance": "BANK_FEES_CASH_ADVANCE",
    "Bank Fees > Foreign Transaction": "BANK_FEES_FOREIGN_TRANSACTION_FEES",
    "Bank Fees > Insufficient Funds": "BANK_FEES_INSUFFICIENT_FUNDS",
    "Bank Fees > Late Payment": "BANK_FEES_LATE_FEES",
    "Bank Fees > Overdraft": "BANK_FEES_OVERDRAFT_FEES",
    "Cash Advance": "TRANSFER_IN_CASH_ADVANCES_AND_LOANS",
    "Community > Day Care and Preschools": "GENERAL_SERVICES_CHILDCARE",
    "Community > Education": "GENERAL_SERVICES_EDUCATION",
    "Community > Government Departments and Agencies": "GOVERNMENT_AND_NON_PROFIT_GOVERNMENT_DEPARTMENTS_AND_AGENCIES",
    "Community > Religious": "GOVERNMENT_AND_NON_PROFIT_DONATIONS",
    "Food and Drink": "FOOD_AND_DRINK_OTHER_FOOD_AND_DRINK",
    "Food and Drink > Bar": "FOOD_AND_DRINK_RESTAURANT",
    "Food and Drink > Restaurants": "FOOD_AND_DRINK_RESTAURANT",
    "Food and Drink > Restaurants > Coffee Shop": "FOOD_AND_DRINK_COFFEE",
    "Food and Drink > Restaurants > Fast Food": "FOOD_AND_DRINK_FAST_FOOD",
    "Healthcare": "MEDICAL_OTHER_MEDICAL",
    "Interest > Interest Charged": "BANK_FEES_INTEREST_CHARGE",
    "Interest > Interest Earned": "INCOME_INTEREST_EARNED",
    "Payment > Credit Card": "LOAN_PAYMENTS_CREDIT_CARD_PAYMENT",
    "Payment > Loan": "LOAN_PAYMENTS_PERSONAL_LOAN_PAYMENT",
    "Payment > Rent": "RENT_AND_UTILITIES_RENT",
    "Recreation": "ENTERTAINMENT_OTHER_ENTERTAINMENT",
    "Recreation > Gyms and Fitness Centers": "PERSONAL_CARE_GYMS_AND_FITNESS_CENTERS",
    "Service > Automotive": "GENERAL_SERVICES_AUTOMOTIVE",
    "Service > Cable": "RENT_AND_UTILITIES_INTERNET_AND_CABLE",
    "Service > Entertainment": "ENTERTAINMENT_TV_AND_MOVIES",
    "Service > Financial > Financial Planning and Investments": "TRANSFER_{}_INVESTMENT_AND_RETIREMENT_FUNDS",
    "Service > Financial > Stock Brokers": "TRANSFER_{}_INVESTMENT_AND_RETIREMENT_FUNDS",
    "Service > Food and Beverage": "FOOD_AND_DRINK_RESTAURANT",
    "Service > Home Improvement": "HOME_IMPROVEMENT_REPAIR_AND_MAINTENANCE",
    "Service > Insurance": "GENERAL_SERVICES_INSURANCE",
    "Service > Internet Services": "RENT_AND_UTILITIES_INTERNET_AND_CABLE",
    "Service > Personal Care": "PERSONAL_CARE_OTHER_PERSONAL_CARE",
    "Service > Security": "HOME_IMPROVEMENT_SECURITY",
    "Service > Telecommunication Services": "RENT_AND_UTILITIES_TELEPHONE",
    "Service > Utilities": "RENT_AND_UTILITIES_OTHER_UTILITIES",
    "Service > Utilities > Electric": "RENT_AND_UTILITIES_GAS_AND_ELECTRICITY",
    "Service > Utilities > Gas": "RENT_AND_UTILITIES_GAS_AND_ELECTRICITY",
    "Service > Utilities > Sanitary and Waste Management": "RENT_AND_UTILITIES_SEWAGE_AND_WASTE_MANAGEMENT",
    "Service > Utilities > Water": "RENT_AND_UTILITIES_WATER",
    "Shops": "GENERAL_MERCHANDISE_OTHER_GENERAL_MERCHANDISE",
    "Shops > Digital Purchase": "",  # a subscription as often as not
    "Shops > Food and Beverage Store": "FOOD_AND_DRINK_GROCERIES",
    "Shops > Pharmacies": "MEDICAL_PHARMACIES_AND_SUPPLEMENTS",
    "Shops > Supermarkets and Groceries": "FOOD_AND_DRINK_GROCERIES",
    "Tax > Payment": "GOVERNMENT_AND_NON_PROFIT_TAX_PAYMENT",
    "Tax > Refund": "INCOME_TAX_REFUND",
    "Transfer > Deposit": "TRANSFER_IN_DEPOSIT",
    "Transfer > Internal Account Transfer": "TRANSFER_{}_ACCOUNT_TRANSFER",
    "Transfer > Keep the Change Savings Program": "TRANSFER_{}_SAVINGS",
    "Transfer > Payroll": "INCOME_WAGES",
    "Transfer > Save As You Go": "TRANSFER_{}_SAVINGS",
    "Transfer > Third Party": "TRANSFER_{0}_TRANSFER_{0}_FROM_APPS",
    "Transfer > Wire": "TRANSFER_{}_WIRE",
    "Transfer > Withdrawal": "TRANSFER_OUT_WITHDRAWAL",
    "Transfer > Withdrawal > Check": "TRANSFER_OUT_OTHER_TRANSFER_OUT",
    "Travel": "TRAVEL_OTHER_TRAVEL",
    "Travel > Airlines and Aviation Services": "TRAVEL_FLIGHTS",
    "Travel > Car Service": "TRANSPORTATION_TAXIS_AND_RIDE_SHARES",
    "Travel > Car and Truck Rentals": "TRAVEL_RENTAL_CARS",
    "Travel > Gas Stations": "TRANSPORTATION_GAS",
    "Travel > Lodging": "TRAVEL_LODGING",
    "Travel > Parking": "TRANSPORTATION_PARKING",
    "Travel > Public Transportation Services": "TRANSPORTATION_PUBLIC_TRANSIT",
    "Travel > Rail": "TRANSPORTATION_PUBLIC_TRANSIT",
    "Travel > Taxi": "TRANSPORTATION_TAXIS_AND_RIDE_SHARES",
    "Travel > Tolls and Fees": "TRANSPORTATION_TOLLS",
}
_OTHER_WAY: Final = {True: ("TRANSFER_OUT",), False: ("TRANSFER_IN", "INCOME")}  # is it an inflow → what it can't be


def newer_category(path: bytes, is_inflow: bool) -> Category:
    """The category that an older one, as the payload writes it, stands for; an empty one when it stands for none."""
    return _newer(path, is_inflow) if len(path) <= LONGEST_PATH else Category()


@lru_cache(maxsize=10_000)
def _newer(path: bytes, is_inflow: bool) -> Category:
    try:
        names = _PATH.decode(path)
    except msgspec.DecodeError:  # null, or no category of Plaid's: left out as the fields are that are not known
        return Category()
    paths = (" > ".join(names[:length]) for length in range(len(names), 0, -1))
    pattern = next((NEWER[one] for one in paths if one in NEWER), "")
    detailed = pattern.format("IN" if is_inflow else "OUT")
    if not detailed or detailed.startswith(_OTHER_WAY[is_inflow]):
        return Category()
    return Category(_PRIMARY[detailed], detailed)
