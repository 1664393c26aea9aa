"""`spendsense demo`: made-up people, and the table of what was found about everybody."""

from importlib import import_module
from importlib.util import find_spec

import click

from spendsense.cli.context import application


def load_people() -> None:
    """Loads the demo people, as local.demo makes them."""
    if find_spec("spendsense.local.demo"):
        import_module("spendsense.local.demo").load()


def print_report() -> None:
    """Prints the table of local.report."""
    if find_spec("spendsense.local.report"):
        import_module("spendsense.local.report").print_table()


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
