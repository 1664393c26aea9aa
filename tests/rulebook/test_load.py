"""The rulebook loads whole or not at all; what is wrong is named by file and key."""

from pathlib import Path

import pytest

from spendsense.errors import ConfigurationError
from spendsense.personas.rules import assign
from spendsense.recommendations.decide import catalog, disclosure_of
from spendsense.recommendations.guardrails import faults
from spendsense.rulebook.load import FOLDER, load_rulebook, read_files, rulebook_of, version_of
from tests.samples import make_signals

BOOK = load_rulebook()
CARDS = "education/card_balances.toml"


def broken(name: str, old: str, new: str) -> str:
    """What the loader says when `old` is replaced by `new` once in the file."""
    content = read_files(FOLDER)
    assert old in content[name]
    content[name] = content[name].replace(old, new, 1)
    with pytest.raises(ConfigurationError) as caught:
        rulebook_of(content)
    return str(caught.value)


def test_the_shipped_rulebook_loads() -> None:
    assert [persona.persona_id for persona in BOOK.personas] == [
        "high_utilization",
        "subscription_heavy",
        "variable_income_budgeter",
        "savings_builder",
        "fee_pressured",
        "general_wellness",
    ]
    assert BOOK.primary_window_days == 90
    assert len(BOOK.offers) >= 3
    assert BOOK.consent_texts.keys() == {"analysis", "offers"}
    assert BOOK.consent_texts["analysis"].version == "2026-11"


@pytest.mark.parametrize("persona", [persona.persona_id for persona in BOOK.personas])
def test_each_persona_has_two_items_of_its_own(persona: str) -> None:
    assert sum(persona in item.personas for item in BOOK.education) >= 2


def test_every_text_of_the_catalog_passes_the_guardrails() -> None:
    for item in catalog(BOOK).values():
        said = item.rationale.replace("{", "").replace("}", "")
        found = faults(item.title, said, item.content, disclosure_of(item, BOOK), BOOK.tone, BOOK.disclosures)
        assert found == [], item.item_id


def test_the_version_is_the_hash_of_all_files(tmp_path: Path) -> None:
    content = read_files(FOLDER)
    assert BOOK.version == version_of(content)
    assert len(BOOK.version) == 16
    assert version_of(content | {"tone.toml": content["tone.toml"] + " "}) != BOOK.version
    for name, text in content.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    assert load_rulebook(tmp_path).version == BOOK.version


@pytest.mark.parametrize(
    ("name", "old", "new", "said"),
    [
        ("personas.toml", "credit.interest_cents", "credit.interest", "'credit.interest' is not a signal"),
        ("personas.toml", 'operator = ">="', 'operator = "=>"', "operator: is '=>'; it must be one of"),
        ("personas.toml", 'value = 0.50, unit = "ratio"', 'value = 0.50, unit = "months"', "is in ratio"),
        ("personas.toml", 'operator = ">=", value = 0.50', 'operator = ">", value = 0.50', "operator: is '>'"),
        ("personas.toml", "value = 0.50", "value = 0.50001", "at most 4 decimals"),
        ("personas.toml", "value = 0.50", "value = nan", "must be finite"),
        ("personas.toml", 'value = "0.00"', "value = 0.00", "money is written as a text"),
        ("personas.toml", 'value = "0.00"', 'value = "0.0"', "money is written as a text"),
        ("personas.toml", "value = true", "value = 1", "which is not a flag"),
        ("personas.toml", "value = 3", "value = 3.5", "which is not a count"),
        ("personas.toml", "value = 45", 'value = "45"', "which is not a number"),
        ("personas.toml", 'title = "Everyday money"', "title = 'x'\nwhen = 3", "when: is 3"),
        ("personas.toml", 'id = "general_wellness"', 'id = "w"\nsource = "x"', "source: is not a key"),
        ("personas.toml", "any = [", "any = []\nall = [", "any, all: exactly one of the two"),
        ("offers.toml", "eligibility = [", "eligibility = []\nchecks = [", "eligibility: must hold at least one check"),
        ("offers.toml", 'states = ["any"]', "states = [1]", "must be a list of texts"),
        (CARDS, "when = { all = [", "when = { all = [], any = [", "any, all: exactly one of the two"),
        ("personas.toml", "any = [", "some = [", "any, all: exactly one of the two"),
        ("personas.toml", 'id = "fee_pressured"', 'id = "savings_builder"', "'savings_builder' stands twice"),
        ("personas.toml", "primary_window_days = 90", "primary_window_days = 0", "must be a whole number"),
        ("personas.toml", "primary_window_days = 90", "", "primary_window_days: is missing"),
        ("personas.toml", 'title = "Bank fees"', 'title = "Bank fees"\nnote = "x"', "note: is not a key that is known"),
        ("personas.toml", 'title = "Bank fees"', "title = 3", "title: is 3, which is of the wrong type"),
        ("personas.toml", 'title = "Bank fees"', 'title = " "', "title: must not be empty"),
        ("personas.toml", "[[persona]]", "[[persona]", "not valid TOML"),
        ("personas.toml", '"credit.known_limit_count"]', '"credit.limits"]', "must be two signals"),
        ("personas.toml", "2026-11-01", '"soon"', "effective_on: is 'soon'"),
        (CARDS, 'id = "card-interest-explained"', 'id = "utilization-explained"', "stands twice in the rulebook"),
        (CARDS, 'personas = ["high_utilization"]', 'personas = ["rich"]', "'rich' is not a persona"),
        (CARDS, "{card.limit_cents}", "{card.limit}", "{card.limit} is not a variable that a signal gives"),
        (CARDS, "{card.limit_cents}", "{card.is_overdue}", "{card.is_overdue} is not a variable"),
        (
            CARDS,
            "{card.utilization_ratio}",
            "{card.utilization_ratio:amount}",
            "{card.utilization_ratio:amount} is not",
        ),
        (CARDS, 'card = "highest_utilization"\n', "", "card: is missing"),
        (CARDS, "Card utilization is a simple figure", "You should pay. Card use", 'advice: "you should"'),
        (CARDS, "Card utilization is a simple figure", "{card.label}", "content: holds a variable"),
        (CARDS, 'title = "How card interest adds up"', 'title = "Reckless!"', 'shaming: "reckless"'),
        ("offers.toml", 'category = "credit_card"', 'category = "payday_loan"', "names a predatory product"),
        ("offers.toml", "With this card a balance", "With this title loan", "names a predatory product"),
        ("offers.toml", 'category = "credit_card"', 'category = "lottery"', "category: is 'lottery'"),
        ("offers.toml", 'id = "offer-tallybird-subscriptions"', 'id = "cash-buffer"', "stands twice in the rulebook"),
        ("disclosures.toml", "not financial advice", "not a promise", "text: does not say 'not financial advice'"),
        ("disclosures.toml", "[offer]", "[other]", "offer: is missing"),
        ("consent.toml", 'current = "2026-11"', 'current = "2027-01"', "there is no version '2027-01'"),
        ("catalog.toml", "education_min = 3", "education_min = 6", "is above education_max"),
        ("vocabulary.toml", 'unit = "cents"', 'unit = "euros"', "unit: is 'euros'"),
    ],
)
def test_what_is_wrong_is_named(name: str, old: str, new: str, said: str) -> None:
    message = broken(name, old, new)
    assert message.startswith(f"{name}: ")
    assert said in message


def test_a_text_that_is_too_short_is_refused() -> None:
    content = read_files(FOLDER)
    start, end = content[CARDS].index('content = """'), content[CARDS].index('"""\n\n[[item]]')
    shortened = content[CARDS][: start + len('content = """')] + "\nToo short." + content[CARDS][end:]
    with pytest.raises(ConfigurationError, match="has 2 words"):
        rulebook_of(content | {CARDS: shortened})


@pytest.mark.parametrize("name", ["tone.toml", "offers.toml", "personas.toml"])
def test_a_missing_file_is_named(name: str) -> None:
    content = read_files(FOLDER)
    del content[name]
    with pytest.raises(ConfigurationError, match=f"{name}: the file is missing"):
        rulebook_of(content)


def test_an_empty_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"holds no \.toml file"):
        load_rulebook(tmp_path)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("You should save.", ('advice: "you should"',)),
        ("YOU   SHOULD\nsave.", ('advice: "you should"',)),
        ("You\u2019d better not.", ('advice: "you\'d better"',)),
        ("Thank you. Should it rain, stay.", ()),
        ("The shoulder of you", ()),
        ("A reckless act; act now!", ('shaming: "reckless"', 'pressure: "act now"')),
    ],
)
def test_phrases_are_found_as_whole_words(text: str, found: tuple[str, ...]) -> None:
    assert BOOK.tone.faults(text) == found


def test_a_threshold_that_is_changed_in_the_rulebook_changes_the_result() -> None:
    content = read_files(FOLDER)
    content["personas.toml"] = content["personas.toml"].replace('value = "35.00"', 'value = "35.01"')
    signals = make_signals({"fees.count": 1, "fees.cents": 3500})
    assert assign(signals, BOOK).persona == "fee_pressured"
    assert assign(signals, rulebook_of(content)).persona == "general_wellness"


def test_only_the_last_persona_has_no_criteria() -> None:
    content = read_files(FOLDER)
    text = content["personas.toml"]
    before, last = text.split("# The last one has no criteria")
    with pytest.raises(ConfigurationError, match=r"personas\.toml: persona fee_pressured: when: is left out"):
        rulebook_of(content | {"personas.toml": before})
    moved = text.replace("[[persona]]", "[[persona]]\n" + last[last.index("id =") :] + "\n[[persona]]", 1)
    with pytest.raises(ConfigurationError, match="persona general_wellness"):
        rulebook_of(content | {"personas.toml": moved})


@pytest.mark.parametrize("group", ["when = { all = [] }", "when = { any = [] }"])
def test_a_group_holds_something(group: str) -> None:
    content = read_files(FOLDER)
    name = "education/first_days.toml"
    line = next(line for line in content[name].splitlines() if line.startswith("when"))
    with pytest.raises(ConfigurationError, match="must hold at least one criterion"):
        rulebook_of(content | {name: content[name].replace(line, group, 1)})


def test_a_rationale_holds_a_figure() -> None:
    content = read_files(FOLDER)
    name = "education/first_days.toml"
    line = next(line for line in content[name].splitlines() if line.startswith("rationale"))
    changed = content[name].replace(line, 'rationale = "Up to {window.end}, in {coverage.currency}."', 1)
    with pytest.raises(ConfigurationError, match="rationale: holds no figure"):
        rulebook_of(content | {name: changed})


def test_a_table_is_a_table() -> None:
    content = read_files(FOLDER)
    with pytest.raises(ConfigurationError, match=r"offers\.toml: offer 1: must be a table"):
        rulebook_of(content | {"offers.toml": "offer = [3]"})
