"""Raw statement text becomes the name alone: the same for every charge of one merchant. Pure.

Bank statements write one merchant in many ways: with dates, terminals, mandates and codes of each charge, how it was
paid before it, and the town behind it. A name is read in four steps: the field that names (`statement_fields`), its
words with a mark for every code (`statement_marks`), without the lead (how it was paid), without the tail (where it
was, what legal form). A word that may be part of a name goes only where the marks and words beside it say that it is
none, since it is better to keep too much (one merchant in two groups) than too little (two merchants in one).
"""

import re
from functools import lru_cache

from spendsense.plaid.statement_fields import naming_fields
from spendsense.plaid.statement_marks import MARK, SIGNS, WORD, marked_words
from spendsense.plaid.statement_turns import without_turns
from spendsense.plaid.statement_words import (
    BINDERS,
    CHANNELS,
    CITIES,
    CLOSERS,
    COUNTRIES,
    GENERIC,
    LEADS,
    LEGAL_FORMS,
    LINKS,
    OPENERS,
    PROCESSORS,
    STATES,
    SURE_TYPES,
    TYPE_CODES,
    UNSURE_PLACES,
    WALLETS,
    WEAK_CHANNELS,
)
from spendsense.store.names import folded

_LONGEST = 500  # characters that are read of a name; no bank writes more

_TAILS = LEGAL_FORMS | STATES | COUNTRIES | TYPE_CODES | SURE_TYPES
_CITY_ENDS = frozenset(city.split()[-1] for city in CITIES)
_ENDS = _TAILS | _CITY_ENDS | SIGNS
_SAYS_LITTLE = GENERIC | LEADS | LINKS | STATES | COUNTRIES | CITIES | (PROCESSORS - WALLETS)

# Letters that Unicode does not take apart, as banks without them write them.
_PLAIN_LETTERS = str.maketrans(
    {"ł": "l", "ø": "o", "đ": "d", "æ": "ae", "œ": "oe", "ı": "i", "’": "", "‘": "", "`": ""}
)
# Scripts that write no spaces stand beside Latin and digits without one: デビット123456.
_SPACELESS = "[\u1100-\u11ff\u3040-\u30ff\u3400-\u9fff]"
# Months by name or by sound, and what is paid for them: 3月分, 10ガツブン, which folded is カツフン.
_SCRIPT_BORDER = re.compile(
    rf"(?<={_SPACELESS})(?=[a-z\d])|(?<=[a-z\d])(?={_SPACELESS})|\d+(?:月分|[年月日時分秒号])"
    r"|(?<!\d)\d\d?カツ(?:フン)?(?![ァ-ヿ])"
)
# "H & M" is `h&m`; between words it is spelled out.
_INITIALS_AND = re.compile(r"\b(\w) ?& ?(\w)\b")
_AND = re.compile(r"(?<=[^\W\d_]{2}) & | & (?=[^\W\d_]{2})|(?<=[^\W\d_]{3})&(?=[^\W\d_]{3})")
_PHRASES = (
    ("point of sale", "pos"),
    ("merchandise return", "refund"),
    ("credit voucher", "refund"),
    ("ending in ", "ending "),
    ("c/o ", ""),
)
_INITIALS = re.compile(r"(?<=\b[a-z])\.(?=[a-z]\b)")


@lru_cache(maxsize=100_000)
def normalise(name: str) -> str:
    """The name without what changes from charge to charge; the whole name when nothing else would be left."""
    plain = _plain(name)
    fields = naming_fields(plain)
    for field in fields:
        named = marked_words(field)
        words = _without_lead(named)
        if len(fields) == 1 or not (_says_nothing(words) or LEADS.issuperset(_without_marks(words))):
            break
    words = _without_tail(words)
    if _says_little(words) or LEADS.issuperset(words):
        all_words = _all_words(named) or _all_words(marked_words(plain)) or _raw_words(plain)
        return " ".join(all_words or folded(name).split() or name.split())
    if len(fields) > 1 and WALLETS.issuperset(words):
        words = _all_words(marked_words(plain))
    return " ".join(words)


def _plain(name: str) -> str:
    """Folded, with single spaces, without apostrophes and the dots of initials."""
    text = folded(name[:_LONGEST])
    if not name.isascii():
        text = _SCRIPT_BORDER.sub(_border, text.translate(_PLAIN_LETTERS).lower())  # lower: folding makes `No` of `№`
    text = " ".join(text.replace("'", "").split()).replace("# ", "#")
    if "&" in text:
        text = _AND.sub(" and ", _INITIALS_AND.sub(r"\1&\2", text.replace("&amp;", "&")))
    for phrase, word in _PHRASES:
        if phrase in text:
            text = text.replace(phrase, word)
    return _INITIALS.sub("", text) if "." in text else text


def _border(found: re.Match[str]) -> str:
    return f" {MARK} " if found[0] else " "


def _says_nothing(words: list[str]) -> bool:
    """Fewer than two letters beside the numbers."""
    letters = 0
    for word in words:
        if not word.isdecimal():
            letters += len(word)
            if letters > 1:
                return False
    return True


def _says_little(words: list[str]) -> bool:
    """Nothing, or one generic word or place: many merchants could be it."""
    return (len(words) == 1 and words[0] in _SAYS_LITTLE) or _says_nothing(words)


def _without_marks(words: list[str]) -> list[str]:
    return [word for word in words if word not in SIGNS]


def _all_words(words: list[str]) -> list[str]:
    """All but codes; nothing when that is a single letter."""
    kept = _without_marks(words)
    return kept if sum(map(len, kept)) > 1 else []


def _raw_words(text: str) -> list[str]:
    """Of a text that is all codes: its words of letters, else the codes."""
    words = WORD.findall(text.replace("*", " "))
    return [word for word in words if word.isalpha()] or words


def _without_lead(words: list[str]) -> list[str]:
    """Without how it was paid and through whom; all of the words when nothing else is there."""
    at, last = 0, ""
    while at < len(words):
        word = words[at]
        if _is_processor(words, at):
            at += 2
        elif word in SIGNS or word in CHANNELS or (last and word in LINKS) or _is_channel_here(words, at):
            last = last if word == MARK else word
            at += 1
        else:
            return words[at:]
    return words


def _is_processor(words: list[str], at: int) -> bool:
    """A payment processor, or a short name that looks like one, before a star and a name."""
    if at + 2 >= len(words) or words[at + 1] != "*" or words[at + 2] == MARK:
        return False
    word = words[at]
    return word in PROCESSORS or (len(word) < 4 and word.isalpha() and words[at + 2] not in LEADS)


def _is_channel_here(words: list[str], at: int) -> bool:
    """A word that begins names too, but stands before another channel or a code, or completes one: `debit card`."""
    if words[at] in CLOSERS and at and words[at - 1] in OPENERS:
        return True
    return words[at] in WEAK_CHANNELS and at + 1 < len(words) and (words[at + 1] == MARK or words[at + 1] in LEADS)


def _without_tail(words: list[str]) -> list[str]:
    """Without place, legal form and codes behind the name, and which turn it is of what is paid in turn."""
    kept = words
    is_placed = has_city = False
    while len(kept) > 1 and kept[-1] in _ENDS:
        word = kept[-1]
        if word in SIGNS:
            is_placed = True
            kept = kept[:-1]
            continue
        size = 0 if has_city else _city_size(kept)
        if not size and not (word in _TAILS and _is_tail(kept, word, is_placed)):
            break
        rest = kept[: -(size or 1)]
        if rest[-1] in BINDERS or _says_little(rest):
            break
        has_city = has_city or bool(size)
        is_placed = is_placed or word not in LEGAL_FORMS
        kept = rest
    return _once(without_turns(_without_marks(kept)))


def _is_tail(words: list[str], word: str, is_placed: bool) -> bool:
    """The last word is a place, a legal form or a bank's short name there; some are words that need a sign of it."""
    if word in SURE_TYPES or (word in LEGAL_FORMS and word not in UNSURE_PLACES):
        return True
    before = words[-2]
    is_behind = is_placed or before == MARK
    if word in STATES or word in COUNTRIES:
        return is_behind or word not in UNSURE_PLACES or bool(_city_size(words[:-1]))
    return word in LEGAL_FORMS or is_behind


def _city_size(words: list[str]) -> int:
    """How many words at the end are a city's name."""
    if words[-1] not in _CITY_ENDS:
        return 0
    for size in (3, 2, 1):
        if len(words) > size and " ".join(words[-size:]) in CITIES:
            return size
    return 0


def _once(words: list[str]) -> list[str]:
    """A name that is written twice in a row, once; and its first word not again at the end."""
    half = len(words) // 2
    if half and words[:half] == words[half:]:
        return words[:half]
    return words[:-1] if half and words[-1] == words[0] and len(words[0]) > 3 else words
