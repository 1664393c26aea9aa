"""Who is on the other side of a transaction: a name becomes a key that is the same for every charge of one merchant.

Bank statements write one merchant in many ways: with store numbers, dates, phone numbers, order codes, the payment
processor before it and the city after it. All of that goes; what is left is the name. It is better to keep too much
(one merchant in two groups) than too little (two merchants in one), so a rule takes only what can't be part of a name.
"""

import re
from functools import lru_cache
from hashlib import blake2b

from spendsense.store.names import folded

# Processors that write their own name, a star, and the merchant's.
_PROCESSOR = re.compile(
    r"(?:sq|gosq|tst|sp|pp|py|ppl|pypl|paypal|paypal inst xfer|apl|apple pay|stripe|zlr|wpy|ec|fs|in|iz|izettle|zettle"
    r"|sumup|klarna|google|goog|msft|cko|dd|ic|lul|bt|rzp|razorpay|mollie|adyen|payu|gpay|upi)\s?\*+\s*(?=\S)"
)
_DIGIT = re.compile(r"\d")
_WORD = re.compile(r"[^\W\d_]{2}")
# Words in which a bank says how it was paid, before the name.
_CHANNEL = re.compile(
    r"(?:(?:recurring|ach|web|card|bill|online|mobile|debit card|credit card|pos|visa|contactless)"
    r" (?:payment|pmt|pymt|purchase|debit|credit|withdrawal|transaction)(?: (?:to|from|at|authorized on))?"
    r"|pos|ach|ppd|recurring|pre-?authorized|checkcard|check card|check crd|debit crd|debit card|dbt crd"
    r"|purchase (?:at|authorized on|from)|payment (?:to|for)|authorized on|direct debit (?:to|from)?|card \d+)"
    r"\b[\s:*/-]*(?=\S)"
)
_MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?"
    r"|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)"
)
_NUMBERED = (
    r"(?:store|shop|unit|terminal|term|order|ord|inv|invoice|ref|reference|conf|confirmation|trn|txn|trace|seq|auth"
    r"|web id|ppd id|co id|id|no|nr|num|indn|(?<!credit )(?<!debit )card|ending(?: in)?)"
)
# What goes where there is a digit. Each takes what can't be part of a name: "Mart", "Studio 54" and "Fund 2" stay.
_NUMBER_STEPS = tuple(
    re.compile(pattern)
    for pattern in (
        # Dates: a month's name counts only with a number beside it, or "Mar" would eat the "Mart" of a shop.
        rf"\b\d{{1,2}}(?:st|nd|rd|th)?[ -]{_MONTH}\b(?:[ -]?\d{{2,4}}\b)?",
        rf"\b{_MONTH}\.?[ -]?\d{{1,4}}\b(?:,? \d{{4}}\b)?",
        r"\b\d{4}-\d{2}(?:-\d{2})?\b|\b\d{1,2}[/.]\d{1,2}(?:[/.]\d{2,4})?\b",
        r"\b\d{1,2}:\d{2}(?::\d{2})?(?: ?[ap]m)?\b",
        # Telephone numbers.
        r"(?:\+?1[ -])?\(?\b\d{3}\)?[ .-]\d{3}[ .-]?\d{4}\b|\b\d{3}-\d{7}\b|\+\d{8,14}\b",
        # Numbers that say what they are: stores, orders, references, cards, traces; accounts from three digits on.
        rf"\b{_NUMBERED}\b\.?\s?[#:.-]*\s?(?:[a-z]{{0,3}}\d[\w-]+|x{{2,}}\d*)",
        r"\b(?:account|acct|konto|a/c)\b\.?\s?[#:.]*\s?(?:x*\d{3}[\w-]*)",
        r"#+\s?[a-z]*\d[\w-]*",
        r"\*+\s?(?=[a-z0-9]*\d)[a-z0-9]{3,}\b",
        # Codes: six or more letters and digits mixed with two digits at least, or three digits or more alone.
        r"\b(?=[a-z]*\d)(?=\d*[a-z])(?=[a-z0-9]{6})(?:[a-z]*\d){2}[a-z0-9]*\b",
        r"\b\d{3,}\b|\bx{2,}\d+\b",
    )
)
_WEB = re.compile(r"\b(?:https?://)?www\.|\.(?:com|net|org|io|tv|eu|co\.uk)\b(?:/\S*)?")
_PUNCTUATION = re.compile(r"[^\w\s&+]|_")
_LEGAL_FORM = re.compile(
    r"\b(?:inc|llc|ltd|limited|gmbh|corp|corporation|plc|sro|s r o|bv|sarl|pty)\b(?=\s*$|\s+\S{2,3}\s*$)"
)
_REPEATED = re.compile(r"\b(\w{3,})(?: \1\b)+")
_STATE = (
    "(?:al|ak|az|ar|ca|co|ct|de|fl|ga|hi|id|il|in|ia|ks|ky|la|me|md|ma|mi|mn|ms|mo|mt|ne|nv|nh|nj|nm|ny|nc|nd|oh|ok|or"
    "|pa|ri|sc|sd|tn|tx|ut|vt|va|wa|wv|wi|wy|dc)"
)
_COUNTRY = (
    "(?:usa?|gbr?|uk|nld?|irl?|ie|deu?|fra?|lux?|swe?|cze?|esp?|ita?|aut?|che?|bel?|can?|united states|united kingdom"
    "|netherlands|ireland|germany|france|sweden|canada|india|czech republic)"
)
_CITY = (
    "(?:new york|los angeles|san francisco|los gatos|seattle|chicago|austin|boston|houston|dallas|denver|atlanta|miami"
    "|portland|phoenix|san diego|san jose|cupertino|mountain view|menlo park|london|manchester|dublin|amsterdam|berlin"
    "|munich|munchen|hamburg|paris|prague|praha|brno|vienna|wien|zurich|luxembourg|stockholm|madrid|barcelona|milano"
    "|rome|roma|toronto|vancouver|mumbai|pune|delhi|bangalore|bengaluru)"
)
_TAIL = re.compile(rf"(?: {_CITY})?(?: {_STATE})(?: {_COUNTRY})?$|(?: {_CITY})?(?: {_COUNTRY})$|(?: {_CITY})$")
_SAYS_TOO_LITTLE = re.compile(r"(?:card|store|shop|online|bill|fee|charge|a|the|to|from|of|and|in|at|&|\+|\d+|\s)*")
_OPAQUE = re.compile(
    r"(?:(?:money|account|bank|online|internal|wire|external|instant|incoming|outgoing|mobile|pos|to|from|in|out)\s)*"
    r"(?:transfers?|xfer|payments?|pymt|withdrawals?|deposits?|atm|cash|debit|credit|checks?|cheques?|misc|purchases?"
    r"|transaction|standing order|direct debit|ach|prevod|vyber|vklad|uberweisung|lastschrift|dauerauftrag|virement"
    r"|prelevement|transferencia|recibo|bonifico|przelew|overboeking)"
    r"(?:\s(?:in|out|to|from|payment|transfer|withdrawal|deposit|debit|credit|ach|cash|online|mobile|na|z|ucet|uctu"
    r"|kartou))*"
)


def counterparty(
    merchant_entity_id: str | None, merchant_name: str | None, name: str, amount_cents: int
) -> tuple[int | None, bool]:
    """The signed 64-bit key of the other side; and whether the name says nothing, so that the amount is in the key.

    None when nothing is named. Plaid's merchant comes before its merchant name, and that before the bank's text.
    """
    if merchant_entity_id:
        return _key("e:" + merchant_entity_id), False
    normal = normalise(merchant_name or name)
    if not normal:
        return None, False
    if is_opaque(normal):
        return _key(f"o:{normal}:{amount_cents}"), True
    return _key("n:" + normal), False


@lru_cache(maxsize=100_000)
def is_opaque(normal: str) -> bool:
    """The normalised name tells nobody apart: TRANSFER, PAYMENT, ATM WITHDRAWAL."""
    return bool(_OPAQUE.fullmatch(normal))


@lru_cache(maxsize=100_000)
def normalise(name: str) -> str:
    """The name without what changes from charge to charge; the whole name when nothing else would be left."""
    whole = " ".join(folded(name).split())
    text = _WEB.sub(" ", _without_lead(whole))
    if _DIGIT.search(text):
        for pattern in _NUMBER_STEPS:
            text = pattern.sub(" ", text)
    text = _LEGAL_FORM.sub(" ", _PUNCTUATION.sub(" ", text.replace("'", "")))
    text = _REPEATED.sub(r"\1", _without_tail(" ".join(text.split())))
    if len(text) < 2 or _SAYS_TOO_LITTLE.fullmatch(text):
        return " ".join(_PUNCTUATION.sub(" ", whole).split()) or whole
    return text


def _without_lead(text: str) -> str:
    """Without processors and channels before the name, however many, unless nothing else is there."""
    while True:
        lead = _PROCESSOR.match(text) or _CHANNEL.match(text)
        if not lead or not _WORD.search(text, lead.end()):
            return text
        text = text[lead.end() :]


def _without_tail(text: str) -> str:
    """Without city, state and country behind the name; one word always stays."""
    tail = _TAIL.search(text)
    return text[: tail.start()] if tail and tail.start() > 0 else text


@lru_cache(maxsize=200_000)
def _key(text: str) -> int:
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "big", signed=True)
