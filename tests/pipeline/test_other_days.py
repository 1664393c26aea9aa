"""Runs for other days than the stored one: the past is shown and not stored, a day yet to come holds nobody up."""

from datetime import date, timedelta
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from spendsense import clock
from spendsense.pipeline.claims import Job, Scope
from spendsense.pipeline.run import refresh, run_job
from spendsense.recommendations.replay import replay
from spendsense.recommendations.serving import served
from spendsense.store.models import Persona, Progress, Recommendation, SetAside, User
from tests.evaluation.tables import physical
from tests.pipeline.people import a_month_of_shopping, break_data, mark_changed, run_all

AS_OF = date(2026, 3, 1)


def measured_as_of(session: Session, user_id: UUID) -> date | None:
    """The day for which the person's stored signals are."""
    session.expire_all()
    return session.get_one(Progress, user_id).measured_as_of


@pytest.mark.parametrize("job", [Job.ASSIGN_PERSONA, Job.GENERATE_RECOMMENDATIONS])
def test_nobody_is_named_or_advised_for_a_day_before_the_measured_one(session: Session, job: Job) -> None:
    a_month_of_shopping(session, "ann@example.com")
    run_job(Job.COMPUTE_FEATURES, as_of=AS_OF)
    if job is Job.GENERATE_RECOMMENDATIONS:
        run_job(Job.ASSIGN_PERSONA, as_of=AS_OF)
    earlier = run_job(job, as_of=AS_OF - timedelta(days=60))
    assert (earlier.people, earlier.measured_later, earlier.computed_not_stored) == (0, 1, 0)
    stored = Persona if job is Job.ASSIGN_PERSONA else Recommendation
    assert session.scalars(select(stored)).all() == []
    assert (run_job(job, as_of=AS_OF).people, run_job(job, as_of=AS_OF).measured_later) == (1, 0)


def test_an_earlier_day_is_computed_and_not_stored(session: Session) -> None:
    ann = a_month_of_shopping(session, "ann@example.com")
    run_all(session, AS_OF)
    earlier = run_job(Job.COMPUTE_FEATURES, as_of=AS_OF - timedelta(days=60))
    assert (earlier.people, earlier.computed_not_stored, earlier.measured_later) == (0, 1, 0)
    assert measured_as_of(session, ann) == AS_OF


def test_a_person_whose_data_breaks_an_earlier_day_is_named_and_the_others_are_computed(session: Session) -> None:
    people = [a_month_of_shopping(session, f"p{number}@example.com") for number in range(4)]
    run_all(session, AS_OF)
    break_data(session, people[2], AS_OF)
    earlier = run_job(Job.COMPUTE_FEATURES, as_of=AS_OF - timedelta(days=1))
    assert (earlier.computed_not_stored, earlier.set_aside) == (4, [])  # as of yesterday nothing of it is there
    break_data(session, people[1], AS_OF - timedelta(days=30))
    earlier = run_job(Job.COMPUTE_FEATURES, as_of=AS_OF - timedelta(days=1))
    assert (earlier.computed_not_stored, earlier.set_aside) == (3, [str(people[1])])
    scope = Scope(user_ids=tuple(people))
    shown = run_job(Job.COMPUTE_FEATURES, as_of=AS_OF - timedelta(days=1), scope=scope).shown
    assert len(shown) == 3 * 3  # windows
    assert session.scalars(select(SetAside)).all() == []


def test_a_day_yet_to_come_is_stored_and_no_earlier_one_that_is_asked_for(session: Session) -> None:
    ann = a_month_of_shopping(session, "ann@example.com")
    to_come = clock.today() + timedelta(days=3_650)
    assert run_job(Job.COMPUTE_FEATURES, as_of=to_come).people == 1
    assert run_job(Job.COMPUTE_FEATURES, as_of=to_come).people == 0
    between = run_job(Job.COMPUTE_FEATURES, as_of=to_come - timedelta(days=1))
    assert (between.people, between.computed_not_stored) == (0, 1)
    assert measured_as_of(session, ann) == to_come


def test_the_nightly_run_stores_over_a_day_yet_to_come(session: Session) -> None:
    ann = a_month_of_shopping(session, "ann@example.com")
    for job in Job:
        run_job(job, as_of=clock.today() + timedelta(days=3_650))
    assert run_job(Job.COMPUTE_FEATURES).people == 1
    assert measured_as_of(session, ann) == clock.today()
    for job in Job:
        run_job(job)
    assert [run_job(job).people for job in Job] == [0, 0, 0]


def test_new_data_store_over_a_day_yet_to_come(session: Session) -> None:
    ann = a_month_of_shopping(session, "ann@example.com")
    run_job(Job.COMPUTE_FEATURES, as_of=clock.today() + timedelta(days=3_650))
    mark_changed(session, ann)
    refresh(ann)
    assert measured_as_of(session, ann) == clock.today()


def test_new_data_are_measured_at_once_for_tomorrow_where_that_is_stored(session: Session) -> None:
    ann, tomorrow = a_month_of_shopping(session, "ann@example.com"), clock.today() + timedelta(days=1)
    for job in Job:
        run_job(job, as_of=tomorrow)
    mark_changed(session, ann)
    refresh(ann)
    progress = session.get_one(Progress, ann, populate_existing=True)
    assert progress.measured_as_of == tomorrow
    assert progress.measured_data_version == session.scalar(select(User.data_version).where(User.user_id == ann))


def served_now(session: Session, user_id: UUID) -> list[tuple[str, str, date]]:
    """What the person is shown at this moment: item, text, day of the choice."""
    session.expire_all()
    return [(row.item_id, row.rationale, row.chosen_on) for row in served(session, user_id, clock.now())]


@pytest.mark.parametrize("days", [2, 20, 100, 364])
@pytest.mark.parametrize("way", ["jobs", "refresh"])
def test_what_was_tried_out_for_a_day_yet_to_come_leaves_nothing(session: Session, days: int, way: str) -> None:
    ann = a_month_of_shopping(session, "ann@example.com")
    run_all(session, clock.today())
    before = served_now(session, ann)
    assert before
    run_all(session, clock.today() + timedelta(days=days))
    if way == "jobs":
        run_all(session, clock.today())
    else:
        mark_changed(session, ann)
        refresh(ann)
    assert served_now(session, ann) == before
    assert session.scalars(select(Persona).where(Persona.as_of > clock.today())).all() == []
    for recommendation_id in session.scalars(select(Recommendation.recommendation_id)).all():
        assert replay(session, recommendation_id).is_identical
    session.commit()
    kept = physical(session)
    assert [summary.people for summary in run_all(session, clock.today())] == [0, 0, 0]
    assert {**physical(session), "job_runs": []} == {**kept, "job_runs": []}


def test_it_is_withdrawn_though_neither_figures_nor_persona_change(session: Session) -> None:
    ann = a_month_of_shopping(session, "ann@example.com")
    run_all(session, clock.today())
    before = served_now(session, ann)
    run_job(Job.GENERATE_RECOMMENDATIONS, as_of=clock.today() + timedelta(days=364))
    assert served_now(session, ann) != before
    between = run_job(Job.GENERATE_RECOMMENDATIONS, as_of=clock.today() + timedelta(days=300))
    assert (between.people, between.counts.get("issued", 0)) == (0, 0)  # tried out too: it heals nothing
    assert run_job(Job.GENERATE_RECOMMENDATIONS).people == 1
    assert served_now(session, ann) == before
    assert run_job(Job.GENERATE_RECOMMENDATIONS).people == 0
