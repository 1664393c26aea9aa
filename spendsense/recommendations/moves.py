"""Which status may follow which. Pure: the whole life of a recommendation in one table."""

from collections.abc import Mapping
from typing import Final

from spendsense.errors import Conflict
from spendsense.store.statuses import LIVE, Reason, Status

_ENDINGS: Final = (Status.SUPERSEDED, Status.EXPIRED, Status.OVERRIDDEN)

# None: it does not exist yet. What has ended stays as it is, unless it is undone.
MOVES: Final[Mapping[Status | None, frozenset[Status]]] = {
    None: frozenset(LIVE),
    Status.HELD: frozenset({Status.ACTIVE, Status.REJECTED, *_ENDINGS}),
    Status.PENDING_APPROVAL: frozenset({Status.ACTIVE, Status.REJECTED, *_ENDINGS}),
    Status.ACTIVE: frozenset({Status.HELD, Status.DISMISSED, *_ENDINGS}),
}

# Only when an operator takes back what an operator did: back to where it stood, and out with what replaced it.
UNDO_MOVES: Final[Mapping[Status | None, frozenset[Status]]] = {
    Status.ACTIVE: frozenset({Status.HELD, Status.PENDING_APPROVAL, Status.OVERRIDDEN}),
    Status.REJECTED: frozenset({Status.HELD, Status.PENDING_APPROVAL}),
    Status.OVERRIDDEN: frozenset({Status.HELD, Status.PENDING_APPROVAL, Status.ACTIVE}),
}


def may_move(before: Status | None, after: Status, code: Reason | None = None) -> bool:
    """Whether a recommendation may go from one status to the other; `code` tells whether something is undone."""
    moves = UNDO_MOVES if code is Reason.UNDONE else MOVES
    return after in moves.get(before, frozenset())


def require_move(before: Status | None, after: Status, code: Reason | None = None) -> None:
    """Raises Conflict for a move that is not in the table."""
    if not may_move(before, after, code):
        raise Conflict(f"A recommendation that is {_said(before)} can't become {_said(after)}.")


def _said(status: Status | None) -> str:
    return "not there yet" if status is None else status.replace("_", " ")
