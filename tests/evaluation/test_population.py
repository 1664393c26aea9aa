"""Bulk people: whatever their rows, what they are shown can be explained, is relevant and passes the tone."""

from datetime import UTC, datetime

import pytest
from sqlalchemy.orm import Session

from spendsense.evaluation import evaluate as evaluation
from spendsense.evaluation.evaluate import evaluate
from spendsense.pipeline.claims import Job
from spendsense.pipeline.run import run_job
from spendsense.store.session import raw_cursor
from tests.bench import population
from tests.bench.people import FIRST_AS_OF


@pytest.mark.parametrize("people", [50, pytest.param(2_000, marks=pytest.mark.long)])
def test_everything_shown_to_bulk_people_is_sound(session: Session, people: int) -> None:
    with raw_cursor(session) as cursor:
        population.load(cursor, people)
    session.commit()
    for job in Job:
        assert run_job(job, as_of=FIRST_AS_OF).set_aside == []
    found = evaluate(datetime.now(UTC), sample=5)
    assert (found.people, found.coverage.whole) == (people, people)
    assert found.items >= 3 * people
    assert found.explainability.share.whole > 2 * found.items
    assert (found.explainability.faults, found.relevance.faults, found.tone.faults) == ([], [], [])
    assert found.is_sound
    assert found.by_evidence == 0  # no data has come since: every figure is measured anew


def test_shards_add_up(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    with raw_cursor(session) as cursor:
        population.load(cursor, 7)
    session.commit()
    for job in Job:
        run_job(job, as_of=FIRST_AS_OF)
    steps: list[tuple[int, int]] = []
    at = datetime.now(UTC)
    whole = evaluate(at, sample=2)
    monkeypatch.setattr(evaluation, "SHARD_SIZE", 3)
    parts = evaluate(at, sample=2, progress=lambda done, total: steps.append((done, total)))
    assert steps == [(0, 9), (3, 9), (6, 9), (7, 9), (8, 9), (9, 9)]
    whole.latency = parts.latency = None
    assert parts == whole
