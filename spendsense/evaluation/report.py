"""An evaluation as a table to read and as values for JSON. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import Any, Final

from spendsense.evaluation.fairness import Fairness, Rate
from spendsense.evaluation.known import ENOUGH
from spendsense.evaluation.result import Evaluation, Fault, Verdict
from spendsense.evaluation.shares import Interval, Share
from spendsense.evaluation.stability import DAYS

LISTED_FAULTS: Final = 20

Row = Sequence[str]


def format_evaluation(found: Evaluation) -> list[str]:
    """The evaluation as lines of text: a table, one of groups where there are any, and what failed."""
    lines = [
        f"As of {found.as_of}, by rulebook {found.rulebook_version}:"
        f" {found.people:,} people with data who agree to the analysis, {found.items:,} active items",
        "",
        *table(("measure", "value", "counted", "what it says"), _measures(found), numbers=(1, 2)),
    ]
    if found.fairness is not None:
        lines += ["", *_groups(found.fairness)]
    if found.left_out:
        lines += ["", f"left out, for their data breaks the measuring: {', '.join(found.left_out)}"]
    for name, verdict in _verdicts(found).items():
        if not verdict.share.is_whole:
            lines += ["", *_failed(name, verdict)]
    return lines


def as_values(found: Evaluation) -> dict[str, Any]:
    """The evaluation as plain values; each share has its `ratio`, None of nothing."""
    values = {name: _value(value) for name, value in asdict(found).items()}
    for name in ("coverage", "flips"):
        values[name] = _share(getattr(found, name))
    for name, verdict in _verdicts(found).items():
        values[name] = {**_share(verdict.share), "faults": [asdict(fault) for fault in verdict.faults]}
    if found.fairness is not None:
        rates = {"personas": found.fairness.personas, "offers": found.fairness.offers}
        values["fairness"] |= {name: [_rate(rate) for rate in of_name] for name, of_name in rates.items()}
    return values | {"is_sound": found.is_sound}


def table(headings: Row, rows: Iterable[Row], numbers: Sequence[int] = ()) -> list[str]:
    """Rows in columns as wide as their widest cell; the columns of these numbers are set to the right."""
    rows = [headings, *rows]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(
            cell.rjust(width) if number in numbers else cell.ljust(width)
            for number, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]


def _measures(found: Evaluation) -> list[Row]:
    aged = f", {found.by_evidence:,} of them by evidence alone, for newer data came" if found.by_evidence else ""
    rows: list[Row] = [
        ("coverage", *_cells(found.coverage, "people"), f"have a persona and at least {ENOUGH} known signals"),
        ("explainability", *_cells(found.explainability.share, "figures"), f"trace to rows{aged}"),
        ("relevance", *_cells(found.relevance.share, "items"), "have a trigger that holds"),
        ("tone", *_cells(found.tone.share, "items"), "pass the guardrails, checked anew"),
        ("flips", *_cells(found.flips, "people"), f"change persona within {DAYS} days without new data"),
    ]
    if found.latency is not None:
        timed = f"{found.latency.people:,} people timed"
        rows.append(
            ("latency p50", f"{found.latency.p50_ms:,.1f} ms", timed, "measured, named and advised from nothing")
        )
        rows.append(("latency p95", f"{found.latency.p95_ms:,.1f} ms", "", ""))
    return rows


def _groups(fairness: Fairness) -> list[str]:
    headings = ("persona or offer", "group", "share", "counted", "95 % interval", "against the others, points")
    rows = [
        (
            rate.of,
            rate.group,
            *_cells(rate.share, "people"),
            _interval(rate.interval, "", " %"),
            _interval(rate.difference, "+", "") + (" differs" if rate.differs else ""),
        )
        for rate in (*fairness.personas, *fairness.offers)
    ]
    return [
        *table(headings, rows, numbers=(2, 3)),
        f"{fairness.grouped:,} people have a group, {fairness.ungrouped:,} have none."
        " Offers: of those who agree to them. Of twenty intervals one misses the truth by chance.",
    ]


def _failed(name: str, verdict: Verdict) -> list[str]:
    missing = verdict.share.whole - verdict.share.part
    shown = verdict.faults[:LISTED_FAULTS]
    lines = [f"{name}: {missing:,} of {verdict.share.whole:,} fail", *(f"  {_line(fault)}" for fault in shown)]
    return lines if missing <= len(shown) else [*lines, f"  and {missing - len(shown):,} more"]


def _line(fault: Fault) -> str:
    return f"{fault.item_id} ({fault.recommendation_id} of person {fault.user_id}): {fault.what}"


def _cells(share: Share, noun: str) -> tuple[str, str]:
    """The share and what it counts. Floored to a tenth: only what is whole shows 100 %."""
    if not share.whole:
        return "unknown", f"of no {noun}"
    tenths = share.part * 1000 // share.whole
    return f"{tenths // 10}.{tenths % 10} %", f"{share.part:,} of {share.whole:,} {noun}"


def _interval(interval: Interval | None, sign: str, unit: str) -> str:
    if interval is None:
        return "unknown"
    low, high = (f"{100 * end:{sign}.1f}" for end in interval)
    return f"{low} to {high}{unit}"


def _verdicts(found: Evaluation) -> dict[str, Verdict]:
    return {"explainability": found.explainability, "relevance": found.relevance, "tone": found.tone}


def _share(share: Share) -> dict[str, Any]:
    return {**asdict(share), "ratio": share.ratio}


def _rate(rate: Rate) -> dict[str, Any]:
    return {**asdict(rate), "share": _share(rate.share), "differs": rate.differs}


def _value(value: Any) -> Any:
    return value.isoformat() if hasattr(value, "isoformat") else value
