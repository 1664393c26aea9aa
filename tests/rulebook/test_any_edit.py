"""Whatever is typed into a file, the check ends with a list of faults, and what has none can be used."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spendsense.errors import ConfigurationError
from spendsense.personas.rules import assign
from spendsense.recommendations.choose import holds
from spendsense.rulebook.check import faults_of
from spendsense.rulebook.load import FOLDER, read_files, rulebook_of
from tests.samples import make_signals

SHIPPED = read_files(FOLDER)
LINES = [(name, number) for name, text in SHIPPED.items() for number, line in enumerate(text.splitlines()) if line]
VALUES = ("3", "-1", "1.5", "nan", '""', '"x"', "[]", "{}", "[[]]", "[1]", "true", "2026-11-01", "")


def with_line(name: str, number: int, line: str | None) -> dict[str, str]:
    """The shipped files with one line of one of them replaced, or left out."""
    lines = SHIPPED[name].splitlines()
    lines[number : number + 1] = [] if line is None else [line]
    return SHIPPED | {name: "\n".join(lines)}


def hold(content: dict[str, str]) -> None:
    """Both ways to read agree, and a rulebook without faults names and chooses."""
    faults = faults_of(content)
    assert all(isinstance(fault, str) and ".toml: " in fault for fault in faults)
    if faults:
        with pytest.raises(ConfigurationError):
            rulebook_of(content)
        return
    book, signals = rulebook_of(content), make_signals()
    assign(signals, book)
    for item in book.education:
        holds(item.when, signals)


@settings(max_examples=60, deadline=None)
@given(place=st.sampled_from(LINES), value=st.sampled_from(VALUES))
def test_another_value_in_a_line(place: tuple[str, int], value: str) -> None:
    name, number = place
    key, equals, _ = SHIPPED[name].splitlines()[number].partition(" = ")
    hold(with_line(name, number, f"{key} = {value}" if equals else value))


@settings(max_examples=40, deadline=None)
@given(place=st.sampled_from(LINES))
def test_a_line_that_is_left_out(place: tuple[str, int]) -> None:
    hold(with_line(*place, None))


@settings(max_examples=40, deadline=None)
@given(place=st.sampled_from(LINES), cut=st.integers(0, 119), typed=st.text(max_size=3))
def test_letters_typed_into_a_line(place: tuple[str, int], cut: int, typed: str) -> None:
    name, number = place
    line = SHIPPED[name].splitlines()[number]
    hold(with_line(name, number, line[:cut] + typed + line[cut + 1 :]))
