"""The sample upload that the README's tour sends."""

from pathlib import Path
from uuid import UUID

from sqlalchemy.orm import Session

import spendsense.local
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
