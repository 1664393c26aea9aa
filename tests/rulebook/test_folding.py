"""What only looks different is the same once it is folded; what is different stays so."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spendsense.rulebook.folding import fold, fold_clauses


@pytest.mark.parametrize(
    "text",
    [
        "you should",
        "  You\n\nSHOULD ",
        "yоu should",  # Cyrillic о
        "уоυ ѕһоυⅼԁ",  # Cyrillic, Greek, a Roman numeral
        "ΥΟU ЅΗΟULD",  # the same in capitals
        "you sho\u200buld",
        "you sho\u00aduld",
        "you sho\u2060u\ufeffld\u202e",
        "you sho\u0000uld",
        "you sho\u3164uld",
        "ｙｏｕ　ｓｈｏｕｌｄ",
        "𝐲𝐨𝐮 𝖘𝖍𝖔𝖚𝖑𝖉",
        "ʏᴏᴜ ꜱʜᴏᴜʟᴅ",
        "yóu shöuld",
        "you s̶h̶ould",
        "you—should",
        "you, should",
        "you... should",
        "you_should",
        "you ſhould",
        "you\u00a0\u2003should",
    ],
)
def test_look_alikes_are_the_words_that_they_look_like(text: str) -> None:
    assert fold(text) == "you should"


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Consıder, GUİLTY, ſhame, It", "consider guilty shame it"),
        ("Іt iѕ", "it is"),  # a capital I that Unicode's table takes for an l
        ("don’t you`d ‘so’", "don't you'd so"),
        ("299% 99\u00a0% ９９％ ٩٩ %", "299 % 99 % 99 % 99 %"),
        ("At 3,400.50 USD, 24.99 %.", "at 3,400.50 usd 24.99 %"),
        ("pay‑day pay-day pay—day", "pay day pay day pay day"),
        ("Thank you. Should it rain", "thank you\nshould it rain"),
        ("Well! 30 days? (Yes.)", "well\n30 days\nyes"),
        ("Größe 東京", "große 東京"),
        ("", ""),
        ("…—\u200b", ""),
    ],
)
def test_words_figures_and_sentences(text: str, folded: str) -> None:
    assert fold(text) == folded


def test_clauses_stand_on_lines_of_their_own_and_keep_their_commas() -> None:
    assert fold_clauses("One way: if so, pay it; (drop) - or\n- keep “this”") == (
        "one way\nif so , pay it\ndrop\nor\nkeep\nthis"
    )


@given(st.text())
def test_any_text_can_be_folded_and_is_then_as_it_is(text: str) -> None:
    folded = fold(text)
    assert "\n".join(map(fold, folded.split("\n"))) == folded
    assert not any(unicodedata.category(letter) in ("Cf", "Mn", "Zs") for letter in folded.replace(" ", ""))
    fold_clauses(text)
