"""What time does to consents: notices before the end, the end itself, and the end of what was kept.

Each chore is a query for the people it is due for and a function that does it for some of them, whose rows of `users`
the caller holds. Done once, it is due no more, so that it may be repeated, be late, and run beside others.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, case, exists, func, literal, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from spendsense.consent.holdings import BANK, delete_bank_data, delete_derived, delete_offers
from spendsense.consent.ledger import PURPOSES, end_offers_with_analysis, outlived_analysis
from spendsense.store import audit
from spendsense.store.models import Consent, ConsentNotice, Progress, Recommendation, Trace, User

OFFERS_EXPIRED: Final = "offers_expired"
NOTICE_DAYS: Final = (30, 7, 1)
"""How many days before the end a person is told. Who was not told in time is told once, by the nearest step."""


@dataclass(frozen=True, slots=True)
class Chore:
    """Something that is due for people as time goes by; `name` is what a run's summary counts them under."""

    name: str
    due: Callable[[datetime], Select[Any]]
    do: Callable[[Session, Sequence[UUID], datetime], None]


def chores(retention_days: int | None) -> tuple[Chore, ...]:
    """All there is to do, in this order. With None, bank data stays until the person has it erased."""
    always = (
        Chore("consents_expired", analysis_over, end_analysis),
        Chore(OFFERS_EXPIRED, offers_over, end_offers),
        Chore("consent_notices", notice_due, give_notice),
    )
    if retention_days is None:
        return always
    kept_for = timedelta(days=retention_days)
    return (*always, Chore("bank_data_purged", lambda at: retention_over(at - kept_for, at), purge))


def analysis_over(at: datetime) -> Select[Any]:
    """People whose analysis consent has ended by itself, and of whom something derived or agreed to is left."""
    is_left = or_(Progress.measured_as_of.is_not(None), outlived_analysis(at))
    return select(User.user_id).join(Progress).where(User.analysis_until <= at, is_left)


def end_analysis(session: Session, user_ids: Sequence[UUID], at: datetime) -> None:
    """Deletes what was derived and ends the offers, as a revocation does."""
    end_offers_with_analysis(session, user_ids, at)
    _audit_deleted(session, delete_derived(session, user_ids), "consent.analysis.expired", at)


def offers_over(at: datetime) -> Select[Any]:
    """People whose consent to offers has ended by itself, and who still have offers or traces that tell of them."""
    has_offers = exists().where(Recommendation.user_id == User.user_id, Recommendation.kind == "offer")
    has_traces = exists().where(Trace.user_id == User.user_id, tells_of_offers())
    return select(User.user_id).where(User.offers_until <= at, or_(has_offers, has_traces))


def tells_of_offers() -> ColumnElement[bool]:
    """Of a trace: it was made under consent to offers, and holds what was looked at for them.

    Those of before traces could be replayed hold nothing of it.
    """
    return and_(Trace.digest.is_not(None), Trace.trace["decision"]["offers_until"].as_string().is_not(None))


def end_offers(session: Session, user_ids: Sequence[UUID], at: datetime) -> None:
    """Deletes the offers, as a revocation does."""
    _audit_deleted(session, delete_offers(session, user_ids), "consent.offers.expired", at)


def notice_due(at: datetime) -> Select[Any]:
    """People of whose consents one ends within 30 days, and who were not told so at this step or a nearer one."""
    return select(User.user_id).where(or_(*(_is_to_be_told(purpose, at) for purpose in PURPOSES)))


def give_notice(session: Session, user_ids: Sequence[UUID], at: datetime) -> None:
    """Stores the notices that these people are due: what their app shows. Nothing is sent."""
    for purpose in PURPOSES:
        until = _until(purpose)
        told = select(User.user_id, literal(purpose), until, _step(until, at), literal(at)).where(
            User.user_id.in_(user_ids), _is_to_be_told(purpose, at)
        )
        columns = ["user_id", "purpose", "expires_at", "days_before", "made_at"]
        session.execute(insert(ConsentNotice).from_select(columns, told).on_conflict_do_nothing())


def notices(session: Session, user_id: UUID, at: datetime) -> Sequence[ConsentNotice]:
    """The notices of consents that are still live and were not renewed since, nearest end first."""
    is_of_now = or_(
        *(
            and_(ConsentNotice.purpose == name, ConsentNotice.expires_at == _until(name), _is_live(name, at))
            for name in PURPOSES
        )
    )
    shown = (
        select(ConsentNotice)
        .join(User, User.user_id == ConsentNotice.user_id)
        .where(User.user_id == user_id, is_of_now)
        .order_by(ConsentNotice.expires_at, ConsentNotice.purpose, ConsentNotice.days_before)
    )
    return session.scalars(shown).all()


def retention_over(ended_by: datetime, at: datetime) -> Select[Any]:
    """People with bank data who last agreed to the analysis until `ended_by` or before, and do not agree now."""
    has_bank_data = or_(*(exists().where(model.user_id == User.user_id) for model in BANK))
    agrees = func.coalesce(_is_live("analysis", at), False)
    return select(User.user_id).where(~agrees, _analysis_ended_at() <= ended_by, has_bank_data)


def purge(session: Session, user_ids: Sequence[UUID], at: datetime) -> None:
    """Deletes what the bank and the people gave, where they live included. What they agreed to stays."""
    deleted = delete_bank_data(session, user_ids)
    session.execute(update(User).where(User.user_id.in_(user_ids)).values(data_version=User.data_version + 1))
    _audit_deleted(session, deleted, "bank_data.purged", at)


def _until(purpose: str) -> Any:
    return User.analysis_until if purpose == "analysis" else User.offers_until


def _is_live(purpose: str, at: datetime) -> ColumnElement[bool]:
    """As `ledger.standing` has it: offers are live as long as the analysis is. NULL where it was never agreed to."""
    return and_(User.analysis_until > at, _until(purpose) > at)


def _step(until: Any, at: datetime) -> ColumnElement[int]:
    """The nearest step that has come: 1 on the last day, 7 in the last week, else 30."""
    nearest_first = sorted(NOTICE_DAYS)
    steps = [(until <= at + timedelta(days=days), days) for days in nearest_first[:-1]]
    return case(*steps, else_=nearest_first[-1])


def _is_to_be_told(purpose: str, at: datetime) -> ColumnElement[bool]:
    until = _until(purpose)
    told = exists().where(
        ConsentNotice.user_id == User.user_id,
        ConsentNotice.purpose == purpose,
        ConsentNotice.expires_at == until,
        ConsentNotice.days_before <= _step(until, at),
    )
    return and_(_is_live(purpose, at), until <= at + timedelta(days=max(NOTICE_DAYS)), ~told)


def _analysis_ended_at() -> ColumnElement[datetime | None]:
    """When the last agreement to the analysis ended: a year after it, or with the first revocation since."""
    granted = select(func.max(Consent.at)).where(*_analysis("grant")).correlate(User).scalar_subquery()
    expiry = select(func.max(Consent.expires_at)).where(*_analysis("grant")).correlate(User).scalar_subquery()
    revoked = (
        select(func.min(Consent.at))
        .where(*_analysis("revoke"), Consent.at >= granted)
        .correlate(User)
        .scalar_subquery()
    )
    return func.least(expiry, revoked)  # a missing one is passed over


def _analysis(action: str) -> tuple[ColumnElement[bool], ...]:
    return Consent.user_id == User.user_id, Consent.purpose == "analysis", Consent.action == action


def _audit_deleted(session: Session, deleted: dict[UUID, dict[str, int]], event: str, at: datetime) -> None:
    details = {user_id: {"deleted": counts} for user_id, counts in deleted.items()}
    audit.record_each(session, details, event, actor="job", at=at)
