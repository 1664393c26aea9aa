"""Which items are chosen: own first, others whose trigger holds, general ones to fill up; what is live stays."""

import dataclasses
from collections.abc import Collection
from datetime import date

from spendsense.recommendations.choose import candidates, choose
from spendsense.rulebook.load import load_rulebook
from spendsense.rulebook.types import Criterion, CriterionGroup, EducationItem
from tests.samples import make_signals

BOOK = load_rulebook()
SINCE = date(2026, 11, 1)
ALWAYS = CriterionGroup("all", (Criterion("fees.count", ">=", 0, "count", "the window", "a test", SINCE),))
NEVER = CriterionGroup("all", (Criterion("fees.count", ">=", 1, "count", "the window", "a test", SINCE),))


def item(item_id: str, *personas: str, topic: str = "", when: CriterionGroup = ALWAYS) -> EducationItem:
    """An item whose trigger holds unless told otherwise, of a topic of its own."""
    return dataclasses.replace(BOOK.education[0], item_id=item_id, personas=personas, topic=topic or item_id, when=when)


def ids(
    items: list[EducationItem],
    live: Collection[str] = (),
    resting: Collection[str] = (),
    unsayable: Collection[str] = (),
) -> list[str]:
    found = candidates(items, "me", make_signals(), lambda item: item.item_id not in unsayable, live, resting)
    return [chosen.item_id for chosen in choose(found, BOOK.limits)]


def test_own_items_come_first_then_others_then_general_ones_up_to_three() -> None:
    items = [item("general-1"), item("general-2"), item("other", "them"), item("own", "me")]
    assert ids(items) == ["own", "other", "general-1"]


def test_general_items_are_not_added_beyond_three() -> None:
    items = [item("general"), item("own-1", "me"), item("own-2", "me"), item("own-3", "me")]
    assert ids(items) == ["own-1", "own-2", "own-3"]


def test_no_more_than_five() -> None:
    assert ids([item(f"own-{n}", "me") for n in range(7)]) == [f"own-{n}" for n in range(5)]


def test_no_more_than_three_of_one_topic() -> None:
    items = [item(f"own-{n}", "me", topic="credit") for n in range(4)] + [item("other", "them")]
    assert ids(items) == ["own-0", "own-1", "own-2", "other"]


def test_what_rests_or_lacks_a_figure_or_has_no_trigger_is_left_out() -> None:
    items = [item("rests", "me"), item("unsayable", "me"), item("untriggered", "me", when=NEVER), item("fits", "me")]
    assert ids(items, resting=("rests",), unsayable=("unsayable",)) == ["fits"]


def test_what_is_live_stays_before_its_equals() -> None:
    items = [item(f"other-{n}", "them") for n in range(7)]
    assert ids(items, live=("other-5", "other-6")) == ["other-5", "other-6", "other-0", "other-1", "other-2"]


def test_a_live_general_item_stays_while_there_is_room() -> None:
    items = [item("general"), *(item(f"own-{n}", "me") for n in range(4))]
    assert ids(items, live=("general",)) == ["own-0", "own-1", "own-2", "own-3", "general"]
    items.append(item("own-4", "me"))
    assert ids(items, live=("general",)) == ["own-0", "own-1", "own-2", "own-3", "own-4"]


def test_choosing_again_from_what_was_chosen_changes_nothing() -> None:
    items = [item(f"other-{n}", "them", topic="credit") for n in range(4)] + [item("own", "me"), item("general")]
    first = ids(items)
    assert ids(items, live=first) == first
