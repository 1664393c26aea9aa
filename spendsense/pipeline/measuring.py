"""Measuring as the pipeline does it, whether what is found is stored or taken back."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from sqlalchemy.orm import Session

from spendsense.plaid.naming import reread_stale
from spendsense.signals.compute import MeasureCounts, measure
from spendsense.store.session import raw_cursor


def measure_people(session: Session, people: Sequence[UUID], as_of: date) -> MeasureCounts:
    """Measures these people, whose rows of `users` the caller holds; names and kinds of an earlier version are read
    anew first."""
    with raw_cursor(session) as cursor:
        reread_stale(cursor, people)
    return measure(session, people, as_of)
