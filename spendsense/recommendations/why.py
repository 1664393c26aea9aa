"""Why an item was chosen and why others were not, read out of a stored trace. Pure.

`trace` is a trace as `trace.values_of` gives it; `book` is the rulebook that was kept with it, for titles and for the
conditions of items that were passed over.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

import msgspec

from spendsense.personas.rules import compare
from spendsense.recommendations.choose import Refusal
from spendsense.recommendations.rationale import choose_card, names_in
from spendsense.recommendations.types import catalog
from spendsense.rulebook.types import EducationItem, Rulebook
from spendsense.signals.types import Card

OTHERS_FIRST: Final = "others came first"
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
        is_for_persona=entry is not None and (decision["persona"] or "insufficient_history") in entry.personas,
        comparisons=tuple(comparisons),
        figures=item["values"],
        evidence=_evidence(names, decision["signals"], card),
    )


def why_not(trace: Trace, book: Rulebook) -> list[WhyNot]:
    """Why each of the others was not chosen, in the order of the rulebook; what stayed from before is left out."""
    decision = trace["decision"]
    refused = {item_id: reason for reason, item_ids in decision["refused"].items() for item_id in item_ids}
    chosen = {trace["item"]["id"], *decision["live"], *(one[0] for one in decision.get("issued", []))}
    found = []
    for item in book.education:
        reason = refused.get(item.item_id)
        if reason is not None:
            is_unsayable = reason == Refusal.UNSAYABLE
            signals = decision["signals"]
            failed = tuple(_unsayable(item, signals, book) if is_unsayable else _failed_criteria(item, signals))
            found.append(WhyNot(item.item_id, "education", item.title, reason, failed))
        elif item.item_id not in chosen:
            found.append(WhyNot(item.item_id, "education", item.title, OTHERS_FIRST, ()))
    live = {row["item_id"] for row in decision.get("rows", []) if row["ended_on"] is None}
    for offer in book.offers:
        checks = [_of_check(check, book) for check in decision["offers"].get(offer.item_id, [])]
        failed = tuple(check for check in checks if check.holds is not True)
        if failed:
            found.append(WhyNot(offer.item_id, "offer", offer.title, NOT_ELIGIBLE, failed))
        elif checks and offer.item_id not in chosen | live:
            found.append(WhyNot(offer.item_id, "offer", offer.title, OTHERS_FIRST, ()))
    return found


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
