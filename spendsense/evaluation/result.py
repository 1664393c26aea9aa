"""What an evaluation found. Plain values: JSON is made of them as they stand."""

from dataclasses import dataclass, field
from datetime import date
from typing import Final

from spendsense.evaluation.fairness import Fairness
from spendsense.evaluation.shares import Share

KEPT_FAULTS: Final = 1000


@dataclass(frozen=True, slots=True)
class Fault:
    """One shown item that fails a measure, and why. It holds ids alone, no name and no amount."""

    user_id: str
    recommendation_id: str
    item_id: str
    what: str


@dataclass(slots=True)
class Verdict:
    """How many passed a measure that all must pass; of those that did not, the first thousand by person."""

    share: Share = field(default_factory=Share)
    faults: list[Fault] = field(default_factory=list)

    def add(self, share: Share, faults: list[Fault]) -> None:
        """Counts some more."""
        self.share += share
        self.faults += faults[: KEPT_FAULTS - len(self.faults)]


@dataclass(frozen=True, slots=True)
class Latency:
    """Milliseconds from rows to stored recommendations for one person of whom nothing was derived yet."""

    people: int
    p50_ms: float
    p95_ms: float


@dataclass(slots=True)
class Evaluation:
    """Every measure over the people under live consent to the analysis who have data."""

    as_of: date
    rulebook_version: str
    people: int = 0
    items: int = 0  # active ones
    coverage: Share = field(default_factory=Share)  # of people
    explainability: Verdict = field(default_factory=Verdict)  # of figures
    by_evidence: int = 0  # figures among the explained whose rows have changed since, so that their evidence speaks
    relevance: Verdict = field(default_factory=Verdict)  # of items
    tone: Verdict = field(default_factory=Verdict)  # of items
    left_out: list[str] = field(default_factory=list)  # ids of people whose data breaks the measuring: nowhere counted
    flips: Share = field(default_factory=Share)  # of people who have a persona
    latency: Latency | None = None  # None: there is nobody to time
    fairness: Fairness | None = None  # None: no groups were given

    @property
    def is_sound(self) -> bool:
        """Whether everything that is shown can be explained, is relevant and passes the tone."""
        return all(verdict.share.is_whole for verdict in (self.explainability, self.relevance, self.tone))
