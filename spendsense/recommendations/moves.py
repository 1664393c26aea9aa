"""Which status may follow which. Pure: the whole life of a recommendation in one table."""

from collections.abc import Mapping
from typing import Final

from spendsense.errors import Conflict
from spendsense.store.statuses import LIVE, Status

_ENDINGS: Final = (Status.SUPERSEDED, Status.EXPIRED, Status.OVERRIDDEN)

# None: it does not exist yet. What has ended stays as it is.
MOVES: Final[Mapping[Status | None, frozenset[Status]]] = {
    None: frozenset(LIVE),
    Status.HELD: frozenset({Status.ACTIVE, Status.REJECTED, *_ENDINGS}),
    Status.PENDING_APPROVAL: frozenset({Status.ACTIVE, Status.REJECTED, *_ENDINGS}),
    Status.ACTIVE: frozenset({Status.HELD, Status.DISMISSED, *_ENDINGS}),
}


def may_move(before: Status | None, after: Status) -> bool:
    """Whether a recommendation may go from one status to the other."""
    return after in MOVES.get(before, frozenset())


def require_move(before: Status | None, after: Status) -> None:
    """Raises Conflict for a move that is not in the table."""
    if not may_move(before, after):
        raise Conflict(f"A recommendation that is {_said(before)} can't become {_said(after)}.")


def _said(status: Status | None) -> str:
    return "not there yet" if status is None else status.replace("_", " ")
