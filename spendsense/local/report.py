"""The table that `make run` prints: who, which persona, the figures that decided it, the first recommendation."""

import shutil
import textwrap
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session

from spendsense.personas.rules import CriterionResult, PersonaDecision, assign
from spendsense.recommendations.rationale import say
from spendsense.rulebook.load import load_rulebook
from spendsense.rulebook.types import Rulebook
from spendsense.signals.read import load
from spendsense.signals.types import UserSignals
from spendsense.store.models import Account, Persona, Recommendation, User
from spendsense.store.session import transaction

MOST_ROWS: Final = 20
FIGURES: Final = 3
HEADINGS: Final = ("Email", "Persona", "Decided by", "First recommendation, and why")
WIDTHS: Final = (19, 24, 36)  # of all but the last column
NARROWEST: Final = 120
NO_PERSONA: Final = "none yet"


@dataclass(frozen=True, slots=True)
class ReportRow:
    """One person. `figures` are sentences such as `credit.interest_cents 178.20 USD (> 0 USD)`."""

    email: str
    persona: str | None
    figures: tuple[str, ...]
    title: str | None
    rationale: str | None


@dataclass(frozen=True, slots=True)
class Report:
    """The first people by email, how many more there are, and who has nothing stored for want of consent."""

    rows: tuple[ReportRow, ...]
    more: int
    without_consent: tuple[str, ...]


def print_table() -> None:
    """Prints the report of everybody in the database."""
    with transaction() as session:
        report = make_report(session)
    width = max(NARROWEST, shutil.get_terminal_size().columns)
    print("\n".join(format_report(report, width)))


def make_report(session: Session, most_rows: int = MOST_ROWS) -> Report:
    """What was found about each person who has data, in the rulebook's primary window."""
    rulebook = load_rulebook()
    has_data = exists().where(Account.user_id == User.user_id)
    people = session.execute(
        select(User.user_id, User.email, Persona.persona)
        .join(Persona, (Persona.user_id == User.user_id) & (Persona.window_days == rulebook.primary_window_days))
        .where(has_data)
        .order_by(User.email)
        .limit(most_rows)
    ).all()
    count = session.scalar(select(func.count()).select_from(User).where(has_data)) or 0
    user_ids = [user_id for user_id, _, _ in people]
    signals = load(session, user_ids, [rulebook.primary_window_days])
    first = _first_recommendations(session, user_ids)
    rows = [
        ReportRow(
            email,
            persona,
            figures_of(persona, signals[user_id, rulebook.primary_window_days], rulebook),
            *first.get(user_id, (None, None)),
        )
        for user_id, email, persona in people
    ]
    refused = session.scalars(select(User.email).where(User.analysis_until.is_(None), ~has_data).order_by(User.email))
    return Report(tuple(rows), count - len(rows), tuple(refused))


def figures_of(persona: str | None, signals: UserSignals, rulebook: Rulebook) -> tuple[str, ...]:
    """The three figures that decided: first those that hold; without a persona, how much has been seen."""
    if persona is None:
        return (f"coverage.days_seen {signals.coverage.days_seen} (not >= {rulebook.minimum_history_days})",)
    currency = signals.coverage.currency or ""
    return tuple(_figure(one, currency) for one in _deciding(persona, assign(signals, rulebook))[:FIGURES])


def _deciding(persona: str, decision: PersonaDecision) -> list[CriterionResult]:
    """The persona's own criteria, those that hold first; then the first that failed of each other persona."""
    known = [one for one in decision.criteria if one.value is not None]
    own = [one for one in known if one.persona == persona]
    passed_over = {one.persona: one for one in reversed(known) if one.persona != persona and not one.holds}
    return [*sorted(own, key=lambda one: not one.holds), *reversed(passed_over.values())]


def _figure(one: CriterionResult, currency: str) -> str:
    if one.unit == "flag" or isinstance(one.value, bool):
        return f"{one.signal} {'yes' if one.value else 'no'}"
    value, threshold = (say(figure, one.unit, currency) for figure in (one.value, one.threshold))
    return f"{one.signal} {value} ({'' if one.holds else 'not '}{one.operator} {threshold})"


def _first_recommendations(session: Session, user_ids: Sequence[UUID]) -> dict[UUID, tuple[str, str]]:
    found = session.execute(
        select(Recommendation.user_id, Recommendation.title, Recommendation.rationale)
        .where(
            Recommendation.user_id.in_(user_ids), Recommendation.kind == "education", Recommendation.status == "active"
        )
        .order_by(Recommendation.user_id, Recommendation.position.desc())
    )
    return {user_id: (title, rationale) for user_id, title, rationale in found}


def format_report(report: Report, width: int = NARROWEST) -> list[str]:
    """The report as lines of text, no wider than `width`."""
    widths = (*WIDTHS, width - sum(WIDTHS) - 3 * len(WIDTHS))
    rule = "-+-".join("-" * column for column in widths)
    lines = [*_cells(HEADINGS, widths), rule]
    for row in report.rows:
        advice = f"{row.title}: {row.rationale}" if row.title else "none"
        lines += [*_cells((row.email, row.persona or NO_PERSONA, "\n".join(row.figures), advice), widths), rule]
    if report.more:
        lines.append(f"and {report.more:,} more")
    if report.without_consent:
        lines.append(f"Not agreed, so nothing is stored: {', '.join(report.without_consent)}")
    return lines


def _cells(texts: Iterable[str], widths: Sequence[int]) -> list[str]:
    """One row of the table, each cell wrapped within its width."""
    columns = [
        [part for line in text.split("\n") for part in textwrap.wrap(line, width) or [""]]
        for text, width in zip(texts, widths, strict=True)
    ]
    height = max(map(len, columns))
    filled = [column + [""] * (height - len(column)) for column in columns]
    return [
        " | ".join(part.ljust(width) for part, width in zip(parts, widths, strict=True)).rstrip()
        for parts in zip(*filled, strict=True)
    ]
