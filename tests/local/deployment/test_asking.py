"""What is asked at a terminal, and that a script is not kept waiting."""

import io
import sys

import click
import pytest

from spendsense.local.deployment import asking


class Terminal(io.StringIO):
    """Somebody at a keyboard."""

    def isatty(self) -> bool:
        return True


def test_a_no_ends_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", Terminal("n\n"))
    with pytest.raises(SystemExit) as ended:
        asking.confirm("Make a database?")
    assert ended.value.code == 1


def test_an_empty_answer_is_a_no(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", Terminal("\n"))
    with pytest.raises(SystemExit):
        asking.confirm("Make a database?")


def test_a_yes_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", Terminal("y\n"))
    asking.confirm("Make a database?")


def test_a_script_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("n\n"))
    monkeypatch.setattr(click, "confirm", lambda _question: pytest.fail("it was asked"))
    asking.confirm("Make a database?")
