"""Texts as they are searched: what only looks different is made the same. Pure.

Whoever searches for words folds what is searched for as well, so that both are spelt alike.
"""

import re
import unicodedata
from functools import lru_cache
from typing import Final

# The letter is not drawn, or only marks another one: format characters and controls, accents, lone surrogates.
_UNSEEN: Final = ("Cf", "Cc", "Cs", "Mn", "Me")
_FILLERS: Final = "\u115f\u1160\u3164\uffa0\u2800"  # blanks that Unicode calls letters or symbols
_APOSTROPHES: Final = str.maketrans(dict.fromkeys("´‘’‛ʹʻʼʽ′＇", "'"))
_STRANGE: Final = re.compile(r"[^\t\n\r -_a-~]")  # all but ASCII's own letters and marks; "`" stands for an apostrophe
_SMALL_CAPITAL: Final = re.compile(r"LATIN LETTER SMALL CAPITAL ([A-Z])")

_WORD: Final = re.compile(r"[^\W_]+(?:(?:'|(?<=\d)[.,](?=\d))[^\W_]+)*|%")
_WORD_OR_COMMA: Final = re.compile(rf"{_WORD.pattern}|,")
# What follows in small letters does not begin a sentence: "you... should" is one.
_END_OF_SENTENCE: Final = re.compile(r"[.!?]+[\"'”’»)\]]*(?:\s+(?=[^\sa-z])|\s*\Z)")
_END_OF_CLAUSE: Final = re.compile(r"[^\w\s'%,.{}-](?!\d)|\.(?=[\sA-Z]|\Z)|\s-+\s|\n\s*(?:\n|-)")


def fold(text: str) -> str:
    """The words in small letters, a blank between two, a line a sentence; of marks only those of `don't 3,400.50 %`.

    Letters that look like Latin ones become these; accents and what is not seen go: `Yоu—SHO\u00adULD` → `you should`.
    """
    return _in_lines(_plain(text), _END_OF_SENTENCE, _WORD)


def fold_clauses(text: str) -> str:
    """The same, with a line for what stands between two marks; commas stay: `One way: if so, pay` → `if so , pay`."""
    return _in_lines(_plain(text), _END_OF_CLAUSE, _WORD_OR_COMMA)


def _in_lines(plain: str, border: re.Pattern[str], word: re.Pattern[str]) -> str:
    lines = (" ".join(word.findall(part.lower())) for part in border.split(plain))
    return "\n".join(line for line in lines if line)


def _plain(text: str) -> str:
    """The text in Latin letters as they look, each with its case."""
    if not text.isascii():
        text = unicodedata.normalize("NFKD", text.translate(_APOSTROPHES))
    return _STRANGE.sub(lambda found: _letter(found.group()), text)


@lru_cache(maxsize=4096)
def _letter(letter: str) -> str:
    if letter == "`":
        return "'"
    category = unicodedata.category(letter)
    if letter.isspace():
        return letter
    if category in _UNSEEN or letter in _FILLERS:
        return ""
    if category == "Nd":
        return str(unicodedata.decimal(letter))
    return _look_alike(letter) if category[0] in "LN" else letter


def _look_alike(letter: str) -> str:
    """The Latin letters that it is taken for, else itself. Source: Unicode, UTS 39, `confusables.txt`."""
    from confusable_homoglyphs.confusables import confusables_data  # here, since it reads its table as it is imported

    for alike in (letter, *(found["c"] for found in confusables_data.get(letter, ()))):
        bare = "".join(part for part in unicodedata.normalize("NFKD", alike) if not unicodedata.combining(part))
        if bare.isascii() and bare.isalnum():
            return "I" if bare == "l" and not letter.islower() else bare  # Unicode takes every capital I for an l
        if small_capital := _SMALL_CAPITAL.fullmatch(unicodedata.name(alike, "") if len(alike) == 1 else ""):
            return small_capital.group(1)
    return letter
