"""What is asked before something is made that costs, or something goes. A script that gives a command means it."""

import sys

import click

from spendsense.local.deployment import steps
from spendsense.local.deployment.stage import Stage


def confirm_foundation(stage: Stage) -> None:
    """Asks, at a terminal, before network, database or user pool are made; ends the command on a no."""
    if halves := " and ".join(steps.lacks_foundation(stage)):
        confirm(f"There is no {halves} stack for {stage.name}: make one (what it costs stands in the README)?")


def confirm(question: str) -> None:
    """Ends the command with exit code 1 when somebody at a terminal says no."""
    if sys.stdin.isatty() and not click.confirm(question):
        sys.exit(1)
