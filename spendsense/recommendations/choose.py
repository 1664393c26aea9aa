"""Which items a person gets. Pure and deterministic: what is shown already stays for as long as it still fits.

First the persona's own items, then others whose trigger holds, then general ones to fill up. Within each, what is shown
keeps its place; what is new comes by the strength of its trigger, then by how fresh its evidence is, then as in the
rulebook. So a balance that moves by a cent never moves what is shown: only a trigger that begins or ends, the persona,
the rulebook, or a rest does. The conditions of general items say that they make sense, not how much, so those come as
in the rulebook.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import IntEnum, StrEnum

from spendsense.personas.rules import holds
from spendsense.recommendations import strength
from spendsense.rulebook.types import EducationItem, Limits
from spendsense.signals.types import UserSignals


class Rank(IntEnum):
    """Which items come first."""

    OWN = 0  # written for the person's persona
    TRIGGERED = 1  # written for another persona, but its trigger holds
    GENERAL = 2  # fills up to the minimum


class Refusal(StrEnum):
    """Why an item can't be chosen."""

    NO_TRIGGER = "trigger does not hold"
    RESTING = "ended or dismissed lately"
    UNSAYABLE = "a figure is not known or is below zero"


@dataclass(frozen=True, slots=True)
class Candidate:
    """An education item beside one person, and why it can't be chosen; `refusal` is None when it can."""

    item: EducationItem
    rank: Rank
    position: int | None  # its place among what is live; None: not live
    strength: Decimal  # of its trigger; told for what is new and not general, else 0
    seen_on: date | None  # the last day of the evidence behind that
    refusal: Refusal | None

    @property
    def is_live(self) -> bool:
        """Whether the person has it now."""
        return self.position is not None


def candidates(
    items: Iterable[EducationItem],
    persona: str,
    signals: UserSignals,
    is_sayable: Callable[[EducationItem], bool],
    live: Mapping[str, int],
    resting: Collection[str],
    seen_on: Mapping[str, date],
) -> list[Candidate]:
    """All items with their rank and refusal, in the order of choice.

    `persona` may be "insufficient_history"; `is_sayable` tells whether all figures of the rationale can be said; `live`
    are the ids that the person has now with their places, `resting` those that ended too short a time ago; `seen_on`
    has the last day of the evidence by signal or group.
    """

    def candidate(item: EducationItem) -> Candidate:
        rank, position = _rank(item, persona), live.get(item.item_id)
        refusal = _refusal(item, signals, is_sayable, resting)
        if refusal is not None or position is not None or rank is Rank.GENERAL:  # its strength decides nothing
            return Candidate(item, rank, position, strength.NONE, None, refusal)
        found, day = strength.strength(item.when, signals), strength.freshest(item.when, signals, seen_on)
        return Candidate(item, rank, position, found, day, None)

    return sorted(map(candidate, items), key=_order)  # stable: then as in the files


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


def _refusal(
    item: EducationItem,
    signals: UserSignals,
    is_sayable: Callable[[EducationItem], bool],
    resting: Collection[str],
) -> Refusal | None:
    if not holds(item.when, signals):
        return Refusal.NO_TRIGGER
    if item.item_id in resting:
        return Refusal.RESTING
    return None if is_sayable(item) else Refusal.UNSAYABLE


def _order(candidate: Candidate) -> tuple[int, int, int, int]:
    """Smaller comes first: rank, place of what is live, then strength and day of the evidence of what is not."""
    if candidate.position is not None:
        return candidate.rank, candidate.position, 0, 0
    after_what_is_live = 1 << 15  # a place is a smallint
    day = candidate.seen_on.toordinal() if candidate.seen_on else 0
    return candidate.rank, after_what_is_live, -strength.in_tenths(candidate.strength), -day


def _rank(item: EducationItem, persona: str) -> Rank:
    if persona in item.personas:
        return Rank.OWN
    return Rank.TRIGGERED if item.personas else Rank.GENERAL
