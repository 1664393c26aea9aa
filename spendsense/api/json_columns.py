"""What stands in the columns that hold JSON, as an export shows it. Each is written in one place, which is named here.

A trace is as old as its recommendation, and holds what was noted then: its members are described, none is promised.
"""

from typing import Any, Final

from marshmallow import INCLUDE, Schema
from marshmallow.fields import UUID, Boolean, Date, Dict, Field, Float, Integer, List, Nested, String

from spendsense.api.persona import Criterion
from spendsense.api.problem import ProblemError
from spendsense.api.shapes import fields_from, one_of_types, schema_of
from spendsense.api.signals import PriceChange
from spendsense.personas.rules import CriterionResult
from spendsense.recommendations.eligibility import Check
from spendsense.recommendations.types import Ending, Person, Replaced
from spendsense.rulebook.types import Limits, Threshold
from spendsense.signals.types import SignalValue


class _Noted(Schema):
    """Of a trace: an older one may have other members."""

    class Meta:
        unknown = INCLUDE


_NOTED: Final[dict[str, Any]] = {"base": _Noted, "prefix": "Traced", "required": False}


class TracedTrigger(_Noted):
    """One condition of the item beside the person's figure, and how strongly it holds."""

    signal = String()
    operator = String()
    threshold = one_of_types(Threshold)
    unit = String()
    value = one_of_types(SignalValue, allow_none=True)
    holds = Boolean(allow_none=True, metadata={"description": "null: the figure was not known"})
    strength = Float()


class TracedItem(_Noted):
    """What was chosen, and how its sentence was made."""

    id = String()
    kind = String()
    fingerprint = String(metadata={"description": "Of the catalog's entry"})
    position = Integer()
    status = String()
    code = String()
    faults = String(allow_none=True, metadata={"description": "Of its text, for which it was held"})
    template = String()
    values = Dict(
        keys=String(),
        values=one_of_types(SignalValue, allow_none=True),
        metadata={"description": "Figure in the sentence → its value"},
    )
    currency = String(allow_none=True)
    text = String()
    card_account_id = String(allow_none=True)
    trigger = List(Nested(TracedTrigger))


TracedDecision = _Noted.from_dict(
    {
        **fields_from(Person, **_NOTED),
        "reason": String(metadata={"description": "Why the persona was given"}),
        "criteria": List(Nested(schema_of(CriterionResult, **_NOTED))),
        "candidates": List(String(), metadata={"description": "Items that could be chosen, in order of choice"}),
        "live": List(String(), metadata={"description": "Items that were there before"}),
        "refused": Dict(keys=String(), values=List(String()), metadata={"description": "Reason → items"}),
        "offers": Dict(
            keys=String(),
            values=List(Nested(schema_of(Check, **_NOTED))),
            metadata={"description": "Offer → its checks"},
        ),
        "limits": Nested(schema_of(Limits, **_NOTED)),
        "endings": List(Nested(schema_of(Ending, **_NOTED))),
        "moves": List(
            List(one_of_types(str | int)), metadata={"description": "Pairs of a recommendation and its new place"}
        ),
        "issued": List(List(one_of_types(str | int)), metadata={"description": "Triples of item, status and place"}),
    },
    name="TracedDecision",
)


class Traced(_Noted):
    """All that led to a recommendation: what was chosen, and the decision that it came from, with all it took in."""

    rulebook_version = String()
    as_of = Date()
    window_days = Integer()
    job_run_id = UUID(allow_none=True)
    replaced = Nested(
        schema_of(Replaced, **_NOTED), allow_none=True, metadata={"description": "What an operator asked for"}
    )
    item = Nested(TracedItem)
    decision = Nested(TracedDecision)


def field_of(table: str, column: str, **options: Any) -> Field[Any]:
    """The field of a column that holds JSON. KeyError for one of which nothing is said here."""
    return _FIELDS[table, column](**options)


def _criteria(**options: Any) -> Field[Any]:
    """Written by personas.assign."""
    return List(Nested(Criterion), metadata={"description": "In the rulebook's order"}, **options)


def _trace(**options: Any) -> Field[Any]:
    """Written by recommendations.trace."""
    return Nested(Traced, **options)


def _price_changes(**options: Any) -> Field[Any]:
    """Written by signals.streams."""
    return List(Nested(PriceChange), metadata={"description": "By day"}, **options)


def _counts(**options: Any) -> Field[Any]:
    """Written by plaid.ingest."""
    said = "Sort of record → how many were taken; and how many rows changed, were skipped and refused"
    return Dict(keys=String(), values=Integer(), metadata={"description": said}, **options)


def _rejects(**options: Any) -> Field[Any]:
    """Written by plaid.ingest."""
    return List(Nested(ProblemError), metadata={"description": "The first 100"}, **options)


def _detail(**options: Any) -> Field[Any]:
    """Written by whoever records an event (store.audit)."""
    said = (
        "By event, in codes, counts and ids of ours, never a text or an id of the bank's. Where something was deleted, "
        "`deleted` has the number of rows by table; of an operator's action there are `reason_code`, `from_status`, "
        "`to_status` and, where a note was written, its `note_hash`; of a correction, a stream or a residence, what "
        "was said."
    )
    return Dict(keys=String(), metadata={"description": said}, **options)


_FIELDS: Final = {
    ("personas", "criteria"): _criteria,
    ("persona_history", "criteria"): _criteria,
    ("traces", "trace"): _trace,
    ("streams", "price_changes"): _price_changes,
    ("uploads", "counts"): _counts,
    ("uploads", "rejects"): _rejects,
    ("audit_events", "detail"): _detail,
}
