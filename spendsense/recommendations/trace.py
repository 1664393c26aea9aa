"""The trace of one recommendation: what went in, what was compared, what came out. Pure.

A trace holds all that the decision took in (`decision` has each field of Person), so that the rulebook's version alone
is needed to decide again; the signals' `_ids` are the accounts, streams and transactions behind the figures. Its digest
is over a canonical form, so that a trace which was altered in the store is known, wherever it was.
"""

import hashlib
import uuid
from dataclasses import dataclass, fields
from datetime import date
from decimal import Decimal
from typing import Any, Final

import msgspec

from spendsense.personas.rules import compare
from spendsense.recommendations.eligibility import Circumstances
from spendsense.recommendations.strength import strength
from spendsense.recommendations.types import Decision, Issue, Person, Replaced
from spendsense.rulebook.types import EducationItem, Rulebook

_ENCODER: Final = msgspec.json.Encoder(decimal_format="number")
_CANONICAL: Final = msgspec.json.Encoder(decimal_format="number", order="sorted")
_FOUR_PLACES: Final = Decimal("0.0001")


def _exact(number: str) -> Decimal:
    """The fraction with its places and without an exponent, as PostgreSQL writes it."""
    value = Decimal(number)
    return Decimal(format(value, "f")) if "e" in number.lower() else value


_DECODER: Final = msgspec.json.Decoder(float_hook=_exact)


@dataclass(frozen=True, slots=True)
class Basis:
    """Why the persona was given: what is kept for the reader and decides nothing here."""

    reason: str
    criteria: bytes  # JSON, as the persona job stored them


@dataclass(frozen=True, slots=True)
class Occasion:
    """When and how a decision came about; `replaced` is what an operator asked for, None for a job's decision."""

    as_of: date
    job_run_id: uuid.UUID | None
    replaced: Replaced | None = None


class TraceWriter:
    """Traces of one person's decision; what they share is encoded once."""

    def __init__(
        self, person: Person, basis: Basis, decision: Decision, rulebook: Rulebook, occasion: Occasion
    ) -> None:
        self._signals = person.signals
        self._shared = msgspec.Raw(_ENCODER.encode(_shared(person, basis, decision, rulebook)))
        self._head = {
            "rulebook_version": rulebook.version,
            "as_of": occasion.as_of,
            "window_days": person.signals.window_days,
            "job_run_id": occasion.job_run_id,
            "replaced": occasion.replaced,
        }

    def decision(self) -> Any:
        """What the traces share, as `values_of` a trace has it under `decision`."""
        return _DECODER.decode(self._shared)

    def trace(self, issue: Issue) -> str:
        """The trace as JSON. Keys: those of the occasion, rulebook_version, window_days, item, decision."""
        return _ENCODER.encode({**self._head, "item": self._item(issue), "decision": self._shared}).decode()

    def _item(self, issue: Issue) -> dict[str, Any]:
        item = issue.item
        return {
            "id": item.item_id,
            "kind": issue.kind,
            "fingerprint": item.fingerprint,
            "position": issue.position,
            "status": issue.status,
            "code": issue.code,
            "faults": issue.reason,
            "template": item.rationale,
            "values": issue.rendered.values,
            "currency": self._signals.coverage.currency,
            "text": issue.rendered.text,
            "card_account_id": issue.card_account_id,
            "trigger": self._trigger(item) if isinstance(item, EducationItem) else [],
        }

    def _trigger(self, item: EducationItem) -> list[dict[str, Any]]:
        rows = []
        for criterion in item.when.criteria():
            value = self._signals.value(criterion.signal)
            rows.append(
                {
                    "signal": criterion.signal,
                    "operator": criterion.operator,
                    "threshold": criterion.threshold,
                    "unit": criterion.unit,
                    "value": value,
                    "holds": compare(criterion, value),
                    "strength": strength(criterion, self._signals).quantize(_FOUR_PLACES),
                }
            )
        return rows


def canonical(trace: str | bytes) -> bytes:
    """The trace with its keys in order and no spaces: equal for equal content, however the store writes it."""
    return _CANONICAL.encode(_DECODER.decode(trace))


def digest(trace: str | bytes) -> str:
    """SHA-256 of the canonical form, in hex."""
    return digest_of(_DECODER.decode(trace))


def digest_of(values: Any) -> str:
    """The digest of a trace by what `values_of` makes of it."""
    return hashlib.sha256(_CANONICAL.encode(values)).hexdigest()


def values_of(trace: str | bytes) -> Any:
    """The trace as dicts and lists, its fractions exact."""
    return _DECODER.decode(trace)


def believed(trace: str | None, stored: str | None) -> Any:
    """The trace as `values_of` has it; None where there is none, or where it was altered: its digest is not the stored
    one. Traces from before digests were kept have none, and are believed."""
    if trace is None:
        return None
    values = values_of(trace)
    return values if stored is None or digest_of(values) == stored else None


def without_offers(trace: str) -> str:
    """The trace of an education item as if the person had never agreed to offers. Decided again, it comes out alike."""
    found = _DECODER.decode(trace)
    decision = found["decision"]
    ids = {row["recommendation_id"] for row in decision["rows"] if row["kind"] == "offer"}
    items = {*decision["offers"], *(row["item_id"] for row in decision["rows"] if row["kind"] == "offer")}
    decision |= {
        "offers_until": None,
        "circumstances": Circumstances(),
        "offers": {},
        "rows": [row for row in decision["rows"] if row["kind"] != "offer"],
        "endings": [ending for ending in decision["endings"] if ending["recommendation_id"] not in ids],
        "moves": [move for move in decision["moves"] if move[0] not in ids],
        "issued": [issue for issue in decision["issued"] if issue[0] not in items],
    }
    return _ENCODER.encode(found).decode()


def _shared(person: Person, basis: Basis, decision: Decision, rulebook: Rulebook) -> dict[str, Any]:
    refused: dict[str, list[str]] = {}
    for found in decision.candidates:
        if found.refusal:
            refused.setdefault(found.refusal, []).append(found.item.item_id)
    return {field.name: getattr(person, field.name) for field in fields(person)} | {
        "reason": basis.reason,
        "criteria": msgspec.Raw(basis.criteria),
        "candidates": [found.item.item_id for found in decision.candidates if not found.refusal],  # in order of choice
        "live": [found.item.item_id for found in decision.candidates if found.is_live],
        "refused": refused,  # reason → items
        "offers": dict(decision.offer_checks),
        "limits": rulebook.limits,
        "endings": decision.endings,
        "moves": decision.moves,
        "issued": [(issue.item.item_id, issue.status, issue.position) for issue in decision.issues],
    }
