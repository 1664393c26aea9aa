"""The `spendsense` command. Every command is thin and imports what it needs when it runs, so that `--help` is instant.

Exit codes: 0 done; 1 something was rejected or failed; 2 wrong usage, or no consent.
"""

import errno
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NoReturn

import click

from spendsense.cli.audit import audit
from spendsense.cli.database import database
from spendsense.cli.demo import demo
from spendsense.cli.deploy import deploy
from spendsense.cli.doctor import doctor
from spendsense.cli.evaluate import evaluate
from spendsense.cli.ingest import ingest
from spendsense.cli.jobs import jobs, streams
from spendsense.cli.replay import replay
from spendsense.cli.rulebook import rulebook
from spendsense.cli.serve import serve, token, up
from spendsense.errors import ConsentMissing, InvalidInput, SpendSenseError

LISTED_ERRORS = 20


class Failure(click.ClickException):
    """Something was rejected or failed: told in one line."""

    exit_code = 1

    def show(self, file: Any = None) -> None:
        """Writes the line to stderr."""
        click.echo(f"error: {self.message}", file=file, err=True)


class Refusal(Failure):
    """There is no consent."""

    exit_code = 2


class Commands(click.Group):
    """A group whose commands end in one line, not in a traceback, when something of ours goes wrong."""

    def make_context(self, *args: Any, **extra: Any) -> click.Context:
        """Reads the options; `--help` and `--version` are answered here."""
        with _told_in_a_line():
            return super().make_context(*args, **extra)

    def invoke(self, ctx: click.Context) -> Any:
        """Runs the command that was named."""
        with _told_in_a_line():
            return super().invoke(ctx)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="spendsense")
def commands() -> None:
    """SpendSense: bank data in, education that fits out, with the figures behind it."""


for command in (
    ingest,
    jobs,
    streams,
    rulebook,
    evaluate,
    replay,
    audit,
    database,
    token,
    doctor,
    demo,
    serve,
    up,
    deploy,
):
    commands.add_command(command)


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Runs the command line and exits."""
    commands.main(args=arguments, prog_name="spendsense")
    raise SystemExit(0)  # click has exited by now; this tells the type checker


@contextmanager
def _told_in_a_line() -> Iterator[None]:
    try:
        yield
    except SpendSenseError as error:
        raise _told(error) from error
    except OSError as error:
        if error.errno == errno.EPIPE:
            raise  # nobody reads on: click ends without a word
        _let_go_of_output()
        raise Failure(_told_by_system(error)) from error
    except Exception as error:
        if not _is_outage(error):
            raise
        raise Failure("The database can't be reached, or left in the middle; `spendsense doctor` looks.") from error


def _told(error: SpendSenseError) -> Failure:
    lines = [str(error)]
    if isinstance(error, InvalidInput):
        lines += [f"  {fault.pointer}: {fault.detail}" for fault in error.errors[:LISTED_ERRORS]]
    return (Refusal if isinstance(error, ConsentMissing) else Failure)("\n".join(lines))


def _told_by_system(error: OSError) -> str:
    """`FILE: No such file or directory.`; the file is missing where it is what the command prints to."""
    said = error.strerror or str(error).partition("\n")[0]
    return f"{error.filename}: {said}." if error.filename else f"{said}."


def _let_go_of_output() -> None:
    """What stdout did not take would be tried again when Python ends, told a second time, and end with another code."""
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _is_outage(error: Exception) -> bool:
    from spendsense.store.session import is_outage

    return is_outage(error)


if __name__ == "__main__":
    main()
