"""The three jobs: what is stale is done once, whoever breaks is set aside, and nothing is written without consent."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import func, select, text, update
from sqlalchemy.orm import Session

from spendsense.consent import ledger
from spendsense.pipeline import run
from spendsense.pipeline.claims import Job, Moment, Scope, Shard
from spendsense.pipeline.run import refresh, run_job
from spendsense.recommendations.told import tell_operator_not_shown
from spendsense.recommendations.why import COMES_NEXT, WAITS
from spendsense.rulebook.load import FOLDER, read_files, rulebook_of
from spendsense.store.models import (
    AuditAnchor,
    AuditEvent,
    JobRun,
    Persona,
    Progress,
    Recommendation,
    SetAside,
    Transaction,
    User,
    WindowSignals,
)
from tests.pipeline.people import a_month_of_shopping, break_data, day_after, mark_changed, row, run_all

AS_OF = date(2026, 3, 1)
UNTOUCHED = "job_runs", "alembic_version"


def versions_of_rows(session: Session) -> dict[str, list[Any]]:
    """Where each row of each table lies and which transaction wrote it: any write shows."""
    tables = session.scalars(text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")).all()
    return {
        table: sorted(session.execute(text(f'SELECT ctid::text, xmin::text FROM "{table}"')).all())
        for table in tables
        if table not in UNTOUCHED
    }


def test_the_chain_measures_names_and_advises(session: Session) -> None:
    ann = a_month_of_shopping(session, "ann@example.com")
    summaries = run_all(session, AS_OF)
    assert [summary.outcome for summary in summaries] == ["complete"] * 3
    assert [summary.people for summary in summaries] == [1, 1, 1]
    signals = session.get_one(WindowSignals, (ann, 90))
    # 90 days to 1 March: from 2 December. 2 × 15.99 (1 January, 1 February) + 3 × 50.00 = 181.98
    assert signals.spending_cents == 18_198
    assert session.get_one(Persona, (ann, 90)).persona == "high_utilization"  # 3,400 of 5,000 is 68 %
    assert session.scalars(select(Recommendation.status).where(Recommendation.user_id == ann)).all() != []


@pytest.mark.parametrize(("setting", "status"), [("auto", "active"), ("approval", "pending_approval")])
def test_what_begins_is_shown_at_once_or_waits_as_the_stage_has_it(
    setting: str, status: str, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    a_month_of_shopping(session, "ann@example.com")
    monkeypatch.setenv("RECOMMENDATION_DELIVERY", setting)
    run_all(session, AS_OF)
    assert set(session.scalars(select(Recommendation.status))) == {status}


@pytest.mark.parametrize(("setting", "standing"), [("auto", COMES_NEXT), ("approval", WAITS)])
def test_what_is_told_of_an_item_that_comes_next_is_as_the_stage_has_it(
    setting: str, standing: str, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    ann = a_month_of_shopping(session, "ann@example.com")
    now = datetime.now(UTC)
    for job in (Job.COMPUTE_FEATURES, Job.ASSIGN_PERSONA):
        run_job(job, as_of=now.date())
    monkeypatch.setenv("RECOMMENDATION_DELIVERY", setting)
    told = {item.reason for item in tell_operator_not_shown(session, ann, now).items}
    assert told & {COMES_NEXT, WAITS} == {standing}


def test_a_second_run_writes_nothing(session: Session) -> None:
    a_month_of_shopping(session, "ann@example.com", consent=("analysis", "offers"))
    run_all(session, AS_OF)
    before = versions_of_rows(session)
    assert [summary.people for summary in run_all(session, AS_OF)] == [0, 0, 0]
    assert versions_of_rows(session) == before


@pytest.mark.parametrize(
    ("scope", "signed"),
    [(Scope(), 1), (Scope(shard=Shard(0, 2)), 1), (Scope(shard=Shard(1, 2)), 0), (Scope(user_ids=()), 0)],
)
def test_one_run_of_a_night_signs_how_far_the_audit_goes(
    scope: Scope, signed: int, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AUDIT_ANCHOR_KEY", "ab" * 32)
    run_job(Job.COMPUTE_FEATURES, as_of=AS_OF, scope=scope)
    assert session.scalar(select(func.count()).select_from(AuditAnchor)) == signed


def test_each_run_is_recorded(session: Session) -> None:
    a_month_of_shopping(session, "ann@example.com")
    run_job(Job.COMPUTE_FEATURES, as_of=AS_OF)
    record = session.scalars(select(JobRun)).one()
    assert (record.job, record.as_of, record.outcome) == ("compute_features", AS_OF, "complete")
    assert record.counts is not None
    assert record.counts["people"] == 1
    assert record.finished_at is not None


def shown(session: Session, user_id: UUID) -> set[str]:
    """The active items of one person."""
    session.expire_all()
    query = select(Recommendation.item_id).where(Recommendation.user_id == user_id, Recommendation.status == "active")
    return set(session.scalars(query))


CRITERION = '"credit.max_utilization_ratio", operator = ">=", value = '
PERSONA = ("personas.toml", f"{CRITERION}0.50", f"{CRITERION}0.70")
ITEM = ("education/card_balances.toml", f"{CRITERION}0.50", f"{CRITERION}0.70")  # the first one: utilization-explained


def put_in_force(monkeypatch: pytest.MonkeyPatch, *edits: tuple[str, str, str]) -> None:
    """Ships the rulebook with each of these passages replaced where it stands first."""
    files = dict(read_files(FOLDER))
    for name, old, new in edits:
        assert old in files[name]
        files[name] = files[name].replace(old, new, 1)
    book = rulebook_of(files)
    monkeypatch.setattr(run, "load_rulebook", lambda: book)


def test_a_threshold_changed_in_the_rulebook_changes_results(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    """The card is at 68 % of its limit: at or above 50 %, and below 70 %. Nothing is measured anew."""
    ann = a_month_of_shopping(session, "ann@example.com")
    run_all(session, AS_OF)
    assert session.get_one(Persona, (ann, 90)).persona == "high_utilization"
    before = shown(session, ann)
    assert "utilization-explained" in before
    put_in_force(monkeypatch, PERSONA, ITEM)
    assert [summary.people for summary in run_all(session, AS_OF)] == [0, 1, 1]
    after = shown(session, ann)
    assert session.get_one(Persona, (ann, 90)).persona == "general_wellness"
    assert "utilization-explained" not in after
    assert after - before
    assert [summary.people for summary in run_all(session, AS_OF)] == [0, 0, 0]


def test_a_new_rulebook_makes_people_stale_for_advice_by_itself(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It came into force between the last two jobs: nobody has been named by it."""
    ann = a_month_of_shopping(session, "ann@example.com")
    run_all(session, AS_OF)
    assert "utilization-explained" in shown(session, ann)
    put_in_force(monkeypatch, ITEM)
    assert run_job(Job.GENERATE_RECOMMENDATIONS, as_of=AS_OF).people == 1
    assert "utilization-explained" not in shown(session, ann)
    assert run_job(Job.GENERATE_RECOMMENDATIONS, as_of=AS_OF).people == 0


def test_the_next_day_only_measures_again(session: Session) -> None:
    ann = a_month_of_shopping(session, "ann@example.com")
    run_all(session, AS_OF)
    run_job(Job.COMPUTE_FEATURES, as_of=day_after(AS_OF))
    assert session.get_one(Progress, ann).measured_as_of == day_after(AS_OF)


def test_without_consent_nobody_is_processed(session: Session) -> None:
    a_month_of_shopping(session, "ann@example.com", consent=())
    assert [summary.people for summary in run_all(session, AS_OF)] == [0, 0, 0]
    assert session.scalars(select(WindowSignals.user_id)).all() == []


def test_new_rows_make_one_person_stale_and_no_other(session: Session) -> None:
    ann = a_month_of_shopping(session, "ann@example.com")
    bob = a_month_of_shopping(session, "bob@example.com")
    run_all(session, AS_OF)
    session.add(row(ann, "late", date(2026, 2, 20), 100))
    mark_changed(session, ann)
    assert run_job(Job.COMPUTE_FEATURES, as_of=AS_OF).people == 1
    assert session.get_one(WindowSignals, (ann, 90)).spending_cents == 18_298
    assert session.get_one(WindowSignals, (bob, 90)).spending_cents == 18_198


def test_a_run_for_one_person_touches_that_person_alone(session: Session) -> None:
    ann = a_month_of_shopping(session, "ann@example.com")
    bob = a_month_of_shopping(session, "bob@example.com")
    for job in Job:
        assert run_job(job, as_of=AS_OF, scope=Scope(user_ids=(ann,))).people == 1
    assert set(session.scalars(select(WindowSignals.user_id))) == {ann}
    assert session.get_one(Progress, bob).measured_as_of is None


def test_shards_split_everybody_once(session: Session) -> None:
    people = {a_month_of_shopping(session, f"p{number}@example.com") for number in range(9)}
    counts = [
        run_job(Job.COMPUTE_FEATURES, as_of=AS_OF, scope=Scope(shard=Shard(index, 3))).people for index in range(3)
    ]
    assert sum(counts) == 9
    assert set(session.scalars(select(WindowSignals.user_id))) == people


def test_an_earlier_day_is_computed_and_shown_but_not_stored(session: Session) -> None:
    ann = a_month_of_shopping(session, "ann@example.com")
    run_all(session, AS_OF)
    before = versions_of_rows(session)
    summary = run_job(Job.COMPUTE_FEATURES, as_of=date(2026, 2, 10), scope=Scope(user_ids=(ann,)))
    assert versions_of_rows(session)["signals"] == before["signals"]
    assert session.get_one(Progress, ann).measured_as_of == AS_OF
    assert summary.computed_not_stored == 1
    shown = {signals["window_days"]: signals for signals in summary.shown}
    # 30 days to 10 February: from 12 January. 15.99 on 1 February, 50.00 on the 10th.
    assert shown[30]["spending"]["cents"] == 6_599


def test_a_row_dated_in_the_future_counts_from_its_day_on(session: Session) -> None:
    ann = a_month_of_shopping(session, "ann@example.com")
    session.add(row(ann, "tomorrow", day_after(AS_OF), 700))
    mark_changed(session, ann)
    run_job(Job.COMPUTE_FEATURES, as_of=AS_OF)
    signals = session.get_one(WindowSignals, (ann, 30))
    assert (signals.spending_cents, signals.rows_future) == (16_599, 1)
    run_job(Job.COMPUTE_FEATURES, as_of=day_after(AS_OF))
    # 30 days to 2 March: from 1 February, so that all of February's rows are still in.
    assert (signals.spending_cents, signals.rows_future) == (17_299, 0)


def test_a_run_stops_between_shards_and_the_next_one_goes_on(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(5):
        a_month_of_shopping(session, f"p{number}@example.com")
    monkeypatch.setattr(run, "SHARD_SIZE", 2)
    answers: Iterator[bool] = iter([False, True])
    summary = run_job(Job.COMPUTE_FEATURES, as_of=AS_OF, is_over=lambda: next(answers, True))
    assert (summary.outcome, summary.people, summary.remaining) == ("deadline", 2, 3)
    assert run_job(Job.COMPUTE_FEATURES, as_of=AS_OF).people == 3


def test_progress_is_told_after_each_shard(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(3):
        a_month_of_shopping(session, f"p{number}@example.com")
    monkeypatch.setattr(run, "SHARD_SIZE", 2)
    told: list[tuple[int, int]] = []
    run_job(Job.COMPUTE_FEATURES, as_of=AS_OF, progress=lambda done, total: told.append((done, total)))
    assert told == [(0, 3), (2, 3), (3, 3)]


def test_a_person_whose_data_breaks_the_job_is_set_aside_and_the_others_are_done(session: Session) -> None:
    people = [a_month_of_shopping(session, f"p{number}@example.com") for number in range(4)]
    broken = people[2]
    break_data(session, broken, AS_OF)
    summary = run_job(Job.COMPUTE_FEATURES, as_of=AS_OF)
    assert (summary.outcome, summary.people, summary.set_aside) == ("complete", 3, [str(broken)])
    assert set(session.scalars(select(WindowSignals.user_id))) == set(people) - {broken}
    aside = session.scalars(select(SetAside)).one()
    assert (aside.user_id, aside.job, aside.attempts) == (broken, "compute_features", 1)
    assert aside.retry_at - aside.failed_at == timedelta(hours=1)


def test_who_was_set_aside_is_tried_again_later(session: Session) -> None:
    ann = a_month_of_shopping(session, "ann@example.com")
    break_data(session, ann, AS_OF)
    run_job(Job.COMPUTE_FEATURES, as_of=AS_OF)
    assert run_job(Job.COMPUTE_FEATURES, as_of=AS_OF).set_aside == [str(ann)]
    session.execute(update(SetAside).values(retry_at=datetime.now(UTC)))
    session.commit()
    run_job(Job.COMPUTE_FEATURES, as_of=AS_OF)
    aside = session.scalars(select(SetAside).execution_options(populate_existing=True)).one()
    assert aside.attempts == 2
    assert aside.retry_at - aside.failed_at == timedelta(hours=2)


def test_who_revoked_meanwhile_is_not_set_aside(session: Session) -> None:
    ann = a_month_of_shopping(session, "ann@example.com")
    gone = uuid4()
    moment = Moment(AS_OF, datetime.now(UTC), "v1")
    one = run.Run(Job.COMPUTE_FEATURES, Scope(), moment, None, lambda: False, lambda _done, _total: None)
    ledger.revoke(session, ann, "analysis", method="web", text_version="1", at=datetime.now(UTC))
    for user_id in (ann, gone):
        run._put_aside(one, user_id, ValueError())
    assert session.scalars(select(SetAside)).all() == []


def test_mended_data_is_measured_at_once_by_a_refresh(session: Session) -> None:
    ann = a_month_of_shopping(session, "ann@example.com")
    break_data(session, ann, AS_OF)
    run_job(Job.COMPUTE_FEATURES, as_of=AS_OF)
    session.execute(text("DELETE FROM transactions WHERE transaction_id LIKE 'broken-%'"))
    mark_changed(session, ann)
    refresh(ann, AS_OF)
    assert session.get_one(WindowSignals, (ann, 90)).spending_cents == 18_198
    assert session.scalars(select(SetAside)).all() == []
    assert session.scalars(select(Recommendation)).all() != []


def test_what_an_expired_consent_left_is_deleted(session: Session) -> None:
    ann = a_month_of_shopping(session, "ann@example.com")
    run_all(session, AS_OF)
    session.execute(update(User).where(User.user_id == ann).values(analysis_until=datetime.now(UTC)))
    session.commit()
    summary = run_job(Job.COMPUTE_FEATURES, as_of=AS_OF)
    assert summary.counts["consents_expired"] == 1
    assert session.scalars(select(WindowSignals)).all() == []
    assert session.scalars(select(Recommendation)).all() == []
    assert session.scalars(select(AuditEvent.event)).all() == ["consent.analysis.expired"]
    assert session.scalars(select(Transaction)).all() != []  # bank data is the person's until retention or erasure


def test_a_failed_run_is_recorded_and_raised(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    a_month_of_shopping(session, "ann@example.com")

    def fail(*_: Any) -> int:
        raise OSError("the disk is gone")

    monkeypatch.setattr(run, "count_stale", fail)
    with pytest.raises(OSError, match="the disk"):
        run_job(Job.COMPUTE_FEATURES, as_of=AS_OF)
    assert session.scalars(select(JobRun.outcome)).one() == "failed"
