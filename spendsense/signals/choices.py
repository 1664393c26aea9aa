"""What people say of their streams: it recurs, it does not, it is part of that one, it is called so."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from spendsense.consent import ledger
from spendsense.consent.people import lock_user
from spendsense.errors import FieldError, InvalidInput, NotFound
from spendsense.store import audit
from spendsense.store.models import Stream, StreamChoice, User

VERDICTS: Final = ("recurring", "not_recurring")
LONGEST_NAME: Final = 80


def choose(
    session: Session,
    user_id: UUID,
    stream_id: UUID,
    changes: Mapping[str, str | UUID | None],
    at: datetime,
) -> StreamChoice:
    """Stores what the person says: `changes` holds any of verdict, same_as and name; None takes that one back.

    The person is stale then, and measured anew with it. Audited, but for the name. What was said already is not said
    again. Raises NotFound for a stream that is not the person's, ConsentMissing, InvalidInput.
    """
    if not changes:
        raise InvalidInput("Say at least one of verdict, same_as and name.")
    lock_user(session, user_id)
    ledger.require(session, user_id, "analysis", at)
    choice = _choice_of(session, user_id, stream_id, at)
    if all(getattr(choice, field) == value for field, value in changes.items()):
        return choice  # said already
    session.add(choice)
    for field, value in changes.items():
        setattr(choice, field, value)
    _check(session, choice)
    choice.chosen_at = at
    session.execute(update(User).where(User.user_id == user_id).values(data_version=User.data_version + 1))
    detail = {
        "stream_id": str(stream_id),
        **{field: value and str(value) for field, value in changes.items() if field != "name"},
        **({"renamed": changes["name"] is not None} if "name" in changes else {}),
    }
    audit.record(session, user_id, "stream.chosen", actor="person", at=at, detail=detail)
    session.flush()
    return choice


def _choice_of(session: Session, user_id: UUID, stream_id: UUID, at: datetime) -> StreamChoice:
    choice = session.get(StreamChoice, (user_id, stream_id))
    stream = session.get(Stream, (user_id, stream_id))
    if choice is None and stream is None:
        raise NotFound("There is no such stream.")
    if choice is None:
        assert stream is not None
        choice = StreamChoice(
            user_id=user_id,
            stream_id=stream_id,
            counterparty_key=stream.counterparty_key,
            direction=stream.direction,
            plan=stream.plan,
            chosen_at=at,
        )
    if stream is not None:
        choice.cadence, choice.transaction_ids = stream.cadence, stream.transaction_ids
    return choice


def _check(session: Session, choice: StreamChoice) -> None:
    """Raises InvalidInput where the choice can't be."""
    if choice.verdict is not None and choice.verdict not in VERDICTS:
        raise _invalid("verdict", f"must be one of {', '.join(VERDICTS)}, or null")
    name = choice.name
    if name is not None and not (0 < len(name.strip()) <= len(name) <= LONGEST_NAME and name.isprintable()):
        raise _invalid("name", f"must have 1 to {LONGEST_NAME} characters, none of them a control character")
    if choice.same_as is None:
        return
    with session.no_autoflush:
        other = session.get(Stream, (choice.user_id, choice.same_as)) or session.get(
            StreamChoice, (choice.user_id, choice.same_as)
        )
    if choice.same_as == choice.stream_id:
        raise _invalid("same_as", "is this stream itself")
    if other is None:
        raise _invalid("same_as", "is no stream of this person")
    if other.direction != choice.direction:
        raise _invalid("same_as", "goes in the other direction")
    if _leads_back(session, choice):
        raise _invalid("same_as", "is itself a part of this stream")


def _leads_back(session: Session, choice: StreamChoice) -> bool:
    with session.no_autoflush:
        following = dict(
            session.execute(
                select(StreamChoice.stream_id, StreamChoice.same_as).where(StreamChoice.user_id == choice.user_id)
            ).all()
        )
    following[choice.stream_id] = None  # what it leads to is what is asked
    target = choice.same_as
    while target is not None and target != choice.stream_id:
        target = following.get(target)
    return target is not None


def _invalid(field: str, detail: str) -> InvalidInput:
    return InvalidInput(f"{field} {detail}.", [FieldError(f"/{field}", detail)])
