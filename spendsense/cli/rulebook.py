"""`spendsense rulebook`: what is wrong with its files, and whom a change of them would touch before it ships."""

import sys
from datetime import datetime
from pathlib import Path

import click

from spendsense.cli.arguments import Day
from spendsense.cli.context import application, progress_bar


@click.group()
def rulebook() -> None:
    """The rulebook: check its files, and see whom a change would touch before it ships."""


@rulebook.command()
@click.argument("folder", required=False, type=click.Path(exists=True, file_okay=False, path_type=Path))
def check(folder: Path | None) -> None:
    """Say everything that is wrong with the rulebook in FOLDER, by default the one that is shipped.

    Each fault stands on a line of its own, with its file and key; exit code 1 when there are any.
    """
    from spendsense import clock
    from spendsense.rulebook.check import faults_of
    from spendsense.rulebook.load import FOLDER, read_files, rulebook_of
    from spendsense.signals.types import CARD_UNITS, SIGNAL_UNITS

    content = read_files(folder or FOLDER)
    faults = faults_of(content, {**SIGNAL_UNITS, **CARD_UNITS}, clock.today())
    if faults:
        click.echo("\n".join(faults))
        click.echo(f"error: {len(faults)} faults" if len(faults) > 1 else "error: 1 fault", err=True)
        sys.exit(1)
    book = rulebook_of(content)
    click.echo(
        f"ok: rulebook {book.version}: {len(book.personas)} personas, {len(book.education)} education items,"
        f" {len(book.offers)} offers, {len(book.vocabulary)} signals, {len(book.tone.phrases)} phrases of tone"
    )


@rulebook.command()
@click.argument("old")
@click.argument("new")
@click.option("--as-of", type=Day(), help="Measure for this day; by default what is stored is taken as it is.")
@click.option("--json", "is_json", is_flag=True, help="Print JSON: a line for the files, one a person, one of counts.")
def diff(old: str, new: str, as_of: datetime | None, is_json: bool) -> None:
    """Show what changes from rulebook OLD to NEW: in the files, and for whom. Stores nothing.

    OLD and NEW are a folder, `current` for the one that is shipped, or a version that decided once, of which the first
    digits are enough.
    """
    from spendsense import clock
    from spendsense.evaluation.evaluate import last_measured_day
    from spendsense.evaluation.rulebook_effects import Summary, effects
    from spendsense.evaluation.rulebook_report import as_json_lines, as_lines
    from spendsense.evaluation.rulebook_versions import find_rulebook
    from spendsense.pipeline.preview import taken_back

    at = clock.now()
    with application():
        with taken_back() as session:
            before, after = find_rulebook(session, old), find_rulebook(session, new)
        day = as_of.date() if as_of else last_measured_day(at) or clock.today()
        summary = Summary()
        with progress_bar("rulebook diff", unit="people", is_shown=not is_json) as progress:
            found = effects(before, after, at, day, summary, is_measured=as_of is not None, progress=progress)
            tell = as_json_lines if is_json else as_lines
            for line in tell(before, after, day, found, summary):
                click.echo(line)
