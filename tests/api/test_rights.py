from collections.abc import Callable

from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from spendsense.consent.rights import personal_tables
from spendsense.store.models import AuditEvent, User
from tests.api.conftest import Headers, Pool
from tests.api.rows import add_account, add_recommendation, add_transaction

ME = "/api/v1/users/me"


def test_export_gives_every_table_of_the_person(
    client: FlaskClient, session: Session, person: Callable[..., User], ann: Headers
) -> None:
    user = person("ann@example.com", "analysis")
    add_account(session, user)
    add_transaction(session, user, "t1")
    session.commit()
    response = client.get(f"{ME}/export", headers=ann)
    assert response.status_code == 200
    tables = response.json["tables"]
    assert set(tables) == {*(table.name for table in personal_tables()), "audit_events"}
    assert tables["users"][0]["email"] == "ann@example.com"
    assert tables["transactions"][0]["amount_cents"] == 1_250
    assert tables["consents"][0]["purpose"] == "analysis"


def test_rights_need_no_consent(client: FlaskClient, person: Callable[..., User], ann: Headers) -> None:
    person("ann@example.com")
    assert client.get(f"{ME}/export", headers=ann).status_code == 200
    assert client.delete(ME, headers=ann).status_code == 200


def test_erasure_leaves_ids_and_counts_alone(
    client: FlaskClient, session: Session, person: Callable[..., User], ann: Headers, pool: Pool
) -> None:
    user, other = person("ann@example.com", "analysis"), person("bob@example.com", "analysis")
    for one in (user, other):
        add_account(session, one)
        add_transaction(session, one, "t1")
        add_recommendation(session, one)
    session.commit()
    user_id, subject = user.user_id, user.audit_subject
    receipt = client.delete(ME, headers=ann)
    assert receipt.status_code == 200
    assert (receipt.json["deleted"]["users"], receipt.json["deleted"]["transactions"]) == (1, 1)
    session.expire_all()
    for table in personal_tables():
        left = session.execute(select(table).where(table.c.user_id == user_id)).all()
        assert not left, table.name
    (event,) = session.scalars(select(AuditEvent).where(AuditEvent.subject == subject)).all()
    assert (event.event, event.detail["deleted"]["transactions"]) == ("person.erased", 1)
    # Bob keeps all of his.
    assert client.get(f"{ME}/transactions", headers=pool.bearer("bob@example.com")).json["data"] != []
