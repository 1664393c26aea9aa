"""Which items a person gets. Pure and deterministic: what is shown already stays for as long as it still fits.

Figures play no part, only which triggers hold, the persona, the rulebook's order and what rests: so the set changes
when one of these does and never because a balance moved by a cent.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from enum import IntEnum

from spendsense.personas.rules import holds
from spendsense.rulebook.types import EducationItem, Limits
from spendsense.signals.types import UserSignals


class Rank(IntEnum):
    """Which items come first."""

    OWN = 0  # written for the person's persona
    TRIGGERED = 1  # written for another persona, but its trigger holds
    GENERAL = 2  # fills up to the minimum


@dataclass(frozen=True, slots=True)
class Candidate:
    """An education item beside one person, and why it can't be chosen; `refusal` is None when it can."""

    item: EducationItem
    rank: Rank
    is_live: bool
    refusal: str | None


def candidates(
    items: Iterable[EducationItem],
    persona: str,
    signals: UserSignals,
    is_sayable: Callable[[EducationItem], bool],
    live: Collection[str],
    resting: Collection[str],
) -> list[Candidate]:
    """All items with their rank and refusal, in the order of choice.

    `persona` may be "insufficient_history"; `is_sayable` tells whether all figures of the rationale are known; `live`
    are the ids that the person has now, `resting` those that ended too short a time ago.
    """

    def refusal(item: EducationItem) -> str | None:
        if not holds(item.when, signals):
            return "trigger does not hold"
        if item.item_id in resting:
            return "ended or dismissed lately"
        return None if is_sayable(item) else "a figure is not known"

    found = [Candidate(item, _rank(item, persona), item.item_id in live, refusal(item)) for item in items]
    return sorted(found, key=lambda candidate: (candidate.rank, not candidate.is_live))  # stable: then as in the files


def choose(found: Iterable[Candidate], limits: Limits) -> list[EducationItem]:
    """The items to show, first one first: own, then triggered up to the maximum; general ones only to the minimum."""
    chosen: list[EducationItem] = []
    topics: Counter[str] = Counter()
    for candidate in found:
        most = (
            limits.education_min if candidate.rank is Rank.GENERAL and not candidate.is_live else limits.education_max
        )
        topic = candidate.item.topic
        if candidate.refusal or len(chosen) >= most or topics[topic] >= limits.per_topic_max:
            continue
        topics[topic] += 1
        chosen.append(candidate.item)
    return chosen


def _rank(item: EducationItem, persona: str) -> Rank:
    if persona in item.personas:
        return Rank.OWN
    return Rank.TRIGGERED if item.personas else Rank.GENERAL
