"""Whether a stored recommendation would still pass: its texts as they are stored, by the rulebook in force. Pure.

Its figures are held against its trace, and the trace against the digest that was stored with it.

Tone and reading grade are those in force now. What stands beside the item, and the units of its figures, are those of
the rulebook that it was made by: an item is not at fault because another has a new wording.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from spendsense.recommendations import guardrails
from spendsense.recommendations.guardrails import Figures, Texts
from spendsense.recommendations.trace import digest_of, values_of
from spendsense.rulebook.types import Rulebook

NO_TRACE = "there is no trace to hold the figures against"
ALTERED = "the trace was altered: its digest is not the one that was stored with it"


@dataclass(frozen=True, slots=True)
class _Item:
    template: str
    values: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class _Coverage:
    currency: str | None


@dataclass(frozen=True, slots=True)
class _Signals:
    coverage: _Coverage


@dataclass(frozen=True, slots=True)
class _Decision:
    signals: _Signals


@dataclass(frozen=True, slots=True)
class _Trace:
    """The parts of a trace that its sentence stands on; traces of any age have them."""

    item: _Item
    decision: _Decision


def faults(texts: Texts, trace: str | None, digest: str | None, in_force: Rulebook, made_by: Rulebook) -> list[str]:
    """Each fault that the stored texts have now; empty when the item may be shown.

    `trace` is JSON; `digest` is the one stored with it, None where it was made before digests were kept.
    """
    if trace is None:
        return [NO_TRACE]
    values = values_of(trace)
    if digest is not None and digest_of(values) != digest:
        return [ALTERED]
    try:
        found = msgspec.convert(values, _Trace)
    except msgspec.ValidationError:
        return [NO_TRACE]
    figures = Figures(found.item.template, found.item.values, found.decision.signals.coverage.currency)
    return guardrails.check(texts, figures, in_force.tone, made_by.disclosures, made_by.vocabulary)
