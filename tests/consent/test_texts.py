"""Which words are agreed to: the version in force is named when another is, and any version can be read."""

import pytest

from spendsense.consent.texts import require_in_force, texts_of, version_in_force
from spendsense.errors import ConsentTextOutdated, NotFound
from spendsense.rulebook.load import FOLDER, load_rulebook, read_files, rulebook_of
from spendsense.rulebook.types import Rulebook

OLD = version_in_force(load_rulebook())
NEW = "2027-02"
NEWER_TEXTS = f"""
[versions."{NEW}".analysis]
title = "Analysis, told anew"
text = "New words."

[versions."{NEW}".offers]
title = "Offers, told anew"
text = "New words of offers."
"""


@pytest.fixture
def newer() -> Rulebook:
    """The shipped rulebook with a newer version of the texts in force."""
    files = read_files(FOLDER)
    text = files["consent.toml"].replace(f'current = "{OLD}"', f'current = "{NEW}"')
    return rulebook_of({**files, "consent.toml": text + NEWER_TEXTS})


def test_the_version_in_force_is_taken(newer: Rulebook) -> None:
    require_in_force(newer, NEW)
    require_in_force(load_rulebook(), OLD)


def test_an_outdated_version_is_refused_with_the_current_one_named(newer: Rulebook) -> None:
    with pytest.raises(ConsentTextOutdated, match=f"outdated.*'{NEW}'") as refusal:
        require_in_force(newer, OLD)
    assert refusal.value.current == NEW


def test_an_unknown_version_is_refused_with_the_current_one_named(newer: Rulebook) -> None:
    with pytest.raises(ConsentTextOutdated, match=f"no such version.*'{NEW}'"):
        require_in_force(newer, "1999-01")


def test_the_text_of_each_version_can_be_read(newer: Rulebook) -> None:
    assert texts_of(newer, NEW)["analysis"].title == "Analysis, told anew"
    assert texts_of(newer, OLD) == load_rulebook().consent_texts
    with pytest.raises(NotFound):
        texts_of(newer, "1999-01")
