"""Whatever is typed into a file, the check ends with a list of faults, and what has none can be used."""

import re
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spendsense.errors import ConfigurationError
from spendsense.personas.rules import assign
from spendsense.recommendations.choose import holds
from spendsense.recommendations.circumstances import Circumstances
from spendsense.recommendations.decide import decide
from spendsense.recommendations.types import Person
from spendsense.rulebook.check import faults_of
from spendsense.rulebook.load import FOLDER, read_files, rulebook_of
from tests.samples import make_signals

pytestmark = pytest.mark.no_cover  # many cases of what others cover, and tracing doubles its time

SHIPPED = read_files(FOLDER)
LINES = [(name, number) for name, text in SHIPPED.items() for number, line in enumerate(text.splitlines()) if line]
VALUES = ("3", "-1", "1.5", "nan", '""', '"x"', "[]", "{}", "[[]]", "[1]", "true", "2026-11-01", "")
VALUES += ("1e30", "-1e999999", "1e99999999999999999999", "inf", "9" * 5000, f"0x{'f' * 5000}", "1979-05-27T07:32:00Z")
VALUES += ("07:32:00", r'"\u0000"', r'"\u200B"', '"ıİſ"', "[" * 300 + "]" * 300, "{ all = [" * 300 + "] }" * 300)

STRINGS = st.text(max_size=12).map(lambda text: '"' + "".join(f"\\U{ord(letter):08X}" for letter in text) + '"')
PLAIN = st.one_of(
    st.sampled_from(VALUES[:-2]).filter(bool),
    st.integers().map(str),
    st.decimals().filter(lambda number: not number.is_snan()).map(lambda number: toml_number(str(number))),
    st.dates().map(str),
    st.datetimes().map(lambda moment: moment.isoformat()),
    st.booleans().map(lambda flag: str(flag).lower()),
    STRINGS,
)
KEYS = sorted(
    {key.strip('"') for text in SHIPPED.values() for key in re.findall(r"[\[{\s,.]([\w\"-]+)(?: =|\])", text)} - {""}
)
NAMES = st.one_of(st.sampled_from(KEYS).map(lambda key: f'"{key}"'), STRINGS)


def as_table(pairs: dict[str, str]) -> str:
    return "{ " + ", ".join(f"{key} = {value}" for key, value in pairs.items()) + " }"


def toml_number(text: str) -> str:
    """A decimal as TOML has it, which wants a point or an exponent, and names other things in small letters."""
    return text.lower().replace("infinity", "inf")


ANYTHING = st.recursive(
    PLAIN,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4).map(lambda parts: f"[{', '.join(parts)}]"),
        st.dictionaries(NAMES, inner, max_size=4).map(as_table),
    ),
    max_leaves=12,
)


def with_line(name: str, number: int, line: str | None) -> dict[str, str]:
    """The shipped files with one line of one of them replaced, or left out."""
    lines = SHIPPED[name].splitlines()
    lines[number : number + 1] = [] if line is None else [line]
    return SHIPPED | {name: "\n".join(lines)}


def hold(content: dict[str, str]) -> None:
    """Both ways to read agree, and a rulebook without faults names and chooses."""
    faults = faults_of(content)
    assert all(".toml: " in fault and fault.isprintable() for fault in faults)
    if faults:
        with pytest.raises(ConfigurationError):
            rulebook_of(content)
        return
    book, signals = rulebook_of(content), make_signals()
    assign(signals, book)
    for item in book.education:
        holds(item.when, signals)
    decide(Person("high_utilization", signals, date(2027, 1, 1), Circumstances(), ()), book, date(2026, 11, 22))


@pytest.mark.parametrize("value", [f"0x{'f' * 5000}", f"[0x{'f' * 5000}]"])
@pytest.mark.parametrize("name", sorted(SHIPPED))
def test_a_number_that_python_does_not_write(name: str, value: str) -> None:
    key = next(iter(line.partition(" = ")[0] for line in SHIPPED[name].splitlines() if " = " in line))
    hold(SHIPPED | {name: f"{key} = {value}"})


@settings(max_examples=30, deadline=None)
@given(place=st.sampled_from(LINES), value=st.sampled_from(VALUES))
def test_another_value_in_a_line(place: tuple[str, int], value: str) -> None:
    name, number = place
    key, equals, _ = SHIPPED[name].splitlines()[number].partition(" = ")
    hold(with_line(name, number, f"{key} = {value}" if equals else value))


@settings(max_examples=30, deadline=None)
@given(place=st.sampled_from(LINES), value=ANYTHING)
def test_any_value_in_a_line(place: tuple[str, int], value: str) -> None:
    name, number = place
    key, equals, _ = SHIPPED[name].splitlines()[number].partition(" = ")
    hold(with_line(name, number, f"{key} = {value}" if equals else f"{value} = 1"))


@settings(max_examples=30, deadline=None)
@given(name=st.sampled_from(sorted(SHIPPED)), pairs=st.dictionaries(NAMES, ANYTHING, max_size=6))
def test_any_file_that_is_toml(name: str, pairs: dict[str, str]) -> None:
    hold(SHIPPED | {name: "\n".join(f"{key} = {value}" for key, value in pairs.items())})


@settings(max_examples=30, deadline=None)
@given(place=st.sampled_from(LINES))
def test_a_line_that_is_left_out(place: tuple[str, int]) -> None:
    hold(with_line(*place, None))


@settings(max_examples=30, deadline=None)
@given(place=st.sampled_from(LINES), cut=st.integers(0, 119), typed=st.text(max_size=3))
def test_letters_typed_into_a_line(place: tuple[str, int], cut: int, typed: str) -> None:
    name, number = place
    line = SHIPPED[name].splitlines()[number]
    hold(with_line(name, number, line[:cut] + typed + line[cut + 1 :]))
