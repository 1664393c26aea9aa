"""Where a recommendation stands and why, what people say of it, what operators do and why: the stored words."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final


class Status(StrEnum):
    """One stage of a recommendation's life. Only `active` is ever shown."""

    HELD = "held"  # a text failed its checks
    PENDING_APPROVAL = "pending_approval"
    ACTIVE = "active"
    SUPERSEDED = "superseded"
    EXPIRED = "expired"
    REJECTED = "rejected"
    OVERRIDDEN = "overridden"
    DISMISSED = "dismissed"


LIVE: Final = (Status.HELD, Status.PENDING_APPROVAL, Status.ACTIVE)
WAITING: Final = (Status.HELD, Status.PENDING_APPROVAL)  # for an operator


class Reason(StrEnum):
    """Why a recommendation changed: one code for each change, first of the jobs, then of people."""

    CHOSEN = "chosen"
    AWAITS_APPROVAL = "awaits_approval"
    TEXT_FAILED = "text_failed"  # before it was stored
    TEXT_FAILED_LATER = "text_failed_later"  # when it was about to be shown
    TIME_OVER = "time_over"
    TRIGGER_GONE = "trigger_gone"
    FIGURE_UNKNOWN = "figure_unknown"
    NOT_ELIGIBLE = "not_eligible"
    RULEBOOK_CHANGED = "rulebook_changed"
    OTHER_CAME_FIRST = "other_came_first"
    CONSENT_ENDED = "consent_ended"
    DISMISSED = "dismissed"  # by the person
    TEXT_CHECKED = "text_checked"
    WRONG_FIGURE = "wrong_figure"
    UNCLEAR_TEXT = "unclear_text"
    UNSUITABLE = "unsuitable"
    PERSON_ASKED = "person_asked"
    COMPLIANCE = "compliance"
    OTHER = "other"
    BEFORE_RECORDS = "before_records"  # what happened before changes were recorded
    UNDONE = "undone"  # an operator took an action back


OPERATOR_REASONS: Final = (
    Reason.TEXT_CHECKED,
    Reason.WRONG_FIGURE,
    Reason.UNCLEAR_TEXT,
    Reason.UNSUITABLE,
    Reason.PERSON_ASKED,
    Reason.COMPLIANCE,
    Reason.OTHER,
)


VERDICTS: Final = ("helpful", "not_helpful", "dismissed", "clicked")  # what a person says of a recommendation


class Action(StrEnum):
    """What an operator can do: three things to a recommendation, three to a person, and one to an action."""

    APPROVE = "approve"
    REJECT = "reject"
    OVERRIDE = "override"
    FLAG = "flag"
    UNFLAG = "unflag"
    NOTE = "note"
    UNDO = "undo"


ON_RECOMMENDATIONS: Final = (Action.APPROVE, Action.REJECT, Action.OVERRIDE)
ON_PEOPLE: Final = (Action.FLAG, Action.UNFLAG, Action.NOTE)

PERSON_REASONS: Final = ("vulnerable", "complaint", "wrong_data", "resolved", "person_asked", "compliance", "other")
UNDO_REASONS: Final = ("mistake", "person_asked", "compliance", "other")
REASONS_FOR: Final[Mapping[Action, tuple[str, ...]]] = {
    **dict.fromkeys(ON_RECOMMENDATIONS, OPERATOR_REASONS),
    **dict.fromkeys(ON_PEOPLE, PERSON_REASONS),
    Action.UNDO: UNDO_REASONS,
}
ACTION_REASONS: Final = tuple(dict.fromkeys(code for codes in REASONS_FOR.values() for code in codes))
