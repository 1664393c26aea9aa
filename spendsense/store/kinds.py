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


class Purpose(IntEnum):
    """What a stream of such rows would be, as far as the row alone tells: `transactions.purpose`."""

    UNKNOWN = 0  # neither category nor name says: out of an account it would be a subscription
    SUBSCRIPTION = 1
    BILL = 2  # rent, utilities, insurance, telephone, loans: its amounts may vary
    INCOME = 3
    TRANSFER = 4  # between accounts, to savings or a card, to other people
    SHOP = 5  # where people buy now and then: only a fixed amount at a fixed beat is a plan there
    CASH = 6  # taken out: a habit, as at a shop


STREAM_KINDS = {
    Purpose.UNKNOWN: "subscription",
    Purpose.SUBSCRIPTION: "subscription",
    Purpose.BILL: "bill",
    Purpose.INCOME: "income",
    Purpose.TRANSFER: "transfer",
    Purpose.SHOP: "subscription",
    Purpose.CASH: "transfer",
}

_TRANSFER_CATEGORIES = ("TRANSFER_IN", "TRANSFER_OUT")
_BILL_CATEGORIES = ("RENT_AND_UTILITIES", "LOAN_PAYMENTS", "BANK_FEES")
_BILL_DETAILS = (
    "GENERAL_SERVICES_INSURANCE",
    "GENERAL_SERVICES_CHILDCARE",
    "GOVERNMENT_AND_NON_PROFIT_TAX_PAYMENT",
)
_SUBSCRIPTION_DETAILS = (
    "ENTERTAINMENT_MUSIC_AND_AUDIO",
    "ENTERTAINMENT_TV_AND_MOVIES",
    "HOME_IMPROVEMENT_SECURITY",
    "PERSONAL_CARE_GYMS_AND_FITNESS_CENTERS",
)
_SERVICE_DETAILS = ("HOME_IMPROVEMENT_REPAIR_AND_MAINTENANCE",)  # of the shop categories: who comes, by appointment
_SHOP_CATEGORIES = (
    "ENTERTAINMENT",
    "FOOD_AND_DRINK",
    "GENERAL_MERCHANDISE",
    "HOME_IMPROVEMENT",
    "MEDICAL",
    "PERSONAL_CARE",
    "TRANSPORTATION",
    "TRAVEL",
)

_OWN_WORDS = re.compile(
    r"\b(?:(?:mutual|provident|index) funds?|investments?|brokerage|(?:recurring|fixed|term) deposit|savings account"
    r"|payment thank|payment - thank|(?:card|crd) autopay|credit (?:card|crd)\b.*(?:payment|pymt|pmt|auto ?pay))\b"
)
_TRANSFER_WORDS = re.compile(r"\b(?:transfer|xfer|trnsfr|tfr|umbuchung|traspaso|prevod)\b")
_CASH_WORDS = re.compile(
    r"\b(?:atm|cash ?point|cash (?:machine|withdrawal|advance)|withdrawal|geldautomat|bargeld(?:auszahlung)?|retrait"
    r"|cajero|reintegro|prelievo|vyber|wyplata|bankomat|geldopname)\b"
)
_BILL_WORDS = re.compile(
    r"\b(?:rent|rental|mortgage|landlord|apartments?|hoa|insurance|assurance|electric(?:ity)?|energy|natural gas"
    r"|(?:gas|power|light|water|phone|utility|telephone) (?:company|co|bill|charges?|works|dept|utility|payment)"
    r"|council tax|utilit(?:y|ies)|sewer|sewage|trash|waste|internet|broadband|cable|phone|telephone|mobile"
    r"|cellular|wireless|telecom|loan|tuition|leasing"
    r"|miete|nebenkosten|strom|stadtwerke|wasserwerke|versicherung|krankenkasse|rundfunk|telefon|mobilfunk|kredit"
    r"|loyer|assurances?|mutuelle|electricite|impots?|alquiler|hipoteca|seguros?|telefono|comunidad de propietarios"
    r"|affitto|mutuo|condominio|assicurazion[ei]|bolletta|aluguel|huur|hypotheek|(?:zorg)?verzekering(?:en)?|energi[ea]"
    r"|najem(?:ne)?|pojist(?:eni|ne|ovna)|elektrina|uver|czynsz|ubezpieczeni[ea]|hyra|forsakring|husleie|forsikring)\b"
)
_SUBSCRIPTION_WORDS = re.compile(  # what a shop's members pay is no purchase
    r"\b(?:subscriptions?|memberships?|abo|abonnements?|mitgliedschaft|mitgliedsbeitrag|suscripcion|abbonamento"
    r"|assinatura|predplatne|prenumerata|prenumeration)\b"
)
_SHOP_WORDS = re.compile(
    r"\b(?:restaurant|bistro|cafe|coffee|diner|deli|bakery|pizza|pizzeria|grill|noodles?|sushi|kebab|burger|lunch|bar|pub"
    r"|grocer(?:y|ies|s)?|supermarket|market|food|shop|store|kiosk|fuel|petrol|parking|taxi|transit|train|bus|pharmacy"
    r"|drugs?|medicine|barber|hair|salon|cinema|theat(?:er|re)"
    r"|markt|supermarkt|backerei|baeckerei|metzgerei|imbiss|gaststatte|apotheke|drogerie|tankstelle|friseur|parkhaus|kino"
    r"|boulangerie|boucherie|brasserie|epicerie|supermarche|marche|pharmacie|tabac|coiffeur"
    r"|restaurante|cafeteria|panaderia|supermercado|mercado|farmacia|gasolinera|peluqueria"
    r"|ristorante|trattoria|osteria|panificio|supermercato|tabaccheria|parrucchiere|padaria|lanchonete"
    r"|bakkerij|slagerij|apotheek|drogist|kapper|restaurang|apotek|bageri|frisor"
    r"|restaurace|hospoda|kavarna|pekarna|potraviny|lekarna|restauracja|piekarnia|sklep|apteka)\b"
)


def purpose(
    category_primary: str | None, category_detailed: str | None, name: str, is_inflow: bool, counterparty: str = ""
) -> Purpose:
    """What a stream of such rows would be: by category, then name, then direction.

    `counterparty` is who is left of the bank's text without the channel: that a bank writes MOBILE or WITHDRAWAL before
    a name says nothing of a telephone or of cash.
    """
    detailed = category_detailed or ""
    primary = category_primary or ""
    if detailed == "LOAN_PAYMENTS_CREDIT_CARD_PAYMENT":
        return Purpose.TRANSFER
    words = folded(name)
    if primary in _TRANSFER_CATEGORIES and not ("OTHER" in detailed or primary == detailed):
        return Purpose.CASH if detailed == "TRANSFER_OUT_WITHDRAWAL" and _CASH_WORDS.search(words) else Purpose.TRANSFER
    if is_inflow:
        is_transfer = primary != "INCOME" and (_OWN_WORDS.search(words) or _TRANSFER_WORDS.search(words))
        return Purpose.TRANSFER if is_transfer else Purpose.INCOME
    if primary in _BILL_CATEGORIES or detailed in _BILL_DETAILS:
        return Purpose.BILL
    if detailed in _SUBSCRIPTION_DETAILS:
        return Purpose.SUBSCRIPTION
    if primary in _SHOP_CATEGORIES and detailed not in _SERVICE_DETAILS:
        return Purpose.SHOP
    return _purpose_by_words(primary, words, folded(counterparty or name))


def _purpose_by_words(primary: str, words: str, counterparty: str) -> Purpose:
    """Of an outflow whose category says nothing."""
    if _OWN_WORDS.search(words):
        return Purpose.TRANSFER
    if _BILL_WORDS.search(counterparty):
        return Purpose.BILL
    if _TRANSFER_WORDS.search(words):
        return Purpose.TRANSFER
    if _CASH_WORDS.search(counterparty):
        return Purpose.CASH
    is_shop = _SHOP_WORDS.search(counterparty) and not _SUBSCRIPTION_WORDS.search(counterparty)
    if primary in ("", "OTHER") and is_shop:
        return Purpose.SHOP
    return Purpose.TRANSFER if primary in _TRANSFER_CATEGORIES else Purpose.UNKNOWN
