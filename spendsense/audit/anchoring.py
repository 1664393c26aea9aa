"""Anchors of the chain as it stands: made, and compared with it."""

from collections.abc import Callable, Sequence
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from spendsense.audit import anchors, chain
from spendsense.audit.anchors import Anchor
from spendsense.audit.chain import Fault, Place, Verification
from spendsense.store.models import AuditAnchor


def anchor(session: Session, key: bytes, at: datetime) -> Anchor:
    """An anchor of the chain's present end, stored and returned."""
    place, last_event_id = chain.head(session)
    made = anchors.sign(place.position, last_event_id, place.hash, at, key)
    anchors.keep(session, made)
    return made


def anchor_news(session: Session, key: bytes, at: datetime) -> Anchor | None:
    """The same, unless the last one says it all."""
    place, _ = chain.head(session)
    if place.position == session.scalar(select(func.max(AuditAnchor.count))):
        return None
    return anchor(session, key, at)


def verify_with(
    session: Session,
    given: Sequence[Anchor],
    public_key: bytes | None,
    begin: Place = Place(),  # noqa: B008  frozen
    is_over: Callable[[], bool] = lambda: False,
) -> Verification:
    """Verifies the chain with the anchors given, whose signatures are known to be good, and with the stored ones.

    A stored anchor that names the public key must have its signature. Others were made with a key of before, or by
    somebody else: they are passed over, unless there is no key to tell by; then all of them count.
    """
    stored = anchors.kept(session)
    if public_key is not None:
        stored = [one for one in stored if one.public_key == public_key]
        forged = next((one for one in stored if not one.is_signed_by(public_key)), None)
        if forged is not None:
            fault = Fault("anchor forged", f"The stored anchor of {forged.count} records was changed.", forged.count)
            return Verification(begin, begin, True, 0, fault)
    return chain.verify(session, [*given, *stored], begin, is_over)
