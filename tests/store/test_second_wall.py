"""Row-level security: whatever a statement asks for, each of the four roles gets no more than is its own."""

import hashlib
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, cast

import pytest
import sqlalchemy as sa
from flask import Flask
from psycopg2.errors import InsufficientPrivilege
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.orm import Session

from spendsense import clock
from spendsense.consent.people import find_or_create_user, user_for_token, user_of_login
from spendsense.consent.rights import personal_tables
from spendsense.errors import Forbidden
from spendsense.pipeline import run
from spendsense.store import audit, identity
from spendsense.store.identity import JOB, DatabaseRole, Identity, acting_as
from spendsense.store.models import KeptAnswer, Progress, User
from spendsense.store.session import Base, db, raw_cursor, transaction
from tests.filling import fill

OF_NOBODY = {"rulebook_versions", "job_runs", "audit_links", "audit_anchors"}
"""Tables in which no row is about a person who could be told from it."""

ANN, BOB = "sub-of-ann", "sub-of-bob"
GUARDED = sorted(set(Base.metadata.tables) - OF_NOBODY)
BY_PERSON = [name for name in GUARDED if name != "request_rates"]


def consumer(sub: str = "", email: str = "") -> Identity:
    return Identity(DatabaseRole.CONSUMER, sub, email)


def owner_of(table: sa.Table) -> sa.Column[Any]:
    """The column that says whose a row is."""
    columns = {"kept_answers": "caller_id", "audit_events": "subject"}
    return table.c[columns.get(table.name, "user_id")]


@pytest.fixture
def people(session: Session) -> dict[str, User]:
    """Ann and Bob, with a row each in every table of people; by sub."""
    found: dict[str, User] = {}
    for sub in (ANN, BOB):
        user = found[sub] = find_or_create_user(session, f"{sub}@example.com")
        user.sub = sub
        session.flush()
        for table in personal_tables():
            fill(session, table, user.user_id)
        audit.record(session, user.user_id, "tested", actor="person", at=clock.now(), detail={})
        session.add(KeptAnswer(key_hash=sub.encode(), request_hash=b"", caller_id=user.user_id, at=clock.now()))
    session.commit()
    return found


def ids_in(session: Session, table: sa.Table) -> set[uuid.UUID]:
    return set(session.scalars(sa.select(owner_of(table))))


# --- what is guarded --------------------------------------------------------------------------------------------------


def test_every_table_is_guarded_or_known_to_be_about_nobody(session: Session) -> None:
    """A table that a later revision adds is caught here until it has its policies."""
    guarded = session.scalars(
        sa.text(
            "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace"
            " AND relrowsecurity AND relforcerowsecurity"
        )
    ).all()
    assert sorted(guarded) == GUARDED
    leads_to_people = {table.name for table in Base.metadata.sorted_tables if "users" in leads_to(table)}
    assert leads_to_people <= set(guarded)


def leads_to(table: sa.Table) -> set[str]:
    """The tables that rows of this one hang on, itself among them."""
    return {table.name}.union(*(leads_to(key.column.table) for key in table.foreign_keys))


def test_the_roles_hold_nothing_and_pass_by_no_policy(session: Session) -> None:
    rows = session.execute(
        sa.text(
            "SELECT rolname, rolcanlogin, rolsuper, rolbypassrls, rolcreaterole, rolcreatedb, rolreplication"
            " FROM pg_roles WHERE rolname = ANY(:roles)"
        ),
        {"roles": list(DatabaseRole)},
    ).all()
    assert {name for name, *_ in rows} == set(DatabaseRole)
    assert not any(flag for _, *flags in rows for flag in flags)
    owned = "SELECT count(*) FROM pg_class WHERE pg_get_userbyid(relowner) = ANY(:roles)"
    assert session.scalar(sa.text(owned), {"roles": list(DatabaseRole)}) == 0


APPEND_ONLY = ("audit_events", "audit_links", "audit_anchors", "consents", "recommendation_events", "operator_actions")


@pytest.mark.parametrize("role", list(DatabaseRole))
def test_what_is_appended_is_changed_by_no_role(role: DatabaseRole, session: Session) -> None:
    for table in APPEND_ONLY:
        assert rights(session, role, table) <= {"SELECT", "INSERT"}, table
    assert "INSERT" not in rights(session, role, "audit_links")  # the database links by itself


def test_an_auditor_changes_nothing_but_how_fast_they_ask(session: Session) -> None:
    changed = {table: rights(session, DatabaseRole.AUDITOR, table) - {"SELECT"} for table in Base.metadata.tables}
    assert {table: verbs for table, verbs in changed.items() if verbs} == {
        "request_rates": {"INSERT", "UPDATE"},
    }


def test_an_operator_decides_and_changes_no_data(session: Session) -> None:
    changed = {table: rights(session, DatabaseRole.OPERATOR, table) - {"SELECT"} for table in Base.metadata.tables}
    assert {table for table, verbs in changed.items() if verbs} == {
        "recommendations",
        "traces",
        "recommendation_events",
        "operator_actions",
        "flags",
        "audit_events",
        "rulebook_versions",
        "kept_answers",
        "request_rates",
    }


@pytest.mark.parametrize("role", list(DatabaseRole))
def test_no_role_may_truncate_or_change_a_table(role: DatabaseRole, session: Session) -> None:
    for table in Base.metadata.tables:
        assert not rights(session, role, table) & {"TRUNCATE", "REFERENCES", "TRIGGER"}, table


def rights(session: Session, role: str, table: str) -> set[str]:
    """What a role may do with a whole table."""
    verbs = ("SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER")
    has = sa.text("SELECT has_table_privilege(:role, :table, :verb)")
    return {verb for verb in verbs if session.scalar(has, {"role": role, "table": table, "verb": verb})}


# --- a consumer -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", BY_PERSON)
def test_a_consumer_sees_their_own_rows_alone(name: str, session: Session, people: dict[str, User]) -> None:
    table = Base.metadata.tables[name]
    own = people[ANN].audit_subject if name == "audit_events" else people[ANN].user_id
    assert len(ids_in(session, table)) >= 2
    session.commit()
    with acting_as(consumer(ANN)):
        assert user_of_login(session, ANN) is not None
        assert ids_in(session, table) == {own}
        session.commit()
        assert ids_in(session, table) == {own}  # a later transaction of the same request
        session.commit()


def changed_by_ann(*statements: sa.Executable) -> int | str:
    """How many rows the last of the statements concerned, as Ann's request; "refused" where it may not run."""
    with acting_as(consumer(ANN)):
        try:
            with transaction() as session:
                user_of_login(session, ANN)
                return cast(sa.CursorResult[Any], [session.execute(statement) for statement in statements][-1]).rowcount
        except ProgrammingError as error:
            if isinstance(error.orig, InsufficientPrivilege):
                return "refused"
            raise


@pytest.mark.parametrize("name", BY_PERSON)
def test_a_consumer_changes_no_row_of_anybody_else(name: str, session: Session, people: dict[str, User]) -> None:
    table = Base.metadata.tables[name]
    before = session.execute(sa.select(table).order_by(*table.primary_key)).all()
    session.commit()
    whose, bob = owner_of(table), people[BOB].audit_subject if name == "audit_events" else people[BOB].user_id
    (row,) = session.execute(sa.select(table).where(whose == bob)).mappings()
    forged = {column.name: row[column.name] for column in table.columns if not column.identity}
    if name == "users":
        forged |= {"user_id": uuid.uuid4(), "email": "another@example.com", "sub": "another"}
    session.commit()
    assert changed_by_ann(sa.update(table).where(whose == bob).values({whose: uuid.uuid4()})) in (0, "refused")
    assert changed_by_ann(sa.delete(table).where(whose == bob)) in (0, "refused")
    assert changed_by_ann(sa.insert(table).values(forged)) == "refused"
    assert session.execute(sa.select(table).order_by(*table.primary_key)).all() == before


@pytest.mark.parametrize("name", BY_PERSON)
def test_a_consumer_gives_no_row_of_theirs_to_anybody_else(
    name: str, session: Session, people: dict[str, User]
) -> None:
    table = Base.metadata.tables[name]
    given = {"sub": "another"} if name == "users" else {owner_of(table).name: people[BOB].user_id}
    assert changed_by_ann(sa.update(table).values(given)) == "refused"


@pytest.mark.parametrize("name", BY_PERSON)
@pytest.mark.parametrize("nobody", [consumer(), consumer("sub-of-nobody"), consumer("", "nobody@example.com")])
def test_whoever_is_not_known_sees_nothing(
    nobody: Identity, name: str, session: Session, people: dict[str, User]
) -> None:
    with acting_as(nobody):
        assert user_of_login(session, nobody.sub) is None
        assert ids_in(session, Base.metadata.tables[name]) == set()
        session.commit()


def test_a_request_that_asks_for_another_person_is_shown_nobody(session: Session, people: dict[str, User]) -> None:
    """The mistake that row-level security is there for: a sub that is not the caller's."""
    with acting_as(consumer(ANN)):
        assert user_of_login(session, BOB) is None
        assert ids_in(session, Progress.__table__) == set()  # type: ignore[arg-type]
        session.commit()


def test_a_consumer_who_knows_the_setting_of_owners_gains_nothing(session: Session, people: dict[str, User]) -> None:
    with acting_as(consumer(ANN)):
        session.execute(sa.text("SET LOCAL spendsense.migration = 'on'"))
        user_of_login(session, ANN)
        assert ids_in(session, User.__table__) == {people[ANN].user_id}  # type: ignore[arg-type]
        session.commit()


def test_the_stations_at_once_see_the_consumer_alone(session: Session, people: dict[str, User]) -> None:
    """What is measured within a request is held to the caller, should a mistake have it ask for somebody else."""
    before = session.execute(sa.text("SELECT p::text FROM progress AS p ORDER BY user_id")).all()
    session.commit()
    with acting_as(consumer(ANN)):
        with transaction():
            user_of_login(session, ANN)
        with acting_as(identity.for_refresh()):
            assert identity.current().role == DatabaseRole.REFRESH
            for name in ("users", "transactions", "signals", "recommendations"):
                assert ids_in(session, Base.metadata.tables[name]) == {people[ANN].user_id}
            session.commit()
        run.refresh(people[BOB].user_id)
    assert session.execute(sa.text("SELECT p::text FROM progress AS p ORDER BY user_id")).all() == before


def test_the_stations_of_a_command_are_a_job(session: Session) -> None:
    for one in (JOB, Identity(DatabaseRole.OPERATOR)):
        with acting_as(one):
            assert identity.for_refresh() == JOB


def test_a_temporary_table_takes_the_place_of_none(session: Session, people: dict[str, User]) -> None:
    session.execute(sa.text("CREATE TEMPORARY TABLE users (user_id uuid)"))
    assert len(ids_in(session, Base.metadata.tables["users"])) >= 2


def test_how_fast_somebody_asks_is_theirs_to_count(session: Session) -> None:
    table = Base.metadata.tables["request_rates"]
    bucket = {"tokens": 1.0, "is_refused": False, "filled_at": clock.now()}
    for sub in (ANN, BOB):
        session.execute(sa.insert(table).values(subject_hash=hashlib.sha256(sub.encode()).digest(), **bucket))
    session.commit()
    for role in (DatabaseRole.CONSUMER, DatabaseRole.OPERATOR, DatabaseRole.AUDITOR):
        with acting_as(Identity(role, ANN)), transaction():
            hashes = session.scalars(sa.select(table.c.subject_hash)).all()
            assert hashes == [hashlib.sha256(ANN.encode()).digest()]


# --- the first login --------------------------------------------------------------------------------------------------


def test_an_imported_record_is_claimed_by_its_verified_email(session: Session) -> None:
    imported = find_or_create_user(session, "ann@example.com").user_id
    session.commit()
    with acting_as(consumer(ANN, "ann@example.com")), transaction():
        user = user_for_token(session, ANN, "Ann@example.com", True)
        assert (user.user_id, user.sub) == (imported, ANN)
        assert ids_in(session, Progress.__table__) == {imported}  # type: ignore[arg-type]


def test_a_record_that_another_login_has_claimed_is_not_shown(session: Session, people: dict[str, User]) -> None:
    email = people[BOB].email
    session.commit()
    with acting_as(consumer("another", email)):
        with pytest.raises(Forbidden, match="another login"), transaction():
            user_for_token(session, "another", email, True)
        assert ids_in(session, User.__table__) == set()  # type: ignore[arg-type]
        session.commit()


def test_nobody_makes_a_record_under_an_email_that_is_not_theirs(session: Session) -> None:
    with (
        acting_as(consumer(ANN, "ann@example.com")),
        pytest.raises(ProgrammingError, match="row-level"),
        transaction(),
    ):
        user_for_token(session, ANN, "bob@example.com", True)


# --- for how long -----------------------------------------------------------------------------------------------------


def settings(session: Session) -> tuple[str, str]:
    row = session.execute(sa.text("SELECT current_user, COALESCE(current_setting('spendsense.user_id', true), '')"))
    role, user_id = row.one()
    return role, user_id


@pytest.fixture
def committed(app: Flask) -> Iterator[None]:
    """Ann, for whoever looks: transactions that truly end, on connections that are used again."""
    with app.app_context():
        with transaction() as session:
            session.add(User(email="ann@example.com", sub=ANN))
        db.session.remove()
        yield
        with transaction() as session:
            session.execute(sa.delete(User))
        db.session.remove()


@pytest.mark.usefixtures("committed")
@pytest.mark.parametrize("ending", ["commit", "rollback"])
def test_an_identity_ends_with_its_transaction(ending: str) -> None:
    session = db.session()
    with acting_as(consumer(ANN)):
        user = user_of_login(session, ANN)  # type: ignore[arg-type]
        assert user is not None
        assert settings(session) == (DatabaseRole.CONSUMER, str(user.user_id))  # type: ignore[arg-type]
        getattr(session, ending)()
    db.session.remove()
    with db.engine.connect() as connection:  # the same one: it was given back
        login = connection.scalar(sa.text("SELECT session_user"))
        assert settings(connection) == (login, "")  # type: ignore[arg-type]
    with acting_as(consumer("another")):
        assert settings(db.session()) == (DatabaseRole.CONSUMER, "")  # type: ignore[arg-type]
        db.session.rollback()


@pytest.mark.usefixtures("committed")
def test_a_savepoint_keeps_the_identity() -> None:
    session = db.session()
    with acting_as(consumer(ANN)):
        user = user_of_login(session, ANN)  # type: ignore[arg-type]
        assert user is not None
        known = (DatabaseRole.CONSUMER, str(user.user_id))
        with session.begin_nested():
            assert settings(session) == known  # type: ignore[arg-type]
        with session.begin_nested() as savepoint:
            savepoint.rollback()
        assert settings(session) == known  # type: ignore[arg-type]
        session.rollback()


@pytest.mark.usefixtures("committed")
def test_set_based_sql_is_the_callers_too() -> None:
    with acting_as(consumer()), transaction() as session, raw_cursor(session) as cursor:
        cursor.execute("SELECT current_user, (SELECT count(*) FROM users)")
        assert cursor.fetchone() == (DatabaseRole.CONSUMER, 0)


def test_a_thread_begins_as_nobody(app: Flask) -> None:
    with acting_as(JOB), ThreadPoolExecutor(1) as thread:
        assert thread.submit(identity.current).result() == Identity(DatabaseRole.CONSUMER)
        assert identity.current() == JOB


def test_a_job_that_finds_a_login_stays_a_job(session: Session, people: dict[str, User]) -> None:
    with acting_as(JOB):
        assert user_of_login(session, ANN) is not None
        session.commit()
    assert Identity(DatabaseRole.JOB) == JOB
