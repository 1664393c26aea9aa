"""Whose persona changes although no new data comes: it ages, no more. Pure but for the measuring."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy.orm import Session

from spendsense.evaluation.shares import Share
from spendsense.personas.rules import assign
from spendsense.pipeline.preview import bring_to
from spendsense.rulebook.types import Rulebook
from spendsense.signals import read

DAYS: Final = 7

Personas = Mapping[UUID, str | None]


def personas_of_a_week(
    session: Session, people: Sequence[UUID], as_of: date, rulebook: Rulebook
) -> list[dict[UUID, str | None]]:
    """The personas on `as_of` and on each of the seven days after it, from the rows that are there now.

    The caller holds the people's rows of `users`, and takes the transaction back.
    """
    return [_personas_on(session, people, as_of + timedelta(days=age), rulebook) for age in range(DAYS + 1)]


def count_flips(first: Personas, later: Iterable[Personas]) -> Share:
    """Of those who have a persona first, who has another one or none on any day later."""
    flipped = {
        user_id for day in later for user_id, persona in first.items() if persona and day.get(user_id) != persona
    }
    return Share(len(flipped), sum(persona is not None for persona in first.values()))


def _personas_on(session: Session, people: Sequence[UUID], day: date, rulebook: Rulebook) -> dict[UUID, str | None]:
    measured = bring_to(session, people, day)
    signals = read.load(session, measured, (rulebook.primary_window_days,))
    return {user_id: assign(values, rulebook).persona for (user_id, _), values in signals.items()}
