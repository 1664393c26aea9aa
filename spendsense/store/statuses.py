"""Where a recommendation stands, and why it came to stand there: the words that are stored."""

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


OPERATOR_REASONS: Final = (
    Reason.TEXT_CHECKED,
    Reason.WRONG_FIGURE,
    Reason.UNCLEAR_TEXT,
    Reason.UNSUITABLE,
    Reason.PERSON_ASKED,
    Reason.COMPLIANCE,
    Reason.OTHER,
)
