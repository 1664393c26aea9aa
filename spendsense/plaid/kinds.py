"""What a transaction counts as by itself: by Plaid's category, then by its name, then by direction and account. Pure.

`store.kinds.Kind` says what each kind means. The other rows of the person come in later, where signals are measured.
Categories are Plaid's personal finance categories, both versions (plaid.com/documents/pfc-taxonomy-all.csv).
"""

import re
from functools import lru_cache

from spendsense.store.kinds import Kind
from spendsense.store.names import folded

# A category that settles the kind whatever the name says, and in both directions: a reversed fee is a fee below zero.
_SETTLED = {
    "BANK_FEES_INTEREST_CHARGE": Kind.INTEREST,
    "BANK_FEES_OVERDRAFT_FEES": Kind.FEE_OVERDRAFT,
    "BANK_FEES_INSUFFICIENT_FUNDS": Kind.FEE_NSF,
    "BANK_FEES_LATE_FEES": Kind.FEE_LATE,
    "BANK_FEES_ATM_FEES": Kind.FEE_ATM,
    "BANK_FEES_FOREIGN_TRANSACTION_FEES": Kind.FEE_FOREIGN,
    "TRANSFER_IN_ACCOUNT_TRANSFER": Kind.TRANSFER,
    "TRANSFER_IN_SAVINGS": Kind.TRANSFER,
    "TRANSFER_IN_INVESTMENT_AND_RETIREMENT_FUNDS": Kind.TRANSFER,
    "TRANSFER_OUT_ACCOUNT_TRANSFER": Kind.TRANSFER,
    "TRANSFER_OUT_SAVINGS": Kind.TRANSFER,
    "TRANSFER_OUT_INVESTMENT_AND_RETIREMENT_FUNDS": Kind.TRANSFER,
    "TRANSFER_OUT_CRYPTO": Kind.TRANSFER,
    "LOAN_PAYMENTS_CREDIT_CARD_PAYMENT": Kind.TRANSFER,
}

# A category that says too little, so that the name is asked.
_VAGUE_PRIMARY = ("", "OTHER", "GENERAL_MERCHANDISE", "GENERAL_SERVICES", "BANK_FEES")
_VAGUE_DETAILED = (
    "TRANSFER_IN",
    "TRANSFER_OUT",
    "LOAN_PAYMENTS",
    "TRANSFER_IN_OTHER_TRANSFER_IN",
    "TRANSFER_OUT_OTHER_TRANSFER_OUT",
    "TRANSFER_IN_DEPOSIT",
    "TRANSFER_IN_TRANSFER_IN_FROM_APPS",
    "TRANSFER_OUT_TRANSFER_OUT_FROM_APPS",
    "TRANSFER_IN_WIRE",
    "TRANSFER_OUT_WIRE",
    "LOAN_PAYMENTS_OTHER_PAYMENT",
)

# Names, folded. The first that matches counts, in this order.
_FEE_NAMES = (
    (
        Kind.FEE_NSF,
        r"\bnsf\b|(?:in|non.?)sufficient funds|returned (?:item|check|cheque|payment|deposit)|rucklastschrift"
        r"|\bunpaid (?:item|transaction|direct debit|dd)\b.*\b(?:fee|charge)|\bfrais de rejet"
        r"|\bcomision (?:por )?devolucion",
    ),
    (
        Kind.FEE_OVERDRAFT,
        r"\boverdraft\b|\bod (?:item )?(?:fee|charge)|\bunarranged borrowing|frais de decouvert"
        r"|uberziehung|\bcommission d.?intervention|\bcomision (?:por )?descubierto|\bcommissione\b.*\bscoperto",
    ),
    (Kind.FEE_LATE, r"\blate (?:payment )?(?:fee|charge)|\bpast due fee|mahngebuhr|penalite de retard"),
    (
        Kind.FEE_ATM,
        r"\batm\b.*\b(?:fee|surcharge|charge)|\b(?:non|out of)[ -]network\b.*\bfee|\bcash machine fee"
        r"|\bgeldautomat\w*(?:gebuhr|entgelt)|\bfrais (?:de )?retrait|\bcomision (?:por )?cajero"
        r"|\bcommissione prelievo",
    ),
    (
        Kind.FEE_FOREIGN,
        r"\b(?:foreign|international|intl|non.?sterling)\b.*\b(?:fee|charge)|\bforeign (?:transaction|exchange)"
        r"|\bcross.?border (?:fee|charge)|\b(?:fx|currency conversion) fee|auslandseinsatz|auslandsentgelt"
        r"|fremdwahrungsentgelt|\bcommission (?:de )?change|\bcomision (?:por )?cambio",
    ),
)
_FEES = tuple((kind, re.compile(pattern)) for kind, pattern in _FEE_NAMES)
# Without one of the first, a name with one of the second speaks of the money itself, that moved or came back.
_FEE_WORD = re.compile(r"\b(?:fees?|charges?|surcharges?|frais|comision|commission[ei]?|penalite)\b|gebuhr|entgelt")
_MONEY_ITSELF = re.compile(
    r"\b(?:transfer|xfer|trnsfr|tfr|protection|advance|line of credit|payment|pymt|pmt|returned|foreign)\b"
    r"|rucklastschrift"
)
_INTEREST_CHARGE = re.compile(r"\binterest (?:charge|fee|on|adj)|\bfinance charge|\bpurchase interest|sollzinsen")
_EARNED = ("INCOME_INTEREST_EARNED", "INCOME_DIVIDENDS")
_EARNED_BY_NAME = re.compile(r"\bdividends?\b|\binterest (?:on|adj)|\bdeposit int(?:erest)?\b")
_INTEREST = re.compile(r"\bint(?:e)?rst\b|\binterest\b|\bzinsen\b|\binterets?\b|\bintereses\b|\bodsetki\b|\burok\b")
# What a loan's instalment says of its parts.
_LOAN = re.compile(
    r"\b(?:princ(?:ipal)?|prin|mortgage|mtg|loan|pret|amort\w*|tilgung\w*|\w*darlehen\w*|hypothek\w*|prestamo|hipoteca"
    r"|mutuo|emprestimo|hypotheek|aflossing|uver\w*|hypoteka|kredyt\w*|boliglan|laina\w*|hitel\w*|torleszt\w*)\b"
)
_RENT = re.compile(r"\brent(?:al)?\b")  # landlords may be called Investments
# Behind the card's name: "CARD PAYMENT TO IVY" is a purchase with one, as British banks write it.
_CARD_PAYMENT = re.compile(
    r"\bcredit ?(?:card|crd)\b.*(?:payment|pymt|pmt|auto ?pay)|\bcreditcard\b[^a-z]*$"
    r"|\b(?:card|crd) auto ?pay|(?:^|\b(?!debit|contactless)[a-z]+ )(?:card|crd) (?:(?:online|web|mobile) )?"
    r"(?:payment|pymt|pmt)\b(?:[^a-z]|\b(?:ppd|web|id|conf|ref)\b)*$|\bcc ?(?:payment|pymt|pmt)\b|\bcardmember serv"
    r"|\b(?:payment|pymt|auto ?pay)\b.*\bthank|\bthank you\b.*\b(?:payment|pymt)|kreditkartenabrechnung"
)
_PAYMENT = re.compile(r"\b(?:payment|pymt|pmt|auto ?pay|e-?payment)\b")
_BOUNCED = re.compile(r"\b(?:returned|reversal|reversed)\b")
_OWN_TRANSFER = re.compile(
    r"\b(?>(?:transfer|xfer|trnsfr|tfr)\b.*?\b(?:to|from)\b).*"
    r"\b(?:savings?|sav|checking|chk|share|money market|brokerage|ira|own)\b"
    r"|\b(?:savings|internal|own account|account to account) (?:transfer|xfer)\b|\bto savings\b|\bumbuchung\b"
    r"|\btraspaso\b"
    r"|\b(?:mutual|provident|index) funds?\b|\b(?:recurring|fixed|term) deposit\b|\binvestments?\b|\bbrokerage\b"
)
_SAVINGS = re.compile(
    r"\b(?:savings accounts?|cash isa|sparkonto|sparbuch|tagesgeld(?:konto)?|livret (?:a|bleu|jeune)|spaarrekening"
    r"|cuentas? (?:de )?ahorros?|poupanca|conto (?:di )?(?:deposito|risparmio)|giroconto|konto oszczednosciowe"
    r"|sparekonto|sporici (?:ucet|konto)|saastotili|(?:virement|vir) interne)\b"
)
_INCOME = re.compile(
    r"\b(?:payroll|salary|wages?|pay ?checks?|direct dep(?:osit)?|dir dep|pensions?|social security"
    r"|(?:xx)?(?:soc|supp) sec|(?:xx)?civ serv|(?:xx)?va benef|unemployment|disability|child support|benefits?"
    r"|universal credit|payouts?|stipend|\w*tax ?(?:refund|ref|rfd)"
    r"|gehalt|lohn|rente|(?:kinder|eltern|arbeitslosen|burger)geld"
    r"|salaire|retraite|prestations|allocations? (?:familiales?|chomage|logement|adulte)"
    r"|nomina|sueldo|jubilacion|stipendio|pensione|salario|aposentadoria|salaris|loon"
    r"|vyplata|mzda|duchod|wynagrodzenie|emerytura|palkka)\b"
)
_TAKEN_BACK = re.compile(r"(?<!\btax )\brefund\b|\breversal\b")  # what a shop called Benefit gives back is no benefit
_TRANSFER_LIKE = re.compile(
    r"\b(?:transfer|xfer|trnsfr|tfr|overdraft protection|payment|pymt|pmt|auto ?pay|ueberweisung|uberweisung"
    r"|umbuchung|virement|transferencia|traspaso|bonifico|przelew|prevod|overboeking|overschrijving|zahlung|platba|pago|paiement)\b"
)
_BY_CARD = re.compile(
    r"\b(?:card|crd) (?:payment|pymt|pmt)s?\b|\bpaiements? (?:par )?(?:cb|carte)\b|\bpagos? (?:con )?tarj(?:eta)?\b"
    r"|\bplatba (?:\w+ )?kartou\b|\bzahlung mit karte\b"
)


@lru_cache(maxsize=100_000)
def base_kind(
    account_type: str, category_primary: str | None, category_detailed: str | None, name: str, is_inflow: bool
) -> Kind:
    """The kind of a row that has this category and name, on an account of this type."""
    if account_type not in ("depository", "credit"):
        return Kind.OFF_SCOPE
    by_category = _SETTLED.get(category_detailed or "")
    if by_category is not None:
        return by_category
    primary = category_primary or _primary_of(category_detailed)
    on_card = account_type == "credit"
    if is_inflow and primary == "INCOME" and not on_card:
        return Kind.INTEREST_EARNED if category_detailed in _EARNED else Kind.INCOME
    if is_inflow and primary == "GOVERNMENT_AND_NON_PROFIT" and not on_card:  # who pays; for what, the name says
        return Kind.INCOME if _is_income(folded(name)) else Kind.INFLOW
    if is_inflow and primary == "LOAN_PAYMENTS" and on_card:
        return Kind.TRANSFER
    if primary in _VAGUE_PRIMARY or (category_detailed or primary) in _VAGUE_DETAILED:
        by_name = _kind_by_name(folded(name), is_inflow, on_card, primary == "BANK_FEES")
        if by_name is not None:
            return by_name
    return Kind.INFLOW if is_inflow else Kind.SPENDING


def _primary_of(category_detailed: str | None) -> str:
    """The primary category that a detailed one belongs to, of those that matter here; "" when there is none."""
    detailed = category_detailed or ""
    known = (
        *("INCOME", "LOAN_PAYMENTS", "LOAN_DISBURSEMENTS", "TRANSFER_IN", "TRANSFER_OUT"),
        *("BANK_FEES", "GOVERNMENT_AND_NON_PROFIT", "OTHER"),
    )
    return next((primary for primary in known if detailed.startswith(primary)), detailed)


def _kind_by_name(name: str, is_inflow: bool, on_card: bool, is_bank_fee: bool) -> Kind | None:
    """What a folded name says; None when it says nothing. `is_bank_fee` when the category calls it some fee."""
    fee = _fee_by_name(name, is_inflow, is_bank_fee)
    if fee is not None:
        return fee
    is_received = is_inflow and not on_card
    if is_received and _EARNED_BY_NAME.search(name) and not _TAKEN_BACK.search(name):
        return Kind.INTEREST_EARNED
    if _INTEREST_CHARGE.search(name) or (_INTEREST.search(name) and _is_charged(name, is_inflow, on_card)):
        return Kind.INTEREST
    if is_received and _is_income(name):
        return Kind.INCOME
    if _CARD_PAYMENT.search(name) or (on_card and _is_payment_of_card(name, is_inflow)):
        return Kind.TRANSFER
    if _OWN_TRANSFER.search(name) and not _RENT.search(name):
        return Kind.TRANSFER
    if is_received and _INTEREST.search(name):
        return Kind.INTEREST_EARNED
    return Kind.TRANSFER if _SAVINGS.search(name) else None


def _fee_by_name(name: str, is_inflow: bool, is_bank_fee: bool) -> Kind | None:
    """Which fee, or fee taken back, a folded name speaks of; None for money that moves or comes back beside one."""
    is_fee = is_bank_fee or _FEE_WORD.search(name)
    if not is_fee and (_MONEY_ITSELF.search(name) or (is_inflow and not _TAKEN_BACK.search(name))):
        return None
    return next((kind for kind, pattern in _FEES if pattern.search(name)), None)


def _is_income(name: str) -> bool:
    return bool(_INCOME.search(name) and not _TAKEN_BACK.search(name))


def _is_payment_of_card(name: str, is_inflow: bool) -> bool:
    """A payment onto the card, or one that bounced and is owed again."""
    return bool(_PAYMENT.search(name) and (is_inflow or (_BOUNCED.search(name) and not _FEE_WORD.search(name))))


def _is_charged(name: str, is_inflow: bool, on_card: bool) -> bool:
    """Interest of that name is charged; that of a loan's instalment, paid from an account, is a part of a payment."""
    return on_card or not (is_inflow or _LOAN.search(name))


@lru_cache(maxsize=100_000)
def is_transfer_like(category_primary: str | None, category_detailed: str | None, name: str) -> bool:
    """A transfer or a payment by its category or its name: one side of a transfer between own accounts must be that.

    A purchase that was paid by card is none, though many banks call it a payment.
    """
    primary = category_primary or _primary_of(category_detailed)
    if primary in ("TRANSFER_IN", "TRANSFER_OUT", "LOAN_PAYMENTS", "LOAN_DISBURSEMENTS"):
        return True
    text = folded(name)
    if not _TRANSFER_LIKE.search(text):
        return False
    return bool(_TRANSFER_LIKE.search(_BY_CARD.sub(" ", text)) or _CARD_PAYMENT.search(text))
