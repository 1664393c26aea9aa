"""Each fault of a broken rulebook is found, named by file and key; it hides no other, and nothing follows from it."""

import re
from datetime import date

import pytest

from spendsense import clock
from spendsense.rulebook.check import faults_of
from spendsense.rulebook.criteria import WORDS
from spendsense.rulebook.load import FOLDER, read_files
from spendsense.signals.cadence import Cadence
from spendsense.signals.types import CARD_UNITS, SIGNAL_UNITS
from spendsense.store.sql import load
from tests.rulebook.broken import CARDS, CRITERIA, EDUCATION, FIRST, OFFERS, PERSONAS, PREDATORY, TEXTS, WHEN

MEASURED = SIGNAL_UNITS | CARD_UNITS


def edited(*edits: tuple[str, str, str]) -> dict[str, str]:
    """The shipped files with the first `old` of a file replaced by `new`, for each (file, old, new)."""
    content = read_files(FOLDER)
    for name, old, new in edits:
        assert old in content[name]
        content[name] = content[name].replace(old, new, 1)
    return content


def test_the_shipped_rulebook_has_no_fault() -> None:
    assert faults_of(read_files(FOLDER), MEASURED, clock.today()) == []


@pytest.mark.parametrize(
    ("name", "old", "new", "said"), [*CRITERIA, *PERSONAS, *EDUCATION, *OFFERS, *PREDATORY, *TEXTS]
)
def test_one_fault_is_named_and_it_alone(name: str, old: str, new: str, said: str) -> None:
    (found,) = faults_of(edited((name, old, new)))
    assert found.startswith(f"{name}: ")
    assert said in found


def test_all_faults_are_found_at_once() -> None:
    found = faults_of(
        edited(
            ("personas.toml", "credit.interest_cents", "credit.interest"),
            ("personas.toml", "value = 3,", "value = 3.5,"),
            (CARDS, "Card utilization is a simple figure", "You should pay. Card use"),
            (CARDS, "{card.limit_cents}", "{card.limit}"),
            ("offers.toml", 'category = "credit_card"', 'category = "payday_loan"'),
            ("offers.toml", 'states = ["any"]', 'states = ["XX", "CA", "YY"]'),
            ("disclosures.toml", "may be paid", "might be paid"),
            ("disclosures.toml", "[education]", "[learning]"),
        )
    )
    said = (
        "'credit.interest' is not a signal",
        "is Decimal('3.5'), which is not a count",
        'advice: "you should"',
        "{card.limit} is not a variable",
        "'payday' names a predatory product",
        "category: is 'payday_loan'",
        "'XX' is not a state's",
        "'YY' is not a state's",
        "does not say 'may be paid'",
        "education: is missing",
        "learning: is not a key",
    )
    assert [words for words in said if not any(words in fault for fault in found)] == []
    assert len(found) == len(said)


def test_of_files_that_cannot_be_read_these_alone_are_told() -> None:
    content = edited(("offers.toml", "[[offer]]", "[[offer"))
    del content["personas.toml"]
    content["notes.toml"] = "a = 1"
    first, second, third = faults_of(content, MEASURED)
    assert first == "notes.toml: is not a file that is known here."
    assert second.startswith("offers.toml: not valid TOML: ")
    assert third == "personas.toml: the file is missing."


@pytest.mark.parametrize(("count", "passes"), [(149, False), (150, True), (400, True), (401, False)])
def test_a_content_has_150_to_400_words(count: int, passes: bool) -> None:
    content = read_files(FOLDER)
    start, end = content[CARDS].index('content = """') + len('content = """'), content[CARDS].index('"""\n\n[[item]]')
    text = "Short. " * count
    found = faults_of(content | {CARDS: content[CARDS][:start] + text + content[CARDS][end:]})
    expected = f"{CARDS}: item utilization-explained: content: has {count} words; it must have 150 to 400."
    assert found == ([] if passes else [expected])


def test_a_rationale_holds_a_figure() -> None:
    content = read_files(FOLDER)
    line = next(line for line in content[FIRST].splitlines() if line.startswith("rationale"))
    changed = content[FIRST].replace(line, 'rationale = "Up to {window.end}, in {coverage.currency}."', 1)
    (found,) = faults_of(content | {FIRST: changed})
    assert "rationale: holds no figure" in found


def test_only_the_last_persona_has_no_criteria() -> None:
    content = read_files(FOLDER)
    before, last = content["personas.toml"].split("# The last one has no criteria")
    found = faults_of(content | {"personas.toml": before})
    assert "personas.toml: persona fee_pressured: when: is left out for the last persona, and for it alone." in found
    moved = before.replace("[[persona]]", "[[persona]]\n" + last[last.index("id =") :] + "\n[[persona]]", 1)
    found = faults_of(content | {"personas.toml": moved})
    assert "personas.toml: persona general_wellness: when: is left out for the last persona, and for it alone." in found


def test_a_check_of_several_comparisons_holds_one() -> None:
    content = read_files(FOLDER)
    start = content["offers.toml"].index('check = "utilization", any = [') + len('check = "utilization", any = [')
    end = content["offers.toml"].index("] },", start)
    (found,) = faults_of(content | {"offers.toml": content["offers.toml"][:start] + content["offers.toml"][end:]})
    assert found.startswith("offers.toml: offer offer-fernhill-everyday: eligibility ")
    assert found.endswith(": any: must hold at least one criterion.")


def test_a_rate_of_36_percent_is_the_most_and_a_share_that_is_no_rate_is_none() -> None:
    assert faults_of(edited(("offers.toml", "between 9 % and 17 %", "between 9 % and 36 %"))) == []
    assert faults_of(edited(("offers.toml", "such as\n5 %", "such as\n50 %"))) == []


@pytest.mark.parametrize("must_say", ["", "must_say = []", 'must_say = ["partner"]'])
def test_what_a_disclosure_has_to_say_is_not_taken_away_by_its_file(must_say: str) -> None:
    line = 'must_say = ["not financial advice", "may be paid"]'
    assert faults_of(edited(("disclosures.toml", line, must_say))) == []
    said = "The bank may be paid when you take up this offer. "
    found = faults_of(edited(("disclosures.toml", line, must_say), ("disclosures.toml", said, "")))
    assert found == ["disclosures.toml: offer: text: does not say 'may be paid'."]


@pytest.mark.parametrize("phrase", ["you’ll  be", "YOU'LL-be", "yоu'll, be"])
def test_a_phrase_is_found_however_it_is_spelt_in_its_file(phrase: str) -> None:
    found = faults_of(
        edited(
            ("tone.toml", '"you should"', f'"{phrase}", "you should"'),
            (CARDS, "Card utilization is a simple figure", "You'll be shown a figure"),
        )
    )
    assert found == [f'{CARDS}: item utilization-explained: content: the tone does not pass: advice: "you\'ll be".']


def test_a_phrase_without_words_is_none() -> None:
    assert faults_of(edited(("tone.toml", '"you should"', '"…", "you should"'))) == [
        "tone.toml: advice: '…' holds no word."
    ]


def test_a_rule_that_is_to_begin_later_is_a_fault_until_then() -> None:
    content = edited(("personas.toml", "2026-11-01", "2999-11-01"))
    assert faults_of(content, today=date(2999, 11, 1)) == faults_of(content) == []
    (found,) = faults_of(content, today=date(2999, 10, 31))
    assert found.startswith("personas.toml: persona high_utilization: effective_on: is 2999-11-01, which is still to")
    line = edited(("personas.toml", 'window = "last payment"', 'window = "last payment", effective_on = 2999-11-01'))
    (found,) = faults_of(line, today=date(2999, 10, 31))
    assert found.startswith("personas.toml: persona high_utilization: when: any 3: effective_on: is 2999-11-01")


@pytest.mark.parametrize(
    ("days", "least", "passes"), [(30, 30, True), (30, 31, False), (90, 90, True), (180, 180, True)]
)
def test_the_windows_that_are_measured_are_the_ones_that_may_decide(days: int, least: int, passes: bool) -> None:
    changed = edited(
        ("personas.toml", "primary_window_days = 90", f"primary_window_days = {days}"),
        ("personas.toml", "minimum_history_days = 30", f"minimum_history_days = {least}"),
    )
    expected = f"personas.toml: minimum_history_days: is {least}; the primary window has {days} days."
    assert faults_of(changed) == ([] if passes else [expected])


def test_the_words_of_signals_are_those_that_are_measured() -> None:
    cadences = {cadence.value.lower().replace("_", "-") for cadence in Cadence} - {"quarterly", "annually"}
    assert {*WORDS["income.frequency"]} == {*cadences, "irregular"}
    levels = re.findall(r"THEN '(\w+)'", load("spendsense.signals", "savings.sql"))
    assert WORDS["savings.emergency_fund_level"] == tuple(levels)


@pytest.mark.parametrize(("depth", "passes"), [(5, True), (40, False), (300, False), (3000, False)])
def test_nested_groups_are_read_to_a_depth_and_told_beyond(depth: int, passes: bool) -> None:
    criterion = '{ signal = "coverage.days_seen", operator = "<", value = 30, unit = "days" }'
    nested = "when = " + "{ all = [" * depth + criterion + "] }" * depth
    found = faults_of(edited((FIRST, WHEN, nested)))
    assert [fault for fault in found if not fault.endswith("is nested more than 32 deep.")] == []
    assert bool(found) is not passes


def test_keys_that_nest_too_deep_are_told() -> None:
    (found,) = faults_of(read_files(FOLDER) | {"offers.toml": f"a{'.a' * 5000} = 1"})
    assert found.endswith("is nested more than 32 deep.")


def test_every_fault_is_one_line_that_can_be_printed() -> None:
    faults = faults_of(edited(("offers.toml", 'category = "credit_card"', 'category = "a\\nb\\u2028\\u0007c"')))
    assert faults
    assert all(fault.isprintable() for fault in faults)


def test_a_table_is_a_table() -> None:
    content = read_files(FOLDER)
    assert faults_of(content | {"offers.toml": "offer = [3]"}) == ["offers.toml: offer 1: must be a table."]
    (found,) = faults_of(content | {"offers.toml": "offer = 3"})
    assert found == "offers.toml: offer: is 3, which is of the wrong type."


def test_the_vocabulary_holds_what_is_measured_and_nothing_else() -> None:
    line = 'count = { unit = "count", meaning = "bank fees in the window" }'
    content = edited(("vocabulary.toml", line, line + '\nluck = { unit = "count", meaning = "how lucky" }'))
    assert faults_of(content) == []
    assert faults_of(content, MEASURED) == ["vocabulary.toml: fees.luck: is not a signal that is measured."]
    (found,) = faults_of(edited(("vocabulary.toml", 'mask = { unit = "text"', 'mask = { unit = "days"')), MEASURED)
    assert found == "vocabulary.toml: card.mask: unit: is 'days', but it is measured in text."
