"""Draws the examples of the OpenAPI document: `python -m tests.api.draw_examples`.

A demo person logs in, agrees, sends data, reads and corrects; each request and its answer become an example. Lists are
cut to their first entry.
"""

import json
import os
from pathlib import Path
from typing import Any

from flask.testing import FlaskClient

from spendsense import clock
from spendsense.api import examples
from spendsense.api.tokens import KeyRing, PoolVerifier
from spendsense.app import create_app
from spendsense.config import load_settings
from spendsense.local.demo_people import PEOPLE, payload_of
from spendsense.store import migrations
from tests.api.conftest import CLIENT_ID, ISSUER, Pool
from tests.databases import new_database

TARGET = Path(examples.__file__).with_suffix(".json")
ME = "/api/v1/users/me"
SOMEBODY = PEOPLE[1]  # six subscriptions, and a card paid in full
LONGEST_LIST = 1


class Drawing:
    """A session of one person, each step kept as an example of its operation."""

    def __init__(self, client: FlaskClient, pool: Pool) -> None:
        self._client, self._pool = client, pool
        self.drawn: dict[str, dict[str, Any]] = {}

    def ask(self, method: str, path: str, body: Any = None, group: str = "consumers", **parts: Any) -> Any:
        """Asks, keeps what was asked and answered, and returns the answer."""
        headers = self._pool.bearer(SOMEBODY.email, group)
        bare, _, _ = path.partition("?")
        answer = self._client.open(path.format(**parts), method=method, json=body, headers=headers)
        assert answer.status_code in (200, 201), (method, path, answer.text)
        example = {"answer": short(answer.json)} if body is None else {"body": body, "answer": short(answer.json)}
        self.drawn[f"{method} {bare}"] = example
        return answer.json


def draw(drawing: Drawing) -> None:
    """The session. Steps that others need come first; erasure comes last."""
    texts = drawing.ask("GET", f"{ME}/consents")["texts"]
    version = texts[0]["version"]
    drawing.ask("GET", f"{ME}/consents/texts/{{version}}", version=version)
    drawing.ask("POST", f"{ME}/consents", {"purposes": ["analysis", "offers"], "text_version": version})
    drawing.ask("GET", f"{ME}/consents")
    drawing.ask("POST", f"{ME}/uploads", json.loads(payload_of(SOMEBODY, clock.today())))
    del drawing.drawn[f"POST {ME}/uploads"]["body"]  # the route has one of its own
    drawing.ask("PATCH", ME, {"state": "CA"})
    for name in ("", "/uploads", "/accounts", "/transactions", "/signals?window=30", "/insights?window=90", "/persona"):
        drawing.ask("GET", ME + name)
    person = drawing.ask("GET", ME)["user_id"]
    (row, *_) = drawing.ask("GET", f"{ME}/transactions")["data"]
    said = {"personal_finance_category": {"primary": "TRAVEL", "detailed": "TRAVEL_FLIGHTS"}}
    drawing.ask("PATCH", f"{ME}/transactions/{{transaction_id}}", said, transaction_id=row["transaction_id"])
    (stream, *_) = drawing.ask("GET", f"{ME}/streams")["data"]
    named = {"verdict": "recurring", "name": "Films"}
    drawing.ask("PATCH", f"{ME}/streams/{{stream_id}}", named, stream_id=stream["stream_id"])
    (item, *_) = drawing.ask("GET", f"{ME}/recommendations")["data"]["education"]
    drawing.ask("GET", f"{ME}/recommendations/not-shown")
    about = f"{ME}/recommendations/{{recommendation_id}}"
    drawing.ask("GET", f"{about}/why", recommendation_id=item["id"])
    drawing.ask("POST", f"{about}/feedback", {"verdict": "helpful"}, recommendation_id=item["id"])
    drawing.ask("GET", "/api/v1/operator/users/{user_id}/traces?limit=1", group="operators", user_id=person)
    drawing.ask("GET", "/api/v1/operator/users/{user_id}/not-shown", group="operators", user_id=person)
    operate(drawing, person, item["id"])
    export = f"{ME}/export"
    drawing.ask("GET", export)
    drawing.drawn[f"GET {export}/parts/{{part}}"] = drawing.drawn[f"GET {export}"]
    drawing.ask("DELETE", f"{ME}/consents/{{purpose}}", purpose="offers")
    drawing.ask("DELETE", ME)


def operate(drawing: Drawing, person: str, recommendation: str) -> None:
    """What an operator reads and does about the person."""
    api = "/api/v1/operator"
    drawing.ask("GET", f"{api}/review", group="operators")
    drawing.ask("GET", f"{api}/status", group="operators")
    drawing.ask("GET", f"{api}/audit", group="operators")
    drawing.ask("GET", f"{api}/audit/verification", group="operators")
    about = f"{api}/recommendations/{{recommendation_id}}"
    drawing.ask("GET", about, group="operators", recommendation_id=recommendation)
    unsuitable = {"reason_code": "unsuitable", "note": "Has closed the account since", "replacement": None}
    drawing.ask("POST", f"{about}/override", unsuitable, "operators", recommendation_id=recommendation)
    for action, reason in (("approve", "text_checked"), ("reject", "wrong_figure")):  # nothing waits here
        drawing.drawn[f"POST {about}/{action}"] = {"body": {"reason_code": reason, "note": None}}
    reasoned = {"reason_code": "vulnerable", "note": "Asked for a call back"}
    for action in ("flag", "note", "unflag"):
        drawing.ask("POST", f"{api}/users/{{user_id}}/{action}", reasoned, "operators", user_id=person)
    entries = {"entries": [{"action": "flag", "user_id": person, "reason_code": "complaint"}]}
    (done,) = drawing.ask("POST", f"{api}/actions", entries, "operators")["data"]
    taken_back = {"reason_code": "mistake", "note": None}
    drawing.ask("POST", f"{api}/actions/{{action_id}}/undo", taken_back, "operators", action_id=done["action_id"])


def short(value: Any) -> Any:
    """The value, with its lists cut to their first entry."""
    if isinstance(value, dict):
        return {name: short(inner) for name, inner in value.items()}
    return [short(inner) for inner in value[:LONGEST_LIST]] if isinstance(value, list) else value


def main() -> None:
    """Writes the file."""
    pool = Pool()
    verifier = PoolVerifier(KeyRing(pool.jwks), ISSUER, CLIENT_ID)
    with new_database() as url:
        app = create_app(load_settings({**os.environ, "ENVIRONMENT": "dev", "DATABASE_URL": url}), verifier)
        with app.app_context():
            migrations.upgrade()
        drawing = Drawing(app.test_client(), pool)
        draw(drawing)
    text = json.dumps(dict(sorted(drawing.drawn.items())), ensure_ascii=False, indent=1)
    TARGET.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
