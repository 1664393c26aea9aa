"""`spendsense demo`: made-up people, and the table of what was found about everybody."""

import click

from spendsense.cli.context import application


def load_people() -> None:
    """Loads the demo people, and says who has not agreed and so has nothing stored."""
    from spendsense.local.demo import load as load_demo

    report = load_demo()
    click.echo(f"demo: {len(report.loaded)} people loaded, changed rows {report.changed_rows}")
    click.echo(f"demo: nothing stored without consent: {', '.join(report.refused)}")


def print_report() -> None:
    """Prints what was found about everybody."""
    from spendsense.local.report import print_table

    print_table()


@click.group()
def demo() -> None:
    """Made-up people, and what was found about everybody."""


@demo.command()
def load() -> None:
    """Load a person for each persona, and one who has not agreed."""
    with application():
        load_people()


@demo.command()
def report() -> None:
    """Print everybody's persona, what decided it, and their first recommendation."""
    with application():
        print_report()


@demo.command()
def upload() -> None:
    """Print three months of one person's bank data up to today, to be sent to the API: the README's tour does."""
    from spendsense import clock
    from spendsense.local.demo_upload import upload_on

    click.echo(upload_on(clock.today()), nl=False)
