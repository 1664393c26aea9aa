"""The rulebook loads whole or not at all; what is wrong is named by file and key."""

from pathlib import Path

import pytest

from spendsense.errors import ConfigurationError
from spendsense.rulebook.load import FOLDER, load_rulebook, read_files, rulebook_of, version_of

BOOK = load_rulebook()
CARDS = "education/card_balances.toml"


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
    assert BOOK.consent_texts.keys() == {"analysis", "offers"}


def test_every_version_of_the_consent_texts_is_kept() -> None:
    assert BOOK.consent_texts == BOOK.consent_versions["2026-12"]
    assert "in which you live" in " ".join(BOOK.consent_versions["2026-12"]["offers"].text.split())
    assert "in which you live" not in " ".join(BOOK.consent_versions["2026-11"]["offers"].text.split())
    for version, texts in BOOK.consent_versions.items():
        assert {(text.purpose, text.version) for text in texts.values()} == {
            ("analysis", version),
            ("offers", version),
        }


def test_the_first_fault_is_told_with_how_many_more_there_are() -> None:
    content = read_files(FOLDER)
    content["personas.toml"] = content["personas.toml"].replace("credit.interest_cents", "credit.interest")
    with pytest.raises(
        ConfigurationError, match=r"^personas\.toml: .*'credit\.interest' is not a signal of vocabulary\.toml\.$"
    ):
        rulebook_of(content)
    content["personas.toml"] = content["personas.toml"].replace("value = 3,", "value = 3.5,")
    with pytest.raises(
        ConfigurationError, match=r"is not a signal.*\(and 1 more: `spendsense rulebook check` names all\)$"
    ):
        rulebook_of(content)


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


@pytest.mark.parametrize("name", ["tone.toml", "offers.toml", "personas.toml"])
def test_a_missing_file_is_named(name: str) -> None:
    content = read_files(FOLDER)
    del content[name]
    with pytest.raises(ConfigurationError, match=f"{name}: the file is missing"):
        rulebook_of(content)


def test_an_empty_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"holds no \.toml file"):
        load_rulebook(tmp_path)
