"""Who agreed to what, when, until when. Grants and revocations are appended; the live state stands on the user's row.

Both change in one transaction that holds the user's row, which a running job holds too while it writes: a revocation
therefore waits for the write in flight, deletes its results, and every later write finds no consent.

Offers end with the analysis, however that ends. Where its time is over, the agreement to offers has ended at that
moment, whether or not anybody has written so yet; the nightly run, or the person's next grant or revocation, writes it.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, ScalarSelect, and_, func, insert, literal, select, update
from sqlalchemy.orm import Session

from spendsense.consent.holdings import delete_derived, delete_offers
from spendsense.consent.people import lock_user
from spendsense.errors import ConsentMissing, InvalidInput
from spendsense.store import audit
from spendsense.store.models import Consent, User

PURPOSES = ("analysis", "offers")
BY_EXPIRY: Final = "expiry"
"""The method of a revocation that nobody asked for: the analysis was over, and the offers with it."""


@dataclass(frozen=True, slots=True)
class ConsentState:
    """What a person agrees to at one moment, and until when."""

    analysis: bool
    offers: bool
    analysis_until: datetime | None
    offers_until: datetime | None


def state(session: Session, user_id: UUID, at: datetime) -> ConsentState:
    """The live state at `at`. An unknown person has agreed to nothing."""
    row = session.execute(select(User.analysis_until, User.offers_until).where(User.user_id == user_id)).one_or_none()
    analysis_until, offers_until = row or (None, None)
    return standing(analysis_until, offers_until, at)


def standing(analysis_until: datetime | None, offers_until: datetime | None, at: datetime) -> ConsentState:
    """The live state at `at` of a person whose consents end, or ended, at these moments; None: there is none.

    Offers that were to last longer than an analysis that is over have ended with it.
    """
    analysis = analysis_until is not None and analysis_until > at
    if not analysis and analysis_until is not None and offers_until is not None:
        offers_until = min(offers_until, analysis_until)
    offers = analysis and offers_until is not None and offers_until > at
    return ConsentState(analysis, offers, analysis_until, offers_until)


def require(session: Session, user_id: UUID, purpose: str, at: datetime) -> None:
    """Raises ConsentMissing unless the person agrees to `purpose` at `at`."""
    current = state(session, user_id, at)
    if not (current.analysis if purpose == "analysis" else current.offers):
        raise ConsentMissing(purpose)


def grant(
    session: Session,
    user_id: UUID,
    purposes: Iterable[str],
    *,
    method: str,
    text_version: str,
    at: datetime,
    ip_address: str | None = None,
    evidence: str | None = None,
) -> None:
    """Records that the person agrees, for a year from `at`. Raises ConsentMissing for offers without analysis."""
    chosen = [purpose for purpose in PURPOSES if purpose in _checked(purposes)]
    user = lock_user(session, user_id)
    end_offers_with_analysis(session, [user_id], at)
    if "offers" in chosen and "analysis" not in chosen:
        require(session, user_id, "analysis", at)
    until = a_year_after(at)
    for purpose in chosen:
        session.add(
            Consent(
                user_id=user_id,
                purpose=purpose,
                action="grant",
                text_version=text_version,
                method=method,
                evidence=evidence,
                ip_address=ip_address,
                at=at,
                expires_at=until,
            )
        )
        setattr(user, f"{purpose}_until", until)
    user.consent_version += 1
    session.flush()


def revoke(
    session: Session,
    user_id: UUID,
    purpose: str,
    *,
    method: str,
    text_version: str,
    at: datetime,
    ip_address: str | None = None,
) -> dict[str, int]:
    """Ends a consent at once and deletes what was derived under it. Returns the deleted rows, by table.

    Ending `analysis` ends `offers` too, where they are live. Ending one that is not live is recorded all the same and
    deletes what is left. The record names the version of the text that was last agreed to; `text_version`, the one in
    force, where the person never agreed.
    """
    _checked([purpose])
    user = lock_user(session, user_id)
    end_offers_with_analysis(session, [user_id], at)
    before = standing(user.analysis_until, user.offers_until, at)
    ended = PURPOSES if purpose == "analysis" else ("offers",)
    for name in ended:
        if name == purpose or before.offers:
            agreed_to = session.scalar(select(last_version(name)).where(User.user_id == user_id))
            session.add(
                Consent(
                    user_id=user_id,
                    purpose=name,
                    action="revoke",
                    text_version=agreed_to or text_version,
                    method=method,
                    ip_address=ip_address,
                    at=at,
                )
            )
        setattr(user, f"{name}_until", None)
    user.consent_version += 1
    delete = delete_derived if purpose == "analysis" else delete_offers
    session.flush()
    deleted = delete(session, [user_id])[user_id]
    audit.record(session, user_id, f"consent.{purpose}.revoked", actor="person", at=at, detail={"deleted": deleted})
    return deleted


def outlived_analysis(at: datetime) -> ColumnElement[bool]:
    """Of a person's row: the analysis is over, and that the offers ended with it has not been written yet."""
    return and_(User.analysis_until <= at, User.offers_until > User.analysis_until)


def end_offers_with_analysis(session: Session, user_ids: Collection[UUID], at: datetime) -> None:
    """Writes of those whose analysis is over that their offers ended at that same moment, unless it is written.

    It stands in the ledger as a revocation does, with the method `expiry`. The caller holds these people's rows.
    """
    is_due = and_(User.user_id.in_(user_ids), outlived_analysis(at))
    values: dict[str, Any] = {
        "user_id": User.user_id,
        "purpose": literal("offers"),
        "action": literal("revoke"),
        "text_version": func.coalesce(last_version("offers"), ""),
        "method": literal(BY_EXPIRY),
        "at": User.analysis_until,
    }
    session.execute(insert(Consent).from_select(list(values), select(*values.values()).where(is_due)))
    ended = {"offers_until": User.analysis_until, "consent_version": User.consent_version + 1}
    session.execute(update(User).where(is_due).values(ended), execution_options={"synchronize_session": "fetch"})


def last_version(purpose: str) -> ScalarSelect[str]:
    """Of a person's row: the version of the text that they last agreed to for this purpose; NULL: of none."""
    return (
        select(Consent.text_version)
        .where(Consent.user_id == User.user_id, Consent.purpose == purpose, Consent.action == "grant")
        .order_by(Consent.at.desc())
        .limit(1)
        .correlate(User)
        .scalar_subquery()
    )


def a_year_after(moment: datetime) -> datetime:
    """The same moment a year later; a 29 February becomes 1 March."""
    try:
        return moment.replace(year=moment.year + 1)
    except ValueError:
        return moment.replace(year=moment.year + 1, day=28) + timedelta(days=1)


def _checked(purposes: Iterable[str]) -> list[str]:
    purposes = list(purposes)
    unknown = [purpose for purpose in purposes if purpose not in PURPOSES]
    if unknown or not purposes:
        raise InvalidInput(f"A consent is to one or both of {', '.join(PURPOSES)}.")
    return purposes
