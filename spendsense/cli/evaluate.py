"""`spendsense evaluate`: whether what is shown can be explained, fits and reads well, for whom, and how fast."""

import sys
from datetime import datetime
from pathlib import Path

import click

from spendsense.cli.arguments import Day
from spendsense.cli.context import application, progress_bar

TIMED_PEOPLE = 100


@click.command()
@click.option(
    "--as-of", type=Day(), help="The day that is judged; by default the last one that the jobs have measured."
)
@click.option(
    "--groups",
    "groups_file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A CSV of email,group or user_id,group: compares personas and offers by group. Never stored.",
)
@click.option(
    "--sample",
    type=click.IntRange(min=1),
    default=TIMED_PEOPLE,
    show_default=True,
    metavar="PEOPLE",
    help="How many people are timed.",
)
@click.option("--json", "is_json", is_flag=True, help="Print it as JSON, with up to 1,000 faults of each measure.")
def evaluate(as_of: datetime | None, groups_file: Path | None, sample: int, is_json: bool) -> None:
    """Evaluate everybody who agrees to the analysis and has data. Stores nothing.

    Exit code 1 when a figure can't be explained, an item's trigger does not hold, or a text fails its checks.
    """
    import msgspec

    from spendsense import clock
    from spendsense.evaluation import evaluate as evaluation
    from spendsense.evaluation.fairness import read_groups
    from spendsense.evaluation.report import as_values, format_evaluation

    groups = None if groups_file is None else read_groups(groups_file.read_bytes())
    with application(), progress_bar("evaluate", unit="people", is_shown=not is_json) as progress:
        found = evaluation.evaluate(
            clock.now(), as_of.date() if as_of else None, groups, sample=sample, progress=progress
        )
    if is_json:
        click.echo(msgspec.json.encode(as_values(found)).decode())
    else:
        click.echo("\n".join(format_evaluation(found)))
    sys.exit(0 if found.is_sound else 1)
