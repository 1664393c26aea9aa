"""The words of a statement line, with a mark for what changes from charge to charge: dates, numbers, codes. Pure.

A number takes with it the words that only introduce it (`ref no`, `card`, `on`) and those that measure it (`eur`).
"""

import re
from functools import lru_cache

from spendsense.plaid.random_letters import LIKELY, SURELY, VOWELLESS, looks_random
from spendsense.plaid.statement_fields import FIELD_END
from spendsense.plaid.statement_words import (
    AFTER_NUMBERS,
    BEFORE_NUMBERS,
    GENERIC,
    LEADS,
    LINKS,
    MONTHS,
    NOISE,
    PROCESSORS,
    REFERENCES,
)

MARK = "0000"  # stands where a date, number or code was
_PADDED = frozenset(f"0{digit}" for digit in range(10))  # a day or a month; no name is written so
SIGNS = _PADDED | {MARK, "*"}

_MASKS = frozenset("x" * length for length in range(2, 20))
_NOT_NAMED = BEFORE_NUMBERS | MONTHS | _MASKS
_INTRODUCTIONS = BEFORE_NUMBERS | MONTHS | _PADDED
# A word of letters is added without further ado unless it is among the first or comes after one of the second.
_ACTING = _MASKS | MONTHS | NOISE | AFTER_NUMBERS
_ACTED_ON = REFERENCES | {MARK, "*"}
_SAYS_HOW = LEADS | LINKS | {MARK}
_NAMES_NOBODY = _SAYS_HOW | GENERIC | PROCESSORS | {"*"}

_WEB = re.compile(
    r"\b(?:https?://)?www\.|(?<=[^\W_]{2})\.(?:com?\.[a-z]{2}|com|net|org|io|tv|eu|info|app|shop|de|fr|nl|es|pl|cz|se|dk)"
    r"\b(?:/\S*)?"
)
# Where to ask about the charge, behind the name: "amzn.com/bill", "help.uber.com".
_CONTACT = re.compile(r"(?:[a-z][\w-]*\.)+[a-z]{2,4}/\S*|[a-z][\w-]*\.(?!co\.)[a-z][\w-]*\.[a-z]{2,4}")
_HANDLE = re.compile(r"[\w.+-]{1,64}@[\w.-]*")
_NUMBER_SHAPES = re.compile(
    r"#{1,4}[a-z]{0,9}\d[\w-]*|(?<=[a-z])#\S+"  # stores and orders: #0123, conf#abcd
    r"|(?<![^\W_])[a-z]-\d{3,}(?![^\W_])"  # stores: t-1234
    r"|(?:[\dx]{1,20}[*•]{1,20}|[*•]{2,20})[\dx*•]{0,20}\d{2,9}(?![a-z\d])|\*\d{3,}(?![a-z\d])"  # cards: 42******4821
    r"|[*•]{3,20}[a-z\d]{2,8}(?![a-z\d])"  # ***BKH
    r"|[+$€£]\d[\d.,]*"  # +44, $12.99
    r"|\d[\d*]{0,20}(?:[-./:,']{1,2}[\d*]+)+(?:t[\d:.]+z?)?"  # dates, times, amounts, telephones, sort codes
    r"|(?<![a-z\d])\d{1,2}[th]\d{1,2}(?![a-z\d])"  # 10h31
)
_NAME_NUMBERS = re.compile(r"24/7|\d-\d\d|\d{1,2}[.,/]\d")  # too short for a date: "7-11", "Web 2.0"
_STAR_CODE = re.compile(r"([^\W_]{1,40})\*(?=[a-z]*\d)[a-z\d]{3,}")
WORD = re.compile(r"\*|[^\W_]+(?:&[^\W_]+)*\+?")
_YEAR = re.compile(r"(?:19|20)\d\d")
_LATE_MONTHS = ("10", "11", "12")
_LETTERS_NUMBER = re.compile(r"([^\W\d_]+)(\d+)")
_NUMBER_LETTERS = re.compile(r"(\d+)([^\W\d_]+)")
_DIGITS = re.compile(r"\d+")
_STORE_OR_ORDER = re.compile(r"\d\d\Z|\A(?:0|\d{3})")
_LETTERS_DIGIT_LETTERS = re.compile(r"([^\W\d_]{3,})[24]([^\W\d_]{2,})")  # "to" and "for"


def marked_words(text: str) -> list[str]:
    """The words in order, with one mark for each run of codes and the words that only introduce a code."""
    words: list[str] = []
    last = before = ""
    for chunk in text.split():
        if last == MARK and len(before) < 3 and before.isdecimal() and chunk.rstrip(".,;") in MONTHS:
            before = ""  # `reference 02 may`: the reference has taken the day along
            continue
        before = chunk
        if chunk.isalpha():
            if len(chunk) < 6 and chunk not in _ACTING and last not in _ACTED_ON and chunk != last:
                words.append(chunk)
                last = chunk
                continue
            _add(words, MARK if chunk in _MASKS else chunk)
        elif chunk.isdecimal():
            _add_number(words, chunk)
        elif chunk == FIELD_END:
            if words and last != MARK:
                words.append(MARK)
        elif "." in chunk and last not in ("", "*") and _CONTACT.fullmatch(chunk) and not _SAYS_HOW.issuperset(words):
            _add(words, MARK)
        else:
            for word in _pieces(chunk):
                _add(words, word)
        last = words[-1] if words else ""
    return words


def _add(words: list[str], word: str) -> None:
    """Append the word, or the mark that it is, or nothing, as what stands before it asks for."""
    last = words[-1] if words else ""
    if last == "*" and _is_star_code(words, word):
        words.pop()
        word = MARK
    elif (last in REFERENCES and _is_reference(word)) or (words and _is_code(word, words)):
        word = MARK
    if word == MARK or (word.isdecimal() and (last in MONTHS or _ends_with_two_numbers(words))):
        _drop_introduction(words)
        if not words or words[-1] != MARK:
            words.append(MARK)
    elif (last == MARK and word in AFTER_NUMBERS) or (word in NOISE and words):
        pass
    elif word in MONTHS and last.isdecimal() and last != MARK:
        words[-1] = MARK
    elif word != last or len(word) < 3:
        words.append(word)


def _add_number(words: list[str], number: str) -> None:
    """One or two digits may be a name's; before a year they are a month."""
    if _YEAR.fullmatch(number) and words and words[-1] in _LATE_MONTHS:
        words.pop()
    _add(words, number if len(number) < 3 else MARK)


def _drop_introduction(words: list[str]) -> None:
    """Take away what stands before a number because of it: `ref no`, `card`, `on`, a month, two numbers of a date."""
    while words and (words[-1] in _INTRODUCTIONS or _ends_with_two_numbers(words)):
        if words[-1].startswith("card") and len(words) > 1 and words[-2] in ("credit", "debit"):
            return
        words.pop()


def _ends_with_two_numbers(words: list[str]) -> bool:
    """`12 06` before `26` is a date in three words."""
    return len(words) > 1 and words[-1].isdecimal() and words[-2].isdecimal() and MARK not in words[-2:]


def _is_star_code(words: list[str], word: str) -> bool:
    """Behind a name and a star, what has a digit or looks random is an order's code: `7Q2K9`, `QKZRTW`."""
    before = words[-2] if len(words) > 1 else ""
    if not before or before in PROCESSORS:
        return False
    if word.isalpha():
        may_be_processor = len(before) < 4 and before.isalpha() and LEADS.issuperset(words[:-2])
        return len(word) > 4 and looks_random(word, VOWELLESS if may_be_processor else LIKELY)
    return len(word) > 2


def _is_reference(word: str) -> bool:
    """Behind `ref` or `mandate`, what has a digit or looks random."""
    return not word.isalpha() or (len(word) > 5 and looks_random(word, LIKELY))


def _is_code(word: str, before: list[str]) -> bool:
    """Behind a name what looks random is a code, and so is what ends in two digits or begins with `0` or three: stores
    and orders. Behind words that name nobody only long words are: the name may be still to come."""
    if len(word) > 8:
        return looks_random(word)
    if len(word) < 5 or word.isdecimal() or _NAMES_NOBODY.issuperset(before):
        return False
    if word.isalpha():
        return len(word) > 5 and looks_random(word)
    if _STORE_OR_ORDER.search(word):
        return True
    return any(looks_random(letters, LIKELY) for letters in _DIGITS.split(word))


@lru_cache(maxsize=50_000)
def _pieces(chunk: str) -> tuple[str, ...]:
    """The words of a text without spaces that is more than letters or digits; a mark for each code."""
    if chunk.isalnum():
        return (_mixed(chunk),)
    text = _HANDLE.sub(_between_spaces, chunk) if "@" in chunk else chunk
    text = _WEB.sub(" ", text) if "." in text else text
    text = _STAR_CODE.sub(_star_code, text) if "*" in text else text
    text = _NUMBER_SHAPES.sub(_shape, text)
    words = list(map(_mixed, WORD.findall(text)))
    if MARK in words:  # the end of a code in parts: `PG-RBK0SAILQ-63`
        first = words.index(MARK)
        words[first:] = [MARK if word.isdecimal() else word for word in words[first:]]
    return tuple(words)


def _star_code(found: re.Match[str]) -> str:
    return found[0] if found[1] in PROCESSORS else f"{found[1]} {MARK} "


def _between_spaces(_: re.Match[str]) -> str:
    return f" {MARK} "


def _shape(number: re.Match[str]) -> str:
    text = number[0]
    return text if _NAME_NUMBERS.fullmatch(text) else f" {MARK} "


@lru_cache(maxsize=50_000)
def _mixed(word: str) -> str:
    """A word of letters and digits if it can be a name's (`home24`, `7eleven`, `kids2play`, `o2`), else a mark.

    Of letters and a long number run together, the letters stay: `netflix00123`.
    """
    if word.isdecimal():
        return word if len(word) < 3 else MARK
    if not any(character.isdecimal() for character in word):
        return MARK if word in _MASKS else word
    kept = _named_with_number(word)
    if not kept and len(word) < 4 and "x" not in word and word.lstrip("0123456789") not in AFTER_NUMBERS:
        return word
    return kept or MARK


def _named_with_number(word: str) -> str:
    """What of letters and digits is a name; "" when nothing is."""
    if found := _LETTERS_NUMBER.fullmatch(word):
        letters, number = found.groups()
        if letters in _NOT_NAMED or looks_random(letters, LIKELY if len(letters) > 5 else SURELY):
            return ""
        if len(letters) > 2 and len(number) < 4 and number[0] != "0":
            return word
        return letters if len(letters) > 3 and not looks_random(letters, LIKELY) else ""
    if found := _NUMBER_LETTERS.fullmatch(word):
        number, letters = found.groups()
        is_long = len(letters) > 2 if len(number) < 3 else len(letters) > 4 and len(number) < 5
        is_name = is_long and letters not in MONTHS and letters not in AFTER_NUMBERS and not looks_random(letters)
        return word if is_name else ""
    found = _LETTERS_DIGIT_LETTERS.fullmatch(word)
    return word if found and not looks_random(found[1]) and not looks_random(found[2]) else ""
