"""Whom another rulebook would change: told before it ships, equal to what happens when it does, and nothing stored."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import event, select, update
from sqlalchemy.orm import Session

from spendsense.errors import ConfigurationError, InvalidInput, NotFound
from spendsense.evaluation import rulebook_effects
from spendsense.evaluation.rulebook_effects import Effect, Outcome, Summary, effect_of, effects
from spendsense.evaluation.rulebook_report import as_lines
from spendsense.evaluation.rulebook_versions import find_rulebook
from spendsense.personas.assign import name_people
from spendsense.recommendations.generate import advise
from spendsense.rulebook.load import load_rulebook, rulebook_of
from spendsense.rulebook.types import Rulebook
from spendsense.store.models import Account, Balance, Persona, Recommendation, RulebookVersion, Transaction, User
from tests.evaluation.demo import ON, decide_demo, load_demo
from tests.evaluation.tables import physical
from tests.evaluation.test_rulebook_changes import edited

BOOK = load_rulebook()
# At 5 % of a limit already a card makes the first persona: Ben's is at 7.6 %, Dan's at 6 %, Finn's at 10.5 %.
LOWER = rulebook_of(
    edited(
        "personas.toml",
        '"credit.max_utilization_ratio", operator = ">=", value = 0.50',
        '"credit.max_utilization_ratio", operator = ">=", value = 0.05',
    )
)
REWORDED = rulebook_of(
    edited("education/card_balances.toml", 'title = "What card utilization means"', 'title = "Utilization"')
)


DISCLOSED = rulebook_of(edited("disclosures.toml", "some of it may be missing", "parts of it may be missing"))
SHORTER = rulebook_of(edited("personas.toml", "primary_window_days = 90", "primary_window_days = 30"))
UNMEASURED = replace(BOOK, version="another", primary_window_days=60)  # as a version of before might have it


def found(old: Rulebook, new: Rulebook, **options: Any) -> tuple[list[Effect], Summary]:
    summary = Summary()
    settings = {"is_measured": False, "as_of": ON} | options
    return list(effects(old, new, datetime.now(UTC), summary=summary, **settings)), summary


def id_of(session: Session, name: str) -> UUID:
    return session.scalars(select(User.user_id).where(User.email == f"{name}@demo.example")).one()


def active(session: Session, user_id: UUID) -> dict[str, UUID]:
    """Item → its recommendation."""
    query = select(Recommendation).where(Recommendation.user_id == user_id, Recommendation.status == "active")
    return {row.item_id: row.recommendation_id for row in session.scalars(query)}


def test_a_rulebook_changes_nothing_beside_itself(session: Session) -> None:
    decide_demo(session)
    changed, summary = found(BOOK, BOOK)
    assert changed == []
    assert (summary.people, summary.unknown, summary.change_nothing) == (8, 0, 8)


def test_a_lower_threshold_names_those_whom_it_meets(session: Session) -> None:
    decide_demo(session)
    changed, summary = found(BOOK, LOWER)
    personas = {effect.user_id: effect.persona for effect in changed if effect.changes_persona}
    assert personas == {
        id_of(session, "ben"): ("subscription_heavy", "high_utilization"),
        id_of(session, "dan"): ("savings_builder", "high_utilization"),
        id_of(session, "finn"): ("general_wellness", "high_utilization"),
    }
    assert summary.change_persona == 3
    assert summary.personas[("savings_builder", "high_utilization")] == 1
    assert summary.change_nothing == 8 - len(changed)
    back, _ = found(LOWER, BOOK)
    assert {(one.user_id, one.persona[::-1]) for one in back if one.changes_persona} == set(personas.items())


@pytest.mark.parametrize(
    ("book", "what"),
    [(LOWER, "gained"), (LOWER, "lost"), (REWORDED, "reworded"), (DISCLOSED, "reworded"), (SHORTER, "lost")],
)
def test_what_is_told_is_what_happens_when_it_ships(session: Session, book: Rulebook, what: str) -> None:
    """The new rulebook names and advises everybody, and leaves just what was foretold."""
    decide_demo(session)
    people = session.scalars(select(User.user_id).where(User.analysis_until.is_not(None))).all()
    was = {user_id: active(session, user_id) for user_id in people}
    changed, _ = found(BOOK, book)
    at = datetime.now(UTC)
    name_people(session, people, ON, book, at)
    advise(session, people, ON, book, at, None, "auto")
    session.expire_all()
    foretold = {effect.user_id: effect for effect in changed}
    assert any(getattr(effect, what) for effect in changed)
    for user_id in people:
        effect = foretold.get(user_id) or Effect(user_id, (None, None), (), (), ())
        before, after = was[user_id], active(session, user_id)
        assert after.keys() == (before.keys() - set(effect.lost)) | set(effect.gained)
        anew = {item for item in before.keys() & after.keys() if before[item] != after[item]}
        assert anew == set(effect.reworded)
        named = Persona.user_id == user_id, Persona.window_days == book.primary_window_days
        persona = session.scalars(select(Persona.persona).where(*named)).one()
        assert persona == (effect.persona[1] if user_id in foretold else persona)


def test_of_a_person_whose_data_breaks_the_measuring_nothing_can_be_said(session: Session) -> None:
    decide_demo(session, "ada", "eve")
    ada = id_of(session, "ada")
    session.execute(update(Transaction).where(Transaction.user_id == ada).values(amount_cents=9 * 10**18))
    session.commit()
    changed, summary = found(BOOK, REWORDED, is_measured=True, as_of=ON - timedelta(days=1))
    assert (changed, summary.people, summary.unknown) == ([], 1, 1)


def test_a_new_wording_is_issued_anew(session: Session) -> None:
    decide_demo(session, "ada", "eve")
    changed, summary = found(BOOK, REWORDED)
    assert [(effect.user_id, effect.reworded) for effect in changed] == [
        (id_of(session, "ada"), ("utilization-explained",))
    ]
    assert (summary.change_persona, summary.change_items, dict(summary.reworded)) == (
        0,
        1,
        {"utilization-explained": 1},
    )


def test_another_wording_of_the_disclosure_issues_every_item_of_its_kind_anew(session: Session) -> None:
    decide_demo(session, "ada", "eve")
    changed, summary = found(BOOK, DISCLOSED)
    offers = {offer.item_id for offer in BOOK.offers}
    reworded = {effect.user_id: set(effect.reworded) for effect in changed}
    ids = (id_of(session, "ada"), id_of(session, "eve"))
    assert reworded == {user_id: active(session, user_id).keys() - offers for user_id in ids}
    assert (summary.change_items, summary.change_nothing) == (2, 0)


def test_of_a_window_that_is_not_measured_nothing_can_be_said(session: Session) -> None:
    decide_demo(session, "ada", "eve")
    changed, summary = found(BOOK, UNMEASURED)
    assert (changed, summary.people, summary.unknown) == ([], 0, 2)
    assert found(UNMEASURED, BOOK)[1].unknown == 2


def test_from_stored_signals_not_a_row_is_written(session: Session) -> None:
    """Counted at the cursor: nothing but SELECT goes to the database."""
    decide_demo(session, "ada", "ben", "dan")
    before, statements = physical(session), list[str]()
    connection = session.connection()

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        statements.append(statement)

    event.listen(connection, "before_cursor_execute", note)
    written = "SELECT sum(n_tup_ins + n_tup_upd + n_tup_del) FROM pg_stat_xact_all_tables"
    counted = session.connection().exec_driver_sql(written).scalar()
    changed, _ = found(BOOK, LOWER)
    assert session.connection().exec_driver_sql(written).scalar() == counted
    event.remove(connection, "before_cursor_execute", note)
    assert len(changed) >= 2
    assert not [one for one in statements if "INSERT" in one or "UPDATE" in one or "DELETE" in one]
    assert physical(session) == before


def test_for_another_day_it_is_measured_and_taken_back(session: Session) -> None:
    """Ada's card is paid down to 10 % on the day after: on that day, and not before, nothing of hers would change."""
    decide_demo(session, "ada")
    ada = id_of(session, "ada")
    card = session.scalars(select(Account.account_id).where(Account.type == "credit")).one()
    day = ON + timedelta(days=1)
    session.add(Balance(user_id=ada, account_id=card, observed_on=day, current_cents=50_000, limit_cents=500_000))
    session.commit()
    before = physical(session)
    assert found(BOOK, REWORDED)[1].reworded == {"utilization-explained": 1}
    assert found(BOOK, REWORDED, as_of=day, is_measured=True)[1].reworded == {}
    assert physical(session) == before


def test_who_is_not_named_yet_is_counted_apart(session: Session) -> None:
    load_demo(session, "ada", "hal")
    changed, summary = found(BOOK, LOWER)
    assert (changed, summary.people, summary.unknown) == ([], 0, 1)  # Hal has not agreed to anything


def test_shards_add_up(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    decide_demo(session)
    steps: list[tuple[int, int]] = []
    whole = found(BOOK, LOWER)
    monkeypatch.setattr(rulebook_effects, "SHARD_SIZE", 3)
    assert found(BOOK, LOWER, progress=lambda done, total: steps.append((done, total))) == whole
    assert steps == [(0, 8), (3, 8), (6, 8), (8, 8)]


def test_an_effect_is_what_differs() -> None:
    before = Outcome("fee_pressured", ("utilization-explained", "gone"))
    after = Outcome("fee_pressured", ("utilization-explained", "new"))
    effect = effect_of(UUID(int=1), before, after, BOOK, REWORDED)
    assert (effect.gained, effect.lost, effect.reworded) == (("new",), ("gone",), ("utilization-explained",))
    assert (effect.changes_persona, effect.changes_items) == (False, True)


def test_only_the_first_fifty_people_are_listed() -> None:
    summary = Summary()

    def many() -> Any:
        for number in range(53):
            effect = Effect(UUID(int=number), ("a", None), (), (), ())
            summary.add(effect)
            yield effect

    lines = list(as_lines(BOOK, LOWER, ON, many(), summary))
    assert sum("a → none yet" in line for line in lines) == 50
    assert lines[-1] == "and 3 more people; --json names everybody"
    assert "53 people: 53 change persona, 0 change items, 0 neither." in lines


def test_a_rulebook_is_found_by_folder_version_or_as_current(session: Session, tmp_path: Path) -> None:
    for name, text in LOWER.content.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    at = datetime.now(UTC)
    session.add(RulebookVersion(version=LOWER.version, content=dict(LOWER.content), first_used_at=at))
    session.add(RulebookVersion(version="feedfeedfeedfeed", content={}, first_used_at=at))
    session.add(RulebookVersion(version="feedbeefbeefbeef", content={}, first_used_at=at))
    session.flush()
    assert find_rulebook(session, "current") is BOOK
    assert find_rulebook(session, str(tmp_path)).version == LOWER.version
    assert find_rulebook(session, LOWER.version).version == LOWER.version
    assert find_rulebook(session, LOWER.version[:6]).version == LOWER.version
    with pytest.raises(InvalidInput, match="feedbeefbeefbeef, feedfeedfeedfeed"):
        find_rulebook(session, "feed")
    for nobody in ("0123456789abcdef0", "", "%", "_"):
        with pytest.raises(NotFound):
            find_rulebook(session, nobody)
    with pytest.raises(ConfigurationError):
        find_rulebook(session, "feedf")  # its files are none
