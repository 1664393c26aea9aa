"""Kinds of arguments that several commands take."""

from pathlib import Path
from typing import Any

import click

from spendsense import clock


class Day(click.DateTime):
    """A day that can be an `as_of`, as that day's midnight."""

    def __init__(self) -> None:
        super().__init__(formats=["%Y-%m-%d"])

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The midnight; fails with what is wrong."""
        moment = super().convert(value, param, ctx)
        if not clock.is_in_range(moment.date()):
            self.fail(f"{moment.date()} does not lie between {clock.FIRST_DAY} and {clock.LAST_DAY}.", param, ctx)
        return moment


class Filled(click.ParamType[str]):
    """Text that is not empty: a shell's variable that was never set must not mean everybody, or somebody else."""

    name = "text"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The text; fails when there is none."""
        if not value:
            self.fail("it is empty.", param, ctx)
        return value


class DataPath(click.ParamType[Path]):
    """The path of a file or folder; nor does an empty one mean the folder that one is in."""

    name = "path"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> Path:
        """The path; fails when it is empty."""
        return Path(Filled().convert(value, param, ctx))
