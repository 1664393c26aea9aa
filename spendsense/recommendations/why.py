"""Why an item was chosen and why others were not, read out of a trace or of a decision in a trace's form. Pure.

`trace` is a trace as `trace.values_of` gives it; `book` is the rulebook that was kept with it, for titles and for the
conditions of items that were passed over.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

import msgspec

from spendsense.personas.rules import compare
from spendsense.recommendations.choose import Refusal
from spendsense.recommendations.rationale import choose_card, names_in
from spendsense.recommendations.types import catalog
from spendsense.rulebook.load import INSUFFICIENT_HISTORY
from spendsense.rulebook.types import EducationItem, Rulebook
from spendsense.signals.types import Card
from spendsense.store.statuses import Status

OTHERS_FIRST: Final = "others came first"
WAITS: Final = "waits for an operator"
COMES_NEXT: Final = "chosen, and not begun yet"
NOT_ELIGIBLE: Final = "not eligible"
FIGURE: Final = "figure of the text"  # the check that it is known and not below zero
Trace = Mapping[str, Any]

# Signals whose evidence is less than all of their group's.
_EVIDENCE: Final[Mapping[str, tuple[str, ...]]] = {
    "credit.interest_cents": ("interest_transaction_ids",),
    "credit.max_utilization_ratio": ("max_utilization_account_id",),
    "income.checking_balance_cents": ("checking_account_ids",),
    "income.buffer_months": ("checking_account_ids",),
    "income.last_pay_cents": ("transaction_ids",),
    "income.monthly_cents": ("transaction_ids",),
    "income.cents": ("transaction_ids",),
}


@dataclass(frozen=True, slots=True)
class Comparison:
    """One condition beside the person's value. `holds` is None where the value was not known."""

    check: str  # its name: of an offer's check, else the signal's
    signal: str | None
    operator: str
    threshold: Any
    unit: str | None
    value: Any
    holds: bool | None


@dataclass(frozen=True, slots=True)
class Evidence:
    """The rows behind the figures."""

    transaction_ids: tuple[str, ...]
    account_ids: tuple[str, ...]
    stream_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Why:
    """Why one item was chosen."""

    item_id: str
    kind: str
    title: str
    persona: str | None
    is_for_persona: bool  # written for the person's persona; else its trigger held, or it filled up
    comparisons: tuple[Comparison, ...]
    figures: Mapping[str, Any]  # signal → value, of each figure in the sentence
    evidence: Evidence


@dataclass(frozen=True, slots=True)
class WhyNot:
    """Why one item was not chosen: a reason, and each condition that failed."""

    item_id: str
    kind: str
    title: str
    reason: str
    failed: tuple[Comparison, ...]


def why(trace: Trace, book: Rulebook) -> Why:
    """Why the trace's item was chosen."""
    item, decision = trace["item"], trace["decision"]
    entry = catalog(book).get(item["id"])
    if item["kind"] == "offer":
        comparisons = [_of_check(check, book) for check in decision["offers"].get(item["id"], [])]
    else:
        comparisons = [_of_criterion(line) for line in item["trigger"]]
    names = {*item["values"], *(found.signal for found in comparisons if found.signal)}
    card = [item["card_account_id"]] if item["card_account_id"] else []
    return Why(
        item_id=item["id"],
        kind=item["kind"],
        title=entry.title if entry else item["id"],
        persona=decision["persona"],
        is_for_persona=entry is not None and (decision["persona"] or INSUFFICIENT_HISTORY) in entry.personas,
        comparisons=tuple(comparisons),
        figures=item["values"],
        evidence=_evidence(names, decision["signals"], card),
    )


def why_not(trace: Trace, book: Rulebook) -> list[WhyNot]:
    """Why each of the others was not chosen, in the order of the rulebook; what stayed from before is left out."""
    decision = trace["decision"]
    chosen = {trace["item"]["id"], *decision["live"], *(one[0] for one in decision.get("issued", []))}
    chosen |= {row["item_id"] for row in _live_rows(decision) if row["kind"] == "offer"}
    return list(_passed_over(decision, book, lambda item_id: None if item_id in chosen else OTHERS_FIRST))


def why_not_shown(decision: Mapping[str, Any], shown: Collection[str], book: Rulebook) -> list[WhyNot]:
    """Why each item but those that are shown is not, in the order of the rulebook; of offers only under consent.

    `decision` is one that was made just now, as a trace has it: what it would change has not happened yet.
    """
    ended = {ending["recommendation_id"] for ending in decision["endings"]}
    begun = {item_id: status for item_id, status, _ in decision["issued"]}
    waiting = {row["item_id"] for row in _live_rows(decision) if row["recommendation_id"] not in ended}
    waiting |= {item_id for item_id, status in begun.items() if status != Status.ACTIVE}

    def standing(item_id: str) -> str:
        if item_id in waiting:
            return WAITS
        return COMES_NEXT if item_id in begun else OTHERS_FIRST

    return [one for one in _passed_over(decision, book, standing) if one.item_id not in shown]


def _live_rows(decision: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [row for row in decision.get("rows", []) if row["ended_on"] is None]


def _passed_over(
    decision: Mapping[str, Any], book: Rulebook, reason_of: Callable[[str], str | None]
) -> Iterator[WhyNot]:
    """Each item that a condition speaks against; of the others those of which `reason_of` tells a reason."""
    refused = {item_id: reason for reason, item_ids in decision["refused"].items() for item_id in item_ids}
    for item in book.education:
        reason = refused.get(item.item_id)
        if reason is not None:
            is_unsayable = reason == Refusal.UNSAYABLE
            signals = decision["signals"]
            failed = tuple(_unsayable(item, signals, book) if is_unsayable else _failed_criteria(item, signals))
            yield WhyNot(item.item_id, "education", item.title, reason, failed)
        elif standing := reason_of(item.item_id):
            yield WhyNot(item.item_id, "education", item.title, standing, ())
    for offer in book.offers:
        checks = [_of_check(check, book) for check in decision["offers"].get(offer.item_id, [])]
        failed = tuple(check for check in checks if check.holds is not True)
        if failed:
            yield WhyNot(offer.item_id, "offer", offer.title, NOT_ELIGIBLE, failed)
        elif checks and (standing := reason_of(offer.item_id)):
            yield WhyNot(offer.item_id, "offer", offer.title, standing, ())


def _of_criterion(line: Mapping[str, Any]) -> Comparison:
    return Comparison(
        line["signal"], line["signal"], line["operator"], line["threshold"], line["unit"], line["value"], line["holds"]
    )


def _of_check(check: Mapping[str, Any], book: Rulebook) -> Comparison:
    signal = check["signal"]
    unit = book.vocabulary[signal].unit if signal in book.vocabulary else None
    return Comparison(
        check["check"], signal, check["operator"], check["threshold"], unit, check["value"], check["holds"]
    )


def _failed_criteria(item: EducationItem, signals: Mapping[str, Any]) -> Iterator[Comparison]:
    """Each criterion of the trigger that does not hold."""
    for criterion in item.when.criteria():
        value = _value(criterion.signal, signals)
        holds = compare(criterion, value)
        if not holds:
            signal = criterion.signal
            yield Comparison(signal, signal, criterion.operator, criterion.threshold, criterion.unit, value, holds)


def _unsayable(item: EducationItem, signals: Mapping[str, Any], book: Rulebook) -> Iterator[Comparison]:
    """Each figure of the sentence that is not known or is below zero; money in no currency is not known."""
    card = choose_card(_cards(signals), item.card)
    has_currency = signals["coverage"]["currency"] is not None
    for name in names_in(item.rationale):
        unit = book.vocabulary[name].unit
        group, field = name.split(".")
        value = getattr(card, field, None) if group == "card" else _value(name, signals)
        is_known = value is not None and (unit != "cents" or has_currency)
        if group != "window" and (not is_known or (isinstance(value, int | Decimal) and value < 0)):
            yield Comparison(FIGURE, name, ">=", 0, unit, value if is_known else None, False if is_known else None)


def _cards(signals: Mapping[str, Any]) -> tuple[Card, ...]:
    """The cards of the trace; none where they were kept in another shape."""
    try:
        return msgspec.convert(signals["cards"], tuple[Card, ...])
    except msgspec.ValidationError:
        return ()


def _value(signal: str, signals: Mapping[str, Any]) -> Any:
    group, field = signal.split(".")
    return signals.get(group, {}).get(field)


def _evidence(names: Iterable[str], signals: Mapping[str, Any], card_account_ids: list[str]) -> Evidence:
    found: dict[str, list[str]] = {"transaction_ids": [], "account_ids": list(card_account_ids), "stream_ids": []}
    for name in sorted(names):
        group = signals.get(name.partition(".")[0])
        if isinstance(group, Mapping):
            fields = _EVIDENCE.get(name) or tuple(field for field in group if field.endswith(("_id", "_ids")))
            for field in fields:
                kind = next(kind for kind in found if field.endswith((kind, kind.removesuffix("s"))))
                ids = group[field]
                found[kind] += [ids] if isinstance(ids, str) else ids or []
    return Evidence(**{kind: tuple(dict.fromkeys(ids)) for kind, ids in found.items()})
