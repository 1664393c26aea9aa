"""The examples of the OpenAPI document: real requests and answers of a demo person, long lists cut short.

`python -m tests.api.draw_examples` writes them anew; a test holds each against its schema.
"""

import json
from functools import cache
from importlib.resources import files
from typing import Any, Final

# What the parts of paths are, and one of each.
PATH_PARTS: Final[dict[str, tuple[str, str]]] = {
    "action_id": ("The `action_id` of an operator's action", "4f6d2b1e-8c3a-4f57-9d1c-2e7a6b5c4d30"),
    "asset": ("The name of a script, style or picture of the page", "swagger-ui.css"),
    "part": ("A part as the export names it", "WyIxLjEuMS4xIl0"),
    "purpose": ("What is agreed to", "offers"),
    "recommendation_id": ("The `id` of a recommendation", "0c7f1a52-7d0b-4b0e-9d0c-6a5a2f1d9b11"),
    "stream_id": ("The `stream_id` of a stream", "6f0e2f4c-1d5c-4f0b-8a55-0b1f6f7f4a20"),
    "transaction_id": ("The `transaction_id` of a transaction", "tx-1"),
    "user_id": ("The person's id", "b3b6f1de-51a7-4a63-9a9e-0a4f0c7b8f10"),
    "version": ("The version of the texts", "2026-12"),
}


def answer_of(method: str, path: str) -> Any:
    """An answer of the operation, or None where none was drawn. `path` as the document has it: {part}."""
    return _drawn().get(f"{method} {path}", {}).get("answer")


def body_of(method: str, path: str) -> Any:
    """A body that the operation takes, or None where none was drawn."""
    return _drawn().get(f"{method} {path}", {}).get("body")


def parts_of(path: str) -> list[dict[str, Any]]:
    """The described parts of a path."""
    return [
        {"in": "path", "name": name, "required": True, "description": meaning, "example": example}
        for name, (meaning, example) in PATH_PARTS.items()
        if f"{{{name}}}" in path
    ]


@cache
def _drawn() -> dict[str, dict[str, Any]]:
    drawn: dict[str, dict[str, Any]] = json.loads((files(__package__) / "examples.json").read_text(encoding="utf-8"))
    return drawn
