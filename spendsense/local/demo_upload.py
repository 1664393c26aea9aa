"""The upload of the README's tour: three months of one person's bank data, as of today."""

import re
from datetime import date, timedelta
from importlib.resources import files

WRITTEN_ON = date(2026, 11, 22)  # the day after the last row, as the file has it
DAY = re.compile(r"\b\d{4}-\d\d-\d\d")


def upload_on(today: date) -> str:
    """The sample as JSON, all of its days moved by as many, so that the last row is yesterday's."""
    moved = today - WRITTEN_ON
    text = (files("spendsense.local") / "sample" / "upload.json").read_text(encoding="utf-8")
    return DAY.sub(lambda found: _later(found[0], moved), text)


def _later(day: str, moved: timedelta) -> str:
    return (date.fromisoformat(day) + moved).isoformat()
