"""A trace is enough to decide again: its signals and the kept rulebook give the same texts."""

from datetime import UTC, date, datetime
from decimal import Decimal

import msgspec
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from spendsense.personas.assign import name_people
from spendsense.personas.rules import assign
from spendsense.recommendations.decide import decide
from spendsense.recommendations.eligibility import Circumstances
from spendsense.recommendations.generate import advise
from spendsense.recommendations.types import Person
from spendsense.rulebook.load import load_rulebook, rulebook_of
from spendsense.signals.types import UserSignals
from spendsense.store.models import Recommendation, RulebookVersion
from tests.samples import make_card, make_signals, store_person

AT = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
EVERYTHING = {
    "coverage.first_row_on": date(2025, 10, 1),
    "subscriptions.count": 4,
    "subscriptions.monthly_cents": 6230,
    "subscriptions.share_ratio": Decimal("0.0311"),
    "subscriptions.stream_ids": ("6f1c0000-0000-4000-8000-000000000001",),
    "credit.card_count": 1,
    "credit.known_limit_count": 1,
    "credit.max_utilization_ratio": Decimal("0.6800"),
    "credit.is_overdue": False,
    "credit.interest_cents": 1234,
    "income.last_pay_on": date(2026, 11, 13),
    "fees.count": 2,
    "fees.cents": 7000,
    "fees.transaction_ids": ("tx-1", "tx-2"),
}


def test_the_decision_can_be_rebuilt_from_its_trace(session: Session) -> None:
    card = make_card(balance_cents=340_000, utilization_ratio=Decimal("0.6800"), interest_cents=1234)
    signals = make_signals(EVERYTHING, cards=(card,))
    user_id = store_person(session, "a@example.com", signals, AT, offers=True)
    book = load_rulebook()
    name_people(session, [user_id], AT.date(), book, AT)
    advise(session, [user_id], AT.date(), book, AT, None)
    for trace_text, trace in session.execute(text("SELECT trace::text, trace FROM traces")):
        kept = rulebook_of(session.get_one(RulebookVersion, trace["rulebook_version"]).content)
        raw = msgspec.json.decode(trace_text, type=dict[str, msgspec.Raw])
        decided = msgspec.json.decode(raw["decision"], type=dict[str, msgspec.Raw])
        rebuilt = msgspec.json.decode(decided["signals"], type=UserSignals)
        assert rebuilt == signals
        assert assign(rebuilt, kept).persona == trace["decision"]["persona"] == "high_utilization"
        until = date.fromisoformat(trace["decision"]["offers_until"])
        person = Person(trace["decision"]["persona"], rebuilt, until, Circumstances(last_data_on=AT.date()), ())
        again = decide(person, kept, date.fromisoformat(trace["as_of"]))
        stored = session.execute(
            select(Recommendation.item_id, Recommendation.position, Recommendation.rationale, Recommendation.status)
            .where(Recommendation.user_id == user_id)
            .order_by(Recommendation.kind, Recommendation.position)
        ).all()
        issued = [(issue.item.item_id, issue.position, issue.rendered.text, issue.status) for issue in again.issues]
        assert issued == [tuple(row) for row in stored]
