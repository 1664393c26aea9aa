"""`spendsense ingest`: bank data from files and folders."""

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from spendsense.cli.arguments import DataPath, Filled
from spendsense.cli.context import application, progress_bar, quiet_logs
from spendsense.cli.jobs import NAMES, describe, run_jobs

if TYPE_CHECKING:
    from spendsense.cli.importing import Outcome, Rules

LISTED_REJECTS = 20
PURPOSES = ("analysis", "offers")


def read_purposes(_context: click.Context, _parameter: click.Parameter, value: str | None) -> tuple[str, ...]:
    """The purposes of `--consent`, in their order."""
    chosen = tuple(purpose.strip() for purpose in (value or "").split(",") if purpose.strip())
    if set(chosen) - set(PURPOSES):
        raise click.BadParameter("it takes analysis, or analysis,offers")
    return chosen


@click.command()
@click.argument("paths", nargs=-1, required=True, type=DataPath())
@click.option("--user", "email", type=Filled(), metavar="EMAIL", help="All of it is this person's.")
@click.option("--user-per-account", "is_per_account", is_flag=True, help="Every account is a person of its own.")
@click.option(
    "--consent", callback=read_purposes, metavar="analysis[,offers]", help="Record that they have agreed to this."
)
@click.option("--evidence", metavar="REFERENCE", help="Where their agreement is kept; a must outside development.")
@click.option("--no-jobs", is_flag=True, help="Store only; the nightly jobs do the rest.")
@click.option("--json", "is_json", is_flag=True, help="Print what became of it as JSON.")
def ingest(
    paths: tuple[Path, ...],
    email: str | None,
    is_per_account: bool,
    consent: tuple[str, ...],
    evidence: str | None,
    no_jobs: bool,
    is_json: bool,
) -> None:
    """Take in bank data in Plaid's shape: .json and .csv files, gzipped too, and folders of them.

    Without --user or --user-per-account each folder is a person, and so is each file named alone and each custom user.
    """
    from spendsense.cli.importing import Rules
    from spendsense.config import load_settings

    if email and is_per_account:
        raise click.UsageError("--user and --user-per-account exclude each other.")
    if consent and not evidence and not load_settings().is_dev:
        raise click.UsageError("Outside development --consent needs --evidence REFERENCE: where the agreement is kept.")
    with application(), quiet_logs(is_quiet=not is_json):
        outcome = import_all(paths, Rules(email, is_per_account, consent, evidence), is_shown=not is_json)
        if outcome.changed_people and not no_jobs:
            summaries = run_jobs(NAMES, user_ids=sorted(outcome.changed_people), is_shown=not is_json)
            if not is_json:
                click.echo("\n".join(describe(summary) for summary in summaries))
    tell(outcome, is_json=is_json)
    if outcome.without_consent:
        sys.exit(2)
    sys.exit(1 if outcome.rejects else 0)


def import_all(paths: tuple[Path, ...], rules: "Rules", *, is_shown: bool) -> "Outcome":
    """Stores the files, with a bar."""
    from spendsense.cli.importing import BULK_ROWS, analyze_tables, import_files
    from spendsense.plaid.files import list_files

    files = list_files(paths)
    with progress_bar("ingest", unit="files", is_shown=is_shown) as progress:
        outcome = import_files(files, rules, progress)
    if outcome.changed_rows >= BULK_ROWS:
        analyze_tables()
    return outcome


def tell(outcome: "Outcome", *, is_json: bool = False) -> None:
    """Prints what became of the files: the counts on stdout, what was refused on stderr."""
    if is_json:
        click.echo(json.dumps(_summary(outcome)))
        return
    counts = ", ".join(f"{count} {name}" for name, count in outcome.accepted.items() if count) or "nothing"
    click.echo(
        f"{outcome.files} files, {len(outcome.people)} people: accepted {counts}; "
        f"changed rows {outcome.changed_rows}, skipped {outcome.skipped}, rejected {outcome.rejected_count}"
    )
    for note in outcome.notes:
        click.echo(f"note: {note}", err=True)
    for line in outcome.without_consent:
        click.echo(f"error: {line} Nothing of it was stored; --consent analysis records an agreement.", err=True)
    for reject in outcome.rejects[:LISTED_REJECTS]:
        place = ": ".join(part for part in (reject.file, reject.pointer) if part)
        click.echo(f"rejected: {place}: {reject.detail}", err=True)
    if outcome.rejected_count > LISTED_REJECTS:
        click.echo(f"rejected: … and {outcome.rejected_count - LISTED_REJECTS} more", err=True)


def _summary(outcome: "Outcome") -> dict[str, Any]:
    return {
        "files": outcome.files,
        "people": len(outcome.people),
        "accepted": dict(outcome.accepted),
        "changed_rows": outcome.changed_rows,
        "skipped": outcome.skipped,
        "rejected": outcome.rejected_count,
        "rejects": [asdict(reject) for reject in outcome.rejects],
        "without_consent": outcome.without_consent,
        "notes": outcome.notes,
    }
