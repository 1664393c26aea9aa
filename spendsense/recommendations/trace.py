"""The trace of one recommendation: what went in, what was compared, what came out. Pure.

A trace holds the signals whole, so that the decision can be rebuilt from it and the rulebook's version alone; their
`_ids` are the accounts, streams and transactions behind the figures.
"""

import uuid
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import msgspec

from spendsense.personas.rules import compare
from spendsense.recommendations.decide import Decision, Issue
from spendsense.rulebook.types import EducationItem, Rulebook
from spendsense.signals.types import UserSignals

_ENCODER: Final = msgspec.json.Encoder(decimal_format="number")


@dataclass(frozen=True, slots=True)
class Basis:
    """What a person's decision rested on, beside the signals."""

    persona: str | None
    reason: str
    criteria: bytes  # JSON, as the persona job stored them
    offers_until: date | None


class TraceWriter:
    """Traces of one person's decision; what they share is encoded once."""

    def __init__(
        self,
        basis: Basis,
        signals: UserSignals,
        decision: Decision,
        rulebook: Rulebook,
        as_of: date,
        job_run_id: uuid.UUID | None,
    ) -> None:
        self._signals = signals
        self._shared = msgspec.Raw(_ENCODER.encode(_shared(basis, signals, decision, rulebook)))
        self._head = {
            "rulebook_version": rulebook.version,
            "as_of": as_of,
            "window_days": signals.window_days,
            "job_run_id": job_run_id,
        }

    def trace(self, issue: Issue) -> str:
        """The trace as JSON. Keys: rulebook_version, as_of, window_days, job_run_id, item, decision."""
        return _ENCODER.encode({**self._head, "item": self._item(issue), "decision": self._shared}).decode()

    def _item(self, issue: Issue) -> dict[str, Any]:
        item = issue.item
        return {
            "id": item.item_id,
            "kind": issue.kind,
            "fingerprint": item.fingerprint,
            "position": issue.position,
            "status": issue.status,
            "faults": issue.reason,
            "template": item.rationale,
            "values": issue.rendered.values,
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
                }
            )
        return rows


def _shared(basis: Basis, signals: UserSignals, decision: Decision, rulebook: Rulebook) -> dict[str, Any]:
    refused: dict[str, list[str]] = {}
    for found in decision.candidates:
        if found.refusal:
            refused.setdefault(found.refusal, []).append(found.item.item_id)
    return {
        "persona": basis.persona,
        "reason": basis.reason,
        "criteria": msgspec.Raw(basis.criteria),
        "signals": signals,
        "offers_until": basis.offers_until,
        "candidates": [found.item.item_id for found in decision.candidates if not found.refusal],  # in order of choice
        "live": [found.item.item_id for found in decision.candidates if found.is_live],
        "refused": refused,  # reason → items
        "offers": dict(decision.offer_checks),
        "limits": rulebook.limits,
    }
