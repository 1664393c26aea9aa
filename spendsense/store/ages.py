"""How old the data is that is held, over all who agree to its analysis."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session

from spendsense.store.models import Progress, Upload, User


@dataclass(frozen=True, slots=True)
class DataAge:
    """None where there is none."""

    last_upload_at: datetime | None  # of anybody, whether or not they still agree
    first_measured_on: date | None  # the day for which the person was measured who waits longest
    last_measured_on: date | None


def read_age(session: Session, at: datetime) -> DataAge:
    """The age at that moment, in two statements."""
    # Those who do not agree are mostly few: they are held against the others, and not the others joined to them.
    is_silent = exists().where(User.user_id == Progress.user_id, (User.analysis_until > at).is_not(True))
    measured = func.min(Progress.measured_as_of), func.max(Progress.measured_as_of)
    first, last = session.execute(select(*measured).where(~is_silent)).one()
    return DataAge(session.scalar(select(func.max(Upload.received_at))), first, last)
