"""What a person's data holds is in no log line, no error, no header and nobody else's answer, whatever goes wrong."""

import gzip
import json
from collections.abc import Callable, Iterator
from io import StringIO
from itertools import zip_longest
from typing import Any
from urllib.parse import quote

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text
from sqlalchemy.orm import Session
from werkzeug.routing import Rule

from jobs import assign_persona, compute_features, generate_recommendations, runtime
from spendsense.consent.people import user_for_token
from spendsense.store.models import Recommendation, User
from spendsense.store.session import Base
from tests.api.canaries import COUNT, FORGED_ID, Flock
from tests.api.conftest import Headers, Pool
from tests.api.undone import change_tables, undone

pytestmark = pytest.mark.no_cover  # many cases of what others cover, and tracing doubles its time

ME = "/api/v1/users/me"
JOBS = (compute_features, assign_persona, generate_recommendations)
TABLES = sorted(Base.metadata.tables)
STALE = "UPDATE progress SET signals_version = signals_version + 1, persona_version = persona_version + 1"
REFUSING = "ALTER TABLE {table} ADD CONSTRAINT refuses_all CHECK (false) NOT VALID"
AWAY = "ALTER TABLE {table} RENAME TO was_here"
USE = """SELECT relname, COALESCE(seq_scan, 0) + COALESCE(idx_scan, 0) + n_tup_ins + n_tup_upd + n_tup_del
FROM pg_stat_xact_user_tables"""
MARKED = "canary-in-an-exception: Wilhelmina Qvist 000"


class Watch:
    """All that was written or answered, held against the flock."""

    def __init__(self, flock: Flock, stream: StringIO, capfd: pytest.CaptureFixture[str]) -> None:
        self.flock = flock
        self.statuses: set[int] = set()
        self.requests = 0
        self._stream, self._capfd = stream, capfd

    def see(self, response: Any, about: object, *, is_others: bool) -> None:
        """An answer: no header has a canary, nor has an error, nor, where it is others' data, the rest."""
        self.requests += 1
        self.statuses.add(response.status_code)
        assert self.flock.found_in(str(response.headers)) == set(), about
        if response.status_code >= 400 or is_others:
            assert self.flock.found_in(response.text) == set(), (about, response.text)

    def see_logs(self) -> str:
        """All lines so far, and whatever else went to stderr or stdout. Not one canary."""
        captured = self._capfd.readouterr()
        written = self._stream.getvalue() + captured.err + captured.out
        self._stream.seek(0)
        self._stream.truncate()
        assert self.flock.found_in(written) == set()
        return written


@pytest.fixture
def flock() -> Flock:
    return Flock()


@pytest.fixture
def watch(flock: Flock, stream: StringIO, capfd: pytest.CaptureFixture[str]) -> Watch:
    return Watch(flock, stream, capfd)


@pytest.fixture
def wanda(client: FlaskClient, pool: Pool, flock: Flock, person: Callable[..., User]) -> Headers:
    """Somebody whose data is full of canaries, her email too."""
    email = flock.emails[0]
    person(email, "analysis", "offers")
    headers = pool.bearer(email)
    taken = client.post(f"{ME}/uploads", json=flock.payload(), headers=headers)
    assert (taken.status_code, taken.json["is_up_to_date"]) == (201, True), taken.text
    return headers


@pytest.fixture
def everyone(client: FlaskClient, pool: Pool, wanda: Headers, person: Callable[..., User]) -> dict[str, Headers]:
    """Who asks: she herself, another consumer, the staff, and nobody."""
    person("bob@example.com", "analysis", "offers")
    staff = {group: pool.bearer(f"{group}@example.com", group) for group in ("operators", "auditors")}
    return {"wanda": wanda, "bob": pool.bearer("bob@example.com"), **staff, "nobody": {}}


def routes(app: Flask) -> list[tuple[Rule, str]]:
    """All of them with their methods."""
    found = [(rule, method) for rule in app.url_map.iter_rules() for method in sorted(rule.methods or ())]
    return [(rule, method) for rule, method in found if method not in ("HEAD", "OPTIONS")]


def path_of(rule: Rule, value: Callable[[str, str], str]) -> str:
    """The path with each of its parameters, by converter and name, filled in."""
    parts = []
    for is_dynamic, content in rule._trace:
        name = content.rpartition(":")[2]
        kind = type(rule._converters[name]).__name__ if is_dynamic else ""
        parts.append(quote(value(kind, name), safe="") if is_dynamic else content)
    return "".join(parts).lstrip("|")


def good_value(kind: str, name: str, known: dict[str, str]) -> str:
    """An id that exists where there is one."""
    if kind == "AnyConverter":
        return "analysis"
    return known.get(name, FORGED_ID if kind == "UUIDConverter" else "row-1")


def operation(document: dict[str, Any], rule: Rule, method: str) -> dict[str, Any]:
    """What the document says of a route."""
    path = path_of(rule, lambda _kind, name: "{" + name + "}").replace("%7B", "{").replace("%7D", "}")
    found: dict[str, Any] = document["paths"][path][method.lower()]
    return found


def attempts(
    flock: Flock, document: dict[str, Any], rule: Rule, method: str, known: dict[str, str]
) -> Iterator[dict[str, Any]]:
    """Requests to a route: as it is meant, and with canaries wherever anything can be put."""
    told = operation(document, rule, method)
    good = path_of(rule, lambda kind, name: good_value(kind, name, known))
    queries = [part for part in told.get("parameters", []) if part.get("in") == "query"]
    body = told.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
    yield {"path": good}
    yield {"path": path_of(rule, lambda _kind, _name: flock.word())}
    yield {"path": good, "query_string": {part["name"]: flock.filled(part["schema"], document) for part in queries}}
    yield {"path": good, "query_string": {part["name"]: flock.word() for part in queries} | {"q": flock.word()}}
    headers = ("User-Agent", "Referer", "Cookie", "Origin", "If-Match", "Idempotency-Key", "Accept", "X-Forwarded-For")
    yield {"path": good, "headers": {name: flock.word() for name in headers}}
    if body is not None:
        yield {"path": good, "json": flock.filled(body, document)}
        for content in (flock.word(), json.dumps(flock.word()), f'{{"note": "{flock.word()}"', f'["{flock.word()}"]'):
            yield {"path": good, "data": content, "content_type": "application/json"}
        yield {"path": good, "data": flock.word(), "content_type": "text/plain"}


def send(client: FlaskClient, method: str, headers: Headers, attempt: dict[str, Any]) -> Any:
    further = {**attempt, "headers": {**attempt.get("headers", {}), **headers}}
    return client.open(method=method, **further)


@pytest.fixture
def document(client: FlaskClient) -> dict[str, Any]:
    found: dict[str, Any] = client.get("/api/v1/openapi.json").json
    return found


@pytest.fixture
def known(session: Session, pool: Pool, flock: Flock, wanda: Headers) -> dict[str, str]:
    """Ids of what is hers, by the name of the parameter."""
    user = user_for_token(session, pool.claims(flock.emails[0])["sub"], flock.emails[0], True)
    mine = session.scalars(sa.select(Recommendation).where(Recommendation.user_id == user.user_id)).first()
    assert mine is not None
    return {"user_id": str(user.user_id), "recommendation_id": str(mine.recommendation_id), "transaction_id": "row-1"}


def test_every_route_with_canaries_everywhere(
    app: Flask,
    client: FlaskClient,
    session: Session,
    watch: Watch,
    flock: Flock,
    everyone: dict[str, Headers],
    document: dict[str, Any],
    known: dict[str, str],
) -> None:
    for rule, method in routes(app):
        for who, headers in everyone.items():
            for attempt in attempts(flock, document, rule, method, known):
                with undone(session):
                    response = send(client, method, headers, attempt)
                    watch.see(response, (who, method, attempt), is_others=who in ("bob", "nobody"))
    own = client.get(f"{ME}/transactions?limit=200", headers=everyone["wanda"]).text
    assert len(flock.found_in(own)) > 100  # what is looked for can be found
    assert {200, 401, 403, 404, 415, 422} <= watch.statuses
    assert set(flock.all) - flock.sent <= set(flock.addresses)
    assert watch.see_logs().count('"event": "request"') >= watch.requests > 300


def test_broken_data(client: FlaskClient, watch: Watch, flock: Flock, wanda: Headers) -> None:
    for payload in flock.broken_payloads():
        for packed, encoding in (
            (json.dumps(payload).encode(), {}),
            (gzip.compress(b"{"), {"Content-Encoding": "gzip"}),
        ):
            headers = {**wanda, "Content-Type": "application/json", **encoding}
            response = client.post(f"{ME}/uploads?label={quote(flock.word())}", data=packed, headers=headers)
            assert response.status_code == 422
            watch.see(response, payload, is_others=False)
    table = (
        f"transaction_id,account_id,date,amount,name\nx,{flock.word()},{flock.word()},{flock.word()},{flock.word()}\n"
    )
    watch.see(
        client.post(f"{ME}/uploads", data=table, headers={**wanda, "Content-Type": "text/csv"}), table, is_others=False
    )
    watch.see_logs()


def test_logins_and_consents(
    client: FlaskClient, watch: Watch, flock: Flock, pool: Pool, document: dict[str, Any]
) -> None:
    flock.sent |= {*flock.emails, *flock.addresses}
    for email, address in zip_longest(flock.emails, flock.addresses):
        given: dict[str, Any] = {"environ_overrides": {"REMOTE_ADDR": address}, "headers": pool.bearer(email)}
        assert client.get(ME, **given).json["email"] == email
        current = client.get(f"{ME}/consents", **given).json["texts"][0]["version"]
        for version in ("none such", current) if address else ():
            body = {"purposes": ["analysis", "offers"], "text_version": version}
            watch.see(client.post(f"{ME}/consents", json=body, **given), email, is_others=False)
            history = client.get(f"{ME}/consents", **given).json["history"]
            assert [grant["ip_address"] for grant in history] == [address] * (2 if version == current else 0)
        another = client.get(ME, headers=pool.bearer(email, sub="another-login"))
        assert another.status_code == 403
        watch.see(another, email, is_others=True)
    assert watch.statuses == {201, 403, 409}
    watch.see_logs()


def test_errors_of_the_database(
    app: Flask,
    client: FlaskClient,
    session: Session,
    watch: Watch,
    flock: Flock,
    everyone: dict[str, Headers],
    document: dict[str, Any],
    known: dict[str, str],
) -> None:
    """Each table that a route reads or writes is away in turn, or refuses every row and quotes it."""
    for rule, method in routes(app):
        headers = everyone["operators" if "/operator/" in rule.rule else "wanda"]
        told = operation(document, rule, method).get("requestBody", {}).get("content", {})
        attempt = {"path": path_of(rule, lambda kind, name: good_value(kind, name, known))}
        if "application/json" in told:
            attempt["json"] = body_of(flock, told["application/json"]["schema"], document, rule)
        for table in tables_of(session, lambda h=headers, m=method, a=attempt: send(client, m, h, a)):
            with undone(session):
                change_tables(session, (AWAY if method == "GET" else REFUSING).format(table=table))
                watch.see(send(client, method, headers, attempt), (table, method, attempt), is_others=False)
    assert 500 in watch.statuses
    assert watch.see_logs().count('"database_error"') > 30


def tables_of(session: Session, action: Callable[[], Any]) -> list[str]:
    """Which tables an action reads or writes, as PostgreSQL counts it."""
    with undone(session):
        before = dict(session.execute(text(USE)).all())
        action()
        after = dict(session.execute(text(USE)).all())
    return [table for table in TABLES if after.get(table, 0) != before.get(table, 0)]


def body_of(flock: Flock, schema: dict[str, Any], document: dict[str, Any], rule: Rule) -> Any:
    """What a route takes: bank data where it is that."""
    return flock.payload() if rule.rule.endswith("/uploads") else flock.filled(schema, document)


def test_exceptions_inside_every_view(
    app: Flask,
    client: FlaskClient,
    watch: Watch,
    everyone: dict[str, Headers],
    document: dict[str, Any],
    known: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for rule, method in routes(app):

        def fail(*_: Any, **__: Any) -> None:
            secret = MARKED  # in a local variable too, which some reporters print
            raise LookupError(secret)

        fail.access = app.view_functions[rule.endpoint].access  # type: ignore[attr-defined]
        monkeypatch.setitem(app.view_functions, rule.endpoint, fail)
        path = path_of(rule, lambda kind, name: good_value(kind, name, known))
        headers = everyone["operators" if "/operator/" in rule.rule else "wanda"]
        response = client.open(path, method=method, headers=headers)
        assert response.status_code == 500, (method, path)
        watch.see(response, (method, path), is_others=True)
    assert watch.see_logs().count('"LookupError"') == watch.requests


@pytest.fixture
def _jobs_here(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runtime, "application", lambda: app)


@pytest.mark.usefixtures("_jobs_here")
def test_the_three_jobs(session: Session, watch: Watch, flock: Flock, wanda: Headers) -> None:
    """As they run, and with each table in turn refusing every row that they write."""
    outcomes = set()
    for table in (None, *TABLES):
        for job in JOBS:
            with undone(session):
                session.execute(text("UPDATE users SET data_version = data_version + 1"))
                session.execute(text(STALE))
                session.commit()
                if table:
                    change_tables(session, REFUSING.format(table=table))
                outcomes.add(outcome_of(job, flock))
    assert {"complete", "set aside", "IntegrityError"} <= outcomes
    assert '"person_set_aside"' in watch.see_logs()


def outcome_of(job: Any, flock: Flock) -> str:
    """How a run ended. What it answers goes to whoever called it: no canary stands in it."""
    try:
        answer = job.run({}, None)
    except sa.exc.DBAPIError as error:
        return type(error).__name__
    assert flock.found_in(json.dumps(answer)) == set()
    return "set aside" if answer["set_aside"] else str(answer["outcome"])


def test_there_are_five_hundred(flock: Flock) -> None:
    assert len(set(flock.all)) == len(flock.all) == COUNT
