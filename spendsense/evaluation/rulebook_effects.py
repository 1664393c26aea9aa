"""Who would get another persona or other recommendations under another rulebook, before it ships. Stores nothing."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Final
from uuid import UUID

from sqlalchemy.orm import Session

from spendsense.personas.rules import assign
from spendsense.pipeline.preview import bring_to, count_people, next_people, taken_back
from spendsense.recommendations.decide import decide
from spendsense.recommendations.reading import read_people
from spendsense.recommendations.types import Person, catalog, disclosure_of
from spendsense.rulebook.types import Rulebook
from spendsense.store.statuses import Status

SHARD_SIZE: Final = 500

Transition = tuple[str | None, str | None]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one person has under one rulebook: the persona, and the ids of the items that are chosen."""

    persona: str | None
    items: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Effect:
    """What changes for one person, items by id.

    `reworded` ones stay and are issued anew: with another text or rule, or another disclosure beside them.
    """

    user_id: UUID
    persona: Transition  # under the old rulebook, under the new one
    gained: tuple[str, ...]
    lost: tuple[str, ...]
    reworded: tuple[str, ...]

    @property
    def changes_persona(self) -> bool:
        """Whether the persona is another."""
        return self.persona[0] != self.persona[1]

    @property
    def changes_items(self) -> bool:
        """Whether other items, or other texts, are shown."""
        return bool(self.gained or self.lost or self.reworded)


@dataclass(slots=True)
class Summary:
    """Counts over all people: whose persona or items change, from which persona to which, and item by item."""

    people: int = 0  # measured and named
    unknown: int = 0  # neither, or their data breaks the measuring: nothing can be said of them
    change_persona: int = 0
    change_items: int = 0
    change_nothing: int = 0
    personas: Counter[Transition] = field(default_factory=Counter)
    gained: Counter[str] = field(default_factory=Counter)
    lost: Counter[str] = field(default_factory=Counter)
    reworded: Counter[str] = field(default_factory=Counter)

    def add(self, effect: Effect) -> None:
        """Counts one person."""
        self.people += 1
        self.change_persona += effect.changes_persona
        self.change_items += effect.changes_items
        self.change_nothing += not (effect.changes_persona or effect.changes_items)
        if effect.changes_persona:
            self.personas[effect.persona] += 1
        self.gained.update(effect.gained)
        self.lost.update(effect.lost)
        self.reworded.update(effect.reworded)


def effects(
    old: Rulebook,
    new: Rulebook,
    at: datetime,
    as_of: date,
    summary: Summary,
    *,
    is_measured: bool,
    progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> Iterator[Effect]:
    """Everybody under live consent at `at` for whom something changes, by id; all are counted in `summary`.

    Of whom nothing is measured or named in the primary window of either rulebook, nothing can be said.

    With `is_measured` people are measured for `as_of`, in transactions that are taken back; else their signals are
    those that are stored, and not a row is written. Memory is bounded by the shard.
    """
    total = count_people(at)
    done, after = 0, None
    progress(done, total)
    while True:
        with taken_back() as session:
            people = next_people(session, at, after, SHARD_SIZE, lock=is_measured)
            if not people:
                return
            measured = bring_to(session, people, as_of) if is_measured else people
            found = _effects_on(session, measured, (old, new), at, as_of)
        summary.unknown += len(people) - len(found)
        done, after = done + len(people), people[-1]
        progress(done, total)
        for effect in found:
            summary.add(effect)
            if effect.changes_persona or effect.changes_items:
                yield effect


def outcome(person: Person, rulebook: Rulebook, as_of: date) -> Outcome:
    """The persona of the person's signals, and all that is live once the rulebook has decided. Pure.

    What is held for its text is left out: it is not shown.
    """
    persona = assign(person.signals, rulebook).persona
    decision = decide(replace(person, persona=persona), rulebook, as_of)
    ended = {ending.recommendation_id for ending in decision.endings}
    kept = [
        row.item_id
        for row in person.rows
        if row.ended_on is None and row.recommendation_id not in ended and row.status != Status.HELD
    ]
    issued = [issue.item.item_id for issue in decision.issues if issue.status != Status.HELD]
    return Outcome(persona, tuple(sorted({*kept, *issued})))


def effect_of(user_id: UUID, before: Outcome, after: Outcome, old: Rulebook, new: Rulebook) -> Effect:
    """What differs between the two outcomes. Pure."""
    was, will_be = catalog(old), catalog(new)
    kept = [item for item in after.items if item in before.items]
    return Effect(
        user_id,
        (before.persona, after.persona),
        gained=tuple(item for item in after.items if item not in before.items),
        lost=tuple(item for item in before.items if item not in after.items),
        reworded=tuple(
            item
            for item in kept
            if was[item].fingerprint != will_be[item].fingerprint
            or disclosure_of(was[item], old) != disclosure_of(will_be[item], new)
        ),
    )


def _effects_on(
    session: Session, people: Sequence[UUID], rulebooks: tuple[Rulebook, Rulebook], at: datetime, as_of: date
) -> list[Effect]:
    old, new = rulebooks
    before, after = (_outcomes(session, people, rulebook, at, as_of) for rulebook in rulebooks)
    known = [user_id for user_id in people if user_id in before and user_id in after]
    return [effect_of(user_id, before[user_id], after[user_id], old, new) for user_id in known]


def _outcomes(
    session: Session, people: Sequence[UUID], rulebook: Rulebook, at: datetime, as_of: date
) -> dict[UUID, Outcome]:
    subjects = read_people(session, people, as_of, rulebook, at, "auto")
    return {UUID(one.user_id): outcome(one.person, rulebook, as_of) for one in subjects if one.person is not None}
