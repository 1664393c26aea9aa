"""Whether every figure of a shown sentence traces to rows. Pure.

A figure is a value in a stored rationale that is not a mere name (dates and the length of the window count too). It is
explained when all of these hold:

1. It *reads back*: the rationale is its template with each variable filled in, and the digits there are a value.
2. It is *the signal's*: the trace holds a value for that variable, and the figure says that value as closely as a text
   does (ratios floored to a whole percent, months to a tenth, everything else exactly, money with its currency).
3. It *traces to rows*: when the person is measured anew, from the stored rows up to the day of the decision, the signal
   has that very value. Only where data of the person changed after the decision, so that today's rows are no longer
   those of that day, is it enough that the evidence stands: every account, stream and transaction that the trace names
   for the signal's group is still there (a pending row that was posted since counts as its posted one), at least one is
   named unless the value is zero, and what names none of its own (spending, coverage) has rows in its window.

What fails any of the three is a fault; an item without a readable trace, whose trace is not the one that was stored
with its digest, or whose rationale is not its template, is one too.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields

from spendsense.evaluation.items import ActiveItem, Trace, value_of
from spendsense.recommendations.figures import Figure, read_figures, says
from spendsense.recommendations.recheck import ALTERED
from spendsense.rulebook.types import Signal
from spendsense.signals.types import GROUPS, UserSignals

Named = tuple[str, str]
"""A piece of evidence: "account", "stream" or "transaction" and its id; or "window" and `2026-11-22/90`."""


@dataclass(slots=True)
class Explanation:
    """What became of one item's figures: by which way they were traced, and what is wrong with the others."""

    measured_anew: int = 0
    by_evidence: int = 0
    faults: list[str] = field(default_factory=list)

    @property
    def figures(self) -> int:
        """All of them."""
        return self.measured_anew + self.by_evidence + len(self.faults)


def explain(
    item: ActiveItem,
    anew: UserSignals | None,
    standing: frozenset[Named] | None,
    vocabulary: Mapping[str, Signal],
) -> Explanation:
    """Follows each figure of the item.

    `anew` are the person's signals in the trace's window, measured from today's rows up to the trace's day; None when
    there are none. `standing` is the evidence of the trace that is still there, given only where data of the person
    changed after the decision.
    """
    if item.trace is None:
        return Explanation(faults=["there is no trace that can be read"])
    if item.is_altered:
        return Explanation(faults=[ALTERED])
    found = read_figures(item.rationale, item.trace.item.template, vocabulary)
    if found is None:
        return Explanation(faults=["the rationale is not its template filled in"])
    explanation = Explanation()
    for figure in found:
        fault = _differs_from_trace(figure, item.trace)
        if fault:
            explanation.faults.append(fault)
        elif figure.unit == "text":
            continue  # a name: it is checked against the trace, and not counted
        elif anew is not None and _is_measured_again(figure, item.trace, anew):
            explanation.measured_anew += 1
        elif standing is not None and _evidence_stands(figure, item.trace, standing):
            explanation.by_evidence += 1
        else:
            explanation.faults.append(f"{figure.name}: the rows do not give the value that the trace holds")
    return explanation


def evidence_of(trace: Trace) -> frozenset[Named]:
    """All that the trace names as evidence of any of its signals."""
    groups = (*GROUPS, "card")
    return frozenset().union(*(_named(trace, group) for group in groups))


def _differs_from_trace(figure: Figure, trace: Trace) -> str | None:
    signals = trace.decision.signals
    kept = value_of(figure.name, trace, signals)
    if kept is None:
        return f"{figure.name}: the trace holds no value"
    if not says(figure, kept, signals.coverage.currency):
        return f"{figure.name}: the sentence does not say the value that the trace holds"
    return None


def _is_measured_again(figure: Figure, trace: Trace, anew: UserSignals) -> bool:
    """Whether today's rows give the value that the trace holds, to its last digit and in its currency."""
    kept = trace.decision.signals
    if figure.unit == "cents" and anew.coverage.currency != kept.coverage.currency:
        return False
    return value_of(figure.name, trace, anew) == value_of(figure.name, trace, kept)


def _evidence_stands(figure: Figure, trace: Trace, standing: frozenset[Named]) -> bool:
    named = _named(trace, figure.name.split(".")[0])
    return named <= standing and (bool(named) or value_of(figure.name, trace, trace.decision.signals) == 0)


def _named(trace: Trace, group: str) -> frozenset[Named]:
    """The evidence that the trace holds for the signals of one group."""
    if group == "card":
        card = trace.item.card_account_id
        return frozenset() if card is None else frozenset({("account", card)})
    if group in ("spending", "coverage", "window"):
        return frozenset({("window", f"{trace.as_of}/{trace.window_days}")})
    cls, _ = GROUPS[group]
    values = getattr(trace.decision.signals, group)
    return frozenset(
        (kind, one)
        for name in (one.name for one in fields(cls))
        for kind in ("account", "stream", "transaction")
        if name.endswith((f"{kind}_id", f"{kind}_ids"))
        for one in _ids(getattr(values, name))
    )


def _ids(value: str | tuple[str, ...] | None) -> tuple[str, ...]:
    if value is None:
        return ()
    return (value,) if isinstance(value, str) else value
