"""What may be shown: active, not run out, agreed to, and past the guardrails once more at that very moment."""

import ast
import dataclasses
import re
import uuid
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.orm import Session

from spendsense.errors import Conflict
from spendsense.personas.assign import name_people
from spendsense.recommendations import life, serving
from spendsense.recommendations.generate import advise
from spendsense.recommendations.recheck import ALTERED, NO_TRACE
from spendsense.recommendations.serving import served
from spendsense.rulebook.load import FOLDER, load_rulebook, read_files, rulebook_of
from spendsense.rulebook.types import Rulebook
from spendsense.store.models import Progress, Recommendation, RecommendationEvent, User
from spendsense.store.statuses import Status
from tests.samples import make_card, make_signals, store_person

BOOK = load_rulebook()
AT = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
LATER = AT + timedelta(days=2)
HIGH = {
    "credit.card_count": 1,
    "credit.known_limit_count": 1,
    "credit.max_utilization_ratio": Decimal("0.6800"),
    "credit.is_overdue": False,
}
CARD = make_card(balance_cents=340_000, utilization_ratio=Decimal("0.6800"), utilization_flag_percent=50)
ROOT = Path(__file__).resolve().parents[2] / "spendsense"


@pytest.fixture
def user_id(session: Session) -> uuid.UUID:
    """Somebody with a card at 68 % of its limit and an offer for it."""
    user_id = store_person(session, "a@example.com", make_signals(HIGH, cards=(CARD,)), AT, offers=True)
    name_people(session, [user_id], AT.date(), BOOK, AT)
    advise(session, [user_id], AT.date(), BOOK, AT, None)
    return user_id


def items(session: Session, user_id: uuid.UUID, at: datetime = LATER) -> list[str]:
    found = [row.item_id for row in served(session, user_id, at)]
    session.expire_all()
    return found


def put_in_force(monkeypatch: pytest.MonkeyPatch, name: str, old: str, new: str) -> Rulebook:
    """Has the program ship another rulebook from now on."""
    content = read_files(FOLDER)
    assert old in content[name]
    content[name] = content[name].replace(old, new, 1)
    book = rulebook_of(content)
    monkeypatch.setattr(serving, "load_rulebook", lambda: book)
    return book


def held(session: Session) -> list[tuple[str, str | None]]:
    query = select(Recommendation.item_id, Recommendation.status_reason).where(Recommendation.status == "held")
    return [tuple(row) for row in session.execute(query)]


def test_what_is_active_is_shown_in_its_order(session: Session, user_id: uuid.UUID) -> None:
    found = served(session, user_id, LATER)
    assert [row.kind for row in found] == ["education"] * (len(found) - 1) + ["offer"]
    assert [row.position for row in found[:-1]] == list(range(1, len(found)))
    assert found[0].item_id == "utilization-explained"
    assert session.scalars(select(RecommendationEvent.actor)).all() == ["job"] * len(found)  # looking changes nothing


@pytest.mark.parametrize("status", [status for status in Status if status is not Status.ACTIVE])
def test_no_other_status_is_shown(session: Session, user_id: uuid.UUID, status: Status) -> None:
    session.execute(update(Recommendation).values(status=status))
    assert items(session, user_id) == []


def test_what_has_run_out_is_not_shown_even_before_a_job_ends_it(session: Session, user_id: uuid.UUID) -> None:
    assert items(session, user_id, AT + timedelta(days=29)) != []
    assert items(session, user_id, AT + timedelta(days=30)) == []


def test_nothing_is_shown_that_is_not_agreed_to(session: Session, user_id: uuid.UUID) -> None:
    session.execute(update(User).values(offers_until=LATER))
    assert "offer-fernhill-balance-transfer" not in items(session, user_id)
    assert items(session, user_id) != []
    session.execute(update(User).values(analysis_until=LATER, offers_until=LATER + timedelta(days=9)))
    assert items(session, user_id) == []


def test_a_phrase_put_on_the_list_since_holds_the_text(
    session: Session, user_id: uuid.UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_in_force(monkeypatch, "tone.toml", '"you should"', '"ending 4523", "you should"')
    before = items(session, user_id, AT)
    assert "utilization-explained" not in before
    assert sorted(held(session)) == [
        (item_id, 'rationale: advice: "ending 4523"')
        for item_id in ("offer-fernhill-balance-transfer", "utilization-explained")
    ]
    event = session.scalars(select(RecommendationEvent).where(RecommendationEvent.actor == "serving")).first()
    assert event is not None
    assert (event.from_status, event.to_status, event.reason_code) == ("active", "held", "text_failed_later")
    assert (event.at, event.detail) == (AT, 'rationale: advice: "ending 4523"')
    count = len(session.scalars(select(RecommendationEvent)).all())
    assert items(session, user_id, AT) == before  # held once, and no more written
    assert len(session.scalars(select(RecommendationEvent)).all()) == count


def test_another_item_takes_the_place_of_what_was_held(
    session: Session, user_id: uuid.UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_in_force(monkeypatch, "tone.toml", '"you should"', '"at 68 %", "you should"')
    before = items(session, user_id)
    assert session.get_one(Progress, user_id).revisit_on == LATER.date()
    advise(session, [user_id], LATER.date(), BOOK, LATER, None)
    after = items(session, user_id)
    assert set(before) < set(after)
    assert "utilization-explained" not in after


def test_a_lower_reading_grade_holds_what_is_too_hard(
    session: Session, user_id: uuid.UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    strict = dataclasses.replace(BOOK, tone=dataclasses.replace(BOOK.tone, max_reading_grade=Decimal(1)))
    monkeypatch.setattr(serving, "load_rulebook", lambda: strict)
    assert items(session, user_id) == []
    assert all("reading: grade" in (reason or "") for _, reason in held(session))


def test_a_new_wording_of_the_disclosure_holds_nothing(
    session: Session, user_id: uuid.UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was stored with the wording of its own time stays, until the job issues it anew."""
    before = items(session, user_id)
    put_in_force(monkeypatch, "disclosures.toml", "some of it may be missing", "parts of it may be missing")
    assert items(session, user_id) == before


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"rationale": "Your Visa ending 4523 is at 58 % of its limit, 3,400 of 5,000 USD, as of 22 November 2026."},
         "figures: card.utilization_ratio is said as '58 %'"),
        ({"rationale": "Your Visa ending 4523 is at 68 % of its limit, 3,400 of 5,000 EUR, as of 22 November 2026."},
         "figures: card.limit_cents is said as '5,000 EUR'"),
        ({"rationale": "Your Visa is full."},
         "figures: the sentence is not the one of its template, or a figure lacks its unit"),
        ({"title": "You should read this"}, 'title: advice: "you should"'),
        ({"content": "Your bad habits cost you."}, 'content: shaming: "bad habits"'),
        ({"disclosure": "Trust us."}, "disclosure: missing"),
        ({"disclosure": BOOK.disclosures.offer}, "disclosure: the one of another kind of item"),
    ],
)  # fmt: skip
def test_a_text_that_was_altered_in_the_store_is_held(
    session: Session, user_id: uuid.UUID, changes: dict[str, Any], fault: str
) -> None:
    session.execute(update(Recommendation).where(Recommendation.item_id == "utilization-explained").values(**changes))
    assert "utilization-explained" not in items(session, user_id)
    assert held(session) == [("utilization-explained", fault)]


def test_an_item_without_a_trace_can_not_be_checked_and_is_held(session: Session, user_id: uuid.UUID) -> None:
    session.execute(text("DELETE FROM traces WHERE trace #>> '{item,id}' = 'utilization-explained'"))
    assert "utilization-explained" not in items(session, user_id)
    assert held(session) == [("utilization-explained", NO_TRACE)]


def test_a_sentence_that_was_altered_along_with_its_trace_is_held(session: Session, user_id: uuid.UUID) -> None:
    """The sentence and both copies of its figure agree on 100 cents; the digest is that of another trace."""
    assert "spending-plan" in items(session, user_id)
    for path in ("{item,values,spending.monthly_cents}", "{decision,signals,spending,monthly_cents}"):
        session.execute(
            text(
                f"UPDATE traces SET trace = jsonb_set(trace, '{path}', '100')"
                " WHERE trace #>> '{item,id}' = 'spending-plan'"
            )
        )
    row = session.scalars(select(Recommendation).where(Recommendation.item_id == "spending-plan")).one()
    row.rationale = re.sub(r"spending to .* a month", "spending to 1 USD a month", row.rationale)
    session.flush()
    assert "spending-plan" not in items(session, user_id)
    assert held(session) == [("spending-plan", ALTERED)]


def test_an_altered_trace_is_not_approved(session: Session, user_id: uuid.UUID) -> None:
    of_card = Recommendation.item_id == "utilization-explained"
    session.execute(update(Recommendation).where(of_card).values(status="pending_approval"))
    session.execute(text("UPDATE traces SET trace = jsonb_set(trace, '{as_of}', '\"2026-11-21\"')"))
    row = session.scalars(select(Recommendation).where(of_card)).one()
    with pytest.raises(Conflict, match="the trace was altered"):
        life.require_passing(session, row)


def test_traces_of_the_earlier_shape_are_enough_to_show(session: Session, user_id: uuid.UUID) -> None:
    before = items(session, user_id)
    session.execute(text("UPDATE traces SET digest = NULL, trace = trace #- '{decision,rows}' #- '{item,currency}'"))
    assert items(session, user_id) == before


def test_nobody_else_reads_what_is_active() -> None:
    """The API, the export and pages ask `served`; a module that looks for active rows by itself is named here."""
    allowed = {
        "recommendations/serving.py",
        "recommendations/feedback.py",  # what may be spoken of, not what is shown
        "recommendations/undoing.py",  # whether a replacement is still there to be taken back
        "pipeline/claims.py",  # whether an offer has to end
        "local/report.py",  # a laptop's table of the demo people
    }
    found = set()
    for path in ROOT.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Compare) and ast.unparse(node.left).endswith(".status"):
                words = [ast.unparse(part) for part in node.comparators]
                if {"'active'", "Status.ACTIVE"} & {*words} and "Recommendation" in path.read_text(encoding="utf-8"):
                    found.add(path.relative_to(ROOT).as_posix())
    assert found <= allowed
    assert "recommendations/serving.py" in found
