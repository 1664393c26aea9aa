"""How hard a text is to read, as a school grade. Pure.

The Flesch-Kincaid grade: 0.39 × words a sentence + 11.8 × syllables a word − 15.59.
Source: Kincaid, Fishburne, Rogers and Chissom, "Derivation of new readability formulas for Navy enlisted personnel"
(1975). Syllables are counted by syllapy: a list of words, and rules for the others.
"""

import re
from functools import lru_cache
from typing import Final

_MONTHS: Final = "January|February|March|April|May|June|July|August|September|October|November|December"
# A figure, a day, a variable that is not filled in yet: each is read at a glance, and counts as one short word. So a
# rationale is as hard as its template, whatever figures stand in it.
_FIGURE: Final = re.compile(
    rf"\{{[^{{}}]*\}}|\b\d{{1,2}} (?:{_MONTHS}) \d{{4}}\b|-?\d+(?:[,.]\d+)*(?: (?:%|[A-Z]{{3}}\b))?"
)
_SHORT_WORD: Final = " one "
_WORD: Final = re.compile(r"[^\W\d_]+(?:['’.-][^\W\d_]+)*")
_END_OF_SENTENCE: Final = re.compile(r"[.!?]+[\"'”’)]*(?=\s|$)|\n\s*\n")
_PARTS_OF_WORD: Final = re.compile(r"[.-]")


@lru_cache(maxsize=1024)
def grade(text: str) -> float:
    """The school grade of the text, such as 6.2; 0.0 for a text without words."""
    plain = _FIGURE.sub(_SHORT_WORD, text)
    sentences = [words for part in _END_OF_SENTENCE.split(plain) if (words := _WORD.findall(part))]
    word_count = sum(map(len, sentences))
    if not word_count:
        return 0.0
    syllable_count = sum(sum(map(syllables, words)) for words in sentences)
    return 0.39 * word_count / len(sentences) + 11.8 * syllable_count / word_count - 15.59


@lru_cache(maxsize=8192)
def syllables(word: str) -> int:
    """The syllables of a word, at least 1; the parts of one with dots or hyphens are counted each by itself."""
    import syllapy  # here, since it reads its list of words as it is imported

    return sum(max(1, syllapy.count(part.replace("’", "'"))) for part in _PARTS_OF_WORD.split(word))
