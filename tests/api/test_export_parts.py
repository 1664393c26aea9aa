"""An export in parts: each row once, and all parts of one state."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Table, delete, func, insert, select, text, update
from sqlalchemy.orm import Session

from spendsense import clock
from spendsense.consent import export
from spendsense.consent.rights import personal_tables
from spendsense.store import audit
from spendsense.store.models import User
from tests.api.conftest import Headers, Pool
from tests.api.rows import add_account, add_recommendation
from tests.api.test_chain import payload
from tests.api.test_corrections import correct
from tests.filling import fill

ME = "/api/v1/users/me"


def take_all(client: FlaskClient, headers: Headers) -> list[dict[str, Any]]:
    """Every part of the export; the document itself where it is whole."""
    whole = client.get(f"{ME}/export", headers=headers).json
    names = [part["part"] for part in whole["parts"]]
    return [client.get(f"{ME}/export/parts/{name}", headers=headers).json for name in names] or [whole]


@pytest.mark.parametrize("part_bytes", [1, 700, 5_000, 50_000])
def test_parts_of_any_size_hold_each_row_once_and_in_order(
    client: FlaskClient,
    ann: Headers,
    person: Callable[..., User],
    monkeypatch: pytest.MonkeyPatch,
    part_bytes: int,
) -> None:
    person("ann@example.com", "analysis", "offers")
    client.post(f"{ME}/uploads", json=payload(), headers=ann)
    (whole,) = take_all(client, ann)
    monkeypatch.setattr(export.split, "__defaults__", (part_bytes,))
    parts = take_all(client, ann)
    assert len(parts) > 1
    joined: dict[str, list[Any]] = {name: [] for name in whole["tables"]}
    for part in parts:
        for name, rows in part["tables"].items():
            joined[name] += rows
    assert joined == whole["tables"]


def test_a_part_of_another_state_is_refused(
    client: FlaskClient, ann: Headers, person: Callable[..., User], monkeypatch: pytest.MonkeyPatch
) -> None:
    person("ann@example.com", "analysis")
    client.post(f"{ME}/uploads", json=payload(), headers=ann)
    monkeypatch.setattr(export.split, "__defaults__", (700,))
    name = client.get(f"{ME}/export", headers=ann).json["parts"][-1]["part"]
    assert client.get(f"{ME}/export/parts/{name}", headers=ann).status_code == 200
    correct(client, ann, {"primary": "TRAVEL"})
    assert client.get(f"{ME}/export/parts/{name}", headers=ann).status_code == 409


@pytest.fixture
def everywhere(person: Callable[..., User], session: Session) -> User:
    """A person with a row in every table."""
    user = person("ann@example.com", "analysis")
    for table in personal_tables():
        fill(session, table, user.user_id)
    audit.record(session, user.user_id, "residence.changed", actor="person", at=clock.now(), detail={"is_known": True})
    session.commit()
    return user


def theirs(table: Table, user: User) -> Any:
    """The condition that a row is of this person."""
    return table.c.subject == user.audit_subject if table.name == "audit_events" else table.c.user_id == user.user_id


def gone(session: Session, user: User, table: Table) -> None:
    """The person's rows go from this table, and from no other."""
    session.execute(delete(table).where(theirs(table, user)))


def replaced(session: Session, user: User, table: Table) -> None:
    """The person's row goes, and one like it comes."""
    (row,) = session.execute(select(table).where(theirs(table, user)).limit(1)).mappings()
    gone(session, user, table)
    given = {name: value for name, value in row.items() if table.c[name].identity is None}
    session.execute(insert(table).values(given))


def changed(session: Session, user: User, table: Table) -> None:
    """The person's rows are written over, whatever stands in them now."""
    column = next(column for column in table.columns if column.identity is None)
    session.execute(update(table).where(theirs(table, user)).values({column.name: column}))


CHANGES = [
    (change, table)
    for table in export.tables()
    for change in (gone, replaced, changed)
    if (change, table.name) != (gone, "users")  # then nobody asks for anything
]


@pytest.mark.parametrize(("change", "table"), CHANGES, ids=[f"{table}-{how.__name__}" for how, table in CHANGES])
def test_after_a_change_of_any_table_every_part_is_refused(
    client: FlaskClient,
    ann: Headers,
    everywhere: User,
    session: Session,
    monkeypatch: pytest.MonkeyPatch,
    change: Callable[[Session, User, Table], None],
    table: Table,
) -> None:
    monkeypatch.setattr(export.split, "__defaults__", (3_000,))
    paths = [f"{ME}/export/parts/{part['part']}" for part in client.get(f"{ME}/export", headers=ann).json["parts"]]
    assert [client.get(path, headers=ann).status_code for path in paths] == [200] * len(paths) != []
    session.execute(text("SET LOCAL session_replication_role = replica"))  # no foreign key, no append-only table
    change(session, everywhere, table)
    session.execute(text("SET LOCAL session_replication_role = origin"))
    session.commit()
    assert [client.get(path, headers=ann).status_code for path in paths] == [409] * len(paths)


def test_the_first_row_of_any_table_is_another_state(
    client: FlaskClient, ann: Headers, person: Callable[..., User], session: Session
) -> None:
    user = person("ann@example.com", "analysis")
    states = [client.get(f"{ME}/export", headers=ann).json["state"]]
    for table in personal_tables():
        had_one = session.scalar(select(func.count()).select_from(table).where(theirs(table, user)))
        fill(session, table, user.user_id)
        session.commit()
        states.append(client.get(f"{ME}/export", headers=ann).json["state"])
        assert had_one or states[-1] not in states[:-1], table.name
    assert len(set(states)) > len(personal_tables()) - 5  # the rest had rows at first


def test_what_people_do_between_two_parts_is_another_state(
    client: FlaskClient, ann: Headers, person: Callable[..., User]
) -> None:
    person("ann@example.com", "analysis", "offers")
    client.post(f"{ME}/uploads", json=payload(), headers=ann)
    listed = client.get(f"{ME}/recommendations", headers=ann).json["data"]["education"]
    states = [client.get(f"{ME}/export", headers=ann).json["state"] for _ in range(2)]
    assert states[0] == states[1]  # reading changes nothing
    for verdict in ("helpful", "dismissed"):
        client.post(f"{ME}/recommendations/{listed[0]['id']}/feedback", json={"verdict": verdict}, headers=ann)
        states.append(client.get(f"{ME}/export", headers=ann).json["state"])
    assert client.patch(ME, json={"state": "OR"}, headers=ann).status_code == 200
    states.append(client.get(f"{ME}/export", headers=ann).json["state"])
    client.delete(f"{ME}/consents/offers", headers=ann)
    states.append(client.get(f"{ME}/export", headers=ann).json["state"])
    assert len(set(states)) == len(states) - 1


def test_what_is_no_longer_shown_is_another_state(
    client: FlaskClient, pool: Pool, person: Callable[..., User], session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its last day is over, and not a row has changed."""
    add_recommendation(session, person("ann@example.com", "analysis"), expires_on=clock.today() + timedelta(days=1))
    session.commit()
    tomorrow = clock.now() + timedelta(days=1)
    ann = pool.bearer("ann@example.com", exp=int(tomorrow.timestamp()) + 3_600)
    before = client.get(f"{ME}/export", headers=ann).json
    monkeypatch.setattr(clock, "now", lambda: tomorrow)
    after = client.get(f"{ME}/export", headers=ann).json
    texts = [document["tables"]["recommendations"][0]["title"] is None for document in (before, after)]
    assert (texts, before["state"] == after["state"]) == ([False, True], False)


@pytest.mark.parametrize(
    "places",
    [
        ("nothing", "[]", "", "[]"),
        ("pg_authid", "[]", "", "[]"),
        ("transactions", "[1]", "", "[]"),
        ("transactions", '["a", "b"]', "", "[]"),
        ("transactions", '["a\\u0000"]', "", "[]"),
        ("transactions", '["\\ud800"]', "", "[]"),
        ("transactions", "5", "", "[]"),
        ("transactions", "[" * 900, "", "[]"),
        ("consents", '["no-uuid"]', "", "[]"),
        ("balances", '["visa", "no day"]', "", "[]"),
    ],
)
def test_a_part_that_no_export_named_does_not_exist(
    client: FlaskClient, ann: Headers, person: Callable[..., User], places: tuple[str, ...]
) -> None:
    from spendsense.api.pagination import encode_mark

    person("ann@example.com")
    for name in (encode_mark(("0.0.0.0", *places)), "none"):
        answer = client.get(f"{ME}/export/parts/{name}", headers=ann)
        assert (answer.status_code, answer.json["errors"][0]["pointer"][:1]) == (422, "/"), name


def test_a_part_is_the_callers_own(
    client: FlaskClient, ann: Headers, person: Callable[..., User], pool: Pool, session: Session
) -> None:
    from spendsense.api.pagination import encode_mark

    user = person("ann@example.com", "analysis")
    add_account(session, user)
    person("bob@example.com", "analysis")
    session.commit()
    bob = pool.bearer("bob@example.com")
    state = client.get(f"{ME}/export", headers=bob).json["state"]
    everything = encode_mark((state, "users", "[]", "", "[]"))
    found = client.get(f"{ME}/export/parts/{everything}", headers=bob).json
    assert [row["email"] for row in found["tables"]["users"]] == ["bob@example.com"]
    assert "accounts" not in found["tables"]
