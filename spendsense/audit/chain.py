"""The audit's chain of hashes, and whether it holds. Records are appended by `store.audit`, linked by the database.

The form, exactly. Records are linked in the order in which their transactions commit, at positions 1, 2, 3 … without
gaps. The content of a record is six texts with a line feed (U+000A) between each two, as UTF-8:

    event_id   decimal
    subject    the UUID in lower case with hyphens; empty where there is none
    at         UTC with six digits of microseconds: 2026-11-24T01:00:00.000000Z
    actor
    event      these two never hold a line feed: a constraint of the table
    detail     PostgreSQL's text of the jsonb, in which a line feed is written as \\n

    hash(0) = 32 zero bytes
    hash(n) = SHA-256(hash(n - 1), 32 bytes, followed by the content of the record at position n)

So a hash speaks for its record and all before it. What an anchor (`audit.anchors`) says of one position holds for
everything up to it, kept by somebody whom the database's owner can't reach.

Free text is in no record: it can be erased. A record holds `note_hash`, the hash of a salt and the text, both of which
stand beside the operator's action; once they are gone, the hash tells nothing and the chain still holds.

Here everything is hashed anew in this process, from the rows as they are: no function of the database is believed.
"""

import re
from binascii import hexlify
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final, Literal

from psycopg2.extensions import cursor as Cursor
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from spendsense.audit.anchors import Anchor
from spendsense.store import sql
from spendsense.store.copying import Taking
from spendsense.store.models import AuditEvent, AuditLink
from spendsense.store.session import raw_cursor

LINKS_AT_ONCE: Final = 50_000
START: Final = bytes(32)

Kind = Literal[
    "link missing",
    "record missing",
    "record changed",
    "record unlinked",
    "anchor differs",
    "anchor forged",
    "cut",
    "note changed",
]

_NULL: Final = b"\\N"
_ESCAPE: Final = re.compile(rb"\\(.)")
_MEANING: Final = {b"n": b"\n", b"t": b"\t", b"r": b"\r", b"b": b"\b", b"f": b"\f", b"v": b"\v"}


@dataclass(frozen=True, slots=True)
class Place:
    """A position in the chain and the hash there. The default is the place before the first record."""

    position: int = 0
    hash: bytes = START


@dataclass(frozen=True, slots=True)
class Fault:
    """The first thing that is wrong: at which position, with which record. None where there is no such thing."""

    kind: Kind
    detail: str
    position: int | None = None
    event_id: int | None = None


@dataclass(frozen=True, slots=True)
class Verification:
    """What was looked at: the links after `begin` up to `end`. `is_whole`: the chain's end was reached, or a fault."""

    begin: Place
    end: Place
    is_whole: bool
    anchors: int  # how many anchors of these positions were compared
    fault: Fault | None

    @property
    def is_intact(self) -> bool:
        """Whether nothing was found wrong in what was looked at."""
        return self.fault is None


def verify(
    session: Session,
    anchors: Sequence[Anchor] = (),
    begin: Place = Place(),
    is_over: Callable[[], bool] = lambda: False,
) -> Verification:
    """Hashes the chain anew from `begin` on, and compares it with the anchors, whose signatures the caller has checked.

    `begin` may be where a verification before ended: that is an anchor, too.

    Reads a stretch of links at a time, in bounded memory; stops early between two when `is_over()` says so. Finds the
    first record that was changed, moved, put in or taken out; records without a link, and a tail that is cut off, as
    far as an anchor tells of it; notes that are not what was recorded.
    """
    later = [anchor for anchor in anchors if anchor.count > begin.position]
    walk = _Walk(begin.position, begin.hash, _heads(later), _lost(session, begin))
    is_at_end = False
    with raw_cursor(session) as cursor:
        while not walk.fault and not is_at_end:
            before = walk.position
            _walk_on(cursor, walk)
            is_at_end = walk.position < before + LINKS_AT_ONCE
            if is_over():
                break
    fault = walk.fault
    if is_at_end and fault is None:
        fault = _cut(walk, later) or _unlinked(session) or _changed_note(session)
    compared = sum(anchor.count <= walk.position for anchor in later)
    return Verification(begin, Place(walk.position, walk.hash), is_at_end or fault is not None, compared, fault)


def head(session: Session) -> tuple[Place, int]:
    """The chain's last place, and the number of the record there (0: there is none)."""
    last = session.execute(
        select(AuditLink.position, AuditLink.hash, AuditLink.event_id).order_by(AuditLink.position.desc()).limit(1)
    ).one_or_none()
    return (Place(last.position, last.hash), last.event_id) if last else (Place(), 0)


@dataclass(slots=True)
class _Walk:
    """How far the chain holds. Takes lines of `links.sql` as COPY gives them, and nothing more after a fault."""

    position: int
    hash: bytes
    heads: Mapping[int, set[bytes]]  # what the anchors say, by position
    fault: Fault | None

    def take(self, line: bytes) -> None:
        """One link beside its record."""
        if self.fault is not None:
            return
        position, event_id, stored, content = line[:-1].split(b"\t", 3)
        expected = self.position + 1
        if int(position) != expected:
            self.fault = Fault("link missing", f"There is no link at position {expected}.", expected)
        elif content.startswith(_NULL):
            self._fail(
                "record missing",
                f"The record {event_id.decode()}, at position {expected}, is gone.",
                expected,
                event_id,
            )
        else:
            self._compare(expected, event_id, stored, content.replace(b"\t", b"\n"))

    def _compare(self, position: int, event_id: bytes, stored: bytes, content: bytes) -> None:
        if b"\\" in content:
            content = _ESCAPE.sub(lambda found: _MEANING.get(found[1], found[1]), content)
        found = sha256(self.hash + content).digest()
        if hexlify(found) != stored:
            detail = f"The record {event_id.decode()} is not what was linked at position {position}."
            self._fail("record changed", detail, position, event_id)
        elif position in self.heads and self.heads[position] != {found}:
            detail = f"An anchor has another hash for position {position}: the chain up to it was written anew."
            self._fail("anchor differs", detail, position, event_id)
        else:
            self.position, self.hash = position, found

    def _fail(self, kind: Kind, detail: str, position: int, event_id: bytes) -> None:
        self.fault = Fault(kind, detail, position, int(event_id))


def _walk_on(cursor: Cursor, walk: _Walk) -> None:
    """Walks over the next stretch of links. One whose first link is missing is looked for in all that follow."""
    bounds: dict[str, Any] = {"after": walk.position, "upto": walk.position + LINKS_AT_ONCE}
    query = cursor.mogrify(sql.load("spendsense.audit", "links.sql"), bounds).decode()
    taking: Any = Taking(walk.take)
    cursor.copy_expert(f"COPY ({query}) TO STDOUT", taking)
    if walk.fault is None and walk.position < bounds["upto"]:
        cursor.execute("SELECT EXISTS (SELECT FROM audit_links WHERE position > %(upto)s)", bounds)
        if (cursor.fetchone() or (False,))[0]:
            missing = walk.position + 1
            walk.fault = Fault("link missing", f"There is no link at position {missing}.", missing)


def _heads(anchors: Sequence[Anchor]) -> dict[int, set[bytes]]:
    heads: dict[int, set[bytes]] = {}
    for anchor in anchors:
        heads.setdefault(anchor.count, set()).add(anchor.head)
    return heads


def _lost(session: Session, begin: Place) -> Fault | None:
    """Where a verification before came to, and the chain does not come any more."""
    if begin == Place():
        return None
    found = session.scalar(select(AuditLink.hash).where(AuditLink.position == begin.position))
    if found is None:
        return Fault("cut", f"There is no link at position {begin.position} any more.", begin.position)
    if found != begin.hash:
        return Fault("anchor differs", f"There was another hash at position {begin.position}.", begin.position)
    return None


def _cut(walk: _Walk, anchors: Sequence[Anchor]) -> Fault | None:
    longest = max((anchor.count for anchor in anchors), default=0)
    if longest <= walk.position:
        return None
    detail = f"The chain ends at position {walk.position}; an anchor tells of {longest}."
    return Fault("cut", detail, walk.position + 1)


def _unlinked(session: Session) -> Fault | None:
    """A record that no link speaks for: put in behind the database's back. Links are made with their records."""
    is_linked = select(AuditLink.event_id).where(AuditLink.event_id == AuditEvent.event_id).exists()
    event_id = session.scalar(select(AuditEvent.event_id).where(~is_linked).order_by(AuditEvent.event_id).limit(1))
    if event_id is None:
        return None
    return Fault("record unlinked", f"The record {event_id} has no link.", None, event_id)


def _changed_note(session: Session) -> Fault | None:
    """A note that is not the one that was recorded with its action. One that is gone was erased: that is in order."""
    action_id = session.scalar(text(sql.load("spendsense.audit", "changed_note.sql")))
    return Fault("note changed", f"The note of the action {action_id} is not in the records.") if action_id else None
