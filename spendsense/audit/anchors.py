"""Anchors: how far the audit's chain went at a moment, signed, so that a bank can keep it where nobody here can write.

Whoever owns the database can write its whole chain anew, hashes and all, or cut off its end; the chain alone can't
tell. An anchor that is kept elsewhere can. It is signed with Ed25519 (RFC 8032) over this text, as UTF-8, with a line
feed (U+000A) between each two lines and none at the end:

    spendsense audit anchor 1
    count           how many records were linked, decimal
    last_event_id   the number of the last one, decimal; 0 where there was none
    head            the hash there, hex
    made_at         UTC, ISO 8601 with six digits of microseconds: 2026-11-24T01:00:00.000000+00:00

The private key is AUDIT_ANCHOR_KEY, 32 bytes in hex; whoever verifies needs the public key alone.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from sqlalchemy import select
from sqlalchemy.orm import Session

from spendsense.errors import InvalidInput
from spendsense.store.models import AuditAnchor

FORM: Final = "spendsense audit anchor 1"
LARGEST_FILE: Final = 10_000  # bytes


@dataclass(frozen=True, slots=True)
class Anchor:
    """That `count` records were linked at a moment, the last of them and the hash there."""

    count: int
    last_event_id: int
    head: bytes
    made_at: datetime
    public_key: bytes
    signature: bytes

    @property
    def signed(self) -> bytes:
        """What the signature is over."""
        made_at = self.made_at.astimezone(UTC).isoformat(timespec="microseconds")
        return "\n".join([FORM, str(self.count), str(self.last_event_id), self.head.hex(), made_at]).encode()

    def is_signed_by(self, public_key: bytes) -> bool:
        """Whether the owner of that key made this anchor, whatever key it names itself."""
        try:
            Ed25519PublicKey.from_public_bytes(public_key).verify(self.signature, self.signed)
        except (InvalidSignature, ValueError):
            return False
        return True


class _File(msgspec.Struct, forbid_unknown_fields=True):
    """An anchor as it is written down."""

    form: str
    count: int
    last_event_id: int
    head: str
    made_at: datetime
    public_key: str
    signature: str


def public_key_of(key: bytes) -> bytes:
    """The public key of a private one, 32 bytes each."""
    return Ed25519PrivateKey.from_private_bytes(key).public_key().public_bytes_raw()


def sign(count: int, last_event_id: int, head: bytes, made_at: datetime, key: bytes) -> Anchor:
    """An anchor signed with the private key."""
    unsigned = Anchor(count, last_event_id, head, made_at, public_key_of(key), b"")
    signature = Ed25519PrivateKey.from_private_bytes(key).sign(unsigned.signed)
    return Anchor(count, last_event_id, head, made_at, unsigned.public_key, signature)


def keep(session: Session, anchor: Anchor) -> None:
    """Stores an anchor beside the chain: against whoever does not think of it."""
    session.add(
        AuditAnchor(
            count=anchor.count,
            last_event_id=anchor.last_event_id,
            head=anchor.head,
            made_at=anchor.made_at,
            public_key=anchor.public_key,
            signature=anchor.signature,
        )
    )
    session.flush()


def kept(session: Session) -> Sequence[Anchor]:
    """The stored anchors, oldest first. Anybody who may write there can have put them there: look at the signatures."""
    rows = session.scalars(select(AuditAnchor).order_by(AuditAnchor.anchor_id))
    return [Anchor(row.count, row.last_event_id, row.head, row.made_at, row.public_key, row.signature) for row in rows]


def encode(anchor: Anchor) -> bytes:
    """An anchor as a line of JSON."""
    made_at = anchor.made_at.astimezone(UTC)
    texts = (anchor.head.hex(), made_at, anchor.public_key.hex(), anchor.signature.hex())
    return msgspec.json.encode(_File(FORM, anchor.count, anchor.last_event_id, *texts)) + b"\n"


def decode(content: bytes) -> Anchor:
    """The anchor that was written down. Raises InvalidInput for what is none; its signature is not looked at."""
    try:
        read = msgspec.json.decode(content[:LARGEST_FILE], type=_File)
        if read.form != FORM or read.made_at.tzinfo is None:
            raise ValueError(read.form)
        texts: Any = [bytes.fromhex(text) for text in (read.head, read.public_key, read.signature)]
    except (msgspec.DecodeError, ValueError) as error:
        raise InvalidInput("This is no anchor of an audit.") from error
    head, public_key, signature = texts
    return Anchor(read.count, read.last_event_id, head, read.made_at, public_key, signature)
