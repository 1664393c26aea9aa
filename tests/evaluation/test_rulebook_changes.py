"""What differs between two rulebooks' files: each place, named as a reader would find it."""

import re

import pytest

from spendsense.evaluation.rulebook_changes import Change, changes_between
from spendsense.rulebook.load import FOLDER, read_files

FILES = read_files(FOLDER)


def edited(name: str, old: str, new: str) -> dict[str, str]:
    """The shipped files with one passage replaced."""
    assert FILES[name].count(old) == 1, f"{old!r} stands {FILES[name].count(old)} times in {name}"
    return {**FILES, name: FILES[name].replace(old, new)}


def test_the_same_files_differ_in_nothing_and_comments_are_none() -> None:
    assert changes_between(FILES, FILES) == []
    assert changes_between(FILES, {**FILES, "personas.toml": f"# Another comment\n{FILES['personas.toml']}\n"}) == []


def test_a_threshold_is_named_by_persona_and_signal() -> None:
    after = edited(
        "personas.toml", '"fees.count", operator = ">=", value = 2', '"fees.count", operator = ">=", value = 3'
    )
    place = "persona[fee_pressured].when.any[fees.count >=].value"
    assert changes_between(FILES, after) == [Change("personas.toml", place, "changed", "2", "3")]


def test_another_operator_is_another_criterion() -> None:
    after = edited("personas.toml", '"income.buffer_months", operator = "<"', '"income.buffer_months", operator = ">="')
    place = "persona[variable_income_budgeter].when.all"
    assert {(change.where, change.kind) for change in changes_between(FILES, after)} == {
        (f"{place}[income.buffer_months <]", "removed"),
        (f"{place}[income.buffer_months >=]", "added"),
    }


def test_ids_that_come_and_go_and_a_file_that_goes() -> None:
    ids = re.findall(r'^id = "([^"]+)"', FILES["education/bank_fees.toml"], re.MULTILINE)
    without = {name: text for name, text in FILES.items() if name != "education/bank_fees.toml"}
    assert len(ids) >= 4
    assert changes_between(FILES, without) == [
        Change("education/bank_fees.toml", f"item[{name}]", "removed", None, None) for name in ids
    ]
    assert changes_between(without, FILES) == [
        Change("education/bank_fees.toml", f"item[{name}]", "added", None, None) for name in ids
    ]


def test_a_long_text_is_told_by_its_words() -> None:
    old, new = '"a" = 1\ntext = "{}"'.format("word " * 40), '"a" = 1\ntext = "{}"'.format("word " * 41)
    assert changes_between({"x.toml": old}, {"x.toml": new}) == [
        Change("x.toml", "text", "changed", "40 words", "41 words")
    ]


@pytest.mark.parametrize(
    ("old", "new", "changes"),
    [
        ('a = ["x", "y"]', 'a = ["x", "z"]', [("a[y]", "removed"), ("a[z]", "added")]),
        ('a = ["x", "y"]', 'a = ["y", "x"]', [("a", "changed")]),
        ("a = 1", "a = 1.0", [("a", "changed")]),  # another kind of number is another value to a strict reader
        ("a = 1", 'a = "1"', [("a", "changed")]),
        ("a = true", "a = 1", [("a", "changed")]),
        ("a = 1", "", [("a", "removed")]),
        ("", "[t]\na = 1", [("t", "added")]),
        ('[[p]]\nid = "a"\n[[p]]\nid = "b"', '[[p]]\nid = "b"\n[[p]]\nid = "a"', [("p", "changed")]),
        ('[[p]]\nid = "a"\n[[p]]\nid = "a"\nv = 1', '[[p]]\nid = "a"', [("p[a 2]", "removed")]),
        (
            'w = [{any = [{signal = "s", v = 1}]}]',
            'w = [{any = [{signal = "s", v = 2}]}]',
            [("w[any].any[s].v", "changed")],
        ),
    ],
)
def test_lists_and_kinds_of_values(old: str, new: str, changes: list[tuple[str, str]]) -> None:
    found = changes_between({"x.toml": old}, {"x.toml": new})
    assert [(change.where, change.kind) for change in found] == changes
