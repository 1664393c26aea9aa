"""Advice as it is stored: what begins, what stays, what ends, and that a rerun writes nothing."""

import dataclasses
import uuid
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.orm import Session

from spendsense.personas.assign import name_people
from spendsense.recommendations.decide import decide
from spendsense.recommendations.generate import JOB, AdviseCounts, Decided, advise, issue
from spendsense.recommendations.reading import read_people
from spendsense.recommendations.trace import Occasion
from spendsense.rulebook.load import FOLDER, read_files, rulebook_of
from spendsense.rulebook.types import WINDOW_DAYS
from spendsense.store.models import Account, Progress, Recommendation, RulebookVersion, Trace, User
from spendsense.store.session import raw_cursor
from tests.recommendations.advised import AS_OF, AT, BOOK, CARD, HIGH, active, rows, run
from tests.samples import make_signals, store_person, store_signals


def snapshot(session: Session) -> list[Any]:
    """Every row that the two stages write, with its physical version: an update that changes nothing shows too."""
    tables = ("personas", "persona_history", "progress", "recommendations", "traces", "rulebook_versions")
    return [
        session.execute(text(f"SELECT t.ctid::text, t.xmin::text, t.* FROM {table} AS t ORDER BY 3, 4")).all()
        for table in tables
    ]


def test_the_rationale_tells_the_persons_own_figures(session: Session) -> None:
    user_id = store_person(session, "a@example.com", make_signals(HIGH, cards=(CARD,)), AT)
    run(session, user_id)
    first = rows(session, user_id, "active")[0]
    assert first.item_id == "utilization-explained"
    assert first.rationale == (
        "Your Visa ending 4523 is at 68 % of its limit, 3,400 of 5,000 USD, as of 22 November 2026."
    )
    assert first.persona == "high_utilization"
    assert first.disclosure == BOOK.disclosures.education
    assert (first.chosen_on, first.expires_on) == (AS_OF, AS_OF + timedelta(days=30))


@pytest.mark.parametrize(
    ("changes", "persona"),
    [
        (HIGH, "high_utilization"),
        (
            {
                "subscriptions.count": 4,
                "subscriptions.monthly_cents": 6230,
                "subscriptions.share_ratio": Decimal("0.0311"),
            },
            "subscription_heavy",
        ),
        (
            {
                "income.median_gap_days": Decimal("52.5"),
                "income.frequency": "irregular",
                "income.buffer_months": Decimal("0.4100"),
                "income.last_pay_on": date(2026, 10, 3),
            },
            "variable_income_budgeter",
        ),
        (
            {
                "savings.account_count": 1,
                "savings.net_inflow_cents": 75_000,
                "savings.net_inflow_monthly_cents": 25_000,
                "savings.start_balance_cents": 400_000,
                "savings.balance_cents": 475_000,
                "savings.growth_ratio": Decimal("0.1875"),
            },
            "savings_builder",
        ),
        ({"fees.count": 3, "fees.cents": 8700, "fees.overdraft_count": 2, "fees.atm_count": 1}, "fee_pressured"),
        ({}, "general_wellness"),
        ({"coverage.days_seen": 12, "coverage.rows_seen": 9, "spending.monthly_cents": None}, None),
    ],
)
def test_everybody_gets_three_to_five_items_their_own_first(
    session: Session, changes: dict[str, Any], persona: str | None
) -> None:
    cards = (CARD,) if persona == "high_utilization" else ()
    user_id = store_person(session, "a@example.com", make_signals(changes, cards=cards), AT)
    run(session, user_id)
    found = rows(session, user_id)
    assert 3 <= len(found) <= 5
    assert {row.status for row in found} == {"active"}
    assert {row.persona for row in found} == {persona}
    own = {item.item_id for item in BOOK.education if (persona or "insufficient_history") in item.personas}
    assert found[0].item_id in own
    assert [row.position for row in found] == list(range(1, len(found) + 1))


def test_too_little_history_is_said(session: Session) -> None:
    signals = make_signals({"coverage.days_seen": 12, "coverage.rows_seen": 9, "spending.monthly_cents": None})
    user_id = store_person(session, "a@example.com", signals, AT)
    run(session, user_id)
    assert rows(session, user_id)[0].rationale == (
        "We have seen 12 days of your history so far (transactions: 9). "
        "From 30 days on we can work out monthly figures."
    )


def test_a_rerun_writes_nothing(session: Session) -> None:
    user_id = store_person(session, "a@example.com", make_signals(HIGH, cards=(CARD,)), AT, offers=True)
    assert run(session, user_id).issued >= 4
    before = snapshot(session)
    later = AT + timedelta(hours=3)
    assert name_people(session, [user_id], AS_OF, BOOK, later).written == 0
    assert advise(session, [user_id], AS_OF, BOOK, later, uuid.uuid4()) == AdviseCounts(1, 0, 0, 0)
    assert snapshot(session) == before


def test_figures_that_move_change_nothing_while_the_triggers_hold(session: Session) -> None:
    user_id = store_person(session, "a@example.com", make_signals(HIGH, cards=(CARD,)), AT)
    run(session, user_id)
    before = [(row.recommendation_id, row.rationale, row.position) for row in rows(session, user_id)]
    card = dataclasses.replace(CARD, balance_cents=355_000, utilization_ratio=Decimal("0.7100"))
    moved = make_signals(HIGH | {"credit.max_utilization_ratio": Decimal("0.7100")}, cards=(card,))
    store_signals(session, user_id, moved, WINDOW_DAYS)
    run(session, user_id, days=1)
    assert [(row.recommendation_id, row.rationale, row.position) for row in rows(session, user_id)] == before


def test_a_trigger_that_ends_takes_its_item_along_and_it_rests(session: Session) -> None:
    user_id = store_person(session, "a@example.com", make_signals(HIGH, cards=(CARD,)), AT)
    run(session, user_id)
    store_signals(session, user_id, make_signals(HIGH | {"credit.max_utilization_ratio": Decimal("0.1")}), WINDOW_DAYS)
    run(session, user_id, days=1)
    ended = rows(session, user_id, "expired")
    assert [(row.item_id, row.status_reason) for row in ended] == [
        ("utilization-explained", "trigger does not hold: credit.max_utilization_ratio 0.1000, needed >= 0.50")
    ]
    assert ended[0].ended_at == AT + timedelta(days=1)
    # It ended on day 1, so it rests on the days before 1 + 30 and may return on day 31.
    store_signals(session, user_id, make_signals(HIGH, cards=(CARD,)), WINDOW_DAYS)
    run(session, user_id, days=2)
    assert "utilization-explained" not in active(session, user_id)
    run(session, user_id, days=30)
    assert "utilization-explained" not in active(session, user_id)
    run(session, user_id, days=31)
    assert active(session, user_id)[0] == "utilization-explained"


def test_items_expire_after_thirty_days_and_others_take_their_place(session: Session) -> None:
    user_id = store_person(session, "a@example.com", make_signals(HIGH, cards=(CARD,)), AT)
    run(session, user_id)
    first = active(session, user_id)
    run(session, user_id, days=29)
    assert active(session, user_id) == first
    run(session, user_id, days=30)
    assert {row.item_id for row in rows(session, user_id, "expired")} == set(first)
    assert not set(active(session, user_id)) & set(first)
    run(session, user_id, days=60)
    assert active(session, user_id)[0] == first[0]


def test_a_dismissed_item_stays_away(session: Session) -> None:
    user_id = store_person(session, "a@example.com", make_signals(HIGH, cards=(CARD,)), AT)
    run(session, user_id)
    session.execute(
        update(Recommendation)
        .where(Recommendation.user_id == user_id, Recommendation.item_id == "utilization-explained")
        .values(status="dismissed", ended_at=AT)
    )
    run(session, user_id, days=1)
    assert "utilization-explained" not in active(session, user_id)
    assert len(active(session, user_id)) >= 3


def test_a_text_that_fails_its_checks_is_held_and_another_is_shown(session: Session) -> None:
    card = dataclasses.replace(CARD, name="Act Now Card")
    user_id = store_person(session, "a@example.com", make_signals(HIGH, cards=(card,)), AT)
    assert run(session, user_id).held == 1
    held = rows(session, user_id, "held")
    assert [(row.item_id, row.status_reason) for row in held] == [
        ("utilization-explained", 'rationale: pressure: "act now"')
    ]
    assert len(active(session, user_id)) >= 3
    before = snapshot(session)
    run(session, user_id)
    assert snapshot(session) == before


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("GUİLTY Card", 'shaming: "guilty"'),
        ("Consıder", 'advice: "consider"'),
        ("ſhame Card", 'shaming: "shame"'),
        ("Аct N\u200bow", 'pressure: "act now"'),  # a Cyrillic А
        ("Yоu, of course, should", 'advice: "you of course should"'),
    ],
)
def test_whatever_a_bank_names_its_cards_holds_that_item_alone(session: Session, name: str, said: str) -> None:
    card = dataclasses.replace(CARD, name=name)
    user_id = store_person(session, "a@example.com", make_signals(HIGH, cards=(card,)), AT)
    assert run(session, user_id).held == 1
    (held,) = rows(session, user_id, "held")
    assert (held.item_id, held.status_reason) == ("utilization-explained", f"rationale: {said}")
    assert len(active(session, user_id)) >= 3


def test_without_live_consent_nothing_is_named_or_advised(session: Session) -> None:
    user_id = store_person(session, "a@example.com", make_signals(HIGH, cards=(CARD,)), AT)
    session.execute(update(User).values(analysis_until=AT))  # it ends at this very moment
    assert name_people(session, [user_id], AS_OF, BOOK, AT).people == 0
    assert advise(session, [user_id], AS_OF, BOOK, AT, None) == AdviseCounts(0, 0, 0, 0)
    assert rows(session, user_id) == []


@pytest.mark.parametrize(
    ("ended", "kinds"), [("offers_until", {"education"}), ("analysis_until", set()), (None, {"education", "offer"})]
)
def test_consent_that_ends_between_reading_and_writing_counts(
    session: Session, ended: str | None, kinds: set[str]
) -> None:
    """The statement that writes asks for itself: what was decided a moment before is not enough."""
    user_id = store_person(session, "a@example.com", make_signals(HIGH, cards=(CARD,)), AT, offers=True)
    name_people(session, [user_id], AS_OF, BOOK, AT)
    (subject,) = read_people(session, [user_id], AS_OF, BOOK, AT, "auto")
    assert subject.person is not None
    decided = [Decided(subject, decide(subject.person, BOOK, AS_OF))]
    if ended:
        session.execute(update(User).values({ended: AT}))
    with raw_cursor(session) as cursor:
        count = issue(cursor, decided, BOOK, Occasion(AS_OF, None), JOB, AT)
    written = rows(session, user_id)
    assert count == len(written) == len(session.scalars(select(Trace.recommendation_id)).all())
    assert {row.kind for row in written} == kinds


def test_the_trace_holds_what_decided(session: Session) -> None:
    user_id = store_person(session, "a@example.com", make_signals(HIGH, cards=(CARD,)), AT)
    name_people(session, [user_id], AS_OF, BOOK, AT)
    run_id = uuid.uuid4()
    advise(session, [user_id], AS_OF, BOOK, AT, run_id)
    first = rows(session, user_id, "active")[0]
    trace = session.scalars(select(Trace.trace).where(Trace.recommendation_id == first.recommendation_id)).one()
    assert trace["rulebook_version"] == BOOK.version
    assert (trace["as_of"], trace["window_days"], trace["job_run_id"]) == ("2026-11-22", 90, str(run_id))
    item = trace["item"]
    assert item["text"] == first.rationale
    assert item["values"]["card.balance_cents"] == 340_000
    assert item["card_account_id"] == "acc-card"
    assert item["trigger"][0] == {
        "signal": "credit.max_utilization_ratio",
        "operator": ">=",
        "threshold": 0.5,
        "unit": "ratio",
        "value": 0.68,
        "holds": True,
        "strength": 0.2647,  # 0.18 of 0.68
    }
    decision = trace["decision"]
    assert decision["persona"] == "high_utilization"
    assert decision["criteria"][0]["value"] == 0.68
    assert decision["signals"]["income"]["monthly_cents"] == 300_000
    assert decision["candidates"][0] == "utilization-explained"
    assert "overdue-card-payment" in decision["refused"]["trigger does not hold"]
    kept = session.get_one(RulebookVersion, BOOK.version)
    assert rulebook_of(kept.content).version == BOOK.version


def test_a_changed_text_is_issued_anew_and_the_others_stay(session: Session) -> None:
    user_id = store_person(session, "a@example.com", make_signals(HIGH, cards=(CARD,)), AT)
    run(session, user_id)
    before = {row.item_id: row.recommendation_id for row in rows(session, user_id, "active")}
    content = read_files(FOLDER)
    name = "education/card_balances.toml"
    content[name] = content[name].replace("What card utilization means", "Card utilization, explained")
    changed = rulebook_of(content)
    run(session, user_id, days=1, book=changed)
    after = {row.item_id: row.recommendation_id for row in rows(session, user_id, "active")}
    assert after.keys() == before.keys()
    assert {item_id for item_id in after if after[item_id] != before[item_id]} == {"utilization-explained"}
    assert [row.status_reason for row in rows(session, user_id, "superseded")] == ["the rulebook changed"]
    state = snapshot(session)
    run(session, user_id, days=1, book=changed)
    assert snapshot(session) == state


def test_progress_says_when_to_look_again(session: Session) -> None:
    user_id = store_person(session, "a@example.com", make_signals(HIGH, cards=(CARD,)), AT)
    run(session, user_id)
    progress = session.get_one(Progress, user_id)
    assert progress.advised_persona_version == progress.persona_version == 1
    assert (progress.advised_consent_version, progress.advised_rulebook) == (1, BOOK.version)
    assert (progress.advised_on, progress.revisit_on) == (AS_OF, AS_OF + timedelta(days=30))


def test_a_run_for_one_touches_nobody_else(session: Session) -> None:
    one = store_person(session, "a@example.com", make_signals(HIGH, cards=(CARD,)), AT)
    other = store_person(session, "b@example.com", make_signals(HIGH, cards=(CARD,)), AT)
    run(session, one)
    assert rows(session, other) == []
    assert session.get_one(Progress, other).named_rulebook is None


def test_accounts_are_not_needed_for_education(session: Session, tmp_path: Path) -> None:
    user_id = store_person(session, "a@example.com", make_signals(), AT)
    run(session, user_id)
    assert session.scalars(select(Account.account_id)).all() == []
    assert len(active(session, user_id)) >= 3


def test_whoever_has_no_persona_yet_gets_nothing_and_is_not_asked_again(session: Session) -> None:
    user_id = store_person(session, "a@example.com", make_signals(), AT)
    assert advise(session, [user_id], AS_OF, BOOK, AT, None) == AdviseCounts(1, 0, 0, 0)
    session.expire_all()
    progress = session.get_one(Progress, user_id)
    assert (progress.advised_persona_version, progress.revisit_on) == (0, None)
    run(session, user_id)
    assert len(active(session, user_id)) >= 3


def test_a_held_text_goes_with_its_trigger_and_is_looked_at_again_after_its_rest(session: Session) -> None:
    card = dataclasses.replace(CARD, name="Act Now Card")
    user_id = store_person(session, "a@example.com", make_signals(HIGH, cards=(card,)), AT)
    run(session, user_id)
    store_signals(session, user_id, make_signals(HIGH | {"credit.max_utilization_ratio": Decimal("0.1")}), WINDOW_DAYS)
    run(session, user_id, days=1)
    assert rows(session, user_id, "held") == []
    assert [row.item_id for row in rows(session, user_id, "expired")] == ["utilization-explained"]


def test_an_item_that_waits_for_approval_is_not_active(session: Session) -> None:
    content = read_files(FOLDER)
    name = "education/card_balances.toml"
    content[name] = content[name].replace('topic = "credit"', 'topic = "credit"\ndelivery = "approval"', 1)
    user_id = store_person(session, "a@example.com", make_signals(HIGH, cards=(CARD,)), AT)
    book = rulebook_of(content)
    run(session, user_id, book=book)
    assert [row.item_id for row in rows(session, user_id, "pending_approval")] == ["utilization-explained"]
    before = snapshot(session)
    run(session, user_id, book=book)
    assert snapshot(session) == before


def test_a_new_persona_brings_its_items_first_and_keeps_what_still_fits(session: Session) -> None:
    fees = {"fees.count": 3, "fees.cents": 8700, "fees.overdraft_count": 2, "fees.atm_count": 1}
    user_id = store_person(session, "a@example.com", make_signals(fees), AT)
    run(session, user_id)
    before = {row.item_id: row.recommendation_id for row in rows(session, user_id, "active")}
    store_signals(session, user_id, make_signals(HIGH | fees, cards=(CARD,)), WINDOW_DAYS)
    run(session, user_id, days=1)
    after = rows(session, user_id, "active")
    assert [row.position for row in after] == list(range(1, len(after) + 1))
    assert after[0].item_id == "utilization-explained"
    assert {row.item_id: row.recommendation_id for row in after if row.item_id in before}.items() <= before.items()
    assert {"bank-fees-overview", "overdraft-choice", "cash-machine-fees"} <= {row.item_id for row in after}


@pytest.mark.parametrize("days_seen", [0, 90])
def test_there_are_three_for_whoever_has_no_transactions_and_three_others_a_month_later(
    session: Session, days_seen: int
) -> None:
    nothing = {
        "coverage.days_seen": days_seen,
        "coverage.rows_seen": 0,
        "coverage.currency": None,
        "spending.cents": 0,
        "spending.monthly_cents": None,
        "income.cents": 0,
        "income.monthly_cents": None,
        "income.last_pay_cents": None,
        "income.buffer_months": None,
    }
    user_id = store_person(session, "a@example.com", make_signals(nothing), AT)
    shown = []
    for month in range(4):
        run(session, user_id, days=30 * month)
        shown.append(active(session, user_id))
    assert all(len(items) >= 3 for items in shown)
    assert all(not set(one) & set(other) for one, other in pairwise(shown))
