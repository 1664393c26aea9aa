"""Every route, asked by everybody, about everybody's rows: nobody is shown or changes what is not theirs.

Three times: as the service is; with every check in Python taken away, so that row-level security stands alone; and with
that taken away too, which has to be seen, or the matrix would prove nothing.
"""

import json
import re
import sys
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask, request
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from spendsense import clock
from spendsense.api import auth
from spendsense.api import export as exporting
from spendsense.consent import export, ledger
from spendsense.consent.people import user_of_login
from spendsense.consent.rights import personal_tables
from spendsense.store import identity
from spendsense.store.identity import Identity
from spendsense.store.models import AuditEvent, OperatorAction, Recommendation, Stream, User
from tests.api.conftest import Headers, Pool
from tests.api.test_access import OPEN
from tests.api.undone import undone
from tests.filling import fill

pytestmark = pytest.mark.no_cover  # many cases of what others cover, and tracing doubles its time

API = "/api/v1"
PEOPLE = ("ann", "bob")
EMAILS = {name: f"{name}@of-the-matrix.example" for name in PEOPLE}
MISSING = "00000000-0000-4000-8000-000000000000"
MALFORMED = "not-1%27 OR '1'='1"
KINDS = ("own", "other", "missing", "malformed")
DECISION = re.compile(r"/operator/(recommendations|users|actions)")


@dataclass(frozen=True)
class Person:
    """A person with something in every table: their ids by the name of a path's part, and words only they have."""

    user: User
    ids: dict[str, str]
    secrets: frozenset[str]


@dataclass(frozen=True)
class Asked:
    """One request of the matrix."""

    caller: str
    method: str
    rule: str
    about: str  # whose ids stand in the path
    path: str
    body: Any


@dataclass
class World:
    """The people, everybody's tokens, and what the requests brought to light."""

    app: Flask
    client: FlaskClient
    session: Session
    people: dict[str, Person]
    headers: dict[str, Headers]
    examples: dict[tuple[str, str], Any]
    injected: str = ""  # what a view was made to believe, and may therefore repeat

    def requests(self) -> Iterator[Asked]:
        """All routes × callers × ids, from `url_map`."""
        for rule in self.app.url_map.iter_rules():
            parts = re.findall(r"<(?:[^:<>]+(?:\([^)]*\))?:)?(\w+)>", rule.rule)
            for method in sorted((rule.methods or set()) - {"OPTIONS", "HEAD"}):
                for caller in self.headers:
                    own, other = ("bob", "ann") if caller == "bob" else PEOPLE
                    for kind in KINDS if set(parts) & set(self.people["ann"].ids) else ("own", "other"):
                        about = {"own": own, "other": other}.get(kind, kind)
                        yield self._asked(caller, method, rule.rule, about)

    def _asked(self, caller: str, method: str, rule: str, about: str) -> Asked:
        ids = self.people[about].ids if about in self.people else {}
        unknown = MISSING if about == "missing" else MALFORMED
        shared = {"purpose": "offers", "asset": "start.js", "version": self.people["ann"].ids["version"]}

        def value(match: re.Match[str]) -> str:
            return {**shared, **ids}.get(match[1], unknown)

        path = re.sub(r"<(?:[^:<>]+(?:\([^)]*\))?:)?(\w+)>", value, rule)
        if path == f"{API}/users/me/transactions" and ids:
            path += f"?account_id={ids['account_id']}"
        body = self.examples.get((method, re.sub(r"<(?:[^:<>]+(?:\([^)]*\))?:)?(\w+)>", r"{\1}", rule)))
        if "text_version" in (body or {}):
            body = {**body, "text_version": shared["version"]}
        if "entries" in (body or {}):
            body = {"entries": [{**body["entries"][0], "user_id": ids.get("user_id", unknown)}]}
        return Asked(caller, method, rule, about, path, body)

    def ask(self, asked: Asked) -> tuple[int, list[str]]:
        """The answer's status, and every way in which it went too far. Nothing of it lasts."""
        with undone(self.session):
            kept = {name: self._whole(one) for name, one in self.people.items() if not self._may_change(asked, name)}
            self.session.commit()
            response = self.client.open(
                asked.path, method=asked.method, headers=self.headers[asked.caller], json=asked.body
            )
            is_open = self.session.in_transaction()
            self.session.close()
            shown = response.get_data(as_text=True) + str(response.headers)
            sent = asked.path + json.dumps(asked.body) + self.injected
            faults = [f"{asked} left its transaction open"] if is_open else []
            for name, one in self.people.items():
                told = {word for word in one.secrets if word in shown and word not in sent}
                if told and not self._may_see(asked, name):
                    faults.append(f"{asked} was shown {len(told)} words of {name}: {sorted(told)[:3]}")
                if name in kept and self._whole(one) != kept[name]:
                    faults.append(f"{asked} changed rows of {name}")
            return response.status_code, faults

    def _may_see(self, asked: Asked, name: str) -> bool:
        return asked.caller == name or ("/operator/" in asked.rule and asked.caller in ("operator", "auditor"))

    def _may_change(self, asked: Asked, name: str) -> bool:
        return asked.caller == name or ("/operator/" in asked.rule and asked.caller == "operator")

    def _whole(self, one: Person) -> list[tuple[str, str]]:
        """Every row of the person, as (table, text)."""
        ids = {"user_id": one.user.user_id, "subject": one.user.audit_subject}
        return sorted(tuple(row) for row in self.session.execute(EVERYTHING, ids))


EVERYTHING = sa.text(
    " UNION ALL ".join(
        f"SELECT '{table}', r::text FROM {table} AS r WHERE {key} = :{key}"
        for table, key in [*((table.name, "user_id") for table in personal_tables()), ("audit_events", "subject")]
    )
)


@pytest.fixture
def world(app: Flask, client: FlaskClient, session: Session, person: Callable[..., User], pool: Pool) -> World:
    operator = pool.bearer("olga@example.com", "operators")
    headers: dict[str, Headers] = {
        "anonymous": {},
        "ann": pool.bearer(EMAILS["ann"]),
        "bob": pool.bearer(EMAILS["bob"]),
        "operator": operator,
        "auditor": pool.bearer("otto@example.com", "auditors"),
        "expired": pool.bearer(EMAILS["ann"], exp=1_700_000_000),
        "forged": Pool().bearer(EMAILS["ann"]),
    }
    users = {name: person(EMAILS[name], "analysis", "offers") for name in PEOPLE}
    for name, user in users.items():
        assert client.post(f"{API}/users/me/uploads", json=history(name), headers=headers[name]).status_code == 201
        flag = {"reason_code": "vulnerable", "note": f"{name} has asked for help"}
        assert client.post(f"{API}/operator/users/{user.user_id}/flag", json=flag, headers=operator).status_code == 201
        (stream,) = client.get(f"{API}/users/me/streams", headers=headers[name]).json["data"]
        client.patch(f"{API}/users/me/streams/{stream['stream_id']}", json={"name": f"{name}'s"}, headers=headers[name])
        for table in personal_tables():
            fill(session, table, user.user_id, name)
    session.commit()
    words = {name: words_of(session, user) for name, user in users.items()}
    people = {
        name: Person(user, ids_of(session, user), frozenset(words[name] - words[PEOPLE[name == "ann"]]))
        for name, user in users.items()
    }
    version = client.get(f"{API}/users/me/consents", headers=headers["ann"]).json["texts"][0]["version"]
    for one in people.values():
        one.ids["version"] = version
        assert len(one.secrets) > 40
    session.close()
    return World(app, client, session, people, headers, examples_of(client))


def history(name: str) -> dict[str, Any]:
    """A card at 68 % of its limit and a monthly subscription, all of whose words and amounts are the person's."""
    part = 1 if name == "ann" else 2
    card = {
        "account_id": f"{name}-card",
        "name": f"{name}'s card",
        "mask": f"111{part}",
        "type": "credit",
        "subtype": "credit card",
        "balances": {"current": 68_017.31 * part, "limit": 100_003.07 * part, "iso_currency_code": "USD"},
    }
    rows = [
        {
            "transaction_id": f"{name}-row-{number}",
            "account_id": f"{name}-card",
            "date": (clock.today() - timedelta(days=30 * number)).isoformat(),
            "amount": 31_415.92 * part,
            "name": f"{name}-films",
            "merchant_name": f"{name}-films Ltd",
            "pending": False,
        }
        for number in range(6)
    ]
    item = {"item_id": f"{name}-item", "institution_id": f"{name}-bank"}
    return {"item": item, "accounts": [card], "added": rows, "modified": [], "removed": [], "next_cursor": "c"}


def ids_of(session: Session, user: User) -> dict[str, str]:
    """An id of the person's for each part of a path that names a row."""

    def one(column: Any, *conditions: Any) -> str:
        own = column.class_.user_id == user.user_id
        return str(session.scalars(sa.select(column).where(own, *conditions).limit(1)).one())

    name = user.email.partition("@")[0]
    part = export.split(session, user.user_id, [])[0]
    head, _ = exporting._begin(session, user.user_id)
    return {
        "user_id": str(user.user_id),
        "recommendation_id": one(Recommendation.recommendation_id, Recommendation.status == "active"),
        "stream_id": one(Stream.stream_id),
        "action_id": one(OperatorAction.action_id),
        "transaction_id": f"{name}-row-1",
        "account_id": f"{name}-card",
        "part": exporting._mark(head["state"], part),
    }


def words_of(session: Session, user: User) -> set[str]:
    """Every text, id and large amount in any row of the person."""
    own = [(table, table.c.user_id == user.user_id) for table in personal_tables()]
    audit = sa.inspect(AuditEvent).local_table
    found: set[str] = set()
    for table, condition in [*own, (audit, AuditEvent.subject == user.audit_subject)]:
        for row in session.execute(sa.select(table).where(condition)):
            for value in row:
                found |= set(words_in(value))
    return found


def words_in(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from (*words_in(key), *words_in(inner))
    elif isinstance(value, list):
        for inner in value:
            yield from words_in(inner)
    elif isinstance(value, uuid.UUID) or (isinstance(value, str) and len(value) > 5):
        yield str(value)
    elif isinstance(value, int) and abs(value) >= 1_000_000:
        yield str(abs(value))
    else:
        assert value is None or isinstance(value, str | int | float | bool | Decimal | bytes | date | datetime)


def examples_of(client: FlaskClient) -> dict[tuple[str, str], Any]:
    """The body of each operation, as the document shows it."""
    found: dict[tuple[str, str], Any] = {}
    for path, operations in client.get(f"{API}/openapi.json").json["paths"].items():
        for method, operation in operations.items():
            if method != "parameters" and "requestBody" in operation:
                content = next(iter(operation["requestBody"]["content"].values()))
                found[method.upper(), path] = content["example"]
    return found


# --- as it is ---------------------------------------------------------------------------------------------------------


def test_nobody_is_shown_or_changes_what_is_not_theirs(world: World) -> None:
    faults: list[str] = []
    count = 0
    for asked in world.requests():
        status, too_far = world.ask(asked)
        count += 1
        faults += too_far
        if status not in expected(asked):
            faults.append(f"{asked} was answered with {status}")
    assert "\n".join(faults) == ""
    assert count > 700


def expected(asked: Asked) -> set[int]:
    """Which answers a request may get."""
    if asked.rule in OPEN:
        return {200}
    if asked.about == "malformed" and "<uuid:" in asked.rule:
        return {404}  # it is no route of ours
    if asked.caller in ("anonymous", "expired", "forged"):
        return {401}
    is_own_area = "/users/me" in asked.rule
    if is_own_area != (asked.caller in PEOPLE) or (asked.caller == "auditor" and asked.method != "GET"):
        return {403}
    has_ids = re.search(r"_id>|<part>", asked.rule) is not None
    if not has_ids and not asked.rule.endswith("/operator/actions"):
        return {200, 201}
    is_theirs = asked.about in PEOPLE if not is_own_area else asked.about == asked.caller
    if is_theirs:  # 409: a decision that the recommendation's status does not allow
        return {200, 201, 409} if DECISION.search(asked.rule) and asked.method == "POST" else {200, 201}
    if "<part>" in asked.rule:  # a stretch of the caller's own rows, whoever's export named it
        return {200, 409, 422}
    return {404, 422} if asked.rule.endswith("/operator/actions") else {404}


# --- without the checks in Python -------------------------------------------------------------------------------------


def take_checks_away(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every role may call every route, nobody is asked for consent, and each view takes the caller for another."""
    whose = {world.headers[name]["Authorization"]: world.people[PEOPLE[name == "ann"]].user.user_id for name in PEOPLE}
    ann_id = world.people["ann"].user.user_id
    world.injected = " ".join(map(str, whose.values()))

    def somebody_else(session: Session, needs: str | None = None) -> User:
        user_of_login(session, auth.current_caller().sub)
        user_id = whose.get(request.headers["Authorization"], ann_id)
        return session.get(User, user_id) or User(user_id=user_id)

    for name, module in list(sys.modules.items()):
        if name.startswith("spendsense.api.") and hasattr(module, "current_user"):
            monkeypatch.setattr(module, "current_user", somebody_else)
    monkeypatch.setattr(auth, "require_role", lambda *_: None)
    monkeypatch.setattr(ledger, "require", lambda *_: None)


def faults_of(world: World) -> list[str]:
    """What goes too far for those who hold a token. What breaks instead is answered with 500, which shows nothing."""
    world.app.config["PROPAGATE_EXCEPTIONS"] = False
    faults = []
    for asked in world.requests():
        if asked.caller not in ("anonymous", "expired", "forged"):
            faults += world.ask(asked)[1]
    return faults


def test_the_database_alone_keeps_people_apart(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    take_checks_away(world, monkeypatch)
    assert "\n".join(faults_of(world)) == ""


def test_without_either_the_matrix_sees_it(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    take_checks_away(world, monkeypatch)
    monkeypatch.setattr(identity, "current", lambda: Identity("none"))
    faults = faults_of(world)
    assert sum("was shown" in fault for fault in faults) > 50
    assert sum("changed rows" in fault for fault in faults) > 10
