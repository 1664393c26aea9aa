"""Decides once more from a trace and the rulebook that was kept with it, and says what differs from what is stored.

Nothing else goes in: not the rulebook's files as they are now, not the person's data as it is now.
"""

import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import msgspec
from sqlalchemy import ColumnElement, Text, cast, select
from sqlalchemy.orm import Session

from spendsense.errors import ConfigurationError, Conflict, NotFound
from spendsense.recommendations.decide import decide, replace
from spendsense.recommendations.kept import kept_rulebook
from spendsense.recommendations.recheck import ALTERED
from spendsense.recommendations.trace import Basis, Occasion, TraceWriter, canonical, digest, values_of
from spendsense.recommendations.types import Decision, Issue, Person, Replaced, disclosure_of
from spendsense.rulebook.types import Rulebook
from spendsense.store.models import Recommendation, RecommendationEvent, Trace

BEFORE_REPLAY: Final = "made before replay was kept: its trace does not hold all that the decision took in"
MOST_DIFFERENCES: Final = 20


@dataclass(frozen=True, slots=True)
class Replay:
    """One recommendation, decided again. `differences` is empty when everything is as it was, byte for byte."""

    recommendation_id: uuid.UUID
    item_id: str
    rulebook_version: str
    chosen_on: date
    differences: tuple[str, ...]

    @property
    def is_identical(self) -> bool:
        """Whether the same decision came out."""
        return not self.differences


@dataclass(frozen=True, slots=True)
class _Head:
    """Of a trace: when, by which rulebook, and for which item."""

    rulebook_version: str
    as_of: date
    job_run_id: uuid.UUID | None
    replaced: Replaced | None
    item: "_Item"
    decision: msgspec.Raw


@dataclass(frozen=True, slots=True)
class _Item:
    id: str


@dataclass(frozen=True, slots=True)
class _Kept:
    """What the decision rested on beside the person, as the trace has it."""

    reason: str
    criteria: msgspec.Raw


def replay(session: Session, recommendation_id: uuid.UUID) -> Replay:
    """Rebuilds the decision that began a recommendation. Raises NotFound when there is none of that id."""
    stored = _stored(session, recommendation_id)
    found = tuple(_differences(session, stored))[:MOST_DIFFERENCES]
    row = stored.row
    return Replay(recommendation_id, row.item_id, row.rulebook_version, row.chosen_on, found)


@dataclass(frozen=True, slots=True)
class _Stored:
    """What is stored of one recommendation: its row, its trace as text with the digest, and how its life began."""

    row: Recommendation
    trace: str | None
    digest: str | None
    first: RecommendationEvent | None


def _stored(session: Session, recommendation_id: uuid.UUID) -> _Stored:
    def of(model: type[Trace | RecommendationEvent]) -> ColumnElement[bool]:
        return (model.user_id == Recommendation.user_id) & (model.recommendation_id == Recommendation.recommendation_id)

    found = session.execute(
        select(Recommendation, cast(Trace.trace, Text), Trace.digest, RecommendationEvent)
        .outerjoin(Trace, of(Trace))
        .outerjoin(RecommendationEvent, of(RecommendationEvent) & RecommendationEvent.from_status.is_(None))
        .where(Recommendation.recommendation_id == recommendation_id)
    ).first()
    if found is None:
        raise NotFound("There is no recommendation of this id.")
    return _Stored(*found)


def _differences(session: Session, stored: _Stored) -> Iterator[str]:
    if stored.trace is None:
        yield "there is no trace"
        return
    if stored.digest is None:
        yield BEFORE_REPLAY
        return
    if digest(stored.trace) != stored.digest:
        yield ALTERED
    try:
        yield from _compared(session, stored, stored.trace)
    except msgspec.ValidationError as error:
        yield f"the trace can't be read: {error}"
    except (NotFound, ConfigurationError, Conflict) as error:
        yield f"the decision can't be made again: {error}"


def _compared(session: Session, stored: _Stored, trace: str) -> Iterator[str]:
    head = msgspec.json.decode(trace, type=_Head)
    rulebook = kept_rulebook(session, head.rulebook_version)
    person = msgspec.json.decode(head.decision, type=Person)
    occasion = Occasion(head.as_of, head.job_run_id, head.replaced)
    decision = _decided(person, rulebook, occasion)
    issue = next((one for one in decision.issues if one.item.item_id == head.item.id), None)
    if issue is None:
        yield f"the item {head.item.id} is not chosen"
        return
    kept = msgspec.json.decode(head.decision, type=_Kept)
    basis = Basis(kept.reason, bytes(kept.criteria))
    rebuilt = TraceWriter(person, basis, decision, rulebook, occasion).trace(issue)
    yield from _of_row(stored, issue, rulebook, person, head.as_of)
    if canonical(rebuilt) != canonical(trace):
        yield from _paths(values_of(trace), values_of(rebuilt), "")


def _decided(person: Person, rulebook: Rulebook, occasion: Occasion) -> Decision:
    if occasion.replaced is None:
        return decide(person, rulebook, occasion.as_of)
    return replace(person, rulebook, occasion.as_of, occasion.replaced)


def _of_row(stored: _Stored, issue: Issue, rulebook: Rulebook, person: Person, as_of: date) -> Iterator[str]:
    """What the stored recommendation has otherwise than it began."""
    row, first = stored.row, stored.first
    pairs: dict[str, tuple[object, object]] = {
        "item": (row.item_id, issue.item.item_id),
        "kind": (row.kind, issue.kind),
        "persona": (row.persona, person.persona),
        "title": (row.title, issue.item.title),
        "rationale": (row.rationale, issue.rendered.text),
        "content": (row.content, issue.item.content),
        "disclosure": (row.disclosure, disclosure_of(issue.item, rulebook)),
        "rulebook": (row.rulebook_version, rulebook.version),
        "chosen on": (row.chosen_on, as_of),
        "first status": (first and first.to_status, issue.status),
        "first reason": (first and first.reason_code, issue.code),
    }
    for name, (was, again) in pairs.items():
        if was != again:
            yield _told(f"stored {name}", was, again)


def _paths(stored: Any, again: Any, path: str) -> Iterator[str]:
    """Where two trees differ, by the path of each leaf."""
    if isinstance(stored, Mapping) and isinstance(again, Mapping):
        for key in sorted({*stored, *again}):
            yield from _paths(stored.get(key), again.get(key), f"{path}.{key}" if path else str(key))
    elif isinstance(stored, list) and isinstance(again, list) and len(stored) == len(again):
        for number, (one, other) in enumerate(zip(stored, again, strict=True)):
            yield from _paths(one, other, f"{path}[{number}]")
    elif canonical(msgspec.json.encode(stored)) != canonical(msgspec.json.encode(again)):
        yield _told(f"trace {path}", stored, again)


def _told(what: str, stored: object, again: object) -> str:
    return f"{what}: {_short(stored)} is stored, {_short(again)} comes out"


def _short(value: object) -> str:
    text = "nothing" if value is None else str(value)
    return f"'{text[:117]}...'" if len(text) > 120 else f"'{text}'"
