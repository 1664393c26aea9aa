"""Who agreed to what, when, until when. Grants and revocations are appended; the live state stands on the user's row.

Both change in one transaction that holds the user's row, which a running job holds too while it writes: a revocation
therefore waits for the write in flight, deletes its results, and every later write finds no consent.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from spendsense.consent.holdings import delete_derived, delete_offers
from spendsense.consent.people import lock_user
from spendsense.errors import ConsentMissing, InvalidInput
from spendsense.store import audit
from spendsense.store.models import Consent, User

PURPOSES = ("analysis", "offers")


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
    """The live state at `at` of a person whose consents end, or ended, at these moments; None: there is none."""
    analysis = analysis_until is not None and analysis_until > at
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

    Ending `analysis` ends `offers` too. Ending one that is not live is recorded all the same and deletes what is left.
    """
    _checked([purpose])
    user = lock_user(session, user_id)
    ended = PURPOSES if purpose == "analysis" else ("offers",)
    for name in ended:
        if name == purpose or getattr(user, f"{name}_until") is not None:
            session.add(
                Consent(
                    user_id=user_id,
                    purpose=name,
                    action="revoke",
                    text_version=text_version,
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
