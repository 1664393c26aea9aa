"""The people as operators look them up; of those who do not agree to the analysis, their consent and no more."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, Literal
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, exists, func, select, tuple_
from sqlalchemy.orm import Session, aliased

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
    """The people looked for, at most `limit`, in two statements at most. `window_days` is the primary window.

    By email ascending; by persona ascending, those without one last; by the day of the last change, newest first.
    """
    found: list[PersonSeen] = []
    for part in _parts(search, _Seeing(window_days, at)):
        if len(found) < limit:
            rows = session.execute(part.limit(limit - len(found)))
            found += (_seen(row, at) for row in rows)
    return found


@dataclass(frozen=True, slots=True)
class _Seeing:
    """The tables of people as they are at `at`, with what is known of whoever agrees to the analysis."""

    window_days: int
    at: datetime

    @property
    def is_live(self) -> ColumnElement[bool]:
        return User.analysis_until > self.at

    def people(self) -> Select[Any]:
        """Everybody, in the columns of `_seen`."""
        is_theirs = Persona.user_id == User.user_id, Persona.window_days == self.window_days, self.is_live
        theirs = aliased(PersonaChange)
        of_person = theirs.user_id == User.user_id, theirs.window_days == self.window_days
        changed_at = select(func.max(theirs.changed_at)).where(*of_person).scalar_subquery()
        return (
            select(User.user_id, User.email, User.analysis_until, User.offers_until, self.is_live, Persona.persona)
            .add_columns(changed_at, Flag.user_id.is_not(None))
            .select_from(User)
            .outerjoin(Persona, and_(*is_theirs))
            .outerjoin(Flag, and_(Flag.user_id == User.user_id, self.is_live))
        )

    def has_persona(self) -> ColumnElement[bool]:
        """Who agrees and has one."""
        theirs = aliased(Persona)
        is_theirs = theirs.user_id == User.user_id, theirs.window_days == self.window_days
        return exists().where(*is_theirs, theirs.persona.is_not(None), self.is_live)

    def has_none(self) -> ColumnElement[bool]:
        """Who agrees and has none: mostly few, so that all of them are found first, and not page by page."""
        theirs = select(User.user_id).where(self.is_live, ~self.has_persona()).correlate(None)
        nameless = theirs.cte("nameless").prefix_with("MATERIALIZED")
        return User.user_id.in_(select(nameless.c.user_id))

    def has_changed(self) -> ColumnElement[bool]:
        """Who agrees and was ever named."""
        theirs = aliased(PersonaChange)
        return exists().where(theirs.user_id == User.user_id, theirs.window_days == self.window_days, self.is_live)


def _parts(search: Search, seeing: _Seeing) -> list[Select[Any]]:
    """What is looked for in its order, from the row after the mark on: one query after the other.

    Each is read in the order of an index. No two people stand at one place.
    """
    everybody = seeing.people().where(*_conditions(search, seeing))
    if search.sort == "email":
        return [_after(everybody.order_by(User.email), User.email > search.after[0] if search.after else None)]
    in_order = _by_persona if search.sort == "persona" else _by_change
    return in_order(everybody, search, seeing)


def _by_persona(everybody: Select[Any], search: Search, seeing: _Seeing) -> list[Select[Any]]:
    """Those who have one, by its name; then the others, by their ids."""
    place, user_id = search.after or (None, None)
    named = everybody.where(seeing.is_live, Persona.persona.is_not(None)).order_by(Persona.persona, Persona.user_id)
    others = everybody.order_by(User.user_id)
    if search.persona is None:
        others = others.where(~seeing.has_persona())
    if place == "":
        return [_after(others, User.user_id > user_id)]
    if search.persona == NO_PERSONA:
        return [others]
    is_later = tuple_(Persona.persona, Persona.user_id) > (place, user_id) if search.after else None
    return [_after(named, is_later), *([others] if search.persona is None else [])]


def _by_change(everybody: Select[Any], search: Search, seeing: _Seeing) -> list[Select[Any]]:
    """Those who were ever named, by their last change, the newest first; then the others, by their ids downwards."""
    place, user_id = search.after or (None, None)
    others = everybody.where(~seeing.has_changed()).order_by(User.user_id.desc())
    if place == NEVER:
        return [_after(others, User.user_id < user_id)]
    last = _last_changes(everybody, seeing)
    change = PersonaChange.changed_at, PersonaChange.user_id
    return [_after(last, tuple_(*change) < (place, user_id) if search.after else None), others]


def _after(query: Select[Any], is_after: ColumnElement[bool] | None) -> Select[Any]:
    return query if is_after is None else query.where(is_after)


def _last_changes(query: Select[Any], seeing: _Seeing) -> Select[Any]:
    """Of those who agree, from the last change of all on, each at their own last one."""
    later = aliased(PersonaChange)
    is_later = tuple_(later.changed_at, later.change_id) > tuple_(PersonaChange.changed_at, PersonaChange.change_id)
    of_same = later.user_id == PersonaChange.user_id, later.window_days == PersonaChange.window_days
    return (
        query.join(PersonaChange, PersonaChange.user_id == User.user_id)
        .where(PersonaChange.window_days == seeing.window_days, ~exists().where(*of_same, is_later), seeing.is_live)
        .order_by(PersonaChange.changed_at.desc(), PersonaChange.user_id.desc())
    )


def _conditions(search: Search, seeing: _Seeing) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if search.text is not None:
        found.append(_named(search.text))
    if search.persona == NO_PERSONA:
        found.append(seeing.has_none())
    elif search.persona is not None:
        found.append(Persona.persona == search.persona)
    if search.is_flagged is not None:
        found += [seeing.is_live, Flag.user_id.is_not(None) if search.is_flagged else Flag.user_id.is_(None)]
    return found


def _named(text: str) -> ColumnElement[bool]:
    try:
        return User.user_id == UUID(text)
    except ValueError:
        return User.email.startswith(text.strip().lower(), autoescape=True)


def _seen(row: Sequence[Any], at: datetime) -> PersonSeen:
    user_id, email, analysis_until, offers_until, is_live, persona, changed_at, is_flagged = row
    return PersonSeen(
        user_id,
        email,
        standing(analysis_until, offers_until, at),
        persona,
        changed_at if is_live else None,
        is_flagged if is_live else None,
    )
