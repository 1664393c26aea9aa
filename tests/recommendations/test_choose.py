"""Which items are chosen: own first, others whose trigger holds, general ones to fill up; what is live stays.

Among new ones the stronger trigger comes first, then the fresher, then the rulebook's order.
"""

import dataclasses
from collections.abc import Collection, Mapping, Sequence
from datetime import date
from decimal import Decimal
from random import Random
from typing import Any

import pytest

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


def triggered(signal: str, operator: str, threshold: Any, unit: str) -> CriterionGroup:
    return CriterionGroup("all", (Criterion(signal, operator, threshold, unit, "the window", "a test", SINCE),))


def ids(
    items: list[EducationItem],
    live: Sequence[str] = (),
    resting: Collection[str] = (),
    unsayable: Collection[str] = (),
    changes: dict[str, Any] | None = None,
    seen_on: Mapping[str, date] | None = None,
) -> list[str]:
    """The chosen; `live` is what the person has, in its order."""
    places = {item_id: place for place, item_id in enumerate(live, start=1)}
    found = candidates(
        items,
        "me",
        make_signals(changes),
        lambda item: item.item_id not in unsayable,
        places,
        resting,
        seen_on or {},
    )
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


FEES = triggered("fees.count", ">=", 2, "count")
UTILIZATION = triggered("credit.max_utilization_ratio", ">=", Decimal("0.50"), "ratio")
BUFFER = triggered("income.buffer_months", "<", Decimal(1), "months")
STRONG = {"fees.count": 8, "credit.max_utilization_ratio": Decimal("0.6000"), "income.buffer_months": Decimal("0.5000")}


def test_the_stronger_trigger_comes_first() -> None:
    items = [item("used", "me", when=UTILIZATION), item("buffer", "me", when=BUFFER), item("fees", "me", when=FEES)]
    # 6 ÷ 8 = 0.75, then 0.5, then 0.1 ÷ 0.6 = 0.17
    assert ids(items, changes=STRONG) == ["fees", "buffer", "used"]


def test_the_persona_comes_before_strength() -> None:
    items = [item("fees", "them", when=FEES), item("used", "me", when=UTILIZATION)]
    assert ids(items, changes=STRONG) == ["used", "fees"]


def test_of_triggers_about_as_strong_the_fresher_comes_first() -> None:
    items = [item("used", "me", when=UTILIZATION), item("fees", "me", when=FEES), item("buffer", "me", when=BUFFER)]
    # 0.5, 0.5 and 0.55: all five tenths
    even = {
        "credit.max_utilization_ratio": Decimal("1.0000"),
        "fees.count": 4,
        "income.buffer_months": Decimal("0.4500"),
    }
    assert ids(items, changes=even) == ["used", "fees", "buffer"]  # no day is known: as in the rulebook
    seen_on = {"fees": date(2026, 11, 20), "credit": date(2026, 11, 3), "income": date(2026, 11, 13)}
    assert ids(items, changes=even, seen_on=seen_on) == ["fees", "buffer", "used"]


def test_general_items_come_as_in_the_rulebook() -> None:
    items = [item("plain"), item("strong", when=FEES), item("own", "me")]
    assert ids(items, changes=STRONG) == ["own", "plain", "strong"]


def test_what_is_live_keeps_its_place_whatever_the_strengths() -> None:
    items = [item("used", "me", when=UTILIZATION), item("buffer", "me", when=BUFFER), item("fees", "me", when=FEES)]
    assert ids(items, live=["used", "buffer"], changes=STRONG) == ["used", "buffer", "fees"]
    assert ids(items, live=["buffer", "used"], changes=STRONG) == ["buffer", "used", "fees"]


@pytest.mark.parametrize("seed", range(200))
def test_figures_that_move_without_crossing_a_threshold_move_nothing(seed: int) -> None:
    random = Random(seed)
    items = [
        item(f"{number}", *random.choice([("me",), ("them",), ()]), when=random.choice([FEES, UTILIZATION, BUFFER]))
        for number in range(12)
    ]
    random.shuffle(items)
    before = ids(items, changes=_figures(random))
    for _ in range(3):
        assert ids(items, live=before, changes=_figures(random)) == before


def _figures(random: Random) -> dict[str, Any]:
    """All three triggers hold, each by whatever much."""
    return {
        "fees.count": random.randint(2, 20),
        "credit.max_utilization_ratio": Decimal(random.randint(5_000, 12_000)) / 10_000,
        "income.buffer_months": Decimal(random.randint(-9_000, 9_999)) / 10_000,
    }
