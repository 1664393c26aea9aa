"""What the rulebook's README says can be written is what can be written."""

import re

from spendsense.rulebook.account_types import SUBTYPES, TYPES
from spendsense.rulebook.catalog import CARD_CHOICES
from spendsense.rulebook.criteria import OPERATORS
from spendsense.rulebook.load import FOLDER, load_rulebook
from spendsense.rulebook.offers import OFFER_CATEGORIES

README = (FOLDER / "README.md").read_text(encoding="utf-8")
CODE = set(re.findall(r"`([^`\n]+)`", README))


def listed(label: str) -> set[str]:
    """What stands in backticks in the paragraph that begins with the label."""
    paragraph = README[README.index(f"\n{label}: ") :].split(". ")[0].split("\n\n")[0]
    return set(re.findall(r"`([^`]+)`", paragraph))


def test_kinds_of_accounts_and_categories_are_all_there_and_no_others() -> None:
    assert listed("Subtypes") == SUBTYPES
    assert listed("Categories") == set(OFFER_CATEGORIES)
    assert TYPES | set(CARD_CHOICES) <= CODE


def test_every_file_and_operator_is_told() -> None:
    files = {re.sub(r"education/.*", "education/*.toml", name) for name in load_rulebook().content}
    assert files <= CODE
    assert {operator for operators in OPERATORS.values() for operator in operators} <= CODE


def test_the_offer_that_is_shown_is_one_of_the_catalog() -> None:
    offer = next(offer for offer in load_rulebook().offers if offer.item_id == "offer-harborlight-cd")
    example = README[README.index("[[offer]]") : README.index("All conditions must hold")]
    assert f'title = "{offer.title}"' in example
    assert f"max_data_age_days = {offer.max_data_age_days}" in example
    for check in offer.eligibility:
        assert f'check = "{check.name}"' in example or check.name in ("balance", "currency")
