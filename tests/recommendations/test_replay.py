"""A decision is made again from its trace and the rulebook that was kept with it, whatever the files say now."""

import json
import uuid
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg2.extensions
import pytest
from sqlalchemy import Select, Text, cast, select, text, update
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from spendsense.consent import ledger
from spendsense.errors import ConfigurationError
from spendsense.local.demo import load
from spendsense.personas.assign import name_people
from spendsense.pipeline.run import refresh
from spendsense.recommendations import kept, life
from spendsense.recommendations.forgetting import forget_offers
from spendsense.recommendations.generate import advise
from spendsense.recommendations.replay import BEFORE_REPLAY, Replay, replay
from spendsense.rulebook import load as loading
from spendsense.rulebook import texts
from spendsense.rulebook.load import FOLDER, load_rulebook, read_files, rulebook_of
from spendsense.rulebook.types import Rulebook
from spendsense.signals import read
from spendsense.signals.compute import measure
from spendsense.store.models import Account, Recommendation, RulebookVersion, Trace, User
from spendsense.store.session import raw_cursor
from spendsense.store.statuses import Reason
from tests.oracle.strangers import stranger
from tests.oracle.tables import write
from tests.samples import make_card, make_signals, store_person, store_signals

pytestmark = pytest.mark.no_cover  # many cases of what others cover, and tracing doubles its time

BOOK = load_rulebook()
AT = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
STRANGERS = 300
CHANGED_FILES = {
    "personas.toml": [("value = 0.50", "value = 0.90")],
    "catalog.toml": [("education_max = 5", "education_max = 4"), ("per_topic_max = 3", "per_topic_max = 1")],
    "disclosures.toml": [("some of it may be missing", "parts of it may be missing")],
    "education/card_balances.toml": [("What card utilization means", "Card utilization, explained")],
}
HIGH = {
    "credit.card_count": 1,
    "credit.known_limit_count": 1,
    "credit.max_utilization_ratio": Decimal("0.6800"),
    "credit.is_overdue": False,
    "fees.count": 2,
    "fees.cents": 7000,
    "fees.transaction_ids": ("tx-1", "tx-2"),
    "fees.overdraft_count": 2,
}
HIGH_CARD = make_card(balance_cents=340_000, utilization_ratio=Decimal("0.6800"), utilization_flag_percent=50)


def changed_content() -> dict[str, str]:
    content = read_files(FOLDER)
    for name, replacements in CHANGED_FILES.items():
        for old, new in replacements:
            assert old in content[name], (name, old)
            content[name] = content[name].replace(old, new)
    return content


@pytest.fixture
def change_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], Rulebook]:
    """Puts other files in the place of the rulebook that is shipped, as a new version of the program does."""

    def change() -> Rulebook:
        for name, content in changed_content().items():
            path = tmp_path / name
            path.parent.mkdir(exist_ok=True)
            path.write_text(content, encoding="utf-8")
        changed = load_rulebook(tmp_path)
        monkeypatch.setattr(loading, "_shipped", lambda: changed)
        return changed

    return change


def replay_all(session: Session, query: Select[Any] | None = None) -> list[Replay]:
    """All of them decided again, or those that the query has."""
    everything = select(Recommendation.recommendation_id).order_by(Recommendation.recommendation_id)
    ids = session.scalars(everything if query is None else query).all()
    versions = session.scalars(select(RulebookVersion)).all()  # held here, so that each is read from the store once
    found = [replay(session, recommendation_id) for recommendation_id in ids]
    assert {one.rulebook_version for one in found} <= {one.version for one in versions}
    return found


def differing(replays: Sequence[Replay]) -> list[tuple[str, ...]]:
    return [(found.item_id, *found.differences) for found in replays if not found.is_identical]


def test_the_demo_people_decided_again_after_the_files_have_changed(
    session: Session, change_files: Callable[[], Rulebook]
) -> None:
    on = date(2026, 11, 22)
    for days in (0, 1):
        load(on + timedelta(days=days))
        for user_id in session.scalars(select(User.user_id)).all():
            refresh(user_id, on + timedelta(days=days))
    before = session.scalars(select(Recommendation.rulebook_version)).all()
    assert change_files().version != BOOK.version
    for user_id in session.scalars(select(User.user_id)).all():
        refresh(user_id, on + timedelta(days=1))
    after = session.scalars(select(Recommendation.rulebook_version)).all()
    assert set(before) == {BOOK.version}
    assert set(after) == {BOOK.version, load_rulebook().version}
    replays = replay_all(session)
    assert len(replays) == len(after) > len(before) >= 21
    assert differing(replays) == []


def strangers_advised(session: Session, book_after: Callable[[], Rulebook]) -> None:
    """Advises the strangers on three days, the later two by changed files; half of them agree to offers."""
    people = {uuid.UUID(int=seed + 1): stranger(seed, AT.date()) for seed in range(STRANGERS)}
    with raw_cursor(session) as cursor:
        write(cursor, people)
    some = [user_id for user_id in people if user_id.int % 2]
    session.execute(update(User).where(User.user_id.in_(some)).values(offers_until=AT + timedelta(days=300)))
    for days in (0, 10, 40):
        at, book = AT + timedelta(days=days), book_after() if days == 10 else load_rulebook()
        measure(session, list(people), at.date())
        name_people(session, list(people), at.date(), book, at)
        advise(session, list(people), at.date(), book, at, uuid.uuid4(), "approval" if days == 10 else "auto")
    assert len(set(session.scalars(select(Recommendation.user_id)))) == STRANGERS


def test_every_decision_of_three_hundred_strangers_comes_out_as_it_was(
    session: Session, change_files: Callable[[], Rulebook]
) -> None:
    """Of each decision one of its recommendations, whichever has the smallest id."""
    strangers_advised(session, change_files)
    decision = (Recommendation.user_id, Recommendation.chosen_on)
    query = select(Recommendation.recommendation_id).ext(distinct_on(*decision))
    replays = replay_all(session, query.order_by(*decision, Recommendation.recommendation_id))
    assert len(replays) > 2 * STRANGERS
    assert {found.rulebook_version for found in replays} == {BOOK.version, load_rulebook().version}
    assert differing(replays) == []


@pytest.mark.long
def test_every_recommendation_of_three_hundred_strangers_comes_out_as_it_was(
    session: Session, change_files: Callable[[], Rulebook]
) -> None:
    strangers_advised(session, change_files)
    replays = replay_all(session)
    assert len(replays) > 6 * STRANGERS
    assert differing(replays) == []


def advised(session: Session, *, offers: bool = True, card_name: str = "Visa") -> uuid.UUID:
    signals = make_signals(HIGH, cards=(replace(HIGH_CARD, name=card_name),))
    user_id = store_person(session, "a@example.com", signals, AT, offers=offers)
    name_people(session, [user_id], AT.date(), BOOK, AT)
    advise(session, [user_id], AT.date(), BOOK, AT, uuid.uuid4())
    return user_id


def first_of(session: Session, user_id: uuid.UUID) -> Recommendation:
    query = select(Recommendation).where(Recommendation.user_id == user_id, Recommendation.kind == "education")
    return session.scalars(query.order_by(Recommendation.position)).first() or pytest.fail("nothing was advised")


@pytest.mark.parametrize("read_as", [None, str])
def test_a_name_that_turns_letters_round_is_said_as_the_trace_has_it(
    session: Session, monkeypatch: pytest.MonkeyPatch, read_as: Callable[[str], str] | None
) -> None:
    """Read in a line, or as it was stored, as programs of before did: either is said again as it was."""
    with monkeypatch.context() as before:
        if read_as is not None:
            before.setattr(read, "_in_a_line", read_as)
        row = first_of(session, advised(session, card_name="Vi\nsa\u202e"))
    assert ("Your Vi\nsa\u202e ending 4523" if read_as else "Your Vi sa ending 4523") in row.rationale
    assert replay(session, row.recommendation_id).differences == ()


def test_what_became_of_it_does_not_change_how_it_began(session: Session) -> None:
    user_id = advised(session)
    store_signals(session, user_id, make_signals({"fees.count": 2, "fees.cents": 7100}), (30, 90, 180))
    later = AT + timedelta(days=3)
    name_people(session, [user_id], later.date(), BOOK, later)
    advise(session, [user_id], later.date(), BOOK, later, None)
    assert {"active", "expired"} <= set(session.scalars(select(Recommendation.status)))
    assert differing(replay_all(session)) == []


def test_an_operators_replacement_is_decided_again_too(session: Session) -> None:
    user_id = advised(session)
    recommendation_id = first_of(session, user_id).recommendation_id
    life.override(
        session,
        user_id,
        recommendation_id,
        replacement="scam-signs",
        actor="operator:olga",
        reason=Reason.UNSUITABLE,
        at=AT + timedelta(days=1),
    )
    replays = replay_all(session)
    assert "scam-signs" in {found.item_id for found in replays}
    assert differing(replays) == []


def tamper(session: Session, recommendation_id: uuid.UUID, path: str, value: Any) -> None:
    """Puts another value into the stored trace; the digest stays."""
    session.execute(
        text(
            "UPDATE traces SET trace = jsonb_set(trace, CAST(:path AS text[]), CAST(:value AS jsonb), false)"
            " WHERE recommendation_id = :id"
        ),
        {"path": path, "value": json.dumps(value), "id": recommendation_id},
    )
    session.expire_all()


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        # The card in the trace is another: other figures come out.
        ("{decision,signals,cards,0,balance_cents}", 345_000, "stored rationale"),
        ("{decision,persona}", "general_wellness", "stored persona"),
        ("{item,text}", "Your Visa ending 4523 is at 58 % of its limit.", "trace item.text"),
        ("{item,status}", "held", "trace item.status"),
        ("{item,position}", 4, "trace item.position"),
        ("{item,trigger,0,holds}", False, "trace item.trigger[0].holds"),
        ("{decision,signals,credit,max_utilization_ratio}", 0.1, "is not chosen"),
        ("{decision,offers,offer-fernhill-balance-transfer,0,holds}", False, "trace decision.offers"),
        ("{as_of}", "2026-11-21", "stored chosen on"),
        ("{decision,signals,coverage,rows_neutral}", 7, "digest"),  # nothing rests on it, and it shows all the same
        ("{decision,signals,coverage,days_seen}", "many", "can't be read"),
        ("{rulebook_version}", "0123456789abcdef", "was not kept"),
    ],
)
def test_a_trace_that_was_altered_is_told(session: Session, path: str, value: Any, said: str) -> None:
    user_id = advised(session)
    recommendation_id = first_of(session, user_id).recommendation_id
    assert replay(session, recommendation_id).is_identical
    tamper(session, recommendation_id, path, value)
    found = replay(session, recommendation_id)
    assert not found.is_identical
    assert found.differences[0] == "the trace was altered: its digest is not the one that was stored with it"
    assert any(said in difference for difference in found.differences), found.differences


@pytest.mark.parametrize("column", ["title", "rationale", "content", "disclosure", "persona"])
def test_a_recommendation_that_was_altered_is_told(session: Session, column: str) -> None:
    row = first_of(session, advised(session))
    setattr(row, column, "Another.")
    session.flush()
    (difference,) = replay(session, row.recommendation_id).differences
    assert difference.startswith(f"stored {column}: 'Another.' is stored")


def test_when_the_consent_to_offers_ends_no_trace_tells_of_them_and_the_rest_can_be_made_again(
    session: Session,
) -> None:
    user_id = advised(session)
    session.add(Account(user_id=user_id, account_id="a", name="Fernhill Gold", type="credit", subtype="credit card"))
    refreshed = AT + timedelta(days=1)
    session.execute(update(User).values(consent_version=User.consent_version + 1, state="CA"))
    advise(session, [user_id], refreshed.date(), BOOK, refreshed, None)
    before = session.scalars(select(cast(Trace.trace, Text))).all()
    assert any("offer-" in trace for trace in before)
    ledger.revoke(session, user_id, "offers", method="api", text_version="2026-12", at=refreshed)
    assert forget_offers(session, [user_id]) == len(session.scalars(select(Trace)).all()) > 0
    traces = session.scalars(select(cast(Trace.trace, Text))).all()
    assert traces
    assert not any(words in trace for trace in traces for words in ("offer-", "Fernhill", '"CA"'))
    assert differing(replay_all(session)) == []
    assert forget_offers(session, [user_id]) == 0


def test_a_persons_traces_are_rewritten_at_once_however_many_they_are(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    user_id = advised(session)
    asked: list[str] = []

    class Noting(psycopg2.extensions.cursor):
        def execute(self, query: Any, values: Any = None) -> None:
            asked.append(query)
            super().execute(query, values)

    monkeypatch.setattr(session.connection().connection.driver_connection, "cursor_factory", Noting)
    assert forget_offers(session, [user_id]) >= 3
    assert len([query for query in asked if "traces" in query]) == 2  # one reads, one writes


def test_a_rulebook_that_was_altered_in_the_store_is_told(session: Session) -> None:
    row = first_of(session, advised(session))
    stored = session.get_one(RulebookVersion, BOOK.version)
    stored.content = stored.content | {"tone.toml": stored.content["tone.toml"] + "\n"}
    session.flush()
    (difference,) = replay(session, row.recommendation_id).differences
    assert "has been changed" in difference
    assert rulebook_of(stored.content).version in difference


def test_a_version_whose_texts_would_not_pass_any_more_is_replayed(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A later program may ask more of texts than the one that decided by them."""
    row = first_of(session, advised(session))
    monkeypatch.setattr(texts, "_in_other_words", lambda _: (("advice", "any word"),))
    monkeypatch.setitem(texts.MUST_SAY, "education", ("what nobody asked for then",))
    kept._read.cache_clear()
    with pytest.raises(ConfigurationError, match="does not pass"):
        rulebook_of(session.get_one(RulebookVersion, BOOK.version).content)
    assert replay(session, row.recommendation_id).is_identical


def test_a_trace_of_the_earlier_shape_is_told_as_such(session: Session) -> None:
    row = first_of(session, advised(session))
    session.execute(
        text("UPDATE traces SET digest = NULL, trace = trace #- '{decision,rows}' #- '{decision,circumstances}'")
    )
    session.expire_all()
    assert replay(session, row.recommendation_id).differences == (BEFORE_REPLAY,)


def test_without_a_trace_there_is_nothing_to_replay(session: Session) -> None:
    row = first_of(session, advised(session))
    session.delete(session.get_one(Trace, (row.user_id, row.recommendation_id)))
    session.flush()
    assert replay(session, row.recommendation_id).differences == ("there is no trace",)
