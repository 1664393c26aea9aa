"""The largest and smallest amounts that are accepted, uploaded and measured: none breaks a run."""

from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from spendsense import clock
from spendsense.evaluation.evaluate import evaluate
from spendsense.pipeline.claims import Job
from spendsense.pipeline.preview import streams_on
from spendsense.pipeline.run import refresh, run_job
from spendsense.recommendations.replay import replay
from spendsense.store.models import CardSignals, Recommendation, WindowSignals
from spendsense.store.session import raw_cursor, transaction
from tests.oracle import tables
from tests.oracle.comparison import compare, read_stored
from tests.oracle.signals import measure_person
from tests.pipeline.extremes import AS_OF, CASES, load

MOST_RATIO = Decimal("9999999999.9999")  # what a column of a ratio holds


def disagreements(session: Session, user_id: UUID) -> list[Any]:
    """Where what is stored is not what the oracle says."""
    with raw_cursor(session) as cursor:
        stored = read_stored(cursor, [user_id], AS_OF)
        person = tables.read(cursor, user_id)
    return list(compare(stored, {user_id: measure_person(person, AS_OF)}))


@pytest.mark.parametrize("case", CASES)
def test_it_is_measured_as_the_oracle_says_and_advised(session: Session, case: str) -> None:
    user_id = load(session, "ann@example.com", case)
    for job in Job:
        summary = run_job(job, as_of=AS_OF)
        assert (summary.people, summary.set_aside) == (1, [])
    assert disagreements(session, user_id) == []
    chosen = session.scalars(select(Recommendation.recommendation_id)).all()
    assert chosen
    with transaction():
        assert all(replay(session, one).is_identical for one in chosen)


@pytest.mark.parametrize("case", CASES)
def test_it_is_shown_for_other_days_and_evaluated(session: Session, case: str) -> None:
    load(session, "ann@example.com", case)
    for job in Job:
        run_job(job, as_of=AS_OF)
    earlier = AS_OF - timedelta(days=1)
    assert run_job(Job.COMPUTE_FEATURES, as_of=earlier).computed_not_stored == 1
    list(streams_on(earlier, clock.now()))
    for as_of in (AS_OF, earlier):
        found = evaluate(clock.now(), as_of, sample=1)
        assert (found.people, found.latency is None) == (1, False)
        assert as_of != AS_OF or found.is_sound


def test_a_ratio_ends_at_what_its_column_holds(session: Session) -> None:
    # 100,000,000.00 / 0.01 in a month is 10^10 months; the savings' growth is (10^14 - 2) / 1; a limit of 0.01 is used
    # 10^14 - 1 times.
    by_case = {case: load(session, f"{number}@example.com", case) for number, case in enumerate(CASES)}
    run_job(Job.COMPUTE_FEATURES, as_of=AS_OF)

    def of(case: str) -> WindowSignals:
        return session.get_one(WindowSignals, (by_case[case], 30))

    assert of("a full account, a cent spent").income_buffer_months == MOST_RATIO
    assert of("an account far below zero, a cent spent").income_buffer_months == -MOST_RATIO
    assert of("an account far below zero, a cent spent").savings_emergency_fund_months == -MOST_RATIO
    assert of("cards with a cent for a limit").credit_total_utilization_ratio == MOST_RATIO
    assert session.scalars(select(CardSignals.utilization_ratio)).all().count(MOST_RATIO) == 1
    assert of("savings from a cent").savings_growth_ratio == MOST_RATIO
    assert of("savings gone below zero from a cent").savings_growth_ratio == -MOST_RATIO
    assert of("subscriptions beside refunds that leave a cent").subscription_share_ratio == MOST_RATIO


@pytest.mark.parametrize("owed", ["99999999.99", "100000000.00"])
def test_the_largest_ratio_and_the_one_above_it(session: Session, owed: str) -> None:
    user_id = load(session, "ann@example.com", "cards with a cent for a limit")
    with raw_cursor(session) as cursor:
        cursor.execute(
            "UPDATE balances SET current_cents = %s * 100 WHERE account_id = 'credit card'", (Decimal(owed),)
        )
    session.commit()
    refresh(user_id, AS_OF)
    ratio = session.scalars(select(CardSignals.utilization_ratio)).one()
    assert ratio == (Decimal("9999999999") if owed == "99999999.99" else MOST_RATIO)
