"""What a stream of such rows would be, as far as a row alone tells: by category, then name, then direction. Pure."""

import re
from functools import lru_cache

from spendsense.plaid.merchants import normalise
from spendsense.plaid.statement_fields import free_text
from spendsense.plaid.statement_words import WALLETS
from spendsense.store.kinds import Purpose
from spendsense.store.names import folded

_TRANSFER_CATEGORIES = ("TRANSFER_IN", "TRANSFER_OUT")
_DEPOSIT = "TRANSFER_IN_DEPOSIT"  # whatever somebody paid in: pay too, where its category was not seen
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
_RENT = re.compile(r"\brent(?:al)?\b")  # landlords may be called Investments
_TRANSFER_WORDS = re.compile(r"\b(?:transfer|xfer|trnsfr|tfr|umbuchung|traspaso|prevod)\b")
_CASH_WORDS = re.compile(
    r"\b(?:atm|cash ?point|cash (?:machine|withdrawal|advance)|withdrawal|geldautomat|bargeld(?:auszahlung)?|retrait"
    r"|cajero|reintegro|prelievo|vyber|wyplata|bankomat|geldopname)\b"
)
_CASH_PAID_IN = re.compile(r"\b(?:cash|atm|bargeld|bareinzahlung|especes|efectivo|contant[ei]|hotovost\w*)\b")
_BILL_WORDS = re.compile(
    r"\b(?:rent|rental|mortgage|landlord|apartments?|hoa|insurance|assurance|electric(?:ity)?|energy|natural gas"
    r"|(?:gas|power|light|water|phone|utility|telephone) (?:company|co|bill|charges?|works|dept|utility|payment)"
    r"|council tax|utilit(?:y|ies)|sewer|sewage|trash|waste|internet|broadband|cable|phone|telephone"
    r"|mobile(?! (?:payment|pmt|pymt|pay|transfer|purchase|banking|deposit)\b)|cellular|wireless|telecom|loan"
    r"|tuition|leasing"
    r"|\w*miete|nebenkosten|strom|stadtwerke|wasserwerke|\w*versicherung(?:en)?|krankenkasse|rundfunk|telefon|mobilfunk"
    r"|\w*kredit(?:rate)?|\w*darlehen|hypothek|kita"
    r"|loyer|assurances?|mutuelle|electricite|impots?|alquiler|hipoteca|seguros?|telefono|comunidad de propietarios"
    r"|affitto|mutuo|condominio|assicurazion[ei]|bolletta|aluguel|\w*huur|hypotheek|\w*verzekering(?:en)?|energi[ea]|gemeente|kinderopvang"
    r"|najem(?:ne)?|pojist(?:eni|ne|ovna)|elektrina|uver|czynsz|ubezpieczeni[ea]|hyra|\w*forsakring|husleie|\w*forsikring|kommune|laina|vuokra"
    r"|hitel|lakber|prestamo|poliza|arriendo|kira|nursery|school fees)\b"
)
_SUBSCRIPTION_WORDS = re.compile(  # what a shop's members pay is no purchase
    r"\b(?:subscriptions?|memberships?|abo|abonnements?|mitgliedschaft|mitgliedsbeitrag|suscripcion|abbonamento"
    r"|assinatura|predplatne|prenumerata|prenumeration)\b"
)
_COLLECTED_WORDS = re.compile(  # how contracts and bills are paid, and seldom shops: by direct debit, or with a slip
    r"\b(?:direct debit|ddr|payment by authority|auto ?pay|bill ?pay|bill py?mt|e-?bill|bpay|emi"
    r"|pre-?authori[sz]ed (?:debit|payment)|ach (?:debit|withdrawal|d)|ppd|pap"
    r"|\w*lastschrift\w*|einzugsermachtigung|prlv|prelevements?|domiciliation|domiciliering|incasso"
    r"|recibo|adeudo|domiciliad[oa]|domiciliacion|sdd|addebito (?:diretto|sepa)"
    r"|deb(?:ito)? aut(?:omatico)?|debito direto|boleto|cobranca|pag tit"
    r"|inkaso|sipo|polecenie zaplaty|autogiro|avtalegiro|betal(?:n)?ingsservice|pbs|nach|ecs)\b"
    r"|\b(?:mref\+|marf/|mandat(?:e|s?ref\w*)? [\w-]*\d)"  # the number of the mandate to draw it
    r"|^dd | dd$|口座振替|自動引き?落|자동이체"
)
_UTILITY_WORDS = re.compile(  # what is drawn by somebody called so is a bill; a card may have paid a filling station
    r"\b(?:water|gas|power|light(?:ing)?|heating|council|school|wasser|fernwarme|gaz|eau|agua|luz|acqua|luce|vatten"
    r"|voda|vodarny|plyn|woda|prad)\b"
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


def purpose_of(
    category_primary: str | None, category_detailed: str | None, merchant_name: str | None, name: str, is_inflow: bool
) -> int:
    """The number of the `Purpose` of a row. A merchant's name comes before the bank's text, which says how it was paid.

    That text is another for each row; where it can't matter, it is left out, so that the answer is known already.
    """
    if not merchant_name:
        return _purpose_of(category_primary, category_detailed, name, is_inflow, "")
    may_matter = not is_inflow and _says_too_little(category_primary or "", category_detailed or "")
    return _purpose_of(category_primary, category_detailed, merchant_name, is_inflow, name if may_matter else "")


@lru_cache(maxsize=100_000)
def _purpose_of(primary: str | None, detailed: str | None, name: str, is_inflow: bool, text: str) -> int:
    words = folded(text or name)
    said = free_text(words) if ":" in words or "/" in words or "+" in words else ""
    return int(purpose(primary, detailed, name, is_inflow, f"{normalise(name)} {said}", text))


def _says_too_little(primary: str, detailed: str) -> bool:
    """The category of an outflow does not settle its purpose, neither as a bill nor as a purchase or a transfer."""
    if primary in _SHOP_CATEGORIES or primary in _TRANSFER_CATEGORIES:
        return _is_vague(primary, detailed)
    return primary not in _BILL_CATEGORIES


def _is_vague(primary: str, detailed: str) -> bool:
    """A category of transfers or of shops that is given to whatever nobody knows."""
    may_be_any = primary == "GENERAL_MERCHANDISE" or primary in _TRANSFER_CATEGORIES
    return may_be_any and ("OTHER" in detailed or detailed in ("", primary))


def purpose(
    category_primary: str | None,
    category_detailed: str | None,
    name: str,
    is_inflow: bool,
    counterparty: str = "",
    text: str = "",
) -> Purpose:
    """What a stream of such rows would be: by category, then name, then direction.

    `counterparty` is who is left of the bank's text without the channel, and what it says in free text: that a bank
    writes MOBILE or WITHDRAWAL before a name says nothing of a telephone or of cash. `text` is the bank's, where the
    name is a merchant's: how it was paid is read there.
    """
    detailed = category_detailed or ""
    primary = category_primary or ""
    if detailed == "LOAN_PAYMENTS_CREDIT_CARD_PAYMENT" or primary == "LOAN_DISBURSEMENTS":  # what is lent is not earned
        return Purpose.TRANSFER
    words = folded(name)
    if primary in _TRANSFER_CATEGORIES and not ("OTHER" in detailed or detailed in (primary, _DEPOSIT)):
        return Purpose.CASH if detailed == "TRANSFER_OUT_WITHDRAWAL" and _CASH_WORDS.search(words) else Purpose.TRANSFER
    if is_inflow:
        is_transfer = primary != "INCOME" and (_OWN_WORDS.search(words) or _TRANSFER_WORDS.search(words))
        is_cash = detailed == _DEPOSIT and _CASH_PAID_IN.search(words)
        return Purpose.TRANSFER if is_transfer or is_cash else Purpose.INCOME
    if primary in _BILL_CATEGORIES or detailed in _BILL_DETAILS:
        return Purpose.BILL
    if detailed in _SUBSCRIPTION_DETAILS:
        return Purpose.SUBSCRIPTION
    counterparty = folded(counterparty or name)
    is_collected = _is_collected(folded(text) if text else words, counterparty)
    if primary in _SHOP_CATEGORIES and detailed not in _SERVICE_DETAILS:
        is_bill = _is_vague(primary, detailed) and _BILL_WORDS.search(counterparty)
        if not (_is_vague(primary, detailed) and is_collected):
            return Purpose.BILL if is_bill else Purpose.SHOP
    return _purpose_by_words(primary, words, counterparty, is_collected)


def _is_collected(text: str, counterparty: str) -> bool:
    """The bank's text says that the other side draws it; wallets draw what was bought on any day."""
    return bool(_COLLECTED_WORDS.search(text)) and not WALLETS.issuperset(counterparty.split())


def _purpose_by_words(primary: str, words: str, counterparty: str, is_collected: bool) -> Purpose:
    """Of an outflow whose category says nothing."""
    if _OWN_WORDS.search(words) and not _RENT.search(words):
        return Purpose.TRANSFER
    if _BILL_WORDS.search(counterparty) or (is_collected and _UTILITY_WORDS.search(counterparty)):
        return Purpose.BILL
    if _TRANSFER_WORDS.search(words):
        return Purpose.TRANSFER
    if _CASH_WORDS.search(counterparty):
        return Purpose.CASH
    is_shop = _SHOP_WORDS.search(counterparty) and not _SUBSCRIPTION_WORDS.search(counterparty)
    if primary in ("", "OTHER", "GENERAL_MERCHANDISE") and is_shop:
        return Purpose.SHOP
    if primary in _TRANSFER_CATEGORIES:
        return Purpose.TRANSFER
    return Purpose.COLLECTED if is_collected else Purpose.UNKNOWN
