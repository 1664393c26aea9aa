"""What another rulebook changes, as lines to read and as values for JSON. Pure."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from itertools import islice
from typing import Any, Final

import msgspec

from spendsense.evaluation.fairness import NO_PERSONA
from spendsense.evaluation.report import table
from spendsense.evaluation.rulebook_changes import Change, changes_between
from spendsense.evaluation.rulebook_effects import Effect, Summary, Transition
from spendsense.rulebook.types import Rulebook

LISTED_PEOPLE: Final = 50


def as_lines(old: Rulebook, new: Rulebook, day: date, effects: Iterator[Effect], summary: Summary) -> Iterator[str]:
    """The report to read: files, counts, and the first fifty people. `effects` fills `summary` as it is run through."""
    yield f"Rulebook {old.version} → {new.version}, as of {day}"
    yield ""
    yield from _files(changes_between(old.content, new.content))
    listed = list(islice(effects, LISTED_PEOPLE))
    more = sum(1 for _ in effects)
    yield ""
    yield from _counts(summary)
    if listed:
        yield ""
        yield from (f"{effect.user_id}: {'; '.join(_parts(effect))}" for effect in listed)
    if more:
        yield f"and {more:,} more people; --json names everybody"


def as_json_lines(
    old: Rulebook, new: Rulebook, day: date, effects: Iterator[Effect], summary: Summary
) -> Iterator[str]:
    """The report as JSON: a line for the files, one for each person who changes, and one with the counts."""
    changes = changes_between(old.content, new.content)
    yield _json({"old": old.version, "new": new.version, "as_of": day, "changes": changes})
    for effect in effects:
        yield _json(_person(effect))
    yield _json({"summary": _summary(summary)})


def _files(changes: Sequence[Change]) -> list[str]:
    if not changes:
        return ["The files say the same."]
    return table(("file", "where", "what"), [(change.file, change.where, _told(change)) for change in changes])


def _counts(summary: Summary) -> list[str]:
    lines = [
        f"{summary.people:,} people: {summary.change_persona:,} change persona, {summary.change_items:,} change items,"
        f" {summary.change_nothing:,} neither."
    ]
    if summary.unknown:
        lines.append(f"{summary.unknown:,} more are not measured or named yet; nothing can be said of them.")
    if summary.personas:
        personas = [(*_names(pair), f"{count:,}") for pair, count in summary.personas.most_common()]
        lines += ["", *table(("persona", "becomes", "people"), personas, numbers=(2,))]
    items = sorted({*summary.gained, *summary.lost, *summary.reworded})
    if items:
        counted = [
            [f"{counts[item]:,}" for counts in (summary.gained, summary.lost, summary.reworded)] for item in items
        ]
        rows = [(item, *counts) for item, counts in zip(items, counted, strict=True)]
        lines += ["", *table(("item", "gained", "lost", "issued anew"), rows, numbers=(1, 2, 3))]
    return lines


def _person(effect: Effect) -> dict[str, Any]:
    old, new = effect.persona
    values = {"gained": effect.gained, "lost": effect.lost, "issued_anew": effect.reworded}
    return {"user_id": str(effect.user_id), "persona": {"old": old, "new": new}, **values}


def _summary(summary: Summary) -> dict[str, Any]:
    return {
        "people": summary.people,
        "unknown": summary.unknown,
        "change_persona": summary.change_persona,
        "change_items": summary.change_items,
        "change_nothing": summary.change_nothing,
        "personas": [{"old": old, "new": new, "people": count} for (old, new), count in summary.personas.items()],
        "gained": summary.gained,
        "lost": summary.lost,
        "issued_anew": summary.reworded,
    }


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()


def _told(change: Change) -> str:
    match change.kind:
        case "changed":
            return f"{change.old} → {change.new}"
        case _:
            said = change.new if change.kind == "added" else change.old
            return f"{change.kind}: {said}" if said else change.kind


def _parts(effect: Effect) -> Iterable[str]:
    if effect.changes_persona:
        yield " → ".join(_names(effect.persona))
    for word, items in (("gains", effect.gained), ("loses", effect.lost), ("gets anew", effect.reworded)):
        if items:
            yield f"{word} {', '.join(items)}"


def _names(pair: Transition) -> tuple[str, str]:
    old, new = pair
    return old or NO_PERSONA, new or NO_PERSONA
