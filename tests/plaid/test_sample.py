"""The sample upload that the README's tour sends."""

import json
from datetime import date
from pathlib import Path
from uuid import UUID

from sqlalchemy.orm import Session

import spendsense.local
from spendsense.local.demo_upload import WRITTEN_ON, upload_on
from tests.plaid.payloads import load, stored

SAMPLE = Path(spendsense.local.__path__[0]) / "sample" / "upload.json"


def test_the_sample_is_taken_whole_and_twice_gives_the_same_rows(session: Session, user_id: UUID) -> None:
    report = load(session, user_id, SAMPLE.read_bytes())
    assert (report.rejected, report.accepted["accounts"], report.accepted["liabilities"]) == ((), 3, 1)
    assert report.skipped == 1  # the pending noodles, superseded by their posted row
    before = stored(session)
    assert len(before["transactions"]) == report.accepted["transactions"] - 1
    assert load(session, user_id, SAMPLE.read_bytes()).changed_rows == 0
    assert stored(session) == before


def test_its_days_move_with_the_day_on_which_it_is_sent() -> None:
    assert upload_on(WRITTEN_ON) == SAMPLE.read_text()
    moved = json.loads(upload_on(date(2028, 3, 1)))
    assert max(row["date"] for row in moved["added"]) == "2028-02-29"
    assert moved["accounts"][0]["balances"]["last_updated_datetime"] == "2028-02-29T18:00:00Z"
