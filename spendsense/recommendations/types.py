"""What a decision takes in and what comes out of it, as values."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from spendsense.recommendations.choose import Candidate
from spendsense.recommendations.eligibility import Check, Circumstances
from spendsense.recommendations.rationale import Rendered
from spendsense.rulebook.types import Delivery, EducationItem, Offer, Rulebook
from spendsense.signals.types import UserSignals
from spendsense.store.statuses import Reason, Status

Item = EducationItem | Offer


@dataclass(frozen=True, slots=True)
class Row:
    """A stored recommendation: live (held, pending approval or active), or ended within the days of rest."""

    recommendation_id: str
    kind: str  # education, offer
    item_id: str
    status: str
    position: int
    expires_on: date
    ended_on: date | None  # None: live
    fingerprint: str  # of the catalog entry that it was made from


@dataclass(frozen=True, slots=True)
class Person:
    """All that a decision takes in, beside the rulebook and the day. A trace keeps it whole, to decide again from."""

    persona: str | None
    signals: UserSignals
    offers_until: date | None  # None: no live consent to offers
    circumstances: Circumstances
    rows: tuple[Row, ...]
    seen_on: Mapping[str, date] = field(default_factory=dict)  # signal or its group → last day of its evidence
    delivery: Delivery = "auto"  # of the stage


@dataclass(frozen=True, slots=True)
class Ending:
    """A live row that ends."""

    recommendation_id: str
    before: Status
    status: Status  # expired, superseded
    code: Reason
    reason: str


@dataclass(frozen=True, slots=True)
class Replaced:
    """What an operator asked for: which recommendation goes, what takes its place (None: nothing), and the reason."""

    recommendation_id: str
    by_item: str | None
    code: Reason


@dataclass(frozen=True, slots=True)
class Issue:
    """An item that begins: active, pending approval, or held with the faults of its text."""

    item: Item
    kind: str
    position: int
    status: Status
    code: Reason
    reason: str | None
    rendered: Rendered
    card_account_id: str | None


@dataclass(slots=True)
class Decision:
    """Everything that changes, and what was looked at on the way."""

    endings: list[Ending] = field(default_factory=list)
    moves: list[tuple[str, int]] = field(default_factory=list)  # kept rows whose place among the shown changes
    issues: list[Issue] = field(default_factory=list)
    candidates: list[Candidate] = field(default_factory=list)
    offer_checks: list[tuple[str, tuple[Check, ...]]] = field(default_factory=list)  # offer → its checks
    revisit_on: date | None = None  # the first day on which an expiry or the end of a rest may change the set


def catalog(rulebook: Rulebook) -> dict[str, Item]:
    """Every item of the rulebook by its id."""
    items: tuple[Item, ...] = (*rulebook.education, *rulebook.offers)
    return {item.item_id: item for item in items}


def kind_of(item: Item) -> str:
    """education or offer."""
    return "offer" if isinstance(item, Offer) else "education"


def disclosure_of(item: Item, rulebook: Rulebook) -> str:
    """What stands beside the item."""
    return rulebook.disclosures.offer if isinstance(item, Offer) else rulebook.disclosures.education
