"""Every call of the log, as it is written: which fields it binds, and that no free text gets among them."""

import ast
from collections.abc import Iterator
from pathlib import Path

from spendsense.logs import ALLOWED

ROOT = Path(__file__).resolve().parent.parent
OF_EVERY_LINE = {"timestamp", "level", "event"}
OF_A_REQUEST = {"request_id"}  # bound for all of its lines
OF_AN_ERROR = {"error", "frames"}  # what `describe` says
METHODS = {"debug", "info", "warning", "error"}
ERRORS_WITH_OWN_TEXT = {"refusal"}  # RefusedEvent: our words, of what is no request


def calls() -> Iterator[tuple[str, ast.Call]]:
    """Each call of a method of `spendsense.logs.log`, with its place."""
    for path in sorted([*(ROOT / "spendsense").rglob("*.py"), *(ROOT / "jobs").rglob("*.py")]):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for node in ast.walk(tree) if _imports_the_log(tree) else ():
            if isinstance(node, ast.Call) and ast.unparse(node.func).startswith("log."):
                yield f"{path.relative_to(ROOT)}:{node.lineno}", node


def _imports_the_log(tree: ast.Module) -> bool:
    imports = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module == "spendsense.logs"]
    return any(name.name == "log" for node in imports for name in node.names)


def test_each_says_what_happened_in_a_fixed_word() -> None:
    found = list(calls())
    assert len(found) >= 15
    for place, call in found:
        assert isinstance(call.func, ast.Attribute)
        assert call.func.attr in METHODS, place  # `exception` would write the error's text and its locals' lines
        (event,) = call.args
        assert isinstance(event, ast.Constant) and str(event.value).isidentifier(), place


def test_each_binds_allowed_fields_and_of_an_error_its_description_alone() -> None:
    for place, call in calls():
        named = {keyword.arg for keyword in call.keywords if keyword.arg}
        assert named <= ALLOWED - OF_EVERY_LINE - OF_AN_ERROR, place
        for keyword in call.keywords:
            if keyword.arg is None:
                assert ast.unparse(keyword.value).startswith("describe("), place


def test_no_text_is_put_together_for_a_line() -> None:
    """Of an error's own text, an address or a name nothing can be said from here: so none of them is written."""
    for place, call in calls():
        for keyword in call.keywords:
            assert not any(isinstance(node, ast.JoinedStr) for node in ast.walk(keyword.value)), place
            if isinstance(keyword.value, ast.Call) and ast.unparse(keyword.value.func) in ("str", "repr"):
                written = ast.unparse(keyword.value.args[0])
                assert written in ERRORS_WITH_OWN_TEXT or written.rpartition(".")[2].endswith("_id"), place


def test_no_field_is_allowed_that_nobody_writes() -> None:
    written = {keyword.arg for _, call in calls() for keyword in call.keywords}
    assert ALLOWED - written == OF_EVERY_LINE | OF_A_REQUEST | OF_AN_ERROR
