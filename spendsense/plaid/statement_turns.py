"""What is paid in turn names its turn: the month of a rent, the week of wages, the seventh of 36 rates. Pure.

A month, by its purpose: beside what is paid month by month (`loyer de juin`) any month that is not the first word goes,
and a first one right before it. A full name that is nobody's but a month's goes without that too, unless it is the
first word, and other full names as the last of three words or more, unless people are called so; and it goes from the
beginning of a word: `septembermiete`.
A counter, a number of one or two digits: beside a word that counts (`termin 12`, `10 abschlag`); behind `no` where
something is paid in turn; the two of `7 von 36`; and `p07`, `w32` in the pay of that week.
"""

import re

from spendsense.plaid.statement_words import (
    MONTHS,
    MONTHS_AND_NAMES,
    NUMBER_SIGNS,
    OF,
    PURPOSES,
    SURE_MONTHS,
    TURNS,
    UNSURE_MONTHS,
)

_IN_TURN = PURPOSES | TURNS
_LAST_MONTHS = UNSURE_MONTHS - MONTHS_AND_NAMES
_MONTH_AND_PURPOSE = re.compile(
    rf"(?:{'|'.join(sorted(SURE_MONTHS | {'april', 'august', 'mai', 'juli'}, key=len, reverse=True))})-?(\w{{4,}})"
)
_PERIOD = re.compile(r"[mpqtw]\d\d?")


def without_turns(words: list[str]) -> list[str]:
    """The words of a name without the turn; all of them when nothing else would be left."""
    if len(words) < 2:
        return [_without_month_before(word) for word in words]
    is_in_turn = not _IN_TURN.isdisjoint(words)
    kept = [
        _without_month_before(word) for at, word in enumerate(words) if not _is_turn(words, at, is_in_turn=is_in_turn)
    ]
    return kept or words


def _is_turn(words: list[str], at: int, *, is_in_turn: bool) -> bool:
    word = words[at]
    if word in MONTHS:
        return _is_date(words, at, is_in_turn=is_in_turn)
    if word in OF:
        return 0 < at < len(words) - 1 and _is_small(words[at - 1]) and _is_small(words[at + 1])
    return _is_counter(words, at, is_in_turn=is_in_turn)


def _is_date(words: list[str], at: int, *, is_in_turn: bool) -> bool:
    """The month there is a date, and not part of a name."""
    if at == 0:
        return is_in_turn and words[1] in PURPOSES
    return is_in_turn or words[at] in SURE_MONTHS or (1 < at == len(words) - 1 and words[at] in _LAST_MONTHS)


def _is_counter(words: list[str], at: int, *, is_in_turn: bool) -> bool:
    word = words[at]
    if is_in_turn and at and _PERIOD.fullmatch(word):
        return True
    if not _is_small(word):
        return False
    before = words[at - 1] if at else ""
    after = words[at + 1] if at + 1 < len(words) else ""
    if before in TURNS or after in TURNS or (is_in_turn and before in NUMBER_SIGNS):
        return True
    return (after in OF and at + 2 < len(words) and _is_small(words[at + 2])) or (
        before in OF and at > 1 and _is_small(words[at - 2])
    )


def _is_small(word: str) -> bool:
    return word.isdecimal() and len(word) < 3


def _without_month_before(word: str) -> str:
    """`septembermiete` is `miete`."""
    if len(word) < 8:
        return word
    found = _MONTH_AND_PURPOSE.fullmatch(word)
    return found[1] if found and found[1] in PURPOSES else word
