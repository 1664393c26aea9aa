"""The reading grade is Flesch and Kincaid's; figures neither raise nor lower it."""

import pytest

from spendsense.rulebook.load import load_rulebook
from spendsense.rulebook.reading import grade, syllables

BOOK = load_rulebook()


def test_the_grade_is_worked_out_as_the_formula_says() -> None:
    # One sentence, 6 words, 6 syllables: 0.39 × 6 + 11.8 × 6/6 − 15.59 = −1.45
    assert grade("The cat sat on the mat.") == pytest.approx(-1.45)
    # Two sentences, 7 words, 11 syllables (mon-ey, an ac-count, in-ter-est): 0.39 × 3.5 + 11.8 × 11/7 − 15.59
    assert grade("Put money in an account. Earn interest.") == pytest.approx(0.39 * 3.5 + 11.8 * 11 / 7 - 15.59)


@pytest.mark.parametrize(
    ("word", "count"),
    [
        ("card", 1),
        ("balance", 2),
        ("utilization", 5),
        ("employer", 3),
        ("self-employed", 3),
        ("owner’s", 2),
        ("consumer.gov", 4),
        ("APR", 1),  # as the library counts it: it is read as it stands
    ],
)
def test_syllables(word: str, count: int) -> None:
    assert syllables(word) == count


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("Your card is at 68 % of its limit.", "Your card is at 7 % of its limit."),
        ("It holds 3,400.50 USD.", "It holds 9 EUR."),
        ("It ends on 3 May 2026.", "It ends on 22 November 2026."),
        ("The sum is -12.50 now.", "The sum is 1,234,567.89 now."),
        ("You spent {spending.cents} in all.", "You spent 1,200 USD in all."),
        ("Up to {window.end} it fell.", "Up to 30 September 2026 it fell."),
    ],
)
def test_figures_do_not_change_the_grade(text: str, same: str) -> None:
    assert grade(text) == grade(same)


def test_a_point_within_a_figure_or_an_address_ends_no_sentence() -> None:
    assert grade("At 24.99 % it costs more.") == grade("At 24 % it costs more.")
    # 6 words in one sentence, not two of 3.
    one = 0.39 * 6 + 11.8 * sum(map(syllables, ["Look", "at", "irs.gov", "for", "the", "form"])) / 6 - 15.59
    assert grade("Look at irs.gov for the form.") == pytest.approx(one)


@pytest.mark.parametrize("end", [".", "!", "?", '."', ".)", "\n\n", "…."])
def test_what_ends_a_sentence(end: str) -> None:
    # 4 words in two sentences; in one it would be 0.78 higher.
    assert grade(f"This is it{end} Good") == pytest.approx(0.39 * 2 + 11.8 - 15.59)


def test_a_text_without_words_has_no_grade() -> None:
    assert grade("") == grade(" \n ") == 0.0


def test_a_hard_text_is_told_with_its_grade_and_the_limit() -> None:
    hard = "Institutional considerations necessitate individual determinations."
    (fault,) = BOOK.tone.reading_faults(hard)
    assert fault == f"reading: grade {grade(hard):.1f} is above 8"
    assert BOOK.tone.reading_faults("The card is at its limit.") == ()


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("You should save.", ('advice: "you should"',)),
        ("YOU   SHOULD\nsave.", ('advice: "you should"',)),
        ("You\u2019d better not.", ('advice: "you\'d better"',)),
        ("We recommend that you buy it.", ('advice: "we recommend"',)),
        ("Consider a card. A considerable sum.", ('advice: "consider"',)),
        ("Thank you. Should it rain, stay.", ()),
        ("The shoulder of you", ()),
        ("A reckless act; act now!", ('shaming: "reckless"', 'pressure: "act now"')),
        ("You spend more than most people.", ('comparison: "than most people"',)),
        ("Most people save less.", ('comparison: "most people"',)),
        ("You will save 100 a month.", ('pressure: "you will save"',)),
    ],
)
def test_phrases_are_found_as_whole_words(text: str, found: tuple[str, ...]) -> None:
    assert BOOK.tone.faults(text) == found
