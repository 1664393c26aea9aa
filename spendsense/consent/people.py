"""Who a person is to us: a record known by its email until the first login, and by the token's `sub` from then on."""

from uuid import UUID

from sqlalchemy import String, cast, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from spendsense.errors import Forbidden, InvalidInput, NotFound
from spendsense.store import identity
from spendsense.store.models import Progress, User


def find_or_create_user(session: Session, email: str) -> User:
    """The person with this email, made if new; safe when two processes ask at once."""
    email = normalise_email(email)
    session.execute(insert(User).values(email=email).on_conflict_do_nothing(index_elements=["email"]))
    return _with_progress(session, session.scalars(select(User).where(User.email == email)).one())


def find_user(session: Session, email: str) -> User:
    """The person with this email. Raises NotFound."""
    user = session.scalars(select(User).where(User.email == normalise_email(email))).one_or_none()
    if user is None:
        raise NotFound("There is no person with this email.")
    return user


def user_for_token(session: Session, sub: str, email: str | None, email_verified: bool) -> User:
    """The person that a verified token names.

    A known `sub` is enough. Otherwise the token must carry a verified email: it claims the record that was imported
    under it and has no `sub` yet, or makes a new one. Raises Forbidden for an access token of somebody unknown, and
    for an email that belongs to another `sub`.
    """
    user = user_of_login(session, sub)
    if user is not None:
        return user
    if not email or not email_verified:
        raise Forbidden("This token carries no verified email; log in once with an ID token.")
    email = normalise_email(email)
    session.execute(insert(User).values(email=email).on_conflict_do_nothing(index_elements=["email"]))
    session.execute(update(User).where(User.email == email, User.sub.is_(None)).values(sub=sub))
    user = user_of_login(session, sub)
    if user is None:
        raise Forbidden("This email belongs to another login.")
    return _with_progress(session, user)


def user_of_login(session: Session, sub: str) -> User | None:
    """The person whose login this is; None before the first one, and for somebody of the bank.

    A consumer's transaction is from here on that person's (`store.identity`): their rows are what it sees.
    """
    query = select(
        User,
        func.set_config("spendsense.user_id", cast(User.user_id, String), True),
        func.set_config("spendsense.audit_subject", cast(User.audit_subject, String), True),
    )
    found = session.execute(query.where(User.sub == sub)).one_or_none()
    if found is None:
        return None
    user: User = found[0]
    identity.remember(user.user_id, user.audit_subject)
    return user


def lock_user(session: Session, user_id: UUID) -> User:
    """The person's row, locked until the transaction ends: whoever writes anything of theirs holds it."""
    user = session.scalars(
        select(User).where(User.user_id == user_id).with_for_update().execution_options(populate_existing=True)
    ).one_or_none()
    if user is None:
        raise NotFound("There is no such person.")
    return user


def normalise_email(email: str) -> str:
    """The email in lower case, trimmed. Raises InvalidInput for what can't be one.

    A letter that only in lower case is one of ASCII's would make it another mailbox's (the Kelvin sign becomes a k).
    """
    turns = any(not letter.isascii() and letter.lower().isascii() for letter in email.strip())
    email = email.strip().lower()
    local, at, domain = email.rpartition("@")
    is_written_so = not turns and not any(c.isspace() or not c.isprintable() for c in email)
    if not at or not local or not domain or len(email) > 254 or not is_written_so:
        raise InvalidInput("This is not an email address.")
    return email


def _with_progress(session: Session, user: User) -> User:
    session.execute(insert(Progress).values(user_id=user.user_id).on_conflict_do_nothing())
    return user
