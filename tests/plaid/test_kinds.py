"""What a row counts as by itself: category, then name, then direction and account."""

import pytest

from spendsense.plaid.kinds import base_kind, is_transfer_like
from spendsense.store.kinds import Kind

IN, OUT = True, False


def kind(detailed: str | None, name: str, is_inflow: bool, account_type: str = "depository") -> Kind:
    """The kind of a row whose primary category is the one that its detailed one belongs to."""
    primaries = ("INCOME", "TRANSFER_IN", "TRANSFER_OUT", "LOAN_PAYMENTS", "BANK_FEES", "FOOD_AND_DRINK", "OTHER")
    primaries += ("RENT_AND_UTILITIES", "GENERAL_MERCHANDISE", "GENERAL_SERVICES", "LOAN_DISBURSEMENTS")
    primaries += ("GOVERNMENT_AND_NON_PROFIT",)
    primary = next((one for one in primaries if (detailed or "").startswith(one)), None)
    return base_kind(account_type, primary, detailed, name, is_inflow)


@pytest.mark.parametrize(
    ("detailed", "is_inflow", "expected"),
    [
        ("INCOME_WAGES", IN, Kind.INCOME),
        ("INCOME_SALARY", IN, Kind.INCOME),
        ("INCOME_INTEREST_EARNED", IN, Kind.INTEREST_EARNED),
        ("INCOME_DIVIDENDS", IN, Kind.INTEREST_EARNED),
        ("INCOME_WAGES", OUT, Kind.SPENDING),
        ("TRANSFER_IN_ACCOUNT_TRANSFER", IN, Kind.TRANSFER),
        ("TRANSFER_OUT_ACCOUNT_TRANSFER", OUT, Kind.TRANSFER),
        ("TRANSFER_IN_SAVINGS", IN, Kind.TRANSFER),
        ("TRANSFER_OUT_SAVINGS", OUT, Kind.TRANSFER),
        ("TRANSFER_IN_INVESTMENT_AND_RETIREMENT_FUNDS", IN, Kind.TRANSFER),
        ("TRANSFER_OUT_INVESTMENT_AND_RETIREMENT_FUNDS", OUT, Kind.TRANSFER),
        ("TRANSFER_OUT_CRYPTO", OUT, Kind.TRANSFER),
        ("LOAN_PAYMENTS_CREDIT_CARD_PAYMENT", OUT, Kind.TRANSFER),
        ("TRANSFER_OUT_WITHDRAWAL", OUT, Kind.SPENDING),
        ("TRANSFER_IN_DEPOSIT", IN, Kind.INFLOW),
        ("TRANSFER_IN_CASH_ADVANCES_AND_LOANS", IN, Kind.INFLOW),
        ("LOAN_DISBURSEMENTS_PERSONAL", IN, Kind.INFLOW),
        ("TRANSFER_OUT_WIRE", OUT, Kind.SPENDING),
        ("LOAN_PAYMENTS_MORTGAGE_PAYMENT", OUT, Kind.SPENDING),
        ("RENT_AND_UTILITIES_RENT", OUT, Kind.SPENDING),
        ("BANK_FEES_INTEREST_CHARGE", OUT, Kind.INTEREST),
        ("BANK_FEES_INTEREST_CHARGE", IN, Kind.INTEREST),
        ("BANK_FEES_OVERDRAFT_FEES", OUT, Kind.FEE_OVERDRAFT),
        ("BANK_FEES_OVERDRAFT_FEES", IN, Kind.FEE_OVERDRAFT),
        ("BANK_FEES_INSUFFICIENT_FUNDS", OUT, Kind.FEE_NSF),
        ("BANK_FEES_LATE_FEES", OUT, Kind.FEE_LATE),
        ("BANK_FEES_ATM_FEES", OUT, Kind.FEE_ATM),
        ("BANK_FEES_FOREIGN_TRANSACTION_FEES", OUT, Kind.FEE_FOREIGN),
        ("BANK_FEES_OTHER_BANK_FEES", OUT, Kind.SPENDING),
        ("FOOD_AND_DRINK_COFFEE", OUT, Kind.SPENDING),
        ("FOOD_AND_DRINK_COFFEE", IN, Kind.INFLOW),
        ("A_CATEGORY_OF_TOMORROW", OUT, Kind.SPENDING),
    ],
)
def test_by_category(detailed: str, is_inflow: bool, expected: Kind) -> None:
    assert kind(detailed, "Acme", is_inflow) == expected


@pytest.mark.parametrize(
    ("name", "is_inflow", "expected"),
    [
        ("ACME PAYROLL", IN, Kind.INCOME),
        ("Salary - From workplace", IN, Kind.INCOME),
        ("Social Security Administration", IN, Kind.INCOME),
        ("Gehalt November", IN, Kind.INCOME),
        ("Výplata mzdy", IN, Kind.INCOME),
        ("SSA TREAS 310 XXSOC SEC PPD ID: 9031736042", IN, Kind.INCOME),
        ("HMRC CHILD BENEFIT 1234567890", IN, Kind.INCOME),
        ("KINDERGELD KG123456 FAMILIENKASSE", IN, Kind.INCOME),
        ("ACCREDITO PENSIONE", IN, Kind.INCOME),
        ("VIR CAF DE LYON PRESTATIONS", IN, Kind.INCOME),
        ("VACP TREAS 310 XXVA BENEF", IN, Kind.INCOME),
        ("IRS TAX REFUND", IN, Kind.INCOME),
        ("IRS TREAS 310 TAX REF PPD ID: 9111736946", IN, Kind.INCOME),
        ("FRANCHISE TAX BD CASTTAXRFD", IN, Kind.INCOME),
        ("SSI TREAS 310 XXSUPP SEC", IN, Kind.INCOME),
        ("Benefit Cosmetics", OUT, Kind.SPENDING),
        ("Benefit Cosmetics refund", IN, Kind.INFLOW),
        ("VIR RECU BENEF: JEANNE ROUX", IN, Kind.INFLOW),
        ("bank interest payment", IN, Kind.INTEREST_EARNED),
        ("ACME PAYROLL", OUT, Kind.SPENDING),
        ("Overdraft fee", OUT, Kind.FEE_OVERDRAFT),
        ("OVERDRAFT FEE REVERSAL", IN, Kind.FEE_OVERDRAFT),
        ("Overdraft protection transfer", OUT, Kind.SPENDING),
        ("Overdraft protection transfer fee", OUT, Kind.FEE_OVERDRAFT),
        # The money itself, which moves from account to account or comes back
        ("OVERDRAFT PROTECTION FROM 0012345678", IN, Kind.INFLOW),
        ("OVERDRAFT PROTECTION TO 0012345678", OUT, Kind.SPENDING),
        ("OVERDRAFT PROTECTION XFER FROM SAVINGS", IN, Kind.TRANSFER),
        ("OVERDRAFT LINE OF CREDIT ADVANCE", IN, Kind.INFLOW),
        ("RETURNED CHECK", IN, Kind.INFLOW),
        ("RETURNED CHECK FEE", OUT, Kind.FEE_NSF),
        ("RETURNED DEPOSIT ITEM", OUT, Kind.SPENDING),
        ("Rücklastschrift Nordstrom Energie", IN, Kind.INFLOW),
        ("Entgelt Rücklastschrift", OUT, Kind.FEE_NSF),
        ("Storno Rücklastschriftgebühr", IN, Kind.FEE_NSF),
        ("NSF", OUT, Kind.FEE_NSF),
        ("NSF FEE REFUND", IN, Kind.FEE_NSF),
        ("OVERDRAFT REFUND", IN, Kind.FEE_OVERDRAFT),
        ("STORNO COMMISSIONE SCOPERTO", IN, Kind.FEE_OVERDRAFT),
        ("Airport Foreign Exchange", OUT, Kind.SPENDING),
        ("FOREIGN TRANSACTION HOTEL DU PORT", OUT, Kind.SPENDING),
        ("NSF fee", OUT, Kind.FEE_NSF),
        ("RETURNED ITEM CHARGE", OUT, Kind.FEE_NSF),
        ("Late payment fee", OUT, Kind.FEE_LATE),
        ("NON-NETWORK ATM FEE", OUT, Kind.FEE_ATM),
        ("ATM WITHDRAWAL", OUT, Kind.SPENDING),
        ("FOREIGN TRANSACTION FEE", OUT, Kind.FEE_FOREIGN),
        ("NON-STERLING TRANSACTION FEE", OUT, Kind.FEE_FOREIGN),
        ("Auslandsentgelt Kartenzahlung", OUT, Kind.FEE_FOREIGN),
        ("UNPAID DIRECT DEBIT CHARGE", OUT, Kind.FEE_NSF),
        ("COMISION DEVOLUCION RECIBO", OUT, Kind.FEE_NSF),
        ("OD ITEM FEE", OUT, Kind.FEE_OVERDRAFT),
        ("COMMISSION D'INTERVENTION", OUT, Kind.FEE_OVERDRAFT),
        ("Geldautomatengebühr", OUT, Kind.FEE_ATM),
        ("COMISION CAJERO", OUT, Kind.FEE_ATM),
        ("International House of Pancakes", OUT, Kind.SPENDING),
        ("INTEREST CHARGE ON PURCHASES", OUT, Kind.INTEREST),
        # Interest that is a part of a loan's instalment
        ("ECHEANCE PRET 0123 CAPITAL AMORTI 402,10 INTERETS 97,90", OUT, Kind.SPENDING),
        ("MORTGAGE PRIN & INTEREST", OUT, Kind.SPENDING),
        ("DARLEHEN 4711 ZINSEN/TILGUNG", OUT, Kind.SPENDING),
        ("PRESTAMO AMORTIZACION + INTERESES", OUT, Kind.SPENDING),
        ("Splátka úvěru a úrok", OUT, Kind.SPENDING),
        ("SOLLZINSEN", OUT, Kind.INTEREST),
        ("INTEREST ON SAVINGS", IN, Kind.INTEREST_EARNED),
        ("INTEREST ADJUSTMENT", IN, Kind.INTEREST_EARNED),
        ("FIXED DEPOSIT INTEREST", IN, Kind.INTEREST_EARNED),
        ("INTEREST ON OVERDUE BALANCE REVERSAL", IN, Kind.INTEREST),
        ("INTEREST CHARGE REVERSAL", IN, Kind.INTEREST),
        ("Zinsen", OUT, Kind.INTEREST),
        ("OAK INVESTMENTS LLC RENT", OUT, Kind.SPENDING),
        ("Pinterest Ads", OUT, Kind.SPENDING),
        ("Discover credit card payment", OUT, Kind.TRANSFER),
        ("AUTOMATIC PAYMENT - THANK", OUT, Kind.TRANSFER),
        ("CREDIT CRD AUTOPAY 29812", OUT, Kind.TRANSFER),
        ("Ivy Bank CREDITCARD 4435", OUT, Kind.TRANSFER),
        ("IVY CARD ONLINE PAYMENT PPD ID: 4435", OUT, Kind.TRANSFER),
        ("IVY BANK CC PYMT", OUT, Kind.TRANSFER),
        ("VISA CARD PAYMENT", OUT, Kind.TRANSFER),
        # Purchases with a debit card, as British banks write them
        ("CARD PAYMENT TO CORNER BAKERY ON 12-06-2026", OUT, Kind.SPENDING),
        ("CARD PAYMENT H&M 3021", OUT, Kind.SPENDING),
        ("CONTACTLESS CARD PAYMENT CORNER BAKERY", OUT, Kind.SPENDING),
        ("DEBIT CARD PAYMENT 1234", OUT, Kind.SPENDING),
        ("Transfer to savings", OUT, Kind.TRANSFER),
        ("Online transfer from CHECKING 1234", IN, Kind.TRANSFER),
        ("STANDING ORDER SAVINGS ACCOUNT", OUT, Kind.TRANSFER),
        ("DAUERAUFTRAG SPARKONTO 2026", OUT, Kind.TRANSFER),
        ("VIR INTERNE VERS LIVRET A", OUT, Kind.TRANSFER),
        ("Převod na spořicí účet", OUT, Kind.TRANSFER),
        ("SAVINGS ACCOUNT INTEREST", IN, Kind.INTEREST_EARNED),
        ("Sparkasse Berlin", OUT, Kind.SPENDING),
        ("Money transfer - Anna", OUT, Kind.SPENDING),
        ("Index fund plan", OUT, Kind.TRANSFER),
        ("Dividend of a mutual fund", IN, Kind.INTEREST_EARNED),
        ("Uber Payment", IN, Kind.INFLOW),
        ("Corner Bakery", OUT, Kind.SPENDING),
        ("Corner Bakery", IN, Kind.INFLOW),
    ],
)
@pytest.mark.parametrize("detailed", [None, "OTHER_OTHER", "GENERAL_SERVICES_OTHER_GENERAL_SERVICES"])
def test_by_name_where_the_category_says_too_little(
    detailed: str | None, name: str, is_inflow: bool, expected: Kind
) -> None:
    assert kind(detailed, name, is_inflow) == expected


def test_interest_of_a_loan_on_a_card_is_charged() -> None:
    assert kind(None, "INTEREST PLAN LOAN", OUT, "credit") == Kind.INTEREST


def test_a_category_that_says_enough_comes_before_the_name() -> None:
    assert kind("FOOD_AND_DRINK_COFFEE", "Overdraft Coffee", OUT) == Kind.SPENDING
    assert kind("TRANSFER_IN_ACCOUNT_TRANSFER", "Payroll", IN) == Kind.TRANSFER
    assert kind("TRANSFER_IN_OTHER_TRANSFER_IN", "Payroll", IN) == Kind.INCOME
    assert kind("TRANSFER_IN_DEPOSIT", "DIRECT DEP PAYROLL", IN) == Kind.INCOME
    assert kind("TRANSFER_IN_DEPOSIT", "ATM CASH DEPOSIT", IN) == Kind.INFLOW
    assert kind("BANK_FEES_OTHER_BANK_FEES", "Overdraft fee", OUT) == Kind.FEE_OVERDRAFT


def test_what_an_office_pays_is_income_by_its_name() -> None:
    office = "GOVERNMENT_AND_NON_PROFIT_GOVERNMENT_DEPARTMENTS_AND_AGENCIES"
    assert kind(office, "SSA TREAS 310 XXSOC SEC", IN) == Kind.INCOME
    assert kind("GOVERNMENT_AND_NON_PROFIT_TAX_PAYMENT", "STATE TAX REFUND", IN) == Kind.INCOME
    assert kind(office, "CITY PERMIT REFUND", IN) == Kind.INFLOW
    assert kind(office, "LATE FEE REFUND, CITY LIBRARY", IN) == Kind.INFLOW  # no fee of a bank
    assert kind(office, "SSA TREAS 310 XXSOC SEC", IN, "credit") == Kind.INFLOW
    assert kind(office, "SOCIAL SECURITY OFFICE", OUT) == Kind.SPENDING


@pytest.mark.parametrize("is_inflow", [IN, OUT])
@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("RETURNED ITEM", Kind.FEE_NSF),
        ("OVERDRAFT PROTECTION", Kind.FEE_OVERDRAFT),
        ("FOREIGN TRANSACTION", Kind.FEE_FOREIGN),
    ],
)
def test_of_what_its_category_calls_a_fee_the_name_says_which(name: str, is_inflow: bool, expected: Kind) -> None:
    assert kind("BANK_FEES_OTHER_BANK_FEES", name, is_inflow) == expected


@pytest.mark.parametrize(
    ("detailed", "name", "is_inflow", "expected"),
    [
        (None, "Payment received", IN, Kind.TRANSFER),
        (None, "PAYMENT THANK YOU", IN, Kind.TRANSFER),
        ("LOAN_PAYMENTS_CREDIT_CARD_PAYMENT", "x", IN, Kind.TRANSFER),
        ("LOAN_PAYMENTS_OTHER_PAYMENT", "x", IN, Kind.TRANSFER),
        (None, "Corner Bakery refund", IN, Kind.INFLOW),
        ("INCOME_OTHER_INCOME", "Cash back", IN, Kind.INFLOW),  # no pay arrives on a card
        (None, "Interest adjustment", IN, Kind.INTEREST),
        (None, "Payment plan shop", OUT, Kind.SPENDING),
        # A payment that bounced, and is owed again
        (None, "RETURNED PAYMENT", OUT, Kind.TRANSFER),
        (None, "AUTOPAY REVERSAL", OUT, Kind.TRANSFER),
        (None, "RETURNED PAYMENT FEE", OUT, Kind.FEE_NSF),
        (None, "PAYMENT REVERSAL FEE", OUT, Kind.SPENDING),
    ],
)
def test_on_a_card(detailed: str | None, name: str, is_inflow: bool, expected: Kind) -> None:
    assert kind(detailed, name, is_inflow, "credit") == expected


@pytest.mark.parametrize("account_type", ["loan", "investment", "other"])
def test_rows_of_other_accounts_are_off_scope(account_type: str) -> None:
    assert kind("INCOME_WAGES", "Payroll", IN, account_type) == Kind.OFF_SCOPE


@pytest.mark.parametrize(
    ("detailed", "name", "expected"),
    [
        ("TRANSFER_OUT_ACCOUNT_TRANSFER", "x", True),
        ("LOAN_PAYMENTS_CAR_PAYMENT", "x", True),
        ("LOAN_DISBURSEMENTS_CASH_ADVANCES", "x", True),
        (None, "Transfer", True),
        (None, "PAYMENT THANK YOU", True),
        (None, "OVERDRAFT PROTECTION TO 0012345678", True),
        (None, "Přev. převod na účet", True),
        ("FOOD_AND_DRINK_COFFEE", "Coffee", False),
        (None, "Paymentech Shop", False),
        (None, "BILL PAYMENT CITY POWER", True),
        (None, "IVY CARD PAYMENT", True),
        (None, "CREDIT CARD PAYMENT", True),
        (None, "CARD PAYMENT TO CORNER BAKERY ON 12-06-2026", False),
        (None, "DEBIT CARD PAYMENT CORNER BAKERY", False),
        (None, "PAIEMENT CB 1206 LIBRAIRIE DU PORT", False),
        (None, "PAGO CON TARJETA PANADERIA ROSAL", False),
        (None, "Platba kartou Pekárna U Lípy", False),
    ],
)
def test_what_one_side_of_an_own_transfer_must_be(detailed: str | None, name: str, expected: bool) -> None:
    assert is_transfer_like(None, detailed, name) is expected
