"""A recommendation that no longer fits goes with the next run: when its trigger ends, and when its figures are old."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from spendsense.personas.rules import holds
from spendsense.pipeline.claims import Job
from spendsense.pipeline.run import run_job
from spendsense.rulebook.load import load_rulebook
from spendsense.signals.types import UserSignals
from spendsense.store.models import Progress, Recommendation
from tests.recommendations.advised import CARD, HIGH
from tests.samples import make_signals, store_person, store_signals


def saved(cents: int, months: str, level: str) -> UserSignals:
    """Savings that no criterion of a persona speaks of: nothing flows in or out."""
    flows = {"savings.net_inflow_cents": 0, "savings.net_inflow_monthly_cents": 0, "savings.growth_ratio": Decimal(0)}
    fund = {"savings.emergency_fund_months": Decimal(months), "savings.emergency_fund_level": level}
    return make_signals({"savings.account_count": 1, "savings.balance_cents": cents, **flows, **fund})


def name_and_advise(session: Session) -> None:
    session.commit()
    for job in (Job.ASSIGN_PERSONA, Job.GENERATE_RECOMMENDATIONS):
        run_job(job)
    session.expire_all()


def triggers(session: Session, user_id: UUID, signals: UserSignals) -> dict[str, bool]:
    """Active education item → whether its trigger holds."""
    items = {item.item_id: item for item in load_rulebook().education}
    query = select(Recommendation.item_id).where(Recommendation.user_id == user_id, Recommendation.status == "active")
    return {item_id: holds(items[item_id].when, signals) for item_id in session.scalars(query)}


def test_savings_that_are_gone_take_their_items_with_them(session: Session) -> None:
    """10 months of spending are saved, then 0.05: a balance that no transaction explains, and no criterion tells."""
    before, after = saved(2_000_000, "10.0000", "excellent"), saved(10_000, "0.0500", "low")
    at = datetime.now(UTC)
    user_id = store_person(session, "ann@example.com", before, at)
    session.execute(update(Progress).values(measured_as_of=at.date()))
    name_and_advise(session)
    assert set(triggers(session, user_id, before).values()) == {True}
    assert False in triggers(session, user_id, after).values()
    store_signals(session, user_id, after, (30, 90, 180))
    name_and_advise(session)
    assert set(triggers(session, user_id, after).values()) == {True}


def test_an_offer_on_old_figures_goes_by_itself(session: Session) -> None:
    """No data comes in. The last balance is of this day, and the offer asks for figures of the last 14 days."""
    at = datetime.now(UTC)
    user_id = store_person(session, "ann@example.com", make_signals(HIGH, cards=(CARD,)), at, offers=True)
    session.execute(update(Progress).values(measured_as_of=at.date()))
    name_and_advise(session)
    assert session.get_one(Progress, user_id).revisit_on == at.date() + timedelta(days=15)
    offer = select(Recommendation.status).where(Recommendation.item_id == "offer-fernhill-balance-transfer")
    for days, people, status in ((14, 0, "active"), (15, 1, "expired")):
        assert run_job(Job.GENERATE_RECOMMENDATIONS, as_of=at.date() + timedelta(days=days)).people == people
        assert session.scalars(offer).one() == status
