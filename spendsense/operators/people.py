"""The people as operators look them up; of those who do not agree to the analysis, their consent and no more."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, Literal
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, case, func, select, tuple_
from sqlalchemy.orm import Session

from spendsense.consent.ledger import ConsentState, standing
from spendsense.store.models import Flag, Persona, PersonaChange, User

Sort = Literal["email", "persona", "changed"]
NO_PERSONA: Final = "none"  # asks for those who agree and have no persona yet
NEVER: Final = datetime(1, 1, 1, tzinfo=UTC)  # where whoever has never changed stands in the order


@dataclass(frozen=True, slots=True)
class Search:
    """What is looked for, in which order, and after which row: its place and its id."""

    text: str | None = None  # the beginning of an email, or a whole id
    persona: str | None = None
    is_flagged: bool | None = None
    sort: Sort = "email"
    after: tuple[Any, UUID] | None = None


@dataclass(frozen=True, slots=True)
class PersonSeen:
    """One person of the list. The last three are None without live consent to the analysis."""

    user_id: UUID
    email: str
    consent: ConsentState
    persona: str | None
    persona_changed_at: datetime | None
    is_flagged: bool | None

    def place(self, sort: Sort) -> str | datetime:
        """Where the person stands in that order, beside their id."""
        if sort == "changed":
            return self.persona_changed_at or NEVER
        return self.email if sort == "email" else self.persona or ""


def find_people(session: Session, search: Search, window_days: int, at: datetime, limit: int) -> list[PersonSeen]:
    """The people looked for, at most `limit`, in one statement. `window_days` is the primary window.

    By email ascending; by persona ascending, those without one last; by the day of the last change, newest first.
    """
    is_live = User.analysis_until > at
    changed_at = _changed_at(window_days)
    query = (
        select(User.user_id, User.email, User.analysis_until, User.offers_until, is_live, Persona.persona)
        .add_columns(changed_at, Flag.user_id.is_not(None))
        .outerjoin(Persona, and_(Persona.user_id == User.user_id, Persona.window_days == window_days, is_live))
        .outerjoin(Flag, and_(Flag.user_id == User.user_id, is_live))
        .where(*_conditions(search, is_live))
    )
    rows = session.execute(_in_order(query, search, is_live, changed_at).limit(limit)).all()
    return [
        PersonSeen(
            user_id,
            email,
            standing(analysis_until, offers_until, at),
            persona,
            changed if live else None,
            flagged if live else None,
        )
        for user_id, email, analysis_until, offers_until, live, persona, changed, flagged in rows
    ]


def _changed_at(window_days: int) -> Any:
    """When the person's persona last changed."""
    of_person = PersonaChange.user_id == User.user_id, PersonaChange.window_days == window_days
    return select(func.max(PersonaChange.changed_at)).where(*of_person).scalar_subquery()


def _conditions(search: Search, is_live: ColumnElement[bool]) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if search.text is not None:
        found.append(_named(search.text))
    if search.persona == NO_PERSONA:
        found += [is_live, Persona.persona.is_(None)]
    elif search.persona is not None:
        found.append(Persona.persona == search.persona)
    if search.is_flagged is not None:
        found += [is_live, Flag.user_id.is_not(None) if search.is_flagged else Flag.user_id.is_(None)]
    return found


def _named(text: str) -> ColumnElement[bool]:
    try:
        return User.user_id == UUID(text)
    except ValueError:
        return User.email.startswith(text.strip().lower(), autoescape=True)


def _in_order(query: Select[Any], search: Search, is_live: ColumnElement[bool], changed_at: Any) -> Select[Any]:
    """The query with its order, from the row after the mark on. No two people stand at one place."""
    if search.sort == "email":
        if search.after:
            query = query.where(User.email > search.after[0])
        return query.order_by(User.email)
    if search.sort == "persona":
        persona = func.coalesce(Persona.persona, "")
        key = persona == "", persona, User.user_id
        if search.after:
            place, user_id = search.after
            query = query.where(tuple_(*key) > tuple_(place == "", place, user_id))
        return query.order_by(*key)
    newest = case((is_live, func.coalesce(changed_at, NEVER)), else_=NEVER)
    if search.after:
        query = query.where(tuple_(newest, User.user_id) < tuple_(*search.after))
    return query.order_by(newest.desc(), User.user_id.desc())
